"""Named splits: which clips train and which test, fold by fold, as clip keys.

A split is a function of the clip table (labels, speakers, sentences and corpora), the seed and the repeat. Random
numbers come from NumPy's legacy generator, whose stream does not change between releases, so the same seed gives the
same folds with every NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.core.errors import UnknownNameError
from ser_bench.core.registry import definitions
from ser_bench.splits import across, sentences, shuffled, speakers
from ser_bench.splits.across import PREFIX, to_corpus
from ser_bench.splits.base import DEFAULT_FOLDS, Fold, FoldSettings, Split
from ser_bench.splits.checks import check_masks, check_speakers
from ser_bench.splits.shuffled import RANDOM_TAKES
from ser_bench.splits.takes import repeated, take_numbers, takes_of, unknown_speakers

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DEFAULT_FOLDS",
    "PREFIX",
    "RANDOM_TAKES",
    "SPLITS",
    "Fold",
    "FoldSettings",
    "Split",
    "default_folds",
    "default_splits",
    "get",
    "make_folds",
    "take_numbers",
]

SPLITS: dict[str, Split] = definitions((speakers, shuffled, sentences, across), Split)
"""Every split that a module of this folder defines, by name; ``cross:CORPUS`` exists for every corpus besides."""


def make_folds(name: str, clips: pd.DataFrame, settings: FoldSettings | None = None) -> tuple[Fold, ...]:
    """Divide the clips of a table into the folds of a split.

    Parameters
    ----------
    name : str
        A name in :data:`SPLITS`, or ``cross:`` and a label in the column ``corpus``.
    clips : DataFrame
        With columns ``clip``, ``corpus``, ``speaker``, ``gender``, ``text`` and ``label``, in any order of rows;
        ``emotion``, ``intensity`` and ``take`` (else :func:`take_numbers`) if known.
    settings : FoldSettings, optional
        Number of folds, seed and repeat.

    Returns
    -------
    tuple of Fold

    Raises
    ------
    UnknownNameError
        For an unknown split.
    SplitError
        If the clips do not allow the split (too few or unknown speakers, a single sentence, one training class), or
        the split breaks a promise: :func:`~ser_bench.splits.checks.check_masks`.
    """
    split = get(name)
    clips = clips.sort_values("clip", ignore_index=True)
    keys = clips["clip"].to_numpy()
    check_speakers(split, clips)
    masks = split.masks(clips, settings or FoldSettings())
    check_masks(split, clips, masks)
    return tuple(Fold(tuple(keys[train]), tuple(keys[test])) for train, test in masks)


def default_splits(clips: pd.DataFrame) -> tuple[str, ...]:
    """Return the names of the splits of a run that names none.

    Parameters
    ----------
    clips : DataFrame
        As for :func:`make_folds`.

    Returns
    -------
    tuple of str
        ``actor`` and ``random``; ``random-takes`` in between where some clip has another take. Without ``actor`` where
        a speaker is unknown.
    """
    names = ("actor", RANDOM_TAKES.name, "random") if repeated(takes_of(clips)).any() else ("actor", "random")
    return names[1:] if unknown_speakers(clips).any() else names


def default_folds(clips: pd.DataFrame) -> int:
    """Return the number of folds of a run that names none.

    Parameters
    ----------
    clips : DataFrame
        As for :func:`make_folds`.

    Returns
    -------
    int
        :data:`DEFAULT_FOLDS`, or the number of speakers where there are two or more but fewer.
    """
    speakers = clips["speaker"].nunique()
    return min(DEFAULT_FOLDS, speakers) if speakers >= 2 else DEFAULT_FOLDS


def get(name: str) -> Split:
    """Return a registered split, or ``cross:CORPUS`` for any corpus.

    Parameters
    ----------
    name : str
        The split's name.

    Returns
    -------
    Split

    Raises
    ------
    UnknownNameError
        For any other name; the message suggests the nearest.
    """
    if name.startswith(PREFIX) and name != PREFIX:
        return to_corpus(name)
    if name not in SPLITS:
        raise UnknownNameError("split", name, [*SPLITS, "cross:CORPUS"])
    return SPLITS[name]
