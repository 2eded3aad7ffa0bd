"""Train on one corpus, test on another: UAR by training corpora and tested corpus, on new speakers only."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.intervals import per_draw, tallied
from ser_bench.report.analysis.scores import BASELINES, once_per_run, shortfalls
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

COLUMNS = ("model", "trained_on", "tested_on", "split", "uar", "uar_low", "uar_high", "clips", "speakers")


def tested_across(run: SavedRun) -> bool:
    """Say whether a run has several corpora, some tested apart from others."""
    return run.audit["train_corpora"].nunique() > 1 or run.audit["test_corpora"].nunique() > 1


@once_per_run
def transfer(run: SavedRun) -> pd.DataFrame:
    """Return ``transfer.csv``: a row per model, training corpora and tested corpus.

    Columns :data:`COLUMNS`; several training corpora are joined with ``+``. ``uar`` is pooled over the folds of
    a repeat and averaged over repeats, with a 95 % interval by a bootstrap over speakers (NaN for one speaker).
    Only splits that test new speakers count; where two of them give the same cell, the run's first does. A model
    with a missing fold has no row of that split. Models that carry over best come first.
    """
    if not tested_across(run):
        return pd.DataFrame(columns=list(COLUMNS))
    shared = run.audit.groupby("split")["shared_speakers"].sum()
    apart = [split for split in run.info["splits"] if shared.get(split) == 0]
    notes = shortfalls(run)
    rows: dict[tuple[str, str, str], dict[str, object]] = {}
    for split in apart:
        for (model, trained, tested), part in _cells(run, split):
            if (model, trained, tested) not in rows and notes[model, split] == "":
                head = {"model": model, "trained_on": trained, "tested_on": tested, "split": split}
                rows[model, trained, tested] = head | _scores(part, len(run.labels))
    table = pd.DataFrame(list(rows.values()), columns=list(COLUMNS))
    abroad = [not at_home(row.trained_on, row.tested_on) for row in table.itertuples()]
    carried = table["model"].map(table[abroad].groupby("model")["uar"].mean())
    order = [-carried, table["trained_on"].str.count(r"\+"), table["trained_on"], table["tested_on"]]
    return table.iloc[np.lexsort(order[::-1])].reset_index(drop=True)


def at_home(trained_on: str, tested_on: str) -> bool:
    """Say whether the tested corpus is among those trained on (with other speakers)."""
    return tested_on in trained_on.split("+")


def matrix(run: SavedRun, model: str) -> pd.DataFrame:
    """Return a model's UAR by training corpora (rows, single ones first) and tested corpus; NaN where not tried."""
    table = transfer(run)
    tried = table.drop_duplicates(["trained_on", "tested_on"])
    rows = sorted(set(tried["trained_on"]), key=lambda name: (name.count("+"), name))
    cells = table[table["model"] == model].pivot(index="trained_on", columns="tested_on", values="uar")
    return cells.reindex(index=rows, columns=sorted(set(tried["tested_on"])))


def learners(run: SavedRun) -> list[str]:
    """Return the models with a matrix, those that carry over best first; baselines only where there is nothing else."""
    models = list(dict.fromkeys(transfer(run)["model"]))
    return [model for model in models if model not in BASELINES] or models


def finding(run: SavedRun) -> str:
    """Say how far the best learner's UAR falls from its own corpora to others; empty where either was not tried."""
    table = transfer(run)
    table = table[~table["model"].isin(BASELINES) & ~table["trained_on"].str.contains("+", regex=False)]
    home = (table["trained_on"] == table["tested_on"]).to_numpy()
    own, other = (table[chosen].groupby("model")["uar"].mean() for chosen in (home, ~home))
    if own.empty or other.empty:
        return ""
    model = str(own.idxmax())
    return (
        f"trained on one corpus, {model} has {percent(own[model])} % UAR on new speakers of the same "
        f"and {percent(other[model])} % on those of another"
    )


def cells_of(run: SavedRun) -> dict[str, list[str]]:
    """Return the table for readers: a row per training corpora and tested corpus, UAR in percent per learner."""
    models = learners(run)
    if not models:
        return {}
    matrices = {model: matrix(run, model).stack() for model in models}
    places = list(dict.fromkeys(place for cells in matrices.values() for place in cells.index))
    return {
        "trained on": [trained for trained, _ in places],
        "tested on": [tested for _, tested in places],
        **{model: [percent(cells.get(place, float("nan"))) for place in places] for model, cells in matrices.items()},
    }


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
    cell = tallied(part, classes)
    speakers, tallies = cell
    low, high = map(float, statistics.interval(per_draw(cell)["uar"])) if len(speakers) > 1 else (math.nan, math.nan)
    uar = float(statistics.scores_of(tallies)["uar"].mean())
    return {
        "uar": uar,
        "uar_low": low,
        "uar_high": high,
        "clips": part["clip"].nunique(),
        "speakers": len(speakers),
    }
