"""The rows of the overview: the marks of each model, and their samples in the legend."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ser_bench.report.analysis.scores import missing_folds
from ser_bench.report.charts.keys import Key
from ser_bench.report.charts.overview_content import Overview
from ser_bench.report.charts.parts import note_across
from ser_bench.report.charts.style import FAINT, INK, split_colour

_STRIP, _BAND = 0.36, 0.21
"""Half the height of the strip of speakers and of the band of the interval; a row is 1 high."""

_SAMPLES = {"start": 0.06, "random": 0.12, "bracket": 0.1, "published": 0.24}
"""Width in inches of the samples in the legend that are narrower than the others."""

_BAND_ALPHA, _STRIP_COLOUR = 0.3, "#b4b4b4"

PART_STYLES: dict[str, dict[str, Any]] = {
    "voice": {"color": INK, "linewidth": 2.0},
    "takes": {"color": INK, "linewidth": 2.4, "linestyle": (0, (0.7, 0.7))},
    "total": {"color": FAINT, "linewidth": 2.0},
}
"""Look of the whole gap, or of its parts."""


def draw_models(ax: Axes, view: Overview) -> None:
    """Draw a row per model, or the missing folds of a model without a score.

    Parameters
    ----------
    ax : Axes
        With its final horizontal scale.
    view : Overview
    """
    notes, colour = missing_folds(view.run), split_colour(view.split)
    for row, (model, values) in enumerate(zip(view.models, view.scores, strict=True)):
        if notes[model, view.split]:
            note_across(ax, f"n/a: {view.split} {notes[model, view.split]}", row)
            continue
        _strip(ax, view.speakers[row], row)
        _band(ax, values[1:], row, colour)
        _gap(ax, view, model, row)
        _dot(ax, values[0], row, colour)


def draw_published(ax: Axes, view: Overview) -> None:
    """Draw a row per split with published scores: a tick each, and a dot for the best model of the run there.

    Parameters
    ----------
    ax : Axes
    view : Overview
    """
    for row, split in enumerate(view.published_splits, start=len(view.models)):
        values = 100 * view.published.loc[view.published["split"] == split, "uar"].to_numpy("float64")
        _ticks(ax, values, row, 0.3, color=split_colour(split), linewidth=1.6)
        _dot(ax, 100 * view.best_under(split), row, split_colour(split))
    if view.published_splits:
        ax.axhline(len(view.models) - 0.5, color=_STRIP_COLOUR, linewidth=0.7)


def keys_of(view: Overview, texts: dict[str, str]) -> list[Key]:
    """Return samples of the marks.

    Parameters
    ----------
    view : Overview
    texts : dict of str to str
        What each mark means, by its name: ``score``, ``speakers``, ``start``, ``random``, ``voice``, ``takes``,
        ``total``, ``bracket`` or ``published``.

    Returns
    -------
    list of Key
    """
    widths = {mark: _SAMPLES.get(mark, 0.34) for mark in texts}
    return [Key(text, partial(_sample, view, mark, widths[mark]), widths[mark]) for mark, text in texts.items()]


def _sample(view: Overview, mark: str, width: float, ax: Axes, x: float, y: float) -> None:
    """Draw the sample of a mark on axes in inches with rows 1 high."""
    colour, middle = split_colour(view.split), x + width / 2
    if mark == "score":
        _band(ax, np.array([x, x + width] if view.has_intervals else [np.nan, np.nan]), y, colour)
        _dot(ax, middle, y, colour)
    elif mark == "speakers":
        _strip(ax, x + width * np.array([0.0, 0.2, 0.38, 0.47, 0.6, 0.66, 1.0]), y)
    elif mark == "start" and view.pair:
        _ticks(ax, np.array([middle]), y, 0.25, color=split_colour(view.pair.independent), linewidth=1.6)
    elif mark == "random":
        _ring(ax, middle, y)
    elif mark == "published":
        style: dict[str, Any] = {"color": split_colour(view.published_splits[0]), "linewidth": 1.6}
        _ticks(ax, x + width * np.array([0.1, 0.4, 0.9]), y, 0.3, **style)
    elif mark == "bracket":
        draw_bracket(ax, [y - 0.3, y + 0.3], x + width, width)
    else:
        ax.plot([x, x + width], [y, y], solid_capstyle="butt", **PART_STYLES[mark])
        if mark == "voice":
            _ticks(ax, np.array([x + width]), y, 0.25, color=INK, linewidth=1.2)


def draw_bracket(ax: Axes, rows: list[float], x: float, stub: float, **style: Any) -> None:
    """Draw a vertical line from the first row to the last with a stub to the left at each.

    Parameters
    ----------
    ax : Axes
    rows : list of float
    x, stub : float
        Position of the line and length of a stub.
    **style
        Properties of the lines.
    """
    look: dict[str, Any] = {"color": INK, "linewidth": 1.3, "solid_capstyle": "projecting", **style}
    ax.plot([x, x], [min(rows), max(rows)], **look)
    for row in rows:
        ax.plot([x - stub, x], [row, row], **look)


def _strip(ax: Axes, values: npt.NDArray[np.float64], row: float) -> None:
    """Draw a faint tick per speaker."""
    _ticks(ax, values, row, _STRIP, color=_STRIP_COLOUR, linewidth=1.0, zorder=1.5)


def _ticks(ax: Axes, values: npt.NDArray[np.float64], row: float, half: float, **style: Any) -> None:
    """Draw vertical ticks as one path, which takes little space in an SVG."""
    x = np.repeat(values, 3)
    y = np.tile([row - half, row + half, np.nan], len(values))
    ax.plot(x, y, solid_capstyle="butt", **style)


def _band(ax: Axes, ends: npt.NDArray[np.float64], row: float, colour: str) -> None:
    """Draw the interval as a translucent band."""
    if np.isfinite(ends).all():
        box: dict[str, Any] = {"height": 2 * _BAND, "color": colour, "alpha": _BAND_ALPHA, "zorder": 1.7}
        ax.barh([row], [ends[1] - ends[0]], left=[ends[0]], linewidth=0, **box)


def _gap(ax: Axes, view: Overview, model: str, row: int) -> None:
    """Draw the gap from the score on new speakers to that under the random split, in parts where they are known."""
    if view.pair is None:
        return
    start, end = view.gap.at[model, view.pair.independent], view.gap.at[model, view.pair.random]
    middle = view.gap.at[model, view.pair.takes] if view.pair.takes else np.nan
    whole = np.isnan(middle)
    segments = {"total": (start, end)} if whole else {"voice": (start, middle), "takes": (middle, end)}
    for part, values in segments.items():
        ax.plot(values, [row, row], solid_capstyle="butt", zorder=2, **PART_STYLES[part])
    _ticks(ax, np.array([] if whole else [middle]), row, 0.2, color=INK, linewidth=1.2, zorder=2.1)
    if view.pair.independent != view.split:
        _ticks(ax, np.array([start]), row, 0.2, color=split_colour(view.pair.independent), linewidth=1.6, zorder=2.2)
    _ring(ax, end, row)


def _ring(ax: Axes, x: float, row: float) -> None:
    """Draw the score under the random split."""
    ax.plot(
        [x], [row], "o", markersize=6.5, markerfacecolor="white", markeredgecolor=INK, markeredgewidth=1.3, zorder=3
    )


def _dot(ax: Axes, x: float, row: float, colour: str) -> None:
    """Draw the score under the split that ranks the models, inside a ring that it may coincide with."""
    ax.plot([x], [row], "o", markersize=6, color=colour, zorder=3.1)
