"""The fits already done: a fit's key says everything that decides its outcome, and names its file.

``fits/<first two digits>/<key>.npz`` holds the predictions as arrays and the rest as JSON; nothing in
it is ever unpickled. Only fits that ended well are kept.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import zipfile
import zlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench.fitting import FitResult
from ser_bench.models.base import Model
from ser_bench.paths import mark_used, replacing

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.splits import Fold

_SHARED_SOURCE = ("ser_bench.fitting", "ser_bench.matrices", "ser_bench.importance")


def fit_key(model: Model, *, parts: dict[str, Any]) -> str:
    """Return a hash over ``parts`` (plain values), the model's code and the libraries it stands on."""
    said = {
        "model": model.name,
        "source": source_hash((*_SHARED_SOURCE, *model.source)),
        "libraries": {name: _version(name) for name in ("numpy", *model.needs)},
        **parts,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=list).encode()).hexdigest()


def digest_of(items: Iterable[object]) -> str:
    """Return a hash of a sequence of plain values."""
    return hashlib.sha256(b"".join(map(_line, items))).hexdigest()


def _line(item: object) -> bytes:
    return repr(item).encode() + b"\n"


class FoldDigests:
    """What folds train and test on, each as :func:`digest_of` its clips; every clip is put into words once.

    ``clips`` is indexed by clip and has ``key``, ``label`` and ``speaker``.
    """

    def __init__(self, clips: pd.DataFrame) -> None:
        facts = [clips[name].tolist() for name in ("key", "label", "speaker")]
        self._trained = dict(zip(clips.index, map(_line, zip(*facts, strict=True)), strict=True))
        self._tested = dict(zip(clips.index, map(_line, facts[0]), strict=True))
        self._known: dict[int, tuple[Fold, dict[str, str]]] = {}  # with the fold, so that no other gets its id

    def of(self, fold: Fold) -> dict[str, str]:
        """Return the digests ``train`` and ``test``; models share a fold's object, so each is hashed once."""
        if id(fold) not in self._known:
            said = {"train": (self._trained, fold.train), "test": (self._tested, fold.test)}
            digests = {
                side: hashlib.sha256(b"".join(map(lines.__getitem__, names))).hexdigest()
                for side, (lines, names) in said.items()
            }
            self._known[id(fold)] = (fold, digests)
        return self._known[id(fold)][1]


@cache
def source_hash(modules: tuple[str, ...]) -> str:
    """Return a hash of the source text of modules, which are not imported; a path names a file."""
    hashed = hashlib.sha256()
    for name in modules:
        spec = None if name.endswith(".py") else importlib.util.find_spec(name)
        path = spec.origin if spec else name
        hashed.update(Path(str(path)).read_bytes())
    return hashed.hexdigest()


@cache
def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


class FitStore:
    """The finished fits below a store's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "fits"

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.npz"

    def save(self, key: str, result: FitResult) -> None:
        """Keep a fit's outcome under its key."""
        rest = {
            "fit_seconds": result.fit_seconds,
            "predict_seconds": result.predict_seconds,
            "history": dict(result.history),
            "warnings": list(result.warnings),
            "model_bytes": result.model_bytes,
            "shuffled": list(result.shuffled),
        }
        shuffled: dict[str, Any] = {f"shuffled_{i}": labels for i, labels in enumerate(result.shuffled.values())}
        with replacing(self._path(key)) as temporary, temporary.open("wb") as opened:
            np.savez_compressed(
                opened,
                predicted=result.predicted,
                probabilities=result.probabilities,
                rest=np.frombuffer(json.dumps(rest).encode(), dtype=np.uint8),
                **shuffled,
            )

    def load(self, key: str) -> FitResult | None:
        """Return a fit's outcome, or None where it is not there or its file is damaged (it is then redone)."""
        try:
            with self._path(key).open("rb") as opened, np.load(opened, allow_pickle=False) as saved:
                mark_used(self._path(key))
                rest = json.loads(saved["rest"].tobytes())
                return FitResult(
                    saved["predicted"],
                    saved["probabilities"],
                    rest["fit_seconds"],
                    rest["predict_seconds"],
                    rest["history"],
                    tuple(rest["warnings"]),
                    rest["model_bytes"],
                    {name: saved[f"shuffled_{i}"] for i, name in enumerate(rest["shuffled"])},
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return None
