"""The overview shows the score, interval, speakers and gap of each model, as far as a run has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ser_bench.report.analysis.comparisons import comparison
from ser_bench.report.analysis.gaps import gaps_of
from ser_bench.report.analysis.splits import gap_splits
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts import overview_content
from ser_bench.report.charts.keys import Key, key_rows
from ser_bench.report.charts.overview_content import overview_of
from ser_bench.report.charts.overview_rows import PART_STYLES
from ser_bench.report.charts.registry import charts_of
from ser_bench.report.charts.render import render
from ser_bench.report.formatting import percent, percent_interval, points
from tests.legible import assert_legible, words_of
from tests.report.fake_run import Recipe, save_fake_run

IN_PARTS = (("actor", 4), ("random-takes", 4), ("random", 4))
CASES = {
    "few speakers": Recipe(models=("chance", "svm", "knn"), splits=IN_PARTS, speakers=4, clips_per_label=4),
    "one speaker": Recipe(models=("chance", "svm"), splits=(("random", 4),), speakers=1),
    "baselines only": Recipe(models=("chance", "majority"), clips_per_label=1),
    "thirty models": Recipe(
        models=("chance", *(f"net-{i}" for i in range(29))),
        splits=(("actor", 2), ("random", 2)),
        labels=("sad", "calm"),
        speakers=6,
        clips_per_label=2,
    ),
    "many speakers": Recipe(models=("svm",), speakers=70, clips_per_label=1, labels=("sad", "calm")),
}


@pytest.mark.parametrize("case", CASES)
def test_it_holds_for_runs_of_every_size(case, tmp_path, monkeypatch):
    run = save_fake_run(tmp_path, CASES[case])
    chart = charts_of(run)["overview"]
    figure = chart.draw()
    assert_legible(figure, monkeypatch)
    assert len(render(figure, "svg")) < 90_000
    words = words_of(figure)
    assert ("95 % interval" in words) == (case not in ("few speakers", "one speaker"))
    assert ("quantiles" in words) == (case == "many speakers")
    assert ("each of" in words) == (case not in ("one speaker", "many speakers"))
    assert ("gap, points" in words) == (case != "one speaker")
    assert ("repeated takes" in words) == (case == "few speakers")
    assert chart.alt_text().endswith(".")


def test_the_numbers_are_those_of_the_tables(run):
    words, alt = words_of(charts_of(run)["overview"].draw()), charts_of(run)["overview"].alt_text()
    gaps = gaps_of(run, gap_splits(run))["total"]
    for row in summarise(run).to_dict("records"):
        interval = percent_interval(row["actor_uar_low"], row["actor_uar_high"])
        for text in (percent(row["actor_uar"]), interval, points(gaps[row["model"]])):
            assert text in words
            assert text in alt


def test_the_marks_are_at_the_scores(run):
    ax = charts_of(run)["overview"].draw().axes[0]
    lines = [(line.get_marker(), *map(np.ravel, line.get_data())) for line in ax.lines]
    dots = [(float(y[0]), float(x[0])) for marker, x, y in lines if marker == "o"]
    table = summarise(run)
    expected = [(row, 100 * table[f"{split}_uar"][row]) for row in range(len(table)) for split in ("random", "actor")]
    assert np.allclose(dots, expected)
    bands = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert np.allclose(bands, 100 * table[["actor_uar_low", "actor_uar_high"]])


def test_the_bracket_holds_the_models_that_do_not_differ_significantly_from_the_best_one(run):
    view, compared = overview_of(run), comparison(run)
    assert set(view.bracketed) == ({compared.leader, *compared.not_worse} if compared.not_worse else set())
    near = replace(compared, better=compared.better & False)
    far = replace(near, better=near.better.copy())
    far.better.loc[compared.leader] = True
    assert replace(view, compared=far).bracketed == []
    assert set(replace(view, compared=near).bracketed) == {"svm", "knn", "cnn1d"}
    better = near.better.copy()
    better.at["knn", compared.leader] = True
    assert set(replace(view, compared=replace(near, better=better)).bracketed) == {"svm", "cnn1d"}
    assert replace(view, compared=replace(near, speakers=2)).bracketed == []
    assert replace(view, compared=None).bracketed == []


def test_published_scores_have_a_row_with_a_tick_each(analysed_run, monkeypatch):
    scores = pd.DataFrame({"system": ["a", "b"], "split": "emobox", "uar": [0.5, 0.7], "source": "Somebody (2024)"})
    monkeypatch.setattr(overview_content, "published_scores", lambda run: scores)
    figure = charts_of(analysed_run)["overview"].draw()
    assert_legible(figure, monkeypatch)
    words = words_of(figure)
    for text in ("published, emobox", "50.0 to 70.0", "Somebody (2024)"):
        assert text in words


def test_a_model_without_a_score_has_the_reason(broken_run):
    words = words_of(charts_of(broken_run)["overview"].draw())
    assert "n/a: actor failed 1/6" in words
    assert "n/a: random timeout 1/6" in words


def test_the_parts_of_the_gap_differ_without_colour():
    assert PART_STYLES["voice"].get("linestyle", "-") != PART_STYLES["takes"].get("linestyle", "-")


def test_a_gap_whose_parts_are_unknown_looks_unlike_a_part(tmp_path):
    missing = {("svm", "random-takes", 0, 2): "failed"}
    run = save_fake_run(tmp_path, replace(CASES["few speakers"], speakers=6, shortfalls=missing))
    figure = charts_of(run)["overview"].draw()
    assert "gap, parts unknown" in words_of(figure)
    lines = [line for line in figure.axes[0].lines if line.get_color() == PART_STYLES["total"]["color"]]
    scores = summarise(run).set_index("model").loc["svm"]
    expected = [100 * scores["actor_uar"], 100 * scores["random_uar"]]
    assert any(np.allclose(line.get_xdata(), expected) for line in lines if len(line.get_xdata()) == 2)


def test_keys_break_into_rows_no_wider_than_the_chart():
    keys = [Key(text, lambda ax, x, y: None, 0.3) for text in ("one mark", "another mark", "a third mark")]
    assert key_rows(keys, 20) == [keys]
    assert key_rows(keys, 0.1) == [[key] for key in keys]
