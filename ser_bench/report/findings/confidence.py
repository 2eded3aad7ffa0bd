"""Whether the confidence of the model with the highest UAR can be trusted, and whether its prediction sets hold."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import pandas as pd

from ser_bench.core.text import listed, plural
from ser_bench.report.analysis.calibration import (
    MIN_CLIPS,
    SET_COVERAGE,
    SHARES,
    accuracy_intervals,
    calibration_of,
    confident_predictions,
    measured_models,
    set_coverage_by_speaker,
    speakers_below_aim,
)
from ser_bench.report.analysis.exposure import ranked
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.scores import missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.descriptions import model_title, model_titles
from ser_bench.report.findings.exposure import no_ranked_model
from ser_bench.report.findings.recommendation import CONFIDENT
from ser_bench.report.formatting import percent, percent_interval, points, points_interval
from ser_bench.runs.results import SavedRun

_AIM = f"{100 * SET_COVERAGE:.0f} %"


def best_calibrated(run: SavedRun) -> str:
    """Return the model with the highest UAR, of those that are calibrated, under the split that ranks models.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Empty if no model is.
    """
    calibrated = measured_models(run, ranking_split(run.info.splits))
    ranking = ranked(run, all_models_ranked(run))
    return next((model for model in ranking if model in calibrated), "")


@dataclass(frozen=True)
class ConfidenceFindings:
    """What is found about confidence, a sentence or more each, about the model of :func:`best_calibrated`.

    Parameters
    ----------
    calibration : str
        Confidence and accuracy before and after calibration; why there is nothing to state without such a model.
    certain : str
        How often it is right where it is certain; empty without such a model, as are the others.
    models : str
        How many models are over- and underconfident; empty for one model, or without intervals.
    half : str
        Its accuracy on the more confident half of the clips.
    sets : str
        Its prediction sets; empty if they are unknown.
    """

    calibration: str
    certain: str = ""
    models: str = ""
    half: str = ""
    sets: str = ""


def confidence_findings(run: SavedRun) -> ConfidenceFindings:
    """State how far the confidence can be trusted, under the split that ranks the models.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    ConfidenceFindings
    """
    model, split = best_calibrated(run), ranking_split(run.info.splits)
    if not model:
        return ConfidenceFindings(_nothing(run, split))
    row, title = calibration_of(run, split).loc[model], model_title(run, model)
    by_share = dict(zip(SHARES, accuracy_intervals(run, split)[model], strict=True))
    half = f"{percent(by_share[0.5].value)} % {percent_interval(by_share[0.5].low, by_share[0.5].high)}".rstrip()
    return ConfidenceFindings(
        _before_and_after(title, row, by_share[1.0].value),
        _certain(run, model, split),
        _all_models(run, split),
        f"On the more confident half of the clips, {title} is right for {half}.",
        _sets(run, model, split),
    )


def confidence_sentences(run: SavedRun) -> list[str]:
    """Return the sentences of :func:`confidence_findings` in their order.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
    """
    return list(filter(None, astuple(confidence_findings(run))))


def _certain(run: SavedRun, model: str, split: str) -> str:
    """State how often a model is right where it is certain."""
    predictions, title = confident_predictions(run, model, split, CONFIDENT), model_title(run, model)
    least = f"{100 * CONFIDENT:.0f} %"
    if not predictions.clips:
        return f"After calibration, {title} is never {least} confident or more."
    share = f"After calibration, {title} is at least {least} confident for {percent(predictions.share)} % of the clips"
    if not predictions.enough:
        return f"{share}, too few to say how often it is right for them."
    interval = percent_interval(predictions.low, predictions.high)
    return f"{share}, and right for {percent(predictions.accuracy)} % {interval} of them."


def difference_statement(over: float, low: float, high: float) -> str:
    """Say whether a model is significantly over- or underconfident.

    Parameters
    ----------
    over : float
        Mean confidence minus accuracy.
    low, high : float
        Its interval over speakers; NaN without one.

    Returns
    -------
    str
        Such as "overconfident by 21.2 points [18.0, 24.4]"; "not significantly" where the interval contains 0.
    """
    if math.isnan(low) or math.isnan(high):
        return f"a difference of {points(over)} points, without an interval"
    if low <= 0 <= high:
        return f"the difference of {points(over)} points {points_interval(low, high)} is not significant"
    if over > 0:
        return f"overconfident by {percent(over)} points {percent_interval(low, high)}"
    return f"underconfident by {percent(-over)} points {percent_interval(-high, -low)}"


def _nothing(run: SavedRun, split: str) -> str:
    """State why no confidence is measured."""
    if not trained_models(run):
        return "The run has baselines only, and their probabilities ignore the clips."
    if heard := no_ranked_model(run):
        return f"No confidence is stated, because {heard}."
    if all(missing_folds(run)[model, split] for model in trained_models(run)):
        return f"No model finished every fold of the {split} split, so no confidence is measured."
    return "No model is calibrated in every fold, so only the confidence before calibration is known."


def _before_and_after(title: str, row: pd.Series, accuracy: float) -> str:
    """State confidence and accuracy of a model before and after calibration."""
    before, after = (
        difference_statement(row[name], row[f"{name}_low"], row[f"{name}_high"])
        for name in ("overconfidence_before", "overconfidence")
    )
    confidence = {name: percent(accuracy + row[name]) for name in ("overconfidence_before", "overconfidence")}
    return (
        f"Before calibration, {title} is on average {confidence['overconfidence_before']} % confident and right for "
        f"{percent(accuracy)} % of the clips: {before}. After calibration it is {confidence['overconfidence']} % "
        f"confident: {after}."
    )


def _all_models(run: SavedRun, split: str) -> str:
    """Count the models that are over- or underconfident by their intervals; empty for one model or no interval."""
    table = calibration_of(run, split).loc[measured_models(run, split)]
    if len(table) < 2 or table[["overconfidence_before_low", "overconfidence_low"]].isna().any(axis=None):
        return ""
    before = _off(run, table, "overconfidence_before", most_names=0)
    after = _off(run, table, "overconfidence", most_names=4)
    return (
        f"By the intervals of {plural(len(table), 'calibrated model')}, {before} before calibration; {after} after it."
    )


def _off(run: SavedRun, table: pd.DataFrame, name: str, *, most_names: int) -> str:
    """Count the models whose interval is above 0, and those whose interval is below; name a few."""
    parts = []
    for word, chosen in (("overconfident", table[f"{name}_low"] > 0), ("underconfident", table[f"{name}_high"] < 0)):
        models = list(table.index[chosen])
        which = f" ({listed(model_titles(run, models))})" if 0 < len(models) <= most_names else ""
        parts.append(f"{len(models)} {'is' if len(models) == 1 else 'are'} {word}{which}")
    return " and ".join(parts)


def _sets(run: SavedRun, model: str, split: str) -> str:
    """State how often the prediction sets of a model hold the true label, their size, and for whom they do not."""
    row = calibration_of(run, split).loc[model]
    if math.isnan(row["coverage"]):
        return ""
    interval = percent_interval(row["coverage_low"], row["coverage_high"])
    verdict = ""
    if row["coverage_high"] < SET_COVERAGE:
        verdict = f", significantly less than {_AIM}"
    elif row["coverage_low"] > SET_COVERAGE:
        verdict = f", significantly more than {_AIM}"
    title = model_title(run, model)
    held = f"The {_AIM} prediction sets of {title} hold the true label for {percent(row['coverage'])} % of the clips"
    size = f"They have {row['set_size']:.1f} labels on average"
    if row["single_label"] > 0:
        size += f"; {percent(row['single_label'])} % have one label"
        if row["single_label"] * _clips(run, split) >= MIN_CLIPS:
            size += f", which is right in {percent(row['single_accuracy'])} % of the cases"
    return f"{f'{held} {interval}'.rstrip()}{verdict}. {size}. {_speakers(run, model, split)}".rstrip()


def _clips(run: SavedRun, split: str) -> int:
    """Count the clips that a split tests."""
    return int(run.predictions.loc[run.predictions["split"] == split, "clip"].nunique())


def _speakers(run: SavedRun, model: str, split: str) -> str:
    """Name the speakers for whom the sets hold the true label significantly too rarely; else the lowest one."""
    shares = set_coverage_by_speaker(run, split).loc[model].dropna().sort_values(kind="stable")
    if len(shares) < 2:
        return ""
    below = speakers_below_aim(run, model, split)
    if below:
        texts = [f"{name} ({percent(shares[name])} %)" for name in below]
        noun = "speaker" if len(below) == 1 else "speakers"
        return f"For {noun} {listed(texts)} they hold the true label significantly less often than {_AIM}."
    if shares.iloc[0] >= SET_COVERAGE:
        return f"They do so for at least {percent(shares.iloc[0])} % of the clips of every speaker."
    lowest = f"They hold the true label least often for speaker {shares.index[0]} ({percent(shares.iloc[0])} %)"
    return f"{lowest}, which is not significantly less than {_AIM}."
