"""Output and exit status of the commands ``train``, ``model`` and ``predict``."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from ser_bench.audio import load, open_stream
from ser_bench.cli import call
from ser_bench.deploy import load_model, manifest
from ser_bench.deploy.file import container
from ser_bench.deploy.predict import batch, microphone, stretches, timeline
from ser_bench.deploy.predict.batch import predict_windows
from ser_bench.deploy.predict.windows import envelope, windows

LABELS = ["neutral", "happy", "sad"]
ADDED = ["confidence", "set", "reliable", "error", "warnings", "condition", "condition_like", "condition_uar"]
FIELDS = ["clip", "emotion", "probabilities", "confidence", "set", "reliable", "reasons", "warnings", "condition"]


@pytest.fixture
def command(capsys, tmp_path, monkeypatch):
    """Return ``command(*arguments)``: exit status, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = call([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def lecture(corpus, tmp_path):
    """Return a recording of four clips with two seconds of silence in the middle, and its duration in seconds."""
    parts = [load(path) for path in sorted(corpus.parent.rglob("*.wav"))[:4]]
    sr = parts[0][1]
    y = [samples for samples, _ in parts]
    y.insert(2, np.zeros(2 * sr, np.float32))
    soundfile.write(tmp_path / "lecture.flac", np.concatenate(y), sr)
    return tmp_path / "lecture.flac", sum(len(part) for part in y) / sr


def test_train_describes_its_file_and_model_shows_the_manifest(command, corpus, tmp_path):
    options = ("--corpus", corpus, "--features", "mfcc", "--jobs", "1", "--hold-out", "actor:S01,S02", "--no-score")
    status, out, _ = command("train", "--model", "tree", "-o", "new/tree.ser", *options)
    assert status == 0
    assert "trained in" in out
    assert "labels: neutral, happy, sad" in out
    assert "on 12 clips of speakers S01, S02" in out
    assert "model: new/tree.ser (" in out
    status, shown, _ = command("model", "new/tree.ser")
    assert status == 0
    for text in (
        "tree (classical), seed 0",
        "mfcc (version 1, 40 columns)",
        "24 clips by 4 speakers",
        "Not for decisions",
    ):
        assert text in shown
    content = json.loads(command("model", "new/tree.ser", "--json")[1])
    assert (content["format"], content["labels"], content["held_out"]["clips"]) == (2, LABELS, 12)


def test_json_has_clip_emotion_and_probabilities(command, svm, clip):
    status, out, _ = command("predict", svm, clip, "--json")
    (prediction,) = json.loads(out)
    assert status == 0
    assert list(prediction) == FIELDS
    assert prediction["clip"] == str(clip)
    assert list(prediction["probabilities"]) == LABELS
    assert prediction["emotion"] == max(LABELS, key=prediction["probabilities"].get)
    assert sum(prediction["probabilities"].values()) == pytest.approx(1)


def test_csv_has_a_row_per_clip_and_a_column_per_label(command, svm, clip, tmp_path):
    status, out, _ = command("predict", svm, clip, clip, "--csv", "-o", "predictions.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "predictions.csv").read_text())))
    assert status == 0
    assert "predictions: predictions.csv" in out
    assert list(rows[0]) == ["clip", "emotion", *(f"p_{label}" for label in LABELS), *ADDED]
    assert rows[0] == rows[1]
    assert float(rows[0]["p_sad"]) == load_model(svm).predict(clip)[0].probabilities["sad"]


def test_an_output_that_cannot_be_written_is_an_error_before_clips_are_read(command, svm, tmp_path):
    (tmp_path / "file").write_text("")
    for option, name in (("-o", "file/a.csv"), ("--timeline", "file/a.png")):
        status, out, err = command("predict", svm, "nowhere.wav", option, name)
        assert (status, out) == (2, "")
        assert option in err
        assert "nowhere.wav" not in err


def test_the_table_shows_the_prediction_set(command, svm, clip):
    status, out, _ = command("predict", svm, clip)
    assert status == 0
    assert re.split(r"\s{2,}", out.splitlines()[0].strip()) == ["clip", "emotion", "%", "90 % set", "reliable"]
    assert ", ".join(load_model(svm).predict(clip)[0].prediction_set) in out


def test_folders_are_searched_for_audio_files(command, svm, clip, tmp_path):
    (tmp_path / "in" / "below").mkdir(parents=True)
    for name in ("a.wav", "below/b.WAV", "below/notes.txt", ".hidden.wav"):
        shutil.copy(clip, tmp_path / "in" / name)
    _, out, _ = command("predict", svm, "in", "--json")
    assert [row["clip"] for row in json.loads(out)] == ["in/a.wav", "in/below/b.WAV"]


def test_invalid_clips_have_an_error_and_the_others_a_prediction(command, svm, clip, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"no sound at all")
    (tmp_path / "empty").mkdir()
    status, out, err = command("predict", svm, "bad.wav", clip, "nowhere.wav", "empty", "--json")
    rows = json.loads(out)
    assert status == 2
    assert [list(row) for row in rows] == [
        ["clip", "error"],
        FIELDS,
        *[["clip", "error"]] * 2,
    ]
    assert len(err.splitlines()) == 3
    assert "ser-bench: bad.wav: not an audio file" in err
    assert "nowhere.wav: cannot be opened" in err


def test_standard_input_is_read_as_a_file(command, svm, clip, monkeypatch):
    monkeypatch.setattr(batch.sys, "stdin", SimpleNamespace(buffer=io.BytesIO(clip.read_bytes())))
    _, out, _ = command("predict", svm, "-", "--json")
    (piped,) = json.loads(out)
    assert piped["clip"] == "-"
    assert piped["probabilities"] == load_model(svm).predict(clip)[0].probabilities


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "name a clip"),
        (("-", "-"), "only once"),
        (("a.wav", "--window", "0"), "invalid value for --window: expected 0 to 86,400 seconds, got 0"),
        (("a.wav", "--window", "1", "--hop", "2"), "invalid value for --hop: expected at most --window (1 s), got 2"),
        (("a.wav", "--coverage", "1"), "invalid value for --coverage: expected 0.5 to below 1, such as 0.9, got 1"),
        (("a.wav", "--coverage", "nan"), "invalid value for --coverage"),
        (("a.wav", "--timeline", "a.pdf"), ".png or .svg"),
        (("a.wav", "b.wav", "--timeline", "a.png"), "--timeline needs one recording, got 2"),
        (("--microphone", "2", "--window", "1"), "leave them out with --microphone"),
    ],
)
def test_wrong_usage_is_an_error_with_exit_status_2(command, svm, arguments, reason):
    status, out, err = command("predict", svm, *arguments)
    assert (status, out) == (2, "")
    assert reason in err
    assert len(err.strip().splitlines()) <= 2


@pytest.mark.parametrize("name", ["model", "predict"])
def test_a_foreign_file_is_an_error_of_one_line(command, clip, name):
    status, out, err = command(name, clip, *([clip] if name == "predict" else []))
    assert (status, out) == (2, "")
    assert err == f"ser-bench: {clip} is not a model file of ser-bench; give a file that `ser-bench train` wrote\n"


def test_a_model_of_synthetic_speech_has_a_warning(command, svm, tmp_path, clip):
    content, members = container.read(svm)
    synthetic = {**manifest.validate(content, tmp_path).model_dump(), "synthetic": True}
    container.write(tmp_path / "m.ser", synthetic, members)
    assert "SYNTHETIC SPEECH" in command("predict", "m.ser", clip)[2]
    assert "SYNTHETIC SPEECH" in command("model", "m.ser")[1]


# -- windows --------------------------------------------------------------------------------------


def test_windows_cover_a_recording_and_the_last_ends_with_it(lecture):
    path, length = lecture
    parts = list(windows(open_stream(path), 1.5, 0.5))
    whole, sr = soundfile.read(path, dtype="float32")
    assert parts[0].start == 0
    assert parts[-1].end == pytest.approx(length)
    assert {len(window.y) for window in parts} == {round(1.5 * sr)}
    assert np.allclose(np.diff([window.start for window in parts[:-1]]), 0.5)
    for window in parts:
        begin = round(window.start * sr)
        np.testing.assert_array_equal(window.y, whole[begin : begin + len(window.y)])


@pytest.mark.parametrize(("seconds", "hop", "count"), [(1.0, 1.0, 2), (1.5, 0.5, 2), (2.0, 0.5, 1), (9.0, 1.0, 1)])
def test_windows_contain_every_sample(tmp_path, write_wav, seconds, hop, count):
    path = write_wav(tmp_path / "x.wav", np.linspace(-0.5, 0.5, 32_000, dtype=np.float32), subtype="FLOAT")
    parts = list(windows(open_stream(path), seconds, hop))
    assert len(parts) == count
    assert (parts[0].start, parts[-1].end) == (0.0, 2.0)


def test_predictions_of_windows_have_start_and_end(command, svm, lecture):
    path, length = lecture
    status, out, _ = command("predict", svm, path, "--window", "1", "--hop", "0.5", "--json")
    rows = json.loads(out)
    assert status == 0
    assert list(rows[0]) == ["clip", "start", "end", *FIELDS[1:]]
    assert rows[-1]["end"] == pytest.approx(length, abs=1e-3)
    silent = [row for row in rows if "error" in row]
    assert silent
    assert all("silent" in row["error"] for row in silent)


def test_a_window_of_the_whole_clip_has_the_prediction_of_the_clip(svm, clip):
    model = load_model(svm)
    (window,) = predict_windows(model, "x", clip, 100.0, 50.0)
    assert window.prediction == model.predict(clip)[0]


def test_the_envelope_contains_the_extremes_of_the_recording(lecture):
    path, length = lecture
    low, high, seconds = envelope(open_stream(path))
    whole, _ = soundfile.read(path, dtype="float32")
    assert seconds == pytest.approx(length)
    assert len(low) <= 1500
    assert (low.min(), high.max()) == (whole.min(), whole.max())


def test_a_timeline_names_recording_model_and_labels(command, svm, lecture, tmp_path):
    path, _ = lecture
    status, _, err = command("predict", svm, path, "--window", "1", "--timeline", "t.svg", "-q")
    svg = (tmp_path / "t.svg").read_text()
    assert status == 0
    assert "timeline: t.svg" in err
    assert ">lecture.flac: " in svg
    for text in ("seconds", "probability", "top label", *LABELS):
        assert f">{text}<" in svg


def test_a_timeline_shows_the_probabilities_and_is_empty_in_silence(svm, lecture):
    path, length = lecture
    model = load_model(svm)
    clips = list(predict_windows(model, "x", path, 1.0, 0.5))
    predictions = [clip.prediction for clip in clips]
    probabilities, band, wave = timeline._figure(model, clips, path).axes[:3]
    assert wave.get_xlim() == band.get_xlim() == probabilities.get_xlim() == (0, pytest.approx(length))
    top = probabilities.patches[len(LABELS) - 1].get_data().values
    np.testing.assert_allclose(top, [1.0 if prediction else 0.0 for prediction in predictions], atol=1e-9)
    first = probabilities.patches[0].get_data().values
    np.testing.assert_allclose(first, [p.probabilities["neutral"] if p else 0 for p in predictions])
    pale = probabilities.patches[len(LABELS)].get_data().values
    assert pale.tolist() == [float(bool(p and not p.reliable)) for p in predictions]
    assert 1.0 in pale
    hatched = sum(patch.get_width() for patch in band.patches if patch.get_hatch())
    assert hatched == pytest.approx(
        sum(s.seconds for s in stretches.find_stretches(clips) if s.state == "unreliable"), abs=1e-6
    )


# -- microphone -------------------------------------------------------------------------------------


def test_a_microphone_without_the_extra_is_an_error_that_names_it(command, svm, monkeypatch):
    monkeypatch.setattr(microphone.importlib.util, "find_spec", lambda name: None)
    status, _, err = command("predict", svm, "--microphone", "1")
    assert status == 2
    assert "pip install 'ser-bench[microphone]'" in err


class DeviceError(Exception):
    pass


def sounddevice(recording):
    """Return a fake library that gives a recording or raises an error."""

    def rec(count, **_):
        if isinstance(recording, Exception):
            raise recording
        return recording[:count, None]

    return SimpleNamespace(
        query_devices=lambda kind: {"default_samplerate": 16000.0}, rec=rec, PortAudioError=DeviceError
    )


def test_a_recording_of_the_microphone_is_predicted_as_a_clip(command, svm, monkeypatch, clip):
    y, _ = load(clip)
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice(y))
    monkeypatch.setattr(microphone.importlib.util, "find_spec", lambda name: True)
    status, out, err = command("predict", svm, "--microphone", "1", "--json")
    assert status == 0
    assert "recording 1 s" in err
    assert [row["clip"] for row in json.loads(out)] == ["microphone"]


def test_a_missing_device_is_an_error(command, svm, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice(DeviceError("no default input device")))
    monkeypatch.setattr(microphone.importlib.util, "find_spec", lambda name: True)
    status, _, err = command("predict", svm, "--microphone", "1")
    assert status == 2
    assert "no microphone: no default input device" in err


def test_a_fresh_process_predicts_the_same_without_tensorflow_librosa_or_matplotlib(svm, clip):
    script = (
        "import sys; from ser_bench.cli import call; status = call(['predict', *sys.argv[1:], '--json', '-q']); "
        "heavy = {'tensorflow', 'keras', 'librosa', 'matplotlib', 'xgboost'} & set(sys.modules); "
        "sys.exit(status or ' '.join(heavy) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(svm), str(clip)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)[0]["probabilities"] == load_model(svm).predict(clip)[0].probabilities


def test_json_keeps_names_and_contains_no_control_characters(command, svm, clip, tmp_path):
    name = "a\x9b31m\u202e\U000e0001é.wav"
    shutil.copy(clip, tmp_path / name)
    _, out, _ = command("predict", svm, name, "--json")
    assert json.loads(out)[0]["clip"] == name
    assert all(c.isprintable() or c == "\n" for c in out)
    assert "é" in out
