"""Manifests and feature tables, from the file to a listing of clips; Parquet is recognised by its first bytes."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Callable
from pathlib import Path

PACKAGES = ["ser_bench"]


def target() -> Callable[[bytes], None]:
    """Return a function that reads bytes as a file and lists its clips."""
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    from ser_bench.corpora import is_feature_table, list_clips
    from ser_bench.corpora.tables import feature_table, manifest  # noqa: F401

    folder = tempfile.TemporaryDirectory(prefix="fuzz-")
    atexit.register(folder.cleanup)
    (Path(folder.name) / "a.wav").touch()

    def once(data: bytes) -> None:
        path = Path(folder.name, "table.parquet" if data.startswith(b"PAR1") else "table.csv")
        path.write_bytes(data)
        is_feature_table(str(path))
        corpus = manifest.corpus(path)
        listing = list_clips(corpus, Path(folder.name))
        assert len(listing.clips) > 0
        assert listing.clips["clip"].is_unique
        assert (listing.clips[["clip", "emotion"]] != "").all(axis=None)
        assert (listing.clips["speaker"] != "").mean() in (0, 1)  # unknown speakers are unknown in all rows
        listing.clips.to_csv(index=False).encode(errors="backslashreplace")

    return once
