"""The pictures and tables on recording conditions show the scores of the analysis, and mark what models heard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ser_bench.audio.conditions import CLEAN, get, parse
from ser_bench.report.analysis.conditions.leaders import compared_model, leading_models
from ser_bench.report.analysis.conditions.levels import levelled_kinds
from ser_bench.report.analysis.conditions.robustness import family_scores, robust_scores
from ser_bench.report.analysis.conditions.scores import condition_matrix, scores_under
from ser_bench.report.analysis.conditions.stability import changed_labels
from ser_bench.report.analysis.conditions.weaknesses import steepest_kind
from ser_bench.report.analysis.ranking import ranked_models, scored_models
from ser_bench.report.charts.registry import charts_of
from ser_bench.report.charts.render import render
from ser_bench.report.descriptions import HEARD_MARK, HEARD_NOTE
from ser_bench.report.findings.conditions import condition_notes, worst_sentence
from ser_bench.report.findings.titles import conditions_title, levels_title
from ser_bench.report.page import render_page
from ser_bench.report.page.pictures.conditions import level_plots
from ser_bench.report.page.plots.axes import category_axis
from ser_bench.report.page.plots.marks import Dots, Line
from ser_bench.report.page.sections.conditions import conditions_report
from ser_bench.runs.results.run_info import condition_info
from tests.legible import assert_legible, words_of
from tests.report.fake_run import Recipe, save_fake_run
from tests.report.odd_runs import RECIPES
from tests.runs.run_folder import changed_info

NAMES = ["white-10", "white-0", "phone", "mp3-16", "room-0.6", "shift-1"]


@pytest.fixture(scope="module")
def report(conditions_run):
    return conditions_report(conditions_run)


@pytest.fixture(scope="module")
def matrix(conditions_run):
    return condition_matrix(conditions_run, "actor")


MANY = ("svm", "knn", "tree", "forest", "xgboost", "lda", "mlp", "mlp-keras", "cnn1d", "cnn2d", "lstm", "ridge")


@pytest.fixture(scope="module")
def large_run(tmp_path_factory):
    """Fourteen models under every listed condition; knn lacks a fold, and two models heard conditions."""
    recipe = Recipe(
        models=("chance", *MANY, "lda-robust", "cnn1d-deeper-and-with-attention-heads"),
        splits=(("actor", 4),),
        speakers=8,
        clips_per_label=1,
        conditions={"white-10": 0.5},
        trained_under={"lda-robust": {"speech-15": "noise", "phone": "telephone"}, "lda": {"room-0.4": "rooms"}},
        shortfalls={("knn", "actor", 0, 1): "failed"},
    )
    run = save_fake_run(tmp_path_factory.mktemp("large"), recipe)
    return under(run, [condition.name for condition in parse(["all"])])


def under(run, names):
    """Return a run of white-10 as if it had been tested under these conditions, with the same answers under each."""
    infos = tuple(condition_info(get(name)) for name in names)
    rows = run.under_conditions[run.under_conditions["condition"] == "white-10"]
    table = pd.concat([rows] * len(infos), ignore_index=True)
    codes = np.repeat(np.arange(len(infos)), len(rows))
    table["condition"] = pd.Categorical.from_codes(codes, categories=[info.name for info in infos])
    return replace(run, info=changed_info(run.info, conditions=infos), under_conditions=table)


def shown(value) -> str:
    return f"{100 * value:.1f}"


def cells_of(table, name):
    """Return the texts of the row of a table by head."""
    (row,) = (row for row in table.rows if row.cells[0].text == name)
    heads = [column.head for column in table.columns]
    return dict(zip(heads, [cell.text for cell in row.cells], strict=True))


class TestSection:
    def test_a_run_without_conditions_has_no_section_and_no_chart(self, run):
        assert conditions_report(run) is None
        assert not {"conditions", "conditions_levels"} & set(charts_of(run))

    def test_it_follows_the_scores_of_speakers_and_states_the_worst_condition(self, conditions_run, report):
        html = render_page(conditions_run, {}).decode()
        assert f">{conditions_title(conditions_run)}</h2>" in html
        assert report.lead == worst_sentence(conditions_run)
        assert list(report.notes) == list(condition_notes(conditions_run))
        assert html.index('<section id="speakers"') < html.index('<section id="conditions"')
        assert html.index('<section id="conditions"') < html.index('<section id="emotions"')

    def test_families_show_the_means_of_the_analysis(self, conditions_run, report, matrix):
        first, second = report.families.columns[0].head, report.families.columns[2].head
        assert (first, second) == (ranked_models(conditions_run)[0], "lda-robust")
        means = family_scores(conditions_run, "actor")
        rows = {row.head.text: row for row in report.families.rows}
        assert list(rows) == [CLEAN, "noise", "telephone", "codecs", "rooms"]
        for family in list(rows)[1:]:
            mark = f"{HEARD_MARK} " if family in ("noise", "telephone") else ""
            own, lowest, other = rows[family].cells
            assert own.text == shown(means.at[first, family])
            assert other.text == f"{mark}{shown(means.at['lda-robust', family])}"
            names = [c.name for c in conditions_run.info.conditions if c.family == family]
            assert lowest.text == shown(matrix.loc[first, names].min())
            assert lowest.note == matrix.loc[first, names].idxmin()
            (dot,) = (mark.path for mark in rows[family].marks if mark.kind == "dot")
            assert dot == f"M{report.families.scale.x(means.at[first, family])} 14h0"
        assert report.families.note == f"{HEARD_NOTE}."

    def test_models_have_their_robust_score_their_lowest_and_what_they_heard(self, conditions_run, report, matrix):
        robust = robust_scores(conditions_run, "actor")["robust"]
        assert [row.model for row in report.main.rows] == ranked_models(conditions_run)
        audible = [name for name in NAMES if name != "shift-1"]
        for row in report.main.rows:
            heard = f"{HEARD_MARK} heard noise and telephone" if row.model == "lda-robust" else ""
            assert row.cells[0].note == heard
            values = [matrix.at[row.model, CLEAN], robust[row.model], matrix.loc[row.model, audible].min()]
            assert [cell.text for cell in row.cells[1:]] == list(map(shown, values))

    def test_every_score_is_in_the_folded_table_and_heard_ones_are_marked(self, conditions_run, report, matrix):
        assert [row.cells[0].text for row in report.scores.rows] == [CLEAN, *NAMES]
        heard = {"noise", "telephone"}
        for row in report.scores.rows:
            texts = cells_of(report.scores, row.cells[0].text)
            for model in ranked_models(conditions_run):
                mark = f"{HEARD_MARK} " if model == "lda-robust" and texts["family"] in heard else ""
                assert texts[model] == f"{mark}{shown(matrix.at[model, texts['condition']])}"
        assert HEARD_NOTE in report.scores.note
        assert HEARD_NOTE not in report.stability.note

    def test_losses_are_those_of_the_same_clips(self, conditions_run, report):
        scores = scores_under(conditions_run, "actor")
        for name in NAMES:
            texts = cells_of(report.losses, name)
            assert texts["clips"] == f"{scores.loc[('svm', name), 'clips']:,.0f}"
            for model in leading_models(conditions_run, 3):
                assert texts[model].removeprefix(f"{HEARD_MARK} ") == shown(scores.loc[(model, name), "loss"])
        assert cells_of(report.losses, "mp3-16")["clips"] == "1,439"  # one clip was too short

    def test_predictions_become_the_label_in_excess(self, conditions_run, report):
        scores = scores_under(conditions_run, "actor")
        for row in report.collapse.rows:
            texts = cells_of(report.collapse, row.model)
            worst = scores.loc[row.model].drop(index=[CLEAN, "shift-1"])["loss"].astype(float).idxmax()
            expected = scores.loc[(row.model, worst)]
            assert (texts["largest loss"], texts["label"]) == (worst, "calm")
            assert texts["predicted"] == shown(expected["predicted_share"])
            assert texts["recorded"] == shown(expected["recorded_share"])
            assert row.cells[3].note == ("" if expected["collapsed"] == "yes" else "no collapse")
        mild = conditions_report(under(conditions_run, ["white-10"]))
        assert {row.cells[3].note for row in mild.collapse.rows} == {"no collapse"}

    def test_stability_shows_the_changed_labels(self, conditions_run, report):
        table = changed_labels(conditions_run).query("split == 'actor'").set_index("model")
        for model in ranked_models(conditions_run):
            assert cells_of(report.stability, model)["shift-1"] == shown(table.at[model, "changed"])
        trained_under = {"lda-robust": {"level-6": "inaudible"}}
        heard = replace(conditions_run, info=changed_info(conditions_run.info, trained_under=trained_under))
        assert cells_of(conditions_report(heard).stability, "lda-robust")["shift-1"].startswith(f"{HEARD_MARK} ")
        audible = under(conditions_run, ["white-10"])
        assert conditions_report(audible).stability is None

    def test_a_condition_that_could_change_no_clip_has_no_score(self, conditions_run):
        rows = conditions_run.under_conditions
        run = replace(conditions_run, under_conditions=rows[rows["condition"] != "white-0"])
        report = conditions_report(run)
        assert cells_of(report.scores, "white-0")["svm"] == cells_of(report.losses, "white-0")["svm"] == "n/a"
        assert (report.first, report.key) == ((), ())
        assert len(charts_of(run)["conditions"].draw().axes) == 1

    def test_only_baselines_have_no_section(self, tmp_path):
        recipe = Recipe(models=("chance",), splits=(("actor", 2),), speakers=4, conditions={"phone": 0.5})
        run = save_fake_run(tmp_path, recipe)
        assert conditions_report(run) is None
        assert "conditions" not in charts_of(run)
        assert b'id="conditions"' not in render_page(run, {})

    @pytest.mark.parametrize("name", ["few speakers", "one speaker", "all failed", "names of users", "several corpora"])
    def test_odd_runs_have_a_section_and_charts(self, name, tmp_path):
        run = save_fake_run(tmp_path, replace(RECIPES[name], conditions={"white-10": 0.3, "white-0": 0.6}))
        report, scored = conditions_report(run), name != "all failed"
        assert [row.cells[0].text for row in report.scores.rows] == [CLEAN, "white-10", "white-0"]
        assert bool(report.families) == bool(report.key) == bool(report.first) == scored
        assert ("n/a" in [cell.text for cell in report.scores.rows[0].cells]) != scored
        charts = [name for name in charts_of(run) if name.startswith("conditions")]
        assert charts == ["conditions", "conditions_levels"][: 1 + scored]
        for chart in charts:
            assert charts_of(run)[chart].alt_text().endswith(".")
            charts_of(run)[chart].draw()


class TestLevels:
    def test_a_kind_needs_two_levels(self, conditions_run):
        (white,) = levelled_kinds(conditions_run)
        assert (white.name, white.conditions, white.ticks) == ("white", ("white-10", "white-0"), (CLEAN, "10", "0"))

    def test_lines_go_through_the_scores(self, conditions_run, matrix):
        (plot,) = level_plots(conditions_run).values()
        lines = {mark.model: mark for mark in plot.marks if isinstance(mark, Line) and mark.model}
        assert set(lines) == set(ranked_models(conditions_run))
        for model, line in lines.items():
            values = 100 * matrix.loc[model, [CLEAN, "white-10", "white-0"]]
            assert line.points == tuple((float(place), pytest.approx(value)) for place, value in enumerate(values))
        leaders = leading_models(conditions_run, 3)
        assert "lda-robust" in leaders
        assert [name.model for name in plot.names] == leaders
        assert {name.model for name in plot.names if name.text.endswith(HEARD_MARK)} == {"lda-robust"}
        tips = {dots.model: dots.tips for dots in plot.marks if isinstance(dots, Dots)}
        loss = scores_under(conditions_run, "actor").loc[("lda", "white-0"), "loss"]
        assert f"loss {shown(loss)} points" in tips["lda"][-1]
        assert "loss" not in tips["lda"][0]

    def test_the_page_draws_a_picture_per_family_and_folds_the_others(self, large_run):
        report = conditions_report(large_run)
        steepest = steepest_kind(large_run)
        families = list(dict.fromkeys([steepest.family, *(kind.family for kind in levelled_kinds(large_run))]))
        assert report.first[0].title == f"{steepest.family}: {steepest.name}"
        assert [panel.title.split(": ")[0] for panel in report.first] == families[:4]
        assert [panel.title for panel in report.others][:2] == ["noise: pink", "noise: speech"]
        assert len(report.first) + len(report.others) == len(levelled_kinds(large_run))

    def test_an_axis_of_names_keeps_the_last_place(self):
        axis = category_axis("dB SNR", (CLEAN, "20", "10", "0"))
        assert [axis.write(place) for place in axis.ticks(9)] == [CLEAN, "20", "10", "0"]
        assert [axis.write(place) for place in axis.ticks(2)] == ["20", "0"]

    def test_the_model_that_heard_conditions_is_compared_and_else_the_most_robust(self, conditions_run):
        assert compared_model(conditions_run) == "lda-robust"
        unheard = replace(conditions_run, info=changed_info(conditions_run.info, trained_under={}))
        scores = robust_scores(unheard, "actor")["robust"].drop(["chance", "majority"])
        assert compared_model(unheard) == scores.idxmax()
        best, second, *_ = scored_models(conditions_run)
        heard = changed_info(conditions_run.info, trained_under={best: {"phone": "telephone"}})
        assert compared_model(replace(conditions_run, info=heard)) == second


class TestCharts:
    def test_the_heat_map_has_every_score_once(self, conditions_run, matrix):
        figure = charts_of(conditions_run)["conditions"].draw()
        ax = figure.axes[0]
        texts = {(round(text.get_position()[0]), text.get_position()[1]): text.get_text() for text in ax.texts}
        for column, model in enumerate(ranked_models(conditions_run)):
            for row, name in enumerate([CLEAN, *NAMES]):
                assert texts[column, row] == f"{100 * matrix.at[model, name]:.0f}"
        scores = matrix.loc[ranked_models(conditions_run)].to_numpy().T
        assert ((ax.images[0].get_array() == 0) == (scores <= 1 / 8)).all()  # white is chance, as the chart says
        heard = sorted(tuple(round(float(place)) for place in point) for point in ax.collections[0].get_offsets())
        column = ranked_models(conditions_run).index("lda-robust")
        assert heard == [(column, row) for row in (1, 2, 3)]
        assert HEARD_NOTE in words_of(figure)

    def test_titles_are_findings_and_alternatives_name_the_lowest(self, conditions_run, matrix):
        charts = charts_of(conditions_run)
        assert charts["conditions"].title == conditions_title(conditions_run)
        assert charts["conditions_levels"].title == levels_title(conditions_run)
        best = ranked_models(conditions_run)[0]
        lowest = matrix.loc[best].idxmin()
        text = charts["conditions"].alt_text()
        assert f"{lowest} {shown(matrix.at[best, lowest])} %" in text
        assert "lda-robust heard noise and telephone" in text
        ends = [shown(matrix.at[best, name]) for name in ("white-10", "white-0")]
        assert f"white {' to '.join(ends)} %" in charts["conditions_levels"].alt_text()

    @pytest.mark.parametrize("name", ["conditions", "conditions_levels"])
    def test_fourteen_models_under_every_condition_can_be_read(self, large_run, name, monkeypatch):
        figure = charts_of(large_run)[name].draw()
        assert_legible(figure, monkeypatch, name)
        if name == "conditions":
            assert "n/a: failed 1/4" in words_of(figure)

    @pytest.mark.parametrize("name", ["conditions", "conditions_levels"])
    def test_pictures_are_small(self, conditions_run, name):
        figure = charts_of(conditions_run)[name].draw()
        assert sum(len(render(figure, kind)) for kind in ("png", "svg")) < 48_000
