"""The manifest of a model file as frozen typed values; JSON in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ser_bench.core.errors import ModelFileError

INTENDED_USE = "Research on speech emotion recognition, teaching and demonstration."

LIMITS = (
    "The model names one of its labels for any sound, also for one without speech or without such an emotion.",
    "Most corpora contain acted speech. On speech of another kind, such as everyday speech, expect lower scores.",
    "Other voices, languages, microphones and rooms than those of the training data lower the scores further.",
    "Not for decisions about people, such as hiring, teaching, policing, insurance or health.",
)
"""The limits that every user of a model should know."""

CALIBRATED_LIMIT = (
    "Probabilities and prediction sets are calibrated on held-out speakers of the training data. On other recordings "
    "they can promise too much."
)
UNCALIBRATED_LIMIT = "The probabilities are not calibrated: they rank the labels and do not measure certainty."

SYNTHETIC_LIMIT = "The model was trained on synthetic speech: its predictions for real voices mean nothing."


def limits(*, synthetic: bool, calibrated: bool) -> list[str]:
    """Return what the users of a model should know.

    Parameters
    ----------
    synthetic, calibrated : bool
        Whether the training data is synthetic, and whether the probabilities are calibrated.

    Returns
    -------
    list of str
        A sentence or two each.
    """
    probabilities = CALIBRATED_LIMIT if calibrated else UNCALIBRATED_LIMIT
    return [*([SYNTHETIC_LIMIT] if synthetic else []), *LIMITS[:-1], probabilities, LIMITS[-1]]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)


class ModelInfo(_Part):
    """The model.

    Parameters
    ----------
    name, kind : str
        Its name and kind in the registry.
    parameters : dict
        All parameters with their values.
    seed : int
        The seed of the fit.
    version : str
        The version of the plugin that defines the model; empty for the models of the package.
    effort : str
        ``full``, or ``quick`` where quick effort replaced parameters.
    """

    name: str
    kind: str
    parameters: dict[str, Any]
    seed: int
    version: str = ""
    effort: str = "full"


class FeatureSetInfo(_Part):
    """A feature set of the input.

    Parameters
    ----------
    name, kind : str
        Its name, and ``vector`` or ``frames``.
    version : int
        The version of its values.
    parameters : dict
        All parameters with their values.
    columns : list of str
        The names of its columns.
    key : str
        The hash of name, version and parameters.
    licence : str
        The licence of the library or network that computes the values; empty if none is stated.
    heard : str or None
        Whether the network was trained on the model's training data, which its score is measured on: ``no``,
        ``unknown`` or ``heard``; None for a set without a network.
    """

    name: str
    kind: str
    version: int
    parameters: dict[str, Any]
    columns: list[str]
    key: str
    licence: str = ""
    heard: Literal["no", "unknown", "heard"] | None = None


class CorpusInfo(_Part):
    """The training data.

    Parameters
    ----------
    name, title, licence, source, citation, fingerprint : str
        The description of the corpus, and the hash of its clips.
    clips, speakers : int
        Number of clips and speakers that the model was trained on.
    stopping_clips : int
        Number of further clips, held out for early stopping.
    by_label : dict
        ``clips`` and ``speakers`` of training per label.
    """

    name: str
    title: str
    licence: str
    source: str
    citation: str
    fingerprint: str
    clips: int
    speakers: int
    stopping_clips: int = 0
    by_label: dict[str, dict[str, int]]


class TrainingAudio(_Part):
    """What the training clips sound like, for warnings about clips that differ.

    Parameters
    ----------
    rates : list of int
        Sampling rates of the files in Hz.
    shortest, longest : float
        Durations in seconds.
    quietest : float
        Lowest level in dBFS among some of the clips.
    clipped : float
        Largest share of samples at full scale among them.
    treble : float or None
        Lowest energy above 4 kHz among them, relative to that below, in dB; None for low rates.
    level_range : float or None
        Smallest difference between loud and quiet frames among them, in dB; None in files that do not say.
    """

    rates: list[int]
    shortest: float
    longest: float
    quietest: float
    clipped: float
    treble: float | None
    level_range: float | None = None


class Score(_Part):
    """A metric on held-out speakers, as a fraction.

    Parameters
    ----------
    title : str
        The name of the metric in tables.
    value : float
        The score.
    low, high : float or None
        95 % interval over speakers; None for fewer than 6 speakers.
    by_speaker : dict of str to float
        The score of each speaker.
    """

    title: str
    value: float
    low: float | None
    high: float | None
    by_speaker: dict[str, float]


class HeldOutScores(_Part):
    """The scores on speakers that were left out of training.

    Parameters
    ----------
    speakers : list of str
        The speakers.
    clips : int
        Number of their clips.
    scores : dict of str to Score
        Scores by the name of the metric.
    """

    speakers: list[str]
    clips: int
    scores: dict[str, Score]


class CrossValidation(_Part):
    """The scores of models that are trained as this one, on speakers that they were not trained on.

    Parameters
    ----------
    split : str
        The split whose folds test each speaker once.
    folds, speakers, clips : int
        Number of folds, and of their test speakers and test clips.
    scores : dict of str to Score
        Scores by name: the metrics, ``log_loss`` in nats, ``ece``, and for calibrated models ``coverage``, the share of
        clips whose prediction set holds the true label, and ``set_size``, the mean number of labels in a set.
    set_coverage : float or None
        The coverage that the prediction sets promise; None without sets.
    """

    split: str
    folds: int
    speakers: int
    clips: int
    scores: dict[str, Score]
    set_coverage: float | None = None


class CalibrationInfo(_Part):
    """The held-out training clips that probabilities and prediction sets are calibrated on.

    Parameters
    ----------
    clips, speakers : int
        Their number.
    temperature : float
        Divides the logarithms of the probabilities.
    """

    clips: Annotated[int, Field(ge=1)]
    speakers: int
    temperature: float


class NoveltyInfo(_Part):
    """How the file tells clips outside the training data.

    Parameters
    ----------
    quantile : float
        Share of the clips of new speakers that count as inside.
    speakers : int
        Number of training speakers whose held-out clips decide the threshold.
    """

    quantile: float
    speakers: int


Positive = Annotated[float, Field(gt=0)]


class ConditionSound(_Part):
    """What training clips sound like under a recording condition, in the numbers of ``ser_bench.deploy.sounds.vector``.

    Parameters
    ----------
    clips : int
        Number of training clips that were measured.
    rates : list of int
        Their sampling rates in Hz.
    centre, spread : dict of str to float
        Median and standard deviation by descriptor.
    limit : float
        Distance within which nearly all of them are.
    """

    clips: Annotated[int, Field(ge=1)]
    rates: list[int]
    centre: dict[str, float]
    spread: dict[str, Positive]
    limit: Positive


class ConditionScore(_Part):
    """A recording condition that the model was tested under.

    Parameters
    ----------
    name, family : str
        Its name and family in the registry; ``clean`` has no family.
    phrase : str
        How a sentence names it, such as ``on the telephone``; empty for ``clean``.
    heard : bool
        Whether the model was trained on copies of clips under a condition of its family.
    clips : int
        Number of test clips, those of all folds together.
    uar : float
        The UAR of the cross-validation under the condition, as a fraction.
    low, high : float or None
        95 % interval over speakers; None for fewer than 6 speakers.
    recognisable : bool
        Whether the condition is recognised by the sound of most training clips under it.
    sound : ConditionSound or None
        What training clips sound like; None where none could be measured.
    """

    name: Annotated[str, Field(max_length=100)]
    family: Annotated[str, Field(max_length=100)]
    phrase: Annotated[str, Field(max_length=200)]
    heard: bool
    clips: Annotated[int, Field(ge=1)]
    uar: Annotated[float, Field(ge=0, le=1)]
    low: float | None
    high: float | None
    recognisable: bool
    sound: ConditionSound | None


class ConditionsInfo(_Part):
    """The recording conditions that the model was tested under.

    Parameters
    ----------
    descriptors : int
        The version of the descriptors of recordings.
    tested : list of ConditionScore
        ``clean``, and the others in the order of tables.
    """

    descriptors: int
    tested: Annotated[list[ConditionScore], Field(min_length=1, max_length=1000)]


class Manifest(_Part):
    """The manifest of a model file.

    Parameters
    ----------
    ser_bench, created : str
        The version that wrote it, and when.
    model : ModelInfo
        The model.
    target : str
        What it predicts: ``emotion``, ``gender`` or ``emotion+gender``.
    labels : list of str
        The labels, in the order of probabilities.
    features : list of FeatureSetInfo
        The feature sets of its input.
    rate : int or None
        Sampling rate in Hz for all clips; None for the rate of each clip.
    speeds : list of float
        Speeds of the additional copies of the training clips.
    corpus : CorpusInfo
        The training data.
    synthetic : bool
        Whether the training data is synthetic.
    held_out : HeldOutScores or None
        None without held-out speakers.
    versions : dict
        Versions of the libraries.
    intended_use : str
        What the model is for.
    limits : list of str
        What users should know.
    audio : TrainingAudio or None
        What the training clips sound like; None in files that do not say.
    cross_validation : CrossValidation or None
        None without a cross-validated score.
    no_score : str
        Why there is no cross-validated score.
    calibration : CalibrationInfo or None
        None for probabilities that are not calibrated.
    novelty : NoveltyInfo or None
        None in files that do not tell clips outside the training data.
    conditions : ConditionsInfo or None
        None in files that do not say under which recording conditions the model was tested, and without a score.
    """

    ser_bench: str
    created: str
    model: ModelInfo
    target: str
    labels: list[str]
    features: list[FeatureSetInfo]
    rate: int | None
    speeds: list[float]
    corpus: CorpusInfo
    synthetic: bool
    held_out: HeldOutScores | None
    versions: dict[str, str]
    intended_use: str
    limits: list[str]
    audio: TrainingAudio | None = None
    cross_validation: CrossValidation | None = None
    no_score: str = ""
    calibration: CalibrationInfo | None = None
    novelty: NoveltyInfo | None = None
    conditions: ConditionsInfo | None = None


def validate(content: dict[str, Any], path: Path) -> Manifest:
    """Return the manifest of a file as typed values.

    Parameters
    ----------
    content : dict
        The parsed JSON.
    path : Path
        The model file, for messages.

    Returns
    -------
    Manifest
        The manifest.

    Raises
    ------
    ModelFileError
        Naming the first invalid value.
    """
    try:
        manifest = Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])[:60] or "manifest"
        raise ModelFileError(f"{path} is damaged: invalid value for {field}: {first['msg'][:80].lower()}") from None
    if len(manifest.labels) < 2 or len(set(manifest.labels)) < len(manifest.labels) or not manifest.features:
        raise ModelFileError(f"{path} is damaged: expected at least two different labels and one feature set")
    return manifest
