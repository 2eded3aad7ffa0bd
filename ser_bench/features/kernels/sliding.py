"""Spectra of overlapping frames, each made from the one before, and a sparse filter bank on them."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compiling import kernel


@kernel
def slide(blocks, turn, real, imaginary):  # type: ignore[no-untyped-def]
    """Write the spectra of frames of successive blocks into ``real`` and ``imaginary``, float32 ``(d, t)``.

    ``blocks`` holds each block's own spectrum, real parts then imaginary, float64 ``(b, 2 d)``; ``turn``
    (complex128, ``(d,)``) is the phase by which a block's length moves each bin. A frame is
    ``b - t + 1`` blocks; the next one drops a block in front and takes one behind.
    """
    d, t = real.shape
    inside = len(blocks) - t + 1
    re = np.zeros(d)
    im = np.zeros(d)
    # Horner's rule over the first frame, last block first
    for b in range(inside - 1, -1, -1):
        for k in range(d):
            c, s = turn[k].real, -turn[k].imag
            kept = re[k]
            re[k] = kept * c - im[k] * s + blocks[b, k]
            im[k] = kept * s + im[k] * c + blocks[b, d + k]
    for i in range(t):
        for k in range(d):
            real[k, i] = re[k]
            imaginary[k, i] = im[k]
        if i + 1 == t:
            break
        for k in range(d):
            c, s = turn[k].real, turn[k].imag
            fresh_re = re[k] - blocks[i, k] + blocks[i + inside, k]
            fresh_im = im[k] - blocks[i, d + k] + blocks[i + inside, d + k]
            re[k] = fresh_re * c - fresh_im * s
            im[k] = fresh_re * s + fresh_im * c


@kernel
def add_magnitudes(real, imaginary, weights, scale, out):  # type: ignore[no-untyped-def]
    """Add to ``out`` (float32, ``(k, t)``) the magnitude of each filter's response to each frame.

    ``real`` and ``imaginary`` are float32 ``(d, t)``, ``weights`` complex64 ``(k, d)``, mostly zero,
    ``scale`` float32 ``(k,)``. Sums run over the bins in order and in single precision, as a product with a
    sparse matrix does.
    """
    frames = out.shape[1]
    re = np.empty(frames, np.float32)
    im = np.empty(frames, np.float32)
    for k in range(weights.shape[0]):
        re[:] = 0
        im[:] = 0
        for f in range(weights.shape[1]):
            a, b = weights[k, f].real, weights[k, f].imag
            if a == 0 and b == 0:
                continue
            x, y = real[f], imaginary[f]
            for i in range(frames):
                re[i] += a * x[i] - b * y[i]
                im[i] += a * y[i] + b * x[i]
        for i in range(frames):
            out[k, i] += np.sqrt(re[i] * re[i] + im[i] * im[i]) * scale[k]
