"""Damaged files of a store.

The first byte is the kind: ``f`` a shard of features, ``c`` of clip metadata, ``i`` cached
hashes, ``n`` a saved fit.
"""

from __future__ import annotations

import atexit
import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

PACKAGES = ["ser_bench"]

KEY = "ab" * 32
SET: Any = SimpleNamespace(name="tiny", kind="vector", columns=("a", "b"), dimension=2)


def read_shard(store: Any, folder: Path, data: bytes) -> None:
    """Read a shard whose name is not its checksum as a run does: it moves to quarantine."""
    from ser_bench.core.progress import NoProgress

    folder.mkdir(parents=True)
    (folder / f"shard-{'0' * 64}.parquet").write_bytes(data)
    store.quarantine_damaged((SET,), NoProgress())
    assert not list(store.verify())
    assert not store.clip_metadata()
    assert not store.keys(SET)


def read_fit(store: Path, data: bytes) -> None:
    """Read a saved fit: without the right checksum it is moved to the quarantine."""
    from ser_bench.runs.fit_cache import FitCache

    path = store / "fits" / KEY[:2] / f"{KEY}.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    list(FitCache(store).verify())
    result = FitCache(store).load(KEY)
    assert (result is None) == (not path.exists())


def read_index(store: Path, clips: Path, data: bytes) -> None:
    """Read an index of a folder with one clip; ``CLIP`` in it stands for the clip's path."""
    from ser_bench.store.file_hashes import FileHashes

    clip = str(clips / "a.wav")
    (store / "index").mkdir()
    name = hashlib.sha256(str(clips).encode()).hexdigest()[:24]
    (store / "index" / f"{name}.json").write_bytes(data.replace(b"CLIP", clip.encode()))
    keys, errors = FileHashes(store, clips).hash_files([clip])
    assert not errors
    assert len(keys[clip]) == 64


def target() -> Callable[[bytes], None]:
    """Return a function that reads bytes as a file of a store; nothing outside the store may change."""
    import pandas  # noqa: F401

    import ser_bench.runs.fit_cache
    import ser_bench.store.file_hashes  # noqa: F401
    from ser_bench.store import METADATA_FOLDER, FeatureStore

    class Store(FeatureStore):
        def set_folder(self, feature_set: Any) -> Path:
            return self.folder / "features" / feature_set.name

    temporary = tempfile.TemporaryDirectory(prefix="fuzz-")
    atexit.register(temporary.cleanup)
    clips = Path(temporary.name, "clips")
    clips.mkdir()
    (clips / "a.wav").write_bytes(b"a")

    def once(data: bytes) -> None:
        kind, rest = data[:1], data[1:]
        with tempfile.TemporaryDirectory(dir=temporary.name) as name:
            store = Store(Path(name))
            if kind == b"n":
                read_fit(store.folder, rest)
            elif kind == b"i":
                read_index(store.folder, clips, rest)
            else:
                read_shard(store, store.folder / METADATA_FOLDER if kind == b"c" else store.set_folder(SET), rest)
        assert [path.name for path in clips.parent.iterdir()] == ["clips"]

    return once
