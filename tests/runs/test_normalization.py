"""Tests of the numbers of clips that speakers need to be standardised by them."""

from __future__ import annotations

import pandas as pd
import pytest

from ser_bench.core.errors import ConfigError
from ser_bench.runs.normalization import normalization_warning


def clips_of(*counts):
    return pd.DataFrame({"speaker": [f"s{number}" for number, count in enumerate(counts) for _ in range(count)]})


def test_enough_clips_need_no_warning():
    assert not normalization_warning(clips_of(10, 60, 535), "speaker")
    assert not normalization_warning(clips_of(1, 1, 1), "none")


def test_speakers_with_few_clips_are_counted():
    warning = normalization_warning(clips_of(1, 9, 10, 60, 60), "speaker")
    assert "2 of 5 speakers have fewer than 10 clips" in warning
    assert "all features of 1 speaker with 1 clip are 0" in warning


def test_most_speakers_with_too_few_clips_are_refused():
    with pytest.raises(ConfigError, match=r"60 of 60 speakers have fewer than 5 clips(.|\n)*leave out --normalize"):
        normalization_warning(clips_of(*[1] * 60), "speaker")
    assert normalization_warning(clips_of(4, 4, 5, 5), "speaker")


def test_unknown_speakers_are_refused():
    with pytest.raises(ConfigError, match="needs the speaker of every clip"):
        normalization_warning(clips_of(20).assign(speaker=""), "speaker")
