"""Running median of 31 values."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compile import helper, kernel

SIZE = 31
_HALF = SIZE // 2
_LANES = 64


@helper
def _reflected(index: int, n: int) -> int:
    """Return the index inside an array of length ``n`` that mirrors an index beyond either end."""
    while index < 0 or index >= n:
        index = -index - 1 if index < 0 else 2 * n - 1 - index
    return index


@kernel
def running_median(x: np.ndarray, out: np.ndarray) -> None:
    """Write the running median over 31 values of each column into ``out``; edges are reflected.

    The loop handles 64 columns at a time and keeps each window sorted. A step removes the oldest value and inserts the
    newest without a branch, so that the compiler uses vector instructions.

    Parameters
    ----------
    x, out : ndarray of float32, shape (n, m)
        Finite input and the result, in any memory order.
    """
    n, m = x.shape
    ordered = np.empty((SIZE + 1, _LANES), np.float32)
    leaving = np.empty(_LANES, np.float32)
    carried = np.empty(_LANES, np.float32)
    for first in range(0, m, _LANES):
        width = min(_LANES, m - first)
        ordered[:] = np.inf
        carried[:] = 0
        leaving[:] = 0
        for step in range(-SIZE, n):
            # the first rounds only fill the window and remove its initial infinities
            arriving = step + _HALF if step >= 0 else step + SIZE - _HALF - 1
            row = _reflected(arriving, n)
            for j in range(width):
                carried[j] = x[row, first + j]
            if step > 0:
                row = _reflected(step - _HALF - 1, n)
                for j in range(width):
                    leaving[j] = x[row, first + j]
            elif step == 0:
                for j in range(width):
                    out[0, first + j] = ordered[_HALF, j]
                continue
            else:
                leaving[:] = np.inf
            for i in range(SIZE):
                current = ordered[i]
                above = ordered[i + 1]
                for j in range(_LANES):
                    value = current[j] if current[j] < leaving[j] else above[j]
                    lower = value if value < carried[j] else carried[j]
                    carried[j] = carried[j] if value < carried[j] else value
                    current[j] = lower
            if step > 0:
                for j in range(width):
                    out[step, first + j] = ordered[_HALF, j]
