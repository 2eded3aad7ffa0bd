"""Code that runs in Dask workers: checks of the worker, files that it receives, and tasks."""

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
from ser_bench.runs.workers.tasks import ONE_THREAD, Requirements, call_in_worker

_COMPARED = ("Python", "ser-bench", "numpy", "scikit-learn", "tensorflow", "keras", "xgboost", "librosa")
_checked: dict[str, str] = {}
"""By session: why this worker does not meet the requirements; empty if it does."""


class UnfitWorkerError(Exception):
    """The worker does not meet the requirements of its task."""


@dataclass(frozen=True)
class RemoteTask:
    """A task as it is sent to a worker.

    Attributes
    ----------
    session : str
        Name of the :func:`ser_bench.runs.workers.run_tasks` call.
    number : int
        Number of the task in its session.
    function : callable
        The task's function.
    argument : object
        Its argument.
    requirements : Requirements
        Requirements, with the files of this task only.
    versions : mapping of str to str
        Versions on the submitting machine.
    """

    session: str
    number: int
    function: Callable[[Any], Any]
    argument: Any
    requirements: Requirements
    versions: Mapping[str, str]


def library_versions(libraries: Iterable[str]) -> dict[str, str]:
    """Return the versions that are compared between machines.

    Parameters
    ----------
    libraries : iterable of str
        Further libraries to compare.

    Returns
    -------
    dict of str to str
        Version by name; the version of ser-bench includes a hash of its source.
    """
    return {name: _version(name) for name in (*_COMPARED, *libraries)}


@cache
def _version(name: str) -> str:
    if name == "Python":
        return platform.python_version()
    if name == "ser-bench":
        from ser_bench.core.versions import __version__

        return f"{__version__} (source {_source_hash()})"
    return installed_version(name)


def _source_hash() -> str:
    package = Path(__file__).parents[2]
    sha = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        sha.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return sha.hexdigest()[:8]


def unreadable_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files that this worker cannot read.

    Parameters
    ----------
    paths : iterable of Path
        The files.

    Returns
    -------
    list of Path
        Those that cannot be read.
    """
    return [path for path in paths if not os.access(path, os.R_OK)]


def check_requirements(
    requirements: Requirements, versions: Mapping[str, str], dask_worker: Any
) -> tuple[list[str], list[str]]:
    """Compare this worker with the requirements and with the submitting machine.

    Parameters
    ----------
    requirements : Requirements
        Requirements of the tasks.
    versions : mapping of str to str
        Versions on the submitting machine.
    dask_worker : distributed.Worker
        Passed by Dask under this name.

    Returns
    -------
    errors : list of str
        Requirements that are not met.
    differences : list of str
        Other versions that differ.
    """
    errors: list[str] = []
    differences: list[str] = []
    for name, version in library_versions(requirements.libraries).items():
        if version != versions[name]:
            is_required = name == "ser-bench" or name in requirements.libraries
            message = f"has {name} {version}, but this machine has {versions[name]}"
            (errors if is_required else differences).append(message)
    if dask_worker.state.nthreads > 1:
        errors.append(f"has {dask_worker.state.nthreads} threads; start it with --nthreads 1")
    errors += [
        f"cannot read {path}; make it available under the same path on every worker"
        for path in unreadable_files(requirements.visible)
    ]
    return errors, differences


def run_remote_task(pickled: bytes, *contents: bytes) -> tuple[str | None, Any]:
    """Run a :class:`RemoteTask`.

    Parameters
    ----------
    pickled : bytes
        The task, pickled by cloudpickle.
    *contents : bytes
        Contents of its files.

    Returns
    -------
    error : str or None
        The exception in one line.
    value : object
        The return value.
    """
    from distributed import get_worker

    os.environ.update(ONE_THREAD)  # before the task's imports
    import cloudpickle

    worker = get_worker()
    task: RemoteTask = cloudpickle.loads(pickled)
    worker.log_event(task.session, {"number": task.number, "worker": worker.address})
    if task.session not in _checked:  # a worker that joins late has not been checked
        errors, _ = check_requirements(task.requirements, task.versions, worker)
        _checked[task.session] = errors[0] if errors else ""
    if _checked[task.session]:
        raise UnfitWorkerError(f"worker {worker.address} {_checked[task.session]}")
    folder = session_folder(task.session, worker)
    received = {
        file: _save_file(folder, file, content) for file, content in zip(task.requirements.files, contents, strict=True)
    }
    return call_in_worker(task.function, replace_paths(task.argument, received))


def session_folder(session: str, dask_worker: Any) -> Path:
    """Return the folder of the files that this worker has received.

    Parameters
    ----------
    session : str
        Name of the session.
    dask_worker : distributed.Worker
        The worker.

    Returns
    -------
    Path
        The folder, which may not exist yet.
    """
    return Path(dask_worker.local_directory) / session


def _save_file(folder: Path, file: Path, content: bytes) -> Path:
    """Save a received file once, so that it can be memory-mapped; return its path."""
    from ser_bench.core.files import atomic_write

    path = folder / file.name
    if not path.exists():
        with atomic_write(path, sync=False) as temporary:
            temporary.write_bytes(content)
    return path


def find_paths(argument: Any) -> set[Path]:
    """Return the paths among the fields of a dataclass.

    Parameters
    ----------
    argument : object
        Argument of a task.

    Returns
    -------
    set of Path
        Paths that are fields or elements of tuples; empty if the argument is not a dataclass.
    """
    if not is_dataclass(argument):
        return set()
    values = (getattr(argument, field.name) for field in fields(argument))
    parts = (part for value in values for part in (value if isinstance(value, tuple) else (value,)))
    return {part for part in parts if isinstance(part, Path)}


def replace_paths(argument: Any, received: Mapping[Path, Path]) -> Any:
    """Replace the paths among the fields of a dataclass.

    Parameters
    ----------
    argument : object
        Argument of a task.
    received : mapping of Path to Path
        The path on this worker by the path on the submitting machine.

    Returns
    -------
    object
        The argument, or a changed copy.
    """
    changes: dict[str, Any] = {}
    for field in fields(argument) if received else ():
        value = getattr(argument, field.name)
        if isinstance(value, Path):
            changes[field.name] = received.get(value, value)
        elif isinstance(value, tuple):
            changes[field.name] = tuple(received.get(part, part) if isinstance(part, Path) else part for part in value)
    return replace(argument, **changes) if changes else argument


def remove_session_files(session: str, dask_worker: Any) -> None:
    """Remove the files that this worker has received.

    Parameters
    ----------
    session : str
        Name of the session.
    dask_worker : distributed.Worker
        Passed by Dask under this name.
    """
    shutil.rmtree(session_folder(session, dask_worker), ignore_errors=True)


async def exit_worker() -> None:
    """Exit this process at once, even during a task."""
    os._exit(1)


async def restart_worker(dask_worker: Any) -> None:
    """Kill and restart a nanny's worker, because Dask does not stop a task that has started.

    Parameters
    ----------
    dask_worker : distributed.Nanny
        Passed by Dask under this name.
    """
    await dask_worker.kill(reason="its task was cancelled")
