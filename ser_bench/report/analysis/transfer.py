"""Scores of models that were trained on some corpora and tested on new speakers of the same or another corpus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ser_bench.metrics import UAR
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.exposure import exposure
from ser_bench.report.analysis.intervals import (
    MIN_SPEAKERS,
    each_speakers_scores,
    scores_with_intervals,
    tally_clips,
    uar_difference,
)
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.scores import missing_folds
from ser_bench.runs.results import SavedRun

COLUMNS = ("model", "trained_on", "tested_on", "split", "uar", "uar_low", "uar_high", "clips", "speakers", "by_speaker")
"""The columns of ``transfer.csv``."""


@cached_per_run
def transfer_scores(run: SavedRun) -> pd.DataFrame:
    """Return UAR per model, training corpora and tested corpus, the table of ``transfer.csv``.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`; ``+`` joins training corpora. ``uar`` is pooled over folds and averaged over repeats;
        its interval is NaN for fewer than :data:`ser_bench.report.analysis.intervals.MIN_SPEAKERS` speakers, and
        ``by_speaker`` holds their scores, with blanks between them. Only splits that test new speakers count; of two
        with the same cell, the first one does. A model with a missing fold has no row. Models are in the order of
        :func:`~ser_bench.report.analysis.summary.summarise`. Empty where every fold trains on all corpora.
    """
    corpora = {name for column in ("train_corpora", "test_corpora") for name in "+".join(run.audit[column]).split("+")}
    if all(set(trained.split("+")) == corpora for trained in run.audit["train_corpora"].unique()):
        return pd.DataFrame(columns=list(COLUMNS))
    shared = run.audit.groupby("split")["shared_speakers"].sum()
    notes = missing_folds(run)
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for split in (split for split in run.info.splits if shared.get(split) == 0):
        for (model, trained, tested), part in _cells(run, split):
            if (model, trained, tested) not in rows and notes[model, split] == "":
                key = {"model": model, "trained_on": trained, "tested_on": tested, "split": split}
                rows[model, trained, tested] = key | _scores(part, len(run.labels))
    table = pd.DataFrame(list(rows.values()), columns=list(COLUMNS))
    ranks = {model: rank for rank, model in enumerate(all_models_ranked(run))}
    order = [table["model"].map(ranks), table["trained_on"].str.count(r"\+"), table["trained_on"], table["tested_on"]]
    return table.iloc[np.lexsort(order[::-1])].reset_index(drop=True)


def transfer_splits(run: SavedRun) -> tuple[list[str], list[str]]:
    """Return the splits that test new speakers of the single training corpus, and those that test other corpora.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    within, across : list of str
        In the order of the run's splits.
    """
    audit = run.audit
    new = audit["shared_speakers"].groupby(audit["split"]).sum() == 0
    same = audit["train_corpora"] == audit["test_corpora"]
    single = same & ~audit["train_corpora"].str.contains("+", regex=False)
    pairs = zip(audit["train_corpora"].str.split("+"), audit["test_corpora"].str.split("+"), strict=True)
    apart = pd.Series([not set(train) & set(test) for train, test in pairs], index=audit.index, dtype=bool)
    within, across = (flags.groupby(audit["split"]).all() & new for flags in (single, apart))
    if not across.any():
        return [], []
    return [s for s in run.info.splits if within.get(s, False)], [s for s in run.info.splits if across.get(s, False)]


def is_within_corpus(trained_on: str, tested_on: str) -> bool:
    """Return whether the tested corpus is one of the training corpora.

    Parameters
    ----------
    trained_on : str
        Names joined with ``+``.
    tested_on : str

    Returns
    -------
    bool
    """
    return tested_on in trained_on.split("+")


def transfer_matrix(run: SavedRun, model: str) -> pd.DataFrame:
    """Return a model's UAR by training corpora and tested corpus.

    Parameters
    ----------
    run : SavedRun
    model : str

    Returns
    -------
    DataFrame of float64, shape (training corpora, tested corpora)
        Single training corpora first; NaN for a pair that the run does not have.
    """
    table = transfer_scores(run)
    trained = sorted(set(table["trained_on"]), key=lambda name: (name.count("+"), name))
    cells = table[table["model"] == model].pivot(index="trained_on", columns="tested_on", values="uar")
    return cells.reindex(index=trained, columns=sorted(set(table["tested_on"])))


def transfer_models(run: SavedRun) -> list[str]:
    """Return the models with transfer scores.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        In the order of :func:`~ser_bench.report.analysis.summary.summarise`; baselines only if the run has no other
        model.
    """
    models = list(dict.fromkeys(transfer_scores(run)["model"]))
    return [model for model in models if model not in BASELINES] or models


def heard_elsewhere(run: SavedRun, model: str) -> bool:
    """Return whether the features of a model have heard a corpus of its transfer scores.

    Parameters
    ----------
    run : SavedRun
    model : str

    Returns
    -------
    bool
    """
    table = transfer_scores(run)
    splits = table.loc[table["model"] == model, "split"].unique()
    return any(exposure(run, model, split) == "heard" for split in splits)


@cached_per_run
def transfer_losses(run: SavedRun, model: str) -> pd.DataFrame:
    """Return how much lower a model's UAR is on a corpus when it was trained on other corpora.

    Parameters
    ----------
    run : SavedRun
    model : str

    Returns
    -------
    DataFrame
        ``trained_on``, ``tested_on``; ``loss``, the UAR on new speakers when trained on ``tested_on`` alone minus the
        UAR when trained on ``trained_on``, with its 95 % interval ``low`` and ``high`` from paired draws of speakers.
        A row per cell of :func:`transfer_scores` that has both.
    """
    split_of = transfer_scores(run).set_index(["model", "trained_on", "tested_on"])["split"].to_dict()
    cells = {
        (trained, tested): tally_clips(part, len(run.labels))
        for split in dict.fromkeys(split_of.values())
        for (name, trained, tested), part in _cells(run, split)
        if name == model and split_of.get((name, trained, tested)) == split
    }
    rows = [
        (trained, tested, *uar_difference(cells[tested, tested], cell))
        for (trained, tested), cell in cells.items()
        if not is_within_corpus(trained, tested) and (tested, tested) in cells
    ]
    return pd.DataFrame(rows, columns=["trained_on", "tested_on", "loss", "low", "high"])


def _cells(run: SavedRun, split: str) -> Iterator[tuple[tuple[str, str, str], pd.DataFrame]]:
    """Yield the predictions of a split by model, training corpora and tested corpus."""
    fold = ["split", "repeat", "fold"]
    part = run.predictions[run.predictions["split"] == split].astype({"split": "str"})
    part = part.merge(run.audit[[*fold, "train_corpora", "test_corpora"]], on=fold)
    several = part["test_corpora"].str.contains("+", regex=False)
    # A fold may test several corpora; the name of a clip starts with its corpus.
    tested = part["test_corpora"].where(~several, part["clip"].astype("str").str.split("/").str[0])
    for key, cell in part.groupby([part["model"].astype("str"), part["train_corpora"], tested], sort=False):
        model, trained_on, tested_on = map(str, key)
        yield (model, trained_on, tested_on), cell


def _scores(part: pd.DataFrame, classes: int) -> dict[str, Any]:
    """Return pooled UAR with its interval, and the counts of clips and speakers."""
    cell = tally_clips(part, classes)
    uar, low, high = scores_with_intervals(cell, {"uar": UAR})["uar"]
    few = each_speakers_scores(cell, {"uar": UAR})["uar"] if len(cell[0]) < MIN_SPEAKERS else ()
    return {
        "uar": uar,
        "uar_low": low,
        "uar_high": high,
        "clips": part["clip"].nunique(),
        "speakers": len(cell[0]),
        "by_speaker": " ".join(f"{score:.4f}" for score in few),
    }
