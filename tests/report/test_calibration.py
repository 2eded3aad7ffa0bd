"""Calibration of a run: the table, accuracy by confidence, prediction sets per speaker, and what is unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from ser_bench import statistics
from ser_bench.report import write_report
from ser_bench.report.analysis import calibration
from ser_bench.report.analysis.calibration import COLUMNS, calibration_of, calibration_status, calibration_table
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.registry import charts_of
from ser_bench.report.findings.titles import calibration_errors_title
from ser_bench.runs.results import UNCALIBRATED
from tests.legible import words_of
from tests.report.fake_run import BASELINES, TEMPERATURE, Recipe, save_fake_run


def predictions_of(run, model, split, repeat):
    frame = run.predictions
    return frame[(frame["model"] == model) & (frame["split"] == split) & (frame["repeat"] == repeat)]


def probabilities_of(run, part):
    return part[[f"p_{label}" for label in run.labels]].to_numpy("float64")


def uncalibrated(run, model):
    """Return the run with a model that was run without calibration."""
    fits, predictions = run.fits.copy(), run.predictions.copy()
    fits.loc[fits["model"] == model, ["temperature", "set_threshold"]] = np.nan
    predictions.loc[predictions["model"] == model, list(UNCALIBRATED)] = np.nan
    return replace(run, fits=fits, predictions=predictions)


def test_losses_are_scikit_learns_means_over_repeats(run):
    row = calibration_of(run, "actor").loc["svm"]
    losses, briers, before, confidence = [], [], [], []
    for repeat in (0, 1):
        part = predictions_of(run, "svm", "actor", repeat)
        p, true = probabilities_of(run, part), part["true"].cat.codes
        losses.append(log_loss(true, p / p.sum(axis=1, keepdims=True), labels=range(8)))
        briers.append(brier_score_loss(true, p / p.sum(axis=1, keepdims=True), labels=range(8), scale_by_half=False))
        sharp = p**TEMPERATURE / (p**TEMPERATURE).sum(axis=1, keepdims=True)
        before.append(log_loss(true, sharp, labels=range(8)))
        confidence.append((p.max(axis=1) - (part["true"] == part["predicted"])).mean())
    for name, values in (("log_loss", losses), ("brier", briers), ("overconfidence", confidence)):
        assert row[name] == pytest.approx(np.mean(values), rel=1e-5)
        assert row[f"{name}_low"] < row[name] < row[f"{name}_high"]
    assert row["log_loss_before"] == pytest.approx(np.mean(before), rel=1e-5)


def test_the_calibration_error_is_that_of_the_statistics(run):
    row = calibration_of(run, "actor").loc["cnn1d"]
    parts = [predictions_of(run, "cnn1d", "actor", repeat) for repeat in (0, 1)]
    rights = [part["true"] == part["predicted"] for part in parts]
    after = [
        statistics.reliability(probabilities_of(run, part).max(axis=1), right)
        for part, right in zip(parts, rights, strict=True)
    ]
    before = [
        statistics.reliability(part["uncalibrated_confidence"], right)
        for part, right in zip(parts, rights, strict=True)
    ]
    assert row["ece"] == pytest.approx(np.mean([result.ece for result in after]))
    assert row["ece_perfect"] == pytest.approx(np.mean([result.perfect for result in after]))
    assert row["ece_before"] == pytest.approx(np.mean([result.ece for result in before]))
    assert 0 <= row["ece_low"] <= row["ece"] <= row["ece_high"]
    speakers, excess = parts[0]["speaker"].astype(str), []
    for part, right in zip(parts, rights, strict=True):
        codes = part["speaker"].astype(str).astype(int) - 1
        excess.append(statistics.excess_by_speaker(probabilities_of(run, part).max(axis=1), right, codes, 24))
    draws = calibration.speaker_draws(sorted(set(speakers)))
    expected = statistics.pooled_calibration_error(excess, draws)
    assert tuple(row[["ece", "ece_low", "ece_high"]]) == pytest.approx(expected)


def test_prediction_sets_follow_from_the_threshold_of_each_fit(run):
    fits = run.fits.copy()
    fits["set_threshold"] = np.where(fits["fold"] < 3, 0.9, 0.97)
    row = calibration_of(replace(run, fits=fits), "actor").loc["svm"]
    held, size, single, single_right = [], [], [], []
    for repeat in (0, 1):
        part = predictions_of(run, "svm", "actor", repeat)
        for (_, clip), p in zip(part.iterrows(), probabilities_of(run, part), strict=True):
            least = 0.1 if clip["fold"] < 3 else 0.03
            labels = {label for label, value in zip(run.labels, p, strict=True) if value >= least or value == p.max()}
            held.append(clip["true"] in labels)
            size.append(len(labels))
            single.append(len(labels) == 1)
            if len(labels) == 1:
                single_right.append(clip["true"] in labels)
    assert row["coverage"] == pytest.approx(np.mean(held))
    assert row["set_size"] == pytest.approx(np.mean(size))
    assert row["single_label"] == pytest.approx(np.mean(single))
    assert row["single_accuracy"] == pytest.approx(np.mean(single_right), abs=0.02)  # repeats count equally
    assert row["coverage_low"] < row["coverage"] < row["coverage_high"]


def test_coverage_per_speaker_averages_to_the_coverage_of_the_run(run):
    table = calibration.set_coverage_by_speaker(run, "actor")
    assert list(table.index) == ["svm", "knn", "cnn1d"]
    assert list(table.columns) == [f"{speaker:02d}" for speaker in range(1, 25)]
    np.testing.assert_allclose(table.mean(axis=1), calibration_of(run, "actor")["coverage"].dropna())
    assert table.loc["svm"].std() > 0.01


def test_accuracy_by_share_sorts_by_confidence(run):
    table = calibration.accuracy_by_share(run, "actor", (1.0, 0.5))
    expected, auroc = [], []
    for repeat in (0, 1):
        part = predictions_of(run, "knn", "actor", repeat)
        confidence = probabilities_of(run, part).max(axis=1)
        right = (part["true"] == part["predicted"]).to_numpy()
        expected.append(right[np.argsort(-confidence)[: len(part) // 2]].mean())
        auroc.append(roc_auc_score(right, confidence))
    assert table.at["knn", 0.5] == pytest.approx(np.mean(expected))
    assert table.at["knn", 0.5] > table.at["knn", 1.0]
    row = calibration_of(run, "actor").loc["knn"]
    assert row["auroc"] == pytest.approx(np.mean(auroc))
    assert row["auroc_low"] < row["auroc"] < row["auroc_high"]
    (_, _, _, half, _) = calibration.accuracy_intervals(run, "actor")["knn"]
    assert half.value == pytest.approx(table.at["knn", 0.5])
    assert half.low < half.value < half.high
    every = calibration.accuracy_by_share(run, "actor", tuple(np.arange(1, 1441) / 1440))
    assert row["aurc"] == pytest.approx(1 - every.loc["knn"].mean())


def test_what_is_unknown_is_empty_and_never_zero(run):
    fewer = uncalibrated(run, "svm")
    rows = calibration_of(fewer, "actor")
    assert dict(rows["status"]) == {"chance": "baseline", "svm": "not calibrated", "knn": "ok", "cnn1d": "ok"}
    assert rows.loc["chance", list(COLUMNS)].isna().all()
    after = [name for name in COLUMNS if "before" not in name and not name.startswith("au")]
    assert rows.loc["svm", after].isna().all()
    assert rows.loc["svm", [name for name in COLUMNS if "before" in name]].notna().all()
    part = predictions_of(run, "svm", "actor", 0)
    confidence = probabilities_of(run, part).max(axis=1)
    first = statistics.reliability(confidence, part["true"] == part["predicted"]).ece
    assert abs(rows.at["svm", "ece_before"] - first) < 0.02
    assert calibration.measured_models(fewer, "actor") == ["knn", "cnn1d"]
    assert calibration.set_coverage_by_speaker(fewer, "actor").loc["svm"].isna().all()
    assert calibration.model_reliability(fewer, "svm", "actor") is None
    assert calibration.model_reliability(fewer, "svm", "actor", before=True).count.sum() == 2880


def test_a_model_that_some_folds_do_not_calibrate_is_not_calibrated(run):
    fits = run.fits.copy()
    chosen = (fits["model"] == "svm") & (fits["split"] == "actor") & (fits["fold"] == 0)
    fits.loc[chosen, ["temperature", "set_threshold"]] = np.nan
    status = calibration_status(replace(run, fits=fits))
    assert status["svm", "actor"] == "not calibrated 2/12"
    assert status["svm", "random"] == "ok"
    assert np.isnan(calibration_of(replace(run, fits=fits), "actor").at["svm", "ece"])


def test_a_model_with_a_missing_fold_has_its_note(broken_run):
    rows = calibration_of(broken_run, "actor")
    assert rows.at["knn", "status"] == "failed 1/6"
    assert rows.loc["knn", list(COLUMNS)].isna().all()
    assert calibration.model_reliability(broken_run, "knn", "actor", before=True) is None


def test_a_fit_without_a_threshold_has_unknown_sets(run):
    fits = run.fits.copy()
    fits.loc[(fits["model"] == "svm") & (fits["fold"] == 0), "set_threshold"] = np.nan
    row = calibration_of(replace(run, fits=fits), "actor").loc["svm"]
    assert row[["coverage", "set_size", "single_label", "single_accuracy"]].isna().all()
    assert row[["ece", "log_loss"]].notna().all()


def test_few_or_unknown_speakers_have_no_interval(tmp_path, run):
    few = save_fake_run(tmp_path, Recipe(models=("svm",), speakers=4, splits=(("actor", 4),)))
    clips = run.predictions.copy()
    clips["speaker"] = pd.Categorical(np.where(clips["speaker"] == "01", "", clips["speaker"].astype(str)))
    for one in (few, replace(run, predictions=clips)):
        row = calibration_of(one, "actor").loc["svm"]
        ends = [name for name in COLUMNS if name.endswith(("_low", "_high"))]
        assert row[ends].isna().all()
        assert row[[name for name in COLUMNS if name not in ends]].notna().all()


def test_calibration_csv_holds_a_row_per_model_and_split(tmp_path, stand_in_drawing):
    recipe = Recipe(models=("chance", "svm"), splits=(("actor", 2), ("random", 2)), speakers=6, clips_per_label=2)
    run = save_fake_run(tmp_path, recipe)
    assert tmp_path / "calibration.csv" in write_report(run, ("svg",))
    table = pd.read_csv(tmp_path / "calibration.csv", keep_default_na=False)
    assert list(table.columns) == ["model", "split", *COLUMNS, "status"]
    assert list(zip(table["model"], table["split"], strict=True)) == [
        *[("chance", "actor"), ("chance", "random"), ("svm", "actor"), ("svm", "random")]
    ]
    assert set(table.loc[0, list(COLUMNS)]) == {""}
    assert float(table.loc[2, "ece"]) == pytest.approx(calibration_table(run).loc[2, "ece"])
    for name in ("ece", "log_loss", "brier"):
        assert {name, f"{name}_low", f"{name}_high", f"{name}_before", f"{name}_before_low"} <= set(table.columns)


def test_the_table_of_eleven_models_five_splits_and_three_repeats_takes_about_a_second(run):
    """This one has a fourteenth of its cells."""
    import time

    fresh, start = replace(run), time.process_time()  # numbers are cached per run
    calibration_table(fresh)
    assert time.process_time() - start < 0.6  # 0.1 s


def test_one_panel_shows_the_best_three_models(analysed_run):
    models = [model for model in summarise(analysed_run)["model"] if model not in BASELINES]
    assert len(models) == 4
    panel = charts_of(analysed_run)["calibration"].draw().axes[0]
    drawn = [line.get_ydata() for line in panel.lines[1:]]  # after the diagonal
    parts = [
        calibration.model_reliability(analysed_run, model, "actor", before=before)
        for model in models[:3]
        for before in (True, False)
    ]
    assert len(drawn) == len(parts)
    for values, part in zip(drawn, parts, strict=True):
        np.testing.assert_allclose(values, 100 * part.accuracy)


def test_a_model_without_calibration_has_one_line_and_a_note(run):
    figure = charts_of(uncalibrated(run, "svm"))["calibration"].draw()
    assert "not calibrated" in words_of(figure)
    assert len(figure.axes[0].lines) == 1 + 2 + 2 + 1


def test_the_title_of_all_panels_states_the_range_of_errors(run):
    errors = 100 * calibration_of(run, "actor")[["ece_before", "ece"]].dropna()
    title = calibration_errors_title(run)
    for column in errors:
        for end in (errors[column].min(), errors[column].max()):
            assert any(text in title for text in (f"{end:.0f}", f"{end:.1f}"))
    assert calibration_errors_title(uncalibrated(run, "svm")).endswith("after it for 2 of them")
