"""Positions of names beside their points that cover no point, no line and no other name; all sizes are in inches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float64]
"""Left, bottom, right and top of boxes, shape ``(boxes, 4)``."""

DOT_RADIUS = 0.06
"""The space around a point that no name may cover."""

BESIDE = 0.15
"""The largest distance of a name from its point without a line that joins them."""

_RINGS, _STEP, _CLEAR = 4, 0.09, 0.03
"""Distances to try first, the step between them, and the space around lines."""


def place_names(
    points: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64], lines: Boxes, frame: npt.NDArray[np.float64]
) -> Boxes:
    """Place a name beside each point, the names with the fewest free positions first.

    Parameters
    ----------
    points : ndarray of float64, shape (points, 2)
    sizes : ndarray of float64, shape (points, 2)
        Width and height of each name.
    lines : ndarray of float64, shape (lines, 4)
        Boxes around what names may not cover.
    frame : ndarray of float64, shape (4,)
        Left, bottom, right and top of the space for names.

    Returns
    -------
    ndarray of float64, shape (points, 4)
        A box per name: the first free position whose closest point is its own, else a free one, else the position
        that covers the least.
    """
    dots = np.hstack([points - DOT_RADIUS, points + DOT_RADIUS])
    padded = np.reshape(lines, (-1, 4)) + np.array([-_CLEAR, -_CLEAR, _CLEAR, _CLEAR])
    obstacles = np.vstack([dots, padded])
    pairs = zip(points, sizes, strict=True)
    candidates = np.array([[*_near(point, size), *_anywhere(point, size, frame)] for point, size in pairs])
    inside = ((candidates[..., :2] >= frame[:2]) & (candidates[..., 2:] <= frame[2:])).all(axis=-1)
    covered = np.array([overlaps(boxes, obstacles).sum(axis=1) for boxes in candidates]) + 1000 * ~inside
    misleading = np.array([_misleading(boxes, row, points) for row, boxes in enumerate(candidates)])
    placed, names = np.zeros((len(points), 4)), np.empty((0, 4))
    remaining = list(range(len(points)))
    while remaining:
        row = min(remaining, key=lambda i: int(((misleading[i] == 0) & (covered[i] == 0)).sum()))
        order = np.lexsort([misleading[row], covered[row]])
        free = candidates[row][order[covered[row][order] == 0]]
        crossed = np.vstack([names, np.delete(dots, row, axis=0)])
        boxes = (box for box in free if not overlaps(_joint(points[row], box), crossed).any())
        placed[row] = next(boxes, candidates[row][order[0]])
        names = np.vstack([names, placed[row]])
        remaining.remove(row)
        taken = np.vstack([placed[row], _joint(points[row], placed[row])])
        for later in remaining:
            covered[later] += overlaps(candidates[later], taken).sum(axis=1)
    return placed


def distances(boxes: Boxes, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the distances between boxes and points.

    Parameters
    ----------
    boxes : ndarray of float64, shape (boxes, 4)
    points : ndarray of float64, shape (points, 2)

    Returns
    -------
    ndarray of float64, shape (boxes, points)
    """
    return np.asarray(np.linalg.norm(points[None] - nearest(boxes[:, None], points[None]), axis=-1), dtype=np.float64)


def nearest(boxes: Boxes, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the positions inside boxes that are the closest to points.

    Parameters
    ----------
    boxes : ndarray of float64, shape (..., 4)
    points : ndarray of float64, shape (..., 2)

    Returns
    -------
    ndarray of float64, shape (..., 2)
    """
    return np.clip(points, boxes[..., :2], boxes[..., 2:])


def overlaps(first: Boxes, second: Boxes) -> npt.NDArray[np.bool_]:
    """Return which boxes overlap.

    Parameters
    ----------
    first, second : ndarray of float64, shape (boxes, 4)

    Returns
    -------
    ndarray of bool, shape (first, second)
    """
    a, b = first[:, None], second[None]
    below = (a[..., :2] < b[..., 2:]) & (b[..., :2] < a[..., 2:])
    return np.asarray(below.all(axis=-1), dtype=bool)


def _misleading(boxes: Boxes, row: int, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return by how many steps boxes are closer to another point than to that of a row; 0 for the closest."""
    apart = distances(boxes, points)
    others = np.delete(apart, row, axis=1).min(axis=1, initial=np.inf)
    return np.asarray(np.ceil(np.maximum(apart[:, row] - others - 0.02, 0) / 0.05), dtype=np.float64)


def _joint(point: npt.NDArray[np.float64], box: npt.NDArray[np.float64]) -> Boxes:
    """Return small boxes along the line between a point and its name; none where they are close."""
    end = nearest(box, point)
    if np.linalg.norm(end - point) <= BESIDE:
        return np.empty((0, 4))
    middle = point + np.linspace(0.2, 1, 9)[:, None] * (end - point)
    return np.hstack([middle - 0.01, middle + 0.01])


def _near(point: npt.NDArray[np.float64], size: npt.NDArray[np.float64]) -> Iterator[tuple[float, ...]]:
    """Yield positions for a name: right, left, above and below its point, then the same further away."""
    (x, y), (width, height) = point, size
    for ring in range(_RINGS):
        up, side = 0.08 + _STEP * ring, 0.1 + _STEP * ring
        corners = [(x + side, y - height / 2), (x - side - width, y - height / 2)]
        for bottom in (y + up, y - up - height):
            corners += [(x - width / 2, bottom), (x + 0.06, bottom), (x - 0.06 - width, bottom)]
            corners += [(x + side, bottom), (x - side - width, bottom)]
        for left, bottom in corners:
            yield left, bottom, left + width, bottom + height


def _anywhere(point: npt.NDArray[np.float64], size: npt.NDArray[np.float64], frame: npt.NDArray[np.float64]) -> Boxes:
    """Return positions for a name all over the frame, the closest to its point first."""
    left, bottom, right, top = frame
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(left, right, 0.25), np.arange(bottom, top, 0.16)))
    boxes = np.stack([x, y, x + size[0], y + size[1]], axis=1)
    return boxes[np.argsort(distances(boxes, point[None])[:, 0], kind="stable")]
