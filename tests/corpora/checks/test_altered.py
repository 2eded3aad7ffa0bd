"""Signs of altered audio in rates and durations, and what is published of each corpus."""

from __future__ import annotations

import pytest

from ser_bench import corpora
from ser_bench.corpora.checks.altered import altered_audio_warnings, audio_differences, equal_lengths
from ser_bench.corpora.published import PublishedAudio

EMODB = corpora.CORPORA["emodb"].published["speech"].audio
NATURAL = [16_000 * 2 + 997 * i % 66_000 for i in range(535)]
"""Samples of 535 clips of 2 to 6.1 s at 16 kHz."""


def test_clips_cut_and_resampled_are_named_with_the_published_values():
    assert audio_differences(EMODB, 535, [44_100] * 535, [22_050] * 535) == [
        "all 535 clips have 22,050 Hz (published: 16,000 Hz)",
        "all 535 clips last 2.00 s (published: 1.2 to 9.0 s)",
    ]


@pytest.mark.parametrize(
    ("samples", "rates", "reason"),
    [
        ([48_000, 88_200], [16_000, 44_100], "1 of 2 clips has 44,100 Hz (published: 16,000 Hz)"),
        ([9_600, 16_000, 32_000], [16_000] * 3, "2 of 3 clips last 0.60 to 1.00 s (published: 1.2 to 9.0 s)"),
        ([160_000, 32_000], [16_000] * 2, "1 of 2 clips lasts 10.00 s (published: 1.2 to 9.0 s)"),
        ([n // 2 + 5_000 for n in NATURAL], [16_000] * 535, "on average (published: 2.78 s)"),
    ],
)
def test_single_differences_are_named(samples, rates, reason):
    (difference,) = audio_differences(EMODB, 535, samples, rates)
    assert difference.endswith(reason)


def test_a_selection_is_not_compared_with_the_mean_of_all_clips():
    assert audio_differences(EMODB, 0, [24_000, 24_001], [16_000] * 2) == []
    assert audio_differences(EMODB, 535, [24_000, 24_001], [16_000] * 2) == []


def test_what_is_unknown_is_not_compared():
    assert audio_differences(PublishedAudio(), 10, [1000] * 10, [8000] * 10) == []


def test_equal_lengths_need_many_clips():
    assert equal_lengths([32_000] * 19, [16_000] * 19) == ""
    assert equal_lengths([32_000] * 20, [16_000] * 20).startswith("all 20 clips last exactly 2.00 s")
    assert equal_lengths([32_000] * 20 + list(range(21)), [16_000] * 41) == ""


def test_a_run_has_one_warning_about_a_corpus():
    (warning,) = altered_audio_warnings(
        corpora.CORPORA["emodb"], "speech", samples=[44_100] * 535, rates=[22_050] * 535
    )
    assert warning.startswith("emodb has altered audio: all 535 clips have 22,050 Hz (published: 16,000 Hz); all 535")
    assert warning.endswith("do not compare scores with those of the published clips")
    assert not list(altered_audio_warnings(corpora.CORPORA["demo"], "speech", samples=NATURAL, rates=[16_000] * 535))


def test_the_parts_of_ravdess_have_one_rate_and_the_song_has_unknown_durations():
    both = corpora.CORPORA["ravdess"].published_in("all").audio
    assert (both.rate, both.seconds, both.hours) == (48_000, None, None)
