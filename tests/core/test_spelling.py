"""Canonical spellings of texts, labels and genders, and cells that mean a missing value."""

from __future__ import annotations

import unicodedata

import pytest

from ser_bench.core.genders import canonical_gender, canonical_genders
from ser_bench.core.labels import canonical_label
from ser_bench.core.spelling import canonical_text, is_missing, is_unknown
from ser_bench.corpora.emotion_words import canonical_labels

SAME = (
    "fröhlich",
    unicodedata.normalize("NFD", "fröhlich"),
    "fröhlich\u200b",
    "\ufefffröhlich",
    " frö\u00adhlich\u00a0",
    "frö\x00hlich",
)


@pytest.mark.parametrize("spelling", SAME)
def test_text_has_no_invisible_differences(spelling):
    assert canonical_text(spelling) == canonical_label(spelling) == "fröhlich"


def test_white_space_is_one_space():
    assert canonical_text(" very\u00a0\t angry\n") == "very angry"


@pytest.mark.parametrize(
    "spelling", ["F", "female", "Female ", "w", "weiblich", "FEMININ", "fe\u0301minin", "Woman", "女"]
)
def test_spellings_of_female(spelling):
    assert canonical_gender(spelling) == "female"


@pytest.mark.parametrize("spelling", ["M", "m.", "MALE.", "male", "Mann", "männlich", "homme", "男性"])
def test_spellings_of_male(spelling):
    assert canonical_gender(spelling) == "male"


@pytest.mark.parametrize(
    ("spelling", "gender"), [("unknown", ""), ("NA", ""), ("?", ""), ("divers", "other"), ("Xyz", "xyz")]
)
def test_other_genders(spelling, gender):
    assert canonical_gender(spelling) == gender


@pytest.mark.parametrize(
    "cell", ["", " ", "NA", "na", "NaN", "n/a", "null", "None", "--undefined--", "#N/A", "-nan", "<NA>"]
)
def test_usual_spellings_are_missing(cell):
    assert is_missing(cell)


@pytest.mark.parametrize(
    ("texts", "female", "male"),
    [("FM", "F", "M"), ("hm", "m", "h"), ("HF", "F", "H"), ("vm", "v", "m"), ("KM", "K", "M"), ("ke", "k", "e")],
)
def test_initials_of_genders_are_read_as_a_pair(texts, female, male):
    genders = canonical_genders([*texts, ""])
    assert (genders[female], genders[male], genders[""]) == ("female", "male", "")


def test_other_initials_are_not_guessed():
    assert canonical_genders("hmf") == {"h": "h", "m": "male", "f": "female"}


@pytest.mark.parametrize("cell", ["none", "0", "neutral", "Nan Li", "nana"])
def test_other_cells_are_not_missing(cell):
    assert not is_missing(cell)


@pytest.mark.parametrize(
    "cell", ["", "NA", "-", "—", "?", "...", "unknown", "Unknown_Speaker", "(none)", "None", "tbd", "XXX", "unbekannt"]
)
def test_placeholders_are_unknown(cell):
    assert is_unknown(cell)


@pytest.mark.parametrize("cell", ["0", "a01", "no", "Unknown1", "Ann", "x", "你好", "say the word none"])
def test_names_and_texts_are_known(cell):
    assert not is_unknown(cell)


def test_a_word_joins_the_emotion_that_is_also_a_label():
    labels = canonical_labels(["Wut", "Ärger", "anger", "ANG", "pleasant_surprise", "surprise", "Freude"])
    assert labels["Wut"] == labels["Ärger"] == labels["anger"] == "angry"
    assert (labels["ANG"], labels["pleasant_surprise"], labels["Freude"]) == ("ang", "pleasant_surprise", "freude")
