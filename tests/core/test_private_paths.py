"""Text without folders of the machine, whatever their names are."""

from __future__ import annotations

import json

import pytest

from ser_bench.core.options import Options
from ser_bench.core.private_paths import public_values, without_folders
from ser_bench.runs.results.run_info import _published

NAMES = ("John Smith", "Smith, John", "John (lab)", "O'Brien", "v. 2.0; x", "Jürgen Müller, PhD (lab)")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["{}: no such file", "cannot open '{}', see n/a", '("{}")', "x={}, y", "cross:{}"])
def test_a_folder_that_exists_is_removed_whatever_its_name(tmp_path, name, form):
    folder = tmp_path / name / "my data"
    folder.mkdir(parents=True)
    assert without_folders(form.format(folder / "a.wav")) == form.format("a.wav")


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_folder_in_quotes_is_removed_whatever_its_name(tmp_path, name):
    error = "No such file: {!r}"
    public = without_folders(error.format(str(tmp_path / name / "weights of me" / "m.npy")))
    assert public.replace('"', "'") == error.format("m.npy")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/nowhere/John Smith/a b/x.wav is bad; see docs/x.md", "x.wav is bad; see docs/x.md"),
        ("/a/b.wav and c/d.wav", "b.wav and c/d.wav"),
        ("/n/x.csv,/n/y.csv", "x.csv,y.csv"),
        (r"C:\Users\Mia Smith\x.wav", "x.wav"),
        ("one / two / three", "one / two / three"),
        ("/tmp/ and /tmp", "/tmp/ and /tmp"),
    ],
)
def test_paths_end_where_a_sentence_goes_on(text, expected):
    assert without_folders(text) == expected


def test_values_are_cut_before_they_are_json(tmp_path):
    folder = tmp_path / "Jürgen Müller"
    folder.mkdir()
    values = {"weights": (str(folder / "a"), 1), "more": {"path": str(folder / "b")}}
    assert json.dumps(public_values(values)) == '{"weights": ["a", 1], "more": {"path": "b"}}'


def test_a_corpus_with_a_comma_in_its_path_keeps_its_file_name(tmp_path):
    table = tmp_path / "Smith, PhD (lab)" / "my corpus.csv"
    table.parent.mkdir()
    table.write_text("")
    assert _published(Options(corpus=str(table))).corpus == "my corpus.csv"
