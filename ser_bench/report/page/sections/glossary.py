"""The terms of the page in plain words, for readers who do not know the field."""

from __future__ import annotations

from collections.abc import Iterator

from ser_bench.report.analysis.calibration import SET_COVERAGE, measured_models
from ser_bench.report.analysis.comparisons import comparison
from ser_bench.report.analysis.conditions.robustness import robust_families
from ser_bench.report.analysis.conditions.tested import has_conditions
from ser_bench.report.analysis.exposure import heard_models
from ser_bench.report.analysis.failures import feature_importance
from ser_bench.report.analysis.intervals import intervals
from ser_bench.report.analysis.leakage import takes_of
from ser_bench.report.analysis.literature import published_scores
from ser_bench.report.analysis.models import BASELINES, models_with_copies, quick_models, transductive_models
from ser_bench.report.analysis.scores import page_metrics
from ser_bench.report.analysis.splits import gap_splits, ranking_split
from ser_bench.report.descriptions import EXPOSED_MARK, QUICK_MARK, TRANSDUCTIVE_MARK, normalisation_note
from ser_bench.runs.results import SavedRun

Term = tuple[str, str]
"""A term and its definition."""


def glossary(run: SavedRun) -> tuple[Term, ...]:
    """Define the terms that the page of a run uses.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    tuple of (str, str)
        Terms and definitions; what is measured first, then how.
    """
    return (*_scores(run), *_data(run), *_conditions(run), *_comparisons(run), *_confidence(run), *_models(run))


def _scores(run: SavedRun) -> Iterator[Term]:
    """Define what is measured."""
    label, plural = ("emotion", "emotions") if run.info.target == "emotion" else ("class", "classes")
    yield "recall", f"The share of the clips of one {label} that a model recognises."
    yield "UAR", f"Unweighted average recall: the mean of all recalls; rare {plural} count like frequent ones."
    if "accuracy" in page_metrics(run):
        yield "accuracy", f"The share of all clips whose {label} is predicted correctly."
    yield "points", "Differences of percentages: from 60 % to 66 % are 6 points."
    yield "chance", f"The UAR of guessing: 1 divided by the number of {plural}."
    if set(BASELINES) & set(run.info.models):
        yield (
            "baseline",
            "A model that ignores the clips: it guesses, or always gives the most frequent label.",
        )


def _data(run: SavedRun) -> Iterator[Term]:
    """Define what the clips are divided into."""
    yield "clip", "One recording, with one label."
    actors = " In acted corpora also: actor." if "actor" in run.info.splits else ""
    yield "speaker", f"The person heard. A new speaker has no clip in training.{actors}"
    yield "split", "The rule that divides clips into training and test clips."
    yield "fold", "One division by that rule. Together, the folds test no clip twice."
    if run.fits["repeat"].nunique() > 1:
        yield "repeat", "All folds again, with other random numbers; scores are means."
    if takes_of(run).repeated:
        yield (
            "take",
            "Another recording of a sentence by its speaker, with the same emotion and intensity.",
        )
    if pair := gap_splits(run):
        yield (
            "gap",
            f"UAR under {pair.random} minus UAR under {pair.independent}: what known speakers add.",
        )
    if models_with_copies(run):
        yield "copies", "Training clips at other speeds, as further training clips."


def _conditions(run: SavedRun) -> Iterator[Term]:
    """Define what test clips go through."""
    if not has_conditions(run):
        return
    yield "condition", "A change of the test clips, such as a telephone line; clean clips have none."
    if robust_families(run).counted:
        yield "robust", "Mean UAR over families of conditions that no model heard in training."


def _comparisons(run: SavedRun) -> Iterator[Term]:
    """Define intervals and tests."""
    if intervals(run)["uar_low"].notna().any():
        yield (
            "95 % interval",
            "A range for the score over all speakers of this kind; about 95 of 100 such ranges hold it.",
        )
    compared = comparison(run)
    if compared is not None and not compared.too_few_speakers:
        yield (
            "significant",
            "A difference that equally good models would show in less than 5 % of cases. "
            "Other differences may still exist.",
        )
    if not published_scores(run).empty:
        yield (
            "published, frozen",
            "A figure of a paper, same folds. A frozen network was not trained on this corpus.",
        )


def _confidence(run: SavedRun) -> Iterator[Term]:
    """Define what confidence is."""
    split = ranking_split(run.info.splits)
    if not measured_models(run, split):
        return
    yield (
        "confidence",
        "The probability that a model states for its answer. Calibration aligns it with accuracy.",
    )
    yield "ECE", "Expected calibration error: the mean difference between confidence and accuracy, 0 at best."
    yield "AUROC", "How well confidence tells right answers from wrong ones: 50 % is guessing."
    yield (
        "prediction set",
        f"The labels that a model does not rule out, to hold the true one for {100 * SET_COVERAGE:.0f} % of clips.",
    )


def _models(run: SavedRun) -> Iterator[Term]:
    """Define what sets models apart, and what importance is."""
    if transductive_models(run) or normalisation_note(run):
        mark = f" {TRANSDUCTIVE_MARK}" if transductive_models(run) else ""
        yield f"transductive{mark}", "Uses the other test clips for a prediction, which a single clip cannot offer."
    if quick_models(run):
        yield f"quick effort {QUICK_MARK}", "Trained for less time than with full effort."
    if heard_models(run):
        yield f"no rank {EXPOSED_MARK}", "Its features come from a network that was trained on a tested corpus."
    if not feature_importance(run, ranking_split(run.info.splits)).empty:
        yield (
            "importance",
            "The UAR lost when a group of features is shuffled among the test clips.",
        )
