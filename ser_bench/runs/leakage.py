"""The leakage audit: how many speakers, sentences, takes and copies the training and test clips of each fold share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ser_bench.runs.results import tables
from ser_bench.splits.takes import NEAR_IDENTICAL, copies_known, takes_known, unknown_sentences, unknown_speakers

if TYPE_CHECKING:
    from ser_bench.runs.plan import PlannedFit
    from ser_bench.splits import Fold

_COLUMNS = ("speaker", "text", "take", "key", "corpus", "label")


def leakage_rows(planned: Sequence[PlannedFit], clips: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``audit.csv``: one per fold.

    Counts are missing where they are unknown: those of sentences where no sentence is known, those of speakers where a
    speaker is not, that of near-identical clips without audio, and that of repeated takes where neither is known.
    A sentence of the test counts as known from training only where it certainly is. Clips with identical samples were
    dropped before; ``identical_clips`` counts those left with equal files.

    Parameters
    ----------
    planned : sequence of PlannedFit
        The fits; folds are those of their splits and repeats.
    clips : pandas.DataFrame
        The usable clips, indexed by clip, with ``label``, ``key``, ``take`` and, of audio,
        ``near_identical``.

    Returns
    -------
    pandas.DataFrame
    """
    counter = _SharedClips(clips)
    folds = {(fit.split, fit.repeat, fit.fold_number): fit.fold for fit in planned}
    rows = [
        {"split": split, "repeat": repeat, "fold": number, **counter.count(fold)}
        for (split, repeat, number), fold in folds.items()
    ]
    return pd.DataFrame(rows, columns=list(tables.AUDIT.columns))


def _near_identical(clips: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the near-identical clips of each clip that has any."""
    return {clip: copies for clip, copies in zip(clips.index, clips[NEAR_IDENTICAL], strict=True) if copies}


class _SharedClips:
    """Counts what folds share; columns are encoded as integers once, so that large folds are fast."""

    def __init__(self, clips: pd.DataFrame) -> None:
        self._rows = {clip: row for row, clip in enumerate(clips.index)}
        self._codes: dict[str, np.ndarray] = {}
        self._values: dict[str, np.ndarray] = {}
        for name in _COLUMNS:
            self._codes[name], self._values[name] = pd.factorize(clips[name].to_numpy(dtype=str))
        self._takes_known = takes_known(clips)
        self._unknown_texts = unknown_sentences(clips)
        self._speakers_known = not unknown_speakers(clips).any()
        self._near = _near_identical(clips) if copies_known(clips) else None

    def count(self, fold: Fold) -> dict[str, int | str | None]:
        """Return a row of the audit without the name of the fold."""
        train, test = ([self._rows[clip] for clip in clips] for clips in (fold.train, fold.test))
        in_train, in_test = ({name: self._present(name, rows) for name in _COLUMNS} for rows in (train, test))
        known_clips = {name: int(in_train[name][self._codes[name][test]].sum()) for name in _COLUMNS}
        untrained = self._values["label"][in_test["label"] & ~in_train["label"]].tolist()
        return {
            "train_clips": len(train),
            "test_clips": len(test),
            **self._count_speakers(in_train["speaker"], in_test["speaker"], known_clips["speaker"]),
            **self._count_texts(in_train["text"], in_test["text"], train, test),
            "test_clips_of_known_takes": known_clips["take"] if self._takes_known else None,
            "identical_clips": known_clips["key"],
            "near_identical_clips": self._count_near_identical(fold),
            "train_corpora": "+".join(sorted(self._values["corpus"][in_train["corpus"]])),
            "test_corpora": "+".join(sorted(self._values["corpus"][in_test["corpus"]])),
            "untrained_classes": json.dumps(untrained, ensure_ascii=False) if untrained else "",
        }

    def _count_speakers(self, train: np.ndarray, test: np.ndarray, known_clips: int) -> dict[str, int | None]:
        """Return the counts of speakers, missing where some are unknown."""
        counts = {
            "train_speakers": int(train.sum()),
            "test_speakers": int(test.sum()),
            "shared_speakers": int((train & test).sum()),
            "test_clips_of_known_speakers": known_clips,
        }
        return {name: count if self._speakers_known else None for name, count in counts.items()}

    def _count_texts(
        self, in_train: np.ndarray, in_test: np.ndarray, train: Sequence[int], test: Sequence[int]
    ) -> dict[str, int | None]:
        """Return the counts of sentences, missing where none is known."""
        heard = in_train[self._codes["text"][test]]
        unknown = self._unknown_texts[test]
        uncertain = ~heard if self._unknown_texts[train].any() else unknown
        counts = {
            "test_texts": int(in_test.sum()),
            "shared_texts": int((in_train & in_test).sum()),
            "test_clips_of_known_texts": int(heard.sum()),
        }
        known = not self._unknown_texts.all()
        return {
            **{name: count if known else None for name, count in counts.items()},
            "test_clips_of_uncertain_texts": int(uncertain.sum()),
        }

    def _present(self, name: str, rows: Sequence[int]) -> np.ndarray:
        """Return for each value of a column whether the rows have it; an unknown sentence counts as absent."""
        present = np.zeros(len(self._values[name]), dtype=bool)
        present[self._codes[name][rows]] = True
        return np.asarray(present & (self._values[name] != "")) if name == "text" else present

    def _count_near_identical(self, fold: Fold) -> int | None:
        if self._near is None:
            return None
        train = set(fold.train) if self._near else set()
        return sum(not train.isdisjoint(self._near.get(clip, ())) for clip in fold.test)
