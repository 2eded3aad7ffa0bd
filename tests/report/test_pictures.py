"""The pictures of the page: values are drawn where the data says, and every kind of run has its pictures or none."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from ser_bench.report.analysis.calibration import accuracy_by_share, model_reliability
from ser_bench.report.analysis.choice import choice_of
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.findings.cost import cost_sentences
from ser_bench.report.findings.training import held_out_sentence, training_ends
from ser_bench.report.page import render_page
from ser_bench.report.page.pictures.calibration import calibration_plot, further_calibration_plots
from ser_bench.report.page.pictures.confident import confident_plot
from ser_bench.report.page.pictures.cost import architecture_plots, cost_plot
from ser_bench.report.page.pictures.curves import learning_curves
from ser_bench.report.page.pictures.series import MOST_SERIES
from ser_bench.report.page.plots.marks import Band, Dots, Line
from ser_bench.report.page.plots.picture import WIDE, draw, frame_of
from ser_bench.report.page.sections.confidence import confidence_report
from ser_bench.report.page.sections.cost import cost_report
from ser_bench.statistics import pareto_front
from tests.report.fake_run import NETWORKS, WEIGHTS, Recipe, save_fake_run
from tests.report.test_calibration import uncalibrated

SMALL = Recipe(models=("chance", "svm", "lda", "cnn1d", "cnn2d"), speakers=8, clips_per_label=2, splits=(("actor", 4),))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small run with two networks."""
    return save_fake_run(tmp_path_factory.mktemp("pictures"), SMALL)


def dots_of(plot, model=None):
    return [mark for mark in plot.marks if isinstance(mark, Dots) and model in (None, mark.model)]


def lines_of(plot, kind):
    return [mark for mark in plot.marks if isinstance(mark, Line) and kind in mark.kind.split()]


def test_calibration_draws_the_bins_before_and_after_of_the_best_models(analysed_run):
    plot = calibration_plot(analysed_run)
    best = list(summarise(analysed_run)["model"][:MOST_SERIES])
    assert [name.text for name in plot.names] == best
    for model in best:
        hollow, full = dots_of(plot, model)
        for dots, before in ((hollow, True), (full, False)):
            bins = model_reliability(analysed_run, model, "actor", before=before)
            values = np.column_stack([bins.confidence, bins.accuracy])[bins.count > 0]
            assert np.allclose(np.array(dots.points), 100 * values)
            assert ("hollow" in dots.kind) == before
            assert dots.tips[0].startswith(f"{model}, {'before' if before else 'after'} calibration: ")
            assert f"{dots.points[0][0]:.1f} % confident, {dots.points[0][1]:.1f} % right" in dots.tips[0]
    assert lines_of(plot, "diagonal")[0].points == ((0, 0), (100, 100))


def test_models_of_one_picture_differ_by_more_than_colour(analysed_run):
    plot = calibration_plot(analysed_run)
    assert len({dots.shape for dots in dots_of(plot)}) == MOST_SERIES
    looks = [line.kind.replace("faint", "").split()[1:] for line in plot.marks if isinstance(line, Line) and line.model]
    assert len(set(map(tuple, looks))) == MOST_SERIES


def test_the_other_models_have_their_own_picture(analysed_run):
    others = further_calibration_plots(analysed_run)
    assert list(others) == list(summarise(analysed_run)["model"][MOST_SERIES:-2])
    assert {dots.model for plot in others.values() for dots in dots_of(plot)} == set(others)
    names = [plot.name for plot in others.values()]
    assert len(set(names)) == len(names)


def test_a_model_without_calibration_is_drawn_before_it_only(run):
    plot = calibration_plot(uncalibrated(run, "svm"))
    (dots,) = dots_of(plot, "svm")
    assert "hollow" in dots.kind
    assert "svm" in [name.text for name in plot.names]


def test_accuracy_over_confident_clips_ends_at_the_accuracy_on_all(analysed_run):
    plot, table = confident_plot(analysed_run), accuracy_by_share(analysed_run, "actor", (0.5, 1.0))
    for mark in plot.marks:
        values = dict(mark.points)
        assert values[100] == pytest.approx(100 * table.at[mark.model, 1.0])
        assert values[50] == pytest.approx(100 * table.at[mark.model, 0.5])
        assert f"{values[50]:.1f} % of the most confident half" in mark.tip


def test_cost_draws_uar_and_interval_at_the_time_of_a_fit(analysed_run):
    plot, table = cost_plot(analysed_run), summarise(analysed_run).set_index("model")
    assert {dots.model for dots in dots_of(plot)} == {"svm", "lda", "knn", "cnn1d"}
    for dots in dots_of(plot):
        row = table.loc[dots.model]
        assert dots.points == ((pytest.approx(row["fit_seconds"]), pytest.approx(100 * row["actor_uar"])),)
        low, high = dots.intervals[0]
        assert (low, high) == (pytest.approx(100 * row["actor_uar_low"]), pytest.approx(100 * row["actor_uar_high"]))
        assert f"{100 * row['actor_uar']:.1f} % [{low:.1f}, {high:.1f}]" in dots.tips[0]


def test_the_front_joins_the_models_that_no_other_beats_and_ends_at_the_slowest(analysed_run):
    plot, table = cost_plot(analysed_run), summarise(analysed_run).set_index("model")
    table = table.drop(index=["chance", "majority"])
    best = table.index[pareto_front(table["fit_seconds"], table["actor_uar"])]
    (front,) = lines_of(plot, "front")
    assert front.step
    expected = sorted((table.at[model, "fit_seconds"], 100 * table.at[model, "actor_uar"]) for model in best)
    assert front.points[:-1] == tuple((pytest.approx(x), pytest.approx(y)) for x, y in expected)
    assert front.points[-1] == (pytest.approx(table["fit_seconds"].max()), front.points[-2][1])
    assert {dots.model for dots in dots_of(plot) if "hollow" not in dots.kind} == set(best)


def test_dots_are_drawn_at_their_place_in_the_svg(analysed_run):
    plot = cost_plot(analysed_run)
    root, frame = ET.fromstring(draw(plot, WIDE, "wide")), frame_of(plot, WIDE)
    for dots in dots_of(plot):
        (node,) = [n for n in root.iter("path") if n.get("data-model") == dots.model and "dot" in n.get("class")]
        left, y = map(float, re.match(r"M([\d.]+) ([\d.]+)a", node.get("d")).groups())
        assert (left + dots.radius, y) == pytest.approx(frame.at(*dots.points[0]), abs=0.11)


def test_networks_are_drawn_over_their_weights(trained):
    weights, times = architecture_plots(trained)
    assert {dots.model: dots.points[0][0] for dots in dots_of(weights)} == {m: WEIGHTS[m] for m in ("cnn1d", "cnn2d")}
    assert {dots.model for dots in dots_of(times)} == {"cnn1d", "cnn2d"}
    assert weights.name != times.name


def test_curves_are_means_over_folds_with_their_range_and_best_epochs(trained):
    curves = learning_curves(trained)
    assert [network.model for network in curves] == ["cnn1d", "cnn2d"]
    table = trained.curves.query("model == 'cnn1d' and split == 'actor'")
    first = table[table["epoch"] == 1]
    for plot, column, scale in ((curves[0].loss, "val_loss", 1), (curves[0].accuracy, "val_accuracy", 100)):
        (line,) = lines_of(plot, "c1")
        assert line.points[0] == (1, pytest.approx(scale * first[column].mean()))
        (band,) = [mark for mark in plot.marks if isinstance(mark, Band) and mark.kind == "c1"]
        ends = (pytest.approx(scale * first[column].min()), pytest.approx(scale * first[column].max()))
        assert band.points[0] == (1, *ends)
        fits = trained.fits.query("model == 'cnn1d' and split == 'actor'")
        drawn = sorted(x for dots in dots_of(plot) for x, _ in dots.points)
        assert drawn == sorted(fits["best_epoch"])
        assert sum(len(d.points) for d in dots_of(plot) if "hollow" in d.kind) == (fits["ended"] == "last epoch").sum()


def test_the_end_of_the_drawn_split_and_what_is_held_out_are_stated(trained):
    curves = learning_curves(trained)[0]
    (end, after) = training_ends(trained, "cnn1d", "actor")
    assert curves.end == end.removeprefix("actor: t").join(("T", ""))
    assert curves.after == after
    sentence = held_out_sentence(trained, "actor")
    assert sentence.startswith("Each fit holds out whole training speakers (8 clips of 2 speakers on average).")
    assert "whole" not in held_out_sentence(trained, "random")
    unknown = replace(trained, curves=trained.curves.assign(val_loss=np.nan))
    assert held_out_sentence(unknown, "actor") == "No clip was held out of training."
    assert held_out_sentence(trained, "text") == ""


def test_the_sentence_on_cost_names_the_fastest_model_that_is_little_worse(analysed_run):
    table = summarise(analysed_run).set_index("model")
    models = ["svm", "lda", "knn", "cnn1d"]
    choice = choice_of(analysed_run, models, table["fit_seconds"].to_dict())
    assert choice.tested
    sentence = cost_sentences(analysed_run)
    assert f"{choice.cheapest} predicts a clip in " in sentence
    if choice.cheapest != choice.best:
        lower = 100 * (table.at[choice.best, "actor_uar"] - table.at[choice.cheapest, "actor_uar"])
        assert sentence.startswith(f"The UAR of {choice.cheapest} is {lower:.1f} [")


def test_without_a_test_the_fastest_model_is_stated_with_its_uar(tmp_path):
    run = save_fake_run(tmp_path, replace(SMALL, speakers=2, splits=(("actor", 2),), models=("svm", "lda")))
    row = summarise(run).set_index("model").loc["lda"]
    if summarise(run)["model"][0] == "lda":
        assert cost_sentences(run).startswith("lda predicts")
    else:
        assert "The fastest model, lda, takes 9" in cost_sentences(run)
        assert f"a UAR of {100 * row['actor_uar']:.1f} %." in cost_sentences(run)
    assert "significant" not in cost_sentences(run)


def test_what_the_picture_of_cost_leaves_out_is_stated(broken_run):
    report = cost_report(broken_run)
    assert "Vertical lines are 95 % intervals over speakers." in report.notes
    assert "Not shown: knn (failed 1/6)." in report.notes
    plot = cost_plot(broken_run)
    above = plot.y.low > 12.5
    assert any("chance is 12.5 %" in note for note in report.notes) == above
    assert bool(lines_of(plot, "chance")) != above


@pytest.mark.parametrize(
    "recipe",
    [
        replace(SMALL, models=("chance", "majority")),
        replace(SMALL, models=("svm",)),
        replace(SMALL, speakers=1, splits=(("random", 2),)),
        replace(SMALL, models=("svm", "lda"), shortfalls={(m, "actor", 0, 1): "failed" for m in ("svm", "lda")}),
        replace(SMALL, models=("svm", "cnn1d"), shortfalls={("svm", "actor", 0, 1): "failed"}, quick=("cnn1d",)),
        replace(SMALL, labels=("neutral", "angry"), transductive=("svm", "lda")),
    ],
    ids=["baselines", "one model", "one speaker", "all failed", "one failed", "two labels"],
)
def test_every_kind_of_run_has_its_sections(tmp_path, recipe):
    run = save_fake_run(tmp_path, recipe)
    trained = [model for model in recipe.models if model not in ("chance", "majority")]
    complete = [m for m in trained if not any(name == m for name, *_ in recipe.shortfalls)]
    assert (cost_report(run).picture is not None) == bool(complete)
    assert (confidence_report(run).picture is not None) == bool(complete)
    assert len(cost_report(run).curves) == len(set(trained) & set(NETWORKS))
    assert any("Vertical" in note for note in cost_report(run).notes) == (bool(complete) and recipe.speakers >= 6)
    texts = f"{confidence_report(run)} {cost_report(run)}"
    assert "nan" not in re.findall(r"[a-z]+", texts.replace("value=nan", ""))


def test_the_sections_have_pictures_with_own_ids_and_marked_models(tmp_path):
    recipe = replace(SMALL, labels=("neutral", "angry"), transductive=("svm",), quick=("cnn1d",))
    html = render_page(save_fake_run(tmp_path, recipe), {}).decode()
    for section, count in (("confidence", 2 * 2 + 1), ("cost", 3 * 2 + 4)):
        part = html.split(f'<section id="{section}"')[1].split("</section>")[0]
        assert part.count("<svg") == part.count('role="img"') == count
        ids = re.findall(r' id="([^"]+)"', part)
        assert len(set(ids)) == len(ids)
        assert re.search(r'<text class="name[^"]*"[^>]* data-model="svm">svm.†</text>', part)
        assert 'data-model="cnn1d"' in part
        assert "cnn1d\N{NO-BREAK SPACE}‡" in part
