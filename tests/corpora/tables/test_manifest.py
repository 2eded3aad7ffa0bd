"""Manifests: which rows and columns are used, and which are problems."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_bench import corpora
from ser_bench.core.errors import CorpusError
from ser_bench.corpora.clip_table import Listing, Problem, clip_table, without_unknown_speakers
from ser_bench.corpora.tables.manifest import line_numbers

HEADER = "path,speaker,emotion"


def opened(folder: Path, text: str, *names: str) -> corpora.OpenCorpus:
    for name in names or ("a.wav", "b.wav"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "mine.csv").write_text(text, encoding="utf-8")
    return corpora.open_corpus(str(folder / "mine.csv"))


def test_unusable_rows_are_named_with_their_lines(tmp_path):
    rows = ("a.wav,x,sad", "", "a.wav,x,sad", "c.wav,x,sad", ",x,sad", "b.wav,,sad", "b.wav,x,NA", "b.wav,NaN,sad")
    corpus = opened(tmp_path, "\n".join((HEADER, *rows)))
    assert corpus.clips["clip"].tolist() == ["a.wav"]
    missing = "means missing, rename it if it is a name"
    assert corpus.problems == (
        Problem("a.wav", "duplicate row; line 2 is used (line 4)", "row"),
        Problem("c.wav", "no such file (line 5)"),
        Problem("line 6", "column 'path' is empty (line 6)", "row"),
        Problem("b.wav", "column 'speaker' is empty (line 7)", "row"),
        Problem("b.wav", f"column 'emotion' has no value; 'NA' {missing} (line 8)", "row"),
        Problem("b.wav", f"column 'speaker' has no value; 'NaN' {missing} (line 9)", "row"),
    )


def test_rows_of_a_clip_that_contradict_each_other_are_all_left_out(tmp_path):
    corpus = opened(tmp_path, f"{HEADER}\na.wav,x,sad\na.wav,x,happy\nb.wav,x,sad\n")
    assert corpus.clips["clip"].tolist() == ["b.wav"]
    reason = "rows of this clip differ in emotion; see lines 2 and 3"
    assert [(p.path, p.reason, p.kind) for p in corpus.problems] == [
        ("a.wav", f"{reason} (line 2)", "row"),
        ("a.wav", f"{reason} (line 3)", "row"),
        ("happy", "no row can be used: 1 clip", "class"),
    ]


def test_columns_that_are_not_used_are_named_with_the_nearest_known_name(tmp_path):
    corpus = opened(tmp_path, f"{HEADER},persn,Sex,take,\na.wav,x,sad,Anna,f,1,note\n")
    reason = "not a column of a manifest"
    assert corpus.problems == (
        Problem("persn", f"{reason}; did you mean 'person'?", "column"),
        Problem("Sex", f"{reason}; did you mean 'gender'?", "column"),
        Problem("take", reason, "column"),
        Problem("column 7", "has no name", "column"),
    )


def test_a_missing_column_is_an_error_that_names_a_similar_one(tmp_path):
    with pytest.raises(CorpusError, match="missing column emotion; rename 'Label' to emotion if it is that\nthe first"):
        opened(tmp_path, "path,speaker,Label\na.wav,x,sad\n")
    with pytest.raises(CorpusError, match="missing column emotion\nthe first line must name path,speaker,emotion"):
        opened(tmp_path, "path,speaker\na.wav,x\n")


def test_spaces_around_cells_are_not_part_of_them(tmp_path):
    corpus = opened(tmp_path, "speaker, emotion, path\nx , sad, b/a.wav \n", "b/a.wav")
    assert corpus.clips.iloc[0][["clip", "speaker", "emotion"]].tolist() == ["b/a.wav", "x", "sad"]


def test_backslashes_are_separators_where_that_file_exists(tmp_path):
    corpus = opened(tmp_path, f"{HEADER}\nb\\a.wav,x,sad\nb\\c.wav,x,sad\n", "b/a.wav")
    assert corpus.clips["clip"].tolist() == ["b/a.wav"]
    assert corpus.warnings == ("1 path of the manifest has backslashes, which were read as /",)
    assert [p.reason for p in corpus.problems] == ["no such file; write / between folders instead of \\ (line 3)"]
    assert line_numbers(tmp_path / "mine.csv")["b/a.wav"] == 2


def test_a_missing_file_is_compared_with_names_of_other_case_or_extension(tmp_path):
    corpus = opened(tmp_path, f"{HEADER}\na.wav,x,sad\nb.WAV,x,sad\nc.mp3,x,sad\nd,x,sad\n", "a.wav", "B.wav", "c.flac")
    assert [p.reason for p in corpus.problems] == [
        "no such file; that folder has B.wav (line 3)",
        "no such file; that folder has c.flac (line 4)",
        "no such file (line 5)",
    ]


def test_a_file_name_in_another_normal_form_is_found(tmp_path):
    assert len(opened(tmp_path, f"{HEADER}\nt\u00f6.wav,x,sad\n", "to\u0308.wav").clips) == 1


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_give_the_same_corpus(tmp_path, delimiter):
    text = f"{HEADER},text\na.wav,x,sad,t\nb.wav,y,happy,u\n"
    expected = opened(tmp_path, text).clips
    assert opened(tmp_path, text.replace(",", delimiter)).clips.equals(expected)
    assert line_numbers(tmp_path / "mine.csv") == {"a.wav": 2, "b.wav": 3}


def test_stray_quotes_are_refused_with_their_line(tmp_path):
    with pytest.raises(CorpusError, match=r"line 3: a quoted cell does not end in its line"):
        opened(tmp_path, f'{HEADER},text\na.wav,x,sad,t\nb.wav,x,sad,"we go\na.wav,y,sad,t\nb.wav,y,sad,we go"\n')


def test_two_columns_of_one_name_are_refused(tmp_path):
    with pytest.raises(CorpusError, match="columns 3 and 4 are both named 'emotion'"):
        opened(tmp_path, f"{HEADER},emotion\na.wav,x,sad,happy\n")


def test_a_manifest_may_have_any_suffix(tmp_path):
    opened(tmp_path, f"{HEADER}\na.wav,x,sad\n")
    (tmp_path / "mine.csv").rename(tmp_path / "mine.tsv")
    assert corpora.open_corpus(str(tmp_path / "mine.tsv")).corpus.name == "mine"


def test_a_manifest_without_any_speaker_has_unknown_speakers(tmp_path):
    corpus = opened(tmp_path, "path,speaker,emotion\na.wav,,happy\nb.wav,NA,sad\n", "a.wav", "b.wav")
    assert list(corpus.clips["speaker"]) == ["", ""]
    assert not corpus.problems
    (warning,) = corpus.warnings
    assert "has a speaker; scores say nothing about new voices" in warning


def test_some_unknown_speakers_are_problems(tmp_path):
    corpus = opened(tmp_path, "path,speaker,emotion\na.wav,,happy\nb.wav,x,sad\n", "a.wav", "b.wav")
    assert [problem.path for problem in corpus.problems if problem.kind == "row"] == ["a.wav"]
    assert not corpus.warnings


@pytest.mark.parametrize("unknown", ["-", "?", "unknown", "tbd"])
def test_placeholders_are_no_text_and_no_person(tmp_path, unknown):
    rows = f"a.wav,x,sad,{unknown},{unknown},{unknown},{unknown}\nb.wav,y,happy,{unknown},{unknown},{unknown},{unknown}"
    corpus = opened(tmp_path, f"{HEADER},gender,text,intensity,person\n{rows}\n")
    assert set(corpus.clips[["gender", "text", "intensity"]].to_numpy().ravel()) == {""}
    assert corpus.clips["speaker"].tolist() == ["x", "y"]
    assert not corpus.shared_speakers


def test_placeholders_are_no_speaker(tmp_path):
    corpus = opened(tmp_path, f"{HEADER}\na.wav,unknown,happy\nb.wav,-,sad\n")
    assert corpus.clips["speaker"].tolist() == ["", ""]
    assert corpus.corpus.speakers == 0
    corpus = opened(tmp_path, f"{HEADER}\na.wav,unknown,sad\nb.wav,x,sad\n")
    assert corpus.problems == (
        Problem(
            "a.wav", "column 'speaker' has no value; 'unknown' means missing, rename it if it is a name (line 2)", "row"
        ),
    )


@pytest.mark.parametrize(("first", "second"), [("Zo\u00eb", "Zoe\u0308"), ("x", "x\u200b"), ("A B", "A  B")])
def test_spellings_of_one_speaker_do_not_contradict_each_other(tmp_path, first, second):
    corpus = opened(tmp_path, f"{HEADER}\na.wav,{first},sad\na.wav,{second},sad\nb.wav,{first},happy\n")
    assert len(corpus.clips) == 2
    assert corpus.problems == (Problem("a.wav", "duplicate row; line 2 is used (line 3)", "row"),)


@pytest.mark.parametrize("column", ["gender", "text", "intensity", "person"])
def test_rows_of_a_clip_may_differ_in_any_column(tmp_path, column):
    corpus = opened(tmp_path, f"{HEADER},{column}\na.wav,x,sad,\na.wav,x,sad,f\na.wav,x,sad,m\nb.wav,y,sad,f\n")
    assert corpus.clips["clip"].tolist() == ["b.wav"]
    assert corpus.problems[0].reason == f"rows of this clip differ in {column}; see lines 3 and 4 (line 2)"


def test_an_unknown_cell_contradicts_nothing(tmp_path):
    corpus = opened(tmp_path, f"{HEADER},gender,text\na.wav,x,sad,f,\na.wav,x,sad,,t\nb.wav,y,sad,-,u\n")
    assert corpus.clips["gender"].tolist() == ["female", ""]
    assert corpus.clips["text"].tolist() == ["t", "u"]


def test_joined_labels_are_named(tmp_path):
    corpus = opened(tmp_path, f"{HEADER}\na.wav,x,Wut\nb.wav,x,angry\n")
    assert set(corpus.clips["emotion"]) == {"angry"}
    assert "labels of one emotion are joined: wut (1 row) as angry" in corpus.warnings


def test_a_path_with_an_invisible_character_is_found(tmp_path):
    assert len(opened(tmp_path, f"{HEADER}\n\u200bt/a.wav,x,sad\n", "t/a.wav").clips) == 1


def test_a_folder_of_other_case_is_named(tmp_path):
    corpus = opened(tmp_path, f"{HEADER}\nT/U/a.wav,x,sad\nt/u/b.wav,x,sad\n", "t/u/a.wav", "t/u/b.wav")
    assert [problem.reason for problem in corpus.problems] == ["no such file; there is t/u/a.wav (line 2)"]


def test_a_reader_in_python_may_not_know_some_speakers():
    clips = clip_table([{"clip": "a", "speaker": "x"}, {"clip": "b", "speaker": "unknown"}])
    listing = without_unknown_speakers(Listing(clips))
    assert listing.clips["clip"].tolist() == ["a"]
    assert [problem.path for problem in listing.problems] == ["b"]
