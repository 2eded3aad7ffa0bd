"""Channels that cancel, and those that do not."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench import audio
from tests.conftest import tone

Y = tone(0.5)
WARNING = "the channels cancel (inverted polarity); only channel {} is used"


def read(tmp_path, write_wav, *channels):
    path = write_wav(tmp_path / "a.wav", np.stack(channels, axis=1).astype(np.float32), subtype="FLOAT")
    recording, stream = audio.read(path), audio.open_stream(path)
    np.testing.assert_array_equal(recording.y, np.concatenate(list(stream.blocks())))
    assert recording.warnings == stream.part(Y).warnings
    return recording


@pytest.mark.parametrize("second", [-Y, -0.98 * Y, 0.001 - Y])
def test_one_channel_is_used_where_two_cancel(tmp_path, write_wav, second):
    recording = read(tmp_path, write_wav, Y, second)
    np.testing.assert_array_equal(recording.y, Y.astype(np.float32))
    assert recording.warnings == (WARNING.format(1),)


def test_the_first_channel_that_is_about_as_strong_as_the_strongest_is_used(tmp_path, write_wav):
    assert read(tmp_path, write_wav, 0 * Y, Y, -Y).warnings == (WARNING.format(2),)


@pytest.mark.parametrize(
    "channels",
    [
        (Y, Y),
        (Y, 0 * Y),  # one channel is dead
        (Y, np.roll(Y, 40)),
        (Y, -0.5 * Y),
        (Y, tone(0.5, f0=210)),
        *([Y, *[0 * Y] * 39],),
        tuple(np.random.default_rng(0).normal(scale=0.1, size=(64, 8000))),
    ],
)
def test_other_channels_are_averaged_without_a_warning(tmp_path, write_wav, channels):
    recording = read(tmp_path, write_wav, *channels)
    np.testing.assert_allclose(recording.y, np.mean(np.stack(channels), axis=0), atol=1e-6)
    assert recording.warnings == ()


def test_silent_channels_do_not_cancel(tmp_path, write_wav):
    with pytest.raises(audio.recording.AudioError, match="silent"):
        read(tmp_path, write_wav, 0 * Y, 0 * Y)
