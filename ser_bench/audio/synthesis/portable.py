"""Arithmetic with bit-identical results on every machine.

IEEE 754 defines the result of ``+ - * /`` and ``sqrt`` to the last bit. ``exp``, ``cos``, the order of a sum and
fused multiply-add depend on library and processor. The functions here use the former only, one NumPy call each: no
``numpy.exp``, ``sum``, ``dot`` or ``interp``, and no compiled filter. Random numbers are the raw words of a bit
generator, whose stream NumPy guarantees (NEP 19), not values of ``Generator``'s methods, which may change.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

_EXP = tuple(1.0 / math.factorial(n) for n in range(14))
_SIN = tuple((-1.0) ** n / math.factorial(2 * n + 1) for n in range(12))
_LN2 = 0.6931471805599453
_LN10 = 2.302585092994046


Floats = npt.NDArray[np.float64]


def uniforms(key: tuple[int, ...], n: int) -> Floats:
    """Draw uniform random numbers with PCG64.

    Parameters
    ----------
    key
        Seed, of small non-negative integers.
    n
        Number of values.

    Returns
    -------
    numpy.ndarray
        float64 in [0, 1), shape ``(n,)``.
    """
    raw = np.random.PCG64(np.random.SeedSequence(key)).random_raw(n)
    return (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normals(key: tuple[int, ...], n: int) -> Floats:
    """Draw approximately normal random numbers, sums of three uniform ones.

    Parameters
    ----------
    key
        Seed, of small non-negative integers.
    n
        Number of values.

    Returns
    -------
    numpy.ndarray
        float64 in (-3, 3) with mean 0 and variance 1, shape ``(n,)``.
    """
    u, v, w = uniforms(key, 3 * n).reshape(3, n)
    scores: Floats = ((u + v) + w - 1.5) * 2.0
    return scores


def noise(key: tuple[int, ...], n: int) -> Floats:
    """Draw white noise.

    Parameters
    ----------
    key
        Seed, of small non-negative integers.
    n
        Number of samples.

    Returns
    -------
    numpy.ndarray
        float64, uniform in [-1, 1), shape ``(n,)``.
    """
    return uniforms(key, n) * 2.0 - 1.0


def exp(x: npt.ArrayLike) -> Floats:
    """Compute the exponential function, to about 1e-15 relative.

    Parameters
    ----------
    x
        Exponents.

    Returns
    -------
    numpy.ndarray
        float64, in the shape of ``x``.
    """
    x = np.asarray(x, dtype=np.float64)
    whole = np.rint(x * (1.0 / _LN2))
    power: Floats = np.ldexp(_horner(_EXP, x - whole * _LN2), whole.astype(np.int32))
    return power


def cos_turns(turns: Floats) -> Floats:
    """Compute the cosine of an angle in full turns.

    Parameters
    ----------
    turns
        Angles in [0, 0.5] turns.

    Returns
    -------
    numpy.ndarray
        float64, in the shape of ``turns``.
    """
    half = turns * math.pi
    s = half * _horner(_SIN, half * half)
    return 1.0 - 2.0 * (s * s)


def semitones_to_ratio(x: npt.ArrayLike) -> Floats:
    """Convert semitones to a frequency ratio.

    Parameters
    ----------
    x
        Intervals in semitones.

    Returns
    -------
    numpy.ndarray
        float64, in the shape of ``x``.
    """
    return exp(np.asarray(x) * (_LN2 / 12.0))


def db_to_amplitude(x: npt.ArrayLike) -> Floats:
    """Convert decibels to an amplitude ratio.

    Parameters
    ----------
    x
        Levels in dB.

    Returns
    -------
    numpy.ndarray
        float64, in the shape of ``x``.
    """
    return exp(np.asarray(x) * (_LN10 / 20.0))


def interpolate(x: Floats, xp: Floats, fp: Floats) -> Floats:
    """Interpolate linearly, like ``numpy.interp``.

    Parameters
    ----------
    x
        Points to evaluate at, shape ``(n,)``.
    xp
        Strictly increasing points, shape ``(p,)``.
    fp
        Values at ``xp``, shape ``(..., p)``.

    Returns
    -------
    numpy.ndarray
        float64, shape ``(..., n)``, constant beyond both ends.
    """
    left = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 2)
    weight = np.clip((x - xp[left]) / (xp[left + 1] - xp[left]), 0.0, 1.0)
    values: Floats = fp[..., left] + (fp[..., left + 1] - fp[..., left]) * weight
    return values


def upsample(frames: Floats, hop_length: int) -> Floats:
    """Interpolate frame values linearly to samples.

    Parameters
    ----------
    frames
        Values at the edges of ``t`` frames, shape ``(n, t + 1)``.
    hop_length
        Samples per frame.

    Returns
    -------
    numpy.ndarray
        float64, shape ``(n, t * hop_length)``.
    """
    ramp = np.arange(hop_length) * (1.0 / hop_length)
    start, step = frames[:, :-1, None], frames[:, 1:, None] - frames[:, :-1, None]
    values: Floats = (start + step * ramp).reshape(len(frames), -1)
    return values


def _horner(coefficients: tuple[float, ...], x: Floats) -> Floats:
    value = np.full_like(x, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        value = value * x + c
    return value
