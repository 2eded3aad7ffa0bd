"""What a worker on another machine does: it shows that it is fit for the work, takes in files, carries tasks out."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ser_bench.core.versions import installed_version
from ser_bench.runs.workers.tasks import ONE_THREAD, Requirements, guarded

_COMPARED = ("Python", "ser-bench", "numpy", "scikit-learn", "tensorflow", "keras", "xgboost", "librosa")
_examined: dict[str, str] = {}
"""By session, why this process is not fit for it; empty if it is."""


class UnfitError(Exception):
    """This worker would not do as the machine that asks it."""


@dataclass(frozen=True)
class Order:
    """A task on its way: with its requirements and the versions of the submitting machine."""

    session: str
    number: int
    function: Callable[[Any], Any]
    argument: Any
    requirements: Requirements
    versions: Mapping[str, str]


def versions(libraries: Iterable[str]) -> dict[str, str]:
    """Return the versions that are compared, and those of ``libraries``; of ser-bench also a hash of its source."""
    return {name: _version(name) for name in (*_COMPARED, *libraries)}


@cache
def _version(name: str) -> str:
    if name == "Python":
        return platform.python_version()
    if name == "ser-bench":
        from ser_bench.core.versions import __version__

        return f"{__version__} (source {_source()})"
    return installed_version(name)


def _source() -> str:
    package = Path(__file__).parents[2]
    hashed = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        hashed.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return hashed.hexdigest()[:8]


def unseen(paths: Iterable[Path]) -> list[Path]:
    """Return the files that cannot be read here."""
    return [path for path in paths if not os.access(path, os.R_OK)]


def examine(requirements: Requirements, asked: Mapping[str, str], dask_worker: Any) -> tuple[list[str], list[str]]:
    """Return why this worker is not fit, and which other versions differ from those of the machine that asks."""
    wrong: list[str] = []
    differing: list[str] = []
    for name, here in versions(requirements.libraries).items():
        if here != asked[name]:
            matters = name == "ser-bench" or name in requirements.libraries
            (wrong if matters else differing).append(f"has {name} {here}, and this machine {asked[name]}")
    if dask_worker.state.nthreads > 1:
        wrong.append("runs several tasks at once; start it with --nthreads 1")
    wrong += [
        f"cannot read {path}; it must lie under the same path on every worker" for path in unseen(requirements.visible)
    ]
    return wrong, differing


def carry_out(pickled: bytes, *contents: bytes) -> tuple[str | None, Any]:
    """Carry out an :class:`Order`; ``contents`` are those of its files. Return an error and a value."""
    from distributed import get_worker

    os.environ.update(ONE_THREAD)  # before the task imports what reads it
    import cloudpickle

    worker = get_worker()
    order: Order = cloudpickle.loads(pickled)
    worker.log_event(order.session, {"number": order.number, "worker": worker.address})
    if order.session not in _examined:  # a worker that joins late is seen here for the first time
        wrong, _ = examine(order.requirements, order.versions, worker)
        _examined[order.session] = wrong[0] if wrong else ""
    if _examined[order.session]:
        raise UnfitError(f"worker {worker.address} {_examined[order.session]}")
    folder = folder_of(order.session, worker)
    places = {
        file: _place(folder, file, content) for file, content in zip(order.requirements.files, contents, strict=True)
    }
    return guarded(order.function, moved(order.argument, places))


def folder_of(session: str, dask_worker: Any) -> Path:
    """Return where this worker keeps the files of a session."""
    return Path(dask_worker.local_directory) / session


def _place(folder: Path, file: Path, content: bytes) -> Path:
    """Write a file that was sent, once; return where it lies, which can be mapped into memory as on one machine."""
    from ser_bench.core.files import atomic_write

    path = folder / file.name
    if not path.exists():
        with atomic_write(path, sync=False) as temporary:
            temporary.write_bytes(content)
    return path


def paths_in(argument: Any) -> set[Path]:
    """Return the paths that a dataclass holds, alone or in tuples."""
    if not is_dataclass(argument):
        return set()
    values = (getattr(argument, field.name) for field in fields(argument))
    parts = (part for value in values for part in (value if isinstance(value, tuple) else (value,)))
    return {part for part in parts if isinstance(part, Path)}


def moved(argument: Any, places: Mapping[Path, Path]) -> Any:
    """Return a dataclass with its paths, alone or in tuples, replaced by where these files lie now."""
    changed: dict[str, Any] = {}
    for field in fields(argument) if places else ():
        value = getattr(argument, field.name)
        if isinstance(value, Path):
            changed[field.name] = places.get(value, value)
        elif isinstance(value, tuple):
            changed[field.name] = tuple(places.get(part, part) if isinstance(part, Path) else part for part in value)
    return replace(argument, **changed) if changed else argument


def forget(session: str, dask_worker: Any) -> None:
    """Remove the files of a session."""
    shutil.rmtree(folder_of(session, dask_worker), ignore_errors=True)


async def leave() -> None:
    """End this process at once, whatever it is doing."""
    os._exit(1)


async def kill_worker(dask_worker: Any) -> None:
    """In a nanny: end its worker, whatever it is doing, and start another; Dask itself ends no task that has begun."""
    await dask_worker.kill(reason="its task was given up")
