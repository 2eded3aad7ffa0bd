"""Files of a store. The first byte says which: ``f`` a shard of features, ``c`` of facts, as Parquet or as CSV that is
made into it (values are numbers with a space between), ``n`` a saved fit, whole or, where it does not begin as a ZIP,
its members, each ended by a NUL; ``i`` an index. A capital letter: a shard's name, or an index's sum, is right.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

PACKAGES = ["ser_bench", "zipfile"]

KEY = "ab" * 32
SET: Any = SimpleNamespace(name="tiny", kind="vector", columns=("a", "b"), dimension=2)
MEMBERS = ("rest.npy", "predicted.npy", "probabilities.npy", "shuffled_0.npy")


def packed(members: bytes) -> bytes:
    """Return members as the archive that ``numpy.savez`` writes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in zip(MEMBERS, members.split(b"\0end", len(MEMBERS) - 1), strict=False):
            archive.writestr(name, member)
    return stream.getvalue()


def parquet(text: bytes) -> bytes:
    """Return a CSV as a shard: columns of the kinds that they have there, where their values allow it."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    table = pa.csv.read_csv(pa.BufferReader(text))
    kinds = {"key": pa.string(), "t": pa.int32(), "d": pa.int32(), "digest": pa.string(), "error": pa.string()}
    kinds |= {"length": pa.float64(), "fingerprint": pa.binary()}
    for i, field in enumerate(table.schema):
        with contextlib.suppress(ValueError, NotImplementedError, UnicodeError):
            if field.name == "values":
                lists = [[float(v) for v in str(said).split()] for said in table["values"].to_pylist()]
                table = table.set_column(i, "values", [pa.array(lists, pa.list_(pa.float32()))])
            elif field.name in kinds:
                table = table.set_column(i, field.name, table[field.name].cast(kinds[field.name]))
    stream = pa.BufferOutputStream()
    pq.write_table(table, stream, compression="zstd", use_dictionary=False, write_page_checksum=True)
    return bytes(stream.getvalue())


def read_shard(store: Any, folder: Path, data: bytes, *, named: bool) -> None:
    """Read a shard in a store's folder as a run does: damage goes, the rest is whole."""
    from ser_bench.core.progress import NoProgress

    if not data.startswith(b"PAR1"):
        with contextlib.suppress(ValueError, KeyError, TypeError, NotImplementedError):
            data = parquet(data)
    folder.mkdir(parents=True)
    (folder / f"shard-{hashlib.sha256(data).hexdigest() if named else '0' * 32}.parquet").write_bytes(data)
    store.quarantine_damaged((SET,), NoProgress())
    list(store.verify())
    for fact in store.clip_metadata().values():
        assert fact["error"] or fact["samples"] / fact["sr"] > 0
    for values in store.read(SET, store.keys(SET)).values():
        assert values.shape == (2,)


def read_fit(store: Path, data: bytes) -> None:
    """Read a saved fit of two clips: it is whole, or set aside."""
    from ser_bench.runs.fit_cache import FitStore

    path = store / "fits" / KEY[:2] / f"{KEY}.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(data if data.startswith(b"PK") else packed(data))
    list(FitStore(store).verify())
    found = FitStore(store).load(KEY, 2, ("happy", "sad"))
    assert (found is None) == (not path.exists())
    if found is not None:
        assert (found.predicted.shape, found.probabilities.shape) == ((2,), (2, 2))
        assert found.fit_seconds + found.predict_seconds >= 0


def read_index(store: Path, clips: Path, data: bytes, *, summed: bool) -> None:
    """Read an index of a folder with one clip, whose path stands as ``CLIP`` in it."""
    from ser_bench.store.file_hashes import FileHashes

    with contextlib.suppress(ValueError, RecursionError):
        if summed:
            known = json.loads(data)
            digest = hashlib.sha256(json.dumps(known).encode()).hexdigest()
            data = json.dumps({"sha256": digest, "known": known}).encode()
    clip = str(clips / "a.wav")
    (store / "index").mkdir()
    name = hashlib.sha256(str(clips).encode()).hexdigest()[:24]
    (store / "index" / f"{name}.json").write_bytes(data.replace(b"CLIP", clip.encode()))
    keys, errors = FileHashes(store, clips).hash_files([clip])
    assert not errors
    assert len(keys[clip]) == 64


def target() -> Callable[[bytes], None]:
    """Return a function that reads these bytes as a file of a store; nothing beside the store may change."""
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
            if kind in (b"n", b"N"):
                read_fit(store.folder, rest)
            elif kind in (b"i", b"I"):
                read_index(store.folder, clips, rest, summed=kind == b"I")
            else:
                folder = store.folder / METADATA_FOLDER if kind in (b"c", b"C") else store.set_folder(SET)
                read_shard(store, folder, rest, named=kind.isupper())
        assert [path.name for path in clips.parent.iterdir()] == ["clips"]

    return once
