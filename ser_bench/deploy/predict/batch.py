"""Asking a model about many clips: folders are walked, bad clips are told, answers come in the clips' order."""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser_bench.core.errors import AudioError
from ser_bench.deploy.model import Answer, Sound, TrainedModel
from ser_bench.deploy.predict.windows import windows

_BATCH = 32
STDIN = "-"


@dataclass(frozen=True)
class Told:
    """What became of a clip, or of a window of one: an answer, or the reason why there is none."""

    clip: str
    answer: Answer | None
    error: str = ""
    start: float | None = None
    end: float | None = None

    @property
    def failed(self) -> bool:
        """Whether the clip could not be used; a window without sound in one that could is no failure."""
        return self.answer is None and self.start is None


@dataclass(frozen=True)
class _Asked:
    clip: str
    row: np.ndarray | None
    error: str = ""
    start: float | None = None
    end: float | None = None


def ask(model: TrainedModel, clips: Iterable[tuple[str, Sound]]) -> Iterator[Told]:
    """Yield what became of each clip, given by its name and sound, in their order."""
    yield from _answered(model, (_asked(model, name, sound) for name, sound in clips))


def ask_over_time(model: TrainedModel, clip: str, path: Path, window: float, hop: float) -> Iterator[Told]:
    """Yield what became of each window of a recording, in seconds; a file that cannot be used is told as a clip."""
    yield from _answered(model, _windows(model, clip, path, window, hop))


def _windows(model: TrainedModel, clip: str, path: Path, window: float, hop: float) -> Iterator[_Asked]:
    try:
        for part in windows(path, window, hop):
            yield _asked(model, clip, (part.y, part.sr), round(part.start, 3), round(part.end, 3))
    except AudioError as error:
        yield _Asked(clip, None, str(error))


def _asked(
    model: TrainedModel, clip: str, sound: Sound, start: float | None = None, end: float | None = None
) -> _Asked:
    try:
        return _Asked(clip, model.features(sound), "", start, end)
    except AudioError as error:
        return _Asked(clip, None, str(error), start, end)


def _answered(model: TrainedModel, asked: Iterable[_Asked]) -> Iterator[Told]:
    """Answer in batches, which a network takes as fast as one clip."""
    rest = iter(asked)
    while batch := list(itertools.islice(rest, _BATCH)):
        answers = iter(model.answers([one.row for one in batch if one.row is not None]))
        for one in batch:
            answer = None if one.row is None else next(answers)
            yield Told(one.clip, answer, one.error, one.start, one.end)


def clips_in(names: Sequence[str]) -> list[str]:
    """Return the files that names stand for: of folders the audio files below them; what is no folder stays."""
    from ser_bench.corpora.folder import audio_files

    found: list[str] = []
    for name in names:
        below = [str(path) for path in audio_files(Path(name))] if name != STDIN and Path(name).is_dir() else [name]
        found += below or [name]  # an empty folder is told as a clip that cannot be used
    return found


@contextmanager
def on_disk(names: Sequence[str]) -> Iterator[dict[str, Path]]:
    """Yield the file of each name; the bytes of standard input, ``-``, lie in one that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="ser-bench-") as folder:
        if STDIN in names:
            with Path(folder, "stdin").open("wb") as opened:
                shutil.copyfileobj(sys.stdin.buffer, opened)
        yield {name: Path(folder, "stdin") if name == STDIN else Path(name) for name in names}
