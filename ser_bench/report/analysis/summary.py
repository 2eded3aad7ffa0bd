"""The summary table: a row per model with scores, intervals, gap, costs and status."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ser_bench.report.analysis.intervals import gap_intervals, intervals
from ser_bench.report.analysis.scores import (
    BASELINES,
    cached_per_run,
    gap_splits,
    metrics_of,
    missing_folds,
    pooled_scores,
    ranking_split,
)
from ser_bench.runs.results import SavedRun


@cached_per_run
def summarise(run: SavedRun) -> pd.DataFrame:
    """Return a row per model, the best first and the baselines last.

    Columns: ``model``; per split ``<split>_<metric>`` for each metric of the run (NaN where a
    fold is missing), each followed by ``_low`` and ``_high`` (95 %, bootstrap over speakers), and
    ``<split>_uar_sd`` over repeats; ``uar_gap`` (see :func:`ser_bench.report.analysis.scores.gap_splits`) with its
    interval; ``fit_seconds``, ``predict_seconds`` (per clip) and ``model_bytes``, means over the fits that
    ended; ``status``, ``ok`` or which split fell short and how.
    """
    models, splits = list(run.info.models), list(run.info.splits)
    notes = missing_folds(run)
    table = pd.DataFrame({"model": models} | _scores_with_intervals(run, models, splits))
    pair, gaps = gap_splits(splits), gap_intervals(run)
    table["uar_gap"] = table[f"{pair[0]}_uar"] - table[f"{pair[1]}_uar"] if pair else float("nan")
    table["uar_gap_low"], table["uar_gap_high"] = gaps["low"].to_numpy(), gaps["high"].to_numpy()
    ended = run.fits[run.fits["status"] == "ok"]
    ended = ended.assign(predict_seconds=ended["predict_seconds"] / ended["n_test"].astype("float64"))
    costs = ended.groupby("model")[["fit_seconds", "predict_seconds", "model_bytes"]].mean().reindex(models)
    for name in costs.columns:
        table[name] = costs[name].to_numpy(dtype="float64")
    short = [[f"{split}: {notes[model, split]}" for split in splits if notes[model, split]] for model in models]
    table["status"] = ["; ".join(bad) or "ok" for bad in short]
    rank = table[f"{ranking_split(splits)}_uar"].fillna(-1)
    order = rank.to_frame("uar").assign(baseline=table["model"].isin(BASELINES))
    order = order.sort_values(["baseline", "uar"], ascending=[True, False], kind="stable")
    return table.loc[order.index].reset_index(drop=True)


def _scores_with_intervals(run: SavedRun, models: list[str], splits: list[str]) -> dict[str, np.ndarray]:
    scores, sure = pooled_scores(run), intervals(run)
    columns = {}
    for split in splits:
        cells = pd.MultiIndex.from_product([models, [split]])
        for measure in metrics_of(run):
            columns[f"{split}_{measure}"] = scores[measure].reindex(cells).to_numpy()
            for end in ("low", "high"):
                columns[f"{split}_{measure}_{end}"] = sure[f"{measure}_{end}"].reindex(cells).to_numpy()
        columns[f"{split}_uar_sd"] = sure["uar_sd"].reindex(cells).to_numpy()
    return columns
