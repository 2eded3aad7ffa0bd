"""Codes of emotions: numbers are never labels, and a map that does not fit the codes is refused or named."""

from __future__ import annotations

from itertools import product

import pytest

from ser_bench.core.errors import ConfigError, CorpusError
from ser_bench.corpora import importing
from ser_bench.corpora.importing import Choices, import_clips

EMOTIONS = ("angry", "happy", "sad", "calm", "neutral", "fearful", "disgust")


def numbered(tree):
    return tree(*(f"{code}/{who}_{take}.wav" for code, who, take in product(range(7), ("anna", "ben"), "ab")))


def test_a_map_that_starts_at_another_number_is_refused(tree):
    shifted = {str(code): emotion for code, emotion in enumerate(EMOTIONS, start=1)}
    message = (
        r"no clip has the code of 7=disgust in --map-emotions, but 4 clips have others, as in: "
        r"no emotion for 0 in the first folder; correct the codes"
    )
    with pytest.raises(ConfigError, match=message):
        import_clips(numbered(tree), Choices(meanings=shifted))


def test_codes_that_do_not_occur_are_named_and_a_map_is_stated(tree):
    meanings = {**{str(code): emotion for code, emotion in enumerate(EMOTIONS)}, "9": "bored"}
    imported = import_clips(numbered(tree), Choices(meanings=meanings))
    assert imported.columns["emotion"].certainty == "stated"
    assert "no clip has the code of 9=bored in --map-emotions" in importing.warnings(imported)


def test_numbers_are_no_labels_of_folders_patterns_and_tables(tree):
    folder = numbered(tree)
    advice = "say what they mean: --map-emotions 0=EMOTION"
    with pytest.raises(ConfigError, match=f"the folder of the file: 0, 1, 2, .* are numbers, not emotions; {advice}"):
        import_clips(folder, Choices(label="folder"))
    with pytest.raises(ConfigError, match=f"are numbers, not emotions; {advice}"):
        import_clips(folder, Choices(pattern="{emotion}/{speaker}_*"))
    table = folder / "people.csv"
    table.write_text("file,age\n0/anna_a,31\n1/anna_a,25.5\n")
    with pytest.raises(ConfigError, match=r"column age of people.csv: 25.5, 31 are numbers, not emotions"):
        import_clips(folder, Choices(tables=(table,), mapping={"emotion": "age"}))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("{}/{}/{}.wav", r"--pattern '\{emotion\}/\*/\*' or --pattern '\{emotion\}/\*'"),
        ("{}_{}_{}.wav", r"--pattern '\{emotion\}_\*' or --pattern '\{\}_\{emotion\}_\*'"),
        ("{}/{}_{}.wav", "--label folder or --label name"),
    ],
)
def test_two_positions_of_emotions_are_told_apart_by_options_that_fit(tree, name, options):
    pairs = (("angry", "sad"), ("sad", "angry"))
    with pytest.raises(CorpusError, match=f"choose one with {options}$"):
        import_clips(tree(*(name.format(a, b, take) for (a, b), take in product(pairs, "xyz"))), Choices())
