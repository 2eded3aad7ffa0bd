"""Runs side by side: paired on the same test clips only, with every difference in settings named."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from ser_bench.cli import call
from ser_bench.core.errors import RunError
from ser_bench.report.analysis.compared_runs import (
    compared_scores,
    differences,
    differing_settings,
    own_settings,
    read_runs,
    unequal_training,
    unpaired_runs,
)
from ser_bench.report.analysis.scores import scores_by_speaker
from ser_bench.report.charts.comparison import draw_comparison
from ser_bench.report.compare import as_markdown, as_text, comparison_title
from ser_bench.report.formatting import points
from tests.legible import assert_legible, words_of
from tests.report.fake_run import Recipe, save_fake_run
from tests.runs.run_folder import changed_info

MODELS = ("chance", "svm", "lda", "knn")
SPLITS = (("actor", 3),)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Four runs: two of the same clips, one of other clips, and one of another split."""
    base = tmp_path_factory.mktemp("runs")
    save_fake_run(base / "one", Recipe(models=MODELS, splits=SPLITS, clips_per_label=4))
    save_fake_run(base / "two", Recipe(models=MODELS, splits=SPLITS, clips_per_label=4, repeats=2, normalize="speaker"))
    save_fake_run(base / "other", Recipe(models=MODELS, splits=SPLITS, clips_per_label=2, synthetic=True))
    save_fake_run(base / "loso", Recipe(models=MODELS[:2], splits=(("loso", 24),), clips_per_label=2))
    return base


def test_runs_of_the_same_clips_are_compared_model_by_model(folders):
    runs = read_runs([folders / "one", folders / "two"])
    table = differences(runs)
    assert set(table["model"]) == {"svm", "lda", "knn"}
    scores = compared_scores(runs).pivot(index="model", columns="run", values="uar")
    for row in table.to_dict("records"):
        assert row["difference"] == pytest.approx(scores.at[row["model"], "two"] - scores.at[row["model"], "one"])
        assert row["low"] <= row["difference"] <= row["high"]
    assert not unpaired_runs(runs)


def test_runs_with_other_speakers_are_not_paired(folders):
    runs = read_runs([folders / "one", folders / "two"])
    first, second = runs.runs
    predictions = second.predictions.assign(speaker=second.predictions["speaker"].replace({"02": "01"}))
    info = changed_info(second.info, corpus={"speakers": 23, "shared_speakers": {"01": ("ravdess/01", "ravdess/02")}})
    runs = replace(runs, runs=(first, replace(second, predictions=predictions, info=info)))
    reason = unpaired_runs(runs)["two"]
    assert reason.startswith("30 clips have other speakers (Actor_02/03-01-angry-00-02.wav: 01, not 02; ")
    assert reason.endswith("; …)")
    assert "shared speakers: none (one), ravdess/01 and ravdess/02 (two)" in differing_settings(runs)
    assert differences(runs).empty


def test_a_renamed_speaker_or_another_corpus_is_named(folders):
    runs = read_runs([folders / "one", folders / "two"])
    first, second = runs.runs
    speakers = second.predictions["speaker"].astype(str).replace({"02": "Anna"})
    renamed = replace(runs, runs=(first, replace(second, predictions=second.predictions.assign(speaker=speakers))))
    assert ": Anna, not 02" in unpaired_runs(renamed)["two"]
    assert differences(renamed).empty
    unknown = [replace(run, predictions=run.predictions.assign(speaker="")) for run in runs.runs]
    nobody = replace(runs, runs=tuple(unknown))
    assert unpaired_runs(nobody) == {"two": "720 clips have no known speaker"}
    info = changed_info(second.info, corpus={"name": "elsewhere", "fingerprint": "other"})
    other = replace(runs, runs=(first, replace(second, info=info)))  # clips and people have equal names in both corpora
    assert unpaired_runs(other) == {"two": "its corpus is elsewhere, not ravdess"}
    assert differences(other).empty


def test_other_folds_rates_and_libraries_are_listed(folders):
    runs = read_runs([folders / "one", folders / "two"])
    first, second = runs.runs
    speaker = second.predictions["speaker"].astype(str)
    folds = second.predictions["fold"].mask(speaker == "01", (second.predictions["fold"] + 1) % 3)
    changes = {"versions": {**second.info.versions, "numpy": "0.1"}, "plugins": {"mine": "12ab"}}
    info = changed_info(second.info, corpus={"sample_rate": 8000}, **changes)
    second = replace(second, predictions=second.predictions.assign(fold=folds), info=info)
    lines = differing_settings(replace(runs, runs=(first, second)))
    assert "folds: 3 (one), 3 that divide the clips otherwise (two)" in lines
    assert "sampling rate: the clips' own (one), 8,000 Hz (two)" in lines
    assert any(line.startswith("numpy: ") for line in lines)
    assert "plugin code of mine: none (one), 12ab (two)" in lines


def test_a_run_does_not_differ_from_its_copy(folders, tmp_path):
    shutil.copytree(folders / "one", tmp_path / "copy")
    table = differences(read_runs([folders / "one", tmp_path / "copy"]))
    assert (table[["difference", "low", "high"]] == 0).all(axis=None)
    assert (table["p"] == 1).all()


def test_runs_of_other_clips_are_not_paired_and_the_reason_is_given(folders):
    runs = read_runs([folders / "one", folders / "other"])
    assert differences(runs).empty
    assert unpaired_runs(runs) == {"other": "it tests 360 clips, not 720; 360 of them are the same"}
    assert "other is not paired with one: it tests 360 clips" in as_text(runs, width=1000)
    assert "SYNTHETIC SPEECH" in as_text(runs)
    assert "SYNTHETIC SPEECH" in as_markdown(runs)


def test_hold_outs_of_other_repeats_are_not_paired(tmp_path):
    """Three hold-outs together may test the clips of another run's only one."""
    for name, repeats in (("one", 1), ("two", 2)):
        save_fake_run(
            tmp_path / name,
            Recipe(models=MODELS[:2], splits=(("random-80-20", 1),), clips_per_label=2, repeats=repeats),
        )
    runs = read_runs([tmp_path / "one", tmp_path / "two"])
    assert set(unpaired_runs(runs)) == {"two"}
    first = runs.runs[0].predictions
    both = pd.concat([first, runs.runs[1].predictions.query("repeat == 1").assign(repeat=0)], ignore_index=True)
    pooled = replace(runs.runs[0], predictions=both)
    runs = replace(runs, runs=(pooled, runs.runs[1]))
    assert unpaired_runs(runs) == {"two": "its repeats test other clips"}


def test_runs_that_train_on_other_sizes_are_not_on_equal_terms(folders, tmp_path):
    """Two folds train on half of the clips, three on two thirds."""
    save_fake_run(tmp_path / "two folds", Recipe(models=MODELS, splits=(("actor", 2),), clips_per_label=4))
    runs = read_runs([folders / "one", tmp_path / "two folds"])
    assert unequal_training(runs) == {"two folds": "two folds trains on 360 clips per fold, one on 480"}
    assert "two folds and one are not on equal terms: two folds trains on 360 clips" in as_text(runs, width=1000)
    assert not unequal_training(read_runs([folders / "one", folders / "two"]))


def test_few_speakers_have_their_scores_and_no_significant_difference(tmp_path):
    for name in ("one", "two"):
        recipe = Recipe(models=MODELS[:2], splits=(("actor", 2),), speakers=4, repeats=2 if name == "two" else 1)
        save_fake_run(tmp_path / name, recipe)
    runs = read_runs([tmp_path / "one", tmp_path / "two"])
    assert differences(runs)["low"].isna().all()
    assert "at least 6 are needed" in as_text(runs, width=1000)
    assert "interval" not in as_text(runs, width=1000)
    scores = ", ".join(f"{100 * score:.1f}" for score in scores_by_speaker(runs.runs[0], "actor").loc["svm"])
    assert f"(speakers {scores})" in as_text(runs)


@pytest.mark.parametrize("width", [60, 80, 100, 140, 200])
def test_a_wide_comparison_continues_below(folders, width):
    runs = read_runs([folders / "one", folders / "two"])
    text = as_text(runs, width)
    assert max(map(len, text.splitlines())) <= width
    tables = [part for part in text.split("\n\n") if "\n---" in part]
    assert all(table.lstrip().startswith("model") for table in tables)
    assert len(tables) == 1 or width < 140
    whole = as_text(runs, 1000)
    assert sorted(re.findall(r"\d+\.\d|p [=<]", text)) == sorted(re.findall(r"\d+\.\d|p [=<]", whole))


def test_differing_settings_are_listed(folders):
    lines = differing_settings(read_runs([folders / "one", folders / "two"]))
    assert "normalisation: none (one), by speaker (transductive) (two)" in lines
    assert "repeats: 1 (one), 2 (two)" in lines


def test_differing_parameters_of_a_model_are_listed(folders):
    runs = read_runs([folders / "one", folders / "two"])
    for run, parameters in zip(
        runs.runs, ({"C": 1.0, "balance": False}, {"C": 3.0, "balance": True, "speeds": [0.9]}), strict=True
    ):
        run.fits["parameters"] = [json.dumps(parameters if model == "svm" else {}) for model in run.fits["model"]]
    changed = "C 1.0 (one), 3.0 (two); balance off (one), on (two); speeds off (one), [0.9] (two)"
    assert differing_settings(runs)[-1] == f"parameters of svm: {changed}"


def test_headings_name_the_settings_that_the_labels_do_not(folders, tmp_path):
    runs = read_runs([folders / "one", folders / "two"])
    assert own_settings(runs)["two"] == "normalisation by speaker (transductive), repeats 2"
    assert "two UAR %, normalisation by speaker (transductive), repeats 2" in as_markdown(runs)
    same = read_runs([folders / "one", shutil.copytree(folders / "one", tmp_path / "copy")])
    assert own_settings(same) == {"one": "", "copy": ""}
    seeds = tuple(
        replace(run, info=changed_info(run.info, seed=seed)) for run, seed in zip(same.runs, (3, 4), strict=True)
    )
    assert own_settings(replace(same, runs=seeds)) == {"one": "seed 3", "copy": "seed 4"}
    assert own_settings(replace(same, runs=seeds, labels=("seed-3", "seed-4"))) == {"seed-3": "", "seed-4": ""}


def test_the_chart_draws_differences_with_their_intervals(folders, monkeypatch):
    runs = read_runs([folders / "one", folders / "two"])
    figure = draw_comparison(runs)
    assert_legible(figure, monkeypatch)
    words, table = words_of(figure), differences(runs)
    lines = [tuple(line.get_xdata()) for line in figure.axes[0].lines]
    for row in table.to_dict("records"):
        assert points(row["difference"]) in words
        assert (pytest.approx(100 * row["low"]), pytest.approx(100 * row["high"])) in lines
    assert "two: normalisation by speaker" in words
    assert "†" not in words


def test_the_chart_of_unpaired_runs_draws_their_scores(folders, monkeypatch):
    figure = draw_comparison(read_runs([folders / "one", folders / "other"]))
    assert_legible(figure, monkeypatch)
    assert "other is not paired with one" in words_of(figure)
    assert "difference" not in words_of(figure)
    assert "UAR (%), with 95 % intervals over speakers" in words_of(figure)


def test_a_model_that_a_run_lacks_has_a_lane_without_a_mark(folders, tmp_path, monkeypatch):
    save_fake_run(tmp_path / "fewer", Recipe(models=MODELS[:2], splits=SPLITS, clips_per_label=4))
    figure = draw_comparison(read_runs([folders / "one", folders / "two", tmp_path / "fewer"]))
    assert_legible(figure, monkeypatch)
    assert words_of(figure).count("n/a") == 2


@pytest.mark.parametrize(
    ("values", "title"),
    [
        (
            [(0.1, 0.01), (0.2, 0.01), (-0.1, 0.02), (0.1, 0.6)],
            "two against one: 2 of 4 UARs significantly higher, 1 lower",
        ),
        ([(-0.1, 0.01), (0.2, 0.5)], "two against one: 1 of 2 UARs significantly lower"),
        ([(0.1, 0.2), (0.1, 0.6)], "None of 2 differences to one is significant"),
        ([(0.1, 0.2)], "The difference to one is not significant"),
        ([], "UAR under the actor split, run by run"),
    ],
)
def test_the_title_counts_significant_differences(folders, monkeypatch, values, title):
    table = pd.DataFrame(values, columns=["difference", "p"])
    monkeypatch.setattr("ser_bench.report.compare.differences", lambda runs: table)
    monkeypatch.setattr("ser_bench.report.compare.needed_speakers", lambda runs: 0)
    assert comparison_title(read_runs([folders / "one", folders / "two"])) == title


def test_runs_without_a_common_split_are_refused(folders):
    with pytest.raises(RunError, match="no split in common"):
        read_runs([folders / "one", folders / "loso"])
    with pytest.raises(RunError, match="not every run has the split loso"):
        read_runs([folders / "one", folders / "two"], "loso")


def test_one_run_or_the_same_twice_is_refused(folders):
    for chosen in (["one"], ["one", "one"]):
        with pytest.raises(RunError, match="two or more different runs"):
            read_runs([folders / name for name in chosen])


def test_labels_are_the_shortest_distinct_ends_of_the_paths(folders, tmp_path):
    for name in ("a/ravdess", "b/ravdess"):
        shutil.copytree(folders / "loso", tmp_path / name)
    assert read_runs([tmp_path / "a/ravdess", tmp_path / "b/ravdess"]).labels == ("a/ravdess", "b/ravdess")


def test_compare_writes_its_files_and_prints_the_table(folders, tmp_path, capsys):
    out = tmp_path / "out"
    assert call(["compare", str(folders / "one"), str(folders / "two"), "--out", str(out)]) == 0
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {"comparison.csv", "comparison.md", "charts/comparison.png", "charts/comparison.svg"}
    assert "two minus one" in capsys.readouterr().out
