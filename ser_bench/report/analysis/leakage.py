"""Leakage by split: what the training and test clips of its folds share."""

from __future__ import annotations

import pandas as pd

from ser_bench.report.analysis.scores import cached_per_run
from ser_bench.runs.results import SavedRun


def leakage_by_split(run: SavedRun) -> pd.DataFrame:
    """Return what training and test clips share, a row per split.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        ``split``, ``folds``; ``train_clips`` and ``test_clips``, means per fold; ``known_speakers`` and
        ``known_texts``, the shares of test clips whose speaker or sentence is in training (NaN in a corpus without
        sentences); ``identical`` and ``near_identical``, the test clips of one repeat with a copy in training (NaN
        without audio).
    """
    rows = []
    for split in run.info.splits:
        part = run.audit[run.audit["split"] == split]
        if part.empty:
            continue
        tested, repeats = part["test_clips"].sum(), part["repeat"].nunique()
        known_texts = part["test_clips_of_known_texts"].sum() / tested if part["test_texts"].any() else float("nan")
        rows.append(
            {
                "split": split,
                "folds": int(part["fold"].nunique()),
                "train_clips": part["train_clips"].mean(),
                "test_clips": part["test_clips"].mean(),
                "known_speakers": part["test_clips_of_known_speakers"].sum() / tested,
                "known_texts": known_texts,
                "identical": part["identical_clips"].sum() / repeats,
                "near_identical": part["near_identical_clips"].astype("float64").sum(skipna=False) / repeats,
            }
        )
    return pd.DataFrame(rows)


@cached_per_run
def training_speakers(run: SavedRun) -> pd.DataFrame:
    """Return the speakers that the weights of each model were trained on.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame, index (split, model)
        ``fits``, the number of finished ones; ``speakers``, mean per fold, without those held out for early stopping;
        ``known_voices``, the share of test clips whose speaker is one of them. NaN where a model does not state what it
        held out, or has no fit.
    """
    done = run.fits[run.fits["status"] == "ok"]
    columns = ["trained_speakers", "trained_voices", "n_test"]
    sums = (
        done[columns].astype("float64").groupby([done["split"], done["model"]]).agg(lambda part: part.sum(skipna=False))
    )
    sizes = done.groupby(["split", "model"]).size()
    table = pd.DataFrame(
        {
            "fits": sizes,
            "speakers": sums["trained_speakers"] / sizes,
            "known_voices": sums["trained_voices"] / sums["n_test"],
        }
    )
    order = [(split, model) for split in run.info.splits for model in run.info.models]
    return table.reindex(pd.MultiIndex.from_tuples(order, names=["split", "model"]))
