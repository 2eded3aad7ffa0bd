"""Fingerprints: altered copies of a recording are near-duplicates, other takes are not."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from ser_bench.audio import fingerprint as fingerprint_module
from ser_bench.audio.fingerprint import (
    BRIGHTNESS_THRESHOLD,
    LENGTH_TOLERANCE,
    LEVEL_THRESHOLD,
    fingerprint,
    near_duplicates,
)

SR = 16000


def take(seed: int) -> np.ndarray:
    """Return a second or two of something like syllables: bursts of tone and noise, float32."""
    rng = np.random.default_rng(seed)
    parts = [np.zeros(1600)]
    for _ in range(6):
        t = np.arange(int(rng.uniform(0.12, 0.3) * SR)) / SR
        tone = np.sin(2 * np.pi * rng.uniform(100, 300) * t) + rng.uniform(0.05, 0.5) * rng.standard_normal(t.size)
        parts += [rng.uniform(0.05, 0.4) * np.hanning(t.size) * tone, np.zeros(int(rng.uniform(0, 0.1) * SR))]
    return np.concatenate([*parts, np.zeros(3200)]).astype(np.float32)


def coded(y: np.ndarray, kind: str) -> tuple[np.ndarray, int]:
    buffer = io.BytesIO()
    soundfile.write(buffer, y, SR, format=kind)
    buffer.seek(0)
    return soundfile.read(buffer, dtype="float32")


def noisy(y: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(y.size).astype(np.float32)
    return y + 0.01 * np.sqrt(np.mean(y**2)) * noise


COPIES = {
    "gain": lambda y: (0.2 * y, SR),
    "inverted": lambda y: (-y, SR),
    "offset": lambda y: (y + 0.05, SR),
    "padded": lambda y: (np.pad(y, (3500, 9000)), SR),
    "cut in its silence": lambda y: (y[1000:], SR),
    "ogg": lambda y: coded(y, "OGG"),
    "noise at -40 dB": lambda y: (noisy(y), SR),
    "twice the rate": lambda y: (np.repeat(y, 2), 2 * SR),
}


@pytest.mark.parametrize("change", COPIES)
def test_an_altered_copy_is_found_among_other_takes(change):
    sounds = [(take(seed), SR) for seed in range(12)] + [COPIES[change](take(3))]
    lengths, fingerprints = zip(*(fingerprint(*sound) for sound in sounds), strict=True)
    assert near_duplicates(lengths, fingerprints) == [(3, 12)]


def test_silent_clips_are_not_duplicates():
    lengths, fingerprints = zip(*(fingerprint(np.zeros(4000, np.float32), SR) for _ in range(3)), strict=True)
    assert near_duplicates(lengths, fingerprints) == []


def test_a_constant_signal_has_a_fingerprint():
    length, contours = fingerprint(np.ones(400, np.float32), SR)
    assert length == 0
    assert len(contours) == 192


def walk(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return courses of level and brightness that wander, a row of 192 a clip."""
    return np.concatenate([np.cumsum(rng.normal(0, 12, (count, 96)), axis=1) + 120 for _ in range(2)], axis=1)


def packed(courses: np.ndarray) -> list[bytes]:
    return [row.tobytes() for row in courses.clip(0, 255).round().astype(np.uint8)]


def test_the_search_finds_the_pairs_of_an_exhaustive_comparison():
    rng = np.random.default_rng(1)
    courses = walk(rng, 150)
    courses[100:] = courses[:50] + rng.normal(0, 1, (50, 192)) * np.linspace(0, 30, 50)[:, None]
    fingerprints, lengths = packed(courses), np.tile(np.linspace(1, 1.2, 50), 3)
    rows = np.array([np.frombuffer(p, np.uint8) for p in fingerprints], dtype=float)
    level, bright = np.corrcoef(rows[:, :96]), np.corrcoef(rows[:, 96:])
    apart = np.maximum(lengths, lengths[:, None]) / np.minimum(lengths, lengths[:, None])
    alike = np.triu((level > LEVEL_THRESHOLD) & (bright > BRIGHTNESS_THRESHOLD) & (apart <= 1 + LENGTH_TOLERANCE), 1)
    expected = [(int(i), int(j)) for i, j in np.argwhere(alike)]
    assert 5 < len(expected) < 50
    assert near_duplicates(lengths, fingerprints) == expected


def test_a_clip_is_compared_with_a_limited_number_of_clips_of_the_next_lengths(monkeypatch):
    monkeypatch.setattr(fingerprint_module, "MAX_COMPARED", 4)
    fingerprints = packed(walk(np.random.default_rng(2), 1)) * 60
    lengths = np.linspace(1, 1.01, 60)
    assert near_duplicates(lengths, fingerprints) == [(i, j) for i in range(60) for j in range(i + 1, min(60, i + 5))]
