"""Synthetic voices that speak at once, neutral in emotion."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ser_bench.audio.resample import resample
from ser_bench.audio.synthesis.controls import SR
from ser_bench.audio.synthesis.synthesiser import samples
from ser_bench.audio.synthesis.utterances import SENTENCES, SPEAKERS, all_utterances

VOICES = 12
"""Voices to draw from: the first of the synthesiser, half of them women."""

TALKERS = 8
"""Voices that speak at once."""

TOP = 7500.0
"""Frequency in Hz above which the voices fade: they are synthesised at 16 kHz."""


def talkers(n: int, sr: int, rng: np.random.Generator) -> np.ndarray:
    """Draw eight voices, equally loud. Each repeats two sentences from a random start.

    Parameters
    ----------
    n : int
        Number of samples.
    sr : int
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Random talkers and starts.

    Returns
    -------
    ndarray of float32, shape (n,)
        With a power of about 1.
    """
    voices = _voices_at(sr)
    noise = np.zeros(n, dtype=np.float32)
    for voice in rng.permutation(VOICES)[:TALKERS]:
        loop = voices[voice]
        noise += np.resize(np.roll(loop, -int(rng.integers(len(loop)))), n)
    return noise * np.float32(TALKERS**-0.5)


@lru_cache(maxsize=2)
def _voices_at(sr: int) -> tuple[np.ndarray, ...]:
    """Return the loop of each voice at a sampling rate."""
    return tuple(resample(loop, SR, sr) for loop in _voices())


@lru_cache(maxsize=1)
def _voices() -> tuple[np.ndarray, ...]:
    """Return both sentences of each voice in a row, at 16 kHz and with a root mean square of 1."""
    spoken = [y.astype(np.float32) for _, y in samples(list(all_utterances(SPEAKERS[:VOICES], ["neutral"])))]
    loops = [np.concatenate(spoken[i : i + len(SENTENCES)]) for i in range(0, len(spoken), len(SENTENCES))]
    return tuple(loop / np.float32(np.sqrt(np.mean(np.square(loop, dtype=np.float64)))) for loop in loops)
