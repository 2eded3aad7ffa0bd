"""UAR under each recording condition: a heat map with a row per condition and a column per model."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from ser_bench.audio.conditions import CLEAN
from ser_bench.core.text import listed
from ser_bench.report.analysis.conditions.scores import condition_matrix
from ser_bench.report.analysis.conditions.tested import has_conditions, heard_families
from ser_bench.report.analysis.ranking import ranked_models
from ser_bench.report.analysis.scores import chance_levels, missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.parts import split_colormap, text_colour_on
from ser_bench.report.charts.style import FAINT, RULE, WIDTH, Sheet, new_sheet
from ser_bench.report.charts.text import names_width, shorten, text_width
from ser_bench.report.descriptions import HEARD_NOTE, model_title, model_titles
from ser_bench.report.findings.titles import conditions_title
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_ROW, _SIZE = 0.19, 7.5
_MIN_CELL, _MAX_CELL = 0.22, 0.9
"""Width in inches from which cells have space for digits, and the largest width."""

_STEPS = 7
"""Colours of cells above chance: few, so that neighbours differ visibly."""


@dataclass(frozen=True)
class _Map:
    """What the cells show: UAR in percent, whether the family was heard, both of shape (conditions, models)."""

    models: list[str]
    rows: list[str]
    families: list[str]
    uar: npt.NDArray[np.float64]
    heard: npt.NDArray[np.bool_]
    chance: float

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """The place of each UAR between chance and the highest UAR, in steps; 0 for chance or less only."""
        top = max(np.nanmax(self.uar, initial=0), self.chance + 10)
        places = np.clip((self.uar - self.chance - 1e-9) / (top - self.chance), 0, 1)
        return np.ceil(_STEPS * places) / _STEPS


def _map(run: SavedRun) -> _Map:
    """Return the content of the cells under the split that ranks the models."""
    models = ranked_models(run)
    table = condition_matrix(run, ranking_split(run.info.splits)).reindex(models)
    families = ["", *(condition.family for condition in run.info.conditions)]
    heard = [heard_families(run, model) for model in models]
    return _Map(
        models=models,
        rows=[str(name) for name in table.columns],
        families=families,
        uar=100 * table.to_numpy("float64").T,
        heard=np.array([[family in known for known in heard] for family in families], dtype=bool),
        chance=100 * chance_levels(run)["uar"],
    )


def _draw(run: SavedRun) -> Figure:
    """Draw UAR per condition (rows, by family) and model (columns, the best one on clean clips first)."""
    content, split = _map(run), ranking_split(run.info.splits)
    models = model_titles(run, content.models)
    left = names_width(content.families, 8, 1.2) + names_width(content.rows, 8, 1.6) + 0.1
    cell = min((WIDTH - left - 0.15) / len(models), _MAX_CELL)
    level = max(text_width(name, 8) for name in models) + 0.08 <= cell
    above = 0.25 if level else names_width(models, 8, 1.5) + 0.08
    height, below = _ROW * len(content.rows), 0.34
    shown = f"UAR (%) under each condition, {split} split; the best model on clean clips first"
    title, body = conditions_title(run), below + height + above
    sheet = new_sheet(run, title, shown=shown, body=body, splits=[split], models=content.models)
    ax = sheet.axes(left, below, cell * len(models), height)
    colours = split_colormap(split)
    ax.imshow(content.shares, cmap=colours, vmin=0, vmax=1, interpolation="none", aspect="auto")
    ax.autoscale(enable=False)
    _name_rows(ax, content, left)
    _name_models(ax, models, level=level)
    if cell >= _MIN_CELL:
        _write_cells(ax, content, colours)
    _mark_heard(ax, content, colours, cell)
    _write_missing(ax, run, content, split)
    _draw_key(sheet, content, left)
    return sheet.figure


def _name_rows(ax: Axes, content: _Map, left: float) -> None:
    """Name conditions and, once for each of them, families; lines divide the families."""
    ax.set_axis_off()
    edge, family_at = -0.5 - 0.06 / _inches(ax), -0.5 - (left - 0.15) / _inches(ax)
    for row, name in enumerate(content.rows):
        weight = "bold" if name == CLEAN else "normal"
        text = shorten(name, 1.6, 8)
        ax.text(edge, row, text, size=8, ha="right", va="center_baseline", weight=weight)
    for family, group in itertools.groupby(enumerate(content.families), key=lambda pair: pair[1]):
        first = next(group)[0]
        if family:
            ax.text(family_at, first, shorten(family, 1.2, 8), size=8, color=FAINT, va="center_baseline")
            ax.plot([family_at, ax.get_xlim()[1]], [first - 0.5] * 2, color=RULE, linewidth=0.8, clip_on=False)


def _inches(ax: Axes) -> float:
    """Return the width of a column in inches."""
    return float(ax.bbox.width / ax.figure.dpi / (ax.get_xlim()[1] - ax.get_xlim()[0]))


def _name_models(ax: Axes, models: list[str], *, level: bool) -> None:
    """Name the columns above them."""
    style: dict[str, Any] = {"size": 8, "va": "bottom", "ha": "center", "rotation": 0 if level else 90}
    for column, name in enumerate(models):
        ax.text(column, -0.7, shorten(name, 1.5, 8), **style)


def _write_cells(ax: Axes, content: _Map, colours: Colormap) -> None:
    """Write UAR into the cells, one colour of text after the other, which keeps the SVG small."""
    inks = {(r, c): text_colour_on(colours, content.shares[r, c]) for r, c in np.argwhere(np.isfinite(content.uar))}
    for (row, column), colour in sorted(inks.items(), key=lambda item: (item[1], item[0])):
        text = f"{content.uar[row, column]:.0f}"
        ax.text(column, row, text, size=_SIZE, ha="center", va="center_baseline", color=colour)


def _mark_heard(ax: Axes, content: _Map, colours: Colormap, cell: float) -> None:
    """Draw a dot right of the number where the model heard the family in training."""
    cells = np.argwhere(content.heard & np.isfinite(content.uar))
    inks = [text_colour_on(colours, content.shares[row, column]) for row, column in cells]
    if inks:
        ax.scatter(cells[:, 1] + min(0.11 / cell, 0.42), cells[:, 0], s=5, c=inks, linewidths=0)


def _write_missing(ax: Axes, run: SavedRun, content: _Map, split: str) -> None:
    """Write why a column is empty."""
    notes = missing_folds(run)
    for column, model in enumerate(content.models):
        if note := notes[model, split]:
            style: dict[str, Any] = {"size": 8, "rotation": 90, "ha": "center", "va": "top", "style": "italic"}
            ax.text(column, 0, shorten(f"n/a: {note}", _ROW * len(content.rows), 8), color=FAINT, **style)


def _draw_key(sheet: Sheet, content: _Map, left: float) -> None:
    """Explain the colours and the dots below the cells."""
    text = f"White: chance ({content.chance:.1f} %) or less"
    sheet.text(left, 0.1, text, size=8, color=FAINT)
    if content.heard.any():
        sheet.text(left + text_width(text, 8) + 0.25, 0.1, HEARD_NOTE, size=8, color=FAINT)


def _alt_text(run: SavedRun) -> str:
    content = _map(run)
    known = [(model, heard_families(run, model)) for model in content.models]
    heard = [f"{model_title(run, model)} heard {listed(families)}" for model, families in known if families]
    best = content.uar[:, 0]
    if not np.isfinite(best).all():
        return "UAR of each model under each condition. No model has a score under every condition."
    order = np.argsort(best, kind="stable")[:3]
    lowest = ", ".join(f"{content.rows[row]} {percent(best[row] / 100)} %" for row in order)
    trained = f" In training, {'; '.join(heard)}." if heard else " No model heard a condition in training."
    return (
        f"UAR of each model under each condition. {model_title(run, content.models[0])} has "
        f"{percent(best[0] / 100)} % on clean clips, and the least under {lowest}.{trained}"
    )


CHART = Chart(
    name="conditions",
    title="UAR under recording conditions",
    section=None,  # the page shows a table
    order=76,
    draw=_draw,
    finding=conditions_title,
    alt_text=_alt_text,
    applies_to=lambda run: has_conditions(run) and bool(ranked_models(run)),
)
