"""Corpora: what every one promises, RAVDESS's names, manifests, and how a corpus is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_bench import corpora
from ser_bench.corpora import manifest, ravdess
from ser_bench.corpora.base import CLIP_COLUMNS
from ser_bench.emotions import EMOTIONS
from ser_bench.errors import CorpusError, UnknownNameError


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Work in an empty folder without data, wherever the tests were started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SER_BENCH_DATA", raising=False)


@pytest.mark.parametrize("corpus", corpora.CORPORA.values(), ids=lambda c: c.name)
def test_every_corpus_keeps_its_promises(corpus, tmp_path):
    """Conformance: described in full, canonical labels, and an empty folder is refused with a hint."""
    assert all((corpus.title, corpus.licence, corpus.source, corpus.citation, corpus.clips, corpus.speakers))
    assert set(corpus.emotions) <= set(EMOTIONS)
    assert corpus.hint or corpus.make
    with pytest.raises(CorpusError):
        corpus.list_clips(tmp_path)


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_a_ravdess_name_is_read_field_by_field():
    assert ravdess.parse_name("03-02-06-01-02-01-12") == {
        "clip": "03-02-06-01-02-01-12",
        "speaker": "12",
        "gender": "female",
        "text": "dogs",
        "intensity": "normal",
        "emotion": "fearful",
        "part": "song",
    }


@pytest.mark.parametrize(
    "name", ["01-01-06-01-02-01-12", "03-01-09-01-01-01-01", "03-01-01-01-01-01-25", "03-01-01-01-01-01", "kitchen"]
)
def test_what_is_no_audio_only_ravdess_code_is_none(name):
    assert ravdess.parse_name(name) is None


def test_ravdess_is_listed_however_nested_in_wav_or_flac(tmp_path):
    touch(
        tmp_path,
        "a/Actor_02/03-01-05-01-01-01-02.WAV",
        "03-01-03-01-01-01-01.flac",
        "a/.hidden/03-01-01-01-01-01-03.wav",
    )
    listing = ravdess.list_clips(tmp_path)
    assert listing.clips["clip"].tolist() == ["03-01-03-01-01-01-01", "03-01-05-01-01-01-02"]
    assert set(CLIP_COLUMNS) <= set(listing.clips.columns)
    assert listing.problems == ()


def test_a_name_seen_twice_counts_once_and_is_told(tmp_path):
    touch(
        tmp_path, "Actor_01/03-01-03-01-01-01-01.wav", "copy/Actor_01/03-01-03-01-01-01-01.wav", "Actor_01/take 2.wav"
    )
    listing = ravdess.list_clips(tmp_path)
    assert len(listing.clips) == 1
    assert Path(listing.clips["path"][0]).parts[-2:-1] == ("Actor_01",)
    reasons = sorted(problem.reason for problem in listing.problems)
    assert "second file of this name" in reasons[0]
    assert "no RAVDESS code" in reasons[1]


def test_links_are_followed_and_loops_end(tmp_path):
    touch(tmp_path, "real/03-01-03-01-01-01-01.wav")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "Actor_01").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "loop").symlink_to(tmp_path / "corpus")
    listing = ravdess.list_clips(tmp_path / "corpus")
    assert (len(listing.clips), listing.problems) == (1, ())


def test_speech_and_song_are_told_apart(tmp_path):
    touch(tmp_path, "03-01-03-01-01-01-01.wav", "03-02-03-01-01-01-01.wav")
    for part, clips in (("speech", 1), ("song", 1), ("all", 2)):
        assert len(corpora.open_corpus("ravdess", tmp_path, part=part).clips) == clips


def test_a_missing_folder_comes_with_the_download_hint(tmp_path):
    with pytest.raises(CorpusError, match=r"(?s)no folder.*zenodo"):
        corpora.open_corpus("ravdess", tmp_path / "nowhere")
    with pytest.raises(CorpusError, match=r"(?s)not found in.*zenodo"):
        corpora.open_corpus("ravdess")


def test_the_default_corpus_is_ravdess_where_it_is_found_else_demo(tmp_path, monkeypatch):
    assert corpora.default_name() == "demo"
    touch(tmp_path, "there/ravdess/03-01-03-01-01-01-01.wav")
    monkeypatch.setenv("SER_BENCH_DATA", str(tmp_path / "there"))
    assert corpora.default_name() == "ravdess"


def test_only_the_emotions_asked_for_are_kept(tmp_path):
    touch(tmp_path, "03-01-03-01-01-01-01.wav", "03-01-04-01-01-01-01.wav")
    assert corpora.open_corpus("ravdess", tmp_path, emotions=("sad",)).clips["emotion"].tolist() == ["sad"]
    with pytest.raises(UnknownNameError, match="did you mean 'happy'"):
        corpora.open_corpus("ravdess", tmp_path, emotions=("hapy",))


def test_an_unknown_corpus_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'ravdess'"):
        corpora.open_corpus("ravdes")


def write_manifest(folder: Path, text: str) -> Path:
    touch(folder, "a.wav", "b.wav")
    path = folder / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_manifest_is_a_corpus_of_its_own_name(tmp_path):
    path = write_manifest(tmp_path, "path,speaker,emotion,gender\na.wav,x,Anger,male\nb.wav,y,HAPPY,female\n")
    opened = corpora.open_corpus(str(path))
    assert opened.corpus.name == "mine"
    assert opened.clips["emotion"].tolist() == ["angry", "happy"]
    assert opened.clips["path"][0] == str(tmp_path / "a.wav")
    assert list(opened.clips.columns) == list(CLIP_COLUMNS)


def test_bad_manifest_rows_are_named_and_the_others_kept(tmp_path):
    path = write_manifest(
        tmp_path,
        "path,speaker,emotion\na.wav,x,sad\na.wav,x,sad\na.wav,y,sad\nc.wav,x,sad\n,x,sad\nb.wav,,sad\n",
    )
    opened = corpora.open_corpus(str(path))
    assert opened.clips["clip"].tolist() == ["a.wav"]
    reasons = [problem.reason for problem in opened.problems]
    expected = ["listed twice", "different labels", "no such file", "no path", "no speaker"]
    assert len(reasons) == len(expected)
    assert all(part in reason for part, reason in zip(expected, reasons, strict=True))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("path,speaker\na.wav,x\n", "lacks the column emotion"),
        ("", "no CSV table"),
        ("path,speaker,emotion\nc.wav,x,sad\n", "no such file"),
        ('path,speaker,emotion\n"a.wav,x,sad\n', "no CSV table"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused(tmp_path, text, reason):
    path = write_manifest(tmp_path, text)
    with pytest.raises(CorpusError, match=reason):
        corpora.open_corpus(str(path))


def test_a_manifest_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="cannot read"):
        manifest.corpus(tmp_path / "nowhere.csv")


def test_a_manifest_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("path,speaker,emotion\nä.wav,x,sad\n".encode("latin-1"))
    with pytest.raises(CorpusError, match="UTF-8"):
        corpora.open_corpus(str(path))
