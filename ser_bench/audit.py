"""The leakage audit: what the training and test clips of each fold share, counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ser_bench import tables
from ser_bench.prints import near_identical

if TYPE_CHECKING:
    from ser_bench.plan import PlannedFit
    from ser_bench.splits import Fold


def audit_rows(planned: Sequence[PlannedFit], clips: pd.DataFrame) -> pd.DataFrame:
    """Return ``audit.csv``: a row per fold. ``clips`` is indexed by clip and has ``length`` and ``print``.

    Near-identical clips are not counted (missing) where no clip has sound, as in a table of features.

    Sentences that are not known (empty) are shared by nobody. Clips with identical samples were left
    out before; those with the bytes of one file would be counted here.
    """
    twins = _near_twins(clips) if clips["length"].any() else None
    folds = {(fit.split, fit.repeat, fit.number): fit.fold for fit in planned}
    rows = [
        {"split": split, "repeat": repeat, "fold": number} | _shared(fold, clips, twins)
        for (split, repeat, number), fold in folds.items()
    ]
    return pd.DataFrame(rows, columns=list(tables.AUDIT.columns))


def _near_twins(clips: pd.DataFrame) -> dict[str, set[str]]:
    """Return for each clip that has any its near-identical ones."""
    twins: dict[str, set[str]] = {}
    names = clips.index.to_numpy(dtype=str)
    for i, j in near_identical(clips["length"].to_numpy(), clips["print"].tolist()):
        twins.setdefault(names[i], set()).add(names[j])
        twins.setdefault(names[j], set()).add(names[i])
    return twins


def _shared(fold: Fold, clips: pd.DataFrame, twins: dict[str, set[str]] | None) -> dict[str, int | str | None]:
    train, test = clips.loc[list(fold.train)], clips.loc[list(fold.test)]
    trained = set(fold.train)
    speakers, texts = set(train["speaker"]), set(train["text"]) - {""}
    return {
        "train_clips": len(train),
        "test_clips": len(test),
        "train_speakers": len(speakers),
        "test_speakers": test["speaker"].nunique(),
        "shared_speakers": len(speakers & set(test["speaker"])),
        "test_clips_of_known_speakers": int(np.sum(test["speaker"].isin(speakers))),
        "test_texts": len(set(test["text"]) - {""}),
        "shared_texts": len(texts & set(test["text"])),
        "test_clips_of_known_texts": int(np.sum(test["text"].isin(texts))),
        "identical_clips": int(np.sum(test["key"].isin(set(train["key"])))),
        "near_identical_clips": None if twins is None else sum(bool(twins.get(c, set()) & trained) for c in fold.test),
        "train_corpora": "+".join(sorted(set(train["corpus"]))),
        "test_corpora": "+".join(sorted(set(test["corpus"]))),
    }
