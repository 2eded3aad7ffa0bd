"""The demo corpus: its clips, their bytes, and its creation on disk."""

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
from ser_bench.corpora import list_clips
from ser_bench.corpora.clip_table import CLIP_COLUMNS
from ser_bench.corpora.datasets.demo import CORPUS, build, expression, portable, synthesis
from ser_bench.corpora.datasets.demo.clips import make_clips, samples
from ser_bench.corpora.datasets.demo.codes import EMOTIONS, GENDERS, SPEAKERS, Code, all_codes
from ser_bench.corpora.datasets.demo.controls import HOP, SR, clip_controls

ONE = ("S07",)


@pytest.fixture(scope="module")
def corpus_folder(tmp_path_factory):
    """A demo corpus of one speaker with its manifest; tests must not change it."""
    folder = tmp_path_factory.mktemp("demo") / "corpus"
    build.make(folder, speakers=ONE)
    return folder


@pytest.fixture
def copy(corpus_folder, tmp_path):
    return shutil.copytree(corpus_folder, tmp_path / "copy")


@pytest.fixture
def prebuilt(corpus_folder, monkeypatch):
    """Let ``make`` copy the corpus of one speaker instead of synthesising it."""
    monkeypatch.setattr(build, "_build", lambda folder, speakers: shutil.copytree(corpus_folder, folder))


def _pcm(path):
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2"), file.getparams()


def _above_1_khz(y):
    """Return the energy from 1 to 4 kHz relative to that below 1 kHz."""
    power = np.abs(np.fft.rfft(y, 2**16)) ** 2
    kilohertz = 2**16 // 16
    return power[kilohertz : 4 * kilohertz].sum() / power[:kilohertz].sum()


def _contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# codes


def test_the_corpus_is_balanced():
    codes = list(all_codes())
    assert len(codes) == len(set(map(str, codes))) == CORPUS.clips == 24 * 30
    assert sum(GENDERS[code.speaker] == "female" for code in codes) == CORPUS.clips // 2
    assert {code.emotion for code in codes} == set(CORPUS.emotions) <= set(CANONICAL)
    assert {code.intensity for code in codes if code.emotion == "neutral"} == {"normal"}
    assert CORPUS.synthetic


@pytest.mark.parametrize("code", [Code("S01", "angry", "strong", "A"), Code("S24", "neutral", "normal", "B")])
def test_the_file_name_pattern_decodes_a_clip_name(code):
    columns = {"speaker": code.speaker, "emotion": code.emotion, "intensity": code.intensity, "text": code.sentence}
    assert CORPUS.reader.parse(Path(f"{code}.wav")) == {"clip": str(code)} | columns


@pytest.mark.parametrize(
    "stem",
    ["", "S01", "S25_angry_strong_A", "S01_anger_strong_A", "S01_neutral_strong_A", "S01_angry_strong_A_2"],
)
def test_the_file_name_pattern_rejects_other_names(stem):
    assert CORPUS.reader.parse(Path(f"{stem}.wav")) is None


def test_every_row_of_the_emotion_table_has_every_parameter():
    rows = [expression.NEUTRAL, *expression.EMOTION.values(), *expression.SPREAD.values()]
    assert {len(row) for row in rows} == {len(expression.PARAMETERS)}
    assert set(expression.EMOTION) == set(EMOTIONS)


# samples


def test_clips_are_mono_16_khz_with_quiet_margins(corpus_folder):
    for path in corpus_folder.rglob("*.wav"):
        y, params = _pcm(path)
        assert (params.nchannels, params.sampwidth, params.framerate) == (1, 2, 16000)
        assert 1.2 < len(y) / 16000 < 2.8
        edges = np.concatenate([y[:1200], y[-1200:]]).astype(float)
        assert edges.std() < 0.1 * y.std()
        assert 300 < np.abs(y.astype(int)).max() < 32000


def test_the_pitch_of_a_vowel_matches_the_controls(corpus_folder):
    """Autocorrelation of the samples finds the period of the controls."""
    code = Code("S07", "calm", "normal", "A")
    y, _ = _pcm(corpus_folder / "S07" / f"{code}.wav")
    source = clip_controls(code).source
    frame = int(np.argmax(source[1] * (np.arange(source.shape[1]) > 40)))
    vowel = y[frame * HOP - 400 : frame * HOP + 400].astype(float)
    similarity = np.correlate(vowel, vowel, "full")[len(vowel) - 1 :]
    lag = 40 + int(np.argmax(similarity[40:267]))
    assert SR / lag == pytest.approx(source[0, frame], rel=0.08)


def test_anger_is_louder_and_brighter_than_sadness_in_most_speakers():
    """The literature's first finding survives the speakers' styles: level, and energy above 1 kHz."""
    loudness, brightness = {}, {}
    for emotion in ("angry", "sad"):
        codes = list(all_codes(SPEAKERS[:8], [emotion], ["strong"], ["A"]))
        clips = [y.astype(float) for _, y in samples(codes)]
        loudness[emotion] = np.array([y.std() for y in clips])
        brightness[emotion] = np.array([_above_1_khz(y) for y in clips])
    assert (loudness["angry"] > loudness["sad"]).mean() > 0.8
    assert (brightness["angry"] > brightness["sad"]).mean() > 0.8


# bit-identical bytes


def test_clips_of_one_speaker_have_the_published_bytes(corpus_folder):
    assert build._digest(build._manifest_lines(corpus_folder, ONE[0])) == build.DIGESTS[ONE[0]]


@pytest.mark.slow
def test_the_whole_corpus_has_the_published_bytes(tmp_path):
    make_clips(tmp_path)
    digests = {speaker: build._digest(build._manifest_lines(tmp_path, speaker)) for speaker in SPEAKERS}
    assert digests == build.DIGESTS


def test_other_bytes_than_the_published_cause_a_warning(tmp_path, monkeypatch):
    monkeypatch.setitem(build.DIGESTS, "S02", "0" * 32)
    with pytest.warns(UserWarning, match="differs from the published one"):
        build.make(tmp_path / "demo", speakers=["S02"])


def test_a_clip_does_not_depend_on_the_rest_of_its_batch(corpus_folder):
    code = Code("S07", "happy", "strong", "B")
    y = dict(samples([Code("S12", "sad", "normal", "A"), code]))[code]
    assert np.array_equal(y, _pcm(corpus_folder / "S07" / f"{code}.wav")[0])


def test_rounding_errors_do_not_change_a_sample(monkeypatch):
    """Errors of another machine's library (here 1e-14, many times larger) leave every 16-bit sample alone."""
    codes = list(all_codes(["S03"], ["fearful"], sentences=["B"]))
    before = [y for _, y in samples(codes)]
    rng = np.random.default_rng(0)

    def perturbed(function):
        def wrapped(*args):
            value = np.asarray(function(*args))
            return value * (1 + 1e-14 * rng.uniform(-1, 1, value.shape))

        return wrapped

    for module, name in [(portable, "exp"), (portable, "cos_turns"), (portable, "upsample"), (synthesis, "_filtered")]:
        monkeypatch.setattr(module, name, perturbed(getattr(module, name)))
    assert all(np.array_equal(a, b) for a, (_, b) in zip(before, samples(codes), strict=True))


def test_portable_functions_equal_those_of_numpy():
    x = np.linspace(-40, 40, 1001)
    turns = np.linspace(0, 0.5, 1001)
    xp, fp = np.array([-30.0, -1.0, 0.5, 22.0]), np.array([[1.0, -2.0, 5.0, 3.0], [0.0, 1.0, 2.0, 4.0]])
    np.testing.assert_allclose(portable.exp(x), np.exp(x), rtol=1e-14)
    np.testing.assert_allclose(portable.cos_turns(turns), np.cos(2 * np.pi * turns), atol=1e-14)
    np.testing.assert_allclose(portable.interpolate(x, xp, fp), [np.interp(x, xp, row) for row in fp], atol=1e-13)
    np.testing.assert_allclose(portable.upsample(fp, 8)[0], np.interp(np.arange(24) / 8, np.arange(4), fp[0]))


def test_random_numbers_have_their_distribution_and_depend_on_the_key():
    u, z = portable.uniforms((1, 2), 20000), portable.normals((1, 2), 20000)
    assert 0 <= u.min() < u.max() < 1
    assert u.mean() == pytest.approx(0.5, abs=0.01)
    assert z.mean() == pytest.approx(0, abs=0.03)
    assert z.std() == pytest.approx(1, abs=0.03)
    assert not np.array_equal(u[:9], portable.uniforms((2, 1), 9))


# creation on disk


def test_a_second_make_changes_nothing(copy):
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    build.make(copy, speakers=ONE)
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before


@pytest.mark.usefixtures("prebuilt")
@pytest.mark.parametrize("damage", ["truncate", "delete", "other version"])
def test_a_damaged_corpus_is_replaced(copy, corpus_folder, damage):
    clip = copy / "S07" / "S07_sad_normal_A.wav"
    if damage == "truncate":
        clip.write_bytes(clip.read_bytes()[:1000])
    elif damage == "delete":
        clip.unlink()
    else:
        (copy / build.MANIFEST).write_text("# ser-bench demo corpus 0\n")
    assert not build.is_intact(copy, speakers=ONE)
    build.make(copy, speakers=ONE)
    assert _contents(copy) == _contents(corpus_folder)
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


@pytest.mark.usefixtures("prebuilt")
def test_an_empty_folder_is_filled(tmp_path, corpus_folder):
    build.make(tmp_path, speakers=ONE)
    assert _contents(tmp_path) == _contents(corpus_folder)


def test_a_folder_with_other_files_is_not_changed(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CorpusError, match="contains other files"):
        build.make(tmp_path, speakers=ONE)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_unwritable_folder_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match="cannot make the demo corpus in"):
        build.make(tmp_path / "file" / "demo", speakers=ONE)


@pytest.mark.usefixtures("prebuilt")
def test_an_interruption_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "_replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build.make(tmp_path / "demo", speakers=ONE)
    assert list(tmp_path.iterdir()) == []


def test_two_processes_that_make_the_corpus_leave_one_whole_corpus(tmp_path, corpus_folder, monkeypatch):
    """Both build before either renames: the second finds the first's corpus intact."""
    both_built = threading.Barrier(2)

    def copied_and_wait(folder, speakers):
        shutil.copytree(corpus_folder, folder)
        both_built.wait(timeout=60)
        return folder

    monkeypatch.setattr(build, "_build", copied_and_wait)
    failures = []

    def maker():
        try:
            build.make(tmp_path / "demo", speakers=ONE)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=maker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert _contents(tmp_path / "demo") == _contents(corpus_folder)


def test_a_listing_has_every_clip(corpus_folder):
    listing = list_clips(CORPUS, corpus_folder)
    assert listing.problems == ()
    assert tuple(listing.clips.columns) == CLIP_COLUMNS
    assert list(listing.clips["clip"]) == sorted(map(str, all_codes(ONE)))
    row = listing.clips.set_index("clip").loc["S07_angry_strong_B"]
    assert (row.speaker, row.gender, row.text, row.intensity, row.emotion) == ("S07", "male", "B", "strong", "angry")
    assert Path(row.path).is_absolute()
    assert Path(row.path).is_file()


def test_importing_the_corpus_imports_nothing_heavy():
    heavy = "{'numpy', 'pandas', 'scipy', 'joblib', 'librosa'}"
    code = f"import sys, ser_bench.corpora.datasets.demo; sys.exit(len({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
