"""Archives of a corpus, unpacked into a new folder; nothing may be written outside it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

PACKAGES = ["ser_bench", "zipfile"]

MAX_UNPACKED = 1 << 16


def target() -> Callable[[bytes], None]:
    """Return a function that unpacks these bytes."""
    from ser_bench.corpora.download.unzip import unpack

    def once(data: bytes) -> None:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
            packed = Path(name, "a.zip")
            packed.write_bytes(data)
            try:
                unpack(packed, Path(name, "out"), limit=MAX_UNPACKED)
            finally:
                assert {path.name for path in Path(name).iterdir()} <= {"a.zip", "out"}
                unpacked = list(Path(name, "out").rglob("*"))
                assert not any(path.is_symlink() for path in unpacked)
                assert sum(path.stat().st_size for path in unpacked if path.is_file()) <= MAX_UNPACKED

    return once
