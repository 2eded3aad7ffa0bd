"""A picture with two axes as an SVG element, drawn once for wide and once for narrow screens."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from ser_bench.report.page.plots.axes import Axis
from ser_bench.report.page.plots.frame import Box, Frame, Segment, decimal, polyline
from ser_bench.report.page.plots.marks import Mark
from ser_bench.report.page.plots.names import Name, Placed, place_names
from ser_bench.report.page.plots.text import LINE, SIZE, shortened, text_width

WIDE, NARROW, SMALL = (640.0, 360.0), (340.0, 340.0), (280.0, 200.0)
"""Width and height of the pictures in units."""

_ROW = 34.0
"""Vertical space for a tick."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """What a picture shows.

    Parameters
    ----------
    name : str
        The start of its ids.
    title, words : str
        Name and description for screen readers.
    x, y : Axis
    marks : tuple of Mark
        The first is drawn first.
    names : tuple of Name
        Texts beside points, the most important first.
    """

    name: str
    title: str
    words: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    names: tuple[Name, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A picture on the page; the style sheet shows one of its versions.

    Parameters
    ----------
    title : str
    wide, narrow : Markup
    """

    title: str
    wide: Markup
    narrow: Markup


@dataclass(frozen=True)
class Panel:
    """A small picture, one of several side by side.

    Parameters
    ----------
    title : str
    svg : Markup
    model : str
        The model that it is about.
    """

    title: str
    svg: Markup
    model: str


def panel(plot: Plot, title: str, model: str) -> Panel:
    """Draw a small picture.

    Parameters
    ----------
    plot : Plot
    title, model : str

    Returns
    -------
    Panel
    """
    return Panel(title, draw(plot, SMALL, "small"), model)


def picture(plot: Plot) -> Picture:
    """Draw a picture for wide and for narrow screens.

    Parameters
    ----------
    plot : Plot

    Returns
    -------
    Picture
    """
    return Picture(plot.title, draw(plot, WIDE, "wide"), draw(plot, NARROW, "narrow"))


def draw(plot: Plot, size: tuple[float, float], kind: str) -> Markup:
    """Draw a picture at a size.

    Parameters
    ----------
    plot : Plot
    size : tuple of float
        Width and height in units; a text has 13.
    kind : str
        A class of the style sheet, and a part of the ids.

    Returns
    -------
    Markup
        The same bytes for the same plot.
    """
    frame, ticks = _layout(plot, size)
    marks = Markup("").join(mark.svg(frame) for mark in plot.marks)
    prefix = f"{plot.name}-{kind}"
    head = Markup(
        '<svg class="plot {kind}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{id}-t {id}-d">'
        '<title id="{id}-t">{title}</title><desc id="{id}-d">{words}</desc>'
    ).format(kind=kind, width=f"{size[0]:g}", height=f"{size[1]:g}", id=prefix, title=plot.title, words=plot.words)
    inside = _axes(frame, ticks, size) + marks + _names(placed_names(plot, frame))
    return head + inside + Markup("</svg>")


def placed_names(plot: Plot, frame: Frame) -> list[Placed]:
    """Return the places of the names of a plot.

    Parameters
    ----------
    plot : Plot
    frame : Frame

    Returns
    -------
    list of Placed
        Without the names that have no free place.
    """
    boxes, lines = list[Box](), list[Segment]()
    for mark in plot.marks:
        own_boxes, own_lines = mark.obstacles(frame)
        boxes += own_boxes
        lines += own_lines
    width = (frame.box[2] - frame.box[0]) * 0.45
    names = [Name(name.points, shortened(name.text, width), name.kind, name.model) for name in plot.names]
    return place_names([(name, frame.places(name.points)) for name in names], boxes, lines, frame.box)


def frame_of(plot: Plot, size: tuple[float, float]) -> Frame:
    """Return the rectangle between the axes at a size.

    Parameters
    ----------
    plot : Plot
    size : tuple of float
        Width and height in units.

    Returns
    -------
    Frame
    """
    return _layout(plot, size)[0]


Ticks = tuple[list[tuple[float, str]], list[tuple[float, str]]]
"""Values and texts of the ticks of both axes."""


def _layout(plot: Plot, size: tuple[float, float]) -> tuple[Frame, Ticks]:
    """Return the rectangle between the axes and the ticks that fit."""
    width, height = size
    top, bottom = LINE + 8, height - 2 * LINE - 10
    y = _texts(plot.y, max(2, int((bottom - top) / _ROW)))
    left = max(text_width(text) for _, text in y) + 10
    right = width - 10
    frame = Frame((left, top, right, bottom), plot.x, plot.y)
    choices = [_texts(plot.x, most) for most in range(12, 1, -1)]
    return frame, (next((x for x in choices if _apart(x, frame)), choices[-1]), y)


def _apart(ticks: list[tuple[float, str]], frame: Frame) -> bool:
    """Return whether the texts of the ticks of the x axis have space between them."""
    ends = [(frame.at(value, frame.y.low)[0], text_width(text) / 2 + 5) for value, text in ticks]
    return all(x + half <= right - right_half for (x, half), (right, right_half) in itertools.pairwise(ends))


def _texts(axis: Axis, most: int) -> list[tuple[float, str]]:
    return [(value, axis.write(value)) for value in axis.ticks(most)]


def _axes(frame: Frame, ticks: Ticks, size: tuple[float, float]) -> Markup:
    """Return the grid, the numbers of the ticks and the titles of the axes."""
    left, top, right, bottom = frame.box
    across = [(frame.at(value, frame.y.low)[0], text) for value, text in ticks[0]]
    up = [(frame.at(frame.x.low, value)[1], text) for value, text in ticks[1]]
    grid = [polyline([(left, y), (right, y)]) for y, _ in up] + [polyline([(x, top), (x, bottom)]) for x, _ in across]
    ends = [(min(max(x, text_width(text) / 2), size[0] - text_width(text) / 2), text) for x, text in across]
    texts = [_text(x, bottom + LINE + 2, text, "tick middle") for x, text in ends]
    texts += [_text(left - 8, y + 0.35 * SIZE, text, "tick end") for y, text in up]
    titles = [_text(0, SIZE, shortened(frame.y.title, size[0]), "axis")]
    titles.append(_text(right, bottom + 2 * LINE + 5, shortened(frame.x.title, right), "axis end"))
    return Markup('<path class="grid" d="{}"/>').format("".join(grid)) + Markup("").join([*texts, *titles])


def _names(placed: Iterable[Placed]) -> Markup:
    """Return the names and the lines that join them to their points."""
    parts = []
    for spot in placed:
        model = Markup(' data-model="{}"').format(spot.name.model) if spot.name.model else Markup("")
        if spot.leader:
            parts.append(Markup('<path class="leader" d="{}"{}/>').format(polyline(spot.leader), model))
        (left, _, right, bottom), x = spot.box, spot.point[0]
        ends = {"end": right, "middle": (left + right) / 2, "": left}
        side = "end" if right <= x else "" if left >= x else "middle"
        kind = " ".join(f"name {spot.name.kind} {side}".split())
        parts.append(_text(ends[side], bottom - 4, spot.name.text, kind, model))
    return Markup("").join(parts)


def _text(x: float, y: float, text: str, kind: str, rest: Markup | None = None) -> Markup:
    values = {"x": decimal(x), "y": decimal(y), "kind": kind, "text": text, "rest": rest or ""}
    return Markup('<text class="{kind}" x="{x}" y="{y}"{rest}>{text}</text>').format(**values)
