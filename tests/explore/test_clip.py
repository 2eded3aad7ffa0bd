"""``ser-bench explore CLIP``: the content and the file of a clip's picture, and playback."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from matplotlib.figure import Figure

from ser_bench import explore
from ser_bench.cli import call
from ser_bench.explore import clip as clip_module
from ser_bench.explore import clip_figure, playing
from ser_bench.explore.clip import Clip, read_clip
from ser_bench.explore.differences import find_differences
from ser_bench.explore.panels import PANELS, common_scales
from ser_bench.explore.titles import title_from_name
from ser_bench.features.analysis import Analysis
from ser_bench.report.descriptions import SYNTHETIC
from tests.conftest import tone
from tests.legible import assert_legible, words_of

RAVDESS = "03-01-05-02-02-01-12.wav"


@pytest.fixture(autouse=True)
def _working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def angry(tmp_path_factory) -> Path:
    """A tone with silence around it, under the name of a RAVDESS clip."""
    path = tmp_path_factory.mktemp("clips") / RAVDESS
    silence = np.zeros(4800, dtype=np.float32)
    soundfile.write(path, np.concatenate([silence, tone(0.4, 48000, 200.0), silence]), 48000, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def angry_clip(angry) -> Clip:
    return read_clip(angry)


def test_a_ravdess_name_gives_the_facts_of_the_clip():
    title = title_from_name(Path("somewhere", RAVDESS))
    assert str(title) == "RAVDESS · speech · speaker 12, female · angry, strong · sentence “dogs” · take 1"


@pytest.mark.parametrize("name", ["S02_angry_strong_A.wav", "03a01Fa.wav", "1001_IEO_ANG_HI.wav", "OAF_back_angry.wav"])
def test_names_of_other_corpora_are_decoded(name):
    assert title_from_name(Path(name)).columns["emotion"] in ("angry", "happy")


@pytest.mark.parametrize(("name", "take"), [(RAVDESS, "1"), ("03a01Fa.wav", "a"), ("S02_angry_strong_A.wav", "")])
def test_the_take_is_read_from_names_that_state_it(name, take):
    assert title_from_name(Path(name)).columns["take"] == take


def test_a_name_of_no_known_corpus_gives_no_title():
    assert title_from_name(Path("holiday.wav")) is None


def test_the_picture_shows_the_facts_of_name_and_file(angry_clip):
    words = words_of(clip_figure.draw_clips([angry_clip]))
    for expected in (RAVDESS, "speaker 12, female", "0.60 s", "48,000 Hz", "mono", "WAV PCM_16", "RMS −"):
        assert expected in words
    assert SYNTHETIC not in words


def test_the_picture_of_a_demo_clip_says_that_it_is_synthetic(tmp_path, write_wav):
    clip = read_clip(write_wav(tmp_path / "S02_sad_normal_B.wav"))
    assert SYNTHETIC in words_of(clip_figure.draw_clips([clip]))


def test_f0_is_nan_outside_voiced_frames(angry_clip):
    f0, times = angry_clip.f0, angry_clip.times
    assert np.allclose(f0[(times > 0.15) & (times < 0.45)], 200, rtol=0.02)
    assert np.isnan(f0[times < 0.08]).all()


def test_speech_bounds_exclude_the_silence_at_the_ends(angry_clip):
    assert angry_clip.speech_bounds == pytest.approx((0.1, 0.5), abs=0.03)


def test_an_analysis_without_trimming_includes_the_silence(angry_clip):
    assert len(angry_clip.analysis.levels) == 1 + int((0.6 - 0.025) / 0.01 + 1e-6)
    assert len(Analysis(angry_clip.y, angry_clip.sr).levels) < 50


def test_a_sine_crosses_zero_twice_per_period(tmp_path, write_wav):
    y = 0.3 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    clip = read_clip(write_wav(tmp_path / "a.wav", y))
    assert np.median(clip.zero_crossings) == pytest.approx(880, rel=0.06)


def test_the_middle_of_a_long_recording_is_shown(tmp_path, write_wav, monkeypatch):
    monkeypatch.setattr(clip_module, "MAX_SHOWN_SECONDS", 2.0)
    clip = read_clip(write_wav(tmp_path / "long.wav", tone(7.0, 8000), 8000))
    assert (clip.start, clip.shown_seconds, clip.seconds) == (2.5, 2.0, 7.0)
    assert clip.times[0] > 2.5
    assert "the middle, 2 to 4 s" in clip_figure.file_facts(clip)


@pytest.mark.parametrize(
    ("seconds", "sr", "name"),
    [(0.06, 48000, "short"), (1.5, 8000, "phone"), (0.4, 16000, "a-name-that-is-so-long-that-no-line-holds-it " * 4)],
)
def test_texts_do_not_overlap_and_stay_inside_the_picture(seconds, sr, name, tmp_path, write_wav, monkeypatch):
    clip = read_clip(write_wav(tmp_path / f"{name}.wav", tone(seconds, sr), sr))
    assert_legible(clip_figure.draw_clips([clip]), monkeypatch)


def test_the_panel_of_f0_says_that_noise_is_not_voiced(tmp_path, write_wav):
    noise = 0.1 * np.random.default_rng(0).standard_normal(8000)
    ax, clip = Figure().add_subplot(), read_clip(write_wav(tmp_path / "noise.wav", noise))
    next(panel for panel in PANELS if panel.title.startswith("F0")).draw(ax, clip, common_scales([clip]))
    assert "no frame is voiced" in words_of(ax)


def test_clips_side_by_side_share_their_scales(angry_clip, tmp_path, write_wav, monkeypatch):
    clips = [angry_clip, read_clip(write_wav(tmp_path / "low.wav", 0.2 * tone(0.9, 8000, 100.0), 8000))]
    scales = common_scales(clips)
    assert scales.seconds == pytest.approx(0.9)
    assert scales.f0[0] < 100
    assert scales.f0[1] > 200
    figure = clip_figure.draw_clips(clips)
    time_axes = [ax for ax in figure.axes if ax.get_xlabel() == "seconds"]
    assert len({round(np.ptp(ax.get_xlim()), 6) for ax in time_axes}) == 1
    assert_legible(figure, monkeypatch)


def _named(angry_clip: Clip, *paths: str) -> list[Clip]:
    return [replace(angry_clip, path=Path(path), title=title_from_name(Path(path))) for path in paths]


@pytest.mark.parametrize(
    ("paths", "title", "shared", "headings"),
    [
        (
            (RAVDESS, "03-01-04-02-02-02-12.wav"),
            "2 clips that differ in emotion and take",
            "RAVDESS · speech · speaker 12, female · strong intensity · sentence “dogs”",
            ("angry · take 1", "sad · take 2"),
        ),
        (
            (RAVDESS, "03-01-05-01-01-01-11.wav"),
            "2 clips that differ in speaker, intensity and sentence",
            "RAVDESS · speech · angry · take 1",
            (
                "speaker 12, female · strong intensity · sentence “dogs”",
                "speaker 11, male · normal intensity · sentence “kids”",
            ),
        ),
        (
            ("03-01-05-02-02-01-03.wav", "03a01Wa.wav"),
            "2 clips of different corpora",
            "angry",
            (
                "RAVDESS · speech · speaker 03, male · strong intensity · sentence “dogs” · take 1",
                "EmoDB · speaker 03, male · sentence “a01” · take a",
            ),
        ),
        (("a/x.wav", "b/x.wav"), "2 clips side by side", "", ("a/x.wav", "b/x.wav")),
        ((f"a/{RAVDESS}", f"b/{RAVDESS}"), "2 clips of the same description", None, (f"a/{RAVDESS}", f"b/{RAVDESS}")),
        ((RAVDESS, "holiday.wav"), "2 clips side by side", "", None),
    ],
)
def test_a_comparison_is_headed_by_what_differs(angry_clip, paths, title, shared, headings):
    differences = find_differences(_named(angry_clip, *paths))
    assert differences.title == title
    if shared is not None:
        assert differences.shared == shared
    if headings is None:
        headings = (str(title_from_name(Path(RAVDESS))).replace("angry, strong", "angry · strong intensity"), paths[1])
    assert differences.headings == headings


def test_a_comparison_says_once_what_the_clips_share(angry_clip, monkeypatch):
    clips = _named(angry_clip, RAVDESS, "03-01-04-02-02-01-12.wav", "03-01-08-02-02-01-12.wav")
    figure = clip_figure.draw_clips(clips)
    words = words_of(figure)
    for fact in ("RAVDESS", "speaker 12, female", "sentence “dogs”", "48,000 Hz", "WAV PCM_16"):
        assert words.count(fact) == 1
    for fact in ("angry", "sad", "surprised", "03-01-04-02-02-01-12.wav"):
        assert words.count(fact) == 1
    assert_legible(figure, monkeypatch)


def test_chroma_is_masked_in_silence_and_a_key_says_so(angry_clip, tmp_path, write_wav):
    ax = Figure().add_subplot()
    chroma = next(panel for panel in PANELS if panel.title == "chroma")
    values = chroma.draw(ax, angry_clip, common_scales([angry_clip])).get_array()
    seconds = np.arange(values.shape[1]) * angry_clip.chroma_hop_seconds
    assert np.ma.getmaskarray(values)[:, (seconds < 0.07) | (seconds > 0.54)].all()
    assert not np.ma.getmaskarray(values)[:, (seconds > 0.13) & (seconds < 0.47)].any()
    assert any(patch.get_hatch() for patch in ax.patches)
    assert "silent: 40 dB or more below" in words_of(clip_figure.draw_clips([angry_clip]))
    loud = read_clip(write_wav(tmp_path / "loud.wav", tone(0.3, 16000)))
    assert "silent" not in words_of(clip_figure.draw_clips([loud]))


def test_the_ending_of_the_output_chooses_the_format(angry, capsys, request):
    assert call(["explore", str(angry), "-o", "two.svg"]) == 0
    request.getfixturevalue("quick_pictures")
    assert call(["explore", str(angry), "-o", "one.png"]) == 0
    assert Path("one.png").read_bytes()[:4] == b"\x89PNG"
    assert "speaker 12" in Path("two.svg").read_text(encoding="utf-8")
    assert capsys.readouterr().out == "picture: two.svg\npicture: one.png\n"


def test_clips_of_the_same_name_get_pictures_of_their_own(tmp_path, write_wav, quick_pictures):
    twins = [str(write_wav(tmp_path / folder / "a.wav")) for folder in ("x", "y")]
    assert call(["explore", *twins, "-q"]) == 0
    assert sorted(path.name for path in Path("results/explore").iterdir()) == ["a-2.png", "a.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
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
def test_wrong_arguments_give_a_message_of_at_most_two_lines(arguments, message, capsys):
    Path("text.wav").write_text("this is no sound")
    assert call(["explore", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") <= 2


def test_pictures_of_the_other_clips_are_drawn_when_one_clip_is_unusable(angry, capsys, quick_pictures):
    assert call(["explore", "missing.wav", str(angry)]) == 2
    assert list(Path("results/explore").iterdir()) == [Path("results/explore", Path(RAVDESS).stem + ".png")]
    assert capsys.readouterr().err.startswith("ser-bench: missing.wav: ")


needs_sh = pytest.mark.skipif(os.name == "nt", reason="the fake players are shell scripts")


@needs_sh
def test_a_clip_is_played_by_the_first_player_that_works(angry_clip, players):
    broken, log = players("paplay", 1), players("aplay", seconds=0.5)
    assert playing.play(angry_clip) == f"played {RAVDESS} with aplay"
    assert broken.is_file()
    assert log.read_text().split() == ["-q", str(angry_clip.path)]


@needs_sh
def test_the_reason_of_a_failing_player_is_shown(angry_clip, players):
    players("aplay", 1)
    assert playing.play(angry_clip) == f"{RAVDESS} could not be played (aplay: no sound card)"


@needs_sh
def test_a_player_that_ends_at_once_counts_as_failed(angry_clip, players):
    players("ffplay")
    assert playing.play(angry_clip) == f"{RAVDESS} could not be played (ffplay: no sound card)"


def test_without_a_player_the_picture_is_drawn(angry, players, capsys, quick_pictures):
    assert call(["explore", str(angry), "--play"]) == 0
    assert "no player found; install sounddevice with pip" in capsys.readouterr().out
    assert Path("results/explore").is_dir()


def test_an_error_of_sounddevice_is_shown(angry_clip, players, monkeypatch):
    monkeypatch.setattr(playing.importlib.util, "find_spec", lambda name: name)
    assert "could not be played (sounddevice: " in playing.play(angry_clip)


def test_pictures_of_clips_with_equal_names_have_files_of_their_own():
    clips = [Path(folder, f"{name}.wav") for folder, name in (("x", "a"), ("y", "a"), ("x", "a-2"), ("x", "A"))]
    files = explore.picture_files(clips, Path("pictures"), together=False)
    assert [file.name for file in files] == ["a.png", "a-2.png", "a-2-2.png", "A-3.png"]
