"""The helper modules of a Python file: what it imports, also inside functions, that no installed library holds.

Results that depend on such a file depend on its helper modules too. Their versions are digests of their content, and a
process that holds another version imports them anew.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from ser_bench.core.errors import ConfigError

_imported: dict[str, str] = {}
"""The version of each helper module that this process may hold."""

_LIBRARIES = (
    *("ser_bench", "numpy", "scipy", "sklearn", "pandas", "pyarrow", "numba", "llvmlite", "joblib", "loky", "xgboost"),
    *("keras", "tensorflow", "torch", "matplotlib", "PIL", "pydantic", "cloudpickle", "distributed", "dask"),
)
"""Libraries that are never a helper, also where a developer has them in a folder."""


@dataclass(frozen=True)
class Helpers:
    """Helper modules; unpickling them makes the process import these versions.

    Parameters
    ----------
    versions : mapping of str to str
        The version of each module, by its name.
    """

    versions: Mapping[str, str] = field(hash=False)

    def refresh(self) -> Helpers:
        """Forget helper modules that this process may hold in another version, so that it imports them anew.

        Returns
        -------
        Helpers

        Raises
        ------
        ConfigError
            If a file has another version by now, or on this machine.
        """
        for name, version in self.versions.items():
            spec = _find(name)
            if spec is None or spec.origin is None or version_of(Path(spec.origin).read_bytes()) != version:
                raise ConfigError(f"the helper module {name} has changed since, or differs on this machine; run again")
        if any(name in sys.modules and _imported.get(name) != version for name, version in self.versions.items()):
            for name in self.versions:  # all of them, since each may hold objects of the others
                sys.modules.pop(name, None)
            importlib.invalidate_caches()
        _imported.update(self.versions)
        return self

    def __reduce__(self) -> Any:
        return _refreshed, (dict(self.versions),)


def _refreshed(versions: Mapping[str, str]) -> Helpers:
    return Helpers(versions).refresh()


def version_of(content: bytes) -> str:
    """Return the version of a file with this content.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hashlib.sha256(content).hexdigest()


def find_helpers(code: bytes, modules: Iterable[str] = ()) -> Helpers:
    """Find the helper modules of a Python file, and those that they import.

    Parameters
    ----------
    code : bytes
        The content of the file.
    modules : iterable of str
        Names of further modules that it uses.

    Returns
    -------
    Helpers
    """
    importlib.invalidate_caches()  # a helper may be a second old
    pending, seen, versions = [*_imports(code, ""), *modules], set[str](), {}
    while pending:
        name = pending.pop()
        if name in seen or name.partition(".")[0] in ("__main__", *_LIBRARIES, *sys.stdlib_module_names):
            continue
        seen.add(name)
        pending += [name.rpartition(".")[0]] if "." in name else []
        spec = _find(name)
        if spec is None or not spec.has_location or spec.origin is None or is_library(spec.origin):
            continue
        try:
            content = Path(spec.origin).read_bytes()
        except OSError:  # a module in a zip archive, for example
            continue
        versions[name] = version_of(content)
        if spec.origin.endswith(".py"):
            pending += _imports(content, name if spec.submodule_search_locations else name.rpartition(".")[0])
    return Helpers(dict(sorted(versions.items())))


def is_library(path: str) -> bool:
    """Return whether a file belongs to Python or to an installed library.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    bool
    """
    return any(Path(path).resolve().is_relative_to(folder) for folder in _library_folders())


def new_helpers(before: Mapping[str, ModuleType]) -> list[str]:
    """Return the modules of this process that are not part of an installed library and were imported meanwhile.

    Parameters
    ----------
    before : mapping of str to module
        A copy of ``sys.modules``.

    Returns
    -------
    list of str
        Their names.
    """
    new = {name: module for name, module in sys.modules.copy().items() if before.get(name) is not module}
    files = {name: getattr(module, "__file__", None) for name, module in new.items()}
    return sorted(name for name, file in files.items() if isinstance(file, str) and not is_library(file))


@cache
def _library_folders() -> tuple[Path, ...]:
    paths = sysconfig.get_paths()
    folders = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders += [*site.getsitepackages(), site.getusersitepackages(), str(Path(__file__).parents[1])]
    folders += [folder for folder in sys.path if folder and any(Path(folder).glob("*.dist-info"))]
    return tuple(Path(folder).resolve() for folder in folders)


def _find(name: str) -> ModuleSpec | None:
    """Find a module without importing anything; None if it does not exist."""
    parent = name.rpartition(".")[0]
    path = None
    if parent:
        package = _find(parent)
        if package is None or package.submodule_search_locations is None:
            return None
        path = list(package.submodule_search_locations)
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        if find is not None and (spec := find(name, path)) is not None:
            return spec if isinstance(spec, ModuleSpec) else None
    return None


def _imports(code: bytes, package: str) -> Iterator[str]:
    """Yield the names that a file of a package imports; some are attributes of modules and not modules."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):  # importing it fails, with a better message
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            names = [module, *(f"{module}.{alias.name}" for alias in node.names if alias.name != "*")]
            yield from names if module else []
