"""Cuts: speech is missing, not the silence around it."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.audio import conditions
from ser_bench.core.errors import ConditionError
from tests.features.feature_signals import padded, voice

SR = 16000
SPEECH = padded(voice(SR, 2.0), SR, 1.0)
"""Two seconds between one second of silence on each side; no sample of the speech is zero."""


def cut(name: str, y: np.ndarray = SPEECH, sr: int = SR) -> np.ndarray:
    return conditions.get(name).apply(y, sr)[0]


def test_the_first_quarter_of_the_speech_is_missing_and_the_silence_before_it():
    changed = cut("cut-start")
    assert np.array_equal(changed, SPEECH[-len(changed) :])
    assert np.count_nonzero(changed) / SR == pytest.approx(1.5, abs=0.08)
    assert changed[0] != 0


def test_the_last_quarter_of_the_speech_is_missing_and_the_silence_after_it():
    changed = cut("cut-end")
    assert np.array_equal(changed, SPEECH[: len(changed)])
    assert np.count_nonzero(changed) / SR == pytest.approx(1.5, abs=0.08)
    assert changed[-1] != 0


@pytest.mark.parametrize("seconds", [0.5, 1, 1.5])
def test_the_middle_of_the_speech_is_left(seconds):
    changed = cut(f"middle-{seconds}")
    assert len(changed) == seconds * SR
    middles = [
        first + len(changed) / 2
        for first in np.flatnonzero(changed[0] == SPEECH)
        if np.array_equal(SPEECH[first : first + len(changed)], changed)
    ]
    assert middles == pytest.approx([2 * SR], abs=0.07 * SR)


def test_the_middle_second_is_that_of_the_speech_and_not_of_the_clip():
    late = np.concatenate([np.zeros(5 * SR, np.float32), SPEECH])
    assert np.array_equal(cut("middle-1", late), cut("middle-1"))


def test_near_an_end_of_the_clip_the_middle_moves_inwards():
    y = np.concatenate([voice(SR, 0.5), np.zeros(SR, np.float32)])
    assert np.array_equal(cut("middle-1", y), y[:SR])
    assert np.array_equal(cut("middle-1.5", y), y)


@pytest.mark.parametrize(
    ("name", "seconds", "message"),
    [
        ("cut-start", 0.1, "0.10 s of speech, expected 0.2 s or more"),
        ("cut-end", 0.1, "0.10 s of speech, expected 0.2 s or more"),
        ("middle-1", 0.8, "0.80 s, expected 1 s or more"),
    ],
)
def test_a_clip_too_short_to_be_cut_is_an_error_with_both_numbers(name, seconds, message):
    with pytest.raises(ConditionError, match=message):
        cut(name, np.full(round(seconds * SR), 0.1, np.float32))
