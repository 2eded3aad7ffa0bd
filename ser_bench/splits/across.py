"""Splits over several corpora: trained on some, tested on another. Their speakers differ, so all are new voices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench import corpora
from ser_bench.core.errors import SplitError
from ser_bench.splits.base import Draw, Masks, Split, complementary
from ser_bench.splits.speakers import speaker_folds

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

PREFIX = "cross:"
"""What the names of splits that test one corpus begin with."""


def to_corpus(name: str) -> Split:
    """Return the split ``cross:CORPUS``: train on every other corpus, test on that one."""
    corpus = corpora.corpus_label(name.removeprefix(PREFIX))  # a manifest's path stands for its corpus

    def assign(clips: pd.DataFrame, draw: Draw) -> Masks:
        of = _corpora(clips, name)
        if corpus not in of:
            raise SplitError(f"the split {name} finds no clip of {corpus}; the corpora are {_listed(of)}")
        return [(of != corpus, of == corpus)]

    return Split(
        name=name,
        summary=f"trained on the other corpora, tested on {corpus}",
        assign=assign,
        needs="several corpora",
        folds="1",
    )


def pairs(clips: pd.DataFrame, draw: Draw) -> Masks:
    """Train on each corpus and test on each other one: a fold per ordered pair."""
    of = _corpora(clips, "cross")
    names = sorted(set(of))
    return [(of == here, of == there) for here in names for there in names if here != there]


def held_out(clips: pd.DataFrame, draw: Draw) -> Masks:
    """Hold out one corpus at a time."""
    return complementary(_corpora(clips, "loco"))


def inside(clips: pd.DataFrame, draw: Draw) -> Masks:
    """Hold out whole speakers of each corpus in turn, trained on that corpus's other speakers."""
    of = _corpora(clips, "within")
    folds: Masks = []
    for corpus in sorted(set(of)):
        own = (of == corpus).nonzero()[0]
        fold_of = _speakers_of_one(clips.iloc[own], corpus, draw)
        folds += [(_mask(of, own[train]), _mask(of, own[test])) for train, test in complementary(fold_of)]
    return folds


def _speakers_of_one(clips: pd.DataFrame, corpus: str, draw: Draw) -> np.ndarray:
    """Return the fold of each clip; a corpus with fewer speakers than folds holds out one speaker at a time."""
    speakers = clips["speaker"].nunique()
    if speakers < 2:
        raise SplitError(f"the split within needs two speakers in every corpus, {corpus} has {speakers}")
    return speaker_folds(clips, Draw(min(draw.folds, speakers), draw.seed, draw.repeat), "within")


def _mask(like: np.ndarray, places: np.ndarray) -> np.ndarray:
    import numpy as np

    mask = np.zeros(len(like), dtype=bool)
    mask[places] = True
    return mask


def _corpora(clips: pd.DataFrame, name: str) -> np.ndarray:
    """Return the corpus of each clip; raises where there is only one."""
    of = clips["corpus"].to_numpy(dtype=str)
    if len(set(of)) < 2:
        raise SplitError(
            f"the split {name} needs several corpora, here is only {_listed(of)}\n"
            "name them with --corpus, such as --corpus ravdess,emodb"
        )
    return of


def _listed(of: np.ndarray) -> str:
    return ", ".join(sorted(set(of)))
