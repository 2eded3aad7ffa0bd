"""Names beside their points: each at the nearest place that covers no dot, no line and no other name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ser_bench.report.page.plots.frame import Box, Point, Segment
from ser_bench.report.page.plots.text import LINE, text_width

_NEAR = 9.0
"""Distance of a name from its point in the first ring of places."""

_BESIDE = 14.0
"""The largest distance of a name from its point without a line that joins them."""

_RINGS, _DIRECTIONS = 12, 16
_BETWEEN = 3.0
"""Space around a name."""

_ROUNDS = 5
"""Attempts to place every name, each with another order."""


@dataclass(frozen=True)
class Name:
    """A text that belongs to a point or to a line.

    Parameters
    ----------
    points : tuple of pairs of float
        The point in units of the axes, or several points of a line, the best first.
    text : str
    kind : str
        Classes of the style sheet.
    model : str
        The model that it belongs to; empty for none.
    """

    points: tuple[Point, ...]
    text: str
    kind: str = ""
    model: str = ""


@dataclass(frozen=True)
class Placed:
    """A name at its place.

    Parameters
    ----------
    name : Name
    point : tuple of float
        The point that it stands beside, in units of the picture.
    box : tuple of float
        Left, top, right and bottom in units of the picture.
    leader : tuple of places or None
        The line that joins the name to its point, where they are far apart.
    """

    name: Name
    point: Point
    box: Box
    leader: Segment | None

    @property
    def distance(self) -> float:
        """How far the name is from its point."""
        return _distance(self.box, self.point)


@dataclass
class _Space:
    """What is taken: boxes of dots and names, lines, and lines that join names to points, inside a frame."""

    frame: Box
    boxes: list[Box]
    lines: list[Segment]
    leaders: list[Segment]

    def free(self, box: Box) -> bool:
        """Return whether a name has space."""
        if not (box[0] >= self.frame[0] and box[1] >= self.frame[1] and box[2] <= self.frame[2]):
            return False
        if box[3] > self.frame[3] or any(_overlap(box, taken) for taken in self.boxes):
            return False
        return not any(crosses(line, box) for line in (*self.lines, *self.leaders))

    def open(self, leader: Segment, point: Point) -> bool:
        """Return whether a line from a point to its name crosses no dot, no other name and no other such line."""
        if any(crosses(leader, box) for box in self.boxes if not _holds(box, point)):
            return False
        return not any(_cross(leader, line) for line in self.leaders)

    def take(self, spot: Placed) -> None:
        """Note the place of a name."""
        left, top, right, bottom = spot.box
        self.boxes.append((left - _BETWEEN, top, right + _BETWEEN, bottom))
        self.leaders += [spot.leader] if spot.leader else []


def place_names(
    names: Sequence[tuple[Name, Sequence[Point]]], boxes: Sequence[Box], lines: Sequence[Segment], frame: Box
) -> list[Placed]:
    """Place names one after the other.

    Parameters
    ----------
    names : sequence of pairs of Name and places
        The names with the places of their points, the most important first.
    boxes, lines : sequence
        What no name may cover: rectangles and lines in units of the picture.
    frame : tuple of float
        The rectangle that holds every name.

    Returns
    -------
    list of Placed
        A name without a free place is missing.
    """
    order, best = list(names), list[Placed]()
    for left in reversed(range(_ROUNDS)):
        placed = _place(order, _Space(frame, list(boxes), list(lines), []), last=not left)
        best = max(best, placed, key=len)
        known = [spot.name for spot in placed]
        if len(placed) == len(order):
            break
        order.sort(key=lambda pair: pair[0] in known)  # names without a place come first in the next round
    return best


def _place(names: Sequence[tuple[Name, Sequence[Point]]], space: _Space, *, last: bool) -> list[Placed]:
    """Place names in this order, each beside the point with the nearest free place.

    In the last round, the line from a point to its name may cross dots and other such lines where nothing else is left.
    """
    placed = list[Placed]()
    for name, points in names:
        others = [point for neighbour, places in names if neighbour is not name for point in places]
        spots = list(filter(None, (_free(name, point, others, space) for point in points)))
        if not spots and last:
            spots = list(filter(None, (_free(name, point, others, space, crossing=True) for point in points)))
        if spots:
            placed.append(min(spots, key=lambda spot: (spot.leader is not None, spot.distance)))
            space.take(placed[-1])
    return placed


def _free(name: Name, point: Point, others: Sequence[Point], space: _Space, *, crossing: bool = False) -> Placed | None:
    """Return the nearest free place that is closer to its point than to others, else the nearest free one."""
    reserve = None
    for box in _boxes(point, 1.08 * text_width(name.text)):
        if not space.free(box):
            continue
        closer = all(_distance(box, point) < _distance(box, neighbour) for neighbour in others)
        leader = None if closer and _distance(box, point) <= _BESIDE else _leader(box, point)
        if leader and not crossing and not space.open(leader, point):
            continue
        if closer or len(name.points) > 1:
            return Placed(name, point, box, leader)
        reserve = reserve or Placed(name, point, box, leader)
    return reserve


def _boxes(point: Point, width: float) -> Iterator[Box]:
    """Yield rectangles for a name around its point: right, left, above and below, then further away."""
    x, y = point
    for ring in range(_RINGS):
        gap = _NEAR + 11 * ring
        for index in _order(ring):
            angle = 2 * math.pi * index / _DIRECTIONS
            across, up = math.cos(angle), math.sin(angle)
            left = x + gap * across - width * (1 - across) / 2
            top = y - gap * up - LINE * (1 + up) / 2
            yield left, top, left + width, top + LINE


def _order(ring: int) -> Sequence[int]:
    """Return the directions, in sixteenths of a circle from the right and upwards, the best first."""
    first = (0, 8, 4, 12, 2, 14, 6, 10)
    return (*first, *(index for index in range(_DIRECTIONS) if index not in first)) if ring else first


def _leader(box: Box, point: Point) -> Segment:
    """Return the line from a point to the nearest edge of a box."""
    return point, (min(max(point[0], box[0]), box[2]), min(max(point[1], box[1]), box[3]))


def _distance(box: Box, point: Point) -> float:
    across = max(box[0] - point[0], 0.0, point[0] - box[2])
    return math.hypot(across, max(box[1] - point[1], 0.0, point[1] - box[3]))


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _holds(box: Box, point: Point) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _cross(a: Segment, b: Segment) -> bool:
    """Return whether two lines cross."""

    def side(line: Segment, point: Point) -> float:
        (x, y), (to_x, to_y) = line
        return (to_x - x) * (point[1] - y) - (to_y - y) * (point[0] - x)

    return side(a, b[0]) * side(a, b[1]) < 0 and side(b, a[0]) * side(b, a[1]) < 0


def crosses(line: Segment, box: Box) -> bool:
    """Return whether a line touches a rectangle.

    Parameters
    ----------
    line : pair of places
    box : tuple of float

    Returns
    -------
    bool
    """
    (x, y), (to_x, to_y) = line
    if max(x, to_x) < box[0] or min(x, to_x) > box[2] or max(y, to_y) < box[1] or min(y, to_y) > box[3]:
        return False
    start, end = 0.0, 1.0
    for origin, length, low, high in ((x, to_x - x, box[0], box[2]), (y, to_y - y, box[1], box[3])):
        if length == 0:  # the line is inside, as the box around it touches the rectangle
            continue
        ends = sorted(((low - origin) / length, (high - origin) / length))
        start, end = max(start, ends[0]), min(end, ends[1])
    return start <= end
