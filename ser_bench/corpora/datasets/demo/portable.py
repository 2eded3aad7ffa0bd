"""Arithmetic that gives the same bits on every machine.

IEEE 754 fixes the result of ``+ - * /`` and ``sqrt`` to the last bit, and leaves ``exp``, ``cos``, the
order of a sum and the fusing of a multiplication with an addition to the library and the processor.
So everything here is made of the first five, one NumPy call each: no ``numpy.exp``, ``sum``, ``dot``
or ``interp``, and no compiled filter. Random numbers come from the raw words of a bit generator,
whose stream NumPy promises to keep (NEP 19), and not from ``Generator``'s methods, which may change.
"""

from __future__ import annotations

import math

import numpy as np

_EXP = tuple(1.0 / math.factorial(n) for n in range(14))
_SIN = tuple((-1.0) ** n / math.factorial(2 * n + 1) for n in range(12))
_LN2 = 0.6931471805599453
_LN10 = 2.302585092994046


def uniforms(key: tuple[int, ...], n: int) -> np.ndarray:
    """Return `n` float64 in [0, 1), drawn by PCG64 from a key of small non-negative integers."""
    raw = np.random.PCG64(np.random.SeedSequence(key)).random_raw(n)
    return (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53


def bells(key: tuple[int, ...], n: int) -> np.ndarray:
    """Return `n` float64 of mean 0 and variance 1 in (-3, 3): sums of three uniform numbers."""
    u = uniforms(key, 3 * n).reshape(3, n)
    return ((u[0] + u[1]) + u[2] - 1.5) * 2.0


def noise(key: tuple[int, ...], n: int) -> np.ndarray:
    """Return `n` samples of white noise, uniform in [-1, 1)."""
    return uniforms(key, n) * 2.0 - 1.0


def exp(x: np.ndarray | float) -> np.ndarray:
    """Return e to the power of `x`, to about 1e-15 relative."""
    x = np.asarray(x, dtype=np.float64)
    whole = np.rint(x * (1.0 / _LN2))
    return np.ldexp(_horner(_EXP, x - whole * _LN2), whole.astype(np.int32))


def cos_turn(turns: np.ndarray) -> np.ndarray:
    """Return the cosine of `turns` full circles, for `turns` in [0, 0.5]."""
    half = turns * math.pi
    s = half * _horner(_SIN, half * half)
    return 1.0 - 2.0 * (s * s)


def semitones(x: np.ndarray | float) -> np.ndarray:
    """Return the frequency ratio of `x` semitones."""
    return exp(np.asarray(x) * (_LN2 / 12.0))


def decibels(x: np.ndarray | float) -> np.ndarray:
    """Return the amplitude ratio of `x` decibels."""
    return exp(np.asarray(x) * (_LN10 / 20.0))


def interpolate(x: np.ndarray, xp: np.ndarray, fp: np.ndarray) -> np.ndarray:
    """Interpolate linearly, as ``numpy.interp`` does; `xp` rises strictly, `fp` is ``(..., len(xp))``.

    Returns an array of shape ``(..., len(x))``, constant beyond both ends.
    """
    left = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 2)
    weight = np.clip((x - xp[left]) / (xp[left + 1] - xp[left]), 0.0, 1.0)
    return fp[..., left] + (fp[..., left + 1] - fp[..., left]) * weight


def upsample(frames: np.ndarray, hop_length: int) -> np.ndarray:
    """Interpolate rows of ``(n, t + 1)`` frame values to ``(n, t * hop_length)`` samples."""
    ramp = np.arange(hop_length) * (1.0 / hop_length)
    start, step = frames[:, :-1, None], frames[:, 1:, None] - frames[:, :-1, None]
    return (start + step * ramp).reshape(len(frames), -1)


def _horner(coefficients: tuple[float, ...], x: np.ndarray) -> np.ndarray:
    value = np.full_like(x, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        value = value * x + c
    return value
