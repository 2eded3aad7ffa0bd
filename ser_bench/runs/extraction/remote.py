"""Extraction by workers on other machines: into the store where they see it, else they send what they would write."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ser_bench.core.files import atomic_write, scratch_folder
from ser_bench.core.progress import Progress
from ser_bench.runs import workers
from ser_bench.runs.extraction.worker import Batch, extract_batch

LIBRARIES = ("numpy", "scipy", "librosa", "soundfile", "soxr")
"""What decides a feature's value: workers that write into one store have these in the same version."""

_PROBED = 3


@dataclass(frozen=True)
class Means:
    """How batches are carried out: the function, its requirements, and what makes faults by key of its value."""

    function: Callable[[Batch], Any]
    requirements: workers.Requirements
    received: Callable[[Any], dict[str, str]]


@contextmanager
def means(engine: str, store: Path, clips: Sequence[str], progress: Progress) -> Iterator[Means]:
    """Yield how workers extract ``clips`` (paths), having asked them whether they see some of these and the store.

    Raises :class:`EngineError` where one sees no clips or is not fit otherwise.
    """
    if engine == workers.LOCAL:
        yield Means(extract_batch, workers.Requirements(), lambda faults: faults)
        return
    spaced = {clips[i * (len(clips) - 1) // (_PROBED - 1)] for i in range(_PROBED)}
    requirements = workers.Requirements(visible=tuple(sorted(map(Path, spaced))), libraries=LIBRARIES)
    with scratch_folder(store) as folder:
        token = folder / "token"
        token.touch()
        shared = workers.can_read_files(engine, [token])
        if shared:
            requirements = replace(requirements, visible=(*requirements.visible, token))
        workers.check_workers(engine, requirements, progress)
        progress.detail("workers write features into the store" if shared else "workers send features here")
        if shared:
            yield Means(extract_batch, requirements, lambda faults: faults)
        else:
            yield Means(extract_elsewhere, requirements, lambda sent: unpack(store, *sent))


def extract_elsewhere(batch: Batch) -> tuple[dict[str, str], dict[str, bytes]]:
    """Extract into a folder of the worker's own; return the faults and the files that belong into the store."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        faults = extract_batch(replace(batch, store=folder))
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return faults, {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def unpack(store: Path, faults: dict[str, str], files: dict[str, bytes]) -> dict[str, str]:
    """Write files that a worker sent into the store; return the faults."""
    for name, content in files.items():
        with atomic_write(store / name) as temporary:
            temporary.write_bytes(content)
    return faults
