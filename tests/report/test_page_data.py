"""The numbers that the page's script reads: the digits of the tables, and nothing that could end the element."""

from __future__ import annotations

import json

import pytest

from ser_bench.report.analysis.scores import missing_folds
from ser_bench.report.analysis.speakers import scores_of_speakers
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.formatting import percent
from ser_bench.report.page.data import page_data


@pytest.fixture(scope="module")
def data(analysed_run):
    return json.loads(page_data(analysed_run))


def shown(tenths):
    return "n/a" if tenths is None else f"{tenths / 10:.1f}"


def test_scores_have_the_digits_of_the_tables(data, analysed_run):
    table = summarise(analysed_run).set_index("model")
    assert list(data["measures"]) == ["uar", "accuracy", "macro_f1"]
    for measure, by_split in data["scores"].items():
        for split, by_model in by_split.items():
            for model, values in by_model.items():
                ends = [table.at[model, f"{split}_{measure}{end}"] for end in ("", "_low", "_high")]
                assert list(map(shown, values)) == list(map(percent, ends))


def test_speakers_have_their_extremes_and_median_first(data, analysed_run):
    for model, (lowest, highest, median, *scores) in data["speakers"]["accuracy"]["random"].items():
        values = list(scores_of_speakers(analysed_run, "random", model)["accuracy"].values())
        assert len(scores) == len(data["names"]["random"]) == len(values) == 24
        assert (values[lowest], values[highest]) == (min(values), max(values))
        assert scores[lowest] <= median <= scores[highest]
    assert set(data["shapes"].values()) == {"square"}
    assert len(data["shapes"]) == 12


def test_a_model_with_a_missing_fold_has_a_note_instead_of_scores(broken_run):
    data = json.loads(page_data(broken_run))
    assert data["missing"] == {
        "actor": {"knn": missing_folds(broken_run)["knn", "actor"]},
        "random": {"svm": missing_folds(broken_run)["svm", "random"]},
    }
    assert data["scores"]["uar"]["actor"]["knn"] == [None, None, None]
    assert data["speakers"]["uar"]["actor"]["knn"] == []
    assert "knn" not in data["confusions"]["actor"]


def test_no_text_can_end_the_element(analysed_run):
    assert not set("<>&") & set(page_data(analysed_run))
