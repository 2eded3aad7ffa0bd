"""Charts name corpus and protocol, have no overlapping texts, and are reproducible."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from ser_bench import splits
from ser_bench.cli import call
from ser_bench.report import write_report
from ser_bench.report.analysis import groups
from ser_bench.report.analysis.calibration import calibration_of
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.registry import CHARTS, charts_of
from ser_bench.report.charts.render import render
from ser_bench.report.charts.style import split_colour, styled
from ser_bench.report.charts.text import wrap
from ser_bench.report.descriptions import SYNTHETIC
from ser_bench.report.latex import latex
from ser_bench.report.summary import markdown
from tests.legible import assert_legible, words_of
from tests.report.fake_run import MODELS, Recipe, save_fake_run

SPLITS = (("actor", 6), ("random", 6), ("loso", 24), ("actor-text", 12))
HARD = {
    "every model, four splits": Recipe(splits=SPLITS, synthetic=True, normalize="speaker", clips_per_label=1),
    "four emotions, hold-outs": Recipe(
        models=("chance", "svm", "cnn1d-deeper-and-with-attention-heads"),
        splits=(("random-75-25", 1), ("random-90-10", 1), ("actor-twin-75-25", 4), ("actor", 6)),
        labels=("neutral", "happy", "sad", "angry"),
        clips_per_label=1,
    ),
    "91 speakers, one split, long names, twelve classes": Recipe(
        models=("svm", "cnn1d"),
        splits=(("random", 6),),
        speakers=91,
        target="emotion+gender",
        labels=tuple(f"{e} {g}" for e in ("calm", "happy", "sad", "angry", "fearful", "disgust") for g in "fm"),
        clips_per_label=1,
        name="a-corpus-with-quite-a-long-name",
        title="The corpus whose title is so long that it cannot possibly stand on one line of a picture " * 2,
    ),
    "two corpora": Recipe(
        models=("chance", "svm", "lda", "knn", "tree", "forest", "cnn1d-deeper-and-with-attention-heads"),
        splits=(("within", 4), ("cross", 2), ("actor", 6)),
        corpora=("emodb", "a-manifest-with-quite-a-long-name"),
        clips_per_label=1,
    ),
    "a gap in parts": Recipe(
        models=("chance", "svm", "knn", "cnn1d-deeper-and-with-attention-heads"),
        splits=(("actor", 6), ("random-takes", 6), ("random", 6)),
        shortfalls={("svm", "random-takes", 0, 2): "failed", ("knn", "random", 0, 2): "timeout"},
        clips_per_label=1,
    ),
    "nothing finished": Recipe(
        models=("svm", "chance"),
        shortfalls={(m, s, 0, 2): "failed" for m in ("svm", "chance") for s in ("actor", "random")},
        clips_per_label=1,
    ),
}


LONG = "a-network-with-quite-a-long-name-{}"
SENTENCES = {
    "one model": (Recipe(models=("svm",), splits=(("actor", 2),), clips_per_label=1), 12),
    "two models, one name long": (Recipe(models=("svm", LONG), splits=(("actor", 2),), clips_per_label=1), 4),
    "fifteen models": (
        Recipe(
            models=tuple(LONG.format(i) for i in range(15)),
            splits=(("actor", 2),),
            speakers=6,
            synthetic=True,
            clips_per_label=1,
            shortfalls={(LONG.format(3), "actor", 0, 1): "failed"},
        ),
        12,
    ),
}
"""Runs with models and numbers of sentences that make the charts of failures large."""

FAILURES = ("calibration", "calibration_models", "risk_coverage", "set_coverage", "importance", "groups")


class Figures(dict):
    """The figures of a run by name, each drawn once."""

    def __init__(self, run):
        self.charts = charts_of(run)

    def __missing__(self, name):
        self[name] = self.charts[name].draw()
        return self[name]

    def examples(self) -> list[str]:
        """Return the names of one figure per chart."""
        return list({figure.chart.name: name for name, figure in self.charts.items()}.values())


@pytest.fixture(scope="module")
def figures(run):
    return Figures(run)


@pytest.fixture(scope="module")
def broken_figures(broken_run):
    return Figures(broken_run)


def test_a_run_has_the_promised_charts(run):
    names = set(charts_of(run))
    assert {"accuracy", "uar", "leakage_gap", "cost", "speakers", "curves_cnn1d"} <= names
    assert {"calibration", "importance", "groups"} <= names
    assert {f"confusion_{m}_{s}" for m in run.info.models for s in ("actor", "random")} <= names
    assert "curves_svm" not in names


def test_every_chart_has_a_title_and_a_text_alternative_and_none_has_two_files(run):
    charts = charts_of(run)
    assert len(charts) == sum(len(chart.figures_of(run)) for chart in CHARTS.values())
    for name, figure in charts.items():
        assert figure.chart.owns(name)
        assert figure.title == figure.chart.finding(run, *figure.variant)
        assert figure.alt_text().endswith("."), name


def test_names_that_look_the_same_get_files_of_their_own(tmp_path):
    models = ("svm", "knn (k=1)", "knn [k=1]", "KNN-5", "knn-5")
    splits_alike = (("actor", 6), ("a-b", 6), ("a b", 6))
    run = save_fake_run(
        tmp_path, Recipe(models=models, splits=splits_alike, labels=("sad", "calm"), speakers=6, clips_per_label=1)
    )
    names = [name for name, figure in charts_of(run).items() if figure.chart.name == "confusion"]
    assert len({name.casefold() for name in names}) == len(models) * len(splits_alike)
    assert "confusion_svm_actor" in names  # alone, so without a checksum


def test_every_chart_names_corpus_and_protocol(figures):
    for name in figures.examples():
        words = words_of(figures[name])
        for fact in ("RAVDESS speech", "1,440 clips", "24 speakers", "6 folds", "seed 0"):
            assert fact in words, name


@pytest.mark.parametrize(
    "name", ["accuracy", "uar", "leakage_gap", "cost", "speakers", "confusion_knn_actor", *FAILURES]
)
def test_a_failed_fold_synthetic_speech_and_normalisation_are_shown(broken_figures, name):
    words = words_of(broken_figures[name])
    assert "failed 1/6" in words
    assert SYNTHETIC in words
    assert "transductive" in words


def test_bars_show_the_values_of_the_summary(run, figures):
    words = words_of(figures["uar"]).split()
    for value in summarise(run)["actor_uar"]:
        assert f"{100 * value:.1f}" in words


def test_charts_of_failures_show_the_numbers(run, figures):
    errors = calibration_of(run, "actor")[["ece_before", "ece", "auroc"]].dropna()
    assert len(errors) == 3
    for before, after, auroc in errors.to_numpy():
        assert f"{100 * before:.1f} → {100 * after:.1f}" in words_of(figures["calibration"])
        assert f"{100 * auroc:.1f}" in words_of(figures["calibration"]).split()
        assert f"ECE {100 * before:.1f} → {100 * after:.1f}" in words_of(figures["calibration_models"])
    for gap in groups.group_gaps(run, "actor").query("model == 'svm'")["gap"]:
        assert f"{100 * gap:.1f}" in words_of(figures["groups"]).split()
    assert {"20.0", "10.0", "5.0", "-1.0"} <= set(words_of(figures["importance"]).split())


def test_charts_say_what_several_repeats_count(run, figures):
    """The run has two repeats; importance is measured in the first."""
    assert "folds of the first repeat" in " ".join(words_of(figures["importance"]).split())
    assert "folds of the first repeat" in charts_of(run)["importance"].alt_text()
    assert "predictions" in words_of(figures["confusion_knn_actor"]).split()
    assert charts_of(run)["confusion_knn_actor"].alt_text().startswith("Predictions by true class")


def test_the_alternative_text_of_bars_says_when_it_names_the_highest_only(run):
    text = charts_of(run)["uar"].alt_text()
    assert "random split, the highest 3: " in text
    assert "actor split: " in text


def test_classes_that_a_group_lacks_are_named(run):
    strong = run.clips["intensity"].where(run.clips["emotion"] != "neutral", "normal")
    lacking = replace(run, clips=run.clips.assign(intensity=strong))
    assert "without neutral" in words_of(charts_of(lacking)["groups"].draw())


def test_models_with_other_feature_groups_have_a_block_of_their_own(run):
    table = run.importance.copy()
    frames = table["model"] == "cnn1d"
    table.loc[frames, "group"] = "band " + table.loc[frames, "group"]
    figure = charts_of(replace(run, importance=table))["importance"].draw()
    blocks = [ax.images[0].get_array() for ax in figure.axes if ax.images]
    assert sorted(block.shape for block in blocks) == [(1, 4), (2, 4)]
    assert not any(np.ma.getmaskarray(block).any() for block in blocks)


def test_models_without_importance_are_named_below_the_chart(run):
    fewer = replace(run, importance=run.importance[run.importance["model"] != "knn"])
    assert "Not shown: knn (no groups)" in words_of(charts_of(fewer)["importance"].draw())


@pytest.mark.parametrize("case", HARD)
def test_texts_do_not_overlap_and_stay_inside_the_picture(case, tmp_path, monkeypatch):
    run = save_fake_run(tmp_path, HARD[case])
    charts = charts_of(run)
    model = run.info.models[1]
    names = [name for name, figure in charts.items() if not figure.variant]
    names += [name for name, figure in charts.items() if figure.variant and figure.variant[0] == model][:2]
    for name in names:
        figure = charts[name].draw()
        assert_legible(figure, monkeypatch, name)
        assert (SYNTHETIC in words_of(figure)) == run.info.synthetic
        assert ("transductive" in words_of(figure)) == (run.info.normalize == "speaker")


@pytest.mark.parametrize("case", SENTENCES)
def test_texts_about_many_models_and_sentences_do_not_overlap(case, tmp_path, monkeypatch):
    recipe, count = SENTENCES[case]
    run = save_fake_run(tmp_path, recipe)
    sentences = [f"sentence {row % count} that goes on and on" for row in range(len(run.clips))]
    long = {"MFCC": "coefficients of the mel-frequency cepstrum", "energy": "an-unbreakable-name-of-a-feature-group"}
    importance = run.importance.assign(group=run.importance["group"].replace(long))
    charts = charts_of(replace(run, clips=run.clips.assign(text=sentences), importance=importance))
    for name in FAILURES:
        assert_legible(charts[name].draw(), monkeypatch, name)


def test_a_report_is_reproducible_and_replaces_the_charts_of_an_earlier_run(tmp_path):
    run = save_fake_run(tmp_path, Recipe(models=("cnn1d",), splits=(("actor", 3),), speakers=6, clips_per_label=1))
    (tmp_path / "charts").mkdir()
    for name in ("confusion_knn_actor.png", "mine.png"):
        (tmp_path / "charts" / name).write_bytes(b"old")
    files = write_report(run)
    contents = {path: path.read_bytes() for path in files}
    assert {tmp_path / "summary.csv", tmp_path / "summary.md", tmp_path / "charts" / "uar.svg"} <= set(files)
    charts = {path.name for path in (tmp_path / "charts").iterdir()}
    assert charts == {f"{name}.{kind}" for name in charts_of(run) for kind in ("png", "svg")} | {"mine.png"}
    assert {path: path.read_bytes() for path in write_report(run)} == contents


def test_a_new_chart_is_drawn_shown_with_its_text_and_removed_when_outdated(tmp_path, monkeypatch):
    run = save_fake_run(tmp_path, Recipe(models=("svm",), splits=(("actor", 2),), clips_per_label=1))
    chart = Chart(
        name="mine",
        title="My own chart",
        draw=lambda run: Figure(figsize=(1, 1)),
        alt_text=lambda run: f"Nothing of {run.labels[0]}.",
    )
    with monkeypatch.context() as patch:
        for name in list(CHARTS):
            patch.delitem(CHARTS, name)
        patch.setitem(CHARTS, "mine", chart)
        assert tmp_path / "charts" / "mine.svg" in write_report(run)
        page = (tmp_path / "report.html").read_text()
        assert "<figcaption>My own chart</figcaption>" in page
        assert "Nothing of neutral." in page
        write_report(run, formats=("png",))
        assert [path.name for path in (tmp_path / "charts").iterdir()] == ["mine.png"]
        patch.delitem(CHARTS, "mine")
        write_report(run)
    assert not list((tmp_path / "charts").iterdir())


def test_a_folder_without_run_gets_no_report(tmp_path, capsys):
    assert call(["report", str(tmp_path)]) == 2
    assert "no finished run" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_characters_that_file_systems_refuse_are_replaced(tmp_path):
    recipe = Recipe(models=("svm",), splits=(("cross:emodb", 1),), clips_per_label=1)
    assert "confusion_svm_cross-emodb" in charts_of(save_fake_run(tmp_path, recipe))


def test_an_svg_contains_text_and_no_date(figures):
    svg = render(figures["uar"], "svg").decode()
    assert "RAVDESS speech" in svg
    assert not re.search(r"\b20\d\d-\d\d-\d\d", svg)
    assert svg.count("font-family") == 1


def test_the_users_style_does_not_change_charts(run, figures):
    before = render(charts_of(run)["leakage_gap"].draw(), "svg")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "svg.hashsalt": "other"}):
        assert render(charts_of(run)["leakage_gap"].draw(), "svg") == before


def test_drawing_does_not_change_the_settings_of_matplotlib(run):
    before = dict(matplotlib.rcParams)
    render(charts_of(run)["uar"].draw(), "png")
    assert dict(matplotlib.rcParams) == before


def test_threads_draw_one_after_another_and_leave_the_settings_of_matplotlib():
    before, barrier = dict(matplotlib.rcParams), threading.Barrier(4)
    widths = []

    @styled
    def draw():
        widths.append(matplotlib.rcParams["font.size"])
        time.sleep(0.01)

    def draw_twice(_):
        barrier.wait()
        draw()
        draw()

    with matplotlib.rc_context({"font.size": 31}), ThreadPoolExecutor(4) as pool:
        list(pool.map(draw_twice, range(4)))
        assert matplotlib.rcParams["font.size"] == 31
    assert len(widths) == 8
    assert 31 not in widths
    assert dict(matplotlib.rcParams) == before


def test_pictures_are_small(figures):
    name = "confusion_svm_actor"
    assert sum(len(render(figures[name], kind)) for kind in ("png", "svg")) < 48_000


def test_each_split_has_a_different_colour():
    colours = [split.colour for split in splits.SPLITS.values() if split.colour]
    assert len(set(colours)) == len(colours) >= 12
    assert split_colour("cross:emodb") == split_colour("cross:emodb")


def test_lines_break_between_their_parts():
    lines = wrap("one part here · another part · a third part", 1.6, 8)
    assert len(lines) > 1
    assert all(line.endswith("·") for line in lines[:-1])


def test_the_chart_of_cost_names_every_model(tmp_path):
    run = save_fake_run(tmp_path, Recipe(clips_per_label=1, splits=(("actor", 2),)))
    words = words_of(charts_of(run)["cost"].draw()).split()
    assert set(MODELS) <= set(words)


def test_importing_the_report_loads_no_heavy_library():
    code = "import sys, ser_bench.report, ser_bench.runs.results; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"matplotlib", "pandas", "pyarrow", "numpy"} & set(loaded)


def test_names_cannot_leave_the_folder_of_charts_or_the_cell_of_a_table(tmp_path):
    models = ("svm", "../../x", "a|b\nc", "m" * 300, "<img src=x>", "}\\input{x}")
    name = "c}\\input{x}"
    recipe = Recipe(models=models, labels=("happy", "s\x1b[31m"), splits=(("actor", 2),), clips_per_label=1, name=name)
    run = save_fake_run(tmp_path, recipe)
    names = list(charts_of(run))
    assert not [name for name in names if "/" in name or "\\" in name or len(name) > 200]
    text = markdown(run)
    assert "<img" not in text
    assert "\x1b" not in text
    assert {line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")} == {5, 8}
    assert "\\input" not in latex(run).replace("\\textbackslash", "")
