"""Strict reading of CSV files: delimiters, encodings, and refusals that name the line."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from ser_bench.core.errors import CorpusError
from ser_bench.corpora.tables.csv_table import read_csv_table

HEADER = "path,speaker,emotion"
ROWS = "a.wav,s1,happy\nb.wav,s2,sad\n"


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "t.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(folder: Path, content: str | bytes, known=("path", "speaker", "emotion")):
    return read_csv_table(written(folder, content), kind="manifest", known=known)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("known", [(), ("path", "speaker", "emotion")])
def test_the_delimiter_is_recognised(tmp_path, delimiter, known):
    table = read(tmp_path, f"{HEADER}\n{ROWS}".replace(",", delimiter), known)
    assert (table.columns, table.delimiter) == (("path", "speaker", "emotion"), delimiter)
    assert table.rows == [["a.wav", "s1", "happy"], ["b.wav", "s2", "sad"]]
    assert table.lines == [2, 3]


def test_known_columns_decide_between_delimiters(tmp_path):
    assert read(tmp_path, "path,speaker,emotion,a;b;c;d;e\nx,s,sad,1;2;3;4;5\n").columns[-1] == "a;b;c;d;e"
    assert read(tmp_path, "path;speaker;emotion;text, spoken\nx;s;sad;Dogs, no, cats\n").rows[0][3] == "Dogs, no, cats"


def test_the_line_for_excel_names_the_delimiter_and_counts_as_a_line(tmp_path):
    table = read(tmp_path, "sep=;\r\npath;speaker;emotion\r\na;s;sad\r\n")
    assert (table.delimiter, table.lines) == (";", [3])


@pytest.mark.parametrize(
    "encoded",
    [
        str.encode,
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: f"sep=,\n{text}".replace("\n", "\r").encode(),
        lambda text: f"{text}\x1a".encode(),
    ],
    ids=["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "crlf", "cr", "sep-cr", "ctrl-z"],
)
def test_encodings_and_line_ends_give_the_same_table(tmp_path, encoded):
    table = read(tmp_path, encoded(f"{HEADER}\nä,s,sad\n"))
    assert (table.columns, table.rows) == (("path", "speaker", "emotion"), [["ä", "s", "sad"]])


def test_empty_lines_and_unnamed_columns_at_the_end_hold_nothing(tmp_path):
    table = read(tmp_path, f"\n{HEADER},,\n\na.wav,s1,happy,,\n,,,,\nb.wav,s2,sad\nc.wav,s2,sad,,,,\n")
    assert [row[0] for row in table.rows] == ["a.wav", "b.wav", "c.wav"]
    assert (table.lines, {len(row) for row in table.rows}) == ([4, 6, 7], {5})


def test_spaces_after_a_delimiter_are_ignored_before_a_quote(tmp_path):
    assert read(tmp_path, 'path, speaker, emotion\n"a, b", "s", "sad"\n').rows == [["a, b", "s", "sad"]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ('a,s,"sad\nb,s,sad\nc,s,happy"\n', r"line 2: a quoted cell does not end in its line; delete the stray quote"),
        ('a,s,sad\nb,s,"sad\n', r"line 3: a quoted cell does not end in its line"),
        ('a,s,"sad"ly\n', r"line 2: .* expected after .*; delete the stray quote"),
        ('a,s,sad\n\n"b,s,sad"\n', r"line 4: 1 cell, but the header has 3; correct missing cells or a stray quote"),
        ("a,s,sad,x\n", r"line 2: 4 cells, but the header has 3; correct a comma without quotes"),
        ("a,s\0,sad\n", r"line 2: NUL character"),
        (f"a,s,sad\nb,{'x' * 131_073},sad\n", r"line 3: a cell has more than 131,072 characters; shorten it"),
        ('a,s,"so \\"sad\\", yes"\n', r'line 2: a quote within a cell is written \\"; write it twice instead'),
    ],
)
def test_a_row_that_does_not_parse_is_refused_with_its_line(tmp_path, rows, message):
    with pytest.raises(CorpusError, match=rf"invalid manifest .*t\.csv, {message}"):
        read(tmp_path, f"{HEADER}\n{rows}")


@pytest.mark.parametrize("header", ["path,speaker,emotion,Emotion ", "path,speaker,emotion,emotion"])
def test_a_repeated_column_is_refused_with_both_positions(tmp_path, header):
    with pytest.raises(CorpusError, match="columns 3 and 4 are both named 'emotion'; rename or delete one"):
        read(tmp_path, f"{header}\na,s,sad,happy\n")


def test_invisible_characters_are_not_part_of_a_column_name(tmp_path):
    assert read(tmp_path, "\ufeff\ufeffpath, speaker\u200b,emo\u00a0tion\na,s,sad\n").columns == (
        "path",
        "speaker",
        "emo tion",
    )


def test_case_distinguishes_unknown_columns(tmp_path):
    assert read(tmp_path, f"{HEADER},F1,f1\na,s,sad,1,2\n").columns[3:] == ("F1", "f1")
    with pytest.raises(CorpusError, match="columns 4 and 5 are both named 'f1'"):
        read(tmp_path, f"{HEADER},f1, f1\na,s,sad,1,2\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (f"{HEADER}\nä,s,sad\n".encode("latin-1"), r"line 2 has the byte 0xe4\nsave the file again as 'CSV UTF-8'"),
        (f"{HEADER}\n".encode("utf-16-le"), "line 1: NUL character"),
        (codecs.BOM_UTF16_LE + b"a", "expected UTF-8, or UTF-16 with a byte order mark; truncated data"),
        (b"PK\x03\x04 workbook", "the file is a workbook or a ZIP archive"),
    ],
)
def test_a_file_that_is_not_text_is_refused(tmp_path, content, message):
    with pytest.raises(CorpusError, match=message):
        read(tmp_path, content)


def test_an_unreadable_file_is_an_error(tmp_path):
    with pytest.raises(CorpusError, match=r"cannot read the manifest .*: Is a directory"):
        read_csv_table(tmp_path, kind="manifest")
