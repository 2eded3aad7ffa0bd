"""What the network behind a feature set was trained on, and whether it has heard a corpus."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Exposure = Literal["no", "unknown", "heard"]
"""Whether a network was trained or tuned on a corpus; from the least to the most serious."""

EXPOSURES: tuple[Exposure, ...] = ("no", "unknown", "heard")


@dataclass(frozen=True, kw_only=True)
class Pretraining:
    """What a network was trained or tuned on, labels or not.

    Parameters
    ----------
    corpora : tuple of str or None
        Every corpus of its training, by the names of ser-bench where it knows them; None if this is unknown.
    source : str
        Where this is stated.
    """

    corpora: tuple[str, ...] | None = None
    source: str = ""

    def exposure(self, corpus: str, *, known: bool) -> Exposure:
        """Return whether the network has heard a corpus.

        Parameters
        ----------
        corpus : str
            Name of the corpus.
        known : bool
            Whether ser-bench knows the corpus by that name. The recordings of a user's own corpus may be part of a
            training corpus under another name.

        Returns
        -------
        {'no', 'unknown', 'heard'}
        """
        if self.corpora is not None and corpus in self.corpora:
            return "heard"
        return "no" if self.corpora is not None and known else "unknown"


def worst(exposures: Iterable[Exposure]) -> Exposure:
    """Return the most serious exposure.

    Parameters
    ----------
    exposures : iterable of {'no', 'unknown', 'heard'}
        The exposures.

    Returns
    -------
    {'no', 'unknown', 'heard'}
        ``no`` without any.
    """
    return max(exposures, key=EXPOSURES.index, default="no")
