"""A fitted estimator as JSON and arrays, and back.

Plain values stand for themselves. Every other value is an object with one key that names its type: ``tuple``,
``dict``, ``float`` (NaN), ``array`` and ``scalar`` (the number of an array), ``tree``, ``booster``, or ``object`` with
the ``state`` of an instance of a class in :mod:`ser_bench.deploy.file.allowed`. Instances are created without calling
their code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ser_bench.core.errors import ModelFileError
from ser_bench.deploy.file import allowed, arrays, validate

_MAX_DEPTH = 40


def pack(estimator: Any) -> dict[str, bytes]:
    """Return the members of a file for a fitted estimator.

    Parameters
    ----------
    estimator : estimator
        The fitted estimator.

    Returns
    -------
    dict of str to bytes
        ``state.json`` and ``arrays.npy``.

    Raises
    ------
    ModelFileError
        If it contains an object of a class that a file may not contain.
    """
    writer = arrays.Writer()
    text = json.dumps(_encoded(estimator, writer), allow_nan=False, separators=(",", ":"))
    return {"state.json": text.encode(), "arrays.npy": writer.bytes()}


def unpack(members: Mapping[str, bytes]) -> Any:
    """Return the estimator from the members of a file.

    Parameters
    ----------
    members : mapping of str to bytes
        The result of :func:`pack`.

    Returns
    -------
    estimator
        The fitted estimator.

    Raises
    ------
    ModelFileError
        For any other content.
    """
    try:
        state = json.loads(members["state.json"], parse_constant=_no_constant)
        return _Reader(arrays.read(members["arrays.npy"])).decoded(state)
    except ModelFileError:
        raise
    except Exception as error:  # hostile content can make libraries raise anything
        raise ModelFileError(f"the state of the model is invalid ({type(error).__name__})") from None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _encoded(value: Any, writer: arrays.Writer) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return {"array" if isinstance(value, np.ndarray) else "scalar": writer.add(np.asarray(value))}
    if isinstance(value, int | float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, list | tuple):
        items = [_encoded(v, writer) for v in value]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, dict):
        return {"dict": [[_encoded(k, writer), _encoded(v, writer)] for k, v in value.items()]}
    if (kind := validate.kind_of(value)) is not None:
        return {kind: _encoded(validate.content_of(kind, value), writer)}
    return _encoded_instance(value, writer)


def _encoded_instance(value: Any, writer: arrays.Writer) -> dict[str, Any]:
    name = allowed.name_of(value)
    attributes = validate.to_saved(name, vars(value)).items()
    state = {key: _encoded(v, writer) for key, v in attributes if key not in allowed.NOT_SAVED.get(name, ())}
    return {"object": name, "state": state}


class _Reader:
    """Decodes the state of a file; never calls or imports a name of the file."""

    def __init__(self, values: list[np.ndarray]) -> None:
        self.arrays = values
        self.depth = 0
        self.kinds: dict[str, Callable[[Any], Any]] = {
            "scalar": lambda number: self.array(number)[()],
            "float": lambda text: {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[text],
            "array": self.array,
            "tuple": lambda items: tuple(self.decoded(list(items))),
            "dict": lambda pairs: {self.decoded(k): self.decoded(v) for k, v in pairs},
            "tree": lambda content: validate.tree(self.decoded(content)),
            "booster": lambda content: validate.booster(self.decoded(content)),
        }

    def array(self, number: Any) -> np.ndarray:
        """Return an array by its number."""
        if not isinstance(number, int) or number < 0:
            raise ModelFileError("the state of the model names an array that does not exist")
        return self.arrays[number]

    def decoded(self, state: Any) -> Any:
        """Return the value of a part of the state."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise ModelFileError("the state of the model is nested too deeply")
        try:
            if isinstance(state, list):
                return [self.decoded(v) for v in state]
            return self._tagged(state) if isinstance(state, dict) else state
        finally:
            self.depth -= 1

    def _tagged(self, state: dict[str, Any]) -> Any:
        if set(state) == {"object", "state"}:
            return self._instance(state["object"], state["state"])
        ((kind, content),) = state.items()
        return self.kinds[kind](content)

    def _instance(self, name: str, state: dict[str, Any]) -> Any:
        cls = allowed.class_named(name)
        if any(not key.isidentifier() or key.startswith("__") or callable(getattr(cls, key, None)) for key in state):
            raise ModelFileError(f"a {name} in it has forbidden attributes")
        instance: Any = object.__new__(cls)
        instance.__dict__.update({key: self.decoded(v) for key, v in state.items()})
        validate.restore(name, instance)
        return instance
