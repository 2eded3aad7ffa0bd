"""``ser-bench corpora --check``: measurements of clips, and differences between a corpus and its publication."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser_bench import corpora
from ser_bench.cli import call
from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.corpora.published import Published, PublishedAudio
from ser_bench.explore.health import Health, check_corpus
from ser_bench.explore.health.alterations import empty_bands, padded_clips
from ser_bench.explore.health.measure import measure_clip, measure_levels, measure_silence


@pytest.fixture(autouse=True)
def _working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SER_BENCH_DATA", raising=False)


KITCHEN = corpora.Corpus(
    name="kitchen",
    title="Kitchen",
    licence="CC0",
    source="here",
    citation="none",
    counts={"happy": 4, "angry": 4},
    speakers=2,
    reader=FileNamePattern(
        pattern=r"(?P<speaker>anna|ben)-(?P<emotion>[HA])-(?P<text>\d)",
        example="anna-H-1.wav",
        codes={"emotion": {"H": "happy", "A": "angry"}},
        genders={"anna": "female", "ben": "male"},
    ),
    published={
        "speech": Published(
            counts={"happy": 4, "angry": 4}, speakers={"anna": 4, "ben": 4}, genders={"female": 1, "male": 1}
        )
    },
)
NAMES = [f"{speaker}-{emotion}-{text}" for speaker in ("anna", "ben") for emotion in "HA" for text in "12"]


@pytest.fixture
def kitchen(tmp_path, monkeypatch, write_wav):
    """A complete, registered corpus, each clip a different melody."""
    monkeypatch.setitem(corpora.CORPORA, "kitchen", KITCHEN)
    for seed, name in enumerate(NAMES):
        rng = np.random.default_rng(seed)
        loudness, pitch = (np.repeat(rng.uniform(*ends, 16), 500) for ends in ((0.01, 0.2), (100, 1500)))
        melody = loudness * np.sin(2 * np.pi * np.cumsum(pitch) / 16000)
        write_wav(tmp_path / "kitchen" / f"{name}.wav", melody)
    return tmp_path / "kitchen"


def checked(folder) -> Health:
    return check_corpus(corpora.open_corpus("kitchen", folder), "speech", jobs=1)


@pytest.fixture
def printed(kitchen, capsys):
    def check(*words: str) -> tuple[int, str, str]:
        status = call(["corpora", "--check", "kitchen", "--data-dir", str(kitchen), "--jobs", "1", *words])
        out, err = capsys.readouterr()
        assert max((len(line) for line in out.splitlines()), default=0) <= 100
        return status, out, err

    return check


def test_a_complete_corpus_gives_exit_status_0(printed):
    status, out, _ = printed()
    assert status == 0
    verdict = "as published: every clip is there and can be used; the published rates and durations are not known here"
    assert verdict in " ".join(out.split())
    assert "clips per speaker: 4 each, as published" in out
    assert "16000 Hz (8 clips)" in out


def test_quiet_prints_nothing_and_sets_the_exit_status(printed, kitchen):
    (kitchen / f"{NAMES[0]}.wav").unlink()
    assert printed("--quiet") == (1, "", "")


def test_missing_clips_are_counted_by_class_and_speaker_and_give_exit_status_1(printed, kitchen):
    (kitchen / "ben-A-2.wav").unlink()
    status, out, _ = printed()
    assert status == 1
    assert "differs: clips by class: angry 3 of 4" in out
    assert "differs: clips by speaker: ben 3 of 4" in out


def test_a_missing_speaker_is_named_and_counted_by_gender(printed, kitchen):
    for clip in kitchen.glob("ben-*"):
        clip.unlink()
    status, out, _ = printed()
    assert status == 1
    assert "differs: missing speakers: ben" in out
    assert "clips per speaker: 4 each, as published" in out
    assert "differs: speakers by gender: 0 male of 1" in out


def test_clips_of_another_format_or_with_channels_that_cancel_are_named(printed, kitchen):
    y, sr = soundfile.read(kitchen / f"{NAMES[0]}.wav")
    soundfile.write(kitchen / f"{NAMES[0]}.wav", y, sr, format="FLAC")
    y, sr = soundfile.read(kitchen / f"{NAMES[1]}.wav")
    soundfile.write(kitchen / f"{NAMES[1]}.wav", np.stack([y, -y], axis=1), sr)
    status, out, _ = printed()
    assert status == 0
    assert f"note: {NAMES[0]}: named .wav, but its content is FLAC PCM_16" in out
    assert f"note: {NAMES[1]}: the channels cancel (inverted polarity); only channel 1 is used" in out


def test_clips_that_cannot_be_used_are_grouped_by_reason(printed, kitchen):
    for name in NAMES[:5]:
        (kitchen / f"{name}.wav").write_bytes(b"")
    (kitchen / f"{NAMES[5]}.wav").write_bytes(b"no sound at all")
    status, out, _ = printed()
    assert status == 1
    assert "not used: 5 files: empty file: anna-A-1.wav, anna-A-2.wav, anna-H-1.wav, ..." in out
    assert "not used: ben-H-2.wav: not an audio file but a text file" in out
    assert "differs: clips that cannot be used: 6" in out


def test_a_corpus_without_a_usable_clip_is_exit_status_2(printed, kitchen):
    for clip in kitchen.iterdir():
        clip.write_bytes(b"")
    status, out, err = printed()
    assert (status, out) == (2, "")
    assert "no clip of kitchen can be used" in err


def test_copies_that_contradict_each_other_are_listed_first(kitchen):
    y, sr = soundfile.read(kitchen / "anna-H-1.wav", dtype="float32")
    (kitchen / "anna-H-2.wav").write_bytes((kitchen / "anna-H-1.wav").read_bytes())
    soundfile.write(kitchen / "ben-H-1.wav", y, sr, subtype="FLOAT")
    soundfile.write(kitchen / "ben-A-1.wav", 0.5 * y, sr)
    y, sr = soundfile.read(kitchen / "ben-A-2.wav", dtype="float32")
    soundfile.write(kitchen / "anna-A-2.wav", 0.5 * y, sr)
    copies = checked(kitchen).copies
    assert list(copies.pairs.items()) == [
        ("same samples, another speaker", [("anna-H-1", "ben-H-1")]),
        ("near-identical, another emotion", [("anna-H-1", "ben-A-1")]),
        ("near-identical, another speaker", [("anna-A-2", "ben-A-2")]),
        ("same file", [("anna-H-1", "anna-H-2")]),
        ("same samples", []),
        ("near-identical", []),
    ]
    assert "3 clips have identical samples but another speaker (speakers: anna and ben)" in copies.warnings[0]
    assert "2 pairs of near-identical clips of two speakers (speakers: anna and ben, 2 times)" in copies.warnings[1]


def test_copies_that_contradict_each_other_are_in_the_verdict(kitchen, capsys):
    (kitchen / "anna-A-1.wav").write_bytes((kitchen / "anna-H-1.wav").read_bytes())
    rows = ["path,speaker,emotion", "anna-A-1.wav,anna,angry", "anna-H-1.wav,anna,happy", "ben-H-1.wav,ben,happy"]
    (kitchen / "some.csv").write_text("\n".join(rows))
    call(["corpora", "--check", str(kitchen / "some.csv"), "--jobs", "1"])
    out = capsys.readouterr().out
    assert "same file, another emotion  1: anna-A-1.wav = anna-H-1.wav (angry, happy)" in out
    assert "every clip can be read; copies contradict each other; no publication to compare with" in out


def test_clips_of_another_rate_channels_or_format_are_named(printed, kitchen, write_wav):
    noise = 0.1 * np.random.default_rng(9).standard_normal((8000, 2))
    write_wav(kitchen / "ben-H-1.wav", noise, sr=8000, subtype="PCM_24")
    _, out, _ = printed()
    facts = dict(line.split(maxsplit=2)[:3:2] for line in out.splitlines() if line.startswith("other "))
    assert set(facts.values()) == {"ben-H-1"}
    assert [line.split()[1] for line in out.splitlines() if line.startswith("other ")] == [
        "rates",
        "channels",
        "formats",
    ]


def test_altered_audio_differs_from_the_publication(kitchen, printed, monkeypatch, write_wav):
    audio = PublishedAudio(rate=48_000, seconds=(1.0, 2.0), hours=0.0)
    monkeypatch.setitem(corpora.CORPORA, "kitchen", with_audio(audio))
    status, out, _ = printed()
    assert status == 1
    assert "differs: audio: all 8 clips have 16,000 Hz (published: 48,000 Hz)" in out
    assert "differs: audio: all 8 clips last 0.50 s (published: 1.0 to 2.0 s)" in out


def test_published_rates_and_durations_are_confirmed(printed, monkeypatch):
    audio = PublishedAudio(rate=16_000, seconds=(0.5, 0.5), hours=8 * 0.5 / 3600)
    monkeypatch.setitem(corpora.CORPORA, "kitchen", with_audio(audio))
    status, out, _ = printed()
    assert status == 0
    assert " ".join(out.split()).endswith("rate, durations and bandwidth are those of the published files")


def with_audio(audio: PublishedAudio) -> corpora.Corpus:
    """The corpus with a known publication of its audio."""
    return replace(KITCHEN, published={"speech": replace(KITCHEN.published["speech"], audio=audio)})


def test_equal_lengths_and_empty_bands_are_warnings_about_any_clips():
    n = 40
    clips = pd.DataFrame(
        {"samples": 32000, "sr": 16000, "padding": [0] * 30 + [8000] * 10, "bandwidth": 3990.0}, range(n)
    )
    assert list(padded_clips(clips)) == [
        "all 40 clips last exactly 2.00 s; they were probably cut or padded; 10 of them end in digital silence"
    ]
    (reason,) = empty_bands(clips)
    assert reason.startswith(
        "all 40 clips at 16,000 Hz have hardly any sound above 3,990 Hz; they were probably resamp"
    )
    varied = clips.assign(samples=range(32000, 32000 + n), bandwidth=[3990.0] * 19 + [7700.0] * 21)
    assert [*padded_clips(varied), *empty_bands(varied)] == []


def test_doubtful_clips_are_shown_with_their_measurements(kitchen, monkeypatch):
    doubtful = replace(KITCHEN, doubtful={"ben-A-1": "reported as faulty", "gone-A-1": "reported as faulty"})
    monkeypatch.setitem(corpora.CORPORA, "kitchen", doubtful)
    (warning,) = checked(kitchen).warnings
    assert warning.startswith("ben-A-1: reported as faulty; here 0.50 s, peak 0.")


@pytest.mark.parametrize("corpus", corpora.CORPORA.values(), ids=lambda c: c.name)
def test_doubtful_clips_have_names_of_their_corpus(corpus):
    for clip, reason in corpus.doubtful.items():
        assert corpus.reader.parse(Path(f"{clip}.wav")), clip
        assert reason


def test_a_manifest_is_checked_without_published_figures(tmp_path, write_wav, capsys):
    for seed, name in enumerate("ab"):
        write_wav(tmp_path / f"{name}.wav", 0.1 * np.random.default_rng(seed).standard_normal(8000))
    (tmp_path / "mine.csv").write_text("path,speaker,emotion\na.wav,x,sad\nb.wav,y,happy\n")
    assert call(["corpora", "--check", "mine.csv", "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "published" not in out
    assert "unknown" in out
    assert "every clip can be used" in out


def test_the_check_of_a_manifest_counts_the_rows_that_cannot_be_used(tmp_path, write_wav, capsys):
    write_wav(tmp_path / "a.wav", 0.1 * np.random.default_rng(0).standard_normal(8000))
    (tmp_path / "mine.csv").write_text("path,speaker,emotion\na.wav,x,sad\nb.wav,y,happy\n")
    assert call(["corpora", "--check", "mine.csv", "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "not used: b.wav: no such file" in out
    assert out.endswith("1 cannot be used; the reasons are above; no publication to compare with\n")


def test_options_of_the_check_need_the_check(capsys):
    assert call(["corpora", "emodb", "--data-dir", "x"]) == 2
    assert "need --check" in capsys.readouterr().err
    assert call(["corpora", "--check"]) == 2
    assert "needs the name of a corpus" in capsys.readouterr().err


def test_levels_are_relative_to_full_scale():
    t = np.arange(16000) / 16000
    levels = measure_levels((0.5 * np.sin(2 * np.pi * 100 * t) + 0.1).astype(np.float32))
    assert levels["rms"] == pytest.approx(np.sqrt(0.125 + 0.01), abs=1e-4)
    assert levels["peak"] == pytest.approx(0.6, abs=1e-4)
    assert levels["offset"] == pytest.approx(0.1, abs=1e-4)


def test_clipping_is_runs_at_full_scale_and_not_a_single_peak():
    y = np.zeros(100, np.float32)
    y[10:12], y[20:23], y[30:40], y[-3:] = 1, -1, 1, 32767 / 32768
    levels = measure_levels(y)
    assert levels["clipped"] == 3
    assert levels["zeros"] == 100 - 2 - 3 - 10 - 3
    assert measure_levels(0.99 * y)["clipped"] == 0


def test_silence_is_counted_in_all_and_at_both_ends():
    sr = 1000
    y = np.zeros(4000, np.float32)
    y[1000:1500], y[2000:2500] = 0.5, -0.5
    y[3000:] = 0.5 * 10 ** (-41 / 20)
    total, lead, trail = measure_silence(y, sr)
    assert (total, lead, trail) == pytest.approx((3.0, 1.0, 1.5))
    y[3000:] *= 10 ** (2 / 20)
    assert measure_silence(y, sr) == pytest.approx((2.0, 1.0, 0.0))


def test_a_clip_that_vanished_has_an_error(tmp_path):
    assert measure_clip(str(tmp_path / "gone.wav")).error.startswith("cannot be opened")
