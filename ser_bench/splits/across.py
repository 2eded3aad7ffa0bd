"""Splits over several corpora. A speaker of a test corpus who is in other corpora, too, never trains."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ser_bench.core.errors import SplitError
from ser_bench.splits.base import FoldSettings, Masks, Split, cross_validation
from ser_bench.splits.speakers import speaker_folds

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

PREFIX = "cross:"
"""Prefix of the names of splits that test one corpus."""

_NEEDS = "several corpora"


def to_corpus(name: str) -> Split:
    """Return the split ``cross:CORPUS``, which trains on all other corpora and tests that one.

    Parameters
    ----------
    name : str
        ``cross:`` and the label of a corpus in the clip table.

    Returns
    -------
    Split
    """
    corpus = name.removeprefix(PREFIX)
    return Split(
        name=name,
        summary=f"trained on the other corpora, tested on {corpus}",
        masks=partial(_to_corpus, corpus=corpus),
        needs=_NEEDS,
        folds="1",
    )


def _to_corpus(clips: pd.DataFrame, settings: FoldSettings, *, corpus: str) -> Masks:
    labels = _corpora(clips, f"{PREFIX}{corpus}")
    if corpus not in labels:
        raise SplitError(f"split {PREFIX}{corpus}: finds no clip of {corpus}; the corpora are {_listed(labels)}")
    return _without_tested_speakers(clips, [(labels != corpus, labels == corpus)], f"{PREFIX}{corpus}")


def _cross(clips: pd.DataFrame, settings: FoldSettings) -> Masks:
    labels = _corpora(clips, "cross")
    names = sorted(set(labels))
    folds = [(labels == train, labels == test) for train in names for test in names if train != test]
    return _without_tested_speakers(clips, folds, "cross")


def _loco(clips: pd.DataFrame, settings: FoldSettings) -> Masks:
    return _without_tested_speakers(clips, cross_validation(_corpora(clips, "loco")), "loco")


def _without_tested_speakers(clips: pd.DataFrame, folds: Masks, name: str) -> Masks:
    """Remove the clips of test speakers from training: several corpora may share a person."""
    import numpy as np

    speakers = clips["speaker"].to_numpy(dtype=str)
    folds = [(train & ~np.isin(speakers, np.unique(speakers[test])), test) for train, test in folds]
    if not all(train.any() for train, _ in folds):
        raise SplitError(f"split {name}: every speaker of a training corpus is in the tested corpus, too")
    return folds


def _within(clips: pd.DataFrame, settings: FoldSettings) -> Masks:
    import numpy as np

    labels = _corpora(clips, "within")
    folds: Masks = []
    for corpus in sorted(set(labels)):
        own = np.flatnonzero(labels == corpus)
        for train, test in cross_validation(_folds_within(clips.iloc[own], corpus, settings)):
            folds.append((np.isin(np.arange(len(labels)), own[train]), np.isin(np.arange(len(labels)), own[test])))
    return folds


def _folds_within(clips: pd.DataFrame, corpus: str, settings: FoldSettings) -> npt.NDArray[np.int64]:
    """Return the fold that tests each clip of a corpus: one per speaker where there are fewer speakers than folds."""
    speakers = clips["speaker"].nunique()
    if speakers < 2:
        raise SplitError(f"split within: needs two speakers in every corpus, {corpus} has {speakers}")
    return speaker_folds(clips, FoldSettings(min(settings.folds, speakers), settings.seed, settings.repeat), "within")


def _corpora(clips: pd.DataFrame, name: str) -> npt.NDArray[np.str_]:
    """Return the corpus of each clip; raises SplitError where there is only one."""
    labels: npt.NDArray[np.str_] = clips["corpus"].to_numpy(dtype=str)
    if len(set(labels)) < 2:
        raise SplitError(
            f"split {name}: needs several corpora, here is only {_listed(labels)}\n"
            "name them with --corpus, such as --corpus ravdess,emodb"
        )
    return labels


def _listed(labels: npt.NDArray[np.str_]) -> str:
    return ", ".join(sorted(set(labels)))


WITHIN = Split(
    name="within",
    summary="each corpus by itself, K folds of whole speakers",
    condition="new speakers of the same corpus",
    colour="#4fa3d1",
    masks=_within,
    redrawn=True,
    needs=_NEEDS,
    folds="as many as --folds (default 6) per corpus",
)
CROSS = Split(
    name="cross",
    summary="trained on one corpus, tested on another, every pair",
    condition="another corpus",
    colour="#6a3d9a",
    masks=_cross,
    needs=_NEEDS,
    tests_again=True,
    folds="one per ordered pair of corpora",
)
LOCO = Split(
    name="loco",
    summary="one corpus held out at a time, trained on all others",
    condition="a corpus, trained on all others",
    colour="#a678c9",
    masks=_loco,
    needs=_NEEDS,
    folds="one per corpus",
)
