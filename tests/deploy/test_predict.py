"""``train``, ``model`` and ``predict`` as they are typed: what is printed, and the exit status."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from ser_bench.audio import load
from ser_bench.cli import call
from ser_bench.deploy import load_model, manifest
from ser_bench.deploy.file import container as archive
from ser_bench.deploy.predict import batch, microphone, timeline
from ser_bench.deploy.predict.batch import predict_windows
from ser_bench.deploy.predict.windows import envelope, windows

LABELS = ["neutral", "happy", "sad"]


@pytest.fixture
def typed(capsys, tmp_path, monkeypatch):
    """Return ``typed(*words)``: exit status, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        status = call([str(word) for word in words])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def lecture(corpus, tmp_path):
    """Return a recording of four clips with two silent seconds in the middle, and its seconds."""
    parts = [load(path) for path in sorted(corpus.parent.rglob("*.wav"))[:4]]
    sr = parts[0][1]
    y = [samples for samples, _ in parts]
    y.insert(2, np.zeros(2 * sr, np.float32))
    soundfile.write(tmp_path / "lecture.flac", np.concatenate(y), sr)
    return tmp_path / "lecture.flac", sum(len(part) for part in y) / sr


def test_train_says_what_it_made_and_model_shows_it(typed, corpus, tmp_path):
    words = ("--corpus", corpus, "--features", "mfcc", "--jobs", "1", "--hold-out", "actor:S01,S02")
    status, out, _ = typed("train", "--model", "tree", "-o", "new/tree.ser", *words)
    assert status == 0
    assert "trained in" in out
    assert "labels: neutral, happy, sad" in out
    assert "on 12 clips of speakers S01, S02" in out
    assert "model: new/tree.ser (" in out
    status, shown, _ = typed("model", "new/tree.ser")
    assert status == 0
    for word in (
        "tree (classical), seed 0",
        "mfcc (version 1, 40 columns)",
        "24 clips by 4 speakers",
        "Not for decisions",
    ):
        assert word in shown
    said = json.loads(typed("model", "new/tree.ser", "--json")[1])
    assert (said["format"], said["labels"], said["held_out"]["clips"]) == (1, LABELS, 12)


def test_json_is_the_list_that_was_promised(typed, svm, clip):
    status, out, _ = typed("predict", svm, clip, "--json")
    (answer,) = json.loads(out)
    assert status == 0
    assert list(answer) == ["clip", "emotion", "probabilities"]
    assert answer["clip"] == str(clip)
    assert list(answer["probabilities"]) == LABELS
    assert answer["emotion"] == max(LABELS, key=answer["probabilities"].get)
    assert sum(answer["probabilities"].values()) == pytest.approx(1)


def test_csv_has_a_row_per_clip_and_a_column_per_label(typed, svm, clip, tmp_path):
    status, out, _ = typed("predict", svm, clip, clip, "--csv", "-o", "answers.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "answers.csv").read_text())))
    assert status == 0
    assert "predictions: answers.csv" in out
    assert list(rows[0]) == ["clip", "emotion", *(f"p_{label}" for label in LABELS), "error"]
    assert rows[0] == rows[1]
    assert float(rows[0]["p_sad"]) == load_model(svm).predict(clip)[0].probabilities["sad"]


def test_a_place_that_cannot_be_written_is_told_first(typed, svm, tmp_path):
    (tmp_path / "file").write_text("")
    for option, name in (("-o", "file/a.csv"), ("--timeline", "file/a.png")):
        status, out, err = typed("predict", svm, "nowhere.wav", option, name)
        assert (status, out) == (2, "")
        assert option in err
        assert "nowhere.wav" not in err


def test_the_table_names_the_likeliest_label_and_the_next(typed, svm, clip):
    status, out, _ = typed("predict", svm, clip)
    assert status == 0
    assert out.splitlines()[0].split() == ["clip", "emotion", "%", "then"]
    assert load_model(svm).predict(clip)[0].label in out


def test_folders_are_walked_and_other_files_passed_over(typed, svm, clip, tmp_path):
    (tmp_path / "in" / "below").mkdir(parents=True)
    for name in ("a.wav", "below/b.WAV", "below/notes.txt", ".hidden.wav"):
        shutil.copy(clip, tmp_path / "in" / name)
    _, out, _ = typed("predict", svm, "in", "--json")
    assert [one["clip"] for one in json.loads(out)] == ["in/a.wav", "in/below/b.WAV"]


def test_bad_clips_are_told_and_the_others_answered(typed, svm, clip, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"no sound at all")
    (tmp_path / "empty").mkdir()
    status, out, err = typed("predict", svm, "bad.wav", clip, "nowhere.wav", "empty", "--json")
    answers = json.loads(out)
    assert status == 2
    assert [list(one) for one in answers] == [
        ["clip", "error"],
        ["clip", "emotion", "probabilities"],
        *[["clip", "error"]] * 2,
    ]
    assert len(err.splitlines()) == 3
    assert "ser-bench: bad.wav: not an audio file" in err
    assert "nowhere.wav: cannot be opened" in err


def test_standard_input_is_the_bytes_of_a_file(typed, svm, clip, monkeypatch):
    monkeypatch.setattr(batch.sys, "stdin", SimpleNamespace(buffer=io.BytesIO(clip.read_bytes())))
    _, out, _ = typed("predict", svm, "-", "--json")
    (piped,) = json.loads(out)
    assert piped["clip"] == "-"
    assert piped["probabilities"] == load_model(svm).predict(clip)[0].probabilities


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "name a clip"),
        (("-", "-"), "only once"),
        (("a.wav", "--window", "0"), "invalid value for --window: expected 0 to 86,400 seconds, got 0"),
        (("a.wav", "--window", "1", "--hop", "2"), "invalid value for --hop: expected at most --window (1 s), got 2"),
        (("a.wav", "--timeline", "a.pdf"), ".png or .svg"),
        (("a.wav", "b.wav", "--timeline", "a.png"), "--timeline needs one recording, got 2"),
        (("--microphone", "2", "--window", "1"), "leave them out with --microphone"),
    ],
)
def test_wrong_usage_is_a_line_or_two_and_exit_status_2(typed, svm, words, reason):
    status, out, err = typed("predict", svm, *words)
    assert (status, out) == (2, "")
    assert reason in err
    assert len(err.strip().splitlines()) <= 2


@pytest.mark.parametrize("command", ["model", "predict"])
def test_a_file_that_is_no_model_is_one_line(typed, clip, command):
    status, out, err = typed(command, clip, *([clip] if command == "predict" else []))
    assert (status, out) == (2, "")
    assert err == f"ser-bench: {clip} is not a model file of ser-bench\n"


def test_a_model_of_synthetic_speech_says_so(typed, svm, tmp_path, clip):
    said, members = archive.read(svm)
    made_up = {**manifest.validate(said, tmp_path).model_dump(), "synthetic": True}
    archive.write(tmp_path / "m.ser", made_up, members)
    assert "SYNTHETIC SPEECH" in typed("predict", "m.ser", clip)[2]
    assert "SYNTHETIC SPEECH" in typed("model", "m.ser")[1]


# -- over time ------------------------------------------------------------------------------------


def test_windows_cover_a_recording_and_the_last_ends_with_it(lecture):
    path, length = lecture
    found = list(windows(path, 1.5, 0.5))
    whole, sr = soundfile.read(path, dtype="float32")
    assert found[0].start == 0
    assert found[-1].end == pytest.approx(length)
    assert {len(w.y) for w in found} == {round(1.5 * sr)}
    assert np.allclose(np.diff([w.start for w in found[:-1]]), 0.5)
    for window in found:
        begin = round(window.start * sr)
        np.testing.assert_array_equal(window.y, whole[begin : begin + len(window.y)])


@pytest.mark.parametrize(("seconds", "hop", "count"), [(1.0, 1.0, 2), (1.5, 0.5, 2), (2.0, 0.5, 1), (9.0, 1.0, 1)])
def test_windows_hold_every_sample_once_or_more(tmp_path, write_wav, seconds, hop, count):
    path = write_wav(tmp_path / "x.wav", np.linspace(-0.5, 0.5, 32_000, dtype=np.float32), subtype="FLOAT")
    found = list(windows(path, seconds, hop))
    assert len(found) == count
    assert (found[0].start, found[-1].end) == (0.0, 2.0)


def test_answers_over_time_have_a_start_and_an_end(typed, svm, lecture):
    path, length = lecture
    status, out, _ = typed("predict", svm, path, "--window", "1", "--hop", "0.5", "--json")
    rows = json.loads(out)
    assert status == 0
    assert list(rows[0]) == ["clip", "start", "end", "emotion", "probabilities"]
    assert rows[-1]["end"] == pytest.approx(length, abs=1e-3)
    silent = [row for row in rows if "error" in row]
    assert silent
    assert all("silent" in row["error"] for row in silent)


def test_a_window_as_long_as_the_clip_answers_as_the_clip(svm, clip):
    model = load_model(svm)
    (window,) = predict_windows(model, "x", clip, 100.0, 50.0)
    assert window.prediction == model.predict(clip)[0]


def test_the_envelope_holds_the_extremes_of_the_whole_recording(lecture):
    path, length = lecture
    low, high, seconds = envelope(path)
    whole, _ = soundfile.read(path, dtype="float32")
    assert seconds == pytest.approx(length)
    assert len(low) <= 1500
    assert (low.min(), high.max()) == (whole.min(), whole.max())


def test_a_timeline_is_drawn_with_model_and_origin_named(typed, svm, lecture, tmp_path):
    path, _ = lecture
    status, _, err = typed("predict", svm, path, "--window", "1", "--timeline", "t.svg", "-q")
    drawn = (tmp_path / "t.svg").read_text()
    assert status == 0
    assert "timeline: t.svg" in err
    for word in ("lecture.flac, by svm", "seconds", "probability", *LABELS):
        assert f">{word}<" in drawn


def test_the_timeline_s_shares_are_the_answers_and_silence_is_left_empty(svm, lecture):
    path, length = lecture
    told = list(predict_windows(load_model(svm), "x", path, 1.0, 0.5))
    figure = timeline._figure(load_model(svm), told, path)
    wave, shares = figure.axes
    assert wave.get_xlim() == shares.get_xlim() == (0, pytest.approx(length))
    tops = shares.patches[-1].get_data().values
    np.testing.assert_allclose(tops, [1.0 if one.prediction else 0.0 for one in told], atol=1e-9)
    first = shares.patches[0].get_data().values
    np.testing.assert_allclose(
        first, [one.prediction.probabilities["neutral"] if one.prediction else 0 for one in told]
    )


# -- a microphone -----------------------------------------------------------------------------------


def test_without_the_extra_a_microphone_is_told_how_to_get_it(typed, svm, monkeypatch):
    monkeypatch.setattr(microphone.importlib.util, "find_spec", lambda name: None)
    status, _, err = typed("predict", svm, "--microphone", "1")
    assert status == 2
    assert "pip install 'ser-bench[microphone]'" in err


class DeviceError(Exception):
    pass


def sounddevice(heard):
    """Return what stands for the library: ``heard`` is what a recording gives, or an error."""

    def rec(count, **_):
        if isinstance(heard, Exception):
            raise heard
        return heard[:count, None]

    return SimpleNamespace(
        query_devices=lambda kind: {"default_samplerate": 16000.0}, rec=rec, PortAudioError=DeviceError
    )


def test_a_recording_is_answered_as_a_clip(typed, svm, monkeypatch, clip):
    y, _ = load(clip)
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice(y))
    monkeypatch.setattr(microphone.importlib.util, "find_spec", lambda name: True)
    status, out, err = typed("predict", svm, "--microphone", "1", "--json")
    assert status == 0
    assert "recording 1 s" in err
    assert [one["clip"] for one in json.loads(out)] == ["microphone"]


def test_a_missing_device_is_one_line(typed, svm, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice(DeviceError("no default input device")))
    monkeypatch.setattr(microphone.importlib.util, "find_spec", lambda name: True)
    status, _, err = typed("predict", svm, "--microphone", "1")
    assert status == 2
    assert "no microphone: no default input device" in err


def test_predicting_with_a_classical_model_loads_no_tensorflow_librosa_or_matplotlib(svm, clip):
    script = (
        "import sys; from ser_bench.cli import call; status = call(['predict', *sys.argv[1:], '-q']); "
        "heavy = {'tensorflow', 'keras', 'librosa', 'matplotlib', 'xgboost'} & set(sys.modules); "
        "sys.exit(status or ' '.join(heavy) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(svm), str(clip)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_json_says_names_as_they_are_and_steers_no_terminal(typed, svm, clip, tmp_path):
    name = "a\x9b31m\u202e\U000e0001é.wav"
    shutil.copy(clip, tmp_path / name)
    _, out, _ = typed("predict", svm, name, "--json")
    assert json.loads(out)[0]["clip"] == name
    assert all(c.isprintable() or c == "\n" for c in out)
    assert "é" in out
