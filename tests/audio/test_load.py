"""Loading clips: samples of usable files, the reason for unusable ones."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from ser_bench.audio import load, samples_digest
from ser_bench.core.errors import AudioError
from tests.conftest import tone


def test_samples_and_rate_are_those_of_the_file(tmp_path, write_wav):
    y = np.round(tone(sr=22050) * 2**15) / 2**15
    read, sr = load(write_wav(tmp_path / "a.wav", y, sr=22050))
    assert sr == 22050
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, y.astype(np.float32))


def test_stereo_is_averaged_to_mono(tmp_path, write_wav):
    left, right = tone(f0=100), tone(f0=200)
    path = write_wav(tmp_path / "a.wav", np.stack([left, right], axis=1), subtype="FLOAT")
    np.testing.assert_allclose(load(path)[0], (left + right) / 2, atol=1e-7)


def test_the_same_samples_in_another_container_have_the_same_digest(tmp_path, write_wav):
    wav = write_wav(tmp_path / "a.wav")
    y, sr = soundfile.read(wav, dtype="int16")
    soundfile.write(tmp_path / "a.flac", y, sr)
    assert samples_digest(*load(wav)) == samples_digest(*load(tmp_path / "a.flac"))


def test_one_changed_sample_changes_the_digest():
    y = tone()
    changed = y.copy()
    changed[100] += 1e-4
    assert samples_digest(y, 16000) != samples_digest(changed, 16000)
    assert samples_digest(y, 16000) != samples_digest(y, 16001)


def _cut(path):
    path.write_bytes(path.read_bytes()[:-500])


def test_a_truncated_wav_is_refused_although_libsndfile_reads_it(tmp_path, write_wav):
    path = write_wav(tmp_path / "a.wav")
    _cut(path)
    with pytest.raises(AudioError, match="truncated"):
        load(path)


def test_a_truncated_flac_is_refused(tmp_path):
    path = tmp_path / "a.flac"
    soundfile.write(path, tone(seconds=1.0), 16000)
    _cut(path)
    with pytest.raises(AudioError, match=r"truncated|can be read"):
        load(path)


def test_a_private_chunk_after_the_data_is_ignored(tmp_path, write_wav):
    path = write_wav(tmp_path / "a.wav")
    before = load(path)[0]
    path.write_bytes(path.read_bytes() + b"priv\x08\x00\x00\x00anything")
    np.testing.assert_array_equal(load(path)[0], before)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"this is text, not sound", r"not an audio file but a text file \('this is text, not sound'\)"),
        (b"RIFF\x00\x00\x00\x00WAVE", "truncated"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:7f\nsize 131376\n",
            "with git lfs pull",
        ),
    ],
)
def test_files_without_audio_are_refused(tmp_path, content, reason):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=reason):
        load(path)


@pytest.mark.parametrize(
    ("y", "reason"),
    [
        (np.zeros(16000), "silent"),
        (np.full(16000, 0.5), "silent: every sample is the same"),
        (1e-30 * np.sin(np.arange(16000.0)), "silent in effect: the samples differ by 2e-30 of full scale"),
        (tone(seconds=0.0005), "too short: 0.5 ms"),
        (np.array([0.1] * 8000 + [np.nan] + [0.2] * 8000), "NaN"),
        (1e30 * np.sin(np.arange(8000)), "samples reach 1e\\+30, where full scale is 1; scale the file"),
    ],
)
def test_samples_without_speech_are_refused(tmp_path, write_wav, y, reason):
    with pytest.raises(AudioError, match=reason):
        load(write_wav(tmp_path / "a.wav", y.astype(np.float32), subtype="FLOAT"))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(AudioError, match="cannot be opened"):
        load(tmp_path / "nowhere.wav")
