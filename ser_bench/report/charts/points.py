"""Named points over a logarithmic axis of costs: each name at a free position beside its point."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ser_bench.report.charts.parts import TEXT_BOX
from ser_bench.report.charts.placement import BESIDE, nearest, place_names
from ser_bench.report.charts.style import FAINT, INK
from ser_bench.report.charts.text import text_width
from ser_bench.report.formatting import percent

_NAME_SIZE, _NAME_HEIGHT = 8.5, 0.145

_LABEL_WIDTH = 0.62
"""Space for the label of a cost in inches."""

_LEAST = 1e-7
"""Smaller costs are drawn here, since a logarithmic axis has no 0."""

Corner = tuple[float, float]
"""Position of a corner of a line in data."""


@dataclass(frozen=True)
class NamedPoint:
    """A point with its name.

    Parameters
    ----------
    name : str
    cost, score : float
        Position on the logarithmic axis, and score in percent.
    colour : str
        Colour of the point; a name is grey where its point is.
    low, high : float
        Ends of the interval of the score; NaN without one.
    """

    name: str
    cost: float
    score: float
    colour: str
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True)
class Panel:
    """Axes and their size in inches.

    Parameters
    ----------
    ax : Axes
    width, height : float
    """

    ax: Axes
    width: float
    height: float


def scale_costs(panel: Panel, costs: Sequence[float], label: str, write: Callable[[float], str]) -> None:
    """Scale the axis of costs by decades, with space for names on both sides.

    Parameters
    ----------
    panel : Panel
    costs : sequence of float
        The costs of the points; empty for axes without points.
    label : str
        What the axis shows.
    write : callable
        Writes a cost with its unit.
    """
    values = np.maximum(costs, _LEAST)
    low, high = (float(values.min()) / 2.5, float(values.max()) * 4) if len(values) else (0.01, 10.0)
    ax = panel.ax
    ax.set_xscale("log")
    ax.set_xlim(low, max(high, low * 100))
    decades, most_labels = np.log10(ax.get_xlim()[1] / ax.get_xlim()[0]), panel.width / _LABEL_WIDTH
    between = (1.0, 3.0) if 2 * decades + 1 < most_labels else (1.0,)
    ax.xaxis.set_major_locator(LogLocator(10 ** np.ceil(decades / most_labels), subs=between))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _without_zeros(write(x))))
    ax.set_xlabel(label)
    ax.grid()


def _without_zeros(text: str) -> str:
    """Write 10.0 s as 10 s."""
    return text.replace(".0 ", " ").replace("1e+02", "100").replace("0.10 s", "100 ms").replace("0.30 s", "300 ms")


def draw_chance_level(ax: Axes, chance: float) -> None:
    """Draw the score of guessing as a dashed line with a label at its right end.

    Parameters
    ----------
    ax : Axes
    chance : float
        The score of guessing, a fraction.
    """
    ax.axhline(100 * chance, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    label = f"chance {percent(chance)} %"
    ax.text(0.995, 100 * chance + 0.7, label, transform=ax.get_yaxis_transform(), ha="right", size=8)


def draw_named_points(
    panel: Panel, points: Sequence[NamedPoint], chance: float = float("nan"), front: Sequence[Corner] = ()
) -> None:
    """Draw points and their intervals, and write each name at a free position around its point.

    Parameters
    ----------
    panel : Panel
        Axes with their final scales.
    points : sequence of NamedPoint
    chance : float
        The chance level that :func:`draw_chance_level` drew, which names avoid; NaN without it.
    front : sequence of (float, float)
        The corners of a step line that names avoid.
    """
    if not points:
        return
    ax, data = panel.ax, [(max(point.cost, _LEAST), point.score) for point in points]
    style: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.8, "zorder": 3}
    ax.scatter([x for x, _ in data], [y for _, y in data], s=42, c=[point.colour for point in points], **style)
    for point, (x, _) in zip(points, data, strict=True):
        ax.vlines([x], [point.low], [point.high], color=point.colour, linewidth=1.2, alpha=0.55, zorder=2)
    to_inches = ax.transData + ax.figure.dpi_scale_trans.inverted()
    ends = [((x, point.low), (x, point.high)) for point, (x, _) in zip(points, data, strict=True)]
    steps = [*itertools.pairwise(front), *(pair for pair in ends if not isnan(pair[0][1]))]
    lines = [np.ravel(np.sort(to_inches.transform(pair), axis=0)) for pair in steps]
    frame = to_inches.transform([(ax.get_xlim()[0], ax.get_ylim()[0]), (ax.get_xlim()[1], ax.get_ylim()[1])]).ravel()
    lines += _chance_boxes(frame, to_inches.transform((ax.get_xlim()[1], 100 * chance))[1])
    centres = to_inches.transform(data)
    sizes = np.array([(text_width(point.name, _NAME_SIZE), _NAME_HEIGHT) for point in points])
    boxes = place_names(centres, sizes, np.reshape(lines, (-1, 4)), frame)
    for point, centre, box in zip(points, centres, boxes, strict=True):
        _write_name(ax, point, centre, box)


def _chance_boxes(frame: npt.NDArray[np.float64], height: float) -> list[npt.NDArray[np.float64]]:
    """Return the boxes around the chance level and its label; none without it."""
    if isnan(height):
        return []
    left, _, right, _ = frame
    return [np.array([left, height, right, height]), np.array([right - 1.1, height, right, height + 0.17])]


def _write_name(ax: Axes, point: NamedPoint, centre: npt.NDArray[np.float64], box: npt.NDArray[np.float64]) -> None:
    """Write a name into its box, joined to its point by a line where they are far apart."""
    to_data = (ax.transData + ax.figure.dpi_scale_trans.inverted()).inverted().transform
    end = nearest(box, centre)
    if np.linalg.norm(end - centre) > BESIDE:
        ax.plot(*zip(to_data(centre), to_data(end), strict=True), color=FAINT, linewidth=0.6, zorder=1)
    x, y = to_data((box[0], box[1] + 0.03))
    colour = FAINT if point.colour == FAINT else INK
    ax.text(x, y, point.name, size=_NAME_SIZE, color=colour, bbox=TEXT_BOX, zorder=2.5)
