"""Predictions for many clips, in order; a clip that cannot be used has an error instead."""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ser_bench import audio
from ser_bench.core.errors import AudioError
from ser_bench.deploy.coverage import COVERAGE
from ser_bench.deploy.model import ModelInput, Prediction, Sound, TrainedModel
from ser_bench.deploy.predict.windows import windows

STDIN = "-"
"""The name of standard input among clips."""

_BATCH = 32


@dataclass(frozen=True)
class ClipPrediction:
    """The prediction for a clip or a window of it, or the reason why there is none.

    Parameters
    ----------
    clip : str
        The clip's name as given.
    prediction : Prediction or None
        None where the clip or window cannot be used.
    error : str
        The reason, empty with a prediction.
    start, end : float or None
        The window in seconds; None for a whole clip.
    """

    clip: str
    prediction: Prediction | None
    error: str = ""
    start: float | None = None
    end: float | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why the prediction may be wrong, a sentence each."""
        return self.prediction.warnings if self.prediction else ()

    @property
    def failed(self) -> bool:
        """Whether the clip cannot be used; a silent window of a usable recording is not a failure."""
        return self.prediction is None and self.start is None


@dataclass(frozen=True)
class _Item:
    """A clip or window as the model needs it, or an error."""

    clip: str
    input: ModelInput | None
    error: str = ""
    start: float | None = None
    end: float | None = None


def predict_clips(
    model: TrainedModel, clips: Iterable[tuple[str, Sound]], coverage: float = COVERAGE
) -> Iterator[ClipPrediction]:
    """Yield a prediction per clip, in order.

    Parameters
    ----------
    model : TrainedModel
        The model.
    clips : iterable of (str, Sound)
        Names and sounds.
    coverage : float
        Coverage of the prediction sets.

    Yields
    ------
    ClipPrediction
        With an error for a clip that cannot be used.
    """
    yield from _in_batches(model, (_item(model, name, sound) for name, sound in clips), coverage)


def predict_windows(
    model: TrainedModel, clip: str, path: Path, window: float, hop: float, coverage: float = COVERAGE
) -> Iterator[ClipPrediction]:
    """Yield a prediction per window of a recording.

    Parameters
    ----------
    model : TrainedModel
        The model.
    clip : str
        The name of the recording in the predictions.
    path : Path
        Its file.
    window, hop : float
        Length and distance of the windows in seconds.
    coverage : float
        Coverage of the prediction sets.

    Yields
    ------
    ClipPrediction
        With ``start`` and ``end``; an unreadable file gives one without them, with an error.
    """
    yield from _in_batches(model, _window_items(model, clip, path, window, hop), coverage)


def _window_items(model: TrainedModel, clip: str, path: Path, window: float, hop: float) -> Iterator[_Item]:
    try:
        stream = audio.open_stream(path)
        for part in windows(stream, window, hop):
            yield _item(model, clip, stream.part(part.y), round(part.start, 3), round(part.end, 3))
    except AudioError as error:
        yield _Item(clip, None, str(error))


def _item(model: TrainedModel, clip: str, sound: Sound, start: float | None = None, end: float | None = None) -> _Item:
    try:
        return _Item(clip, model.read(sound, whole=start is None), "", start, end)
    except AudioError as error:
        return _Item(clip, None, str(error), start, end)


def _in_batches(model: TrainedModel, items: Iterable[_Item], coverage: float) -> Iterator[ClipPrediction]:
    """Predict in batches: a network takes as long for a batch as for one clip."""
    remaining = iter(items)
    while batch := list(itertools.islice(remaining, _BATCH)):
        inputs = [item.input for item in batch if item.input is not None]
        predictions = iter(model.predict_inputs(inputs, coverage))
        for item in batch:
            prediction = None if item.input is None else next(predictions)
            yield ClipPrediction(item.clip, prediction, item.error, item.start, item.end)


def expand_folders(names: Sequence[str]) -> list[str]:
    """Replace each folder by the audio files below it.

    Parameters
    ----------
    names : sequence of str
        Files, folders, or ``-`` for standard input.

    Returns
    -------
    list of str
        Names of files. An empty folder stays, and fails as a clip.
    """
    from ser_bench.corpora.folder import audio_files

    files: list[str] = []
    for name in names:
        is_folder = name != STDIN and Path(name).is_dir()
        files += [str(path) for path in audio_files(Path(name))] or [name] if is_folder else [name]
    return files


@contextmanager
def files_on_disk(names: Sequence[str]) -> Iterator[dict[str, Path]]:
    """Yield the path of each name; standard input is copied to a temporary file.

    Parameters
    ----------
    names : sequence of str
        Files, or ``-``.

    Yields
    ------
    dict of str to Path
        Paths by name.
    """
    with tempfile.TemporaryDirectory(prefix="ser-bench-") as folder:
        copy = Path(folder, "stdin")
        if STDIN in names:
            with copy.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
        yield {name: copy if name == STDIN else Path(name) for name in names}
