"""For whom models fail: UAR by gender, intensity and sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.analysis import failures
from ser_bench.report.analysis.scores import BASELINES, missing_folds, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.parts import head_beside, model_axis, write_across, write_beside
from ser_bench.report.charts.style import (
    FAINT,
    WIDTH,
    Sheet,
    names_width,
    new_sheet,
    shorten,
    split_colour,
    text_width,
)
from ser_bench.report.formatting import percent, plural
from ser_bench.runs.results import SavedRun

_ROW, _LINE, _BELOW = 0.3, 0.17, 0.72
_MARKERS = ("o", "^", "s", "D")
"""A shape per group, so that none is told by its colour alone; with more groups only the extremes are named."""


@dataclass(frozen=True)
class _Panel:
    """What one attribute's panel shows: ``scores`` are fractions, models by groups in the order of names."""

    attribute: str
    scores: pd.DataFrame
    clips: pd.Series
    gaps: pd.DataFrame
    lacking: tuple[str, ...]

    @property
    def named(self) -> bool:
        """Say whether each group has a marker of its own."""
        return self.scores.shape[1] <= len(_MARKERS)

    @property
    def extremes(self) -> list[str]:
        """The worst and best group of each model, as written beside its row; empty where all have markers."""
        if self.named:
            return []
        pairs = zip(self.gaps["worst"], self.gaps["best"], strict=True)
        return [f"{shorten(low, 0.7, 7.5)} to {shorten(high, 0.7, 7.5)}" if low else "" for low, high in pairs]

    @property
    def room(self) -> float:
        """Inches for the texts right of the panel."""
        return 0.62 + (max(text_width(text, 7.5) for text in self.extremes) + 0.1 if self.extremes else 0)


def _draw(run: SavedRun) -> Figure:
    """Draw a panel per attribute with each learner's UAR per group, over the classes that all groups share."""
    split = ranking_split(run.info.splits)
    models = [model for model in summarise(run)["model"] if model in failures.trained_models(run)]
    panels = _panels(run, split, models)
    left = names_width(models, 9) + 0.1
    width = (WIDTH - left - 0.1 - sum(panel.room for panel in panels)) / len(panels)
    heads = [_head_rows(panel, width + panel.room - 0.15) for panel in panels]
    height, above = _ROW * len(models), 0.48 + _LINE * max(map(len, heads))
    title = f"UAR by {_listed([panel.attribute for panel in panels])} under the {split} split"
    sheet = new_sheet(run, title, body=_BELOW + height + above, splits=[split])
    limits = _limits(panels)
    x = left
    for panel, rows in zip(panels, heads, strict=True):
        ax = sheet.axes(x, _BELOW, width, height)
        ax.set_xlim(*limits)
        _dumbbells(ax, panel, split_colour(split))
        model_axis(ax, models, left - 0.2)
        ax.tick_params(axis="y", labelleft=panel is panels[0])
        ax.grid(axis="x")
        _beside(ax, run, panel, split)
        _head(sheet, panel, rows, (x, _BELOW + height + above), split_colour(split))
        x += width + panel.room
    sheet.text(
        left + (WIDTH - left) / 2, 0.34, "UAR (%) over the classes that all groups of a panel share", ha="center"
    )
    sheet.text(0.15, 0.1, "gap: best group minus worst, in points", size=8, color=FAINT)
    return sheet.figure


def _panels(run: SavedRun, split: str, models: Sequence[str]) -> list[_Panel]:
    """Return a panel per attribute whose groups share a class."""
    table, gaps = failures.group_scores(run, split), failures.group_gaps(run, split)
    tested = set(run.predictions.loc[run.predictions["split"] == split, "true"])
    spoken = [label for label in run.labels if label in tested]
    panels = []
    for attribute in failures.comparable_attributes(run, split):
        mine = table[table["attribute"] == attribute]
        scores = mine.set_index(["model", "group"])["uar_shared"].unstack()
        shared = failures.shared_classes(run, split, attribute)
        panels.append(
            _Panel(
                attribute="sentence" if attribute == "text" else attribute,
                scores=scores.reindex(models),
                clips=mine.groupby("group")["clips"].first(),
                gaps=gaps[gaps["attribute"] == attribute].set_index("model").reindex(models),
                lacking=tuple(label for label in spoken if label not in shared),
            )
        )
    return panels


def _limits(panels: Sequence[_Panel]) -> tuple[float, float]:
    """Return a scale in percent for all panels; dots, unlike bars, need not start from zero."""
    values = np.concatenate([100 * panel.scores.to_numpy().ravel() for panel in panels])
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 100.0
    low, high = 5 * np.floor(values.min() / 5) - 2, 5 * np.ceil(values.max() / 5) + 2
    return float(max(low, -2)), float(max(high, low + 20))


def _style(place: int, panel: _Panel, colour: str) -> dict[str, Any]:
    """Return the look of a group's dots: a shape of its own, filled and hollow by turns."""
    if not panel.named:
        return {"marker": "|", "markersize": 9, "markeredgewidth": 1.6, "color": colour}
    fill = colour if place % 2 == 0 else "white"
    return {"marker": _MARKERS[place], "markersize": 6.5, "markerfacecolor": fill, "markeredgecolor": colour}


def _dumbbells(ax: Axes, panel: _Panel, colour: str) -> None:
    """Draw a row per model: a dot per group, joined by a bar from the worst to the best."""
    values, rows = 100 * panel.scores.to_numpy(), range(len(panel.scores))
    ax.hlines(rows, values.min(axis=1), values.max(axis=1), color=colour, linewidth=4, alpha=0.3)
    for place in range(values.shape[1]):
        ax.plot(values[:, place], rows, linestyle="none", **_style(place, panel, colour))


def _beside(ax: Axes, run: SavedRun, panel: _Panel, split: str) -> None:
    """Write each model's gap right of its row, with its extremes where dots have no names; or why there is none."""
    notes = missing_folds(run)
    for row, (model, gap) in enumerate(panel.gaps["gap"].items()):
        if notes[str(model), split]:
            write_across(ax, f"n/a: {notes[str(model), split]}", row)
        else:
            write_beside(ax, f"{100 * gap:.1f}", row, 30, size=9, weight="bold", ha="right")
    for row, text in enumerate(panel.extremes):
        write_beside(ax, text, row, 36, size=7.5, color=FAINT)
    head_beside(ax, "gap", 30, ha="right")
    if panel.extremes:
        head_beside(ax, "worst to best", 36, ha="left")


def _head_rows(panel: _Panel, room: float) -> list[list[tuple[int, str]]]:
    """Share the legend's entries out over rows no wider than ``room`` inches: a group's place and its text."""
    entries = []
    if panel.named:
        known = panel.clips.items()
        entries = [(place, _entry(str(name), clips, room)) for place, (name, clips) in enumerate(known)]
    else:
        few, many = panel.clips.min(), panel.clips.max()
        each = f"{few:,}" if few == many else f"{few:,} to {many:,}"
        entries = [(0, shorten(f"one of {len(panel.clips)}, {each} clips each", room - 0.2, 8))]
    rows: list[list[tuple[int, str]]] = [[]]
    for entry in entries:
        if rows[-1] and sum(_needs(text) for _, text in (*rows[-1], entry)) > room:
            rows.append([])
        rows[-1].append(entry)
    if panel.lacking:
        rows.append([(-1, shorten(f"without {', '.join(panel.lacking)}", room, 8))])
    return rows


def _entry(name: str, clips: int, room: float) -> str:
    """Write a group's name, cut where it is long, and its clips."""
    size = f" ({plural(clips, 'clip')})"
    return shorten(name, room - 0.2 - text_width(size, 8), 8) + size


def _needs(text: str) -> float:
    return text_width(text, 8) + 0.3


def _head(
    sheet: Sheet, panel: _Panel, rows: Sequence[Sequence[tuple[int, str]]], corner: tuple[float, float], colour: str
) -> None:
    """Write the attribute and its legend downwards from a corner in inches."""
    left, top = corner
    sheet.text(left, top - 0.04, panel.attribute, size=9.5, weight="bold", va="top")
    width = sheet.width - left
    ax = sheet.axes(left, top - 0.24 - _LINE * len(rows), width, _LINE * len(rows))
    ax.set_axis_off()
    ax.set_xlim(0, width)
    ax.set_ylim(len(rows), 0)
    for row, entries in enumerate(rows):
        x = 0.0
        for place, text in entries:
            if place >= 0:
                ax.plot([x + 0.05], [row + 0.5], **_style(place, panel, colour))
            ax.text(x + (0.15 if place >= 0 else 0), row + 0.5, text, size=8, va="center_baseline")
            x += _needs(text)


def _listed(names: Sequence[str]) -> str:
    """Write names as one does in a sentence: ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _alt_text(run: SavedRun) -> str:
    gaps = failures.group_gaps(run, ranking_split(run.info.splits))
    means = gaps[~gaps["model"].isin(BASELINES)].groupby("attribute", sort=False)["gap"].mean().dropna()
    listed = ", ".join(f"{attribute} {percent(gap)} points" for attribute, gap in means.items())
    return (
        "UAR of each model per group of clips, over the classes that all groups share. "
        f"Mean difference between the best and the worst group: {listed or 'no model finished'}."
    )


CHART = Chart(
    name="groups",
    title="UAR by group of clips",
    order=95,
    draw=_draw,
    alt_text=_alt_text,
    applies_to=lambda run: bool(failures.comparable_attributes(run, ranking_split(run.info.splits))),
)
