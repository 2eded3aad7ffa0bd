"""The demo corpus: its clips, their bytes, and its creation on disk."""

import shutil
import subprocess
import sys
import threading
import wave
from pathlib import Path

import numpy as np
import pytest

from ser_bench.audio.synthesis.utterances import GENDERS, SPEAKERS, Utterance, all_utterances
from ser_bench.core.errors import CorpusError
from ser_bench.core.labels import EMOTIONS as CANONICAL
from ser_bench.corpora import list_clips
from ser_bench.corpora.clip_table import CLIP_COLUMNS
from ser_bench.corpora.datasets.demo import CORPUS, build
from ser_bench.corpora.datasets.demo.clips import make_clips

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


def _contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# names


def test_the_corpus_is_balanced():
    utterances = list(all_utterances())
    assert len(utterances) == len(set(map(str, utterances))) == CORPUS.clips == 24 * 30
    assert sum(GENDERS[utterance.speaker] == "female" for utterance in utterances) == CORPUS.clips // 2
    assert {utterance.emotion for utterance in utterances} == set(CORPUS.emotions) <= set(CANONICAL)
    assert {utterance.intensity for utterance in utterances if utterance.emotion == "neutral"} == {"normal"}
    assert CORPUS.synthetic


@pytest.mark.parametrize(
    "utterance", [Utterance("S01", "angry", "strong", "A"), Utterance("S24", "neutral", "normal", "B")]
)
def test_the_file_name_pattern_decodes_a_clip_name(utterance):
    columns = {
        "speaker": utterance.speaker,
        "emotion": utterance.emotion,
        "intensity": utterance.intensity,
        "text": utterance.sentence,
    }
    assert CORPUS.reader.parse(Path(f"{utterance}.wav")) == {"clip": str(utterance)} | columns


@pytest.mark.parametrize(
    "stem",
    ["", "S01", "S25_angry_strong_A", "S01_anger_strong_A", "S01_neutral_strong_A", "S01_angry_strong_A_2"],
)
def test_the_file_name_pattern_rejects_other_names(stem):
    assert CORPUS.reader.parse(Path(f"{stem}.wav")) is None


# samples


def test_clips_are_mono_16_khz_with_quiet_margins(corpus_folder):
    for path in corpus_folder.rglob("*.wav"):
        y, params = _pcm(path)
        assert (params.nchannels, params.sampwidth, params.framerate) == (1, 2, 16000)
        assert 1.2 < len(y) / 16000 < 2.8
        edges = np.concatenate([y[:1200], y[-1200:]]).astype(float)
        assert edges.std() < 0.1 * y.std()
        assert 300 < np.abs(y.astype(int)).max() < 32000


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
    assert list(listing.clips["clip"]) == sorted(map(str, all_utterances(ONE)))
    row = listing.clips.set_index("clip").loc["S07_angry_strong_B"]
    assert (row.speaker, row.gender, row.text, row.intensity, row.emotion) == ("S07", "male", "B", "strong", "angry")
    assert Path(row.path).is_absolute()
    assert Path(row.path).is_file()


def test_importing_the_corpus_imports_nothing_heavy():
    heavy = "{'numpy', 'pandas', 'scipy', 'joblib', 'librosa'}"
    code = f"import sys, ser_bench.corpora.datasets.demo; sys.exit(len({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
