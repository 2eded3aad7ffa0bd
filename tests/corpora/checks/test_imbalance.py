"""Tests of warnings about corpora whose speakers tell the emotion."""

from __future__ import annotations

import pandas as pd

from ser_bench.corpora.checks.imbalance import imbalance_warnings, speaker_score


def clips_of(counts):
    """Return a clip table with the given numbers of clips per emotion and speaker."""
    rows = [(s, e) for s, emotions in counts.items() for e, n in emotions.items() for _ in range(n)]
    return pd.DataFrame(rows, columns=["speaker", "emotion"]).assign(corpus="mine")


def test_balanced_speakers_tell_nothing():
    clips = clips_of({speaker: {"sad": 8, "happy": 8, "neutral": 4} for speaker in "abc"})
    assert speaker_score(clips) == (0, 0)
    assert not list(imbalance_warnings(clips))


def test_one_frequent_emotion_is_at_chance():
    clips = clips_of({speaker: {"sad": 3, "happy": 3, "neutral": 9} for speaker in "abc"})
    assert round(speaker_score(clips).uar, 3) == 0.333
    assert not list(imbalance_warnings(clips))


def test_one_clip_per_speaker_tells_nothing():
    assert not list(imbalance_warnings(clips_of({str(n): {"sad" if n % 2 else "happy": 1} for n in range(20)})))


def test_speakers_with_one_emotion_tell_it():
    single = {f"s{n}": {("sad", "happy", "angry")[n % 3]: 10} for n in range(9)}
    (warning,) = imbalance_warnings(clips_of(single | {"x": {"sad": 4, "happy": 4, "angry": 4}}))
    assert "9 of 10 speakers have a single emotion" in warning
    assert "right for 88 % of the clips (UAR 88 %, chance 33 %)" in warning


def test_a_speaker_with_most_clips_is_named():
    even = {"sad": 1, "happy": 1}
    (warning,) = imbalance_warnings(
        clips_of({"phone": {"sad": 12, "happy": 12}, "b": even, "c": even, "d": even, "e": even})
    )
    assert warning.startswith("speaker phone has 75 % of the clips of 5 speakers")


def test_two_speakers_of_unequal_size_are_no_reason():
    assert not list(imbalance_warnings(clips_of({"a": {"sad": 6, "happy": 6}, "b": {"sad": 4, "happy": 4}})))
