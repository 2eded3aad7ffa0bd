"""Conformance: every table, chart and sentence marks the models that predict from the other test clips as well."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ser_bench.api import Run
from ser_bench.core.text import escape_control
from ser_bench.report.analysis.compared_runs import read_runs
from ser_bench.report.analysis.models import transductive_models
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.comparison import draw_comparison
from ser_bench.report.charts.registry import CHARTS, charts_of
from ser_bench.report.compare import as_markdown, as_text
from ser_bench.report.descriptions import TRANSDUCTIVE_NOTE, model_title
from ser_bench.report.findings.headline import headline
from ser_bench.report.findings.verdict import verdict
from ser_bench.report.latex import latex
from ser_bench.report.page import render_page
from ser_bench.report.summary import markdown, terminal_table
from tests.legible import words_of
from tests.report.fake_run import Recipe, save_fake_run, stand_in_charts
from tests.report.test_page import Page

MARKED = ("lda", "mlp-keras", "knn")
RECIPE = Recipe(
    models=("chance", "svm", *MARKED),
    splits=(("actor", 3), ("random-takes", 3), ("random", 3), ("within", 2), ("cross", 2)),
    corpora=("emodb", "savee"),
    transductive=MARKED,
    shortfalls={("knn", "actor", 0, 1): "failed"},
    clips_per_label=2,
)
NAMES = "|".join(MARKED)


def unmarked(text: str, mark: str = "†") -> list[str]:
    """Return the places that name a transductive model without its mark."""
    return re.findall(rf".{{0,30}}(?<![\w-])(?:{NAMES})(?![\w-])(?![\s~]{re.escape(mark)}).{{0,20}}", text)


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A run of several corpora in which the best model, a network and an unfinished model are transductive."""
    return save_fake_run(tmp_path_factory.mktemp("marked"), RECIPE)


def test_the_models_are_those_that_fits_csv_marks(marked, run):
    assert transductive_models(marked) == MARKED
    assert transductive_models(run) == ()
    assert [model_title(marked, name).split() for name in ("svm", "lda")] == [["svm"], ["lda", "†"]]


def test_the_run_has_every_chart(marked):
    assert {figure.chart.name for figure in charts_of(marked).values()} == set(CHARTS)


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_marks_them(marked, chart):
    figures = CHARTS[chart].figures_of(marked)
    for figure in [f for f in figures if set(f.variant) & set(MARKED)][:1] or figures[:1]:
        words = words_of(figure.draw())
        assert unmarked(words) == []
        assert "†" in words
        assert TRANSDUCTIVE_NOTE in words
        assert unmarked(figure.alt_text()) == []
        assert unmarked(figure.title) == []


def test_a_chart_of_another_model_has_no_note(marked):
    assert "†" not in words_of(charts_of(marked)["confusion_svm_actor"].draw())


def test_summary_and_terminal_mark_them(marked):
    assert "lda †" in escape_control(terminal_table(marked))  # as the command line prints it
    for text in (markdown(marked), terminal_table(marked), terminal_table(marked, width=60)):
        assert unmarked(text) == []
        assert TRANSDUCTIVE_NOTE in " ".join(text.split())
    text = latex(marked)
    assert unmarked(text, r"$\dagger$") == []
    assert r"$\dagger$ predicts from the other test clips" in text


def test_a_notebook_marks_them(marked):
    shown = Run(marked)._repr_html_()
    assert unmarked(shown) == []
    assert f"<b>{TRANSDUCTIVE_NOTE}</b>" in shown


def test_the_page_marks_them_in_every_section(marked):
    text = Page(render_page(marked, stand_in_charts(marked)).decode()).text
    shown, _, provenance = text.partition("How can this run be repeated?")
    assert provenance
    assert unmarked(shown) == []
    assert "TRANSDUCTIVE MODELS lda †, mlp-keras † and knn † predict from the other test clips" in " ".join(
        shown.split()
    )
    assert shown.count(TRANSDUCTIVE_NOTE) > 5


def test_a_run_without_such_models_has_no_mark(run):
    pages = Page(render_page(run, stand_in_charts(run)).decode()).text
    assert not any("†" in text for text in (pages, markdown(run), terminal_table(run), latex(run)))


def test_the_headline_names_the_best_of_the_other_models(marked):
    text = " ".join(headline(marked).split())
    svm = summarise(marked).set_index("model").at["svm", "actor_uar"]
    assert "lda † has the highest UAR on new speakers" in text
    assert f"Of the models without †, svm has the highest UAR: {100 * svm:.1f} % [" in text
    assert text.endswith(f"{TRANSDUCTIVE_NOTE}.")
    assert unmarked(verdict(marked)) == []


def test_a_headline_that_names_no_such_model_has_no_note(run):
    fits = run.fits.assign(transductive=["yes" if model == "cnn1d" else "no" for model in run.fits["model"]])
    changed = replace(run, fits=fits)
    assert transductive_models(changed) == ("cnn1d",)
    assert "†" not in headline(changed)
    assert TRANSDUCTIVE_NOTE in markdown(changed)


def test_summary_csv_has_a_column(marked, run):
    table = summarise(marked).set_index("model")
    assert table["transductive"].to_dict() == {"chance": "no", "svm": "no", **dict.fromkeys(MARKED, "yes")}
    unknown = replace(run, fits=run.fits.assign(transductive=""))
    assert set(summarise(unknown)["transductive"]) == {""}


def test_a_comparison_marks_them_and_names_their_run(tmp_path):
    recipe = Recipe(models=("svm", "lda"), splits=(("actor", 3),), clips_per_label=2)
    save_fake_run(tmp_path / "plain", recipe)
    save_fake_run(tmp_path / "marked", replace(recipe, transductive=("lda",)))
    runs = read_runs([tmp_path / "plain", tmp_path / "marked"])
    for text in (as_text(runs), as_markdown(runs), words_of(draw_comparison(runs))):
        assert unmarked(text) == []
        assert "marked: lda † predicts from the other test clips as well" in " ".join(text.split())
