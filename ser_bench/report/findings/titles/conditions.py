"""Titles on recording conditions: what the best model loses, by level, and how stable its labels are."""

from __future__ import annotations

import math

from ser_bench.core.text import plural
from ser_bench.report.analysis.conditions.levels import levelled_kinds
from ser_bench.report.analysis.conditions.stability import changed_labels
from ser_bench.report.analysis.conditions.tested import audible_conditions
from ser_bench.report.analysis.conditions.weaknesses import corrected_losses, steepest_kind
from ser_bench.report.analysis.ranking import best_model
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.findings.titles.wording import from_to, name_of, no_model, percents, points_range
from ser_bench.runs.results import SavedRun


def conditions_title(run: SavedRun) -> str:
    """State what the best model loses under audible recording conditions.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "lda loses 14 to 46 points of UAR under every recording condition", where every loss is significant;
        else the number of significant ones, or the range of its UARs.
    """
    tested, best = audible_conditions(run), best_model(run)
    if not tested:
        return "No audible recording condition was tested"
    if best is None:
        return no_model(run, "recording conditions cost nothing that is known")
    losses, model = corrected_losses(run, best, tuple(condition.name for condition in tested)), name_of(run, best)
    significant = losses[losses["low"] > 0]["loss"]
    every = "a recording condition" if len(losses) == 1 else f"all {len(losses)} recording conditions"
    if len(significant) and len(significant) == len(losses):
        return f"{model} loses {points_range(significant.min(), significant.max())} of UAR under {every}"
    if len(significant):
        lost = points_range(significant.min(), significant.max())
        return f"{model} loses UAR significantly under {len(significant)} of {len(losses)} conditions: {lost}"
    uar = f"{model} has a UAR of {from_to(losses['uar'].min(), losses['uar'].max())} % under {every}"
    return uar if losses["low"].isna().any() else f"{uar}, without a significant loss"


def levels_title(run: SavedRun) -> str:
    """State the UAR of the best model at the mildest and the hardest level of the kind that costs it most.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "lda has a UAR of 40 % in white noise at 10 dB SNR, and 21 % at 0 dB SNR".
    """
    kinds, best = levelled_kinds(run), best_model(run)
    if not kinds:
        return "No recording condition was tested at several levels"
    if best is None:
        return no_model(run, "no level is compared")
    worst = steepest_kind(run)
    if worst is None:
        return "No recording condition has a UAR at several levels"
    uar = corrected_losses(run, best, worst.conditions)["uar"]
    mild, hard = worst.conditions[0], worst.conditions[-1]
    phrase = next(condition.phrase for condition in run.info.conditions if condition.name == mild)
    first, last = percents(uar[mild], uar[hard])
    return f"{name_of(run, best)} has a UAR of {first} % {phrase}, and {last} % at {worst.levels[-1]} {worst.unit}"


def stability_title(run: SavedRun) -> str:
    """State how many labels of the best model change under inaudible changes.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "Inaudible changes alter 0.3 to 2.4 % of the labels of lda".
    """
    table, best = changed_labels(run), best_model(run)
    if table.empty:
        return "No inaudible change was tested"
    if best is None:
        return no_model(run, "no label is compared")
    rows = table[(table["model"] == best) & (table["split"] == ranking_split(run.info.splits))]
    shares = [share for share in rows["changed"] if not math.isnan(share)]
    if not shares:
        return f"No clip of {name_of(run, best)} has an inaudible change"
    changes = "An inaudible change alters" if len(shares) == 1 else f"{plural(len(shares), 'inaudible change')} alter"
    return f"{changes} {from_to(min(shares), max(shares))} % of the labels of {name_of(run, best)}"
