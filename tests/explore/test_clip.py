"""``ser-bench explore CLIP``: what a clip's picture shows, where it goes, and how it is played."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from ser_bench.cli import call
from ser_bench.explore import clip as clips
from ser_bench.explore import clip_figure, playing
from ser_bench.explore.clip import read
from ser_bench.explore.panels import scales
from ser_bench.explore.titles import told_by_name
from ser_bench.features.analysis import Analysis
from ser_bench.report.formatting import SYNTHETIC
from tests.conftest import tone
from tests.legible import assert_legible, words_of

RAVDESS = "03-01-05-02-02-01-12.wav"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def angry(tmp_path, write_wav) -> Path:
    """A tone under the name of a clip of RAVDESS, with silence around it."""
    quiet = np.zeros(4800, dtype=np.float32)
    return write_wav(tmp_path / RAVDESS, np.concatenate([quiet, tone(0.4, 48000, 200.0), quiet]), 48000)


def test_a_ravdess_name_is_read():
    told = told_by_name(Path("somewhere", RAVDESS))
    assert told.sentence == "RAVDESS · speech · speaker 12, female · angry, strong · sentence “dogs”"


@pytest.mark.parametrize("name", ["S02_angry_strong_A.wav", "03a01Fa.wav", "1001_IEO_ANG_HI.wav", "OAF_back_angry.wav"])
def test_other_corpora_are_known_by_their_names(name):
    assert told_by_name(Path(name)).columns["emotion"] in ("angry", "happy")


def test_a_strange_name_says_nothing(angry):
    assert told_by_name(Path("holiday.wav")) is None


def test_the_title_says_what_file_and_name_tell(angry):
    words = words_of(clip_figure.draw([read(angry)]))
    for said in (RAVDESS, "speaker 12, female", "0.60 s", "48,000 Hz", "mono", "WAV PCM_16", "dBFS (RMS)"):
        assert said in words
    assert SYNTHETIC not in words


def test_a_demo_clip_is_called_synthetic(tmp_path, write_wav):
    assert SYNTHETIC in words_of(clip_figure.draw([read(write_wav(tmp_path / "S02_sad_normal_B.wav"))]))


def test_f0_is_known_where_voiced_only(angry):
    f0, times = read(angry).f0, read(angry).times
    sounding = (times > 0.15) & (times < 0.45)
    assert np.allclose(f0[sounding], 200, rtol=0.02)
    assert np.isnan(f0[times < 0.08]).all()


def test_the_ends_that_features_trim_are_marked(angry):
    first, last = read(angry).speech
    assert first == pytest.approx(0.1, abs=0.03)
    assert last == pytest.approx(0.5, abs=0.03)


def test_an_analysis_without_trimming_measures_the_silence_too(angry):
    clip = read(angry)
    assert len(Analysis(clip.y, clip.sr, trim=False).levels) == 1 + int((0.6 - 0.025) / 0.01 + 1e-6)
    assert len(Analysis(clip.y, clip.sr).levels) < 50


def test_a_tone_crosses_zero_twice_per_period(tmp_path, write_wav):
    y = 0.3 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    clip = read(write_wav(tmp_path / "a.wav", y))
    assert np.median(clip.zero_crossings) == pytest.approx(880, rel=0.06)


def test_of_a_long_recording_the_middle_is_shown_and_said(tmp_path, write_wav, monkeypatch):
    monkeypatch.setattr(clips, "MOST_SECONDS", 2.0)
    clip = read(write_wav(tmp_path / "long.wav", tone(7.0, 8000), 8000))
    assert (clip.start, clip.shown, clip.seconds) == (2.5, 2.0, 7.0)
    assert clip.times[0] > 2.5
    assert "the middle, 2 to 4 s" in clip_figure.describe(clip)


@pytest.mark.parametrize(
    ("seconds", "sr", "name"),
    [(0.06, 48000, "short"), (1.5, 8000, "phone"), (0.4, 16000, "a-name-that-is-so-long-that-no-line-holds-it " * 4)],
)
def test_texts_neither_overlap_nor_leave_the_picture(seconds, sr, name, tmp_path, write_wav, monkeypatch):
    clip = read(write_wav(tmp_path / f"{name}.wav", tone(seconds, sr), sr))
    assert_legible(clip_figure.draw([clip]), monkeypatch)


def test_noise_has_no_pitch_to_draw(tmp_path, write_wav):
    noise = 0.1 * np.random.default_rng(0).standard_normal(8000)
    assert "no frame is voiced" in words_of(clip_figure.draw([read(write_wav(tmp_path / "noise.wav", noise))]))


def test_clips_side_by_side_share_their_scales(angry, tmp_path, write_wav, monkeypatch):
    both = [read(angry), read(write_wav(tmp_path / "low.wav", 0.2 * tone(0.9, 8000, 100.0), 8000))]
    limits = scales(both)
    assert limits.seconds == pytest.approx(0.9)
    assert limits.f0[0] < 100
    assert limits.f0[1] > 200
    figure = clip_figure.draw(both)
    drawn = [ax for ax in figure.axes if ax.get_xlabel() == "seconds"]
    assert len({round(np.ptp(ax.get_xlim()), 6) for ax in drawn}) == 1
    assert_legible(figure, monkeypatch)


def test_a_picture_goes_where_it_is_told(angry, capsys):
    for output in ("one.png", "two.svg"):
        assert call(["explore", str(angry), "-o", output]) == 0
    assert Path("one.png").read_bytes()[:4] == b"\x89PNG"
    assert "speaker 12" in Path("two.svg").read_text(encoding="utf-8")
    assert capsys.readouterr().out == "picture: one.png\npicture: two.svg\n"


def test_clips_of_one_name_do_not_share_a_picture(tmp_path, write_wav):
    twins = [str(write_wav(tmp_path / folder / "a.wav")) for folder in ("x", "y")]
    assert call(["explore", *twins, "-q"]) == 0
    assert sorted(path.name for path in Path("results/explore").iterdir()) == ["a-2.png", "a.png"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.wav"], "missing.wav: cannot be opened: No such file or directory"),
        (["text.wav"], "text.wav: not an audio file"),
        (["a.wav", "-o", "a.jpg"], "must end in .png or .svg"),
        (["a.wav", "b.wav", "-o", "a.png"], "one file for 2 pictures"),
        (["a.wav", "--compare"], "--compare needs 2 to 4 clips, got 1"),
        (["a.wav", "--corpus", "demo"], "explore draws clips or a corpus"),
        ([], "nothing to draw; name clips, or a corpus"),
        (["--corpus", "demo", "--play"], "--compare and --play need clips"),
    ],
)
def test_wrong_use_is_told_in_a_line_or_two(words, said, capsys):
    Path("text.wav").write_text("this is no sound")
    assert call(["explore", *words]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") <= 2


def test_a_bad_clip_does_not_cost_the_others_their_pictures(angry, capsys):
    assert call(["explore", "missing.wav", str(angry)]) == 2
    assert list(Path("results/explore").iterdir()) == [Path("results/explore", Path(RAVDESS).stem + ".png")]
    assert capsys.readouterr().err.startswith("ser-bench: missing.wav: ")


@pytest.fixture
def players(tmp_path, monkeypatch):
    """Return ``add(name, status, seconds)``: puts a player on the otherwise empty path that notes what it plays."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    monkeypatch.setattr(playing.importlib.util, "find_spec", lambda name: None)

    def add(name: str, status: int = 0, seconds: float = 0.0) -> Path:
        heard = tmp_path / f"{name}.heard"
        program = folder / name
        program.write_text(
            f'#!/bin/sh\necho "$@" > {heard}\necho "no sound card" >&2\n/bin/sleep {seconds}\nexit {status}\n'
        )
        program.chmod(0o755)
        return heard

    return add


needs_sh = pytest.mark.skipif(os.name == "nt", reason="the fake players are shell scripts")


@needs_sh
def test_a_clip_is_played_by_the_first_player_that_works(angry, players):
    broken, heard = players("paplay", 1), players("aplay", seconds=0.5)
    assert playing.play(read(angry)) == f"played {RAVDESS} with aplay"
    assert broken.is_file()
    assert heard.read_text().split() == ["-q", str(angry)]


@needs_sh
def test_players_that_fail_are_told_with_their_reasons(angry, players):
    players("aplay", 1)
    assert playing.play(read(angry)) == f"{RAVDESS} could not be played (aplay: no sound card)"


@needs_sh
def test_a_player_that_ends_at_once_has_played_nothing(angry, players):
    players("ffplay")
    assert playing.play(read(angry)) == f"{RAVDESS} could not be played (ffplay: no sound card)"


def test_without_player_the_picture_is_drawn_all_the_same(angry, players, capsys):
    assert call(["explore", str(angry), "--play"]) == 0
    assert "no player here; pip install sounddevice" in capsys.readouterr().out
    assert Path("results/explore").is_dir()


def test_a_sound_library_that_fails_is_told(angry, players, monkeypatch):
    monkeypatch.setattr(playing.importlib.util, "find_spec", lambda name: name)
    assert "could not be played (sounddevice: " in playing.play(read(angry))
