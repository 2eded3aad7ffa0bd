"""Extraction on other machines: workers write into the store if they see it, and else send files to this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench.core.files import atomic_write, scratch_folder
from ser_bench.core.progress import Progress
from ser_bench.runs.extraction.worker import Batch, Failures, extract_batch
from ser_bench.runs.workers import LOCAL, Requirements, can_read_files, check_workers

if TYPE_CHECKING:
    from ser_bench.features.base import FeatureSet

_LIBRARIES = ("numpy", "scipy", "librosa", "soundfile", "soxr")
"""Libraries that decide the values of every set: workers of one store must have equal versions."""
_SAMPLED_CLIPS = 3
"""Number of clips that workers are checked to read."""


@dataclass(frozen=True)
class BatchJob:
    """How workers run batches.

    Attributes
    ----------
    function : callable
        Extracts a batch in a worker.
    requirements : Requirements
        Requirements for the workers.
    receive : callable
        Takes the return value of ``function``; returns the failures.
    """

    function: Callable[[Batch], Any]
    requirements: Requirements
    receive: Callable[[Any], Failures]


@contextmanager
def batch_job(
    engine: str, store: Path, clips: Sequence[str], sets: Sequence[FeatureSet], progress: Progress
) -> Iterator[BatchJob]:
    """Check the workers, and decide whether they write into the store.

    Parameters
    ----------
    engine : str
        "local" or the address of a Dask scheduler.
    store : Path
        Folder of the store.
    clips : sequence of str
        Paths of the clips.
    sets : sequence of FeatureSet
        Feature sets; workers need the files that they read, and equal versions of the libraries of extras.
    progress : Progress
        Receives warnings about versions.

    Yields
    ------
    BatchJob
        The function for the workers and its requirements.

    Raises
    ------
    EngineError
        If a worker cannot read the clips, or has other versions of the libraries.
    """
    if engine == LOCAL:
        yield BatchJob(extract_batch, Requirements(), lambda failures: failures)
        return
    sample = {clips[i * (len(clips) - 1) // (_SAMPLED_CLIPS - 1)] for i in range(_SAMPLED_CLIPS)}
    requirements = _requirements(sorted(sample), sets)
    with scratch_folder(store) as folder:
        probe = folder / "probe"
        probe.touch()
        is_shared = can_read_files(engine, [probe])
        if is_shared:
            requirements = replace(requirements, visible=(*requirements.visible, probe))
        check_workers(engine, requirements, progress)
        progress.detail("workers write features into the store" if is_shared else "workers send features here")
        if is_shared:
            yield BatchJob(extract_batch, requirements, lambda failures: failures)
        else:
            yield BatchJob(_extract_and_send, requirements, lambda message: _write_files(store, *message))


def _requirements(clips: Sequence[str], sets: Sequence[FeatureSet]) -> Requirements:
    """Return what workers need to compute feature sets on clips."""
    files = dict.fromkeys(Path(path) for path in (*clips, *(file for s in sets for file in s.files)))
    libraries = dict.fromkeys((*_LIBRARIES, *(library for s in sets if s.extra for library in s.needs)))
    return Requirements(visible=tuple(files), libraries=tuple(libraries))


def _extract_and_send(batch: Batch) -> tuple[Failures, dict[str, bytes]]:
    """Extract into a temporary folder; return the failures, and the contents of the files for the store."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        failures = extract_batch(replace(batch, store=folder))
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return failures, {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _write_files(store: Path, failures: Failures, contents: dict[str, bytes]) -> Failures:
    """Write files that a worker sent into the store; return the failures."""
    for name, content in contents.items():
        with atomic_write(store / name) as temporary:
            temporary.write_bytes(content)
    return failures
