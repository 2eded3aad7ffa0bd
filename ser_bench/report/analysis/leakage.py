"""What each split's training and test clips share, for a reader: the audit in numbers and words."""

from __future__ import annotations

import pandas as pd

from ser_bench.runs.results import SavedRun


def leakage_by_split(run: SavedRun) -> pd.DataFrame:
    """Return a row per split: shares (0 to 1) of test clips with known speakers and sentences, and counts of copies.

    Columns ``split``, ``folds``, ``train_clips`` and ``test_clips`` (means per fold), ``known_speakers``,
    ``known_texts`` (NaN where no sentence is known), ``identical`` and ``near_identical`` (test clips over
    all folds of one repeat, the mean of the repeats; NaN where no clip has audio).
    """
    rows = []
    for split in run.info.splits:
        part = run.audit[run.audit["split"] == split]
        if part.empty:
            continue
        tested, repeats = part["test_clips"].sum(), part["repeat"].nunique()
        rows.append(
            {
                "split": split,
                "folds": int(part["fold"].nunique()),
                "train_clips": part["train_clips"].mean(),
                "test_clips": part["test_clips"].mean(),
                "known_speakers": part["test_clips_of_known_speakers"].sum() / tested,
                "known_texts": part["test_clips_of_known_texts"].sum() / tested
                if part["test_texts"].any()
                else float("nan"),
                "identical": part["identical_clips"].sum() / repeats,
                "near_identical": part["near_identical_clips"].astype("float64").sum(skipna=False) / repeats,
            }
        )
    return pd.DataFrame(rows)
