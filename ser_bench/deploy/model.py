"""A model that was read from its file, and its predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench import audio, features, models
from ser_bench.audio import Recording
from ser_bench.audio.channels import Mixer
from ser_bench.core.errors import AudioError, ModelFileError
from ser_bench.core.versions import installed_version
from ser_bench.deploy import condition_texts, manifest, sounds, speech
from ser_bench.deploy.coverage import COVERAGE, check_coverage
from ser_bench.deploy.file import container, parts
from ser_bench.deploy.networks import find_set
from ser_bench.deploy.novelty import QUANTILE, NoveltyDetector, clip_vectors
from ser_bench.deploy.sounds import Resemblance
from ser_bench.deploy.training_audio import UNRELIABLE, differences
from ser_bench.store import matrix

if TYPE_CHECKING:
    from ser_bench.features.base import FeatureSet

Sound = str | Path | tuple[np.ndarray, int] | Recording
"""A clip: its file, a recording, or ``(y, sr)`` with float samples, mono or ``(samples, channels)``, and the rate in
Hz."""

_PROBE_FRAMES = 50


@dataclass(frozen=True)
class Prediction:
    """The prediction for a clip.

    Parameters
    ----------
    label : str
        The most probable label.
    probabilities : mapping of str to float
        The probability of every label, in the order of the model's labels.
    warnings : tuple of str
        Why the prediction may be wrong: which part of the clip was not used, and how it differs from training clips.
    prediction_set : tuple of str or None
        The labels that hold the true one for a share of the clips of new speakers (conformal prediction), the most
        probable one first; None for a model that is not calibrated.
    reasons : tuple of str
        Why the prediction is not reliable; empty for a reliable one.
    condition : Resemblance or None
        The tested recording condition that the clip resembles most; None for windows of a recording, and for a model
        without a score.
    """

    label: str
    probabilities: Mapping[str, float]
    warnings: tuple[str, ...] = ()
    prediction_set: tuple[str, ...] | None = None
    reasons: tuple[str, ...] = ()
    condition: Resemblance | None = None

    @property
    def confidence(self) -> float:
        """The probability of the label."""
        return self.probabilities[self.label]

    @property
    def reliable(self) -> bool:
        """Whether the clip holds speech, and resembles training clips or clips that the model was tested on."""
        return not self.reasons


@dataclass(frozen=True, eq=False)
class ModelInput:
    """The features of a clip.

    Parameters
    ----------
    features : numpy.ndarray
        float32 of shape ``(d,)``, or ``(t, d)`` for models of sequences.
    warnings, reasons : tuple of str
        As in :class:`Prediction`.
    condition : Resemblance or None
        As in :class:`Prediction`.
    """

    features: np.ndarray
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    condition: Resemblance | None = None


class TrainedModel:
    """A fitted model with its feature sets and labels.

    Parameters
    ----------
    info : Manifest
        The manifest of its file.
    estimator : estimator
        The fitted scikit-learn estimator.
    sets : tuple of FeatureSet
        The feature sets of its input, in order.
    novelty : NoveltyDetector or None
        Tells clips outside the training data; None for a file that has none.
    """

    def __init__(
        self,
        info: manifest.Manifest,
        estimator: Any,
        sets: tuple[FeatureSet, ...],
        novelty: NoveltyDetector | None = None,
    ) -> None:
        self.info = info
        self.estimator = estimator
        self.sets = sets
        self.novelty = novelty
        self._sounds = sounds.detector(info.conditions)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the probabilities."""
        return tuple(self.info.labels)

    @property
    def is_calibrated(self) -> bool:
        """Whether probabilities and prediction sets are calibrated on held-out clips."""
        return bool(getattr(self.estimator, "is_calibrated", False))

    def threshold(self, coverage: float = COVERAGE) -> float:
        """Return the threshold of prediction sets.

        Parameters
        ----------
        coverage : float
            Share of clips of new speakers whose set holds the true label.

        Returns
        -------
        float
            A label is in the set if its probability is at least 1 minus the threshold; 1 for sets of all labels.
        """
        return float(self.estimator.threshold(check_coverage(coverage))) if self.is_calibrated else 1.0

    def predict(self, sounds: Sound | Iterable[Sound], coverage: float = COVERAGE) -> list[Prediction]:
        """Return a prediction per clip.

        Parameters
        ----------
        sounds : Sound or iterable of Sound
            Paths, or pairs ``(y, sr)``; a single clip needs no list.
        coverage : float
            Share of clips of new speakers whose prediction set holds the true label, from 0.5 to below 1.

        Returns
        -------
        list of Prediction
            In the order of the clips.

        Raises
        ------
        AudioError
            For a clip that cannot be used.
        ConfigError
            For a coverage out of range.
        """
        single = isinstance(sounds, str | Path | Recording) or _is_pair(sounds)
        clips: Iterable[Sound] = [sounds] if single else sounds  # type: ignore[list-item, assignment]
        return self.predict_inputs([self.read(clip) for clip in clips], coverage)

    def read(self, sound: Sound, *, whole: bool = True) -> ModelInput:
        """Read a clip and compute its features, as the model needs them.

        Parameters
        ----------
        sound : Sound
            A path, a recording, or ``(y, sr)``.
        whole : bool
            Whether it is a whole clip and no window of a recording.

        Returns
        -------
        ModelInput
            The features, and warnings about the clip.

        Raises
        ------
        AudioError
            For a clip that cannot be used.
        """
        recording = _recording(sound)
        voicing = speech.VOICING.at_rate(self.info.rate)
        values = features.compute((*self.sets, voicing), recording.y, recording.sr)
        row = matrix.join_sets([values[feature_set.name] for feature_set in self.sets], self.sets)
        condition = self._condition(recording) if whole else None
        unlike, doubtful = condition_texts.merged(
            differences(self.info.audio, self.info.rate, recording, whole=whole),
            condition,
            self.info.conditions,
            recording.sr if self.info.rate is None else None,
        )
        doubts = (*speech.missing(values[voicing.name]), *self._novel(row))
        kinds = (*UNRELIABLE, *([condition_texts.KIND] if doubtful else []))
        reasons = (*(unlike[kind] for kind in kinds if kind in unlike), *doubts)
        return ModelInput(row, (*recording.warnings, *unlike.values(), *doubts), reasons, condition)

    def _condition(self, recording: Recording) -> Resemblance | None:
        """Return the tested condition that a clip resembles most; None where the file does not describe clean clips."""
        if self._sounds is None:
            return None
        return self._sounds.nearest(sounds.vector(recording.y, recording.sr, self.info.rate))

    def _novel(self, row: np.ndarray) -> tuple[str, ...]:
        """Return why a clip lies outside the training data; empty for a clip inside."""
        if self.novelty is None:
            return ()
        distance = float(self.novelty.distances(clip_vectors(row[np.newaxis]))[0])
        if distance <= self.novelty.threshold:
            return ()
        return (
            f"its features lie outside the training data (distance {distance:.1f}; "
            f"{100 * QUANTILE:.0f} % of the clips of new speakers are within {self.novelty.threshold:.1f})",
        )

    def features(self, sound: Sound) -> np.ndarray:
        """Return the features of a clip, as the model needs them.

        Parameters
        ----------
        sound : Sound
            A path, or ``(y, sr)``.

        Returns
        -------
        numpy.ndarray
            float32 of shape ``(d,)``, or ``(t, d)`` for models of sequences.

        Raises
        ------
        AudioError
            For a clip that cannot be used.
        """
        return self.read(sound).features

    def predict_inputs(self, inputs: Sequence[ModelInput], coverage: float = COVERAGE) -> list[Prediction]:
        """Return a prediction per clip, with the warnings about it.

        Parameters
        ----------
        inputs : sequence of ModelInput
            The result of :meth:`read` for each clip.
        coverage : float
            As for :meth:`predict`.

        Returns
        -------
        list of Prediction
            In the order of the inputs.
        """
        predictions = self.predict_features([clip.features for clip in inputs], coverage)
        return [
            replace(prediction, warnings=clip.warnings, reasons=clip.reasons, condition=clip.condition)
            for prediction, clip in zip(predictions, inputs, strict=True)
        ]

    def predict_features(self, rows: Sequence[np.ndarray], coverage: float = COVERAGE) -> list[Prediction]:
        """Return a prediction per clip, from features.

        Parameters
        ----------
        rows : sequence of numpy.ndarray
            The result of :meth:`features` for each clip.
        coverage : float
            As for :meth:`predict`.

        Returns
        -------
        list of Prediction
            In the order of the rows.
        """
        check_coverage(coverage)
        if not rows:
            return []
        p = models.aligned_proba(self.estimator, matrix.stack_clips(rows), self.labels)
        known = [self.labels.index(str(label)) for label in self.estimator.classes_]
        members = self.estimator.prediction_sets(p[:, known], coverage) if self.is_calibrated else [None] * len(p)
        return [self._prediction(row, known, held) for row, held in zip(p, members, strict=True)]

    def _prediction(self, row: np.ndarray, known: Sequence[int], held: np.ndarray | None) -> Prediction:
        """Return the prediction of a row of probabilities; the first known label wins a tie."""
        order = [known[int(k)] for k in np.argsort(-row[known], kind="stable")]
        members = None if held is None else {known[int(k)] for k in np.flatnonzero(held)}
        names = None if members is None else tuple(self.labels[k] for k in order if k in members)
        return Prediction(
            self.labels[order[0]], dict(zip(self.labels, row.tolist(), strict=True)), prediction_set=names
        )


def load_model(path: str | Path) -> TrainedModel:
    """Read a model from its file; this runs no code from the file.

    Parameters
    ----------
    path : str or Path
        A file of ``ser-bench train``.

    Returns
    -------
    TrainedModel
        The model.

    Raises
    ------
    ModelFileError
        For a file that is missing, foreign, damaged or of a newer format, or whose feature sets have other
        values in this version.
    """
    path = Path(path)
    content, members = container.read(path)
    info = manifest.validate(content, path)
    sets = _feature_sets(info, path)
    _check_plugin(info, path)
    try:
        estimator, saved = parts.unpack(members, content["format"])
        width = sum(feature_set.dimension for feature_set in sets) * (1 if sets[0].kind == "vector" else 2)
        detector = None if saved is None else NoveltyDetector.from_saved(saved, width)
        model = TrainedModel(info, estimator, sets, detector)
        _probe(model)
    except ModelFileError as error:
        raise ModelFileError(f"{path} is refused: {error}{_plugin_hint(info)}{_version_hint(info)}") from None
    return model


def _check_plugin(info: manifest.Manifest, path: Path) -> None:
    """Raise :class:`ModelFileError` where another version of the model's plugin is registered."""
    current = models.MODELS.get(info.model.name)
    if info.model.version and current and current.version != info.model.version:
        raise ModelFileError(
            f"{path} was trained with another version of the plugin that defines {info.model.name}; train it again"
        )


def _plugin_hint(info: manifest.Manifest) -> str:
    """Return a line about the plugin of the model, where it is not registered."""
    missing = info.model.version and info.model.name not in models.MODELS
    return f"\nthe model {info.model.name} is of a plugin; name it with --plugin FILE.py" if missing else ""


def _feature_sets(info: manifest.Manifest, path: Path) -> tuple[FeatureSet, ...]:
    available = features.sets_at_rate(info.rate)
    sets = []
    for saved in info.features:
        current = find_set(saved, path, available)
        sets.append(current)
        features.check_installed([current])
        if features.set_key(current) != saved.key:
            if "plugin" in saved.parameters:
                raise ModelFileError(
                    f"{path} was trained with another version of the plugin that defines {saved.name}; train it again"
                )
            raise ModelFileError(f"{path} was trained with {saved.name} {_difference(saved, current)}; train it again")
    return tuple(sets)


def _difference(saved: manifest.FeatureSetInfo, current: FeatureSet) -> str:
    """Return the first difference between the feature set of a model and that of this ser-bench."""
    if saved.version != current.version:
        return f"version {saved.version}; this ser-bench has version {current.version}"
    values = {name: (saved.parameters.get(name, "none"), value) for name, value in current.parameters.items()}
    changed = [f"{name} {then}; here it is {now}" for name, (then, now) in values.items() if then != now]
    return f"of {changed[0]}" if changed else "of other parameters than this ser-bench"


def _probe(model: TrainedModel) -> None:
    """Predict once, so that parts that do not fit together fail now."""
    width = sum(feature_set.dimension for feature_set in model.sets)
    shape = (width,) if model.sets[0].kind == "vector" else (_PROBE_FRAMES, width)
    try:
        (prediction,) = model.predict_features([np.zeros(shape, dtype=np.float32)])
        p = list(prediction.probabilities.values())
    except Exception as error:  # a hostile file can make libraries raise anything
        raise ModelFileError(f"the model cannot predict ({type(error).__name__})") from None
    if not (np.isfinite(p).all() and abs(sum(p) - 1) < 1e-3):
        raise ModelFileError("the probabilities of the model do not sum to 1")


def _version_hint(info: manifest.Manifest) -> str:
    """Return a line with the libraries whose versions differ, a possible cause; empty without a difference."""
    different = []
    for name, saved in info.versions.items():
        current = installed_version(name)
        if current != saved and (current != "absent" or name not in ("ser-bench", "python")):
            different.append(f"{name} {saved} (installed: {current})")
    return f"\nit was trained with {', '.join(different)}" if different else ""


def _is_pair(sounds: Any) -> bool:
    return isinstance(sounds, tuple) and len(sounds) == 2 and isinstance(sounds[0], np.ndarray)


def _recording(sound: Sound) -> Recording:
    """Read a clip, or check its samples."""
    if isinstance(sound, str | Path):
        return audio.read(sound)
    if isinstance(sound, Recording):
        audio.check_samples(sound.y, sound.sr)
        return sound
    y, sr = np.asarray(sound[0]), int(sound[1])
    if y.ndim not in (1, 2) or y.dtype.kind != "f":
        raise AudioError(
            f"invalid samples: expected float of shape (samples,) or (samples, channels), got {y.dtype} {y.shape}"
        )
    y, channel = (y.astype(np.float32), None) if y.ndim == 1 else _mixed(y)
    audio.check_samples(y, sr)
    return Recording(y, sr, len(y), channel)


def _mixed(frames: np.ndarray) -> tuple[np.ndarray, int | None]:
    """Return the mean of the channels, or one of them, with its index, where they cancel."""
    mixer = Mixer()
    mixer.mono(frames)
    channel = mixer.audible_channel()
    return (frames.mean(axis=1) if channel is None else frames[:, channel]).astype(np.float32), channel
