"""A fitted estimator as JSON and arrays, and back.

Values are themselves; whatever JSON lacks is an object with one key that says what it is: ``tuple``, ``dict``,
``float`` (NaN), ``array`` and ``scalar`` (an array's number), ``tree``, ``booster``, or ``object`` with the ``state``
of an instance of a class in :mod:`ser_bench.deploy.file.allowed`. Instances are made without calling anything of
theirs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ser_bench.core.errors import ModelFileError
from ser_bench.deploy.file import allowed, arrays
from ser_bench.deploy.file import validate as native

_DEEPEST = 40


def pack(estimator: Any) -> dict[str, bytes]:
    """Return the members of a file that hold a fitted estimator.

    Raises :class:`ModelFileError` where it holds anything that no file may.
    """
    writer = arrays.Writer()
    text = json.dumps(_encoded(estimator, writer), allow_nan=False, separators=(",", ":"))
    return {"state.json": text.encode(), "arrays.npy": writer.bytes()}


def unpack(members: Mapping[str, bytes]) -> Any:
    """Return the estimator that :func:`pack` was given; raises :class:`ModelFileError` for anything else."""
    try:
        said = json.loads(members["state.json"], parse_constant=_no_constant)
        return _Reader(arrays.read(members["arrays.npy"])).decoded(said)
    except ModelFileError:
        raise
    except Exception as error:  # libraries below raise whatever they like on nonsense
        raise ModelFileError(f"the model's state is not what it should be ({type(error).__name__})") from None


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
    if (kind := native.kind_of(value)) is not None:
        return {kind: _encoded(native.plain(kind, value), writer)}
    return _encoded_instance(value, writer)


def _encoded_instance(value: Any, writer: arrays.Writer) -> dict[str, Any]:
    name = allowed.name_of(value)
    attributes = native.settled(name, vars(value)).items()
    kept = {key: _encoded(v, writer) for key, v in attributes if key not in allowed.PASSED_OVER.get(name, ())}
    return {"object": name, "state": kept}


class _Reader:
    """Turns what a file says into values; never calls or imports by a name in it."""

    def __init__(self, found: list[np.ndarray]) -> None:
        self.arrays = found
        self.depth = 0
        self.kinds: dict[str, Callable[[Any], Any]] = {
            "scalar": lambda number: self.array(number)[()],
            "float": lambda text: {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[text],
            "array": self.array,
            "tuple": lambda items: tuple(self.decoded(list(items))),
            "dict": lambda pairs: {self.decoded(k): self.decoded(v) for k, v in pairs},
            "tree": lambda said: native.tree(self.decoded(said)),
            "booster": lambda said: native.booster(self.decoded(said)),
        }

    def array(self, number: Any) -> np.ndarray:
        """Return an array by its number."""
        if not isinstance(number, int) or number < 0:
            raise ModelFileError("the model's state names an array that is not there")
        return self.arrays[number]

    def decoded(self, said: Any) -> Any:
        """Return the value that a part of the state stands for."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ModelFileError("the model's state is nested too deeply")
        try:
            if isinstance(said, list):
                return [self.decoded(v) for v in said]
            return self._tagged(said) if isinstance(said, dict) else said
        finally:
            self.depth -= 1

    def _tagged(self, said: dict[str, Any]) -> Any:
        if set(said) == {"object", "state"}:
            return self._instance(said["object"], said["state"])
        ((kind, content),) = said.items()
        return self.kinds[kind](content)

    def _instance(self, name: str, state: dict[str, Any]) -> Any:
        cls = allowed.named(name)
        if any(not key.isidentifier() or key.startswith("__") or callable(getattr(cls, key, None)) for key in state):
            raise ModelFileError(f"a {name} in it has attributes that it may not have")
        instance: Any = object.__new__(cls)
        instance.__dict__.update({key: self.decoded(v) for key, v in state.items()})
        native.revive(name, instance)
        return instance
