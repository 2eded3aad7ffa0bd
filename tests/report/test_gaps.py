"""The gap and its parts add up, have paired intervals, and exist on equal terms only."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from ser_bench.core.options import ModelTable, find_config, load
from ser_bench.report import headline, terminal_table, write_report
from ser_bench.report.analysis import gaps as gaps_module
from ser_bench.report.analysis.gaps import PARTS, LargestGap, gap_table, gaps_of, largest_gap
from ser_bench.report.analysis.scores import pooled_scores
from ser_bench.report.analysis.splits import gap_splits, unequal_terms
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.leakage_gap import CHART as LEAKAGE_GAP
from ser_bench.report.findings.gaps import comparison_of_gaps, gap_notes, missing_gaps
from ser_bench.report.findings.titles import gap_title, scores_title
from ser_bench.report.formatting import points, points_interval
from ser_bench.report.latex import latex
from ser_bench.report.page import render_page
from ser_bench.report.page.sections.scores import score_tables
from ser_bench.report.summary import markdown
from tests.report.fake_run import Recipe, save_fake_run
from tests.runs.run_folder import changed_info

WITH_TAKES = (("actor", 6), ("random-takes", 6), ("random", 6))


@pytest.fixture(scope="module")
def parted(tmp_path_factory):
    """A run whose gap has parts; one model misses a fold of random-takes."""
    recipe = Recipe(
        models=("chance", "svm", "knn", "lda"),
        splits=WITH_TAKES,
        repeats=2,
        shortfalls={("lda", "random-takes", 1, 2): "failed"},
    )
    return save_fake_run(tmp_path_factory.mktemp("parted"), recipe)


@pytest.fixture
def small(tmp_path):
    """Return a function that saves a small run."""

    def save(splits=WITH_TAKES, models=("chance", "svm", "knn"), **recipe):
        return save_fake_run(tmp_path, Recipe(models=models, splits=splits, clips_per_label=2, **recipe))

    return save


def test_the_parts_are_differences_of_scores_and_add_up(parted):
    gaps, uar = gap_table(parted).set_index("model").drop("lda"), pooled_scores(parted)["uar"].unstack()
    for part, (first, second) in {
        "total": ("random", "actor"),
        "takes": ("random", "random-takes"),
        "voice": ("random-takes", "actor"),
    }.items():
        expected = uar[first] - uar[second]
        pd.testing.assert_series_equal(gaps[part], expected[gaps.index], check_names=False)
    np.testing.assert_allclose(gaps["takes"] + gaps["voice"], gaps["total"])
    summary = summarise(parted).set_index("model")["uar_gap"]
    pd.testing.assert_series_equal(summary[gaps.index], gaps["total"], check_names=False)


def test_each_part_has_a_paired_interval(parted):
    gaps = gap_table(parted).set_index("model").drop("lda")
    for part in PARTS:
        assert (gaps[f"{part}_low"] < gaps[part]).all()
        assert (gaps[part] < gaps[f"{part}_high"]).all()


def test_a_missing_fold_of_random_takes_leaves_the_total(parted):
    row = gap_table(parted).set_index("model").loc["lda"]
    assert row[["takes", "takes_low", "voice", "voice_high"]].isna().all()
    assert row[["total", "total_low", "total_high"]].notna().all()


def test_gap_csv_holds_a_row_per_model_and_pair_of_splits(small, stand_in_drawing):
    splits = (("random-80-20", 1), ("actor-twin-80-20", 5), *WITH_TAKES)
    run = small(splits)
    assert run.folder / "gap.csv" in write_report(run, ("svg",))
    table = pd.read_csv(run.folder / "gap.csv", keep_default_na=False)
    assert list(table)[:4] == ["model", "total", "total_low", "total_high"]
    pairs = table[["random_split", "takes_split", "independent_split"]].drop_duplicates()
    assert pairs.to_numpy().tolist() == [["random", "random-takes", "actor"], ["random-80-20", "", "actor-twin-80-20"]]
    assert table["model"].tolist() == ["chance", "svm", "knn"] * 2
    assert set(table.loc[table["takes_split"] == "", "takes"]) == {""}


def test_gap_csv_of_an_earlier_report_is_removed(small, stand_in_drawing):
    run = small((("actor", 6), ("text", 2)))
    (run.folder / "gap.csv").touch()
    write_report(run, ("svg",))
    assert not (run.folder / "gap.csv").exists()


@pytest.mark.parametrize("replacement", [None, 1])
def test_splits_that_test_other_clips_have_no_gap(small, replacement):
    run = small((("actor", 6), ("random", 6)), models=("svm",))
    assert gap_splits(run)
    frame, fits = run.predictions.copy(), run.fits.copy()
    drawn = frame[frame["split"] == "random"].drop_duplicates("fold")
    row = drawn.index[0]
    if replacement is None:
        frame = frame.drop(row)
        fits.loc[fits["split"] == "random", "n_test"] -= 1
    else:
        frame.loc[row, "clip"] = drawn["clip"].iloc[replacement]
    changed = dataclasses.replace(run, predictions=frame, fits=fits)
    assert gap_splits(changed) is None
    assert unequal_terms(changed, "random", "actor") == "they test different clips"
    assert summarise(changed)["uar_gap"].isna().all()


@pytest.mark.parametrize(("share", "equal"), [(0.985, True), (0.97, False)])
def test_training_sizes_may_differ_by_two_percent(small, share, equal):
    run = small((("actor", 6), ("random", 6)))
    sizes = run.fits["n_train"].astype("float64")
    fits = run.fits.assign(n_train=sizes.where(run.fits["split"] == "random", sizes * share))
    other = dataclasses.replace(run, fits=fits)
    assert (gap_splits(other) is not None) == equal
    assert ("train on" in unequal_terms(other, "random", "actor")) != equal


def test_a_split_that_divides_speakers_has_no_gap_whatever_it_states(small):
    run = small((("actor", 6), ("random", 6)))
    audit = run.audit.copy()
    audit.loc[audit["split"] == "actor", "test_clips_of_known_speakers"] = 1
    assert gap_splits(dataclasses.replace(run, audit=audit)) is None


def test_a_fold_that_no_model_finished_does_not_hide_the_gap(small):
    run = small(models=("svm",), shortfalls={("svm", "random", 0, 1): "failed"})
    assert gap_splits(run) is not None
    assert summarise(run)["uar_gap"].isna().all()


def test_five_speakers_give_gaps_without_intervals_and_no_comparison(small):
    run = small((("actor", 5), ("random", 5)), speakers=5)
    table = gap_table(run)
    assert table["total"].notna().all()
    assert table[["total_low", "total_high"]].isna().all(axis=None)
    largest = largest_gap(run, gap_splits(run))
    assert not largest.tested
    assert largest.similar == ()
    assert "not tested against others below 6 speakers" in headline(run)
    assert "[" not in headline(run)


def test_two_nearly_equal_gaps_do_not_differ_significantly(parted):
    largest = largest_gap(parted, gap_splits(parted))
    assert largest.model == "knn"
    assert largest.similar == ()
    equal = parted.predictions.copy()
    source = equal[equal["model"] == "knn"].assign(model="svm").astype({"model": equal["model"].dtype})
    equal = pd.concat([equal[equal["model"] != "svm"], source], ignore_index=True)
    wrong = equal.index[(equal["model"] == "svm") & (equal["predicted"] != equal["true"])][0]
    equal.loc[wrong, "predicted"] = equal.loc[wrong, "true"]
    largest = largest_gap(dataclasses.replace(parted, predictions=equal), gap_splits(parted))
    assert largest.similar in {("knn",), ("svm",)}
    assert largest.tested


def test_only_baselines_are_compared_where_a_run_has_nothing_else(small):
    run = small(models=("chance", "majority"))
    assert largest_gap(run, gap_splits(run)).model in ("chance", "majority")
    assert gaps_of(run, gap_splits(run)).index.tolist() == ["chance", "majority"]


def swapped(run):
    """Return a run in which the predictions under random and actor are exchanged, so that every gap is negative."""
    names = {"actor": "random", "random": "actor"}
    frame = run.predictions.copy()
    frame["split"] = frame["split"].astype("str").replace(names).astype(frame["split"].dtype)
    return dataclasses.replace(run, predictions=frame)


def texts_of(run):
    """Return every text about a run's gap."""
    titles = [scores_title(run), gap_title(run)]
    return [headline(run), markdown(run), latex(run), terminal_table(run), *titles]


def test_a_run_of_negative_gaps_is_not_called_optimistic(small):
    run = swapped(small())
    assert summarise(run)["uar_gap"].drop(index=2).max() < 0
    assert "No model has a higher UAR under random than under actor." in headline(run)
    assert not any("two parts" in text for text in texts_of(run))
    run = without_training_clips(run, "disgust")
    assert "Without disgust, no model has a higher UAR under random than under actor." in headline(run)


def test_the_headline_of_one_model_compares_its_gap_with_no_other(small):
    run = small(models=("chance", "svm"))
    assert "The gap between random and actor is +" in headline(run)
    assert not any("largest" in text.lower() for text in texts_of(run))


def test_two_models_are_compared_by_name(small):
    largest = LargestGap("svm", 0.3, 1, (), True)
    assert comparison_of_gaps(small(), largest) == ", significantly larger than that of the other model"


def test_the_headline_states_both_parts_and_only_voice_is_called_known_voice(parted):
    row = gap_table(parted).set_index("model").loc["knn"]
    parts = f"repeated takes {points(row['takes'])} [", f"known voice and other intensities {points(row['voice'])} ["
    assert all(part in headline(parted) for part in parts)
    for text in texts_of(parted):
        assert "known minus new" not in text
        assert "optimis" not in text.lower()


def test_known_voice_is_said_to_include_other_intensities_only_where_there_are_any(parted):
    """A test clip may have its sentence and emotion at another intensity in training; random-takes allows that."""
    note = "Voice includes other intensities: 100.0 % of the clips have the same speaker, sentence and emotion at"
    page = " ".join(render_page(parted, {}).decode().split())
    assert note in page
    assert note in markdown(parted)
    without = dataclasses.replace(parted, clips=parted.clips.assign(intensity=""))
    assert "known voice +" in headline(without)
    assert "intensities" not in headline(without)
    assert not any("intensities" in note for note in gap_notes(without))


@pytest.mark.parametrize(
    ("unknown", "reason"), [(slice(None), "sentences are"), (slice(1), "the sentences of 1 of 1,440 clips are")]
)
def test_voice_may_include_takes_of_unknown_sentences(parted, run, unknown, reason):
    """Clips of an unknown sentence are takes only if they are near-identical, as copies are."""
    for part, saved in {"Voice": parted, "The gap": run}.items():
        clips = saved.clips.copy()
        clips.iloc[unknown, clips.columns.get_loc("text")] = ""
        notes = gap_notes(dataclasses.replace(saved, clips=clips))
        assert f"{part} may include repeated takes, because {reason} unknown." in notes


def test_a_gap_without_parts_is_said_to_include_other_intensities(run):
    assert any(note.startswith("The gap includes other intensities: 100.0 %") for note in gap_notes(run))


def test_equal_gaps_are_named_together(parted):
    frame = parted.predictions
    source = frame[frame["model"] == "knn"].assign(model="svm").astype({"model": frame["model"].dtype})
    equal = dataclasses.replace(parted, predictions=pd.concat([frame[frame["model"] != "svm"], source]))
    assert "is that of svm and knn: +" in headline(equal)
    assert "two parts" not in headline(equal)
    assert "significantly larger than every other" in headline(parted)


def test_tables_show_the_parts_beside_the_gap(parted):
    row = gap_table(parted).set_index("model").loc["knn"]
    cells = [points(row[part]) for part in PARTS]
    line = next(line for line in markdown(parted).splitlines() if line.startswith("| knn"))
    assert [cell.split()[0] for cell in line.split("|")[5:8]] == cells
    table = score_tables(parted).main
    assert [column.head for column in table.columns[1:7]] == [*["UAR %"] * 3, "gap", "takes", "voice"]
    cell = next(row for row in table.rows if row.cells[0].text == "knn").cells[4:7]
    assert [c.text for c in cell] == cells
    assert " & ".join(f"${cell}$" for cell in cells) in latex(parted)
    assert all(cell in terminal_table(parted) for cell in cells)


def test_each_further_pair_of_splits_has_a_table_on_the_page(small):
    run = small((("random", 6), ("actor", 6), ("random-80-20", 1), ("actor-twin-80-20", 5)))
    captions = [table.caption for table in score_tables(run).details]
    assert captions[0] == "Gap between random-80-20 and actor-twin-80-20"
    assert "random-80-20 minus actor-twin-80-20 |" in markdown(run)


def test_page_summary_and_terminal_say_why_there_is_no_gap(small):
    run = small((("random", 6), ("loso", 24)))
    (sentence,) = missing_gaps(run)
    assert sentence in markdown(run)
    assert sentence in " ".join(terminal_table(run).split())
    assert score_tables(run).gap_notes == (sentence,)
    assert "gap" not in headline(run)
    assert sentence in " ".join(render_page(run, {}).decode().split())


def test_a_model_without_every_fold_has_no_gap_in_any_text(parted):
    assert " n/a " in next(line for line in markdown(parted).splitlines() if line.startswith("| lda"))
    assert "nan" not in " ".join(texts_of(parted)).lower()


@pytest.mark.parametrize(
    ("splits", "words"),
    [
        ((("random", 6),), ["No gap for random", "add actor"]),
        ((("random", 6), ("actor-text", 12)), ["random and actor-text", "train on", "add actor"]),
        ((("random", 6), ("loso", 24)), ["random and loso", "train on", "add actor"]),
        (
            (("random-80-20", 1), ("actor-80-20", 1), ("actor", 6)),
            ["random-80-20 and actor-80-20", "test different clips", "add actor-twin-80-20"],
        ),
        ((("actor", 6), ("emobox", 6)), ["no random split", "add random"]),
        ((("actor", 6), ("random", 6)), ["not divided", "random-takes"]),
        ((("random-80-20", 1), ("actor-twin-80-20", 5)), ["of random-80-20 includes repeated takes", "random-takes"]),
    ],
)
def test_where_a_gap_is_missing_one_sentence_says_why(small, splits, words):
    (sentence,) = missing_gaps(small(splits, models=("svm",)))
    assert all(word in sentence for word in words), sentence
    assert len(sentence.split()) <= 30


@pytest.mark.parametrize(
    "splits", [WITH_TAKES, (("text", 2),), (("random-80-20", 1), ("actor-twin-80-20", 5), *WITH_TAKES)]
)
def test_where_nothing_is_missing_no_sentence_says_so(small, splits):
    assert missing_gaps(small(splits, models=("svm",))) == []


def words_of(run):
    """Return every text of the chart of a run's gap."""
    return [text.get_text() for text in LEAKAGE_GAP.figures_of(run)[0].draw().findobj(Text)]


def test_the_chart_shows_both_parts_with_intervals(parted):
    row = gap_table(parted).set_index("model").loc["knn"]
    words = words_of(parted)
    for part in PARTS:
        assert points(row[part]) in words
        assert points_interval(row[f"{part}_low"], row[f"{part}_high"]) in words
    assert "known voice and other intensities: random-takes minus actor" in words
    assert "n/a: random-takes failed 1/12" in words
    assert "Gap of each model: UAR under random minus UAR under actor" in words


def test_the_chart_of_a_gap_without_parts_has_one_column(run):
    words = words_of(run)
    assert points(summarise(run).set_index("model").at["knn", "uar_gap"]) in words
    assert not any("voice" in word or "takes" in word for word in words)


def test_the_alternative_text_gives_the_parts(parted):
    row = gap_table(parted).set_index("model").loc["knn"]
    text = LEAKAGE_GAP.figures_of(parted)[0].alt_text()
    assert f"({points(row['total'])}, takes {points(row['takes'])}, voice {points(row['voice'])})" in text
    assert "lda" in text
    assert "nan" not in text


def test_a_run_without_a_gap_has_no_chart_of_it(small):
    assert LEAKAGE_GAP.figures_of(small((("random", 6), ("loso", 24)))) == []


def limits(run):
    """Return the notes on gaps, without that on other intensities."""
    return [note for note in gap_notes(run) if "intensities" not in note]


def with_copies(run, **speeds):
    """Return a run whose models have these parameters; "plain" is a variant of knn."""
    parameters = [json.dumps({"C": 1.0, "speeds": speeds.get(model, [])}) for model in run.fits["model"]]
    fits = run.fits.assign(parameters=parameters)
    tables = {"svm": ModelTable(base="knn", parameters={"speeds": []})}
    return dataclasses.replace(run, fits=fits, info=changed_info(run.info, model_tables=tables))


def test_models_that_train_on_copies_are_named_with_their_gap_without_copies(parted):
    run = with_copies(parted, knn=[0.85, 1.17], lda=[0.9])
    gaps = gap_table(run).set_index("model")["total"]
    first, second = limits(run)
    assert first == "knn and lda train on copies of the training clips at other speeds, which can narrow the gap."
    assert second.startswith(f"Without copies, as svm, the gap of knn is {points(gaps['svm'])} [")
    assert f"instead of {points(gaps['knn'])} [" in second
    assert all(sentence in markdown(run) for sentence in (first, second))
    assert f"{first} {second}"[:-1] in latex(run)
    assert score_tables(run).gap_notes[-2:] == (first, second)
    notes = {row.cells[0].text: row.cells[0].note for row in score_tables(run).main.rows}
    assert notes == {"svm": "", "knn": "copies at other speeds", "lda": "copies at other speeds", "chance": "baseline"}


def test_without_a_variant_the_note_says_how_to_make_one(parted):
    first, second = limits(with_copies(parted, lda=[0.9]))
    assert first.startswith("lda trains on copies")
    assert "speeds = []" in second
    assert "speeds = []" not in latex(with_copies(parted, lda=[0.9]))


def test_a_run_without_copies_or_without_a_gap_has_no_note_on_copies(parted, small):
    assert limits(parted) == []
    assert not any("copies" in note for note in limits(with_copies(small((("actor", 6), ("text", 2))), knn=[0.9])))


def test_the_configuration_of_the_published_results_has_lda_without_copies():
    options = load(find_config("reference"), {})
    assert options.splits == ("actor", "random-takes", "random", "emobox", "text")
    assert options.repeats == 3
    assert options.model_tables["lda-plain"] == ModelTable(base="lda", parameters={"speeds": []})
    assert options.models == ("all",)


def test_a_model_that_early_stopping_leaves_with_fewer_clips_is_named(parted):
    clips = parted.fits["n_train"].astype("float64")
    fewer = (parted.fits["model"] == "knn") & (parted.fits["split"] == "actor")
    run = dataclasses.replace(parted, fits=parted.fits.assign(trained_clips=clips.where(~fewer, 0.9 * clips)))
    (sentence,) = limits(run)
    assert "knn trains on 1,200 per fold under random and on 1,080 under actor" in sentence
    assert sentence in markdown(run)
    assert sentence in score_tables(run).gap_notes


def without_training_clips(run, *classes):
    """Return a run whose actor split tests classes without training clips; the models never predict them there."""
    frame, audit = run.predictions.copy(), run.audit.copy()
    audit.loc[(audit["split"] == "actor") & (audit["fold"] == 1), "untrained_classes"] = json.dumps(classes)
    wrong = (frame["split"] == "actor") & frame["true"].isin(classes)
    frame.loc[wrong, "predicted"] = "calm"
    return dataclasses.replace(run, predictions=frame, audit=audit)


def test_a_class_without_training_clips_is_no_part_of_the_gap(parted):
    """The gap is that of the recalls of the other classes, in every split, and so are its interval and its chart."""
    run = without_training_clips(parted, "disgust")
    gaps, frame = gaps_of(run, gap_splits(run)), run.predictions
    others = frame[(frame["model"] == "svm") & (frame["true"] != "disgust")]
    recalls = (
        (others["true"] == others["predicted"]).groupby([others["split"], others["repeat"], others["true"]]).mean()
    )
    uar = recalls.groupby(level=[0, 1]).mean().groupby(level=0).mean()
    assert gaps.at["svm", "total"] == pytest.approx(uar["random"] - uar["actor"])
    assert gaps.at["svm", "takes"] + gaps.at["svm", "voice"] == pytest.approx(gaps.at["svm", "total"])
    assert gaps.at["svm", "total_low"] < gaps.at["svm", "total"] < gaps.at["svm", "total_high"]
    sentence = "The gap leaves out the class disgust, which is tested without a training clip under actor."
    assert sentence in gap_notes(run)
    assert sentence in markdown(run)
    title = next(text.get_text() for text in LEAKAGE_GAP.draw(run).findobj(Text) if "Gap of each" in text.get_text())
    assert title.endswith("without disgust")
    assert "between random and actor, without disgust, is that of" in headline(run)
    assert sentence in " ".join(terminal_table(run).split())
    scores = pooled_scores(run)["uar"]
    assert scores["svm", "actor"] < pooled_scores(parted)["uar"]["svm", "actor"]


def test_there_is_no_gap_where_fewer_than_two_classes_can_be_learned(parted):
    run = without_training_clips(parted, *parted.labels[:-1])
    assert gap_splits(run) is None
    assert any("fewer than two classes" in sentence for sentence in missing_gaps(run))
    assert "gap between" not in headline(run)
    assert "tested without a training clip" in headline(run)


def test_all_pairs_of_gaps_share_one_error_level(parted, monkeypatch):
    """The data choose the largest gap, so any pair of the three models may be compared."""
    levels = []

    def interval(run, contrast, classes, confidence=None):
        if confidence:  # a comparison of two models; the gaps themselves have the usual level
            levels.append(confidence)
        return 0.1, -0.1, 0.3

    pair = gap_splits(parted)
    gap_table(parted)  # cached, so that the gaps themselves are real
    monkeypatch.setattr(gaps_module, "contrast_interval", interval)
    assert largest_gap(parted, pair).similar == ("svm", "lda")
    assert levels == [1 - 0.05 / 3] * 2


def test_a_twin_alone_names_the_hold_out_to_add(small):
    (sentence,) = missing_gaps(small((("actor-twin-80-20", 5),), models=("svm",)))
    assert sentence.startswith("No gap: the run has no random split")
    assert sentence.endswith("add random-80-20 to the splits.")
