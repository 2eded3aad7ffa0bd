"""95 % intervals of scores over speakers, and their spread over repeats.

Each is a t interval whose standard error comes from a bootstrap. It draws whole speakers, because clips of one speaker
resemble each other. Every model, and every split with the same test speakers, shares the draws, so differences are
paired. Scores are averaged over repeats draw by draw.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ser_bench import statistics
from ser_bench.metrics import UAR, Metric
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.scores import metrics_of, missing_folds
from ser_bench.runs.results import SavedRun

DRAWS = 2000
"""Draws of a bootstrap."""

MIN_SPEAKERS = statistics.MIN_SPEAKERS
"""Test speakers below which there is no interval."""

SpeakerTallies = tuple[tuple[str, ...], statistics.Tallies]
"""The speakers of some predictions, and their clips counted per speaker and class with a leading axis of repeats."""


@cached_per_run
def intervals(run: SavedRun) -> pd.DataFrame:
    """Return the interval of every metric per model and split.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame of float64, index (model, split)
        ``<metric>_low`` and ``<metric>_high``, NaN where a fold is missing or a split tests fewer than
        :data:`MIN_SPEAKERS` speakers; ``uar_sd``, the standard deviation over repeats, NaN for one repeat and where
        all repeats predict the same. It measures other seeds, and other folds where the split draws them anew.
    """
    notes, metrics = missing_folds(run), metrics_of(run)
    rows = {cell: _interval_row(tallies, metrics) for cell, tallies in _tallies(run).items() if not notes[cell]}
    columns = [f"{metric}_{end}" for metric in metrics for end in ("low", "high")] + ["uar_sd"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype="float64")
    return table.reindex(notes.index)


@cached_per_run
def scores_of_few(run: SavedRun) -> dict[tuple[str, str, str], tuple[float, ...]]:
    """Return the score of each speaker where a split tests too few for an interval.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of (str, str, str) to tuple of float
        By model, split and metric: scores averaged over repeats, in the order of the speakers' names. Models with a
        missing fold, and splits with :data:`MIN_SPEAKERS` or more speakers or an unknown one are missing.
    """
    notes, metrics = missing_folds(run), metrics_of(run)
    return {
        (*cell, metric): scores
        for cell, tallies in _tallies(run).items()
        if not notes[cell] and len(tallies[0]) < MIN_SPEAKERS and "" not in tallies[0]
        for metric, scores in each_speakers_scores(tallies, metrics).items()
    }


def each_speakers_scores(cell: SpeakerTallies, metrics: Mapping[str, Metric]) -> dict[str, tuple[float, ...]]:
    """Return the score of each speaker by metric, averaged over repeats.

    Parameters
    ----------
    cell : SpeakerTallies
    metrics : mapping of str to Metric
        Metrics by name.

    Returns
    -------
    dict of str to tuple of float
        In the order of the speakers of ``cell``; means over the repeats that test the speaker.
    """
    values = statistics.scores_by_speaker(cell[1], {name: metric.score for name, metric in metrics.items()})
    return {name: tuple(map(float, np.nanmean(scores, axis=0))) for name, scores in values.items()}


@cached_per_run
def bootstrap_uar(run: SavedRun, model: str, split: str, classes: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return a model's UAR in each draw of speakers.

    Parameters
    ----------
    run : SavedRun
    model, split : str
    classes : tuple of str
        The classes whose recalls are averaged.

    Returns
    -------
    ndarray of float64, shape (draws,)
        Runs with the same test speakers share the draws.
    """
    return _bootstrap_uar(_of_classes(run, speaker_tallies(run, model, split), classes))


def uar_of_classes(run: SavedRun, model: str, split: str, classes: tuple[str, ...]) -> float:
    """Return the mean recall of some classes, averaged over repeats.

    Parameters
    ----------
    run : SavedRun
    model, split : str
        A pair without a missing fold.
    classes : tuple of str

    Returns
    -------
    float
        A fraction.
    """
    _, tallies = _of_classes(run, speaker_tallies(run, model, split), classes)
    return float(statistics.scores_of(tallies, {"uar": UAR.score})["uar"].mean())


def _of_classes(run: SavedRun, cell: SpeakerTallies, classes: tuple[str, ...]) -> SpeakerTallies:
    """Return the counts of some classes."""
    if classes == run.labels:
        return cell
    speakers, tallies = cell
    columns = [run.labels.index(label) for label in classes]
    hits, recorded, predicted = (part[..., columns] for part in (tallies.hits, tallies.recorded, tallies.predicted))
    return speakers, statistics.Tallies(hits, recorded, predicted)


def speaker_tallies(run: SavedRun, model: str, split: str) -> SpeakerTallies:
    """Return the counts of a model under a split.

    Parameters
    ----------
    run : SavedRun
    model, split : str

    Returns
    -------
    SpeakerTallies
    """
    return _tallies(run)[model, split]


def uar_difference(first: SpeakerTallies, second: SpeakerTallies) -> tuple[float, float, float]:
    """Return the UAR of one list of predictions minus that of another, with its 95 % interval.

    Parameters
    ----------
    first, second : SpeakerTallies
        From :func:`speaker_tallies` or :func:`tally_clips`. Equal lists of speakers get equal draws, which pairs them.

    Returns
    -------
    difference, low, high : float
        The ends are NaN for fewer than :data:`MIN_SPEAKERS` speakers.
    """
    scores = [statistics.scores_of(tallies, {"uar": UAR.score})["uar"].mean() for _, tallies in (first, second)]
    difference, speakers = float(scores[0] - scores[1]), min(known_count(first[0]), known_count(second[0]))
    draws = _bootstrap_uar(first) - _bootstrap_uar(second)
    low, high = map(float, statistics.difference_interval(draws, difference, speakers))
    return difference, low, high


def scores_with_intervals(cell: SpeakerTallies, metrics: Mapping[str, Metric]) -> dict[str, tuple[float, float, float]]:
    """Return metrics, averaged over repeats, with their 95 % intervals.

    Parameters
    ----------
    cell : SpeakerTallies
    metrics : mapping of str to Metric
        Metrics by name.

    Returns
    -------
    dict of str to tuple of (float, float, float)
        Score, low and high; the ends are NaN for fewer than :data:`MIN_SPEAKERS` speakers.
    """
    speakers, tallies = cell
    values = statistics.scores_of(tallies, {name: metric.score for name, metric in metrics.items()})
    rows = {}
    for name, draws in bootstrap_scores(cell, metrics).items():
        score = float(values[name].mean())
        low, high = map(float, statistics.score_interval(draws, score, known_count(speakers)))
        rows[name] = (score, low, high)
    return rows


def known_count(speakers: Sequence[str]) -> int:
    """Return the number of speakers, 0 if some are unknown: their clips cannot be drawn by speaker.

    Parameters
    ----------
    speakers : sequence of str
        Their names; an unknown one is empty.

    Returns
    -------
    int
    """
    return 0 if "" in speakers else len(speakers)


def bootstrap_scores(cell: SpeakerTallies, metrics: Mapping[str, Metric]) -> dict[str, npt.NDArray[np.float64]]:
    """Return metrics in each draw of speakers, averaged over repeats.

    Parameters
    ----------
    cell : SpeakerTallies
    metrics : mapping of str to Metric
        Metrics by name.

    Returns
    -------
    dict of str to ndarray of float64, shape (draws,)
        Equal lists of speakers get equal draws.
    """
    speakers, tallies = cell
    draws = speaker_draws(speakers)
    scores = statistics.bootstrap_scores(tallies, draws, {name: metric.score for name, metric in metrics.items()})
    return {name: values.mean(axis=0) for name, values in scores.items()}


def speaker_draws(speakers: Sequence[str]) -> npt.NDArray[np.int64]:
    """Draw speakers with replacement, equal lists of names equally.

    Parameters
    ----------
    speakers : sequence of str
        Their names.

    Returns
    -------
    ndarray of int64, shape (draws, speakers)
    """
    return statistics.speaker_draws(len(speakers), DRAWS, zlib.crc32("\n".join(speakers).encode()))


def tally_clips(part: pd.DataFrame, classes: int) -> SpeakerTallies:
    """Count the clips of some predictions per speaker and class.

    Parameters
    ----------
    part : DataFrame
        Rows of ``predictions.parquet``.
    classes : int
        The number of labels.

    Returns
    -------
    SpeakerTallies
    """
    speakers, codes = np.unique(part["speaker"].astype("str"), return_inverse=True)
    repeats = part["repeat"].to_numpy()
    true, predicted = part["true"].cat.codes.to_numpy(), part["predicted"].cat.codes.to_numpy()
    tallies = [
        statistics.tally(codes[chosen], true[chosen], predicted[chosen], len(speakers), classes)
        for chosen in (repeats == repeat for repeat in np.unique(repeats))
    ]
    return tuple(map(str, speakers)), statistics.stack(tallies)


def tally_labels(
    speakers: npt.ArrayLike, true: npt.ArrayLike, predicted: npt.ArrayLike, labels: Sequence[str]
) -> SpeakerTallies:
    """Count the clips of one list of predictions per speaker and class.

    Parameters
    ----------
    speakers, true, predicted : array_like of str, shape (clips,)
        Speaker, recorded and predicted label of each clip.
    labels : sequence of str
        The classes in order.

    Returns
    -------
    SpeakerTallies
    """
    known, codes = np.unique(np.asarray(speakers, dtype=str), return_inverse=True)
    true_codes, predicted_codes = (
        pd.Categorical(np.asarray(names, dtype=str), categories=labels).codes for names in (true, predicted)
    )
    tallies = statistics.tally(codes, true_codes, predicted_codes, len(known), len(labels))
    return tuple(map(str, known)), statistics.stack([tallies])


def _interval_row(cell: SpeakerTallies, metrics: Mapping[str, Metric]) -> dict[str, float]:
    row: dict[str, float] = {}
    for metric, (_, low, high) in scores_with_intervals(cell, metrics).items():
        row |= {f"{metric}_low": low, f"{metric}_high": high}
    row["uar_sd"] = _deviation(cell[1])
    return row


def _deviation(tallies: statistics.Tallies) -> float:
    """Return the standard deviation of UAR over repeats; NaN for one repeat, and where all repeats predict the same."""
    same = all((part == part[:1]).all() for part in (tallies.hits, tallies.recorded, tallies.predicted))
    if same:
        return float("nan")
    return float(statistics.scores_of(tallies, {"uar": UAR.score})["uar"].std(ddof=1))


def _bootstrap_uar(cell: SpeakerTallies) -> npt.NDArray[np.float64]:
    return bootstrap_scores(cell, {"uar": UAR})["uar"]


@cached_per_run
def _tallies(run: SavedRun) -> dict[tuple[str, str], SpeakerTallies]:
    """Return the counts per model and split, which nothing can change: callers share them."""
    cells = run.predictions.groupby(["model", "split"], observed=True)
    tallies = {(str(model), str(split)): tally_clips(part, len(run.labels)) for (model, split), part in cells}
    for _, counts in tallies.values():
        for part in (counts.hits, counts.recorded, counts.predicted):
            part.flags.writeable = False
    return tallies
