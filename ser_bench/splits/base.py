"""What a split is: a name, and a function from a clip table to the masks of its folds."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Masks = list[tuple["np.ndarray", "np.ndarray"]]
"""Per fold which clips train and which test, two boolean arrays over the clip table."""


@dataclass(frozen=True)
class Fold:
    """Clip keys that train and clip keys that test; the two never share a clip."""

    train: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Draw:
    """What a split is asked for: the number of folds, the seed and the repeat."""

    folds: int = 6
    seed: int = 0
    repeat: int = 0

    def generator(self, *words: object) -> np.random.RandomState:
        """Return a generator that depends on the seed and on ``words`` alone."""
        import numpy as np

        return np.random.RandomState([self.seed % 2**32, zlib.crc32(repr(words).encode())])


@dataclass(frozen=True, kw_only=True)
class Split:
    """A named split: ``assign(clips, draw)`` returns one ``(train, test)`` pair of boolean masks per fold.

    Where ``speakers_apart``, no speaker is on both sides of a fold.
    """

    name: str
    summary: str
    assign: Callable[[pd.DataFrame, Draw], Masks]
    speakers_apart: bool = True
    needs: str = ""
    folds: str = ""
    """The number of folds, in words."""


def complementary(groups: np.ndarray) -> Masks:
    """Return the masks that test each group of clips once; ``groups`` are fold numbers, one a clip."""
    return [(groups != fold, groups == fold) for fold in sorted(set(groups.tolist()))]
