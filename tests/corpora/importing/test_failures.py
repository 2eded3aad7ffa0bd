"""An import without emotions says what is missing: a code, a legend, a table or a second emotion."""

from __future__ import annotations

import pytest

from ser_bench.core.errors import ConfigError, CorpusError
from ser_bench.corpora.importing import Choices, import_clips
from ser_bench.corpora.importing.column import Column, joined


def numbered(tree):
    return tree(*(f"{code}/{take}.wav" for code in range(1, 8) for take in "ab"))


def test_a_partial_map_names_the_codes_without_an_emotion(tree):
    message = "--map-emotions has an emotion for 1, 2, 3 in the first folder, but not for 4, 5, 6, 7"
    with pytest.raises(CorpusError, match=message):
        import_clips(numbered(tree), Choices(meanings={"1": "angry", "2": "happy", "3": "sad"}))


def test_codes_beside_a_map_of_most_codes_are_left_out_with_the_code(tree):
    meanings = {"1": "angry", "2": "happy", "3": "sad", "4": "calm"}
    imported = import_clips(numbered(tree), Choices(meanings=meanings))
    assert {p.reason for p in imported.left_out} == {f"no emotion for {code} in the first folder" for code in "567"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "labels.txt",
            "1: angry\n2: happy\n",
            r"labels.txt has an emotion for 1, 2 in the first folder, but not for 3",
        ),
        ("classes.txt", "angry\nhappy\nsad\n", r"classes.txt lists emotions without codes; write lines such as"),
        ("t.csv", "file,emotion\nx,sad\ny,angry\n", r"of t.csv name an audio file: .* says 'x', and no file"),
    ],
)
def test_a_legend_or_table_that_does_not_apply_is_named(tree, name, text, message):
    (numbered(tree) / name).write_text(text)
    with pytest.raises(CorpusError, match=message):
        import_clips(tree(), Choices())


def test_a_folder_with_one_emotion(tree):
    with pytest.raises(CorpusError, match=r"the first folder names one emotion only, angry; a corpus needs two"):
        import_clips(tree("angry/a1.wav", "angry/b1.wav"), Choices())


def test_codes_of_a_table_need_all_meanings(tree):
    (tree("a.wav", "b.wav", "c.wav") / "t.csv").write_text("file,label\na,0\nb,1\nc,2\n")
    with pytest.raises(ConfigError, match="--map-emotions has no emotion for 2; add 2=EMOTION"):
        import_clips(tree(), Choices(meanings={"0": "sad", "1": "angry"}))


def test_a_source_without_a_value_of_its_own_is_not_named():
    stated = Column(values={"a": "1"}, source="the pattern", certainty="stated")
    names = Column(values={"a": "2"}, source="names of EmoDB", certainty="known")
    assert (joined([stated, names]).source, joined([stated, names]).certainty) == ("the pattern", "stated")
