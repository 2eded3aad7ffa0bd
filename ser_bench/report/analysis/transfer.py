"""Train on one corpus, test on another: UAR by training corpora and tested corpus, on new speakers only."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.metrics import UAR
from ser_bench.report.analysis.intervals import bootstrap_means, tally_clips
from ser_bench.report.analysis.scores import BASELINES, cached_per_run, missing_folds
from ser_bench.runs.results import SavedRun

COLUMNS = ("model", "trained_on", "tested_on", "split", "uar", "uar_low", "uar_high", "clips", "speakers")


def tested_across(run: SavedRun) -> bool:
    """Say whether a run has several corpora, some tested apart from others."""
    return run.audit["train_corpora"].nunique() > 1 or run.audit["test_corpora"].nunique() > 1


@cached_per_run
def transfer_scores(run: SavedRun) -> pd.DataFrame:
    """Return ``transfer.csv``: a row per model, training corpora and tested corpus.

    Columns :data:`COLUMNS`; several training corpora are joined with ``+``. ``uar`` is pooled over the folds of
    a repeat and averaged over repeats, with a 95 % interval by a bootstrap over speakers (NaN for one speaker).
    Only splits that test new speakers count; where two of them give the same cell, the run's first does. A model
    with a missing fold has no row of that split. Models that carry over best come first.
    """
    if not tested_across(run):
        return pd.DataFrame(columns=list(COLUMNS))
    shared = run.audit.groupby("split")["shared_speakers"].sum()
    apart = [split for split in run.info.splits if shared.get(split) == 0]
    notes = missing_folds(run)
    rows: dict[tuple[str, str, str], dict[str, object]] = {}
    for split in apart:
        for (model, trained, tested), part in _cells(run, split):
            if (model, trained, tested) not in rows and notes[model, split] == "":
                head = {"model": model, "trained_on": trained, "tested_on": tested, "split": split}
                rows[model, trained, tested] = head | _scores(part, len(run.labels))
    table = pd.DataFrame(list(rows.values()), columns=list(COLUMNS))
    abroad = [not is_within_corpus(row.trained_on, row.tested_on) for row in table.itertuples()]
    carried = table["model"].map(table[abroad].groupby("model")["uar"].mean())
    order = [-carried, table["trained_on"].str.count(r"\+"), table["trained_on"], table["tested_on"]]
    return table.iloc[np.lexsort(order[::-1])].reset_index(drop=True)


def is_within_corpus(trained_on: str, tested_on: str) -> bool:
    """Say whether the tested corpus is among those trained on (with other speakers)."""
    return tested_on in trained_on.split("+")


def transfer_matrix(run: SavedRun, model: str) -> pd.DataFrame:
    """Return a model's UAR by training corpora (rows, single ones first) and tested corpus; NaN where not tried."""
    table = transfer_scores(run)
    tried = table.drop_duplicates(["trained_on", "tested_on"])
    rows = sorted(set(tried["trained_on"]), key=lambda name: (name.count("+"), name))
    cells = table[table["model"] == model].pivot(index="trained_on", columns="tested_on", values="uar")
    return cells.reindex(index=rows, columns=sorted(set(tried["tested_on"])))


def transfer_models(run: SavedRun) -> list[str]:
    """Return the models with a matrix, those that carry over best first; baselines only where there is nothing else."""
    models = list(dict.fromkeys(transfer_scores(run)["model"]))
    return [model for model in models if model not in BASELINES] or models


def _cells(run: SavedRun, split: str) -> Iterator[tuple[tuple[str, str, str], pd.DataFrame]]:
    """Yield the predictions of a split by model, training corpora and tested corpus."""
    fold = ["split", "repeat", "fold"]
    part = run.predictions[run.predictions["split"] == split].astype({"split": "str"})
    part = part.merge(run.audit[[*fold, "train_corpora", "test_corpora"]], on=fold)
    several = part["test_corpora"].str.contains("+", regex=False)
    # of a fold that tests several, a clip's own name says which is its
    tested = part["test_corpora"].where(~several, part["clip"].astype("str").str.split("/").str[0])
    for key, cell in part.groupby([part["model"].astype("str"), part["train_corpora"], tested], sort=False):
        model, trained_on, tested_on = map(str, key)
        yield (model, trained_on, tested_on), cell


def _scores(part: pd.DataFrame, classes: int) -> dict[str, object]:
    cell = tally_clips(part, classes)
    speakers, tallies = cell
    low, high = (
        map(float, statistics.interval(bootstrap_means(cell, {"uar": UAR})["uar"]))
        if len(speakers) > 1
        else (math.nan, math.nan)
    )
    uar = float(statistics.scores_of(tallies, {"uar": UAR.score})["uar"].mean())
    return {
        "uar": uar,
        "uar_low": low,
        "uar_high": high,
        "clips": part["clip"].nunique(),
        "speakers": len(speakers),
    }
