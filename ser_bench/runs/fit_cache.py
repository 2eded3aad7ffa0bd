"""The cache of finished fits: ``fits/<first two digits>/<key>.npz`` in the store.

A file is a NumPy archive of plain arrays and JSON; nothing is unpickled. Its last 64 bytes, the archive's ZIP comment,
are a SHA-256 of the key and the file before them. A damaged file is moved to the store's quarantine.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ser_bench.core.files import atomic_write, mark_used, read_bytes
from ser_bench.core.progress import NoProgress, Progress
from ser_bench.runs.fit import FitResult
from ser_bench.store.quarantine import move_to_quarantine

_CHECKSUM_BYTES = 64
_COMMENT_LENGTH_BYTES = 2


class FitCache:
    """The finished fits of a store.

    Parameters
    ----------
    store : Path
        Folder of the store.
    progress : Progress, optional
        Receives a warning for each damaged file.
    """

    def __init__(self, store: Path, progress: Progress | None = None) -> None:
        self.store, self.folder = store, store / "fits"
        self.progress = progress or NoProgress()

    def save(self, key: str, result: FitResult) -> None:
        """Write the result of a fit.

        Parameters
        ----------
        key : str
            Key of the fit.
        result : FitResult
            The result.
        """
        with atomic_write(self._path(key)) as temporary:
            temporary.write_bytes(_pack(key, result))

    def load(self, key: str) -> FitResult | None:
        """Return the result of a fit; None if there is none, or if its file is damaged and was moved away.

        Parameters
        ----------
        key : str
            Key of the fit.

        Returns
        -------
        FitResult or None

        Raises
        ------
        StoreError
            If a damaged file cannot be moved.
        """
        path = self._path(key)
        try:
            result = _unpack(key, read_bytes(path))
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return None
        except (OSError, ValueError) as error:
            move_to_quarantine(self.store, path, str(error), "the fit", self.progress)
            return None
        mark_used(path)
        return result

    def verify(self) -> Iterator[str]:
        """Check every file; yield a message for each damaged one.

        Yields
        ------
        str
            A message of two lines.
        """
        for path in sorted(self.folder.glob("*/*.npz")):
            try:
                _unpack(path.stem, read_bytes(path))
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                yield f"damaged: {path} ({error})\nthe next run that needs the fit moves the file and fits again"

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.npz"


def _pack(key: str, result: FitResult) -> bytes:
    facts = {
        "fit_seconds": result.fit_seconds,
        "predict_seconds": result.predict_seconds,
        "history": dict(result.history),
        "warnings": list(result.warnings),
        "model_bytes": result.model_bytes,
        "shuffled": list(result.shuffled),
    }
    arrays = {
        "predicted": result.predicted,
        "probabilities": result.probabilities,
        "facts": np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
        **{f"shuffled_{i}": labels for i, labels in enumerate(result.shuffled.values())},
    }
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    # a ZIP file ends with the length of its comment
    archive = stream.getvalue()[:-_COMMENT_LENGTH_BYTES] + _CHECKSUM_BYTES.to_bytes(_COMMENT_LENGTH_BYTES, "little")
    return archive + _checksum(key, archive)


def _unpack(key: str, content: bytes) -> FitResult:
    if content[-_CHECKSUM_BYTES:] != _checksum(key, content[:-_CHECKSUM_BYTES]):
        raise ValueError("checksum mismatch")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        facts = json.loads(arrays["facts"].tobytes())
        return FitResult(
            arrays["predicted"],
            arrays["probabilities"],
            facts["fit_seconds"],
            facts["predict_seconds"],
            facts["history"],
            tuple(facts["warnings"]),
            facts["model_bytes"],
            {group: arrays[f"shuffled_{i}"] for i, group in enumerate(facts["shuffled"])},
        )


def _checksum(key: str, archive: bytes) -> bytes:
    return hashlib.sha256(key.encode() + archive).hexdigest().encode()
