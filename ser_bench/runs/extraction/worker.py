"""Extraction in a worker: decode each clip of a batch once and compute the feature sets that it lacks.

If a decoder or a feature set fails on a clip, the other clips of the batch are still computed. The store records only
defects of the audio itself, because a missing program or a bug in a feature set may be fixed later. A recording
condition that fails on a clip costs only the features of the clip under that condition.
"""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench import audio
from ser_bench.runs.workers.tasks import format_error

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ser_bench.features.base import FeatureSet
    from ser_bench.store import FeatureStore

CLIP_SECONDS = 300.0
"""Time limit of a clip: a worker that spends longer on it exits, even if it hangs in C code."""
_SHARD_BYTES = 1 << 26
"""Size of pending features after which a worker writes them, so that frames of long clips do not fill its memory."""

MissingSets = tuple[tuple["FeatureSet", frozenset[str]], ...]
"""Each feature set with the keys of the clips that lack it."""
_Features = dict[str, "npt.NDArray[np.float32]"]
"""Features of one clip by the name of the set."""


@dataclass(frozen=True)
class Failures:
    """What could not be computed; the store does not record it, so that another attempt is made.

    Attributes
    ----------
    clips : dict of str to str
        Reasons by the clip's key.
    conditions : dict of (str, str) to str
        Reasons by the clip's key and the name of the recording condition.
    """

    clips: dict[str, str] = field(default_factory=dict)
    conditions: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, failures: Failures) -> None:
        """Add the failures of other clips.

        Parameters
        ----------
        failures : Failures
            The failures.
        """
        self.clips.update(failures.clips)
        self.conditions.update(failures.conditions)


@dataclass(frozen=True)
class Batch:
    """The clips of one task and their missing feature sets.

    Attributes
    ----------
    store : Path
        Folder of the store.
    clips : tuple of (key, path)
        The clips.
    missing : tuple of (FeatureSet, frozenset of str)
        Each feature set with the keys of the clips that lack it.
    """

    store: Path
    clips: tuple[tuple[str, str], ...]
    missing: MissingSets

    def subset(self, clips: tuple[tuple[str, str], ...]) -> Batch:
        """Return the batch for some clips only.

        Parameters
        ----------
        clips : tuple of (key, path)
            The clips.

        Returns
        -------
        Batch
            A batch without the other clips.
        """
        keys = frozenset(key for key, _ in clips)
        return Batch(self.store, clips, tuple((feature_set, lacking & keys) for feature_set, lacking in self.missing))


def preload_sets(sets: Sequence[FeatureSet]) -> None:
    """Load the libraries of feature sets by computing them on noise.

    Parameters
    ----------
    sets : sequence of FeatureSet
        The feature sets.
    """
    import numpy as np
    import pyarrow.parquet  # noqa: F401

    from ser_bench import features
    from ser_bench.core.errors import FeatureError

    y = np.random.default_rng(0).normal(scale=0.1, size=8192).astype(np.float32)
    _metadata("", audio.Recording(y, 48_000, len(y)))
    for feature_set in sets:
        with suppress(FeatureError):  # the noise may be shorter than a window
            features.compute([feature_set], y, 48_000)


def extract_batch(batch: Batch) -> Failures:
    """Decode each clip once, compute the sets that it lacks, and write a shard per set.

    Parameters
    ----------
    batch : Batch
        The clips.

    Returns
    -------
    Failures
        What could not be computed.
    """
    from ser_bench.store import FeatureStore

    store = FeatureStore(batch.store)
    computed: dict[str, _Features] = {}
    pending_bytes, metadata, failures = 0, [], Failures()
    for key, path in batch.clips:
        with _time_limit():
            sets = [s for s, keys in batch.missing if key in keys]
            row, computed[key] = _extract_clip(key, path, sets, failures)
        if row:
            metadata.append(row)
        pending_bytes += sum(values.nbytes for values in computed[key].values())
        if pending_bytes > _SHARD_BYTES:
            _write(store, batch.missing, computed)
            computed.clear()
            pending_bytes = 0
    _write(store, batch.missing, computed)
    store.write_clip_metadata(metadata)
    return failures


@contextmanager
def _time_limit() -> Iterator[None]:
    """Exit this process if the block exceeds the time limit of a clip."""
    with open(os.devnull, "w") as null:  # noqa: PTH123
        faulthandler.dump_traceback_later(CLIP_SECONDS, exit=True, file=null)  # works without Python's lock
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def _write(store: FeatureStore, missing: MissingSets, computed: dict[str, _Features]) -> None:
    for feature_set, _ in missing:
        name = feature_set.name
        store.write(feature_set, {key: values[name] for key, values in computed.items() if name in values})


def _extract_clip(
    key: str, path: str, sets: Sequence[FeatureSet], failures: Failures
) -> tuple[dict[str, Any] | None, _Features]:
    """Return the metadata of a clip if known, and its features; add what failed to ``failures``."""
    from ser_bench.core.errors import AudioError, TransientAudioError

    try:
        recording = audio.read(path)
        metadata = _metadata(key, recording)
    except TransientAudioError as error:
        failures.clips[key] = str(error)
        return None, {}
    except AudioError as error:
        return _metadata(key, error=str(error)), {}
    except Exception as error:  # a decoder may raise anything, for example MemoryError
        failures.clips[key] = f"reading failed: {format_error(error)}"
        return None, {}
    features: _Features = {}
    for condition in dict.fromkeys(s.condition for s in sets):
        part = [s for s in sets if s.condition == condition]
        computed, reason = _compute_sets(part, recording, metadata["digest"])
        features |= computed
        if reason and condition is None:
            failures.clips[key] = reason
        elif reason and condition is not None:
            failures.conditions[key, condition.name] = reason
    return metadata, features


def _compute_sets(sets: Sequence[FeatureSet], recording: audio.Recording, digest: str) -> tuple[_Features, str]:
    """Return the features of a clip under one condition, and the reason for those that are missing."""
    from ser_bench import features
    from ser_bench.core.errors import ConditionError

    y, sr = recording.y, recording.sr
    try:
        return features.compute(sets, y, sr, digest), ""
    except ConditionError as error:
        return {}, str(error)
    except (Exception, SystemExit):  # one of the sets, perhaps of a plugin, fails
        return _compute_separately(sets, y, sr, digest)


def _compute_separately(
    sets: Sequence[FeatureSet], y: npt.NDArray[np.float32], sr: int, digest: str
) -> tuple[_Features, str]:
    """Compute sets one by one; return the features and the failures."""
    from ser_bench import features
    from ser_bench.core.errors import FeatureError

    computed: _Features = {}
    failures = []
    for feature_set in sets:
        try:
            computed |= features.compute([feature_set], y, sr, digest)
        except FeatureError as error:
            failures.append(f"{feature_set.name}: {error}")
        except (Exception, SystemExit) as error:
            failures.append(f"{feature_set.name} failed: {format_error(error)}")
    return computed, "; ".join(failures)


def _metadata(key: str, recording: audio.Recording | None = None, error: str = "") -> dict[str, Any]:
    """Return what the store records of a clip besides its features."""
    row = {"key": key, "error": error, "reader": audio.reader_version(), "digest": "", "sr": 0, "samples": 0}
    if recording is None:
        return {**row, "total": 0, "channel": 0, "unread": 0}
    y, sr = recording.y, recording.sr
    return {
        **row,
        "digest": audio.samples_digest(y, sr),
        "sr": sr,
        "samples": len(y),
        "total": recording.total,
        "channel": 0 if recording.channel is None else recording.channel + 1,
        "unread": recording.unread,
    }
