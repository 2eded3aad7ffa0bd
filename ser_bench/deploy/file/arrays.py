"""Arrays as a stream of ``.npy`` files: numbers and strings only, no pickles."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np

from ser_bench.core.errors import ModelFileError

_KINDS = "biufU"
_MAX_AXES = 8


class Writer:
    """Collects arrays under consecutive numbers."""

    def __init__(self) -> None:
        self._stream = io.BytesIO()
        self._count = 0

    def add(self, array: np.ndarray) -> int:
        """Append an array.

        Parameters
        ----------
        array : numpy.ndarray
            Numbers or strings, or records of them.

        Returns
        -------
        int
            Its number.

        Raises
        ------
        ModelFileError
            For another type, or values that are not finite.
        """
        _check_type(array.dtype)
        _check_finite(array)
        np.lib.format.write_array(self._stream, _without_gaps(array), version=(1, 0), allow_pickle=False)
        self._count += 1
        return self._count - 1

    def bytes(self) -> bytes:
        """Return the stream.

        Returns
        -------
        bytes
            All arrays.
        """
        return self._stream.getvalue()


def _without_gaps(array: np.ndarray) -> np.ndarray:
    """Return records with zeros between their fields, where memory is uninitialised."""
    if not array.dtype.names:
        return array
    copy = np.zeros(array.shape, array.dtype)
    for name in array.dtype.names:
        copy[name] = array[name]
    return copy


def read(data: bytes) -> list[np.ndarray]:
    """Return the arrays of a stream.

    Parameters
    ----------
    data : bytes
        The result of :meth:`Writer.bytes`.

    Returns
    -------
    list of numpy.ndarray
        Copies, by number.

    Raises
    ------
    ModelFileError
        For an array of objects, a shape that does not match the bytes, or values that are not finite.
    """
    stream = io.BytesIO(data)
    arrays: list[np.ndarray] = []
    while stream.tell() < len(data):
        try:
            if np.lib.format.read_magic(stream) != (1, 0):
                raise ValueError("version")
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        except Exception:  # NumPy parses a Python literal, which can fail in many ways
            raise ModelFileError("the header of an array cannot be read") from None
        _check_type(dtype)
        arrays.append(_body(stream, shape, fortran, dtype, len(data)))
    return arrays


def _body(stream: io.BytesIO, shape: tuple[int, ...], fortran: bool, dtype: Any, end: int) -> np.ndarray:
    count = math.prod(shape)
    size = count * dtype.itemsize
    if len(shape) > _MAX_AXES or min(shape, default=0) < 0 or size > end - stream.tell():
        raise ModelFileError(f"the shape {shape[:_MAX_AXES]} of an array does not match its bytes")
    flat = np.frombuffer(stream.read(size), dtype=dtype, count=count) if size else np.zeros(count, dtype)
    array = flat.reshape(shape, order="F" if fortran else "C").copy(order="K")
    _check_finite(array)
    return array


def _check_type(dtype: np.dtype) -> None:
    """Accept numbers, booleans and strings, and records of them, in native byte order."""
    parts = [dtype.fields[name][0] for name in dtype.names] if dtype.names and dtype.fields else [dtype]
    if any(part.kind not in _KINDS or part.subdtype or not part.itemsize or not part.isnative for part in parts):
        raise ModelFileError(f"an array of type {str(dtype)[:60]} cannot be saved")


def _check_finite(array: np.ndarray) -> None:
    parts = [array[name] for name in array.dtype.names] if array.dtype.names else [array]
    if not all(np.isfinite(part).all() for part in parts if part.dtype.kind == "f"):
        raise ModelFileError("an array contains values that are not finite")
