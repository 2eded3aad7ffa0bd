"""The table of ``summary.csv``: a row per model with scores, intervals, gap, costs and status."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.conditions.robustness import robust_scores
from ser_bench.report.analysis.exposure import exposure
from ser_bench.report.analysis.gaps import gaps_of
from ser_bench.report.analysis.intervals import intervals
from ser_bench.report.analysis.models import quick_models, transductive_models
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.scores import metrics_of, missing_folds, pooled_scores
from ser_bench.report.analysis.splits import gap_splits, ranking_split
from ser_bench.runs.results import SavedRun

COSTS = ("fit_seconds", "predict_seconds", "model_bytes")
"""The columns of what a model costs under the split that ranks models: seconds per fit and predicted clip, bytes."""


@cached_per_run
def summarise(run: SavedRun) -> pd.DataFrame:
    """Summarise a run, a row per model: the best first, baselines last.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        ``model``; per split and metric of the run the columns ``<split>_<metric>``, a fraction,
        with its 95 % interval ``_low`` and ``_high``; ``<split>_uar_sd`` over repeats (see
        :func:`ser_bench.report.analysis.intervals.intervals`); ``uar_gap`` (see
        :func:`ser_bench.report.analysis.splits.gap_splits`) with its interval; the means :data:`COSTS` over the
        finished fits of the ranking split, and ``<split>_fit_seconds`` of each split, since a fit on more clips takes
        longer; ``<split>_robust`` with its interval, where
        :func:`~ser_bench.report.analysis.conditions.robustness.robust_scores` has one; ``status``, ``ok`` or the
        missing folds per split; ``transductive``, ``yes`` or ``no``, empty where no fit was checked; ``effort``,
        ``quick`` or ``full``; ``<split>_heard``, whether the features have heard a tested corpus (``no``, ``unknown``
        or ``heard``), if a feature set of the run has a pretrained network. NaN marks a missing value.
    """
    models, splits = list(run.info.models), list(run.info.splits)
    table = pd.DataFrame({"model": models} | _scores_with_intervals(run, models, splits) | _gaps(run))
    table = table.assign(**_robust(run, splits))
    table = table.assign(**_costs(run, models, splits))
    notes = missing_folds(run)
    missing = [[f"{split}: {notes[model, split]}" for split in splits if notes[model, split]] for model in models]
    table["status"] = ["; ".join(folds) or "ok" for folds in missing]
    table["transductive"] = [_transductive(run, model) for model in models]
    table["effort"] = ["quick" if model in quick_models(run) else "full" for model in models]
    for split in splits if run.info.pretrained or run.info.exposure else ():
        table[f"{split}_heard"] = [exposure(run, model, split) for model in models]
    return table.set_index("model", drop=False).loc[all_models_ranked(run)].reset_index(drop=True)


def _costs(run: SavedRun, models: list[str], splits: list[str]) -> dict[str, Any]:
    """Return the columns of costs: all of them under the ranking split, and the time of a fit under each split."""
    finished = run.fits[run.fits["status"] == "ok"]
    per_clip = finished["predict_seconds"] / finished["n_test"].astype("float64")
    means = finished.assign(predict_seconds=per_clip).groupby(["split", "model"])[list(COSTS)].mean()
    ranking = ranking_split(splits)
    cells = {split: pd.MultiIndex.from_product([[split], models]) for split in splits}
    times = {f"{split}_fit_seconds": means["fit_seconds"].reindex(cells[split]).to_numpy("float64") for split in splits}
    return {name: means[name].reindex(cells[ranking]).to_numpy("float64") for name in COSTS} | times


def _transductive(run: SavedRun, model: str) -> str:
    """Return whether a model predicts a clip from the other test clips as well."""
    if model in transductive_models(run):
        return "yes"
    checked = (run.fits.loc[run.fits["model"] == model, "transductive"] == "no").any()
    return "no" if checked else ""


def _scores_with_intervals(run: SavedRun, models: list[str], splits: list[str]) -> dict[str, Any]:
    """Return the columns of scores, split by split and metric by metric."""
    scores, ends = pooled_scores(run), intervals(run)
    columns = {}
    for split in splits:
        cells = pd.MultiIndex.from_product([models, [split]])
        for metric in metrics_of(run):
            columns[f"{split}_{metric}"] = scores[metric].reindex(cells).to_numpy()
            for end in ("low", "high"):
                columns[f"{split}_{metric}_{end}"] = ends[f"{metric}_{end}"].reindex(cells).to_numpy()
        columns[f"{split}_uar_sd"] = ends["uar_sd"].reindex(cells).to_numpy()
    return columns


def _robust(run: SavedRun, splits: list[str]) -> dict[str, Any]:
    """Return the columns of robust scores; empty without any."""
    tables = {split: robust_scores(run, split) for split in splits}
    return {
        f"{split}_{name}": table[name].to_numpy()
        for split, table in tables.items()
        for name in ("robust", "robust_low", "robust_high")
        if len(table)
    }


def _gaps(run: SavedRun) -> dict[str, Any]:
    """Return the columns of the gap between the random and the speaker-independent split."""
    pair, names = gap_splits(run), {"uar_gap": "total", "uar_gap_low": "total_low", "uar_gap_high": "total_high"}
    if pair is None:
        return dict.fromkeys(names, float("nan"))
    gaps = gaps_of(run, pair).reindex(run.info.models)
    return {name: gaps[column].to_numpy() for name, column in names.items()}
