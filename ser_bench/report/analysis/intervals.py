"""How sure each score is: 95 % intervals by a bootstrap over speakers, and the spread over repeats.

Whole speakers are drawn, 2,000 times, the same ones for every model and every split that tests the same
speakers, so that differences are paired. A repeat's scores are computed draw by draw and then averaged.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.metrics import UAR, Metric
from ser_bench.report.analysis.scores import cached_per_run, gap_splits, metrics_of, missing_folds, pooled_scores
from ser_bench.runs.results import SavedRun

DRAWS = 2000
_UAR = {"uar": UAR}


@cached_per_run
def intervals(run: SavedRun) -> pd.DataFrame:
    """Return ``<metric>_low`` and ``_high`` per (model, split), and ``uar_sd`` over repeats.

    NaN where a fold is missing or fewer than two speakers were tested; ``uar_sd`` is NaN for one repeat.
    """
    rows = {}
    notes, metrics = missing_folds(run), metrics_of(run)
    for (model, split), cell in _tallies(run).items():
        if notes[model, split]:
            continue
        rows[model, split] = _interval_row(cell, metrics)
    columns = [f"{name}_{end}" for name in metrics for end in ("low", "high")] + ["uar_sd"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype="float64")
    return table.reindex(notes.index)


@cached_per_run
def gap_intervals(run: SavedRun) -> pd.DataFrame:
    """Return ``low`` and ``high`` of the UAR gap per model; NaN where either split has no score."""
    pair = gap_splits(run.info.splits)
    models = list(run.info.models)
    table = pd.DataFrame(np.nan, index=models, columns=["low", "high"])
    if pair is None:
        return table
    cells, scores = _tallies(run), pooled_scores(run)["uar"]
    for model in models:
        if not np.isnan(scores[model, pair[0]] - scores[model, pair[1]]):
            random, actor = (bootstrap_means(cells[model, split], _UAR)["uar"] for split in pair)
            table.loc[model] = statistics.interval(random - actor)
    return table


def bootstrap_uar(run: SavedRun, model: str, split: str) -> np.ndarray:
    """Return a model's UAR in each draw of speakers, ``(draws,)``; runs that test the same speakers share draws."""
    return bootstrap_means(_tallies(run)[model, split], _UAR)["uar"]


def _interval_row(cell: tuple[tuple[str, ...], statistics.Tallies], metrics: Mapping[str, Metric]) -> dict[str, float]:
    row: dict[str, float] = {}
    if len(cell[0]) > 1:
        for name, values in bootstrap_means(cell, metrics).items():
            low, high = statistics.interval(values)
            row |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    repeats = statistics.scores_of(cell[1], {"uar": UAR.score})["uar"]
    row["uar_sd"] = float(repeats.std(ddof=1)) if len(repeats) > 1 else float("nan")
    return row


def bootstrap_means(
    cell: tuple[tuple[str, ...], statistics.Tallies], metrics: Mapping[str, Metric]
) -> dict[str, np.ndarray]:
    """Return each metric per draw, its mean over repeats; equal lists of speakers get equal draws."""
    speakers, tallies = cell
    draws = statistics.speaker_draws(len(speakers), DRAWS, zlib.crc32("\n".join(speakers).encode()))
    scores = statistics.bootstrap_scores(tallies, draws, {name: metric.score for name, metric in metrics.items()})
    return {name: values.mean(axis=0) for name, values in scores.items()}


_Cells = dict[tuple[str, str], tuple[tuple[str, ...], statistics.Tallies]]


@cached_per_run
def _tallies(run: SavedRun) -> _Cells:
    """Return per (model, split) the speakers tested and their clips counted, a row per repeat."""
    frame = run.predictions
    cells: _Cells = {}
    for (model, split), part in frame.groupby(["model", "split"], observed=True):
        cells[str(model), str(split)] = tally_clips(part, len(run.labels))
    return cells


def tally_clips(part: pd.DataFrame, classes: int) -> tuple[tuple[str, ...], statistics.Tallies]:
    """Return the speakers of some predictions and their clips counted, a row per repeat."""
    speakers, codes = np.unique(part["speaker"].astype("str"), return_inverse=True)
    repeats = part["repeat"].to_numpy()
    true, predicted = part["true"].cat.codes.to_numpy(), part["predicted"].cat.codes.to_numpy()
    counted = [
        statistics.tally(codes[chosen], true[chosen], predicted[chosen], len(speakers), classes)
        for chosen in (repeats == repeat for repeat in np.unique(repeats))
    ]
    return tuple(map(str, speakers)), statistics.stack(counted)
