"""A model read from its file, and its answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench import features, models
from ser_bench.core.errors import AudioError, ModelFileError
from ser_bench.core.versions import installed_version
from ser_bench.deploy import manifest
from ser_bench.deploy.file import container as archive
from ser_bench.deploy.file import state
from ser_bench.store import matrix as matrices

if TYPE_CHECKING:
    from ser_bench.features.base import FeatureSet

Sound = str | Path | tuple[np.ndarray, int]
"""A clip: its file, or its samples (float, mono or ``(samples, channels)``) and their rate in Hz."""

_PROBE_FRAMES = 50


@dataclass(frozen=True)
class Answer:
    """The most probable label of a clip, and every label's probability in the model's order of labels."""

    label: str
    probabilities: Mapping[str, float]


class TrainedModel:
    """A fitted model with what it takes to answer: feature sets, and the order of labels.

    ``info`` is the file's manifest, ``estimator`` the fitted scikit-learn estimator, whose input is an array of
    :meth:`inputs`: float32 ``(n, d)`` or ``(n, t, d)``.
    """

    def __init__(self, info: manifest.Manifest, estimator: Any, sets: tuple[FeatureSet, ...]) -> None:
        self.info = info
        self.estimator = estimator
        self.sets = sets

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of probabilities."""
        return tuple(self.info.labels)

    def predict(self, sounds: Sound | Iterable[Sound]) -> list[Answer]:
        """Return an answer per clip, given as files or as pairs ``(y, sr)``; one may come without a list.

        Raises :class:`ser_bench.core.errors.AudioError` for a clip that cannot be used.
        """
        if isinstance(sounds, str | Path) or _is_pair(sounds):
            sounds = [sounds]  # type: ignore[list-item]
        return self.answers([self.features(sound) for sound in sounds])  # type: ignore[arg-type]

    def features(self, sound: Sound) -> np.ndarray:
        """Return a clip's features as the model takes them: float32 ``(d,)`` or ``(t, d)``."""
        from ser_bench import audio
        from ser_bench.core.threads import one_thread

        y, sr = audio.load(sound) if isinstance(sound, str | Path) else _sound(*sound)
        with one_thread():  # as in the benchmark's workers, to the last bit
            values = features.compute(self.sets, y, sr)
        return matrices.join_sets([values[s.name] for s in self.sets], self.sets)

    def answers(self, rows: Sequence[np.ndarray]) -> list[Answer]:
        """Return an answer per clip, given by its features."""
        if not rows:
            return []
        p = models.aligned_proba(self.estimator, matrices.stack_clips(rows), self.labels)
        own = [self.labels.index(str(label)) for label in self.estimator.classes_]  # ties go to the first of these
        best = [own[k] for k in p[:, own].argmax(axis=1)]
        return [
            Answer(self.labels[k], dict(zip(self.labels, row.tolist(), strict=True)))
            for k, row in zip(best, p, strict=True)
        ]


def load_model(path: str | Path) -> TrainedModel:
    """Return the model of a file; nothing in the file is run.

    Raises :class:`ModelFileError`, in a line or two, for a file that is missing, foreign, damaged, of a newer
    format, or
    made with feature sets that this version computes otherwise.
    """
    path = Path(path)
    said, members = archive.read(path)
    info = manifest.checked(said, path)
    sets = _sets(info, path)
    try:
        model = TrainedModel(info, state.unpack(members), sets)
        _probe(model)
    except ModelFileError as error:
        raise ModelFileError(f"{path} is refused: {error}{_other_versions(info)}") from None
    return model


def _sets(info: manifest.Manifest, path: Path) -> tuple[FeatureSet, ...]:
    shelf = features.sets_at_rate(info.rate)
    for said in info.features:
        if said.name not in shelf:
            raise ModelFileError(f"{path} needs the feature set {said.name!r}, which is not known here")
        here = shelf[said.name]
        if features.set_key(here) != said.key:
            versions = f"version {said.version}, this ser-bench has {here.version}"
            detail = versions if said.version != here.version else "other settings than this ser-bench's"
            raise ModelFileError(f"{path} was made with {said.name} {detail}; train it again")
    return tuple(shelf[said.name] for said in info.features)


def _probe(model: TrainedModel) -> None:
    """Let it answer once, so that whatever does not fit together is found now."""
    width = sum(s.dimension for s in model.sets)
    shape = (width,) if model.sets[0].kind == "vector" else (_PROBE_FRAMES, width)
    try:
        (answer,) = model.answers([np.zeros(shape, dtype=np.float32)])
        p = list(answer.probabilities.values())
    except Exception as error:  # a file may hold any nonsense that its checks do not know
        raise ModelFileError(f"its model cannot answer ({type(error).__name__})") from None
    if not (np.isfinite(p).all() and abs(sum(p) - 1) < 1e-3):
        raise ModelFileError("its model answers no probabilities")


def _other_versions(info: manifest.Manifest) -> str:
    """Say which libraries differ from those it was made with, since that may be why."""
    differ = []
    for name, made in info.versions.items():
        here = installed_version(name)
        if here != made and (here != "absent" or name not in ("ser-bench", "python")):
            differ.append(f"{name} {made} (here {here})")
    return f"\nit was made with {', '.join(differ)}" if differ else ""


def _is_pair(sounds: Any) -> bool:
    return isinstance(sounds, tuple) and len(sounds) == 2 and isinstance(sounds[0], np.ndarray)


def _sound(y: np.ndarray, sr: int) -> tuple[np.ndarray, int]:
    from ser_bench.audio import check_samples

    y = np.asarray(y)
    if y.ndim not in (1, 2) or y.dtype.kind != "f":
        raise AudioError(f"samples must be float, (samples,) or (samples, channels), not {y.dtype} of shape {y.shape}")
    y = (y if y.ndim == 1 else y.mean(axis=1)).astype(np.float32)
    check_samples(y, int(sr))
    return y, int(sr)
