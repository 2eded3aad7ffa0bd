"""What the user states about a model in ``ser-bench.toml``: training corpora, licence and source."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.core.toml_file import read_toml
from ser_bench.features.pretraining import Pretraining

FILE = "ser-bench.toml"

_KEYS = ("corpora", "licence", "source")
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
    corpora = values.get("corpora")
    if corpora is not None and not (isinstance(corpora, list) and all(map(_is_text, corpora))):
        raise ConfigError(f'invalid corpora in {path}: expected a list of names, such as ["librispeech"]')
    for key in ("licence", "source"):
        if not _is_text(values.get(key, "-")):
            raise ConfigError(f"invalid {key} in {path}: expected a text of at most {_LONGEST} characters")
    pretraining = Pretraining(
        corpora=None if corpora is None else tuple(corpora), source=values.get("source", f"stated in {FILE}")
    )
    return Statement(pretraining, values.get("licence", ""))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()
