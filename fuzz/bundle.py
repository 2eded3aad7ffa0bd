"""A model file.

The first byte is the kind of the rest: ``P`` as in PK, a whole file; ``m`` a manifest; ``s`` a state
in JSON and, after a NUL, its arrays; ``l`` the same, inside a file with correct checksums.
"""

from __future__ import annotations

import atexit
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

PACKAGES = ["ser_bench", "zipfile"]

FEATURES = "treble"
LABELS = ["angry", "happy"]


def manifest_of(feature_set: Any, key: str) -> dict[str, Any]:
    """Return the manifest of a small model with one feature set."""
    corpus = {"name": "a", "title": "A", "licence": "CC0", "source": "", "citation": "", "fingerprint": "0"}
    return {
        "ser_bench": "0.1.0",
        "created": "2026-01-01",
        "model": {"name": "majority", "kind": "baseline", "parameters": {}, "seed": 0},
        "target": "emotion",
        "labels": LABELS,
        "features": [
            {"name": feature_set.name, "kind": "vector", "version": 1, "parameters": {}, "columns": ["a"], "key": key}
        ],
        "rate": None,
        "speeds": [],
        "corpus": {**corpus, "clips": 2, "speakers": 1, "by_label": {label: {"clips": 1} for label in LABELS}},
        "synthetic": True,
        "held_out": None,
        "versions": {},
        "intended_use": "none",
        "limits": [],
    }


def target() -> Callable[[bytes], None]:
    """Return a function that reads bytes as a model file or a part of one."""
    import sklearn.dummy
    import sklearn.pipeline  # noqa: F401

    from ser_bench import features
    from ser_bench.deploy import load_model, manifest
    from ser_bench.deploy.file import container, state

    folder = tempfile.TemporaryDirectory(prefix="fuzz-")
    atexit.register(folder.cleanup)
    path = Path(folder.name, "model.ser")
    feature_set = features.FEATURE_SETS[FEATURES]
    content = manifest_of(feature_set, features.set_key(feature_set))

    def once(data: bytes) -> None:
        kind, rest = data[:1], data[1:]
        members = dict(zip(("state.json", "arrays.npy"), rest.split(b"\0", 1), strict=False))
        if kind == b"m":
            json.dumps(manifest.validate(container.parse(rest, path), path).model_dump())
        elif kind in (b"s", b"l") and len(members) == 2:
            if kind == b"s":
                state.unpack(members)
                return
            container.write(path, content, members)
            load_model(path)
        else:
            path.write_bytes(data)
            load_model(path)

    return once
