"""What a worker does in extraction: it decodes each clip of a batch once and computes the sets that the clip lacks.

A clip on which a decoder or a feature set fails spares the others of its batch. The store remembers only what is wrong
with the sound itself; a missing program or a defect in a feature set may be gone the next time.
"""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench import audio
from ser_bench.runs.workers.tasks import said

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.base import FeatureSet
    from ser_bench.store import FeatureStore

CLIP_SECONDS = 300.0
"""No clip takes so long: a worker that spends more on one hangs, and ends itself, in whatever code it is."""
_SHARD_BYTES = 1 << 26
"""From here on a worker writes what it has before it goes on: frames of long clips would fill its memory."""

Missing = tuple[tuple["FeatureSet", frozenset[str]], ...]
"""Each feature set with the keys of the clips that lack it."""

Values = dict[str, "np.ndarray"]
"""One clip's features by the set's name."""


@dataclass(frozen=True)
class Batch:
    """What one task computes: clips as pairs of key and path, and the sets that they lack."""

    store: Path
    clips: tuple[tuple[str, str], ...]
    missing: Missing

    def of(self, clips: tuple[tuple[str, str], ...]) -> Batch:
        """Return the same for these clips only."""
        keys = frozenset(key for key, _ in clips)
        return Batch(self.store, clips, tuple((s, lacking & keys) for s, lacking in self.missing))


def load_everything(sets: Sequence[FeatureSet]) -> None:
    """Do with a moment of noise what :func:`extract_batch` does with clips, and keep nothing."""
    import numpy as np
    import pyarrow.parquet  # noqa: F401

    from ser_bench import features

    y = np.random.default_rng(0).normal(scale=0.1, size=8192).astype(np.float32)
    _fact("", y, 48_000)
    features.compute(sets, y, 48_000)


def extract_batch(batch: Batch) -> dict[str, str]:
    """Decode each clip once, compute the sets it lacks, and write a shard per set.

    Returns by key what went wrong with clips that may go well another time; that is not kept in the store.
    """
    from ser_bench.store import FeatureStore

    store = FeatureStore(batch.store)
    done: dict[str, Values] = {}
    held, facts, faults = 0, [], {}
    for key, path in batch.clips:
        with _limited():
            fact, done[key], fault = _listen(key, path, [s for s, keys in batch.missing if key in keys])
        if fact:
            facts.append(fact)
        if fault:
            faults[key] = fault
        held += sum(values.nbytes for values in done[key].values())
        if held > _SHARD_BYTES:
            _write(store, batch.missing, done)
            done.clear()
            held = 0
    _write(store, batch.missing, done)
    store.write_clip_metadata(facts)
    return faults


@contextmanager
def _limited() -> Iterator[None]:
    """End this process where the block takes longer than a clip may; what it was doing then is said nowhere."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        faulthandler.dump_traceback_later(CLIP_SECONDS, exit=True, file=nowhere)  # a thread without Python's lock
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def _write(store: FeatureStore, missing: Missing, done: dict[str, Values]) -> None:
    for feature_set, _ in missing:
        name = feature_set.name
        store.write(feature_set, {key: values[name] for key, values in done.items() if name in values})


def _listen(key: str, path: str, sets: Sequence[FeatureSet]) -> tuple[dict[str, Any] | None, Values, str]:
    """Return a clip's fact where it is known, what could be computed, and what went wrong but may yet go well."""
    from ser_bench import features
    from ser_bench.core.errors import AudioError, TransientAudioError

    try:
        y, sr = audio.load(path)
        fact = _fact(key, y, sr)
    except TransientAudioError as error:
        return None, {}, str(error)
    except AudioError as error:
        return _fact(key, error=str(error)), {}, ""
    except Exception as error:  # what a decoder or the memory may do is not known
        return None, {}, f"reading it failed: {said(error)}"
    try:
        return fact, features.compute(sets, y, sr), ""
    except Exception:  # one set of them fails, perhaps a plugin's
        return fact, *_each_alone(sets, y, sr)


def _each_alone(sets: Sequence[FeatureSet], y: np.ndarray, sr: int) -> tuple[Values, str]:
    """Compute sets one by one; return what those give that do not fail, and which does, with why."""
    from ser_bench import features

    computed: Values = {}
    faults = []
    for feature_set in sets:
        try:
            computed |= features.compute([feature_set], y, sr)
        except Exception as error:
            faults.append(f"{feature_set.name} failed on it: {said(error)}")
    return computed, "; ".join(faults)


def _fact(key: str, y: np.ndarray | None = None, sr: int = 0, error: str = "") -> dict[str, Any]:
    """Return what the store keeps of a clip besides its features."""
    from ser_bench.audio.fingerprint import fingerprint

    if y is None:
        return {"key": key, "digest": "", "sr": 0, "samples": 0, "error": error, "length": 0.0, "fingerprint": b""}
    length, course = fingerprint(y, sr)
    told = {"digest": audio.samples_digest(y, sr), "sr": sr, "samples": len(y), "length": length, "fingerprint": course}
    return {"key": key, "error": "", **told}
