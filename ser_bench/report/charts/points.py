"""Named points over a logarithmic axis of costs: each name at a free position beside its point."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ser_bench.report.charts.parts import TEXT_BOX
from ser_bench.report.charts.style import FAINT, INK
from ser_bench.report.charts.text import text_width
from ser_bench.report.formatting import percent

_NAME_SIZE, _NAME_HEIGHT, _DOT_RADIUS = 8.5, 0.145, 0.06
_BESIDE = 0.15
"""The largest distance of a name from its point in inches without a line that joins them."""

_LABEL_WIDTH = 0.62
"""Space for the label of a cost in inches."""

_LEAST = 1e-7
"""Smaller costs are drawn here, since a logarithmic axis has no 0."""

Box = tuple[float, float, float, float]
"""Left, bottom, right and top in inches."""


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


def draw_named_points(panel: Panel, points: Sequence[NamedPoint], chance: float = float("nan")) -> None:
    """Draw points and their intervals, and write each name at the first free position around its point.

    Parameters
    ----------
    panel : Panel
        Axes with their final scales.
    points : sequence of NamedPoint
        The first gets its name first.
    chance : float
        The chance level that :func:`draw_chance_level` drew, which names avoid; NaN without it.
    """
    ax = panel.ax
    to_inches = ax.transData + ax.figure.dpi_scale_trans.inverted()
    data = [(max(point.cost, _LEAST), point.score) for point in points]
    style: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.8, "zorder": 3}
    ax.scatter([x for x, _ in data], [y for _, y in data], s=42, c=[point.colour for point in points], **style)
    centres = [tuple(map(float, to_inches.transform(position))) for position in data]
    left, floor = (float(v) for v in to_inches.transform((ax.get_xlim()[0], ax.get_ylim()[0])))
    frame = (left, floor, left + panel.width, floor + panel.height)
    occupied = [(x - _DOT_RADIUS, y - _DOT_RADIUS, x + _DOT_RADIUS, y + _DOT_RADIUS) for x, y in centres]
    if not isnan(chance):
        line = float(to_inches.transform((ax.get_xlim()[1], 100 * chance))[1])
        occupied += [(left, line - 0.01, frame[2], line + 0.01), (frame[2] - 1.1, line, frame[2], line + 0.2)]
    for point, (x, _) in zip(points, centres, strict=True):
        if not isnan(point.low):
            cost = max(point.cost, _LEAST)
            ax.vlines([cost], [point.low], [point.high], color=point.colour, linewidth=1.2, alpha=0.55, zorder=2)
            ends = [float(to_inches.transform((cost, end))[1]) for end in (point.low, point.high)]
            occupied.append((x - 0.02, ends[0], x + 0.02, ends[1]))
    for point, centre in zip(points, centres, strict=True):
        neighbours = [dot for dot in centres if dot != centre]
        box = _free_box(point.name, (centre, neighbours), occupied, frame)
        occupied.append(box)
        _write_name(ax, point, centre, box)


def _write_name(ax: Axes, point: NamedPoint, centre: tuple[float, ...], box: Box) -> None:
    """Write a name into its box, joined to its point by a line where they are far apart."""
    to_data = (ax.transData + ax.figure.dpi_scale_trans.inverted()).inverted().transform
    if _distance(box, centre) > _BESIDE:
        middle = to_data(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))
        ax.plot(*zip(to_data(centre), middle, strict=True), color=FAINT, linewidth=0.6, zorder=1)
    x, y = to_data((box[0], box[1] + 0.03))
    colour = FAINT if point.colour == FAINT else INK
    ax.text(x, y, point.name, size=_NAME_SIZE, color=colour, bbox=TEXT_BOX, zorder=2.5)


def _free_box(
    name: str, points: tuple[Sequence[float], Sequence[Sequence[float]]], occupied: list[Box], frame: Box
) -> Box:
    """Return the first free position inside the frame that is closer to its point than to the others, else a free one.

    ``points`` are the point of the name and the others. Without a free position, the name is right of its point.
    """
    point, neighbours = points
    positions = list(_positions(point, text_width(name, _NAME_SIZE)))
    free = [box for box in positions if _inside(box, frame) and not any(_overlap(box, taken) for taken in occupied)]
    closer = [box for box in free if all(_distance(box, point) < _distance(box, neighbour) for neighbour in neighbours)]
    return next(iter([*closer, *free, *positions]))


def _distance(box: Box, point: Sequence[float]) -> float:
    """Return the distance between a box and a point in inches."""
    across = max(box[0] - point[0], 0.0, point[0] - box[2])
    return float(np.hypot(across, max(box[1] - point[1], 0.0, point[1] - box[3])))


def _inside(box: Box, frame: Box) -> bool:
    return box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]


def _positions(point: Sequence[float], width: float) -> Iterator[Box]:
    """Yield positions for a name: right, left, above and below its point, then the same further away."""
    x, y = point
    for ring in range(8):
        distance = 0.1 + 0.11 * ring
        half = _NAME_HEIGHT / 2
        corners = [(x + 0.1, y - half), (x - 0.1 - width, y - half)] if ring == 0 else []
        for bottom in (y + distance - 0.02, y - distance - _NAME_HEIGHT + 0.02):
            corners += [(x - width / 2, bottom), (x + 0.06, bottom), (x - 0.06 - width, bottom)]
        for left, bottom in corners:
            yield left, bottom, left + width, bottom + _NAME_HEIGHT


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
