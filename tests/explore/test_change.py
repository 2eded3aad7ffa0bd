"""``ser-bench explore CLIP --condition NAME``: pictures, facts and audio of a changed clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_bench import audio
from ser_bench.audio import conditions
from ser_bench.audio.activity import active_level
from ser_bench.audio.conditions import ConditionKind
from ser_bench.cli import call
from ser_bench.core.errors import ConditionError
from ser_bench.explore import clip as clip_module
from ser_bench.explore import clip_figure, playing
from ser_bench.explore.change import change_facts
from ser_bench.explore.clip import all_samples, read_clip
from ser_bench.explore.differences import find_differences
from ser_bench.explore.saving import FORMATS, save_audio
from tests.conftest import tone
from tests.explore.test_clip import needs_sh
from tests.legible import assert_legible, words_of


def _doubled(y, sr, rng):
    if len(y) < 4000:
        raise ConditionError(f"too short to be doubled: {len(y) / sr:.2f} s")
    return 2 * y, sr


def _halved(y, sr, rng):
    return y[: len(y) // 2 : 2], sr // 2


def _hiss(y, sr, rng, level):
    noise = rng.standard_normal(len(y)).astype(np.float32)
    return y + noise * 10 ** ((active_level(y, sr) - level) / 20), sr


_TEXTS = {"family": "test", "source": "this test"}
KINDS = (
    ConditionKind(name="doubled", summary="twice as loud", phrase="twice as loud", change=_doubled, **_TEXTS),
    ConditionKind(name="halved", summary="the first half", phrase="cut in half", change=_halved, **_TEXTS),
    ConditionKind(name="same", summary="no change", phrase="unchanged", change=lambda y, sr, rng: (y, sr), **_TEXTS),
    ConditionKind(
        name="hiss",
        summary="noise",
        phrase="in hiss at {level} dB SNR",
        change=_hiss,
        levels=(20.0, 10.0),
        unit="dB SNR",
        **_TEXTS,
    ),
)


@pytest.fixture(autouse=True)
def _prepared(tmp_path, monkeypatch):
    """Work in an empty folder, with conditions of known effect."""
    monkeypatch.chdir(tmp_path)
    for kind in KINDS:
        monkeypatch.setitem(conditions.KINDS, kind.name, kind)


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "a.wav"
    soundfile.write(path, 0.8 * tone(0.6, 16000, 200.0) / np.abs(tone(0.6, 16000, 200.0)).max(), 16000)
    return path


def test_a_condition_changes_a_clip_as_it_does_for_features(recording):
    y, sr = conditions.get("hiss-10").apply(*audio.load(recording))
    clip = read_clip(recording, conditions.get("hiss-10"))
    assert np.array_equal(clip.y, y)
    assert clip.sr == sr


def test_length_and_rate_are_those_of_the_changed_clip(recording):
    clip = read_clip(recording, conditions.get("halved"))
    assert (clip.sr, clip.seconds, clip.start) == (8000, pytest.approx(0.3), 0)


def test_the_picture_says_that_the_clip_is_changed(recording, monkeypatch):
    figure = clip_figure.draw_clips([read_clip(recording, conditions.get("hiss-10"))], ["a note " * 40])
    words = words_of(figure)
    for expected in ("a.wav in hiss at 10 dB SNR", "condition hiss-10: noise", "16,000 Hz", "a note a note"):
        assert expected in words
    assert "PCM_16" not in words  # a fact about the file, not about the changed samples
    assert_legible(figure, monkeypatch)


def test_one_clip_is_compared_with_its_recording(recording):
    words = words_of(clip_figure.draw_clips([read_clip(recording), read_clip(recording, conditions.get("halved"))]))
    assert "a.wav as recorded and cut in half" in words
    assert words.count("a.wav") == 1
    assert "PCM_16" in words


def test_the_title_names_the_condition_of_several_clips(recording, tmp_path, write_wav):
    clips = [read_clip(path, conditions.get("halved")) for path in (recording, write_wav(tmp_path / "b.wav"))]
    assert find_differences(clips).title == "2 clips side by side, cut in half"


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("same", []),
        ("doubled", ["RMS −8.8 to −2.8 dBFS", "peak −1.9 to 4.1 dBFS"]),
        ("halved", ["length 0.60 to 0.30 s", "sampling rate 16,000 to 8,000 Hz"]),
        ("hiss-10", ["signal-to-noise ratio 10."]),
        ("hiss-20", ["signal-to-noise ratio 20."]),
        ("clipped", ["clipped samples 0.0 to ", " %"]),
        ("quiet", ["RMS −8.8 to −"]),
        ("dc", ["offset 0.0 to "]),
        ("lowpass-2000", ["highest frequency 8,000 to 2,"]),
    ],
)
def test_facts_name_what_a_condition_changes(recording, name, facts):
    measured = change_facts(read_clip(recording), read_clip(recording, conditions.get(name)))
    text = " · ".join(measured)
    assert [fact for fact in facts if fact not in text] == [], text
    assert bool(facts) == bool(measured)
    assert ("signal-to-noise" in text) == name.startswith("hiss")


def test_the_echo_of_a_room_slows_the_decay(tmp_path, write_wav):
    fall = 10 ** (-200 * np.arange(8000) / 16000 / 20)  # 200 dB per second
    syllables = 0.5 * np.random.default_rng(0).uniform(-1, 1, 64000) * np.tile(fall, 8)
    clean = read_clip(write_wav(tmp_path / "syllables.wav", syllables))
    facts = change_facts(clean, read_clip(clean.path, conditions.get("room-1.0")))
    assert any(fact.startswith("decay ") for fact in facts), facts


def test_small_changes_are_not_named(tmp_path, write_wav):
    clean = read_clip(write_wav(tmp_path / "a.wav"))
    quieter = replace(clean, y=clean.y * np.float32(10 ** (-0.2 / 20)))
    assert change_facts(clean, quieter) == []


def test_a_clip_that_a_condition_silences_is_called_silent(tmp_path, write_wav):
    clean = read_clip(write_wav(tmp_path / "a.wav"))
    assert change_facts(clean, replace(clean, y=0 * clean.y))[-1] == "silence"


def test_the_changed_clip_is_described_and_saved(recording, capsys, quick_pictures):
    assert call(["explore", str(recording), "--condition", "hiss-10", "--save", "sounds/a.wav"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"picture: {Path('results/explore/a-hiss-10.png')}"
    assert lines[1].startswith("a.wav in hiss at 10 dB SNR, against the recording: ")
    assert lines[2].startswith(f"audio: {Path('sounds/a.wav')}: 0.60 s, 16,000 Hz, mono, 16 bit")
    assert [file.name for file in Path("sounds").iterdir()] == ["a.wav"]
    assert soundfile.info("sounds/a.wav").subtype == "PCM_16"


def test_compare_draws_the_recording_beside_the_changed_clip(recording, monkeypatch, capsys):
    drawn = []
    monkeypatch.setattr(clip_figure, "draw_clips", lambda clips, notes: drawn.extend(clips) or _empty())
    assert call(["explore", str(recording), "--condition", "halved", "--compare", "-o", "both.svg"]) == 0
    assert [clip.description for clip in drawn] == ["a.wav", "a.wav cut in half"]


def _empty():
    from matplotlib.figure import Figure

    return Figure(figsize=(1, 1))


@pytest.mark.parametrize("ending", FORMATS)
def test_a_saved_clip_has_the_changed_samples_in_16_bits(recording, ending):
    y, sr = all_samples(read_clip(recording, conditions.get("hiss-20")))
    save_audio(Path(f"a{ending}"), y, sr)
    saved, rate = soundfile.read(f"a{ending}", dtype="float32")
    assert rate == sr
    assert soundfile.info(f"a{ending}").subtype == "PCM_16"
    assert np.abs(saved - y).max() <= 2 / 32768


def test_a_clip_beyond_full_scale_is_lowered_and_the_line_says_so(recording):
    y, sr = all_samples(read_clip(recording, conditions.get("doubled")))
    assert "; lowered by 4.1 dB, so that no peak is cut off" in save_audio(Path("a.wav"), y, sr)
    saved, _ = soundfile.read("a.wav", dtype="float32")
    assert np.abs(saved).max() < 1
    assert np.allclose(saved, y * saved.max() / y.max(), atol=1e-4)


def test_all_of_a_long_clip_is_saved(tmp_path, write_wav, monkeypatch, quick_pictures):
    monkeypatch.setattr(clip_module, "MAX_SHOWN_SECONDS", 1.0)
    path = write_wav(tmp_path / "long.wav", tone(3.0, 8000), 8000)
    assert call(["explore", str(path), "--condition", "same", "--save", "saved.wav"]) == 0
    assert soundfile.info("saved.wav").duration == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.wav", "--save", "b.wav"], "--save writes a changed clip; name a condition"),
        (["a.wav", "--condition", "same", "--save", "a.wav"], "would replace the clip itself"),
        (["a.wav", "--condition", "same", "--save", "link.wav"], "would replace the clip itself"),
        (["a.wav", "--condition", "same", "--save", "b.mp3"], "its name must end in .wav, .flac"),
        (["a.wav", "b.wav", "--condition", "same", "--save", "c.wav"], "one file for 2 clips; give a folder"),
        (["a.wav", "--condition", "sam"], "unknown condition 'sam'; did you mean 'same'?"),
        (["a.wav", "--condition", "hiss-loud"], "expected a number of dB SNR after hiss-"),
        (["a.wav", "--condition", "test"], "one condition, got 'test'; name one, such as doubled"),
        (["a.wav", "--condition", "same,halved"], "one condition, got 'same,halved'; name one, such as same"),
        (["a.wav", "--condition", "clean"], "leave out --condition"),
        (["a.wav", "--compare"], "--compare needs 2 to 4 clips, got 1; with --condition, one clip is enough"),
        (["--corpus", "demo", "--condition", "same"], "--condition needs clips; for a corpus, see ser-bench run"),
    ],
)
def test_wrong_arguments_give_a_message_of_one_line(arguments, message, recording, capsys):
    Path("a.wav").write_bytes(recording.read_bytes())
    Path("link.wav").symlink_to("a.wav")
    before = sorted(Path().iterdir())
    assert call(["explore", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert sorted(Path().iterdir()) == before
    assert Path("a.wav").read_bytes() == recording.read_bytes()


def test_other_clips_go_on_when_one_cannot_be_changed(recording, tmp_path, write_wav, capsys, quick_pictures):
    short = write_wav(tmp_path / "short.wav", tone(0.1, 16000), 16000)
    assert call(["explore", str(short), str(recording), "--condition", "doubled", "--save", "sounds"]) == 2
    assert [file.name for file in Path("sounds").iterdir()] == ["a-doubled.wav"]
    message = f"ser-bench: {short}: condition doubled: too short to be doubled: 0.10 s\n"
    assert capsys.readouterr().err == message


def test_a_condition_of_a_plugin_is_heard(recording, capsys, quick_pictures):
    Path("softer.py").write_text(
        "from ser_bench.audio.conditions import ConditionKind\n"
        "SOFTER = ConditionKind(name='softer', family='own', summary='half as loud', source='own',\n"
        "    phrase='half as loud', change=lambda y, sr, rng: (0.5 * y, sr))\n",
        encoding="utf-8",
    )
    assert call(["explore", str(recording), "--condition", "softer", "--plugin", "softer.py"]) == 0
    assert "a.wav half as loud, against the recording: RMS −8.8 to −14.9 dBFS" in capsys.readouterr().out
    assert "softer" not in conditions.KINDS


@needs_sh
def test_a_player_gets_the_changed_clip_in_a_temporary_file(recording, players):
    log = players("aplay", seconds=0.5)
    assert playing.play(read_clip(recording, conditions.get("same"))) == "played a.wav unchanged with aplay"
    file = Path(log.read_text().split()[1])
    assert file.name == "same.wav"
    assert not file.parent.exists()
