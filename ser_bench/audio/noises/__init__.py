"""Noises of any length and sampling rate: white, pink, speech-shaped, babble, and mains hum.

Each function takes the number of samples, the sampling rate in Hz and a random generator, and returns float32 samples.
Their level has no meaning.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ser_bench.audio.noises.voices import TOP, talkers
from ser_bench.audio.speech_spectrum import LOWEST_HZ, spectrum_level

_LOWEST = 20.0
"""Lowest frequency of pink noise in Hz."""

_CACHED_SECONDS = 30
"""Length up to which the gains of a transform are cached; those of 300 s take 29 MB."""

_MAINS = 50
_HARMONICS = 20


def white(n: int, sr: int, rng: np.random.Generator) -> np.ndarray:
    """Draw white noise.

    Parameters
    ----------
    n : int
        Number of samples.
    sr : int
        Sampling rate in Hz, without effect.
    rng : numpy.random.Generator
        Random numbers.

    Returns
    -------
    ndarray of float32, shape (n,)
    """
    return rng.standard_normal(n, dtype=np.float32)


def pink(n: int, sr: int, rng: np.random.Generator) -> np.ndarray:
    """Draw pink noise: -3 dB per octave from 20 Hz to half the sampling rate.

    Parameters
    ----------
    n : int
        Number of samples.
    sr : int
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Random numbers.

    Returns
    -------
    ndarray of float32, shape (n,)
    """
    return _shaped(n, sr, rng, "pink")


def speech(n: int, sr: int, rng: np.random.Generator) -> np.ndarray:
    """Draw noise with the long-term average spectrum of speech from 56 Hz up; above 16 kHz as at 16 kHz.

    Parameters
    ----------
    n : int
        Number of samples.
    sr : int
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Random numbers.

    Returns
    -------
    ndarray of float32, shape (n,)

    References
    ----------
    Byrne et al. (1994), An international comparison of long-term average speech spectra, J. Acoust. Soc. Am. 96(4),
    2108-2120.
    """
    return _shaped(n, sr, rng, "speech")


def babble(n: int, sr: int, rng: np.random.Generator) -> np.ndarray:
    """Draw babble of eight voices, which end near 8 kHz. Above them is stationary noise as loud as in speech.

    Parameters
    ----------
    n : int
        Number of samples.
    sr : int
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Random talkers, starts and noise.

    Returns
    -------
    ndarray of float32, shape (n,)
    """
    voices = talkers(n, sr, rng)
    return voices + _shaped(n, sr, rng, "treble") if sr > 2 * TOP else voices


def hum(n: int, sr: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the hum of mains of 50 Hz: harmonics up to 1 kHz with amplitude 1/k and random phase.

    Parameters
    ----------
    n : int
        Number of samples.
    sr : int
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Random phases.

    Returns
    -------
    ndarray of float32, shape (n,)
    """
    phases = rng.random(_HARMONICS)
    period = sr // math.gcd(sr, _MAINS)
    turns = np.arange(min(n, period)) * (_MAINS / sr)
    harmonics = range(1, min(_HARMONICS, (sr - 1) // (2 * _MAINS)) + 1)
    waves = [np.sin(2 * np.pi * (k * turns + phases[k - 1])) / k for k in harmonics]
    return np.resize(np.sum(waves, axis=0).astype(np.float32), n)


NOISES = {"white": white, "pink": pink, "speech": speech, "babble": babble, "hum": hum}
"""The functions by name."""


def _shaped(n: int, sr: int, rng: np.random.Generator, name: str) -> np.ndarray:
    """Draw Gaussian noise with a spectrum, as the inverse transform of random lines."""
    from scipy.fft import irfft, next_fast_len

    quarter = max(1, sr // 4)  # few different lengths, so that the gains are found in the cache
    length = next_fast_len(-(-n // quarter) * quarter, real=True)
    gains = (_gains if length <= _CACHED_SECONDS * sr else _gains.__wrapped__)(name, length, sr)
    lines = rng.standard_normal(2 * len(gains), dtype=np.float32).view(np.complex64)
    noise: np.ndarray = irfft(lines * gains, length)[:n]
    return noise


@lru_cache(maxsize=16)
def _gains(name: str, length: int, sr: int) -> np.ndarray:
    """Return the amplitudes of the lines of a transform as float32, for a power of 1.

    The lines of ``treble`` are those of ``speech`` above the voices of babble, with the power that they have in speech.
    """
    frequencies = np.arange(length // 2 + 1) * (sr / length)
    gains = (_pink_gains if name == "pink" else _speech_gains)(np.maximum(frequencies, 1e-3))
    gains[[0, -1]] = 0.0
    gains *= length / (2 * np.sqrt(np.sum(gains**2)))
    if name == "treble":
        gains[frequencies < TOP] = 0.0
    return gains.astype(np.float32)


def _pink_gains(frequencies: np.ndarray) -> np.ndarray:
    return np.where(frequencies < _LOWEST, 0.0, frequencies**-0.5)


def _speech_gains(frequencies: np.ndarray) -> np.ndarray:
    """Return the amplitude of the long-term average spectrum of speech."""
    gains: np.ndarray = np.where(frequencies < LOWEST_HZ, 0.0, 10 ** (spectrum_level(frequencies) / 20))
    return gains
