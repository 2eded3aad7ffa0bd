"""Arrays as one stream of bytes: ``.npy`` after ``.npy``, plain numbers and texts only, nothing pickled."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np

from ser_bench.core.errors import ModelFileError

_KINDS = "biufU"
_MOST_AXES = 8


class Writer:
    """Collects arrays; each is known by its number from then on."""

    def __init__(self) -> None:
        self._stream = io.BytesIO()
        self._count = 0

    def add(self, array: np.ndarray) -> int:
        """Append an array and return its number; raises :class:`ModelFileError` for one that a file may not hold."""
        _check_type(array.dtype)
        _check_finite(array)
        np.lib.format.write_array(self._stream, _clean(array), version=(1, 0), allow_pickle=False)
        self._count += 1
        return self._count - 1

    def bytes(self) -> bytes:
        """Return everything appended so far."""
        return self._stream.getvalue()


def _clean(array: np.ndarray) -> np.ndarray:
    """Return records with zeros in the gaps between their fields, which hold whatever lay in memory."""
    if not array.dtype.names:
        return array
    clean = np.zeros(array.shape, array.dtype)
    for name in array.dtype.names:
        clean[name] = array[name]
    return clean


def read(data: bytes) -> list[np.ndarray]:
    """Return the arrays of a stream, each a copy of its own.

    Raises :class:`ModelFileError` for an array of objects, a shape that the bytes do not fill, or values that are not
    finite.
    """
    stream, found = io.BytesIO(data), []
    while stream.tell() < len(data):
        try:
            if np.lib.format.read_magic(stream) != (1, 0):
                raise ValueError("version")
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        except Exception:  # NumPy parses it as Python's literals, which may fail in many ways
            raise ModelFileError("an array's head cannot be read") from None
        _check_type(dtype)
        found.append(_body(stream, shape, fortran, dtype, len(data)))
    return found


def _body(stream: io.BytesIO, shape: tuple[int, ...], fortran: bool, dtype: Any, end: int) -> np.ndarray:
    count = math.prod(shape)
    size = count * dtype.itemsize
    if len(shape) > _MOST_AXES or min(shape, default=0) < 0 or size > end - stream.tell():
        raise ModelFileError(f"an array's shape {shape[:_MOST_AXES]} is not that of its content")
    flat = np.frombuffer(stream.read(size), dtype=dtype, count=count) if size else np.zeros(count, dtype)
    array = flat.reshape(shape, order="F" if fortran else "C").copy(order="K")
    _check_finite(array)
    return array


def _check_type(dtype: np.dtype) -> None:
    """Accept numbers, truth values and texts, and records of them, all in this machine's byte order."""
    parts = [dtype.fields[name][0] for name in dtype.names] if dtype.names and dtype.fields else [dtype]
    if any(part.kind not in _KINDS or part.subdtype or not part.itemsize or not part.isnative for part in parts):
        raise ModelFileError(f"an array of type {str(dtype)[:60]} cannot be kept")


def _check_finite(array: np.ndarray) -> None:
    parts = [array[name] for name in array.dtype.names] if array.dtype.names else [array]
    if not all(np.isfinite(part).all() for part in parts if part.dtype.kind == "f"):
        raise ModelFileError("it holds numbers that are not finite")
