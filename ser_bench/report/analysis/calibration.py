"""Whether probabilities can be trusted: calibration, prediction sets and accuracy by confidence.

Probabilities are those of ``predictions.parquet``, after calibration; its columns ``uncalibrated_…`` are
from before. Scores are pooled over the test clips of all folds and averaged over repeats, as in
:mod:`ser_bench.report.analysis.scores`. Intervals are over speakers.

Unknown is NaN, never 0: everything of a baseline and of a model with a missing fold, and what is after calibration of a
model that is not calibrated in every fold. Its probabilities count as those before calibration.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.intervals import MIN_SPEAKERS, known_count, speaker_draws
from ser_bench.report.analysis.models import BASELINES, trained_models
from ser_bench.report.analysis.scores import missing_folds
from ser_bench.runs.results import SavedRun

SET_COVERAGE = 0.9
"""The share of clips whose prediction set should hold the true label."""

MIN_CLIPS = 50
"""The fewest clips for a statement on how often a model is right for them."""

SHARES = (1.0, 0.9, 0.75, 0.5, 0.25)
"""Shares of the clips, the most confident ones, whose accuracy tables show."""

BASELINE, NOT_CALIBRATED = "baseline", "not calibrated"

_WITH_ENDS = ("log_loss", "brier", "overconfidence")
_BEFORE = tuple(f"{name}_before" for name in _WITH_ENDS)
_SETS = ("coverage", "set_size", "single_label", "single_accuracy")
_MEANS = (*_WITH_ENDS, *_BEFORE, *_SETS)
"""Means over clips: each is a column of numbers per clip."""

_POSITIVE = frozenset({"log_loss", "brier", "log_loss_before", "brier_before"})
_DIFFERENCES = frozenset({"overconfidence", "overconfidence_before"})


def _with_ends(*names: str) -> list[str]:
    return [f"{name}{end}" for name in names for end in ("", "_low", "_high")]


COLUMNS = (
    *_with_ends("ece"),
    "ece_perfect",
    *_with_ends("log_loss", "brier", "overconfidence", "ece_before"),
    "ece_perfect_before",
    *_with_ends(*_BEFORE, "coverage"),
    *("set_size", "single_label", "single_accuracy"),
    *_with_ends("aurc", "auroc"),
)
"""The numbers of :func:`calibration_table` in order."""


@dataclass(frozen=True, eq=False)
class _Predictions:
    """The predictions of a model in one repeat of a split; ``calibrated`` and ``known_sets`` are true of all folds."""

    right: npt.NDArray[np.bool_]
    speakers: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    before: npt.NDArray[np.float64]
    """Confidence before calibration."""
    numbers: npt.NDArray[np.float64]
    """Shape ``(clips, len(_MEANS))``."""


@cached_per_run
def calibration_table(run: SavedRun) -> pd.DataFrame:
    """Return how well the probabilities of each model fit, per split, as ``calibration.csv`` holds it.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        ``model``, ``split``, :data:`COLUMNS` and ``status``: ``ok``, the missing folds, or why there is no calibration.
        ``docs/statistics.md`` describes each column.
    """
    rows, status = [], calibration_status(run)
    for model, split in itertools.product(run.info.models, run.info.splits):
        numbers = dict.fromkeys(COLUMNS, np.nan)
        if model in measured_models(run, split, calibrated=False):
            numbers |= _numbers(run, model, split)
        rows.append({"model": model, "split": split, **numbers, "status": status[model, split]})
    return pd.DataFrame(rows, columns=["model", "split", *COLUMNS, "status"]).astype(dict.fromkeys(COLUMNS, "float64"))


def calibration_of(run: SavedRun, split: str) -> pd.DataFrame:
    """Return the rows of :func:`calibration_table` for one split.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame, index model
    """
    table = calibration_table(run)
    return table[table["split"] == split].set_index("model")


@cached_per_run
def calibration_status(run: SavedRun) -> pd.Series:
    """Describe per model and split why there is no calibration.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Series of str, index (model, split)
        ``ok``, ``baseline``, the missing folds, ``not calibrated``, or ``not calibrated 2/6`` if some folds are.
    """
    known = run.fits["temperature"].notna().groupby([run.fits["model"], run.fits["split"]]).agg(["sum", "size"])
    status = {}
    for (model, split), note in missing_folds(run).items():
        calibrated, fits = map(int, known.loc[(model, split)]) if (model, split) in known.index else (0, 0)
        missing = f" {fits - calibrated}/{fits}" if calibrated else ""
        own = "ok" if fits and calibrated == fits else f"{NOT_CALIBRATED}{missing}"
        status[model, split] = BASELINE if model in BASELINES else note or own
    return pd.Series(status, dtype="object")


def measured_models(run: SavedRun, split: str, *, calibrated: bool = True) -> list[str]:
    """Return the models whose probabilities are measured under a split.

    Parameters
    ----------
    run : SavedRun
    split : str
    calibrated : bool
        Whether models that are not calibrated in every fold are left out.

    Returns
    -------
    list of str
        In the order of the run.
    """
    status = calibration_status(run)
    return [
        model
        for model in trained_models(run)
        if status[model, split] == "ok" or (not calibrated and status[model, split].startswith(NOT_CALIBRATED))
    ]


@cached_per_run
def model_reliability(run: SavedRun, model: str, split: str, *, before: bool = False) -> statistics.Reliability | None:
    """Compare a model's confidence with its accuracy in bins of equally many clips, repeats together.

    Parameters
    ----------
    run : SavedRun
    model, split : str
    before : bool
        Whether to use the confidence before calibration.

    Returns
    -------
    Reliability or None
        None where it is unknown, as in :func:`calibration_table`.
    """
    if model not in measured_models(run, split, calibrated=not before):
        return None
    repeats = _confidences(run, model, split)
    confidence = np.concatenate([part.before if before else part.confidence for part in repeats])
    return statistics.reliability(confidence, np.concatenate([part.right for part in repeats]))


@cached_per_run
def accuracy_by_share(run: SavedRun, split: str, shares: tuple[float, ...] = SHARES) -> pd.DataFrame:
    """Return the accuracy among each model's most confident clips, averaged over repeats.

    Parameters
    ----------
    run : SavedRun
    split : str
    shares : tuple of float
        Shares of the clips.

    Returns
    -------
    DataFrame of float64, shape (models, shares)
        Models of the run but baselines; NaN rows for a missing fold. Models that are not calibrated are included.
    """
    rows = {model: [np.nan] * len(shares) for model in trained_models(run)}
    for model in measured_models(run, split, calibrated=False):
        curves = [
            statistics.accuracy_by_coverage(p.confidence, p.right, shares) for p in _confidences(run, model, split)
        ]
        rows[model] = list(np.mean(curves, axis=0))
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(shares), dtype="float64").rename_axis("model")


@cached_per_run
def accuracy_intervals(run: SavedRun, split: str) -> dict[str, tuple[statistics.Estimate, ...]]:
    """Return the accuracy among each model's most confident clips with its interval.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    dict of str to tuple of Estimate
        By model, an estimate for each of :data:`SHARES`; without the models with a missing fold.
    """
    names = _speaker_names(run, split)
    return {
        model: tuple(_selective(_confidences(run, model, split), names, SHARES)[: len(SHARES)])
        for model in measured_models(run, split, calibrated=False)
    }


@dataclass(frozen=True)
class ConfidentPredictions:
    """The predictions of a model with at least some confidence, all repeats together.

    Parameters
    ----------
    clips, speakers : int
        Clips, as a mean over repeats, and their speakers.
    share : float
        Their share of all predictions.
    accuracy, low, high : float
        Accuracy with its interval over speakers; NaN for no prediction, and the ends for fewer than ``MIN_SPEAKERS``.
    """

    clips: int
    speakers: int
    share: float
    accuracy: float
    low: float
    high: float

    @property
    def enough(self) -> bool:
        """Whether they are enough for a statement on their accuracy."""
        return self.clips >= MIN_CLIPS and self.speakers >= MIN_SPEAKERS


_NO_PREDICTIONS = ConfidentPredictions(0, 0, 0.0, np.nan, np.nan, np.nan)


@cached_per_run
def confident_predictions(run: SavedRun, model: str, split: str, least: float) -> ConfidentPredictions:
    """Return how often a model is right where its calibrated confidence is high.

    Parameters
    ----------
    run : SavedRun
    model, split : str
    least : float
        The lowest confidence that counts.

    Returns
    -------
    ConfidentPredictions
        Without predictions for a model that is not calibrated in every fold.
    """
    if model not in measured_models(run, split):
        return _NO_PREDICTIONS
    repeats = _confidences(run, model, split)
    chosen = np.concatenate([part.confidence for part in repeats]) >= least
    if not chosen.any():
        return _NO_PREDICTIONS
    right, speakers = (
        np.concatenate([getattr(part, name) for part in repeats])[chosen] for name in ("right", "speakers")
    )
    clips, estimate = round(len(right) / len(repeats)), statistics.mean_over_speakers(right, speakers)
    return ConfidentPredictions(clips, len(np.unique(speakers)), float(chosen.mean()), *estimate)


@cached_per_run
def set_coverage_by_speaker(run: SavedRun, split: str) -> pd.DataFrame:
    """Return how many of each speaker's clips have a prediction set that holds the true label.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame of float64, shape (models, speakers)
        Fractions, averaged over the repeats that test the speaker. Models of the run but baselines; NaN rows where the
        sets are unknown. Unknown speakers have no column.
    """
    names, rows = _speaker_names(run, split), {}
    for model in trained_models(run):
        rows[model] = np.full(len(names), np.nan)
        if model in measured_models(run, split):
            parts = [
                statistics.sum_by_speaker(part.numbers, part.speakers, len(names))
                for part in _confidences(run, model, split)
            ]
            shares = np.stack([statistics.means_by_speaker(part)[:, 0] for part in parts])
            rows[model] = statistics.mean_of_known(shares)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names, dtype="float64").rename_axis("model")
    return table.drop(columns="", errors="ignore")


@cached_per_run
def speakers_below_aim(run: SavedRun, model: str, split: str) -> list[str]:
    """Return the speakers whose prediction sets hold the true label significantly less often than they should.

    The test is the exact binomial one, with Bonferroni's correction for the number of speakers. Repeats of one clip
    count once: the share is their mean.

    Parameters
    ----------
    run : SavedRun
    model, split : str

    Returns
    -------
    list of str
        The lowest share first.
    """
    shares = set_coverage_by_speaker(run, split).loc[model].dropna().sort_values(kind="stable")
    frame = run.predictions[(run.predictions["model"] == model) & (run.predictions["split"] == split)]
    clips = frame.groupby(frame["speaker"].astype("str"))["clip"].nunique()
    limit = statistics.ALPHA / max(1, len(shares))
    return [
        str(name) for name, share in shares.items() if statistics.binomial_p(share, clips[name], SET_COVERAGE) <= limit
    ]


def _numbers(run: SavedRun, model: str, split: str) -> dict[str, float]:
    """Return the numbers of a row of :func:`calibration_table`, averaged over repeats."""
    repeats, names = _repeats(run, model, split), _speaker_names(run, split)
    speakers, draws = known_count(names), speaker_draws(names)
    numbers = _mean_numbers(repeats, len(names), speakers, draws)
    for name, after in (("ece", True), ("ece_before", False)):
        if after and model not in measured_models(run, split):
            continue
        confidences = [part.confidence if after else part.before for part in repeats]
        pairs = list(zip(confidences, repeats, strict=True))
        sums = [statistics.excess_by_speaker(c, part.right, part.speakers, len(names)) for c, part in pairs]
        estimate = statistics.pooled_calibration_error(sums, draws)
        numbers[name] = estimate.value
        if speakers:
            numbers |= {f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        perfect = [statistics.reliability(c, part.right).perfect for c, part in pairs]
        numbers["ece_perfect" if after else "ece_perfect_before"] = float(np.mean(perfect))
    for name, estimate in zip(("aurc", "auroc"), _selective(repeats, names, ()), strict=True):
        numbers |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    return numbers


def _selective(
    repeats: list[_Predictions], names: tuple[str, ...], shares: tuple[float, ...]
) -> list[statistics.Estimate]:
    """Return accuracies among the most confident clips, AURC and AUROC, averaged over repeats, with intervals."""
    scores = [
        statistics.selective_scores(part.confidence, part.right, part.speakers, len(names), shares) for part in repeats
    ]
    values = statistics.mean_of_known(np.stack(scores))
    low = high = np.full(len(values[0]), np.nan)
    if known_count(names) > 1:
        low, high = statistics.jackknife_interval(values[1:].T, values[0])
    return [statistics.Estimate(*map(float, ends)) for ends in zip(values[0], low, high, strict=True)]


def _mean_numbers(
    repeats: list[_Predictions], names: int, speakers: int, draws: npt.NDArray[np.int64]
) -> dict[str, float]:
    """Return the means over clips with their intervals."""
    sums = [statistics.sum_by_speaker(part.numbers, part.speakers, names) for part in repeats]
    values = statistics.mean_of_known(np.stack([statistics.means(part) for part in sums]))
    drawn = statistics.mean_of_known(np.stack([statistics.bootstrap_means(part, draws) for part in sums]))
    numbers: dict[str, float] = {}
    for name, value, column in zip(_MEANS, values, drawn, strict=True):
        numbers[name] = float(value)
        if f"{name}_low" in COLUMNS:
            low, high = _interval(name)(column, value, speakers)
            numbers |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    return numbers


def _interval(name: str) -> statistics.Interval:
    if name in _POSITIVE:
        return statistics.positive_interval
    return statistics.difference_interval if name in _DIFFERENCES else statistics.score_interval


@cached_per_run
def _speaker_names(run: SavedRun, split: str) -> tuple[str, ...]:
    """Return the speakers that a split tests; an unknown one is empty."""
    part = run.predictions.loc[run.predictions["split"] == split, "speaker"]
    return tuple(sorted(map(str, part.unique())))


@cached_per_run
def _confidences(run: SavedRun, model: str, split: str) -> list[_Predictions]:
    """Return the predictions repeat by repeat; of the numbers, which would take much memory, ``coverage`` only."""
    held = _MEANS.index("coverage")
    return [replace(part, numbers=part.numbers[:, [held]]) for part in _repeats(run, model, split)]


def _repeats(run: SavedRun, model: str, split: str) -> list[_Predictions]:
    """Return the predictions of a model without a missing fold, repeat by repeat."""
    frame = run.predictions
    chosen = frame[(frame["model"] == model) & (frame["split"] == split)]
    names = np.array(_speaker_names(run, split))
    thresholds = run.fits[(run.fits["model"] == model) & (run.fits["split"] == split)]
    thresholds = thresholds.set_index(["repeat", "fold"])["set_threshold"]
    if thresholds.isna().any():  # sets of the other folds only would be no sets of the split
        thresholds[:] = np.nan
    calibrated = model in measured_models(run, split)
    return [_predictions(run, part, names, thresholds if calibrated else None) for _, part in chosen.groupby("repeat")]


def _predictions(
    run: SavedRun, part: pd.DataFrame, names: npt.NDArray[np.str_], thresholds: pd.Series | None
) -> _Predictions:
    """Return the numbers per clip; those after calibration are NaN without ``thresholds``."""
    p = part[[f"p_{label}" for label in run.labels]].to_numpy(dtype="float64")
    true = part["true"].cat.codes.to_numpy(dtype="int64")
    right, confidence = (part["true"] == part["predicted"]).to_numpy(), p.max(axis=1)
    own = [statistics.log_losses(p, true), statistics.brier_scores(p, true), confidence - right]
    columns = ("uncalibrated_log_loss", "uncalibrated_brier", "uncalibrated_confidence")
    saved = part[list(columns)].to_numpy(dtype="float64", copy=True).T
    saved[2] -= right
    before = np.where(np.isnan(saved), own, saved)
    after = np.full((len(_WITH_ENDS) + len(_SETS), len(part)), np.nan)
    if thresholds is not None:
        limits = thresholds.reindex(pd.MultiIndex.from_frame(part[["repeat", "fold"]])).to_numpy(dtype="float64")
        after = np.stack([*own, *_sets(p, true, right, limits)])
    numbers = np.concatenate([after[: len(_WITH_ENDS)], before, after[len(_WITH_ENDS) :]]).T
    speakers = np.searchsorted(names, part["speaker"].astype("str").to_numpy(dtype=str))
    return _Predictions(right, speakers.astype("int64"), confidence, before[2] + right, numbers)


def _sets(
    p: npt.NDArray[np.float64],
    true: npt.NDArray[np.int64],
    right: npt.NDArray[np.bool_],
    thresholds: npt.NDArray[np.float64],
) -> list[npt.NDArray[np.float64]]:
    """Return per clip whether the set holds the true label, its size, whether it is 1, and then whether it is right."""
    members = statistics.prediction_sets(p, np.nan_to_num(thresholds))
    size, single = members.sum(axis=1), members.sum(axis=1) == 1
    columns = (members[np.arange(len(p)), true], size, single, np.where(single, right, np.nan))
    return [np.where(np.isnan(thresholds), np.nan, column) for column in columns]
