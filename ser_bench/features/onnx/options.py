"""Options inside the name of a feature set: ``FILE#pool=mean#short=pad``."""

from __future__ import annotations

import tomllib
from typing import Any

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.features.onnx.description import Description

_FIXED = ("name", "network", "mel", "licence", "corpora", "complete", "unheard", "source")
OPTIONS = tuple(key for key in Description.model_fields if key not in _FIXED)
"""Keys of the description that a name may override."""


def split(text: str) -> tuple[str, dict[str, Any]]:
    """Return the file and the options of a name.

    Parameters
    ----------
    text : str
        ``FILE`` or ``FILE#key=value#key=value``.

    Returns
    -------
    tuple of (str, dict)
        The file, and the values by key in alphabetical order.

    Raises
    ------
    ConfigError
        If an option is unknown, repeated or has no value.
    """
    file, *options = text.split("#")
    values: dict[str, Any] = {}
    for option in options:
        key, equals, value = option.partition("=")
        key = key.strip()
        if not equals or not value.strip() or key in values:
            hint = "write each once, as in #pool=mean; rename a file with # in its name"
            raise ConfigError(f"invalid option {option!r} in onnx:{text}; {hint}")
        if key not in OPTIONS:
            raise UnknownNameError("option of onnx:FILE", key, OPTIONS)
        values[key] = _value(value.strip())
    return file, dict(sorted(values.items()))


def _value(text: str) -> Any:
    """Return a number or a truth value of TOML, or the text."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, KeyError):
        return text
    return value if isinstance(value, bool | int | float) else text


def suffix(options: dict[str, Any]) -> str:
    """Return the options as they are written in the name of a set.

    Parameters
    ----------
    options : dict
        Values by key.

    Returns
    -------
    str
        Empty without options.
    """
    return "".join(
        f"#{key}={str(value).lower() if isinstance(value, bool) else value}" for key, value in options.items()
    )
