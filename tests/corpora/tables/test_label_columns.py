"""Columns that hold the label are found, and features of speech are not taken for them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ser_bench.cli import call
from ser_bench.core.console import Console
from ser_bench.core.errors import CorpusError
from ser_bench.core.options import Options
from ser_bench.corpora.tables.label_columns import find_label_columns
from ser_bench.corpora.tables.label_columns.separation import separating_columns
from ser_bench.runs.inputs import open_corpus

EMOTIONS = ("angry", "happy", "neutral", "sad")
N = 192
RNG = np.random.default_rng(0)
SPEAKER = np.arange(N) % 8
CODE = RNG.permutation(np.repeat(range(4), N // 4))
NOISE = RNG.standard_normal((N, 6))


def found(*columns: np.ndarray, rows=slice(None), labels=None, speakers=SPEAKER) -> dict[tuple[str, ...], str]:
    values = np.column_stack([NOISE + CODE[:, None] * 0.5, *columns])[rows]
    names = [*(f"f{i}" for i in range(6)), *(f"c{i}" for i in range(len(columns)))]
    targets = {"emotion": np.asarray(EMOTIONS)[CODE] if labels is None else labels}
    targets = {name: values_of_rows[rows] for name, values_of_rows in targets.items()}
    listed = find_label_columns(values, names, targets, speakers[rows].astype(str))
    return {column.columns: column.finding for column in listed}


def ranks_by(*keys: np.ndarray) -> np.ndarray:
    """Row numbers of a table that was sorted by these keys."""
    ranks = np.empty(N)
    ranks[np.lexsort(keys)] = np.arange(N)
    return ranks


def one_wrong(codes: np.ndarray) -> np.ndarray:
    return np.where(np.arange(N) == 7, (codes + 1) % 4, codes)


def standardized_by_speaker(codes: np.ndarray) -> np.ndarray:
    groups = pd.Series(codes).groupby(SPEAKER)
    return ((codes - groups.transform("mean")) / groups.transform("std")).to_numpy()


COLUMNS = {
    "a code": (CODE * 1.5, "has one value per label"),
    "a code in another order": (np.array([3, 0, 2, 1])[CODE], "has one value per label"),
    "a code with one error": (one_wrong(CODE), "tells every label (99.0%)"),
    "a standardised code": ((CODE - CODE.mean()) / CODE.std(), "has one value per label"),
    "a code standardised by speaker": (standardized_by_speaker(CODE), "tells the labels within each speaker"),
    "one-hot": (CODE == 0, "tells angry from the rest (100.0%)"),
    "valence": (CODE < 2, "tells neutral+sad from angry+happy (100.0%)"),
    "a code with little noise": (CODE + 0.01 * NOISE[:, 0], "with a gap wider than the classes"),
    "one-hot with little noise": ((CODE == 3) + 0.01 * NOISE[:, 0], "tells angry+happy+neutral from sad, with a gap"),
    "a code with noise": (CODE + 0.13 * NOISE[:, 0], "tells every label on other speakers (100.0%)"),
    "row numbers": (np.arange(N) * 3.0 + 1, "numbers the rows"),
    "row numbers of a table sorted by label": (ranks_by(NOISE[:, 0], CODE), "numbers the rows"),
    "row numbers in any order": (RNG.permutation(N) / 7, "numbers the rows"),
    "row numbers of each speaker": (np.arange(N) // 8, "numbers the rows of each speaker"),
    "row numbers of each speaker from an offset": (SPEAKER * 1000 + np.arange(N) // 8, "of each speaker"),
    "a code of the speaker": (SPEAKER * 2.0, "is a code of the speaker"),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_that_holds_the_label_is_found(kind):
    column, finding = COLUMNS[kind]
    listed = found(column)
    assert list(listed) == [("c0",)]
    assert finding in listed["c0",]


def test_two_columns_that_tell_the_label_together_are_found():
    first = RNG.integers(0, 2, N)
    assert found(first, (first + CODE) % 4) == {("c0", "c1"): "tells every label (100.0%)"}


def test_row_numbers_are_found_in_a_part_of_the_rows():
    assert list(found(ranks_by(CODE), rows=np.flatnonzero(CODE < 2))) == [("c0",)]


def test_an_exact_code_is_found_in_a_small_table():
    assert found(CODE, CODE < 1, rows=np.flatnonzero(np.arange(N) % 8 == 0)) == {
        ("c0",): "has one value per label",
        ("c1",): "tells angry from the rest (100.0%)",
    }


def test_columns_whose_difference_is_a_code_are_found():
    """Scaled, turned round, or with the code of one class; equal columns alone are no finding."""
    feature = RNG.standard_normal(N) * 50 - 200
    listed = found(feature, feature + CODE)
    assert list(listed) == [("c0", "c1")]
    assert listed["c0", "c1"].endswith("with a gap wider than the classes, by their difference")
    assert list(found(feature, CODE - 0.1 * feature)) == [("c0", "c1")]
    assert list(found(feature, feature + (CODE == 2))) == [("c0", "c1")]
    assert found(feature, feature, 3 - 2 * feature) == {}


@pytest.mark.parametrize("speakers", [np.full(N, ""), SPEAKER % 2], ids=["unknown", "two"])
def test_codes_with_noise_are_found_without_speakers_and_with_two(speakers):
    columns = [(label == CODE) + 1e-4 * NOISE[:, 0] for label in range(3)]
    listed = found(*columns, CODE + 1e-4 * NOISE[:, 1], CODE + 0.13 * NOISE[:, 0], speakers=speakers)
    assert list(listed) == [(f"c{column}",) for column in range(5)]


def ranked(values: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values, axis=0), axis=0) / N


def test_ranks_of_features_are_features_and_row_numbers_among_them_are_not():
    features = ranked(NOISE + CODE[:, None])
    columns = np.column_stack([features, ranks_by(NOISE[:, 0], CODE), np.arange(N)])
    names = [*"abcdef", "by label", "by row"]
    listed = find_label_columns(columns, names, {"emotion": np.asarray(EMOTIONS)[CODE]}, SPEAKER.astype(str))
    assert [(column.columns, column.finding) for column in listed] == [
        (("by label",), "numbers the rows"),
        (("by row",), "numbers the rows"),
    ]


def test_one_of_many_rounded_features_may_tell_a_class_of_few_rows():
    rows = np.concatenate([np.flatnonzero(label == CODE)[:size] for label, size in enumerate((9, 9, 9, 5))])
    chance = (RNG.random((N, 20)) < 0.5) * 1.0
    assert found(*chance.T, CODE == 3, rows=rows) == {}
    assert found(CODE == 3, rows=rows) == {("c0",): "tells sad from the rest (100.0%)"}


def test_a_rating_that_separates_two_classes_is_found():
    two = np.asarray(["calm", "angry"])[(CODE > 1).astype(int)]
    rating = np.where(CODE > 1, 6, 1) + RNG.integers(0, 5, N)
    assert found(rating, labels=two) == {("c0",): "tells angry from calm (100.0%)"}


def test_growing_values_are_row_numbers_where_labels_come_in_blocks():
    seconds = np.cumsum(RNG.random(N) + 0.1)
    assert found(seconds) == {}
    assert found(seconds, labels=np.sort(CODE).astype(str)) == {("c0",): "numbers the rows"}


def test_features_that_differ_much_between_two_classes_are_features():
    """Classes five standard deviations apart, levels in steps of the same, and a rare event."""
    clear = NOISE[:, 0] + 5 * (CODE > 1)
    rare = np.where(NOISE[:, 1] > 1.5, NOISE[:, 1], 0)
    two = np.asarray(["calm", "angry"])[(CODE > 1).astype(int)]
    assert found(clear, np.round(clear * 5), rare, np.ones(N), labels=two) == {}
    assert found(clear, rare, rows=slice(0, 24), labels=two) == {}


def written(folder, **columns):
    frame = pd.DataFrame(NOISE, columns=[f"f{i}" for i in range(6)])
    texts = {"clip": [f"c{i:03d}" for i in range(N)], "speaker": SPEAKER, "emotion": np.asarray(EMOTIONS)[CODE]}
    frame.assign(**texts, gender=np.where(SPEAKER % 2, "male", "female"), **columns).to_csv(folder / "mine.csv")
    return str(folder / "mine.csv")


def test_a_table_that_holds_its_labels_is_refused_unless_the_user_insists(tmp_path, capsys):
    corpus = written(tmp_path, is_angry=(CODE == 0) * 1, is_sad=(CODE == 3) * 1)
    columns = "'is_angry' tells angry from the rest (100.0%); 'is_sad' tells sad from the rest (100.0%)"
    with pytest.raises(CorpusError) as caught:
        open_corpus(Options(corpus=corpus), Console(quiet=True))
    assert str(caught.value).splitlines() == [
        f"the feature table mine.csv holds its labels: {columns}",
        "delete these columns, or use them with --label-columns use, which marks the results",
    ]
    opened = open_corpus(Options(corpus=corpus, label_columns="use"), Console(quiet=True))
    assert "so that scores say nothing about recognition" in capsys.readouterr().err
    assert opened.warnings == (
        f"the features hold the labels, so that scores say nothing about recognition: {columns}",
    )
    assert call(["run", "--corpus", corpus, "--models", "chance", "--store", str(tmp_path / "store")]) == 2


def test_row_numbers_that_float32_cannot_hold_are_found(tmp_path):
    first = 20_260_001
    for offset in (first, 10**8, 0.5 + 10**9):
        corpus = written(tmp_path, id=np.arange(N) + offset)
        with pytest.raises(CorpusError, match="'id' numbers the rows"):
            open_corpus(Options(corpus=corpus), Console(quiet=True))


def test_a_column_that_alone_separates_two_classes_is_named_in_a_warning():
    """Real features do so in small tables, and then several do."""
    codes = (CODE > 1).astype(int)
    clear = np.where(codes, 1, -1) * (0.01 + np.abs(NOISE[:, 0]))
    close = codes * 3.6 + NOISE[:, 1]
    assert separating_columns(np.column_stack([NOISE[:, 2:], clear]), codes) == [4]
    assert separating_columns(np.column_stack([close, clear]), codes) == []
    assert separating_columns(np.tile(np.column_stack([close, clear]), (2, 1)), np.tile(codes, 2)) == [1]


def test_the_warning_about_a_separating_column_is_saved(tmp_path):
    corpus = written(tmp_path, score=np.where(CODE > 1, 1, -1) * (0.01 + np.abs(NOISE[:, 0])))
    merged = {"angry": "calm", "happy": "calm", "neutral": "tense", "sad": "tense"}
    opened = open_corpus(Options(corpus=corpus, merge=merged), Console(quiet=True))
    assert opened.warnings == (
        "the column 'score' separates calm from tense without error; "
        "check that no rating or code of the label is among the features",
    )


def test_the_label_is_that_of_the_target(tmp_path):
    corpus = written(tmp_path, is_male=SPEAKER % 2)
    assert open_corpus(Options(corpus=corpus), Console(quiet=True)).warnings == ()
    with pytest.raises(CorpusError, match="'is_male' has one value per label"):
        open_corpus(Options(corpus=corpus, target="gender"), Console(quiet=True))
