"""UAR by group of clips: gender, intensity and sentence, a panel per attribute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.core.text import listed, number_range, plural
from ser_bench.report.analysis import groups
from ser_bench.report.analysis.exposure import ranked_learners, unranked_learners
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.ranking import ranked_models
from ser_bench.report.analysis.scores import missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.parts import heading_beside, model_axis, note_across, text_beside
from ser_bench.report.charts.style import FAINT, WIDTH, Sheet, new_sheet, split_colour
from ser_bench.report.charts.text import names_width, shorten, text_width
from ser_bench.report.descriptions import model_titles
from ser_bench.report.findings.titles import groups_title
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_ROW, _LINE, _BELOW = 0.3, 0.17, 0.72
_MARKERS = ("o", "^", "s", "D")
"""A shape per group, so that colour alone identifies none; with more groups only the extremes are named."""

_BOLD = "its 95 % interval over speakers excludes 0"

LegendRow = list[tuple[int, str]]
"""The entries of a row of a panel's legend: index of the group, -1 for a remark, and text."""


@dataclass(frozen=True)
class _Panel:
    """The content of one attribute's panel: ``scores`` are fractions, models by groups in the order of names."""

    attribute: str
    scores: pd.DataFrame
    clips: pd.Series
    gaps: pd.DataFrame
    missing_classes: tuple[str, ...]
    corpora: tuple[str, ...] = ()

    @property
    def has_markers(self) -> bool:
        """Whether each group has a marker of its own."""
        return len(self.scores.columns) <= len(_MARKERS)

    @property
    def extremes(self) -> list[str]:
        """The worst and best group of each model, for the text beside its row; empty where all have markers."""
        if self.has_markers:
            return []
        pairs = zip(self.gaps["worst"], self.gaps["best"], strict=True)
        return [f"{shorten(low, 0.7, 7.5)} to {shorten(high, 0.7, 7.5)}" if low else "" for low, high in pairs]

    @property
    def margin(self) -> float:
        """Space in inches for the texts right of the panel."""
        return 0.62 + (max(text_width(text, 7.5) for text in self.extremes) + 0.1 if self.extremes else 0)


def _draw(run: SavedRun) -> Figure:
    """Draw a panel per attribute with each model's UAR per group, over the classes that all groups share."""
    split = ranking_split(run.info.splits)
    models = ranked_models(run)
    panels = _panels(run, split, models)
    titles = model_titles(run, models)
    left = names_width(titles, 9) + 0.1
    width = (WIDTH - left - 0.1 - sum(panel.margin for panel in panels)) / len(panels)
    legends = [_legend_rows(panel, width + panel.margin - 0.15) for panel in panels]
    height, above = _ROW * len(models), 0.48 + _LINE * max(map(len, legends))
    shown = f"UAR by {listed([panel.attribute for panel in panels])} under the {split} split"
    sheet = new_sheet(run, groups_title(run), shown=shown, body=_BELOW + height + above, splits=[split], models=models)
    limits = _limits(panels)
    x = left
    for panel, legend in zip(panels, legends, strict=True):
        ax = sheet.axes(x, _BELOW, width, height)
        ax.set_xlim(*limits)
        _draw_scores(ax, panel, split_colour(split))
        model_axis(ax, titles, left - 0.2)
        ax.tick_params(axis="y", labelleft=panel is panels[0])
        ax.grid(axis="x")
        _write_gaps(ax, run, panel, split)
        _draw_legend(sheet, panel, legend, (x, _BELOW + height + above), split_colour(split))
        x += width + panel.margin
    caption = "UAR (%) over the classes that all groups of a panel share"
    sheet.text(left + (WIDTH - left) / 2, 0.34, caption, ha="center")
    sheet.text(0.15, 0.1, f"gap: highest group minus lowest, in points; bold: {_BOLD}", size=8, color=FAINT)
    return sheet.figure


def _panels(run: SavedRun, split: str, models: Sequence[str]) -> list[_Panel]:
    """Return a panel per attribute whose groups share a class."""
    table, gaps = groups.group_scores(run, split), groups.group_gaps(run, split)
    tested = set(run.predictions.loc[run.predictions["split"] == split, "true"])
    panels = []
    for attribute in groups.comparable_attributes(run, split):
        rows = table[table["attribute"] == attribute]
        scores = rows.set_index(["model", "group"])["uar_shared"].unstack()
        shared = groups.shared_classes(run, split, attribute)
        panels.append(
            _Panel(
                attribute=_name(attribute),
                scores=scores.reindex(models),
                clips=rows.groupby("group")["clips"].first(),
                gaps=gaps[gaps["attribute"] == attribute].set_index("model").reindex(models),
                missing_classes=tuple(label for label in run.labels if label in tested and label not in shared),
                corpora=tuple(filter(None, groups.compared_corpora(run, split, attribute))),
            )
        )
    return panels


def _name(attribute: str) -> str:
    """Return the name of a column of the clip table for readers."""
    return "sentence" if attribute == "text" else attribute


def _limits(panels: Sequence[_Panel]) -> tuple[float, float]:
    """Return a scale in percent for all panels; dots, unlike bars, need not start from zero."""
    values = np.concatenate([100 * panel.scores.to_numpy().ravel() for panel in panels])
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 100.0
    low, high = 5 * np.floor(values.min() / 5) - 2, 5 * np.ceil(values.max() / 5) + 2
    return float(max(low, -2)), float(max(high, low + 20))


def _marker_style(group: int, panel: _Panel, colour: str) -> dict[str, Any]:
    """Return the look of a group's dots: a shape of its own, alternately filled and hollow."""
    if not panel.has_markers:
        return {"marker": "|", "markersize": 9, "markeredgewidth": 1.6, "color": colour}
    fill = colour if group % 2 == 0 else "white"
    return {"marker": _MARKERS[group], "markersize": 6.5, "markerfacecolor": fill, "markeredgecolor": colour}


def _draw_scores(ax: Axes, panel: _Panel, colour: str) -> None:
    """Draw a row per model: a dot per group, joined by a bar from the worst to the best."""
    values, rows = 100 * panel.scores.to_numpy(), range(len(panel.scores))
    ax.hlines(rows, values.min(axis=1), values.max(axis=1), color=colour, linewidth=4, alpha=0.3)
    for group in range(values.shape[1]):
        ax.plot(values[:, group], rows, linestyle="none", **_marker_style(group, panel, colour))


def _write_gaps(ax: Axes, run: SavedRun, panel: _Panel, split: str) -> None:
    """Write each model's gap right of its row, with its extremes where groups have no markers; or the missing folds."""
    notes = missing_folds(run)
    for row, (model, gap) in enumerate(panel.gaps["gap"].items()):
        if notes[str(model), split]:
            note_across(ax, f"n/a: {notes[str(model), split]}", row)
        else:
            weight = "bold" if panel.gaps["low"].iloc[row] > 0 else "normal"
            text_beside(ax, f"{100 * gap:.1f}", row, 30, size=9, weight=weight, ha="right")
    for row, text in enumerate(panel.extremes):
        text_beside(ax, text, row, 36, size=7.5, color=FAINT)
    heading_beside(ax, "gap", 30, ha="right")
    if panel.extremes:
        heading_beside(ax, "lowest to highest", 36, ha="left")


def _legend_rows(panel: _Panel, width: float) -> list[LegendRow]:
    """Distribute the entries of a panel's legend over rows no wider than ``width`` inches."""
    if panel.has_markers:
        counts = enumerate(panel.clips.items())
        entries = [(group, _entry(str(name), clips, width)) for group, (name, clips) in counts]
    else:
        each = number_range(panel.clips.min(), panel.clips.max())
        entries = [(0, shorten(f"one of {len(panel.clips)}, {each} clips each", width - 0.2, 8))]
    rows: list[LegendRow] = [[]]
    for entry in entries:
        if rows[-1] and sum(_entry_width(text) for _, text in (*rows[-1], entry)) > width:
            rows.append([])
        rows[-1].append(entry)
    if panel.corpora:
        rows.append([(-1, shorten(f"within {', '.join(panel.corpora)}", width, 8))])
    if panel.missing_classes:
        rows.append([(-1, shorten(f"without {', '.join(panel.missing_classes)}", width, 8))])
    return rows


def _entry(name: str, clips: int, width: float) -> str:
    """Return a group's name, shortened if necessary, and its number of clips."""
    count = f" ({plural(clips, 'clip')})"
    return shorten(name, width - 0.2 - text_width(count, 8), 8) + count


def _entry_width(text: str) -> float:
    return text_width(text, 8) + 0.3


def _draw_legend(
    sheet: Sheet, panel: _Panel, rows: Sequence[LegendRow], corner: tuple[float, float], colour: str
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
        for group, text in entries:
            if group >= 0:
                ax.plot([x + 0.05], [row + 0.5], **_marker_style(group, panel, colour))
            ax.text(x + (0.15 if group >= 0 else 0), row + 0.5, text, size=8, va="center_baseline")
            x += _entry_width(text)


def _alt_text(run: SavedRun) -> str:
    gaps = groups.group_gaps(run, ranking_split(run.info.splits))
    ranking = ranked_learners(run)
    gaps = gaps[gaps["model"].isin(ranking or trained_models(run))].dropna(subset=["gap"])
    models = "ranked model" if ranking and unranked_learners(run) else "model"
    listed = []
    for attribute, part in gaps.groupby("attribute", sort=False):
        above, known = int((part["low"] > 0).sum()), int(part["low"].notna().sum())
        clear = f"the interval excludes 0 for {above} of {plural(known, models)}" if known else "no interval"
        listed.append(f"{_name(str(attribute))} {percent(part['gap'].mean())} points ({clear})")
    return (
        "UAR of each model per group of clips, over the classes that all groups share. "
        f"Mean difference between the highest and the lowest group: {', '.join(listed) or 'no model finished'}."
    )


CHART = Chart(
    name="groups",
    title="UAR by group of clips",
    order=95,
    section=None,
    draw=_draw,
    finding=groups_title,
    alt_text=_alt_text,
    applies_to=lambda run: bool(groups.comparable_attributes(run, ranking_split(run.info.splits))),
)
