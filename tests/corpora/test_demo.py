"""The demo corpus: what its clips are, that they are the same everywhere, how they are made and listed."""

import shutil
import subprocess
import sys
import threading
import wave
from pathlib import Path

import numpy as np
import pytest

from ser_bench.core.errors import CorpusError
from ser_bench.core.labels import EMOTIONS as CANONICAL
from ser_bench.corpora.clip_table import CLIP_COLUMNS
from ser_bench.corpora.datasets import demo
from ser_bench.corpora.datasets.demo import expression, portable
from ser_bench.corpora.datasets.demo.clips import make_clips, samples
from ser_bench.corpora.datasets.demo.codes import EMOTIONS, SPEAKERS, Code, all_codes, parse

ONE = ("S07",)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The demo corpus of one speaker, made whole with its manifest; tests copy it before they harm it."""
    folder = tmp_path_factory.mktemp("demo") / "made"
    demo.make(folder, speakers=ONE)
    return folder


@pytest.fixture
def copy(made, tmp_path):
    return shutil.copytree(made, tmp_path / "copy")


def _pcm(path):
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2"), file.getparams()


def _above_1_khz(y):
    """Energy from 1 to 4 kHz as a share of that below."""
    power = np.abs(np.fft.rfft(y, 2**16)) ** 2
    kilohertz = 2**16 // 16
    return power[kilohertz : 4 * kilohertz].sum() / power[:kilohertz].sum()


def _contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# what the corpus is


def test_the_corpus_is_a_balanced_ravdess():
    codes = list(all_codes())
    assert len(codes) == len(set(map(str, codes))) == demo.CORPUS.clips == 24 * 30
    assert sum(code.gender == "female" for code in codes) == demo.CORPUS.clips // 2
    assert {code.emotion for code in codes} == set(demo.CORPUS.emotions) <= set(CANONICAL)
    assert {code.intensity for code in codes if code.emotion == "neutral"} == {"normal"}
    assert demo.CORPUS.synthetic


@pytest.mark.parametrize("code", [Code("S01", "angry", "strong", "A"), Code("S24", "neutral", "normal", "B")])
def test_a_code_reads_back_from_its_own_name(code):
    assert parse(str(code)) == code


@pytest.mark.parametrize(
    "stem",
    ["", "S01", "S25_angry_strong_A", "S01_anger_strong_A", "S01_neutral_strong_A", "S01_angry_strong_A_2"],
)
def test_a_name_that_is_no_code_is_refused(stem):
    assert parse(stem) is None


def test_every_row_of_the_emotion_table_has_every_parameter():
    rows = [expression.NEUTRAL, *expression.EMOTION.values(), *expression.SPREAD.values()]
    assert {len(row) for row in rows} == {len(expression.PARAMETERS)}
    assert set(expression.EMOTION) == set(EMOTIONS)


# sound


def test_clips_are_speech_long_mono_16_khz_with_quiet_margins(made):
    for path in made.rglob("*.wav"):
        y, params = _pcm(path)
        assert (params.nchannels, params.sampwidth, params.framerate) == (1, 2, 16000)
        assert 1.2 < len(y) / 16000 < 2.8
        edges = np.concatenate([y[:1200], y[-1200:]]).astype(float)
        assert edges.std() < 0.1 * y.std()
        assert 300 < np.abs(y.astype(int)).max() < 32000


def test_a_voice_speaks_at_its_pitch(made):
    """The pulse train has the period that the score asks for: autocorrelation finds it in a vowel."""
    from ser_bench.corpora.datasets.demo.score import HOP, SR, score

    code = Code("S07", "calm", "normal", "A")
    y, _ = _pcm(made / "S07" / f"{code}.wav")
    wanted = score(code).source
    frame = int(np.argmax(wanted[1] * (np.arange(wanted.shape[1]) > 40)))
    part = y[frame * HOP - 400 : frame * HOP + 400].astype(float)
    similarity = np.correlate(part, part, "full")[len(part) - 1 :]
    lag = 40 + int(np.argmax(similarity[40:267]))
    assert SR / lag == pytest.approx(wanted[0, frame], rel=0.08)


def test_anger_is_louder_and_brighter_than_sadness_in_most_speakers():
    """The literature's first finding survives the speakers' own ways: level, and energy above 1 kHz."""
    loudness, brightness = {}, {}
    for emotion in ("angry", "sad"):
        codes = list(all_codes(SPEAKERS[:8], [emotion], ["strong"], ["A"]))
        clips = [y.astype(float) for _, y in samples(codes)]
        loudness[emotion] = np.array([y.std() for y in clips])
        brightness[emotion] = np.array([_above_1_khz(y) for y in clips])
    assert (loudness["angry"] > loudness["sad"]).mean() > 0.8
    assert (brightness["angry"] > brightness["sad"]).mean() > 0.8


# the same bytes everywhere


def test_clips_have_the_published_bytes(made):
    """`make` warns where they differ, and warnings are errors: no surprise here then."""
    lines = "".join(demo._manifest_lines(made, ONE[0]))
    assert demo._half_digest(lines) == demo.DIGESTS[ONE[0]]


@pytest.mark.slow
def test_the_whole_corpus_has_the_published_bytes(tmp_path):
    make_clips(tmp_path)
    seen = {speaker: demo._half_digest("".join(demo._manifest_lines(tmp_path, speaker))) for speaker in SPEAKERS}
    assert seen == demo.DIGESTS


def test_other_bytes_than_the_published_are_said(tmp_path, monkeypatch):
    monkeypatch.setitem(demo.DIGESTS, "S02", "0" * 32)
    with pytest.warns(UserWarning, match="other bytes"):
        demo.make(tmp_path / "demo", speakers=["S02"])


def test_a_clip_does_not_depend_on_its_company(made):
    code = Code("S07", "happy", "strong", "B")
    with_others = dict(samples([Code("S12", "sad", "normal", "A"), code]))[code]
    assert np.array_equal(with_others, _pcm(made / "S07" / f"{code}.wav")[0])


def test_last_bits_of_the_arithmetic_do_not_show(monkeypatch):
    """Errors of another machine's library (here 1e-14, many times larger) leave every 16-bit sample alone."""
    from ser_bench.corpora.datasets.demo import sound

    codes = list(all_codes(["S03"], ["fearful"], sentences=["B"]))
    before = [y for _, y in samples(codes)]
    rng = np.random.default_rng(0)

    def shaken(function):
        def wrapped(*args):
            value = np.asarray(function(*args))
            return value * (1 + 1e-14 * rng.uniform(-1, 1, value.shape))

        return wrapped

    for room, name in [
        (portable, "exp"),
        (portable, "cos_turn"),
        (portable, "upsample"),
        (sound, "_filtered"),
    ]:
        monkeypatch.setattr(room, name, shaken(getattr(room, name)))
    assert all(np.array_equal(a, b) for a, (_, b) in zip(before, samples(codes), strict=True))


def test_portable_functions_are_those_of_numpy():
    x = np.linspace(-40, 40, 1001)
    turns = np.linspace(0, 0.5, 1001)
    xp, fp = np.array([-30.0, -1.0, 0.5, 22.0]), np.array([[1.0, -2.0, 5.0, 3.0], [0.0, 1.0, 2.0, 4.0]])
    np.testing.assert_allclose(portable.exp(x), np.exp(x), rtol=1e-14)
    np.testing.assert_allclose(portable.cos_turn(turns), np.cos(2 * np.pi * turns), atol=1e-14)
    np.testing.assert_allclose(portable.interpolate(x, xp, fp), [np.interp(x, xp, row) for row in fp], atol=1e-13)
    np.testing.assert_allclose(portable.upsample(fp, 8)[0], np.interp(np.arange(24) / 8, np.arange(4), fp[0]))


def test_random_numbers_are_uniform_or_bell_shaped_and_keyed():
    u, z = portable.uniforms((1, 2), 20000), portable.bells((1, 2), 20000)
    assert 0 <= u.min() < u.max() < 1
    assert u.mean() == pytest.approx(0.5, abs=0.01)
    assert z.mean() == pytest.approx(0, abs=0.03)
    assert z.std() == pytest.approx(1, abs=0.03)
    assert not np.array_equal(u[:9], portable.uniforms((2, 1), 9))


# making


def test_making_again_touches_nothing(copy):
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    demo.make(copy, speakers=ONE)
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before


@pytest.mark.parametrize("harm", ["truncate", "delete", "other version"])
def test_a_damaged_corpus_is_made_again(copy, made, harm):
    clip = copy / "S07" / "S07_sad_normal_A.wav"
    if harm == "truncate":
        clip.write_bytes(clip.read_bytes()[:1000])
    elif harm == "delete":
        clip.unlink()
    else:
        (copy / demo.MANIFEST).write_text("# ser-bench demo corpus 0\n")
    assert not demo.intact(copy, speakers=ONE)
    demo.make(copy, speakers=ONE)
    assert _contents(copy) == _contents(made)
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_an_empty_folder_is_filled(tmp_path, made):
    demo.make(tmp_path, speakers=ONE)
    assert _contents(tmp_path) == _contents(made)


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CorpusError, match="other files"):
        demo.make(tmp_path, speakers=ONE)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match="cannot make the demo corpus in"):
        demo.make(tmp_path / "file" / "demo", speakers=ONE)


def test_an_interruption_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(speakers):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "_head", interrupted)
    monkeypatch.setattr(demo, "intact", lambda folder, speakers: False)
    with pytest.raises(KeyboardInterrupt):
        demo.make(tmp_path / "demo", speakers=ONE)
    assert list(tmp_path.iterdir()) == []


def test_makers_at_the_same_time_leave_one_whole_corpus(tmp_path, made, monkeypatch):
    """Both build before either renames: the second finds the first's corpus and is content."""
    both_built = threading.Barrier(2)
    build = demo._build

    def build_and_wait(folder, speakers):
        built = build(folder, speakers)
        both_built.wait(timeout=60)
        return built

    monkeypatch.setattr(demo, "_build", build_and_wait)
    failures = []

    def maker():
        try:
            demo.make(tmp_path / "demo", speakers=ONE)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=maker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert _contents(tmp_path / "demo") == _contents(made)


# listing


def test_a_listing_has_every_clip_with_what_its_name_says(made):
    listing = demo.list_clips(made)
    assert listing.problems == ()
    assert tuple(listing.clips.columns) == CLIP_COLUMNS
    assert list(listing.clips["clip"]) == sorted(map(str, all_codes(ONE)))
    row = listing.clips.set_index("clip").loc["S07_angry_strong_B"]
    assert (row.speaker, row.gender, row.text, row.intensity, row.emotion) == (
        "S07",
        "male",
        "B",
        "strong",
        "angry",
    )
    assert Path(row.path).is_absolute()
    assert Path(row.path).is_file()


def test_files_that_are_no_demo_clips_are_named_as_problems(copy):
    (copy / "notes.txt").write_text("")
    (copy / "S07" / "S07_bored_normal_A.wav").write_text("")
    (copy / "again").mkdir()
    (copy / "again" / "S07_sad_normal_A.wav").write_text("")
    listing = demo.list_clips(copy)
    assert {Path(problem.path).name for problem in listing.problems} == {
        "notes.txt", "S07_bored_normal_A.wav", "S07_sad_normal_A.wav"
    }  # fmt: skip
    assert listing.clips["clip"].is_unique


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_clips_is_an_error(tmp_path, exists):
    folder = tmp_path if exists else tmp_path / "missing"
    with pytest.raises(CorpusError, match="no demo clips"):
        demo.list_clips(folder)


def test_the_corpus_is_cheap_to_import():
    heavy = "{'numpy', 'pandas', 'scipy', 'joblib', 'librosa'}"
    code = f"import sys, ser_bench.corpora.datasets.demo; sys.exit(len({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
