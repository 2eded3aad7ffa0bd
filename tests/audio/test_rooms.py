"""Rooms: reverberation time and direct-to-reverberant ratio measured back."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.audio import conditions
from ser_bench.audio.conditions import rooms
from tests.features.feature_signals import padded, voice

T60 = [0.1, 0.3, 0.6, 1.0, 2.0]


def response_to_an_impulse(t60: float, sr: int) -> np.ndarray:
    """Return what a room makes of an impulse, followed by silence as long as the tail."""
    impulse = np.zeros(round(1.2 * t60 * sr), np.float32)
    impulse[0] = 0.5
    return conditions.get(f"room-{t60}").apply(impulse, sr)[0].astype(np.float64)


def decay_time(response: np.ndarray, sr: int, fall: float) -> float:
    """Return the reverberation time from the decay between -5 and -5 - ``fall`` dB (Schroeder integration)."""
    tail = response[round(rooms.FIRST_REFLECTION * sr) :]
    energy = np.cumsum(tail[::-1] ** 2)[::-1]
    level = 10 * np.log10(energy[energy > 0] / energy[0])
    part = (level <= -5) & (level >= -5 - fall)
    slope, _ = np.polyfit(np.flatnonzero(part) / sr, level[part], 1)
    return -60 / slope


@pytest.mark.parametrize("sr", [8000, 48000])
@pytest.mark.parametrize("t60", T60)
def test_the_reverberation_time_is_the_stated_one(t60, sr):
    response = response_to_an_impulse(t60, sr)
    assert decay_time(response, sr, 20) == pytest.approx(t60, rel=0.2 if t60 * sr < 2000 else 0.1)
    assert decay_time(response, sr, 30) == pytest.approx(t60, rel=0.1)


@pytest.mark.parametrize(("t60", "ratio"), [(0.3, 0.26), (0.6, -2.75), (1.0, -4.97)])
@pytest.mark.parametrize("sr", [8000, 44100])
def test_the_direct_to_reverberant_ratio_is_the_stated_one(t60, ratio, sr):
    response = response_to_an_impulse(t60, sr)
    direct, tail = np.split(response**2, [round(0.002 * sr)])
    assert 10 * np.log10(direct.sum() / tail.sum()) == pytest.approx(ratio, abs=0.01)
    assert rooms.direct_to_reverberant(t60) == pytest.approx(ratio, abs=0.01)
    assert f"{ratio:.1f}" in rooms.ROOM.source
    assert np.count_nonzero(direct) == 1 or np.abs(direct[1:]).max() < 1e-10


def test_length_and_level_are_kept_and_speech_rings_on():
    y = padded(voice(16000, 1.0), 16000, 0.5)
    changed, _ = conditions.get("room-1.0").apply(y, 16000)
    assert len(changed) == len(y)
    assert np.mean(changed**2) == pytest.approx(np.mean(y**2), rel=1e-5)
    assert np.abs(changed[:7999]).max() < 1e-5 * np.abs(changed).max()
    assert np.std(changed[24800:26000]) > 0.02 * np.std(changed)


def test_the_convolution_equals_the_sum_that_defines_it():
    y = voice(8000, 0.2)
    response = rooms.impulse_response(8000, 0.3, np.random.default_rng(3))
    changed, _ = rooms.ROOM.change(y, 8000, np.random.default_rng(3), 0.3)
    expected = np.convolve(y.astype(np.float64), response)[: len(y)]
    expected *= np.sqrt(np.sum(y.astype(np.float64) ** 2) / np.sum(expected**2))
    assert np.abs(changed - expected).max() < 1e-6


def test_each_clip_has_a_room_of_its_own():
    first, second = (conditions.get("room-0.6").apply(voice(seed=seed), 16000)[0] for seed in (0, 1))
    responses = [rooms.impulse_response(16000, 0.6, np.random.default_rng(seed)) for seed in (0, 1)]
    assert abs(np.corrcoef(responses[0][1:], responses[1][1:])[0, 1]) < 0.05
    assert not np.array_equal(first, second)


def test_names_have_the_decimals_of_the_listing():
    assert [condition.name for condition in rooms.ROOM.listed] == ["room-0.3", "room-0.6", "room-1.0"]
    assert conditions.get("room-1").name == "room-1.0"
    assert conditions.get("room-0.25").name == "room-0.25"
    assert conditions.get("room-1").phrase == "in a room with 1.0 s of reverberation"
