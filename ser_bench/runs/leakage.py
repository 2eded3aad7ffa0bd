"""The leakage audit: what the training and test clips of each fold share, counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ser_bench.audio.fingerprint import near_duplicates
from ser_bench.runs.results import tables

if TYPE_CHECKING:
    from ser_bench.runs.plan import PlannedFit
    from ser_bench.splits import Fold

_SHARED = ("speaker", "text", "key", "corpus")


def leakage_rows(planned: Sequence[PlannedFit], clips: pd.DataFrame) -> pd.DataFrame:
    """Return ``audit.csv``: a row per fold. ``clips`` is indexed by clip and has ``length`` and ``fingerprint``.

    Near-identical clips are not counted (missing) where no clip has sound, as in a table of features.

    Sentences that are not known (empty) are shared by nobody. Clips with identical samples were left
    out before; those with the bytes of one file would be counted here.
    """
    table = _Clips(clips)
    folds = {(fit.split, fit.repeat, fit.fold_number): fit.fold for fit in planned}
    rows = [
        {"split": split, "repeat": repeat, "fold": number} | table.shared(fold)
        for (split, repeat, number), fold in folds.items()
    ]
    return pd.DataFrame(rows, columns=list(tables.AUDIT.columns))


def _near_twins(clips: pd.DataFrame) -> dict[str, set[str]]:
    """Return for each clip that has any its near-identical ones."""
    twins: dict[str, set[str]] = {}
    names = clips.index.to_numpy(dtype=str)
    for i, j in near_duplicates(clips["length"].to_numpy(), clips["fingerprint"].tolist()):
        twins.setdefault(names[i], set()).add(names[j])
        twins.setdefault(names[j], set()).add(names[i])
    return twins


class _Clips:
    """The clips of all folds; what they may share as numbers, so that a fold of many thousand takes no time."""

    def __init__(self, clips: pd.DataFrame) -> None:
        self.rows = {clip: row for row, clip in enumerate(clips.index)}
        self.values = {name: pd.factorize(clips[name].to_numpy(dtype=str)) for name in _SHARED}
        self.twins = _near_twins(clips) if clips["length"].any() else None

    def shared(self, fold: Fold) -> dict[str, int | str | None]:
        """Return a row of the audit without the fold's name."""
        train, test = ([self.rows[clip] for clip in part] for part in (fold.train, fold.test))
        trained, tested = ({name: self._found(name, rows) for name in _SHARED} for rows in (train, test))
        known = {name: int(trained[name][self.values[name][0][test]].sum()) for name in _SHARED}
        both = {name: int((trained[name] & tested[name]).sum()) for name in _SHARED}
        return {
            "train_clips": len(train),
            "test_clips": len(test),
            "train_speakers": int(trained["speaker"].sum()),
            "test_speakers": int(tested["speaker"].sum()),
            "shared_speakers": both["speaker"],
            "test_clips_of_known_speakers": known["speaker"],
            "test_texts": int(tested["text"].sum()),
            "shared_texts": both["text"],
            "test_clips_of_known_texts": known["text"],
            "identical_clips": known["key"],
            "near_identical_clips": self._near_identical(fold),
            "train_corpora": self._named("corpus", trained),
            "test_corpora": self._named("corpus", tested),
        }

    def _found(self, name: str, rows: Sequence[int]) -> np.ndarray:
        """Say of each value that clips have whether these clips have it; an empty sentence is none."""
        codes, labels = self.values[name]
        found = np.zeros(len(labels), dtype=bool)
        found[codes[rows]] = True
        return found & (labels != "") if name == "text" else found

    def _named(self, name: str, found: dict[str, np.ndarray]) -> str:
        return "+".join(sorted(self.values[name][1][found[name]]))

    def _near_identical(self, fold: Fold) -> int | None:
        if self.twins is None:
            return None
        trained = set(fold.train) if self.twins else set()
        return sum(not trained.isdisjoint(self.twins.get(clip, ())) for clip in fold.test)
