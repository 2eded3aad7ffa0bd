"""What well-known networks were trained or tuned on, by their names on the hub."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources

from ser_bench.features.pretraining import Pretraining


@dataclass(frozen=True)
class LedgerEntry:
    """Networks with the same training data and licence.

    Attributes
    ----------
    names : tuple of str
        Names on the hub, ``ORGANISATION/NAME``; a ``*`` at the end stands for any ending.
    pretraining : Pretraining
        The corpora of the training.
    licence : str
        Licence of the weights.
    note : str
        Why corpora are unknown, or where some come from; may be empty.
    """

    names: tuple[str, ...]
    pretraining: Pretraining
    licence: str
    note: str = ""


@cache
def entries() -> tuple[LedgerEntry, ...]:
    """Return every entry of the ledger, in the order of ``data/pretraining.json``.

    Returns
    -------
    tuple of LedgerEntry
    """
    text = resources.files("ser_bench").joinpath("data/pretraining.json").read_text(encoding="utf-8")
    return tuple(_entry(**facts) for facts in json.loads(text)["networks"])


def lookup(name: str) -> LedgerEntry | None:
    """Return what a well-known network was trained on.

    Parameters
    ----------
    name : str
        Name on the hub, in any case, such as ``microsoft/wavlm-base``.

    Returns
    -------
    LedgerEntry or None
        None for a network that the ledger does not have; networks derived from another one are not guessed.
    """
    lowered = name.casefold()
    matching = (e for e in entries() if any(fnmatchcase(lowered, pattern.casefold()) for pattern in e.names))
    return next(matching, None)


def _entry(
    names: list[str], corpora: list[str] | None, licence: str, source: str, note: str = "", *, complete: bool = True
) -> LedgerEntry:
    stated = None if corpora is None else tuple(corpora)
    return LedgerEntry(tuple(names), Pretraining(corpora=stated, complete=complete, source=source), licence, note)
