"""Part and subset of a corpus: they are in its name, and what they leave out is named with the number of clips."""

from __future__ import annotations

import pytest

from ser_bench import corpora
from ser_bench.core.errors import CorpusError
from ser_bench.corpora.pool import open_corpora
from ser_bench.corpora.selection import Selection
from tests.conftest import clip_table

SPEECH = ("03-01-01-01-01-01-01", "03-01-03-01-01-01-01", "03-01-04-01-01-01-18")
SONG = ("03-02-03-01-01-01-01", "03-02-04-01-01-01-01")


def ravdess(folder, names):
    """Write empty files of RAVDESS, which are enough to list them."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.wav").write_bytes(b"")
    return folder


def manifest(folder, name, rows):
    """Write a manifest of empty files; ``rows`` are pairs of speaker and emotion."""
    folder.mkdir(exist_ok=True)
    lines = ["path,speaker,emotion"]
    for number, (speaker, emotion) in enumerate(rows):
        (folder / f"{number}.wav").write_bytes(b"")
        lines.append(f"{number}.wav,{speaker},{emotion}")
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return str(folder / f"{name}.csv")


def of_part(opened, code):
    return [clip for clip in opened.clips["clip"] if clip[3:5] == code]


def unselected(opened):
    return [(problem.kind, problem.path, problem.reason) for problem in opened.unselected]


def test_part_is_in_the_name_and_the_rest_is_named(tmp_path):
    folder = ravdess(tmp_path, SPEECH + SONG)
    speech, song = (corpora.open_corpus("ravdess", folder, part=part) for part in ("speech", "song"))
    assert (speech.name, speech.title) == ("ravdess", "RAVDESS")
    assert (song.name, song.title) == ("ravdess-song", "RAVDESS song")
    every = corpora.open_corpus("ravdess", folder, part="all")
    reason = "another part than speech (--part)"
    assert unselected(speech) == [("clip", clip, reason) for clip in of_part(every, "02")]
    reason = "another part than song (--part)"
    assert unselected(song) == [
        *(("clip", clip, reason) for clip in of_part(every, "01")),
        ("class", "neutral", f"{reason}: 1 clip"),
        ("speaker", "18", f"{reason}: 1 clip"),
    ]
    assert (every.name, every.title, every.unselected) == ("ravdess-all", "RAVDESS speech and song", ())


def test_folder_of_another_part_is_named_with_the_option(tmp_path):
    with pytest.raises(CorpusError, match=r"no speech clip in .*: it holds 2 song clips of RAVDESS\nuse --part song"):
        corpora.open_corpus("ravdess", ravdess(tmp_path, SONG))


def test_subset_is_in_the_name_only_where_clips_are_left_out(tmp_path):
    name = manifest(tmp_path, "own", [("a", "happy"), ("a", "sad"), ("b", "happy"), ("c", "calm")])
    some = corpora.open_corpus(name, emotions=("sad", "happy"))
    assert (some.name, some.title) == ("own-happy+sad", "own, only happy and sad")
    assert unselected(some) == [
        ("clip", "3.wav", "not among --emotions"),
        ("class", "calm", "not among --emotions: 1 clip"),
        ("speaker", "c", "not among --emotions: 1 clip"),
    ]
    every = corpora.open_corpus(name, emotions=("sad", "happy", "calm"))
    assert (every.name, every.unselected) == ("own", ())
    assert corpora.open_corpus(name, merge={"calm": "neutral"}).name == "own-merged"


def test_pool_names_what_it_leaves_out_with_the_corpus(tmp_path):
    first = manifest(tmp_path / "a", "a", [("1", "happy"), ("1", "sad"), ("2", "bored")])
    second = manifest(tmp_path / "b", "b", [("1", "happy"), ("1", "sad"), ("1", "angry")])
    pool = open_corpora([first, second])
    assert pool.name == "a+b"
    assert unselected(pool) == [
        ("clip", "a/2.wav", "not an emotion of every corpus"),
        ("class", "a/boredom", "not an emotion of every corpus: 1 clip"),
        ("speaker", "a/2", "not an emotion of every corpus: 1 clip"),
        ("clip", "b/2.wav", "not an emotion of every corpus"),
        ("class", "b/angry", "not an emotion of every corpus: 1 clip"),
    ]


def test_names_of_many_or_odd_emotions_are_safe_file_names():
    odd = Selection(emotions=("a/b", "..", "x" * 300)).name("own")
    assert odd.startswith("own-3-emotions-")
    assert len(odd) < 40
    assert odd != Selection(emotions=("a/c", "..", "x" * 300)).name("own")
    assert Selection(emotions=tuple("abcde")).title("Own") == "Own, only 5 emotions"


def test_left_out_values_are_counted():
    from ser_bench.corpora.selection import left_out

    clips = clip_table(speakers=2)
    (problem,) = left_out(clips, clips[clips["speaker"] != "s01"], "speaker", "gone")
    assert (problem.kind, problem.path, problem.reason) == ("speaker", "s01", "gone: 6 clips")


@pytest.mark.parametrize("kind", ["manifest", "feature table"])
def test_classes_and_speakers_of_faulty_rows_only_are_named(tmp_path, kind):
    rows = [("a", "happy"), ("b", "happy"), ("a", "sad"), ("b", "sad"), ("c", "calm"), ("c", "calm")]
    name = manifest(tmp_path, "own", rows)
    if kind == "manifest":
        (tmp_path / "4.wav").unlink()
        (tmp_path / "5.wav").unlink()
    else:
        lines = [
            f"k{n},{speaker},{emotion},{'' if emotion == 'calm' else n}" for n, (speaker, emotion) in enumerate(rows)
        ]
        (tmp_path / "own.csv").write_text("\n".join(["clip,speaker,emotion,f0", *lines]) + "\n")
    problems = [
        (p.kind, p.path, p.reason) for p in corpora.open_corpus(name).problems if p.kind in ("class", "speaker")
    ]
    assert problems == [
        ("class", "calm", "no row can be used: 2 clips"),
        ("speaker", "c", "no row can be used: 2 clips"),
    ]
