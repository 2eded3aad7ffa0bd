"""What a split is: a name, and a function from a clip table to the masks of its folds."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Mask = npt.NDArray[np.bool_]

Masks = list[tuple["Mask", "Mask"]]
"""Training and test mask of each fold, bool of shape ``(clips,)``."""


@dataclass(frozen=True)
class Fold:
    """Keys of the training and of the test clips of a fold.

    Parameters
    ----------
    train, test : tuple of str
        No clip is in both.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]


DEFAULT_FOLDS = 6
"""Number of folds where none is given and there are enough speakers."""


@dataclass(frozen=True)
class FoldSettings:
    """What the folds of a split depend on besides the clips.

    Parameters
    ----------
    folds : int
        Number of folds, for splits that have a choice.
    seed : int
        Seed of the random draws.
    repeat : int
        Number of the repeat, from 0; splits that are redrawn differ between repeats.
    """

    folds: int = DEFAULT_FOLDS
    seed: int = 0
    repeat: int = 0

    def generator(self, *purpose: object) -> np.random.RandomState:
        """Return a random generator.

        Parameters
        ----------
        *purpose
            Plain values; generators for different purposes are independent.

        Returns
        -------
        RandomState
            Depends on the seed and on ``purpose`` only.
        """
        import numpy as np

        return np.random.RandomState([self.seed % 2**32, zlib.crc32(repr(purpose).encode())])

    def repeat_generator(self, *purpose: object) -> np.random.RandomState:
        """Return a random generator that differs between repeats, and in the first one is :meth:`generator`.

        Parameters
        ----------
        *purpose
            Plain values.

        Returns
        -------
        RandomState
        """
        return self.generator(*purpose, *([self.repeat] if self.repeat else []))


@dataclass(frozen=True, kw_only=True)
class Split:
    """A named way to divide clips into training and test clips, fold by fold.

    Parameters
    ----------
    name, summary : str
        For options and listings.
    masks : callable
        ``masks(clips, settings)`` takes a clip table, sorted by clip, and :class:`FoldSettings`, and returns
        :data:`Masks`. It raises :class:`~ser_bench.core.errors.SplitError` where the clips do not allow the split.
    speaker_independent : bool
        Whether no speaker has clips in both training and test of a fold. Folds that contradict it are an error.
    tests_again : bool
        Whether several folds of a repeat may test the same clip.
    redrawn : bool
        Whether the folds of each repeat are drawn anew. Otherwise all repeats have the same folds and differ in the
        seeds of the models only.
    needs : str
        What the corpus must have; empty for nothing.
    folds : str
        Number of folds, in words.
    condition : str
        What the test clips are to the model, in a few words for legends: ``new speakers``.
    colour : str
        Colour on charts, hexadecimal RGB; empty for one by the name.
    """

    name: str
    summary: str
    masks: Callable[[pd.DataFrame, FoldSettings], Masks]
    speaker_independent: bool = True
    tests_again: bool = False
    redrawn: bool = False
    needs: str = ""
    folds: str = ""
    condition: str = ""
    colour: str = ""


def cross_validation(fold_of: npt.NDArray[Any]) -> Masks:
    """Return the masks of a cross-validation.

    Parameters
    ----------
    fold_of : ndarray of shape (clips,)
        The fold that tests each clip.

    Returns
    -------
    list of (train, test)
        Masks, bool of shape ``(clips,)``.
    """
    return [(fold_of != fold, fold_of == fold) for fold in sorted(set(fold_of.tolist()))]
