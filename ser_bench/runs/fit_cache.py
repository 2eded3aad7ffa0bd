"""The fits already done: a fit's key says everything that decides its outcome, and names its file.

``fits/<first two digits>/<key>.npz`` holds the predictions as arrays and the rest as JSON; nothing in
it is ever unpickled. The key stands inside, too, so that a file under another's name is not taken for it; files of
earlier versions lack it. Only fits that ended well are kept; a damaged file is moved to the store's quarantine.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench.core.files import atomic_write, mark_used
from ser_bench.core.progress import NoProgress, Progress
from ser_bench.core.versions import installed_version
from ser_bench.models.base import Model
from ser_bench.runs import fit_file as fitfile
from ser_bench.runs.fit import FitResult
from ser_bench.store.quarantine import move_to_quarantine

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.splits import Fold

_SHARED_SOURCE = ("ser_bench.runs.fit", "ser_bench.store.matrix", "ser_bench.runs.importance")


def fit_key(model: Model, *, parts: dict[str, Any]) -> str:
    """Return a hash over ``parts`` (plain values), the model's code and the libraries it stands on."""
    said = {
        "model": model.name,
        "source": source_hash((*_SHARED_SOURCE, *model.source)),
        "libraries": {name: installed_version(name) for name in ("numpy", *model.needs)},
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


class FitStore:
    """The finished fits below a store's folder."""

    def __init__(self, store: Path, progress: Progress | None = None) -> None:
        self.store, self.folder = store, store / "fits"
        self.progress = progress or NoProgress()

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.npz"

    def save(self, key: str, result: FitResult) -> None:
        """Keep a fit's outcome under its key."""
        rest = {
            "key": key,
            "fit_seconds": result.fit_seconds,
            "predict_seconds": result.predict_seconds,
            "history": dict(result.history),
            "warnings": list(result.warnings),
            "model_bytes": result.model_bytes,
            "shuffled": list(result.shuffled),
        }
        shuffled: dict[str, Any] = {f"shuffled_{i}": labels for i, labels in enumerate(result.shuffled.values())}
        with atomic_write(self._path(key)) as temporary, temporary.open("wb") as opened:
            np.savez_compressed(
                opened,
                predicted=result.predicted,
                probabilities=result.probabilities,
                rest=np.frombuffer(json.dumps(rest).encode(), dtype=np.uint8),
                **shuffled,
            )

    def load(self, key: str, tested: int | None = None, labels: Sequence[str] | None = None) -> FitResult | None:
        """Return a fit's outcome, or None where it is not there; a damaged file is set aside, told, and not there.

        So is one of another number of clips than ``tested``, or of other labels, where these are given.
        """
        path = self._path(key)
        try:
            found = fitfile.read(path, tested, labels)
            mark_used(path)
            return found
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return None
        except Exception as error:  # what a damaged archive makes its readers raise is not known
            move_to_quarantine(self.store, path, _said(error), "the fit", self.progress)
            return None

    def verify(self) -> Iterator[str]:
        """Read every file and yield a line for each that is damaged, with how to mend it."""
        for path in sorted(self.folder.glob("*/*.npz")):
            try:
                fitfile.read(path)
            except FileNotFoundError:
                continue
            except Exception as error:
                yield f"damaged: {path} ({_said(error)})\nthe run that needs it moves it aside and fits again"


def _said(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:120]
