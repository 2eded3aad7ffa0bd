"""Titles on speakers: whom models recognise worst, groups of clips, and other corpora."""

from __future__ import annotations

import pandas as pd

from ser_bench.core.text import listed
from ser_bench.report.analysis.extremes import speaker_extremes
from ser_bench.report.analysis.groups import comparable_attributes, group_gaps
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.findings.titles.wording import (
    complete_models,
    name_of,
    no_model,
    percents,
    points_range,
    short,
    subject,
)
from ser_bench.runs.results import SavedRun

_RATIOS = {1 / 4: "a quarter", 1 / 3: "a third", 1 / 2: "half", 2 / 3: "two thirds", 3 / 4: "three quarters"}
_NAMES = {"gender": "gender", "intensity": "intensity", "text": "sentence"}
"""Attributes by their columns."""

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
        return no_model(run, "speakers are not compared")
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
        return "UAR by group of clips" if models else no_model(run, "groups of clips are not compared")
    significant = gaps[gaps["low"] > 0].groupby(["attribute", "best", "worst"], sort=False)
    if not len(significant):
        return _no_difference(gaps)
    (name, best, worst), rows = max(significant, key=lambda group: len(group[1]))
    if 2 * len(rows) > len(models):
        return _difference(run, str(name), (str(best), str(worst)), rows, models)
    count = int((gaps.loc[gaps["attribute"] == name, "low"] > 0).sum())
    return f"UAR differs significantly by {_NAMES[str(name)]} for {count} of {len(models)} models"


def _difference(run: SavedRun, attribute: str, groups: tuple[str, str], rows: pd.DataFrame, models: list[str]) -> str:
    """State how many models recognise the first group significantly better than the second one."""
    best, worst = map(short, groups)
    pair = f"“{best}” better than “{worst}”" if attribute == "text" else f"{best} speech better than {worst}"
    points = f"{points_range(rows['gap'].min(), rows['gap'].max())} of UAR"
    return f"{subject(run, len(rows), models, 'recognise')} {pair}, by {points}"


def _no_difference(gaps: pd.DataFrame) -> str:
    """State that no tested gap is significant, or the range of the gaps where none is tested."""
    tested = gaps.dropna(subset=["low"])
    names = listed([_NAMES[name] for name in dict.fromkeys((gaps if tested.empty else tested)["attribute"])])
    if tested.empty:
        return f"UAR by {names}: groups differ by {points_range(gaps['gap'].min(), gaps['gap'].max())}"
    return f"UAR does not differ significantly by {names.replace(' and ', ' or ')}"


def _share(ratio: float) -> str:
    """Write a ratio of scores in words."""
    nearest = min(_RATIOS, key=lambda value: abs(value - ratio))
    return _RATIOS[nearest] if abs(nearest - ratio) <= _TOLERANCE else f"only {100 * ratio:.0f} %"
