"""What a model file says of itself, as frozen typed values; JSON outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ser_bench.core.errors import ModelFileError

INTENDED_USE = "Research on speech emotion recognition, teaching and demonstration."

LIMITS = (
    "Answers are guesses among the labels above for any sound, also for one that holds no speech or no such emotion.",
    "Where actors spoke the training data, as in most corpora, everyday speech sounds different and scores are lower.",
    "Voices, languages, microphones and rooms unlike those of the training data lower the scores further.",
    "Probabilities are not calibrated; they rank labels, they are no measure of certainty.",
    "Not for decisions about people: not for hiring, teaching, policing, insurance or health.",
)
"""What everybody who uses a model should know, in plain words."""

SYNTHETIC_LIMIT = "It was trained on synthetic speech: its answers on real voices mean nothing."


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)


class ModelSaid(_Said):
    """The model: the name it was asked for by, its kind, parameters and seed."""

    name: str
    kind: str
    parameters: dict[str, Any]
    seed: int


class FeaturesSaid(_Said):
    """A feature set: name, version, parameters and columns, and the key that they have together."""

    name: str
    kind: str
    version: int
    parameters: dict[str, Any]
    columns: list[str]
    key: str


class CorpusSaid(_Said):
    """What it was trained on. ``by_label`` counts clips and speakers of training by label."""

    name: str
    title: str
    licence: str
    source: str
    citation: str
    fingerprint: str
    clips: int
    speakers: int
    by_label: dict[str, dict[str, int]]


class ScoreSaid(_Said):
    """A metric's value and the ends of its 95 % interval over speakers, None for one speaker."""

    title: str
    value: float
    low: float | None
    high: float | None


class HeldOutSaid(_Said):
    """The scores on speakers left out of training, by the name of the metric."""

    speakers: list[str]
    clips: int
    scores: dict[str, ScoreSaid]


class Manifest(_Said):
    """Everything that a model file says of itself.

    ``rate`` is the sampling rate in Hz that every clip is brought to, None for its own; ``speeds`` are those at which
    training clips were heard beside their own; ``held_out`` is None where no speaker was left out.
    """

    ser_bench: str
    created: str
    model: ModelSaid
    target: str
    labels: list[str]
    features: list[FeaturesSaid]
    rate: int | None
    speeds: list[float]
    corpus: CorpusSaid
    synthetic: bool
    held_out: HeldOutSaid | None
    versions: dict[str, str]
    intended_use: str
    limits: list[str]


def checked(said: dict[str, Any], path: Path) -> Manifest:
    """Return a file's manifest as typed values; raises :class:`ModelFileError` naming the first that is wrong."""
    try:
        manifest = Manifest.model_validate(said)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])[:60]
        raise ModelFileError(f"{path} is damaged: {where or 'its manifest'} is not what it should be") from None
    if len(manifest.labels) < 2 or len(set(manifest.labels)) < len(manifest.labels) or not manifest.features:
        raise ModelFileError(f"{path} is damaged: its labels or feature sets are not what they should be")
    return manifest
