"""What the network behind a feature set was trained on, and whether it has heard a corpus."""

from __future__ import annotations

import re
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
        Empty for a network that was trained on no recordings.
    source : str
        Where this is stated.
    """

    corpora: tuple[str, ...] | None = None
    source: str = ""

    def exposure(self, *names: str, known: bool) -> Exposure:
        """Return whether the network has heard a corpus.

        Parameters
        ----------
        *names : str
            The names of the corpus. Case, spaces and punctuation do not count: ``CREMA-D`` is ``cremad``.
        known : bool
            Whether ser-bench knows the corpus. The recordings of a user's own corpus may be part of a training corpus
            under another name, so that a list of training corpora without it proves nothing.

        Returns
        -------
        {'no', 'unknown', 'heard'}
        """
        if self.corpora is None:
            return "unknown"
        if {_plain(name) for name in names} & {_plain(name) for name in self.corpora}:
            return "heard"
        return "no" if known or not self.corpora else "unknown"


def _plain(name: str) -> str:
    """Return a name without case, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", name.casefold())


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
