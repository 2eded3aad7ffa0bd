"""What the network behind a feature set was trained on, and whether it has heard a corpus."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Exposure = Literal["no", "unknown", "heard"]
"""Whether a network was trained or tuned on a corpus; from the least to the most serious."""

EXPOSURES: tuple[Exposure, ...] = ("no", "unknown", "heard")

_MOST_WORDS = 100
"""The most words of the name of a training corpus that are read."""

FEATURE_TABLE = "a feature table does not name the program that computed it"
"""The source of what the columns of a feature table have heard, which is unknown."""


@dataclass(frozen=True, kw_only=True)
class Pretraining:
    """What a network was trained or tuned on, labels or not.

    Parameters
    ----------
    corpora : tuple of str or None
        The corpora of its training, by the names of ser-bench where it knows them; None if they are unknown.
        Empty for a network that was trained on no recordings.
    complete : bool
        Whether ``corpora`` are all of them.
    source : str
        Where this is stated.
    unheard : tuple of str
        Corpora whose recordings are not in its training, under any name.

    Raises
    ------
    TypeError
        If ``corpora`` or ``unheard`` is a text.
    """

    corpora: tuple[str, ...] | None = None
    complete: bool = True
    source: str = ""
    unheard: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("corpora", "unheard"):
            value = getattr(self, name)
            if isinstance(value, str):  # its letters would pass for corpora
                raise TypeError(f'invalid {name} of Pretraining: expected a tuple of names, such as ("{value}",)')
            if value is not None:
                object.__setattr__(self, name, tuple(value))

    def exposure(self, *names: str, known: bool, phrases: Iterable[str] = ()) -> Exposure:
        """Return whether the network has heard a corpus.

        Parameters
        ----------
        *names : str
            The names of the corpus. Case, spaces and punctuation do not count: ``CREMA-D`` is ``cremad``.
        known : bool
            Whether ser-bench knows the corpus. The recordings of a user's own corpus may be part of a training corpus
            under another name, so that a list of training corpora without it proves nothing.
        phrases : iterable of str
            Words that mean the corpus also within the name of a training corpus, as in ``RAVDESS speech v1``.

        Returns
        -------
        {'no', 'unknown', 'heard'}
        """
        plain = set(map(_plain, names))
        listed = self.corpora or ()
        if plain & set(map(_plain, listed)) or any(_mentions(corpus, set(map(_plain, phrases))) for corpus in listed):
            return "heard"
        if plain <= set(map(_plain, self.unheard)):
            return "no"
        if self.corpora is None or not self.complete:
            return "unknown"
        return "no" if known or not self.corpora else "unknown"

    def with_statement(self, statement: Pretraining) -> Pretraining:
        """Return this description with what another one adds; it takes no training corpus away.

        Parameters
        ----------
        statement : Pretraining
            The statement of a user.

        Returns
        -------
        Pretraining
        """
        own, added = self.corpora or (), statement.corpora or ()
        unknown = self.corpora is None and statement.corpora is None
        sources = dict.fromkeys(("" if self.corpora is None else self.source, statement.source))
        return Pretraining(
            corpora=None if unknown else tuple(dict.fromkeys((*own, *added))),
            complete=statement.complete and (self.complete or statement.corpora is not None),
            source="; ".join(filter(None, sources)),
            unheard=tuple(dict.fromkeys((*self.unheard, *statement.unheard))),
        )


def _plain(name: str) -> str:
    """Return a name without case, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _mentions(listed: str, phrases: set[str]) -> bool:
    """Return whether some words of a name that follow each other are one of the phrases."""
    words = re.findall(r"[^\W_]+", listed.casefold())[:_MOST_WORDS]
    runs = ("".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1))
    return any(run in phrases for run in runs)


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
