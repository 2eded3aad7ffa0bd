"""The summary equals scikit-learn's scores of the predictions and leaves out what has missing folds."""

from __future__ import annotations

import dataclasses
import io

import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from ser_bench.report import headline
from ser_bench.report.analysis.scores import missing_folds, scores_by_speaker
from ser_bench.report.analysis.splits import gap_pairs, gap_splits, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.descriptions import SYNTHETIC
from ser_bench.report.formatting import percent, points, seconds
from ser_bench.report.page import render_page
from ser_bench.report.page.header import page_header
from ser_bench.report.page.sections.missing import missing_report
from ser_bench.report.summary import markdown
from ser_bench.report.terminal import terminal_table
from tests.report.fake_run import Recipe, save_fake_run
from tests.runs.run_folder import changed_info


def pooled(run, model, split, score):
    """Score all clips of a repeat together, then average over repeats."""
    rows = pd.read_parquet(run.folder / "predictions.parquet").query("model == @model and split == @split")
    return rows.groupby("repeat")[["true", "predicted"]].apply(lambda r: score(r["true"], r["predicted"])).mean()


def test_scores_equal_scikit_learns_on_the_saved_predictions(run):
    for row in summarise(run).to_dict("records"):
        for split in ("actor", "random"):
            expected = pooled(run, row["model"], split, accuracy_score)
            assert row[f"{split}_accuracy"] == pytest.approx(expected)
            expected = pooled(run, row["model"], split, balanced_accuracy_score)
            assert row[f"{split}_uar"] == pytest.approx(expected)


def test_the_gap_is_random_minus_actor(run):
    table = summarise(run)
    pd.testing.assert_series_equal(table["uar_gap"], table["random_uar"] - table["actor_uar"], check_names=False)


def test_models_are_sorted_by_uar_on_new_speakers_and_baselines_come_last(run):
    table = summarise(run)
    assert table["model"].iloc[-1] == "chance"
    assert table["actor_uar"].iloc[:-1].is_monotonic_decreasing


def test_fit_seconds_are_means_over_the_fits_of_a_split(run):
    fits = run.fits.assign(fit_seconds=run.fits["fit_seconds"].where(run.fits["split"] == "actor", 100.0))
    changed = dataclasses.replace(run, fits=fits)
    row = summarise(changed).set_index("model").loc["svm"]
    expected = fits.query("model == 'svm' and split == 'actor'")["fit_seconds"].mean()
    assert row["actor_fit_seconds"] == row["fit_seconds"] == pytest.approx(expected)
    assert row["random_fit_seconds"] == 100
    assert "actor mean fit" in markdown(changed)
    assert "100 s" not in markdown(changed)
    page = render_page(changed, {}).decode()
    assert "mean per fit, actor" in page
    assert "mean per fit, random" in page


def test_a_model_with_a_missing_fold_has_no_score_and_a_status(broken_run):
    table = summarise(broken_run).set_index("model")
    assert pd.isna(table.loc["knn", ["actor_uar", "actor_accuracy", "uar_gap"]]).all()
    assert table.at["knn", "random_uar"] > 0
    assert table.at["knn", "status"] == "actor: failed 1/6"
    assert table.at["svm", "status"] == "random: timeout 1/6"
    assert table.at["lda", "status"] == "ok"


def test_a_fold_without_a_row_counts_as_missing(run):
    fits = run.fits.drop(run.fits.query("model == 'svm' and split == 'actor' and fold == 2").index)
    partial = dataclasses.replace(run, fits=fits)
    assert missing_folds(partial)["svm", "actor"] == "unfinished 2/12"
    assert missing_folds(partial)["knn", "actor"] == ""


def test_scores_by_speaker_equal_scikit_learns(run):
    rows = run.predictions.query("model == 'svm' and split == 'actor' and speaker == '07'")
    parts = [balanced_accuracy_score(part["true"], part["predicted"]) for _, part in rows.groupby("repeat")]
    assert scores_by_speaker(run, "actor").at["svm", "07"] == pytest.approx(sum(parts) / len(parts))


def test_scores_by_speaker_are_nan_for_a_model_with_a_missing_fold(broken_run):
    table = scores_by_speaker(broken_run, "actor")
    assert table.loc["knn"].isna().all()
    assert table.loc["svm"].notna().all()


def test_changing_a_summary_does_not_change_the_cached_one(run):
    table = summarise(run)
    table["model"] = "spoilt"
    assert "spoilt" not in set(summarise(run)["model"])


HOLD_OUTS = {"random-80-20": 1, "actor-80-20": 1, "actor-twin-80-20": 5, "loso": 24, "actor-text": 12}


@pytest.mark.parametrize(
    ("splits", "pairs"),
    [
        (("actor", "random"), [("random", None, "actor")]),
        (("emobox", "random-takes", "random"), [("random", "random-takes", "emobox")]),
        (("emobox", "actor", "random"), [("random", None, "actor")]),
        (("random-80-20", "actor-twin-80-20"), [("random-80-20", None, "actor-twin-80-20")]),
        (
            ("random-80-20", "random", "actor-twin-80-20", "actor"),
            [("random", None, "actor"), ("random-80-20", None, "actor-twin-80-20")],
        ),
        (("random", "loso", "actor-text", "actor-80-20"), []),
        (("random-80-20", "actor", "actor-80-20"), []),
        (("random-takes", "actor"), []),
        (("text", "random"), []),
        (("emobox",), []),
    ],
)
def test_a_gap_needs_a_random_and_a_speaker_independent_split_on_equal_terms(tmp_path, splits, pairs):
    folds = tuple((name, HOLD_OUTS.get(name, 6)) for name in splits)
    run = save_fake_run(tmp_path, Recipe(models=("svm", "chance"), splits=folds, clips_per_label=2, repeats=2))
    assert [dataclasses.astuple(pair) for pair in gap_pairs(run)] == pairs
    assert gap_splits(run) == next(iter(gap_pairs(run)), None)
    assert summarise(run)["uar_gap"].notna().all() == bool(pairs)


@pytest.mark.parametrize(
    ("splits", "ranked"),
    [(["random", "actor"], "actor"), (["text", "loso"], "loso"), (["text", "random"], "text")],
)
def test_the_first_speaker_independent_split_ranks_the_models(splits, ranked):
    assert ranking_split(splits) == ranked


def test_the_headline_names_the_best_model_and_the_largest_gap(run):
    table = summarise(run).set_index("model")
    sentence = headline(run)
    best = table["actor_uar"].idxmax()
    score, gap = percent(table.at[best, "actor_uar"]), points(table.at["knn", "uar_gap"])
    assert sentence.startswith(f"On ravdess, {best} has the highest UAR on new speakers: {score} % [")
    assert f"The largest gap between random and actor is that of knn: {gap} points [" in sentence
    assert sentence.endswith("], significantly larger than every other.")


def test_the_headline_names_the_split_where_others_test_new_speakers_too(analysed_run):
    """Under emobox, another model may have the highest UAR on new speakers."""
    assert " has the highest UAR on new speakers (actor split): " in headline(analysed_run)


def test_the_headline_names_synthetic_speech_normalisation_and_missing_folds(broken_run):
    sentence = headline(broken_run)
    assert "synthetic speech" in sentence
    assert "transductive" in sentence
    assert sentence.endswith(("Folds are missing for svm and knn.", "Folds are missing for knn and svm."))


@pytest.mark.parametrize(("split", "words"), [("random", "known from training"), ("text", "under the text split")])
def test_the_headline_of_one_split_has_no_gap(tmp_path, split, words):
    recipe = Recipe(models=("svm", "chance"), splits=((split, 2),), clips_per_label=2)
    sentence = headline(save_fake_run(tmp_path, recipe))
    assert words in sentence
    assert "svm" in sentence
    assert "gap" not in sentence


def test_the_headline_of_a_run_without_scores_points_to_the_errors(tmp_path):
    shortfalls = {("svm", split, 0, 0): "failed" for split in ("actor", "random")}
    recipe = Recipe(models=("svm",), shortfalls=shortfalls, clips_per_label=2)
    assert "fits.csv" in headline(save_fake_run(tmp_path, recipe))


def test_every_table_names_synthetic_speech_and_transductive_normalisation(broken_run):
    for text in (markdown(broken_run), terminal_table(broken_run)):
        assert SYNTHETIC in text
        assert "transductive" in text
        assert "failed 1/6" in text


def test_tables_name_corpus_size_and_protocol(run):
    for text in (markdown(run), terminal_table(run)):
        flat = " ".join(text.split())
        for words in (
            "RAVDESS",
            "1,440 clips",
            "24 speakers",
            "8 emotions",
            "actor: 6 folds",
            "2 repeats",
            "seed 0",
        ):
            assert words in flat
        assert SYNTHETIC not in text


def test_markdown_shows_percent_with_one_decimal_and_the_gaps_sign(run):
    row = next(line for line in markdown(run).splitlines() if line.startswith("| knn"))
    best = summarise(run).set_index("model").loc["knn"]
    cells = [cell.split()[0] for cell in row.split("|")[2:5]]
    assert cells == [percent(best["actor_uar"]), percent(best["random_uar"]), points(best["uar_gap"])]


def test_what_is_not_used_is_counted_near_the_top_of_summary_page_and_terminal(run):
    rows = [("clip", "bad.wav", "no sound"), *(("clip", f"clip{i}.wav", "a copy (of x)") for i in range(1200))]
    rows += [("column", "f1", "holds text"), ("class", "calm", "not among --emotions: 96 clips")]
    lossy = dataclasses.replace(run, losses=pd.DataFrame(rows, columns=run.losses.columns))
    expected = (
        "1,201 clips (1,200 a copy, 1 no sound), 1 column (f1, holds text) and "
        "1 class (calm, not among --emotions: 96 clips) were not used; losses.csv has each name."
    )
    assert markdown(lossy).split("\n\n")[3] == expected
    assert missing_report(lossy).lost == expected
    assert expected in " ".join(terminal_table(lossy).split())
    assert "not used" not in markdown(run) + terminal_table(run) + missing_report(run).lost


def test_one_thing_that_is_not_used_is_named(run):
    rows = [("clip", "bad.wav", "no sound")]
    lossy = dataclasses.replace(run, losses=pd.DataFrame(rows, columns=run.losses.columns))
    assert "1 clip (bad.wav, no sound) was not used" in markdown(lossy)


def test_warnings_about_the_data_have_a_section_and_are_counted_on_the_terminal(run):
    warned = dataclasses.replace(run, info=changed_info(run.info, warnings=("rates <b>differ", "long clips")))
    assert markdown(warned).endswith("## Warnings about the data\n\n- rates &lt;b>differ.\n- long clips.\n")
    assert "2 warnings about the data; see summary.md." in terminal_table(warned)
    assert any(band.text == "rates <b>differ. 1 more below." for band in page_header(warned).bands)
    assert "Warnings about the data" not in markdown(run)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.002, "2 ms"), (0.0234, "23 ms"), (0.5, "0.50 s"), (6.04, "6.0 s"), (1234.4, "1,234 s")],
)
def test_seconds_have_two_digits_and_a_unit(value, text):
    assert seconds(value) == text


def test_zero_has_no_minus_sign():
    assert points(-0.0004) == "+0.0"


def test_the_csv_holds_full_precision(run):
    data = summarise(run).to_csv(index=False)
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(data)), summarise(run), rtol=1e-14)
