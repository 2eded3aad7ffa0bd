"""Warnings about clips that differ from the training clips."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import numpy as np
import pytest
import soundfile

from ser_bench.audio import Recording, excerpt, load
from ser_bench.audio.resample import resample
from ser_bench.cli import call
from ser_bench.deploy import load_model
from ser_bench.deploy.file import container
from ser_bench.deploy.manifest import TrainingAudio, validate
from ser_bench.deploy.serve import worker
from ser_bench.deploy.training_audio import differences

TRAINED = TrainingAudio(
    rates=[16000], shortest=1.0, longest=4.0, quietest=-40.0, clipped=0.01, treble=-30.0, level_range=30.0
)
NOISE = np.random.default_rng(0).normal(scale=0.1, size=32_000).astype(np.float32)
PAUSES = np.repeat(np.tile(np.array([1.15, 1.15, 1.15, 0.02], np.float32), 10), 800)
SPEECH = NOISE * PAUSES
SAME = (SPEECH, 16000)


@pytest.mark.parametrize(
    ("y", "sr", "rate", "expected"),
    [
        (*SAME, None, ()),
        (
            SPEECH + 0.15 * NOISE,
            16000,
            None,
            (
                "quiet parts 18 dB below loud ones, as with background noise or without a pause; "
                "the training clips have at least 30 dB",
            ),
        ),
        (SPEECH + 0.04 * NOISE, 16000, None, ()),
        (*SAME, 16000, ()),
        (resample(SPEECH, 16000, 44100), 44100, 16000, ()),
        (0.011 * SPEECH, 16000, None, ()),
        (SPEECH[:8000], 16000, None, ()),
        (np.clip(20 * SPEECH, -1, 1), 16000, None, ("50 % of its samples are clipped",)),
        (SPEECH[:7900], 16000, None, ("0.5 s long; the training clips have 1.0 to 4.0 s",)),
        (np.tile(SPEECH, 5), 16000, None, ("10.0 s long; the training clips have 1.0 to 4.0 s",)),
        (0.009 * SPEECH, 16000, None, ("level of -61 dBFS; the quietest training clips have -40 dBFS",)),
        (
            resample(SPEECH, 16000, 8000),
            8000,
            None,
            ("sampling rate of 8,000 Hz; the training clips have 16,000 Hz",),
        ),
        (
            resample(SPEECH, 16000, 8000),
            8000,
            16000,
            ("sampling rate of 8,000 Hz, below the model's 16,000 Hz; sound above 4,000 Hz is missing",),
        ),
        (
            resample(resample(SPEECH, 16000, 8000), 8000, 16000),
            16000,
            None,
            ("hardly any sound above 4,000 Hz, as in a phone call; the training clips have more",),
        ),
    ],
)
def test_a_difference_is_named_and_a_resemblance_is_not(y, sr, rate, expected):
    assert tuple(differences(TRAINED, rate, Recording(y, sr, len(y))).values()) == expected


def test_rates_that_hardly_differ_give_no_warning():
    at_44100 = TRAINED.model_copy(update={"rates": [22050, 44100]})
    y = resample(SPEECH, 16000, 48000)
    assert differences(at_44100, None, Recording(y, 48000, len(y))) == {}
    assert "have 22,050 and 44,100 Hz" in differences(at_44100, None, Recording(*SAME, len(SPEECH)))["rate"]


def test_the_training_clips_give_no_warning_and_a_file_without_their_audio_none(svm, corpus, tmp_path, clip):
    model = load_model(svm)
    assert model.info.audio is not None
    assert model.info.audio.rates == [16000]
    clips = sorted(corpus.parent.rglob("*.wav"))
    assert {prediction.warnings for prediction in model.predict(clips)} == {()}
    content, members = container.read(svm)
    old = validate(content, tmp_path).model_dump()
    assert old.pop("audio")
    container.write(tmp_path / "old.ser", old, members)
    y, sr = load(clip)
    assert load_model(tmp_path / "old.ser").predict((resample(y, sr, 8000), 8000))[0].warnings == ()


@pytest.fixture
def phone(clip, tmp_path):
    """Return a clip at 8 kHz with inverted stereo."""
    y, sr = load(clip)
    low = resample(y, sr, 8000)
    soundfile.write(tmp_path / "phone.wav", np.stack([low, -low], axis=1), 8000)
    return tmp_path / "phone.wav"


WARNINGS = [
    "the channels cancel (inverted polarity); only channel 1 is used",
    "sampling rate of 8,000 Hz; the training clips have 16,000 Hz",
]


def test_warnings_reach_json_csv_table_and_service(svm, phone, capsys, tmp_path):
    assert call(["predict", str(svm), str(phone), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["warnings"] == WARNINGS
    assert call(["predict", str(svm), str(phone), "--csv", "--window", "1"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["warnings"] for row in rows} == {"; ".join(WARNINGS)}
    assert call(["predict", str(svm), str(phone), str(phone)]) == 0
    err = capsys.readouterr().err
    for warning in WARNINGS:
        assert f"phone.wav: {warning} (and 1 more)\n" in err
    kind, content = worker._answer(load_model(svm), phone.read_bytes(), 60.0, 0.9)
    assert (kind, content["warnings"]) == (worker.PREDICTION, WARNINGS)


def test_a_narrow_band_makes_a_prediction_unreliable_and_other_differences_do_not(svm, clip):
    y, sr = load(clip)
    low = resample(y, sr, 8000)
    trained = load_model(svm)
    trained.novelty = dataclasses.replace(trained.novelty, threshold=1e3)
    predictions = trained.predict([(low, 8000), (resample(low, 8000, sr), sr), (np.tile(y, 9), sr)])
    assert [prediction.reliable for prediction in predictions] == [False, False, True]
    assert "sampling rate of 8,000 Hz" in predictions[0].reasons[0]
    assert "hardly any sound above 4,000 Hz" in predictions[1].reasons[0]
    assert "s long; the training clips" in predictions[2].warnings[0]


def test_samples_whose_channels_cancel_are_predicted_as_one_channel(svm, clip):
    y, sr = load(clip)
    model = load_model(svm)
    (inverted,), (mono,) = model.predict((np.stack([y, -y], axis=1), sr)), model.predict((y, sr))
    assert inverted.probabilities == mono.probabilities
    assert inverted.warnings == (WARNINGS[0],)


def test_a_prediction_from_the_middle_of_a_long_recording_says_so(svm, clip, monkeypatch):
    y, sr = load(clip)
    monkeypatch.setattr(excerpt, "MAX_SECONDS", 1)
    (prediction,) = load_model(svm).predict(clip)
    assert prediction.warnings == (f"long recording; only its middle 1 s of {len(y) / sr:.0f} s are used",)


@pytest.mark.parametrize("window", [(), ("--window", "0.5")])
def test_a_cut_file_is_refused_and_one_of_unknown_length_predicted_with_and_without_windows(
    svm, clip, tmp_path, capsys, window
):
    (tmp_path / "cut.wav").write_bytes(clip.read_bytes()[:-5000])
    assert call(["predict", str(svm), str(tmp_path / "cut.wav"), "--json", *window]) == 2
    (row,) = json.loads(capsys.readouterr().out)
    assert row["error"].startswith("truncated: the header promises")
    soundfile.write(tmp_path / "pipe.flac", *load(clip))
    data = bytearray((tmp_path / "pipe.flac").read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    (tmp_path / "pipe.flac").write_bytes(data)
    assert call(["predict", str(svm), str(tmp_path / "pipe.flac"), "--json", *window]) == 0
    assert len(json.loads(capsys.readouterr().out)) >= 1
