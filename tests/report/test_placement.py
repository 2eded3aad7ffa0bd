"""Names beside points cover no point, no line and no other name, and are closer to their point than to another one."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.report.charts.placement import DOT_RADIUS, distances, nearest, overlaps, place_names
from ser_bench.report.charts.registry import charts_of
from tests.legible import drawn_texts
from tests.report.fake_run import Recipe, save_fake_run

FRAME = np.array([0.0, 0.0, 4.0, 4.0])
NAME = np.array([0.6, 0.145])
NO_LINES = np.empty((0, 4))


def place(points, lines=NO_LINES):
    points = np.array(points, dtype="float64")
    return points, place_names(points, np.tile(NAME, (len(points), 1)), np.array(lines, dtype="float64"), FRAME)


def assert_clear(points, boxes, lines=NO_LINES):
    dots = np.hstack([points - DOT_RADIUS, points + DOT_RADIUS])
    assert not overlaps(boxes, np.vstack([dots, lines])).any()
    assert not np.triu(overlaps(boxes, boxes), k=1).any()
    assert (boxes[:, :2] >= FRAME[:2]).all()
    assert (boxes[:, 2:] <= FRAME[2:]).all()


def test_a_single_name_is_right_of_its_point():
    points, boxes = place([(2, 2)])
    assert boxes[0, 0] > points[0, 0] + DOT_RADIUS
    assert boxes[0, 1] < 2 < boxes[0, 3]


def test_a_name_at_the_edge_stays_inside():
    points, boxes = place([(3.9, 2), (0.1, 3.95), (2, 0.02)])
    assert_clear(points, boxes)


@pytest.mark.parametrize("seed", range(5))
def test_crowded_names_are_clear_of_points_and_of_each_other(seed):
    points, boxes = place(np.random.default_rng(seed).uniform(1, 3, (16, 2)))
    assert_clear(points, boxes)


def test_names_are_clear_of_a_line_through_their_points():
    lines = [[0.5, 2, 3.5, 2], [2, 0.5, 2, 2]]
    points, boxes = place([(1, 2), (2, 2), (3, 2)], lines)
    assert_clear(points, boxes, np.array(lines))


def test_a_name_is_closer_to_its_point_than_to_another_one():
    points, boxes = place([(2, 2), (2, 2.25), (1.7, 2), (2.3, 2)])
    assert (distances(boxes, points).argmin(axis=1) == np.arange(4)).all()


def test_the_nearest_position_of_a_box():
    assert nearest(np.array([0.0, 0.0, 1.0, 1.0]), np.array([2.0, 0.5])).tolist() == [1.0, 0.5]


def test_thirty_names_at_one_place_do_not_overlap():
    points, boxes = place(np.random.default_rng(0).normal(2, 0.05, (30, 2)))
    assert_clear(points, boxes)


def test_names_of_the_chart_of_cost_cover_no_point_and_no_corner_of_the_front(analysed_run, monkeypatch):
    figure = charts_of(analysed_run)["cost"].draw()
    texts = drawn_texts(figure, monkeypatch)
    names = np.array([box.extents for text, _, box in texts if text in analysed_run.info.models])
    assert len(names) == 3 * len(analysed_run.info.models)
    for ax in figure.axes:
        marks = ax.transData.transform(np.vstack([ax.collections[0].get_offsets(), ax.lines[1].get_xydata()]))
        x, y = marks.T
        inside = (names[:, [0]] < x) & (x < names[:, [2]]) & (names[:, [1]] < y) & (y < names[:, [3]])
        assert not inside.any()


def test_names_of_the_networks_are_clear_of_their_intervals(tmp_path, monkeypatch):
    networks = ("mlp-keras", "cnn1d", "cnn2d", "lstm")
    run = save_fake_run(tmp_path, Recipe(models=networks, splits=(("actor", 6),), clips_per_label=2))
    figure = charts_of(run)["architectures"].draw()
    names = [box for text, _, box in drawn_texts(figure, monkeypatch) if text in networks]
    assert len(names) == 8
    for ax in figure.axes:
        for collection in ax.collections[1:]:
            ((x, low), (_, high)) = ax.transData.transform(collection.get_segments()[0])
            assert not [box for box in names if box.x0 < x < box.x1 and box.y0 < high and low < box.y1]
