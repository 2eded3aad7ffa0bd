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
from ser_bench.runs.inputs import open_corpus

EMOTIONS = ("angry", "happy", "neutral", "sad")
N = 192
RNG = np.random.default_rng(0)
SPEAKER = np.arange(N) % 8
CODE = RNG.permutation(np.repeat(range(4), N // 4))
NOISE = RNG.standard_normal((N, 6))


def found(*columns: np.ndarray, rows=slice(None), labels=None) -> dict[tuple[str, ...], str]:
    values = np.column_stack([NOISE + CODE[:, None] * 0.5, *columns]).astype(np.float32)[rows]
    names = [*(f"f{i}" for i in range(6)), *(f"c{i}" for i in range(len(columns)))]
    targets = {"emotion": np.asarray(EMOTIONS)[CODE] if labels is None else labels}
    targets = {name: values_of_rows[rows] for name, values_of_rows in targets.items()}
    listed = find_label_columns(values, names, targets, SPEAKER[rows].astype(str))
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


def test_the_label_is_that_of_the_target(tmp_path):
    corpus = written(tmp_path, is_male=SPEAKER % 2)
    assert open_corpus(Options(corpus=corpus), Console(quiet=True)).warnings == ()
    with pytest.raises(CorpusError, match="'is_male' has one value per label"):
        open_corpus(Options(corpus=corpus, target="gender"), Console(quiet=True))
