"""Conformance: every table, chart and sentence marks transductive models, those that quick effort trained, and those
whose features have heard a tested corpus, or may have."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import partial

import pytest

from ser_bench.api import Run
from ser_bench.core.text import escape_control
from ser_bench.report.analysis.compared_runs import read_runs
from ser_bench.report.analysis.models import quick_models, transductive_models
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.comparison import draw_comparison
from ser_bench.report.charts.overview_content import overview_of
from ser_bench.report.charts.registry import CHARTS, charts_of
from ser_bench.report.charts.text import shorten
from ser_bench.report.compare import as_markdown, as_text
from ser_bench.report.descriptions import (
    EXPOSED_NOTE,
    QUICK_NOTE,
    TRANSDUCTIVE_NOTE,
    UNKNOWN_NOTE,
    model_title,
    notes_of_marks,
    shortened_title,
)
from ser_bench.report.findings.headline import headline
from ser_bench.report.findings.verdict import verdict
from ser_bench.report.latex import latex
from ser_bench.report.page import render_page
from ser_bench.report.page.data import page_data
from ser_bench.report.page.pictures.cost import cost_plot
from ser_bench.report.page.plots.text import shortened
from ser_bench.report.page.sections.hero import hero
from ser_bench.report.page.sections.ranking import ranking_report
from ser_bench.report.summary import markdown
from ser_bench.report.terminal import terminal_table
from tests.legible import words_of
from tests.report.fake_run import Recipe, save_fake_run, stand_in_charts
from tests.report.test_page import Page

MARKED = ("lda", "mlp-keras", "cnn1d", "knn")
QUICK = "mlp-keras"
EXPOSED, UNKNOWN = "cnn1d", "knn"
SPLITS = (("actor", 3), ("random-takes", 3), ("random", 3), ("within", 2), ("cross", 2))
RECIPE = Recipe(
    models=("chance", "svm", *MARKED),
    splits=SPLITS,
    corpora=("emodb", "savee"),
    transductive=MARKED,
    quick=(QUICK,),
    shortfalls={("knn", "actor", 0, 1): "failed"},
    clips_per_label=2,
    conditions={"white-10": 0.2, "white-0": 0.8, "shift-1": 0.02},
    exposure={
        EXPOSED: {name: "heard" for name, _ in SPLITS},
        UNKNOWN: {name: "unknown" for name, _ in SPLITS},
    },
    skills={EXPOSED: (1.0, 0.0)},
    trained_under={"cnn1d": {"phone": "telephone"}, QUICK: {"speech-15": "noise"}},
)
NAMES = "|".join(MARKED)
NOTES = (TRANSDUCTIVE_NOTE, QUICK_NOTE, EXPOSED_NOTE, UNKNOWN_NOTE)


def unmarked(text: str, marks: tuple[str, ...] = ("†", "‡", "§", "?")) -> list[str]:
    """Return the places that name a marked model without its marks."""
    first, quick, exposed, unknown = map(re.escape, marks)
    expected = {NAMES: first, QUICK: first + quick, EXPOSED: first + exposed, UNKNOWN: first + unknown}
    return [
        place
        for names, mark in expected.items()
        for place in re.findall(rf".{{0,30}}(?<![\w-])(?:{names})(?![\w-])(?![\s~]{mark}).{{0,20}}", text)
    ]


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A run of several corpora with a model, a network and an unfinished model of each mark."""
    return save_fake_run(tmp_path_factory.mktemp("marked"), RECIPE)


def test_the_models_are_those_that_fits_csv_marks(marked, run):
    assert transductive_models(marked) == MARKED
    assert transductive_models(run) == ()
    assert quick_models(marked) == (QUICK,)
    titles = [model_title(marked, name).split() for name in ("svm", "lda", QUICK, EXPOSED, UNKNOWN)]
    assert titles == [["svm"], ["lda", "†"], [QUICK, "†‡"], [EXPOSED, "†§"], [UNKNOWN, "†?"]]


def test_the_run_has_every_chart(marked):
    assert {figure.chart.name for figure in charts_of(marked).values()} == set(CHARTS)


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_marks_them(marked, chart):
    figures = CHARTS[chart].figures_of(marked)
    for figure in [f for f in figures if set(f.variant) & set(MARKED)][:1] or figures[:1]:
        words = words_of(figure.draw())
        assert unmarked(words) == []
        assert "†" in words
        shown = [QUICK_NOTE] * (not figure.variant or QUICK in figure.variant)
        shown += [EXPOSED_NOTE] * (not figure.variant or EXPOSED in figure.variant)
        for note in (TRANSDUCTIVE_NOTE, *shown):
            assert note in words
        assert words.count(QUICK_NOTE) + words.count(EXPOSED_NOTE) == len(shown)
        assert unmarked(figure.alt_text()) == []
        assert unmarked(figure.title) == []


@pytest.mark.parametrize(
    ("shorten", "width"), [(partial(shorten, size=9), 1.0), (shortened, 100.0), (shortened_title, 10)]
)
def test_no_shortening_cuts_marks(shorten, width):
    assert shorten("a-long-name-of-a-model\N{NO-BREAK SPACE}†§ •", width).endswith("…\N{NO-BREAK SPACE}†§ •")
    assert shorten("a question about a long name of a model?", width).endswith("…")
    assert notes_of_marks("which?") == []


@pytest.fixture(scope="module")
def perfect(tmp_path_factory):
    """A run in which the features of a fast model with hardly an error have heard the tested corpus."""
    splits = (("actor", 6), ("random", 6), ("emobox", 6))
    recipe = Recipe(
        models=("chance", "svm", "knn", "cnn1d"),
        splits=splits,
        skills={"knn": (1.0, 0.0)},
        exposure={"knn": {name: "heard" for name, _ in splits}},
    )
    return save_fake_run(tmp_path_factory.mktemp("perfect"), recipe)


@pytest.mark.parametrize("chart", ["cost", "significance"])
def test_a_model_without_rank_is_on_no_front_and_in_no_test(perfect, chart):
    text = charts_of(perfect)[chart].alt_text()
    compared, sign, rest = text.partition("take no rank: ")
    assert "svm" in compared
    assert "knn" not in compared
    assert sign
    assert rest == "knn\N{NO-BREAK SPACE}§."


def test_the_page_shows_a_model_without_rank_apart(perfect):
    plot, table = cost_plot(perfect), summarise(perfect).set_index("model")
    (front,) = [mark for mark in plot.marks if mark.kind == "front"]
    assert (
        max(uar for _, uar in front.points) == 100 * table.at["svm", "actor_uar"] < 100 * table.at["knn", "actor_uar"]
    )
    assert [mark.kind for mark in plot.marks if getattr(mark, "model", "") == "knn"] == ["no-rank"]
    rows = {row.head.text.partition("\N{NO-BREAK SPACE}")[0]: row for row in hero(perfect).rows}
    assert list(rows) == ["svm", "cnn1d", "knn", "chance", "published"]
    assert (rows["knn"].kind, rows["knn"].head.note) == ("quiet", "no rank")
    assert rows["published"].cells[0].note.startswith("svm")
    assert EXPOSED_NOTE in hero(perfect).note
    assert UNKNOWN_NOTE not in hero(perfect).note
    assert '"heard":{"actor":["knn"],' in page_data(perfect)
    assert ranking_report(perfect).without_rank


def test_a_run_whose_models_take_no_rank_has_a_page_and_charts(perfect):
    exposure = {model: {"emobox": "heard", "actor": "heard", "random": "heard"} for model in ("svm", "knn", "cnn1d")}
    run = replace(perfect, info=perfect.info.model_copy(update={"exposure": exposure}))
    assert "and two models with a rank besides the baselines" in render_page(run, {}).decode()
    assert cost_plot(run).words == "A dot per model; none takes a rank."
    assert math.isnan(overview_of(run).best_under("emobox"))
    for name in ("overview", "cost", "significance", "importance"):
        assert charts_of(run)[name].draw()


def test_a_chart_of_another_model_has_no_note(marked):
    assert "†" not in words_of(charts_of(marked)["confusion_svm_actor"].draw())


def test_summary_and_terminal_mark_them(marked):
    assert "lda †" in escape_control(terminal_table(marked))  # as the command line prints it
    for text in (markdown(marked), terminal_table(marked), terminal_table(marked, width=60)):
        assert unmarked(text) == []
        assert all(note in " ".join(text.split()) for note in NOTES)
    assert (
        "Quick effort trains mlp-keras †‡ with epochs 12 instead of 40, speeds none instead of 0.85 and 1.17."
        in markdown(marked)
    )
    text = latex(marked)
    assert unmarked(text, (r"$\dagger$", r"$\ddagger$", r"\S{}", "?")) == []
    assert r"$\dagger$ predicts from the other test clips" in text


def test_a_notebook_marks_them(marked):
    shown = Run(marked)._repr_html_()
    assert unmarked(shown) == []
    assert all(f"<b>{note}</b>" in shown for note in NOTES)


def test_the_page_marks_them_in_every_section(marked):
    text = Page(render_page(marked, stand_in_charts(marked)).decode()).text
    shown, _, provenance = text.partition("How can this run be repeated?")
    assert provenance
    assert unmarked(shown) == []
    words = " ".join(shown.split())
    assert "TRANSDUCTIVE MODELS lda †, mlp-keras †‡, cnn1d †§ and knn †? predict from the other test clips" in words
    assert "HEARD BEFORE cnn1d †§ takes no rank: its features have heard the tested corpus" in words
    assert "UNKNOWN TRAINING DATA It is unknown whether the network behind the features of knn †? was trained" in words
    assert "QUICK EFFORT mlp-keras †‡ is trained for less time than with full effort" in words
    assert shown.count(TRANSDUCTIVE_NOTE) > 5
    assert all(shown.count(note) > 3 for note in NOTES)


def test_a_run_without_such_models_has_no_mark(run):
    pages = Page(render_page(run, stand_in_charts(run)).decode()).text
    assert not any(mark in text for mark in "†‡§" for text in (pages, markdown(run), terminal_table(run), latex(run)))
    assert not any(words in pages for words in ("no rank", "without a rank", "pretrained"))


def test_the_headline_names_the_best_of_the_other_models(marked):
    text = " ".join(headline(marked).split())
    svm = summarise(marked).set_index("model").at["svm", "actor_uar"]
    assert "lda † has the highest UAR on new speakers" in text
    assert f"Of the models without †, svm has the highest UAR: {100 * svm:.1f} % [" in text
    assert all(f"{note}." in text for note in (TRANSDUCTIVE_NOTE, QUICK_NOTE, UNKNOWN_NOTE))
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
    assert table["effort"].to_dict() == {model: "quick" if model == QUICK else "full" for model in table.index}
    unknown = replace(run, fits=run.fits.assign(transductive=""))
    assert set(summarise(unknown)["transductive"]) == {""}


def test_a_comparison_marks_them_and_names_their_run(tmp_path):
    recipe = Recipe(models=("svm", "lda"), splits=(("actor", 3),), clips_per_label=2)
    save_fake_run(tmp_path / "plain", recipe)
    exposure = {"lda": {"actor": "heard"}}
    save_fake_run(tmp_path / "marked", replace(recipe, transductive=("lda",), quick=("lda",), exposure=exposure))
    runs = read_runs([tmp_path / "plain", tmp_path / "marked"])
    for text in (as_text(runs), as_markdown(runs), words_of(draw_comparison(runs))):
        assert unmarked(text.replace("parameters of lda", "")) == []
        words = " ".join(text.split())
        assert "marked: lda †‡§ predicts from the other test clips as well" in words
        assert "Differs in effort" in words or "marked: effort quick" in words
        assert "marked: lda †‡§ is trained for less time than with full effort (quick effort)." in words
        assert "marked: lda †‡§ takes no rank: its features have heard the tested corpus" in words
