"""TOML files as people save them, and what is wrong with those that cannot be read."""

from __future__ import annotations

import codecs
import re
import tomllib
from pathlib import Path
from typing import Any

from ser_bench.core.errors import ConfigError
from ser_bench.core.files import read_bytes

_MAX_SHOWN = 200
"""Longer lines are cut in error messages."""


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : Path
        The file, in UTF-8 with or without a byte order mark, and with any line ends.

    Returns
    -------
    dict
        Its content.

    Raises
    ------
    ConfigError
        If the file cannot be read, has another encoding or is invalid.
    """
    try:
        text = _decode(path, read_bytes(path))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    try:
        return tomllib.loads(text)
    except ValueError as error:  # also for a number of thousands of digits
        raise ConfigError(f"invalid TOML in {path}: {error}{_toml_hint(str(error), text)}") from None
    except RecursionError:
        raise ConfigError(f"invalid TOML in {path}: nested too deeply") from None


def _toml_hint(reason: str, text: str) -> str:
    """Return the line of an error of the TOML parser and, for usual mistakes, how to write it."""
    number = re.search(r"at line (\d+)", reason)
    line = f": {text.split(chr(10))[int(number[1]) - 1].strip()[:_MAX_SHOWN]}" if number else ""
    if reason.startswith(("Unescaped", "Invalid hex value")):
        return f"{line}\nwrite a path with backslashes in single quotes: 'C:\\data'"
    if reason.startswith("Invalid value"):
        return f"{line}\nwrite a text in quotes, and true or false in lower case"
    return line


def _decode(path: Path, content: bytes) -> str:
    """Return the text of a file in UTF-8."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content:
        raise ConfigError(f"cannot read {path}: it is encoded as UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise ConfigError(
            f"cannot read {path}, line {line}: byte 0x{byte:02x} is not UTF-8; save it as UTF-8"
        ) from None
