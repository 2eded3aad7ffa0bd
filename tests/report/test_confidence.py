"""Sentences and tables about confidence: each claim holds in the data, and none is made without proof."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from ser_bench import statistics
from ser_bench.report.analysis import calibration
from ser_bench.report.analysis.calibration import calibration_of, calibration_table
from ser_bench.report.findings.confidence import (
    ConfidenceFindings,
    best_calibrated,
    confidence_findings,
    confidence_sentences,
    difference_statement,
)
from ser_bench.report.findings.titles import set_coverage_title
from ser_bench.report.page import render_page
from ser_bench.report.page.sections.confidence import confidence_report
from ser_bench.report.summary import markdown
from tests.report.fake_run import Recipe, save_fake_run
from tests.report.test_calibration import uncalibrated


@pytest.fixture
def claims(run, monkeypatch):
    """A function that states the findings of the run with other numbers of svm, the best model."""

    def state(**numbers):
        table = calibration_table(run)
        table.loc[(table["model"] == "svm") & (table["split"] == "actor"), list(numbers)] = list(numbers.values())
        monkeypatch.setattr(calibration, "calibration_table", lambda run: table)
        return confidence_sentences(run)

    return state


def test_the_first_sentence_has_confidence_and_accuracy_before_and_after(run):
    sentence, row = confidence_sentences(run)[0], calibration_of(run, "actor").loc["svm"]
    part = run.predictions[(run.predictions["model"] == "svm") & (run.predictions["split"] == "actor")]
    accuracy = (part["true"] == part["predicted"]).mean()
    before = part["uncalibrated_confidence"].astype("float64").mean()
    after = part[[f"p_{label}" for label in run.labels]].max(axis=1).astype("float64").mean()
    assert f"svm is on average {100 * before:.1f} % confident and right for {100 * accuracy:.1f} %" in sentence
    assert f"After calibration it is {100 * after:.1f} % confident" in sentence
    assert f"{100 * abs(row['overconfidence']):.1f} points" in sentence


@pytest.mark.parametrize(
    ("over", "low", "high", "claim"),
    [
        (0.212, 0.18, 0.244, "overconfident by 21.2 points [18.0, 24.4]"),
        (-0.05, -0.08, -0.02, "underconfident by 5.0 points [2.0, 8.0]"),
        (0.03, -0.01, 0.07, "the difference of +3.0 points [-1.0, +7.0] is not significant"),
        (0.0, 0.0, 0.0, "the difference of +0.0 points [+0.0, +0.0] is not significant"),
        (0.3, np.nan, np.nan, "a difference of +30.0 points, without an interval"),
    ],
)
def test_only_an_interval_without_zero_is_called_over_or_underconfident(over, low, high, claim):
    assert difference_statement(over, low, high) == claim


def test_a_calibrated_model_is_hardly_ever_called_overconfident():
    """In 200 corpora of a calibrated model, about one in twenty intervals excludes 0."""
    rng, called = np.random.default_rng(0), 0
    speakers = np.repeat(np.arange(24), 60)
    draws = statistics.speaker_draws(24, 500)
    for _ in range(200):
        confidence = rng.uniform(0.2, 1, 1440)
        voice = 0.1 * rng.standard_normal(24)[speakers] * confidence * (1 - confidence) * 4
        over = confidence - (rng.random(1440) < confidence + voice)
        sums = statistics.sum_by_speaker(over[:, np.newaxis], speakers, 24)
        value = statistics.means(sums)
        low, high = statistics.difference_interval(statistics.bootstrap_means(sums, draws), value, 24)
        called += "not significant" not in difference_statement(value[0], low[0], high[0])
    assert called <= 20


def test_models_are_counted_by_their_intervals(run, claims):
    def counts(sentences):
        (sentence,) = [text for text in sentences if text.startswith("By the intervals of")]
        pattern = (
            r"of 3 calibrated models, (\d).* over.* and (\d).* before calibration; (\d).* over.* and (\d).* after it"
        )
        return [int(number) for number in re.search(pattern, sentence).groups()], sentence

    table = calibration_of(run, "actor").dropna(subset="ece")
    expected = []
    for name in ("overconfidence_before", "overconfidence"):
        expected += [int((table[f"{name}_low"] > 0).sum()), int((table[f"{name}_high"] < 0).sum())]
    assert counts(confidence_sentences(run))[0] == expected
    unsure = counts(claims(overconfidence_low=-0.01, overconfidence_high=0.03))[0]
    assert unsure == [*expected[:3], expected[3] - 1]  # svm was underconfident
    off, sentence = counts(claims(overconfidence_low=0.1, overconfidence_high=0.3))
    assert off == [*expected[:2], expected[2] + 1, expected[3] - 1]
    assert re.search(r"overconfident \(.*svm.*\) and", sentence)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.87, 0.93, "[87.0, 93.0]. They"),
        (0.8, 0.9, "[80.0, 90.0]. They"),
        (0.8, 0.89, "[80.0, 89.0], significantly less than 90 %. They"),
        (0.91, 0.95, "[91.0, 95.0], significantly more than 90 %. They"),
    ],
)
def test_sets_are_called_too_small_only_where_the_interval_shows_it(claims, low, high, verdict):
    (sentence,) = [text for text in claims(coverage_low=low, coverage_high=high) if "prediction sets" in text]
    assert verdict in sentence


def test_a_speaker_is_named_only_where_chance_does_not_explain_a_low_share(run):
    """Coverage of 24 speakers is 90 % for all: the lowest share is about 82 %, and no speaker is named in 95 %."""
    shares = np.random.default_rng(1).binomial(60, 0.9, (1000, 24)) / 60
    named = [[statistics.binomial_p(share, 60, 0.9) <= 0.05 / 24 for share in corpus] for corpus in shares]
    assert np.mean(np.any(named, axis=1)) <= 0.05
    assert np.mean(shares.min(axis=1)) < 0.83
    assert statistics.binomial_p(0.7, 60, 0.9) < 0.05 / 24
    sentence = next(text for text in confidence_sentences(run) if "prediction sets" in text)
    below = calibration.speakers_below_aim(run, "svm", "actor")
    table = calibration.set_coverage_by_speaker(run, "actor").loc["svm"]
    assert below == []
    lowest = f"least often for speaker {table.idxmin()} ({100 * table.min():.1f} %), which is not significantly less"
    assert lowest in sentence


def test_speakers_whose_sets_fail_are_named_with_their_share(run):
    predictions = run.predictions.copy()
    labels = [f"p_{label}" for label in run.labels]
    failing = (predictions["speaker"] == "07") & (predictions["model"] == "svm")
    wrong = failing & (np.arange(len(predictions)) % 3 > 0)
    for label in run.labels:
        predictions.loc[wrong & (predictions["true"] == label), f"p_{label}"] = 0.0
    assert (predictions.loc[wrong, labels].sum(axis=1) > 0).all()
    changed = replace(run, predictions=predictions)
    share = calibration.set_coverage_by_speaker(changed, "actor").at["svm", "07"]
    sentence = next(text for text in confidence_sentences(changed) if "prediction sets" in text)
    assert (
        f"For speaker 07 ({100 * share:.1f} %) they hold the true label significantly less often than 90 %." in sentence
    )
    (row,) = [row for row in confidence_report(changed).sets.rows if row.cells[0].text == "svm"]
    assert row.cells[-1].text == "07"


def test_the_best_calibrated_model_is_named(run):
    assert best_calibrated(run) == "svm"
    fewer = uncalibrated(run, "svm")
    assert best_calibrated(fewer) == "cnn1d"
    assert "cnn1d is on average" in confidence_sentences(fewer)[0]
    assert not any("svm" in text for text in confidence_sentences(fewer))
    (row,) = [row for row in confidence_report(fewer).scores.rows if row.cells[0].text == "svm"]
    assert row.cells[0].note == "not calibrated"
    assert [cell.text for cell in row.cells[2::2]] == ["n/a"] * 4


def test_a_run_without_calibration_claims_nothing(tmp_path, run):
    plain = run
    for model in ("svm", "knn", "cnn1d"):
        plain = uncalibrated(plain, model)
    baselines = save_fake_run(tmp_path / "a", Recipe(models=("chance",), splits=(("actor", 2),), clips_per_label=2))
    shortfalls = {("svm", "actor", 0, 1): "failed"}
    failed = save_fake_run(
        tmp_path / "b", Recipe(models=("svm",), splits=(("actor", 2),), shortfalls=shortfalls, clips_per_label=2)
    )
    for one, reason in (
        (plain, "No model is calibrated in every fold"),
        (baselines, "The run has baselines only"),
        (failed, "No model finished every fold of the actor split"),
    ):
        (sentence,) = confidence_sentences(one)
        assert sentence.startswith(reason)
        assert not re.search(r"\d", sentence)
        assert "Confidence under" not in markdown(one)
        assert confidence_report(one).findings == ConfidenceFindings(sentence)
    assert sentence in render_page(failed, {}).decode()


def test_the_page_has_every_measure_with_its_interval(run):
    report, table = confidence_report(run), calibration_of(run, "actor")
    assert report.perfect == f"{100 * table['ece_perfect'].median():.1f}"
    (row,) = [row for row in report.scores.rows if row.cells[0].text == "knn"]
    texts = [(cell.text, cell.note) for cell in row.cells[1:]]
    numbers = table.loc["knn"]
    assert texts[1] == (
        f"{100 * numbers['ece']:.1f}",
        f"[{100 * numbers['ece_low']:.1f}, {100 * numbers['ece_high']:.1f}]",
    )
    assert texts[5] == (
        f"{numbers['log_loss']:.2f}",
        f"[{numbers['log_loss_low']:.2f}, {numbers['log_loss_high']:.2f}]",
    )
    assert len(report.shares.columns) == len(calibration.SHARES) + 3
    (row,) = [row for row in report.main.rows if row.cells[0].text == "knn"]
    before, after, auroc = row.cells[1:]
    assert (before.text, after.text) == (f"{100 * numbers['ece_before']:.1f}", f"{100 * numbers['ece']:.1f}")
    assert (auroc.text, auroc.note) == (
        f"{100 * numbers['auroc']:.1f}",
        f"[{100 * numbers['auroc_low']:.1f}, {100 * numbers['auroc_high']:.1f}]",
    )


def test_the_accuracy_of_certain_predictions_is_that_of_the_clips_above_90_percent(run):
    predictions, labels = run.predictions.copy(), [f"p_{label}" for label in run.labels]
    predictions[labels] = predictions[labels] ** 2  # so that more clips are certain
    predictions[labels] = predictions[labels].div(predictions[labels].sum(axis=1), axis=0).astype("float32")
    run = replace(run, predictions=predictions)
    part = predictions[(predictions["model"] == "svm") & (predictions["split"] == "actor")]
    certain = part[part[[f"p_{label}" for label in run.labels]].max(axis=1).astype("float64") >= 0.9]
    right = (certain["true"] == certain["predicted"]).mean()
    sentence = confidence_findings(run).certain
    share = f"{100 * len(certain) / len(part):.1f} % of the clips"
    assert sentence.startswith(f"After calibration, svm is at least 90 % confident for {share}, and right for ")
    assert f"right for {100 * right:.1f} % [" in sentence
    assert sentence.endswith("] of them.")


def test_few_clips_have_no_accuracy(run):
    """Repeats of a clip are no further clips."""
    predictions, labels = run.predictions.copy(), [f"p_{label}" for label in run.labels]
    confident = predictions["clip"].isin(predictions["clip"].unique()[:40])
    for label in labels:
        confidence = np.where(confident, 0.95, 0.3)
        rest = (1 - confidence) / (len(labels) - 1)
        predictions[label] = np.where(predictions["predicted"] == label[2:], confidence, rest).astype("float32")
    sentence = confidence_findings(replace(run, predictions=predictions)).certain
    share = 100 * 40 / run.clips["clip"].nunique()
    assert sentence == (
        f"After calibration, svm is at least 90 % confident for {share:.1f} % of the clips, "
        "too few to say how often it is right for them."
    )


def test_a_model_that_is_never_certain_has_no_accuracy_there(run):
    predictions = run.predictions.copy()
    labels = [f"p_{label}" for label in run.labels]
    predictions[labels] = (predictions[labels] + 1) / (1 + len(labels))
    sentence = confidence_findings(replace(run, predictions=predictions)).certain
    assert sentence == "After calibration, svm is never 90 % confident or more."


def test_the_summary_has_calibration_after_and_before(run):
    text, row = markdown(run), calibration_of(run, "actor").loc["svm"]
    (line,) = [line for line in text.split("Confidence under")[1].splitlines() if line.startswith("| svm")]
    cells = [cell.strip() for cell in line.split("|")]
    assert cells[2] == f"{100 * row['ece_before']:.1f}"
    assert cells[3].startswith(f"{100 * row['ece']:.1f} [")
    assert cells[5].startswith(f"{row['log_loss']:.2f} [")
    assert all(sentence in text for sentence in confidence_sentences(run))


def test_few_speakers_have_numbers_without_a_verdict(tmp_path):
    run = save_fake_run(tmp_path, Recipe(models=("svm", "lda"), speakers=4, splits=(("actor", 4),)))
    text = " ".join(confidence_sentences(run))
    assert "without an interval" in text
    certain = confidence_findings(run).certain
    assert ", too few to say how often" in certain or "is never 90 %" in certain
    assert ", significantly less" not in text
    assert "overconfiden" not in text
    assert "nan" not in text


def test_equal_coverage_of_speakers_names_none(run):
    predictions, labels = run.predictions.copy(), [f"p_{label}" for label in run.labels]
    for label in labels:
        predictions[label] = np.where(predictions["true"] == label[2:], 0.93, 0.01).astype("float32")
    right = replace(run, predictions=predictions)
    model = best_calibrated(right)
    assert confidence_findings(right).sets.endswith(" They do so for at least 100.0 % of the clips of every speaker.")
    expected = f"90 % sets of {model} hold the true label of 100 % of every speaker’s clips"
    assert set_coverage_title(right) == expected
