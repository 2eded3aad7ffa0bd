"""The marks of a picture: lines, steps, bands, intervals and dots, each with what names must not cover."""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field

from markupsafe import Markup

from ser_bench.report.page.plots.frame import Box, Frame, Point, Segment, polyline, segments

RADIUS = 4.5

_SHAPES = {
    "round": "M{l} {y}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0Z",
    "square": "M{l} {t}h{d}v{d}h-{d}Z",
    "diamond": "M{x} {T}L{R} {y}L{x} {B}L{L} {y}Z",
    "triangle": "M{x} {T}L{R} {b}H{L}Z",
}
"""Paths of dots; upper-case letters are a third further from the centre than lower-case ones."""

SHAPES = tuple(_SHAPES)


class Mark(ABC):
    """What a picture draws; each kind of mark is a subclass."""

    def svg(self, frame: Frame) -> Markup:
        """Return the elements of the mark.

        Parameters
        ----------
        frame : Frame

        Returns
        -------
        Markup
        """
        return self._elements(frame)

    def obstacles(self, frame: Frame) -> tuple[list[Box], list[Segment]]:
        """Return what names must not cover.

        Parameters
        ----------
        frame : Frame

        Returns
        -------
        tuple of list
            Boxes and lines.
        """
        return self._obstacles(frame)

    @abstractmethod
    def _elements(self, frame: Frame) -> Markup:
        """Return the elements of a kind of mark."""

    def _obstacles(self, frame: Frame) -> tuple[list[Box], list[Segment]]:
        """Return boxes and lines of a kind of mark; none unless it says so."""
        return [], []


def _attributes(model: str, tip: str) -> Markup:
    """Return the attributes that the script of the page reads."""
    texts = (("data-model", model), ("data-tip", tip))
    return Markup("").join(Markup(' {}="{}"').format(name, text) for name, text in texts if text)


@dataclass(frozen=True)
class Line(Mark):
    """A line through points.

    Parameters
    ----------
    points : tuple of pairs of float
        NaN is left out.
    kind : str
        Classes of the style sheet, such as ``c1 faint``.
    model : str
        The model that it belongs to; empty for none.
    step : bool
        Whether the line keeps its height up to the next point.
    tip : str
        Text that the script shows.
    clear : bool
        Whether names keep clear of the line.
    """

    points: tuple[Point, ...]
    kind: str = ""
    model: str = ""
    step: bool = False
    tip: str = ""
    clear: bool = True

    def _places(self, frame: Frame) -> list[Point]:
        places = frame.places(point for point in self.points if not any(map(math.isnan, point)))
        if not self.step:
            return places
        corners = [(after[0], before[1]) for before, after in segments(places)]
        return list(itertools.chain.from_iterable(zip(places, [*corners, places[-1]], strict=True)))

    def _elements(self, frame: Frame) -> Markup:
        """Return the path."""
        path = polyline(self._places(frame))
        rest = _attributes(self.model, self.tip)
        return Markup('<path class="line {}" d="{}"{}/>').format(self.kind, path, rest)

    def _obstacles(self, frame: Frame) -> tuple[list[Box], list[Segment]]:
        """Return the lines between the points."""
        return [], segments(self._places(frame)) if self.clear else []


@dataclass(frozen=True)
class Band(Mark):
    """The area between two lines, which names may cover.

    Parameters
    ----------
    points : tuple of triples of float
        x, and the low and the high end there.
    kind : str
        Classes of the style sheet.
    """

    points: tuple[tuple[float, float, float], ...]
    kind: str = ""

    def _elements(self, frame: Frame) -> Markup:
        """Return the path."""
        upper = frame.places((x, high) for x, _, high in self.points)
        lower = frame.places((x, low) for x, low, _ in reversed(self.points))
        return Markup('<path class="area {}" d="{}Z"/>').format(self.kind, polyline([*upper, *lower]))


@dataclass(frozen=True)
class Dots(Mark):
    """Dots, each with its text.

    Parameters
    ----------
    points : tuple of pairs of float
    kind : str
        Classes of the style sheet; ``hollow`` for dots without filling.
    model : str
        The model that they belong to; empty for none.
    shape : str
        One of :data:`SHAPES`.
    tips : tuple of str
        Texts that the script shows, one per point; empty for none.
    radius : float
        In units of the picture.
    intervals : tuple of pairs of float
        Low and high end of a vertical line through each point; NaN for none, empty for none at all.
    """

    points: tuple[Point, ...]
    kind: str = ""
    model: str = ""
    shape: str = "round"
    tips: tuple[str, ...] = ()
    radius: float = RADIUS
    intervals: tuple[Point, ...] = field(default=())

    def _elements(self, frame: Frame) -> Markup:
        """Return the intervals and the dots."""
        tips = self.tips or ("",) * len(self.points)
        ends = "".join(polyline([(x, bottom), (x, top)]) for x, bottom, top in self._ends(frame))
        model = _attributes(self.model, "")
        interval = Markup('<path class="interval {}" d="{}"{}/>').format(self.kind, ends, model) if ends else Markup("")
        dots = [
            Markup('<path class="dot {}" d="{}"{}/>').format(self.kind, self._path(point), _attributes(self.model, tip))
            for point, tip in zip(frame.places(self.points), tips, strict=True)
        ]
        return interval + Markup("").join(dots)

    def _obstacles(self, frame: Frame) -> tuple[list[Box], list[Segment]]:
        """Return a box around each dot, and the intervals."""
        r = self.radius * 4 / 3
        boxes = [(x - r, y - r, x + r, y + r) for x, y in frame.places(self.points)]
        return boxes, [((x, bottom), (x, top)) for x, bottom, top in self._ends(frame)]

    def _ends(self, frame: Frame) -> Iterable[tuple[float, float, float]]:
        """Return the x, bottom and top of each interval."""
        for (x, _), (low, high) in zip(self.points, self.intervals, strict=False):
            if not (math.isnan(low) or math.isnan(high)):
                yield (*frame.at(x, low), frame.at(x, high)[1])

    def _path(self, point: Point) -> str:
        (x, y), r = point, self.radius
        far = 4 / 3 * r
        values = {"x": x, "y": y, "r": r, "d": 2 * r, "l": x - r, "t": y - r, "b": y + r}
        values |= {"L": x - far, "T": y - far, "R": x + far, "B": y + far}
        return _SHAPES[self.shape].format(**{name: f"{round(value, 1):g}" for name, value in values.items()})
