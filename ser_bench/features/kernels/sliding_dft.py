"""Sliding DFT: each frame's spectrum from that of the frame before, and a sparse filter bank on the spectra."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compile import kernel


@kernel
def slide(blocks: np.ndarray, turn: np.ndarray, real: np.ndarray, imaginary: np.ndarray) -> None:
    """Write the spectra of overlapping frames of successive blocks into ``real`` and ``imaginary``.

    A frame has ``b - t + 1`` blocks; the next frame drops the first block and adds one at the end.

    Parameters
    ----------
    blocks : ndarray of float64, shape (b, 2 * d)
        Spectrum of each block: real parts, then imaginary parts.
    turn : ndarray of complex128, shape (d,)
        Phase shift of each bin over the length of a block.
    real, imaginary : ndarray of float32, shape (d, t)
        The result.
    """
    d, t = real.shape
    inside = len(blocks) - t + 1
    re = np.zeros(d)
    im = np.zeros(d)
    # Horner's rule over the first frame, last block first
    for b in range(inside - 1, -1, -1):
        for k in range(d):
            c, s = turn[k].real, -turn[k].imag
            previous = re[k]
            re[k] = previous * c - im[k] * s + blocks[b, k]
            im[k] = previous * s + im[k] * c + blocks[b, d + k]
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
def add_magnitudes(
    real: np.ndarray, imaginary: np.ndarray, weights: np.ndarray, scale: np.ndarray, out: np.ndarray
) -> None:
    """Add the magnitude of each filter's response to each frame to ``out``.

    Sums run over the bins in order and in single precision, as in a product with a sparse matrix.

    Parameters
    ----------
    real, imaginary : ndarray of float32, shape (d, t)
        Spectra of the frames.
    weights : ndarray of complex64, shape (k, d)
        Filters, mostly zero.
    scale : ndarray of float32, shape (k,)
        Factor of each filter.
    out : ndarray of float32, shape (k, t)
        The result.
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
