"""Running median of 31 values, many series side by side."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compiling import helper, kernel

SIZE = 31
_HALF = SIZE // 2
_LANES = 64


@helper
def _reflected(index, n):  # type: ignore[no-untyped-def]
    """Return where an index beyond either end falls when the edge values are repeated in reverse."""
    while index < 0 or index >= n:
        index = -index - 1 if index < 0 else 2 * n - 1 - index
    return index


@kernel
def running_median(x, out):  # type: ignore[no-untyped-def]
    """Write the running median down the columns of ``x`` into ``out``, edges reflected.

    Both are float32 ``(n, m)``, in any memory order, and finite. Sixty-four columns go side by side,
    each with its window sorted; a step shifts the oldest value out and carries the newest in, with
    no branch, so that the compiler makes vector instructions of it.
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
            # the first rounds only fill the window; what leaves then is the infinity it began with
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
                here = ordered[i]
                above = ordered[i + 1]
                for j in range(_LANES):
                    kept = here[j] if here[j] < leaving[j] else above[j]
                    lower = kept if kept < carried[j] else carried[j]
                    carried[j] = carried[j] if kept < carried[j] else kept
                    here[j] = lower
            if step > 0:
                for j in range(width):
                    out[step, first + j] = ordered[_HALF, j]
