"""Registries: collect what modules define."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def definitions(modules: Iterable[ModuleType], kind: type[T]) -> dict[str, T]:
    """Return the instances of a class that modules define at their top level, alone or in tuples.

    Parameters
    ----------
    modules : iterable of module
        The modules, in order.
    kind : type
        The class; its instances have a ``name``.

    Returns
    -------
    dict of str to kind
        The instances by name, in the order of modules and definitions.
    """
    return {str(getattr(instance, "name")): instance for module in modules for instance in _instances(module, kind)}  # noqa: B009


def _instances(module: ModuleType, kind: type[T]) -> Iterator[T]:
    for value in vars(module).values():
        yield from (part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, kind))
