"""Titles on confidence: calibration, accuracy of the more confident half, and prediction sets."""

from __future__ import annotations

import math

from ser_bench.core.text import plural
from ser_bench.report.analysis.calibration import (
    SET_COVERAGE,
    SHARES,
    accuracy_intervals,
    calibration_of,
    measured_models,
    set_coverage_by_speaker,
    speakers_below_aim,
)
from ser_bench.report.analysis.ranking import scored_models
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.findings.titles.wording import from_to, name_of, no_model, percents, short
from ser_bench.runs.results import SavedRun

_AIM = f"{100 * SET_COVERAGE:.0f} %"


def calibration_title(run: SavedRun) -> str:
    """State the confidence and the accuracy of the best model, before and after calibration.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "lda says 97 % and is right for 67 %; after calibration it says 68 %". Where neither difference is
        significant, the title states the numbers without contrast.
    """
    model, split = _model(run) or _model(run, calibrated=False), ranking_split(run.info.splits)
    if not model:
        return no_model(run, "no confidence is measured")
    row, name = calibration_of(run, split).loc[model], name_of(run, model)
    accuracy = _accuracies(run, model, split)[1.0]
    if math.isnan(row["overconfidence"]):
        before, right = percents(accuracy + row["overconfidence_before"], accuracy)
        return f"{name} says {before} % and is right for {right} % of the clips; it is not calibrated"
    confidences = [accuracy + row[f"overconfidence{when}"] for when in ("_before", "")]
    before, after, right = percents(*confidences, accuracy)
    ends = [row[f"overconfidence{when}{end}"] for when in ("_before", "") for end in ("_low", "_high")]
    if ends[0] > 0 or ends[1] < 0 or ends[2] > 0 or ends[3] < 0:
        return f"{name} says {before} % and is right for {right} %; after calibration it says {after} %"
    after, right = percents(confidences[1], accuracy)
    return f"{name} is on average {after} % confident, and right for {right} % of the clips"


def calibration_errors_title(run: SavedRun) -> str:
    """State the range of the models' calibration errors, before and after calibration.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "Calibration error of 14 models: 3 to 26 points before calibration, 2 to 6 after it".
    """
    split = ranking_split(run.info.splits)
    models, calibrated = measured_models(run, split, calibrated=False), measured_models(run, split)
    if not models:
        return no_model(run, "no calibration error is measured")
    before, after = calibration_of(run, split)["ece_before"][models], calibration_of(run, split)["ece"][calibrated]
    text = f"Calibration error of {plural(len(models), 'model')}: {from_to(before.min(), before.max())} points"
    if not calibrated:
        return f"{text}, without calibration"
    count = "" if len(calibrated) == len(models) else f" for {len(calibrated)} of them"
    return f"{text} before calibration, {from_to(after.min(), after.max())} after it{count}"


def selection_title(run: SavedRun) -> str:
    """State the accuracy of the best model on the more confident half of the clips.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "On its more confident half, lda is right for 84 % of the clips instead of 67 %".
    """
    model, split = _model(run) or _model(run, calibrated=False), ranking_split(run.info.splits)
    if not model:
        return no_model(run, "no answers are left out")
    accuracies, row, name = _accuracies(run, model, split), calibration_of(run, split).loc[model], name_of(run, model)
    half, whole = percents(accuracies[0.5], accuracies[1.0])
    if row["auroc_low"] > 0.5 and accuracies[0.5] > accuracies[1.0]:
        return f"On its more confident half of the clips, {name} is right for {half} % instead of {whole} %"
    return f"{name} is right for {whole} % of all clips and {half} % of the more confident half"


def sets_title(run: SavedRun) -> str:
    """State how often the prediction sets of the best model hold the true label, and their size.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "90 % sets of lda hold the true label of 89 % of clips, with 2.2 labels on average".
    """
    model, split = _model(run), ranking_split(run.info.splits)
    row = calibration_of(run, split).loc[model] if model else None
    if row is None or math.isnan(row["coverage"]):
        return "No model has prediction sets"
    (share,) = percents(row["coverage"])
    only = "only " if row["coverage_high"] < SET_COVERAGE else ""
    size = f"with {row['set_size']:.1f} labels on average"
    return f"{_AIM} sets of {name_of(run, model)} hold the true label of {only}{share} % of clips, {size}"


def set_coverage_title(run: SavedRun) -> str:
    """State for how many speakers the prediction sets of the best model hold the true label too rarely.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "90 % sets of lda miss the true label too often for 3 of 24 speakers", by the binomial test.
    """
    model, split = _model(run), ranking_split(run.info.splits)
    shares = set_coverage_by_speaker(run, split).loc[model].dropna() if model else None
    if shares is None or shares.empty:
        return "Coverage of prediction sets by speaker is not known"
    below, start = speakers_below_aim(run, model, split), f"{_AIM} sets of {name_of(run, model)} hold the true label"
    if below:
        count = f"{len(below)} of {len(shares)} speakers"
        return f"{_AIM} sets of {name_of(run, model)} miss the true label too often for {count}"
    low, high = percents(shares.min(), shares.max())
    lowest, highest = short(shares.idxmin()), short(shares.idxmax())
    if low == high and len(shares) > 1:
        return f"{start} of {low} % of every speaker’s clips"
    if len(shares) == 1:
        return f"{start} of {low} % of the clips of speaker {lowest}"
    sets = f"{_AIM} sets of {name_of(run, model)} hold the label of"
    return f"{sets} {low} % (speaker {lowest}) to {high} % (speaker {highest}) of clips"


def _model(run: SavedRun, *, calibrated: bool = True) -> str:
    """Return the model with the highest UAR whose probabilities are measured; empty if none is."""
    measured = measured_models(run, ranking_split(run.info.splits), calibrated=calibrated)
    return next((model for model in scored_models(run) if model in measured), "")


def _accuracies(run: SavedRun, model: str, split: str) -> dict[float, float]:
    """Return the accuracy of a model among its most confident clips, by their share."""
    estimates = accuracy_intervals(run, split)[model]
    return {share: estimate.value for share, estimate in zip(SHARES, estimates, strict=True)}
