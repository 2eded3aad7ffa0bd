"""The training of networks in the report: weights, epochs, why training ended, and the chart of architectures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.training import best_epochs, network_training
from ser_bench.report.charts.registry import CHARTS, charts_of
from ser_bench.report.findings.training import training_ends
from ser_bench.report.page import render_page
from tests.legible import assert_legible, words_of
from tests.report.fake_run import WEIGHTS, Recipe, save_fake_run, stand_in_charts
from tests.report.test_page import Page

RECIPE = Recipe(
    models=("svm", "mlp-keras", "cnn1d", "cnn2d", "lstm"),
    splits=(("actor", 4), ("random", 3)),
    speakers=8,
    clips_per_label=2,
    quick=("lstm",),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return save_fake_run(tmp_path_factory.mktemp("trained"), RECIPE)


def with_fits(run, **columns):
    return replace(run, fits=run.fits.assign(**columns))


def test_the_table_counts_fits_epochs_and_endings(trained):
    table = network_training(trained)
    assert list(table["model"].unique()) == ["mlp-keras", "cnn1d", "cnn2d", "lstm"]
    row = table[(table["model"] == "cnn1d") & (table["split"] == "actor")].iloc[0]
    fits = trained.fits.query("model == 'cnn1d' and split == 'actor'")
    curves = trained.curves.query("model == 'cnn1d' and split == 'actor'")
    assert (row["fits"], row["patience"], row["last_epoch"]) == (4, 2, 2)
    assert row["n_weights"] == WEIGHTS["cnn1d"]
    assert row["longest"] == curves["epoch"].max()
    assert (row["first"], row["last"]) == (fits["best_epoch"].min(), fits["best_epoch"].max())
    assert row["validated"]
    assert not row["refitted"]


def test_the_chart_shows_clean_accuracy_beside_that_of_augmented_clips(trained):
    figure = charts_of(trained)["curves_cnn1d"].draw()
    mean = trained.curves.query("model == 'cnn1d' and split == 'actor'").groupby("epoch")
    first = mean[["accuracy", "clean_accuracy", "val_accuracy"]].mean().loc[1].tolist()
    (panel,) = [ax for ax in figure.axes if ax.get_ylabel() == "accuracy (%)"]
    assert [line.get_ydata()[0] for line in panel.lines] == pytest.approx([100 * value for value in first])
    assert "training clips, augmented" in words_of(figure)
    assert "training clips, clean" in words_of(figure)


def test_a_failed_fit_does_not_count(tmp_path):
    run = save_fake_run(tmp_path, replace(RECIPE, shortfalls={("cnn1d", "actor", 0, 1): "failed"}))
    table = network_training(run).set_index(["model", "split"])
    assert table.at[("cnn1d", "actor"), "fits"] == 3
    assert "Not shown: cnn1d (failed 1/4)" in words_of(charts_of(run)["architectures"].draw())


def test_sentences_follow_from_the_fits(trained):
    actor, random, after = training_ends(trained, "cnn1d")
    row = network_training(trained).query("model == 'cnn1d' and split == 'actor'").iloc[0]
    assert actor.startswith(
        f"actor: training ended after {row['shortest']:.0f} to {row['longest']:.0f} epochs, 2 by patience and 2 with "
        f"the last epoch; the loss on 8 held-out clips of 2 speakers was lowest in epochs {row['first']:.0f} to "
        f"{row['last']:.0f}"
    )
    assert "the loss on 8 held-out clips was lowest" in random  # by take: the speakers are in training as well
    assert after == "The weights of the best epoch are kept."
    assert training_ends(trained, "svm") == []


def test_a_second_training_on_all_clips_is_stated(trained):
    refitted = with_fits(trained, parameters='{"refit": true, "speeds": [0.85], "members": 3}')
    assert training_ends(refitted, "cnn1d")[-1] == (
        "Epochs and curves are those of the first of 3 networks. "
        "Copies at other speeds count in the validation loss. Each network is then trained again on all training "
        "clips, for as many epochs as were best where patience ended training, else for all epochs."
    )


@pytest.mark.parametrize(
    ("ended", "epochs"), [("patience", "for as many epochs as were best."), ("last epoch", "for all epochs.")]
)
def test_the_epochs_of_a_second_training_follow_from_the_first(trained, ended, epochs):
    refitted = with_fits(trained, parameters='{"refit": true}')
    fits = refitted.fits.assign(ended=refitted.fits["ended"].where(refitted.fits["epochs"].isna(), ended))
    assert training_ends(replace(refitted, fits=fits), "cnn1d")[-1].endswith(f"on all training clips, {epochs}")


def test_a_best_epoch_at_the_end_is_stated(trained):
    at_end = with_fits(trained, best_epoch=trained.fits["epochs"], ended=trained.fits["ended"])
    assert ", in 4 fits the last one." in training_ends(at_end, "cnn1d")[0]


def test_training_without_held_out_clips_has_no_best_epoch(trained):
    alone = replace(trained, curves=trained.curves.assign(val_loss=np.nan, val_accuracy=np.nan))
    assert training_ends(alone, "cnn1d")[0].endswith("; no clip was held out.")


def test_the_chart_of_curves_marks_the_best_epoch_of_each_fit(trained):
    curves = trained.curves[trained.curves["model"] == "cnn1d"]
    best = best_epochs(trained, curves)
    assert len(best) == 7
    lowest = curves.groupby(["split", "repeat", "fold"])["val_loss"].min()
    assert sorted(best["val_loss"]) == sorted(lowest)
    chart = charts_of(trained)["curves_cnn1d"]
    words = " ".join(words_of(chart.draw()).split())
    for sentence in training_ends(trained, "cnn1d"):
        assert sentence in words
        assert sentence in chart.alt_text()


def test_the_chart_of_architectures_names_every_network_with_its_cost(trained, monkeypatch):
    chart = charts_of(trained)["architectures"]
    figure = chart.draw()
    assert_legible(figure, monkeypatch, "architectures")
    words = words_of(figure)
    assert all(words.count(name) >= 2 for name in WEIGHTS)
    assert "svm" not in words
    text = chart.alt_text()
    uar = summarise(trained).set_index("model").at["cnn2d", "actor_uar"]
    assert "cnn2d (31k, " in text
    assert f", {100 * uar:.1f} %)" in text
    assert text.index("cnn2d") < text.index("cnn1d") < text.index("mlp-keras")


def test_the_chart_needs_two_networks(tmp_path):
    run = save_fake_run(tmp_path, replace(RECIPE, models=("svm", "cnn1d")))
    assert CHARTS["architectures"].figures_of(run) == []


def test_the_page_has_a_table_of_networks(trained):
    text = " ".join(Page(render_page(trained, stand_in_charts(trained)).decode()).text.split())
    assert "Networks: weights, epochs and end of training" in text
    assert "65,000" in text
    assert "2 by patience and 2 with the last epoch" in text
