"""Text without folders of the machine, whatever their names are."""

from __future__ import annotations

import json

import pytest

from ser_bench.core.options import ModelTable, Options
from ser_bench.core.private_paths import public_features, public_values, without_folders
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


@pytest.mark.parametrize(
    ("features", "public"),
    [
        ("functionals+onnx:/home/Mia Smith/a b.onnx#pool=mean", "functionals+onnx:a b.onnx#pool=mean"),
        ("onnx:~/nets/a.onnx+ssl:../mia/wavlm#layer=9", "onnx:a.onnx+ssl:wavlm#layer=9"),
        ("onnx:~mia/a.onnx", "onnx:a.onnx"),
        ("onnx:x.onnx#mel=/home/mia/mel.onnx#rate=16000", "onnx:x.onnx#mel=mel.onnx#rate=16000"),
        (r"onnx:C:\Users\Mia\a.onnx", "onnx:a.onnx"),
        ("onnx:nets/a.onnx", "onnx:nets/a.onnx"),
        ("ssl:facebook/hubert-base#layers=all", "ssl:facebook/hubert-base#layers=all"),
        ("mfcc+chroma", "mfcc+chroma"),
        ("auto", "auto"),
    ],
)
def test_feature_sets_from_files_are_named_without_folders(features, public):
    assert public_features(features) == public
    tables = {"x": ModelTable(base="lda", parameters={}, features=features)}
    published = _published(Options(corpus="demo", features=features, model_tables=tables))
    assert (published.features, published.model_tables["x"].features) == (public, public)
