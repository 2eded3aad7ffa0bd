"""Titles on speakers: whom models recognise worst, groups of clips, and other corpora."""

from __future__ import annotations

import pandas as pd

from ser_bench.core.text import listed
from ser_bench.report.analysis.extremes import speaker_extremes
from ser_bench.report.analysis.groups import comparable_attributes, group_gaps
from ser_bench.report.analysis.ranking import scored_models
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.findings.titles.wording import (
    name_of,
    no_model,
    percents,
    points_range,
    short,
    subject,
)
from ser_bench.runs.results import SavedRun

_NAMES = {"gender": "gender", "intensity": "intensity", "text": "sentence"}
"""Attributes by their columns."""


def speakers_title(run: SavedRun) -> str:
    """State how far the UAR of the best model differs between speakers.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "The UAR of lda is 38 % for speaker 09, but 77 % for speaker 16"; the range of the UARs where the
        extremes do not differ significantly.
    """
    models = scored_models(run)
    if not models:
        return no_model(run, "speakers are not compared")
    extremes, model = speaker_extremes(run, models[0], ranking_split(run.info.splits)), name_of(run, models[0])
    if extremes is None:
        return "Speakers are unknown, so no score belongs to a speaker"
    low, high = percents(extremes.low, extremes.high)
    worst, best = f"speaker {short(extremes.lowest)}", f"speaker {short(extremes.highest)}"
    if extremes.count == 1:
        return f"{model} has a UAR of {low} % for {worst}, the only test speaker"
    if low == high:
        return f"{model} has a UAR of {low} % for each of {extremes.count} speakers"
    if not extremes.significant:
        return f"The UAR of {model} is between {low} % ({worst}) and {high} % ({best})"
    return f"The UAR of {model} is {low} % for {worst}, but {high} % for {best}"


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
    models, gaps = scored_models(run), group_gaps(run, split)
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
    return _few_differences(gaps[gaps["attribute"] == name], models)


def _difference(run: SavedRun, attribute: str, groups: tuple[str, str], rows: pd.DataFrame, models: list[str]) -> str:
    """State how many models recognise the first group significantly better than the second one."""
    best, worst = map(short, groups)
    pair = f"“{best}” better than “{worst}”" if attribute == "text" else f"{best} speech better than {worst}"
    points = f"{points_range(rows['gap'].min(), rows['gap'].max())} of UAR"
    return f"{subject(run, len(rows), models, 'recognise')} {pair}, by {points}"


def _few_differences(gaps: pd.DataFrame, models: list[str]) -> str:
    """Count the models that recognise groups significantly differently, corrected for the number of models."""
    name, count = _NAMES[str(gaps["attribute"].iloc[0])], int((gaps["low_of_all"] > 0).sum())
    if not count:  # a few of many intervals exclude 0 by chance
        return f"UAR does not differ significantly by {name} for most models"
    return f"UAR differs significantly by {name} for at least {count} of {len(models)} models"


def _no_difference(gaps: pd.DataFrame) -> str:
    """State that no tested gap is significant, or the range of the gaps where none is tested."""
    tested = gaps.dropna(subset=["low"])
    names = listed([_NAMES[name] for name in dict.fromkeys((gaps if tested.empty else tested)["attribute"])])
    if tested.empty:
        return f"UAR by {names}: groups differ by {points_range(gaps['gap'].min(), gaps['gap'].max())}"
    return f"UAR does not differ significantly by {names.replace(' and ', ' or ')}"
