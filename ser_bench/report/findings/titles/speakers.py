"""Titles on speakers: whom models recognise worst, groups of clips, and other corpora."""

from __future__ import annotations

import pandas as pd

from ser_bench.core.text import listed
from ser_bench.report.analysis.extremes import speaker_extremes
from ser_bench.report.analysis.groups import comparable_attributes, group_gaps
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.findings.titles.wording import (
    complete_models,
    from_to,
    name_of,
    no_model,
    percents,
    short,
    subject,
)
from ser_bench.runs.results import SavedRun

_RATIOS = {1 / 4: "a quarter", 1 / 3: "a third", 1 / 2: "half", 2 / 3: "two thirds", 3 / 4: "three quarters"}
_TOLERANCE = 0.03
"""The largest distance of a ratio from the fraction that names it."""


def speakers_title(run: SavedRun) -> str:
    """State how far the UAR of the best model differs between speakers.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "lda recognises speaker 09 half as well as speaker 16: UAR 38 and 77 %"; the range of the UARs where
        the extremes do not differ significantly.
    """
    models = complete_models(run)
    if not models:
        return no_model(run)
    extremes, model = speaker_extremes(run, models[0], ranking_split(run.info.splits)), name_of(run, models[0])
    if extremes is None:
        return "Speakers are unknown, so no score belongs to a speaker"
    low, high = percents(extremes.low, extremes.high)
    worst, best = f"speaker {short(extremes.lowest)}", f"speaker {short(extremes.highest)}"
    if extremes.count == 1:
        return f"{model} has a UAR of {low} % for {worst}, the only test speaker"
    if not extremes.significant:
        return f"The UAR of {model} is between {low} % ({worst}) and {high} % ({best})"
    return (
        f"{model} recognises {worst} {_share(extremes.low / extremes.high)} as well as {best}: UAR {low} and {high} %"
    )


def groups_title(run: SavedRun, attribute: str = "") -> str:
    """State between which groups of clips the UAR of models differs significantly.

    Parameters
    ----------
    run : SavedRun
    attribute : {'', 'gender', 'intensity', 'text'}
        The attribute of the groups; empty for the one whose groups differ for the most models.

    Returns
    -------
    str
        Such as "11 of 12 models recognise female speech better than male, by 4 to 9 points of UAR".
    """
    split = ranking_split(run.info.splits)
    models, gaps = complete_models(run), group_gaps(run, split)
    attributes = [name for name in comparable_attributes(run, split) if attribute in ("", name)]
    gaps = gaps[gaps["model"].isin(models) & gaps["attribute"].isin(attributes)]
    if gaps.empty:
        return "UAR by group of clips" if models else no_model(run)
    significant = gaps[gaps["low"] > 0].groupby(["attribute", "best", "worst"], sort=False)
    if not len(significant):
        return _no_difference(gaps, attributes)
    (name, best, worst), rows = max(significant, key=lambda group: len(group[1]))
    return _difference(run, str(name), (str(best), str(worst)), rows, models)


def _difference(run: SavedRun, attribute: str, groups: tuple[str, str], rows: pd.DataFrame, models: list[str]) -> str:
    """State how many models recognise the first group significantly better than the second one."""
    best, worst = map(short, groups)
    pair = f"“{best}” better than “{worst}”" if attribute == "text" else f"{best} speech better than {worst}"
    points = f"{from_to(rows['gap'].min(), rows['gap'].max())} points of UAR"
    return f"{subject(run, len(rows), models, 'recognise')} {pair}, by {points}"


def _no_difference(gaps: pd.DataFrame, attributes: list[str]) -> str:
    """State that no gap is significant, or that none has an interval."""
    names = listed(["sentence" if name == "text" else name for name in attributes])
    if gaps["low"].isna().all():
        return f"UAR by {names}: groups differ by {from_to(gaps['gap'].min(), gaps['gap'].max())} points"
    return f"UAR does not differ significantly by {names}"


def _share(ratio: float) -> str:
    """Write a ratio of scores in words."""
    nearest = min(_RATIOS, key=lambda value: abs(value - ratio))
    return _RATIOS[nearest] if abs(nearest - ratio) <= _TOLERANCE else f"only {100 * ratio:.0f} %"
