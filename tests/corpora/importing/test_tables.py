"""Tables beside the audio that do not fit: the message says what is wrong with which table."""

from __future__ import annotations

from itertools import product

import pytest

from ser_bench.core.errors import ConfigError, CorpusError
from ser_bench.corpora import importing
from ser_bench.corpora.importing import Choices, Imported, import_clips
from ser_bench.corpora.importing.files import scan
from ser_bench.corpora.importing.tables.matching import FileIndex

EMOTIONS = ("sad", "angry")


def read(folder, **stated) -> Imported:
    return import_clips(folder, Choices(**stated))


@pytest.fixture
def described(tree):
    """Return ``described(text, name)``: a folder of four numbered clips with a table."""

    def create(text: str, name: str = "t.csv"):
        folder = tree(*(f"clips/{number:04d}.flac" for number in range(4)))
        (folder / name).write_text(text)
        return folder

    return create


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("x/1.wav", "several files have this name"),
        ("7", "no file has this name; write the zeros of 007"),
        ("anna", "no file has this name"),
    ],
)
def test_why_a_cell_names_no_file(tree, cell, fault):
    assert FileIndex(scan(tree("a/1.wav", "b/1.wav", "007.wav")).files).fault(cell) == fault


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({}, r"0 of 1 rows of t.csv name an audio file: its column file says '9.wav', and no file has this name"),
        ({"path": "note"}, r"0 of 1 rows of t.csv name an audio file: its column note says 'hello'"),
    ],
)
def test_a_named_table_that_names_no_file(described, mapping, message):
    folder = described("file,emotion,note\n9.wav,sad,hello\n")
    with pytest.raises(CorpusError, match=message):
        read(folder, tables=(folder / "t.csv",), mapping=mapping)
    if mapping:
        with pytest.raises(ConfigError, match=message):
            read(folder, mapping=mapping)


def test_a_column_of_map_that_the_table_lacks(described):
    folder = described("file,emotion,note\n0000.flac,sad,x\n0001.flac,angry,y\n")
    for mapping in ({"speaker": "who"}, {"path": "dia{who}"}):
        with pytest.raises(ConfigError, match=r"t.csv has no column 'who'; it has file, emotion, note"):
            read(folder, mapping=mapping)


def test_a_table_without_a_header_is_refused(described):
    folder = described("".join(f"clips/{number:04d}.flac,anke,{EMOTIONS[number % 2]}\n" for number in range(4)))
    with pytest.raises(CorpusError, match=r"t.csv has no header: its first line names the clip clips/0000.flac"):
        read(folder, tables=(folder / "t.csv",))


def test_emotions_and_speakers_in_two_tables(described):
    folder = described("".join(["file,emotion\n", *(f"{n:04d},{EMOTIONS[n % 2]}\n" for n in range(4))]), "e.csv")
    (folder / "s.csv").write_text("".join(["file,speaker\n", *(f"{n:04d},p{n}\n" for n in range(4))]))
    imported = read(folder)
    assert [row["speaker"] for row in imported.rows] == ["p0", "p1", "p2", "p3"]
    assert imported.columns["emotion"].source == "column emotion of e.csv"


def test_a_table_that_is_not_used_is_named(tree):
    folder = tree("a/wav/1.wav", "b/1.wav", *(f"b/{take}_{e}.wav" for take, e in product("xyz", EMOTIONS)))
    (folder / "a" / "t.csv").write_text("file,emotion\n1,sad\n2,angry\n")
    assert read(folder).warnings[-1] == (
        "a table is not used: 0 of 2 rows of a/t.csv name an audio file: its column file says '1', and several files "
        "have this name"
    )


def test_an_earlier_manifest_is_no_table(tree):
    names = [f"spk{speaker}/{emotion}_1.wav" for speaker, emotion in product((1, 2), ("angry", "happy"))]
    folder = tree(*names)
    importing.write_manifest(read(folder), folder / "corpus.csv")
    tree(*(f"spk{speaker}/sad_{take}.wav" for speaker, take in product((1, 2), (1, 2))))
    imported = read(folder)
    assert len(imported.rows) == len(read(folder / ".." / folder.name).rows) == 8
    assert imported.warnings[-1] == (
        "a table is not used: corpus.csv is a manifest that ser-bench wrote; --table corpus.csv uses it"
    )
    assert len(read(folder, tables=(folder / "corpus.csv",)).rows) == 4


def test_the_tables_of_a_run_are_not_read(tree):
    folder = tree(
        *(f"{emotion}/{take}{emotion}.wav" for emotion, take in product(("angry", "sad"), "ab")), "r/run.json"
    )
    (folder / "r" / "clips.csv").write_text("clip,speaker,emotion\naangry,anna,angry\nasad,anna,sad\n")
    imported = read(folder)
    assert len(imported.rows) == 4
    assert imported.warnings == ("a table is not used: r holds results of ser-bench",)


def test_files_without_a_row_whose_paths_name_emotions_are_a_loud_warning(tree):
    folder = tree(*(f"{emotion}/{take}{emotion}.wav" for emotion, take in product(("angry", "sad"), "ab")))
    (folder / "t.csv").write_text("file,emotion\naangry,angry\nasad,happy\n")
    imported = read(folder)
    assert len(imported.rows) == 2
    assert imported.warnings[0].startswith("2 of 4 files have no row in the table and are left out, though the first")
    tree(*(f"more/{number}.wav" for number in range(9)))
    assert read(folder).warnings[0].startswith("11 of 13 files have no row in the table and are left out, for example ")


def test_an_own_manifest_is_the_only_table_where_paths_name_nothing(described):
    folder = described("path,speaker,emotion\nclips/0000.flac,anna,sad\nclips/0001.flac,ben,angry\n")
    assert len(read(folder).rows) == 2
