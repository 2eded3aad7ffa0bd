"""Signals that are hard on feature extractors, and one that is easy."""

from __future__ import annotations

from functools import cache

import numpy as np

Signal = tuple[np.ndarray, int]


def tone(sr: int, seconds: float, hz: float, level: float = 0.3) -> np.ndarray:
    time = np.arange(round(sr * seconds)) / sr
    return (level * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def voice(sr: int = 16000, seconds: float = 1.0, hz: float = 140.0, seed: int = 0) -> np.ndarray:
    """Harmonics falling by 9 dB an octave with a slow vibrato, four syllables a second, a little noise."""
    return _voice(sr, seconds, hz, seed).copy()


@cache
def _voice(sr: int, seconds: float, hz: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    time = np.arange(round(sr * seconds)) / sr
    phase = 2 * np.pi * np.cumsum(hz * (1 + 0.05 * np.sin(2 * np.pi * 1.5 * time))) / sr
    count = int(min(sr / 2, 7000) / (hz * 1.06))
    y = sum(np.sin(k * phase) * k**-1.5 for k in range(1, count + 1))
    y = y * (0.15 - 0.12 * np.cos(2 * np.pi * 4 * time))
    return (y + 0.001 * rng.standard_normal(len(y))).astype(np.float32)


def padded(y: np.ndarray, sr: int, seconds: float) -> np.ndarray:
    silence = np.zeros(round(sr * seconds), dtype=np.float32)
    return np.concatenate([silence, y, silence])


def hard() -> dict[str, Signal]:
    rng = np.random.default_rng(1)
    noise = (0.1 * rng.standard_normal(16000)).astype(np.float32)
    impulse = np.zeros(16000, dtype=np.float32)
    impulse[8000] = 1.0
    stereo = np.stack([voice(44100), voice(44100, seed=2)], axis=1)
    return {
        "speech-like": (voice(), 16000),
        "one sample": (np.full(1, 0.5, dtype=np.float32), 16000),
        "half a millisecond": (noise[:24], 48000),
        "50 ms": (noise[:800], 16000),
        "silence": (np.zeros(16000, dtype=np.float32), 16000),
        "dithered silence": ((noise * 1e-4).astype(np.float32), 16000),
        "constant": (np.full(16000, 0.25, dtype=np.float32), 16000),
        "impulse": (impulse, 16000),
        "noise, nothing voiced": (noise, 16000),
        "full scale square": (np.sign(tone(16000, 0.5, 100)).astype(np.float32), 16000),
        "silent tail": (np.concatenate([voice(), np.zeros(16000, dtype=np.float32)]), 16000),
        "telephone rate": (voice(8000), 8000),
        "4 kHz": (voice(4000), 4000),
        "studio rate": (voice(192000, 0.4), 192000),
        "odd rate": (voice(22050), 22050),
        "stereo mixed": (stereo.mean(axis=1), 44100),
        "reversed view": (voice()[::-1], 16000),
        "tiny numbers": ((voice() * 1e-20).astype(np.float32), 16000),
    }
