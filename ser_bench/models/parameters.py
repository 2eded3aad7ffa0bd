"""Hyper-parameters as a configuration gives them: plain values, checked against a model's defaults."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from ser_bench.core.errors import ConfigError
from ser_bench.models.base import Model

_WORD_OR_NUMBER = frozenset({"gamma", "max_features", "shrinkage"})
"""Parameters for which the libraries take a rule by name as well as a number."""


def merged(model: Model, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the model's defaults replaced by the given values.

    Raises :class:`~ser_bench.core.errors.ConfigError` for a name that the model lacks, saying the nearest
    that it has, and for a value of another type than the default's.
    """
    known = model.parameters
    for name, value in given.items():
        if name not in known:
            raise ConfigError(f"model {model.name!r} has no parameter {name!r}; {_hint(name, model)}")
        if not (_fits(value, known[name]) or (name in _WORD_OR_NUMBER and _is_plain(value))):
            raise ConfigError(
                f"model {model.name!r}: {name} must be {_said(known[name])}, not {value!r}; "
                f"its default is {known[name]!r}"
            )
    return {**known, **{name: _as(value, known[name]) for name, value in given.items()}}


def _hint(name: str, model: Model) -> str:
    near = difflib.get_close_matches(name, model.parameters, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(model.parameters)}" if model.parameters else "it takes none"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) or _is_number(value)


def _fits(value: Any, default: Any) -> bool:
    """Whether the value may stand in for the default."""
    match default:
        case bool():
            return isinstance(value, bool)
        case int():
            return _is_number(value) and float(value).is_integer()
        case float():
            return _is_number(value)
        case str():
            return isinstance(value, str)
        case _:
            return isinstance(value, list | tuple) and all(_fits(v, _first(default)) for v in value)


def _first(default: list[Any] | tuple[Any, ...]) -> Any:
    """Return what the members of a list are like; those of an empty default are numbers."""
    return default[0] if default else 1.0


def _as(value: Any, default: Any) -> Any:
    """Return the value in the default's type, so that 1 and 1.0 are the same parameter."""
    match default:
        case _ if isinstance(value, str) or isinstance(default, bool | str):
            return value
        case int() | float():
            return type(default)(value)
        case _:
            return [_as(v, _first(default)) for v in value]


def _said(default: Any) -> str:
    match default:
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case float():
            return "a number"
        case str():
            return "a word"
        case _:
            return f"a list, each {_said(_first(default))}"
