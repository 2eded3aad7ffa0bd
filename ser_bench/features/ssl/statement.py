"""Training corpora and licence of a model: from the ledger, and from ``ser-bench.toml`` in its folder."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.core.toml_file import read_toml
from ser_bench.features.pretraining import Pretraining
from ser_bench.features.ssl.description import Network

FILE = "ser-bench.toml"

_KEYS = ("corpora", "complete", "unheard", "licence", "source")
_LONGEST = 500


@dataclass(frozen=True)
class Statement:
    """Training corpora and licence of a model.

    Attributes
    ----------
    pretraining : Pretraining
        The training corpora, unknown by default.
    licence : str
        The licence; empty if not stated.
    """

    pretraining: Pretraining = field(default_factory=Pretraining)
    licence: str = ""


def statement_of(network: Network) -> Statement:
    """Return what is stated about the training of a network.

    The name of a model on the hub proves its training, unless it names a pull request, which may hold any weights. The
    name of a folder, or an origin in config.json, proves none: its corpora count as heard, all others as unknown.

    Parameters
    ----------
    network : Network
        The model.

    Returns
    -------
    Statement
        What the ledger lists, with what ``ser-bench.toml`` adds.

    Raises
    ------
    ConfigError
        If ``ser-bench.toml`` is invalid.
    """
    listed, stated = _listed(network), read_statement(network.folder.path)
    if stated is None or listed is None:
        return stated or listed or Statement()
    return Statement(listed.pretraining.with_statement(stated.pretraining), stated.licence or listed.licence)


def _listed(network: Network) -> Statement | None:
    """Return what the ledger lists for a network."""
    from ser_bench.features.ledger import lookup

    folder = network.folder
    is_published = bool(folder.hub_name) and not folder.label.partition("@")[2].startswith("refs/pr/")
    if folder.hub_name and (entry := lookup(folder.hub_name)):
        pretraining, reason = entry.pretraining, f"the revision of {folder.hub_name} is a pull request"
    elif entry := lookup(network.origin):
        is_published = False
        pretraining, reason = entry.pretraining, f"config.json names {network.origin}"
    else:
        return None
    if not is_published:
        source = "; ".join(filter(None, (pretraining.source, f"not verified: {reason}")))
        pretraining = dataclasses.replace(pretraining, complete=False, source=source)
    return Statement(pretraining, entry.licence)


def read_statement(folder: Path) -> Statement | None:
    """Read the statement in a folder.

    Parameters
    ----------
    folder : Path
        Folder of a model.

    Returns
    -------
    Statement or None
        None without ``ser-bench.toml``.

    Raises
    ------
    ConfigError
        If the file cannot be read or is invalid.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    values = read_toml(path)
    for key in values:
        if key not in _KEYS:
            raise UnknownNameError(f"key of {path}", key, _KEYS)
    for key in ("corpora", "unheard"):
        if key in values and not (isinstance(values[key], list) and all(map(_is_text, values[key]))):
            raise ConfigError(f'invalid {key} in {path}: expected a list of names, such as ["librispeech"]')
    for key in ("licence", "source"):
        if not _is_text(values.get(key, "-")):
            raise ConfigError(f"invalid {key} in {path}: expected a text of at most {_LONGEST} characters")
    if not isinstance(values.get("complete", True), bool):
        raise ConfigError(f"invalid complete in {path}: expected true or false")
    pretraining = Pretraining(
        corpora=tuple(values["corpora"]) if "corpora" in values else None,
        complete=values.get("complete", True),
        source=values.get("source", f"stated in {FILE}"),
        unheard=tuple(values.get("unheard", ())),
    )
    return Statement(pretraining, values.get("licence", ""))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()
