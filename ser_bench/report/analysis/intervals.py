"""95 % intervals of scores by a bootstrap over speakers, and their spread over repeats.

The bootstrap draws whole speakers, because clips of one speaker resemble each other. Every model, and every split with
the same test speakers, shares the draws, so differences are paired. Scores are averaged over repeats draw by draw.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from ser_bench import statistics
from ser_bench.metrics import UAR, Metric
from ser_bench.report.analysis.scores import cached_per_run, gap_splits, metrics_of, missing_folds, pooled_scores
from ser_bench.runs.results import SavedRun

DRAWS = 2000
"""Draws of a bootstrap."""

MIN_SPEAKERS = 6
"""Test speakers below which there is no interval: so few speakers do not show how speakers vary."""

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
        :data:`MIN_SPEAKERS` speakers; ``uar_sd``, the standard deviation over repeats, NaN for one repeat.
    """
    notes, metrics = missing_folds(run), metrics_of(run)
    rows = {cell: _interval_row(tallies, metrics) for cell, tallies in _tallies(run).items() if not notes[cell]}
    columns = [f"{metric}_{end}" for metric in metrics for end in ("low", "high")] + ["uar_sd"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype="float64")
    return table.reindex(notes.index)


@cached_per_run
def gap_intervals(run: SavedRun) -> pd.DataFrame:
    """Return the interval of the UAR gap per model.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame of float64, index model
        ``low`` and ``high``, NaN where either split has no score or fewer than :data:`MIN_SPEAKERS` speakers.
    """
    pair = gap_splits(run)
    models = list(run.info.models)
    table = pd.DataFrame(np.nan, index=models, columns=["low", "high"])
    if pair is None:
        return table
    cells, scores = _tallies(run), pooled_scores(run)["uar"]
    for model in models:
        if np.isnan(scores[model, pair.random] - scores[model, pair.independent]):
            continue
        random, independent = (cells[model, split] for split in (pair.random, pair.independent))
        if min(len(random[0]), len(independent[0])) >= MIN_SPEAKERS:
            table.loc[model] = statistics.interval(_bootstrap_uar(random) - _bootstrap_uar(independent))
    return table


def bootstrap_uar(run: SavedRun, model: str, split: str) -> npt.NDArray[np.float64]:
    """Return a model's UAR in each draw of speakers.

    Parameters
    ----------
    run : SavedRun
    model, split : str

    Returns
    -------
    ndarray of float64, shape (draws,)
        Runs with the same test speakers share the draws.
    """
    return _bootstrap_uar(_tallies(run)[model, split])


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
    draws = statistics.speaker_draws(len(speakers), DRAWS, zlib.crc32("\n".join(speakers).encode()))
    scores = statistics.bootstrap_scores(tallies, draws, {name: metric.score for name, metric in metrics.items()})
    return {name: values.mean(axis=0) for name, values in scores.items()}


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


def _interval_row(cell: SpeakerTallies, metrics: Mapping[str, Metric]) -> dict[str, float]:
    row: dict[str, float] = {}
    if len(cell[0]) >= MIN_SPEAKERS:
        for metric, values in bootstrap_scores(cell, metrics).items():
            low, high = statistics.interval(values)
            row |= {f"{metric}_low": float(low), f"{metric}_high": float(high)}
    repeats = statistics.scores_of(cell[1], {"uar": UAR.score})["uar"]
    row["uar_sd"] = float(repeats.std(ddof=1)) if len(repeats) > 1 else float("nan")
    return row


def _bootstrap_uar(cell: SpeakerTallies) -> npt.NDArray[np.float64]:
    return bootstrap_scores(cell, {"uar": UAR})["uar"]


@cached_per_run
def _tallies(run: SavedRun) -> dict[tuple[str, str], SpeakerTallies]:
    """Return the counts per model and split."""
    cells = run.predictions.groupby(["model", "split"], observed=True)
    return {(str(model), str(split)): tally_clips(part, len(run.labels)) for (model, split), part in cells}
