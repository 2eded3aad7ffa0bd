"""Every chart names what it shows, lets nothing overlap, and comes out the same twice."""

from __future__ import annotations

import re
import subprocess
import sys

import matplotlib
import pytest
from matplotlib.figure import Figure

from ser_bench.cli import call
from ser_bench.report import write_report
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.registry import CHARTS, charts_of
from ser_bench.report.charts.render import render
from ser_bench.report.charts.style import SPLIT_COLOURS, split_colour
from ser_bench.report.charts.text import wrap
from ser_bench.report.formatting import SYNTHETIC
from ser_bench.report.latex import latex
from ser_bench.report.summary import markdown
from tests.legible import assert_legible, words_of
from tests.report.fake_run import MODELS, Recipe, save_fake_run

SPLITS = (("actor", 6), ("random", 6), ("loso", 24), ("actor-text", 12))
HARD = {
    "every model, four splits": Recipe(splits=SPLITS, synthetic=True, normalize="speaker", clips_per_label=2),
    "four emotions, hold-outs": Recipe(
        models=("chance", "svm", "cnn1d-deeper-and-with-attention-heads"),
        splits=(("random-75-25", 1), ("random-90-10", 1), ("actor", 6)),
        labels=("neutral", "happy", "sad", "angry"),
    ),
    "91 speakers, one split, long names": Recipe(
        models=("svm", "cnn1d"),
        splits=(("random", 6),),
        speakers=91,
        clips_per_label=2,
        name="a-corpus-with-quite-a-long-name",
        title="The corpus whose title is so long that it cannot possibly stand on one line of a picture " * 2,
    ),
    "sixteen classes": Recipe(
        models=("svm", "lda"),
        target="emotion+gender",
        labels=tuple(f"{e} {g}" for e in ("calm", "happy", "sad", "angry", "fearful", "disgust") for g in "fm"),
        clips_per_label=2,
    ),
    "two corpora": Recipe(
        models=("chance", "svm", "lda", "knn", "tree", "forest", "cnn1d-deeper-and-with-attention-heads"),
        splits=(("within", 4), ("cross", 2), ("actor", 6)),
        corpora=("emodb", "a-manifest-with-quite-a-long-name"),
        clips_per_label=2,
    ),
    "nothing finished": Recipe(
        models=("svm", "chance"),
        shortfalls={(m, s, 0, 2): "failed" for m in ("svm", "chance") for s in ("actor", "random")},
        clips_per_label=2,
    ),
}


@pytest.fixture(scope="module")
def figures(run):
    return {name: chart.draw() for name, chart in charts_of(run).items()}


def test_a_run_has_the_promised_charts(run):
    names = set(charts_of(run))
    assert {"accuracy", "uar", "leakage_gap", "cost", "speakers", "curves_cnn1d"} <= names
    assert {"calibration", "importance", "groups"} <= names
    assert {f"confusion_{m}_{s}" for m in run.info.models for s in ("actor", "random")} <= names
    assert "curves_svm" not in names


def test_every_chart_names_corpus_and_protocol(figures):
    for name, figure in figures.items():
        words = words_of(figure)
        for expected in ("RAVDESS speech", "1,440 clips", "24 speakers", "6 folds", "seed 0"):
            assert expected in words, name
        assert SYNTHETIC not in words


def test_every_chart_says_that_speech_is_synthetic_and_normalisation_transductive(broken_run):
    for name, chart in charts_of(broken_run).items():
        words = words_of(chart.draw())
        assert SYNTHETIC in words, name
        assert "transductive" in words, name


@pytest.mark.parametrize("name", ["accuracy", "uar", "leakage_gap", "cost", "speakers", "confusion_knn_actor"])
def test_a_failed_fold_is_shown(broken_run, name):
    assert "failed 1/6" in words_of(charts_of(broken_run)[name].draw())


def test_bars_show_the_summarys_values(run, figures):
    from ser_bench.report.analysis.summary import summarise

    words = words_of(figures["uar"]).split()
    for value in summarise(run)["actor_uar"]:
        assert f"{100 * value:.1f}" in words


@pytest.mark.parametrize("case", HARD)
def test_texts_neither_overlap_nor_leave_the_picture(case, tmp_path, monkeypatch):
    run = save_fake_run(tmp_path, HARD[case])
    names = [name for name in charts_of(run) if not name.startswith(("confusion_", "curves_"))]
    last = list(run.info.models)[1]
    names += [name for name in charts_of(run) if name.startswith((f"confusion_{last}", f"curves_{last}"))][:2]
    for name in names:
        assert_legible(charts_of(run)[name].draw(), monkeypatch, name)


def test_write_report_leaves_tables_and_charts_twice_the_same(tmp_path):
    run = save_fake_run(tmp_path, Recipe(models=("svm", "cnn1d"), splits=(("actor", 3),), clips_per_label=2))
    files = write_report(run)
    first = {path: path.read_bytes() for path in files}
    assert {tmp_path / "summary.csv", tmp_path / "summary.md", tmp_path / "charts" / "uar.svg"} <= set(files)
    assert {path.suffix for path in (tmp_path / "charts").iterdir()} == {".png", ".svg"}
    assert {path: path.read_bytes() for path in write_report(run)} == first


def test_charts_of_an_earlier_run_are_removed_and_other_files_kept(tmp_path):
    run = save_fake_run(tmp_path, Recipe(models=("svm",), splits=(("actor", 2),), clips_per_label=1))
    (tmp_path / "charts").mkdir()
    for name in ("confusion_knn_actor.png", "uar.svg", "mine.png"):
        (tmp_path / "charts" / name).write_bytes(b"old")
    write_report(run, formats=("png",))
    left = {path.name for path in (tmp_path / "charts").iterdir()}
    assert "mine.png" in left
    assert "uar.png" in left
    assert not left & {"confusion_knn_actor.png", "uar.svg"}


def test_a_new_chart_is_drawn_shown_described_and_removed_when_outdated(tmp_path, monkeypatch):
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
        patch.delitem(CHARTS, "mine")
        write_report(run)
    assert not list((tmp_path / "charts").iterdir())


def test_a_folder_without_run_gets_no_report(tmp_path, capsys):
    assert call(["report", str(tmp_path)]) == 2
    assert "no finished run" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_names_that_no_file_may_have_are_spelt_otherwise(tmp_path):
    recipe = Recipe(models=("svm",), splits=(("cross:emodb", 1),), clips_per_label=1)
    assert "confusion_svm_cross-emodb" in charts_of(save_fake_run(tmp_path, recipe))


def test_an_svg_keeps_its_words_as_text_and_no_date(figures):
    svg = render(figures["uar"], "svg").decode()
    assert "RAVDESS speech" in svg
    assert not re.search(r"\b20\d\d-\d\d-\d\d", svg)
    assert svg.count("font-family") == 1


def test_a_users_own_style_changes_no_chart(run, figures):
    before = render(charts_of(run)["leakage_gap"].draw(), "svg")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "svg.hashsalt": "other"}):
        assert render(charts_of(run)["leakage_gap"].draw(), "svg") == before


def test_drawing_leaves_matplotlibs_settings_alone(run):
    before = dict(matplotlib.rcParams)
    render(charts_of(run)["uar"].draw(), "png")
    assert dict(matplotlib.rcParams) == before


def test_pictures_are_small(figures):
    name = "confusion_svm_actor"
    assert sum(len(render(figures[name], kind)) for kind in ("png", "svg")) < 45_000


def test_each_split_has_a_colour_of_its_own():
    assert len(set(SPLIT_COLOURS.values())) == len(SPLIT_COLOURS)
    assert split_colour("cross:emodb") == split_colour("cross:emodb")


def test_lines_break_between_their_parts():
    lines = wrap("one part here · another part · a third part", 1.6, 8)
    assert len(lines) > 1
    assert all(line.endswith("·") for line in lines[:-1])


def test_every_known_model_can_be_told_apart_on_the_cost_chart(tmp_path):
    run = save_fake_run(tmp_path, Recipe(clips_per_label=1, splits=(("actor", 2),)))
    words = words_of(charts_of(run)["cost"].draw()).split()
    assert set(MODELS) <= set(words)


def test_importing_the_report_loads_no_heavy_library():
    code = "import sys, ser_bench.report, ser_bench.runs.results; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"matplotlib", "pandas", "pyarrow", "numpy"} & set(loaded)


def test_names_lead_no_chart_out_of_its_folder_and_no_text_out_of_its_cell(tmp_path):
    models = ("svm", "../../x", "a|b\nc", "m" * 300, "<img src=x>", "}\\input{x}")
    name = "c}\\input{x}"
    recipe = Recipe(models=models, labels=("happy", "s\x1b[31m"), splits=(("actor", 2),), clips_per_label=1, name=name)
    run = save_fake_run(tmp_path, recipe)
    names = list(charts_of(run))
    assert not [name for name in names if "/" in name or "\\" in name or len(name) > 200]
    text = markdown(run)
    assert "<img" not in text
    assert "\x1b" not in text
    assert {line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")} == {5}
    assert "\\input" not in latex(run).replace("\\textbackslash", "")
