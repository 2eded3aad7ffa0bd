"""The builder of the page's pictures: round ticks, escaped texts, names that cover nothing, readable sizes."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from ser_bench.report import page
from ser_bench.report.page.pictures.series import MOST_SERIES
from ser_bench.report.page.plots.axes import Axis, linear_axis, log_axis, plain, short_seconds
from ser_bench.report.page.plots.marks import SHAPES, Band, Dots, Line
from ser_bench.report.page.plots.names import Name, crosses
from ser_bench.report.page.plots.picture import NARROW, SMALL, WIDE, Plot, draw, frame_of, picture, placed_names
from ser_bench.report.page.plots.text import SIZE, shortened, text_width

STYLE = (Path(page.__file__).parent / "style" / "plots.css").read_text(encoding="utf-8")
UNIT = Axis("x", 0, 100)


def plot(marks=(), names=(), x=UNIT, y=UNIT, title="title", words="words"):
    return Plot(name="plot", title=title, words=words, x=x, y=y, marks=tuple(marks), names=tuple(names))


def crowd(count, seed=0, length=6):
    """Return a plot of models whose costs and scores are close together."""
    rng = np.random.default_rng(seed)
    points = list(zip(10 ** rng.uniform(-1, 1.5, count), rng.normal(60, 4, count), strict=True))
    names = [Name((point,), f"model{i:03d}"[:length]) for i, point in enumerate(points)]
    dots = [Dots((point,), intervals=((point[1] - 4, point[1] + 4),)) for point in points]
    x = log_axis("seconds", [x for x, _ in points], short_seconds)
    y = linear_axis("UAR", [value for _, score in points for value in (score - 4, score + 4)], lowest=0, highest=100)
    return plot([*dots, Line(((x.low, 61), (x.high, 61)))], names, x, y)


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (0, 100, 6, [0, 20, 40, 60, 80, 100]),
        (0, 100, 3, [0, 50, 100]),
        (20, 80, 8, [20, 30, 40, 50, 60, 70, 80]),
        (0.31, 1.93, 5, [0.5, 1.0, 1.5]),
        (1, 26, 6, [5, 10, 15, 20, 25]),
        (-3, 3, 4, [-2, 0, 2]),
    ],
)
def test_linear_ticks_are_round(low, high, most, ticks):
    assert Axis("", low, high).ticks(most) == ticks


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (0.1, 10, 9, [0.1, 0.2, 0.5, 1, 2, 5, 10]),
        (0.1, 10, 6, [0.1, 0.3, 1, 3, 10]),
        (0.1, 10, 4, [0.1, 1, 10]),
        (1e-4, 1e4, 5, [1e-4, 1e-2, 1, 1e2, 1e4]),
    ],
)
def test_logarithmic_ticks_are_round(low, high, most, ticks):
    assert Axis("", low, high, log=True).ticks(most) == ticks


@pytest.mark.parametrize("values", [[], [1.0], [0.0, 0.0], [1e-6, 1e6], [0.09, 48.0]])
def test_a_logarithmic_axis_holds_its_values_and_a_tick(values):
    axis = log_axis("seconds", values, short_seconds)
    assert axis.high >= 10 * axis.low * 0.999
    assert all(axis.low < value < axis.high for value in values if value > 0)
    assert axis.ticks(3)


@pytest.mark.parametrize("values", [[], [float("nan")], [50.0], [0.0], [100.0], [51.2, 67.0], [-5.0, 120.0]])
def test_a_linear_axis_ends_at_round_numbers_inside_its_limits(values):
    axis = linear_axis("UAR", values, lowest=0, highest=100)
    assert 0 <= axis.low < axis.high <= 100
    assert all(axis.low <= value <= axis.high for value in values if 0 <= value <= 100)


def test_numbers_of_ticks_are_short():
    assert [plain(v) for v in (0.5, 40.0, 1000.0)] == ["0.5", "40", "1,000"]
    assert [short_seconds(v) for v in (1e-5, 0.01, 0.3, 1, 20, 1000)] == [
        *("10 µs", "10 ms", "300 ms", "1 s", "20 s"),
        "1,000 s",
    ]


def test_values_are_drawn_at_their_place_rounded_to_a_tenth():
    frame = frame_of(plot(), WIDE)
    left, top, right, bottom = frame.box
    assert frame.at(0, 0) == (round(left, 1), round(bottom, 1))
    assert frame.at(100, 100) == (round(right, 1), round(top, 1))
    assert frame.at(25, 75) == (round(left + (right - left) / 4, 1), round(top + (bottom - top) / 4, 1))
    svg = draw(plot([Line(((25, 75), (100 / 3, 200 / 3)))]), WIDE, "wide")
    assert not re.search(r"\.\d\d", svg)


def test_every_mark_is_drawn():
    points = ((10, 20), (30, 40))
    marks = [Band(((10, 5, 30), (30, 20, 60)), "c2"), Line(points, "c1 dashed", step=True), Line(((1, float("nan")),))]
    marks += [Dots(points, "c1 hollow", "svm", shape, ("one", "two")) for shape in SHAPES]
    root = ET.fromstring(draw(plot(marks), SMALL, "small"))
    dots = [node for node in root.iter("path") if "dot" in node.get("class", "").split()]
    assert len(dots) == 2 * len(SHAPES)
    assert {node.get("data-tip") for node in dots} == {"one", "two"}
    assert {node.get("data-model") for node in dots} == {"svm"}
    assert len({node.get("d").split("a")[0] for node in dots}) == len(dots)


def test_a_stepped_line_keeps_its_height_until_the_next_point():
    (line,) = re.findall(
        r'class="line step" d="([^"]*)"', draw(plot([Line(((0, 10), (50, 90)), "step", step=True)]), WIDE, "w")
    )
    frame = frame_of(plot(), WIDE)
    corners = [frame.at(0, 10), (frame.at(50, 0)[0], frame.at(0, 10)[1]), frame.at(50, 90)]
    numbers = [float(n) for n in re.findall(r"[\d.]+", line)]
    places = list(zip(numbers[::2], numbers[1::2], strict=True))
    assert [place for place, _ in itertools.groupby(places)] == corners


def test_texts_are_escaped():
    hostile = '"><script>alert(1)</script>&'
    marks = [Dots(((50, 50),), "c1", hostile, tips=(hostile,)), Line(((0, 0), (1, 1)), "c1", hostile, tip=hostile)]
    names = [Name(((50, 50),), hostile, "c1", hostile)]
    drawn = picture(plot(marks, names, Axis(hostile, 0, 1e2), Axis(hostile, 0, 1e2), hostile, hostile))
    for svg in (drawn.wide, drawn.narrow):
        assert "<script" not in svg
        root = ET.fromstring(svg)
        assert root.findtext("title") == root.findtext("desc") == hostile


def test_both_versions_have_names_with_their_own_ids():
    drawn = picture(plot())
    ids = re.findall(r' id="([^"]+)"', drawn.wide + drawn.narrow)
    assert len(set(ids)) == len(ids) == 4
    for svg in (drawn.wide, drawn.narrow):
        root = ET.fromstring(svg)
        assert root.get("role") == "img"
        assert root.get("aria-labelledby").split() == [root.find("title").get("id"), root.find("desc").get("id")]


def test_the_same_plot_has_the_same_bytes():
    assert draw(crowd(12), WIDE, "wide") == draw(crowd(12), WIDE, "wide")


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("count", [1, 12, 30])
def test_names_cover_no_dot_no_line_and_no_other_name(count, size):
    shown = crowd(count)
    frame = frame_of(shown, size)
    placed = placed_names(shown, frame)
    obstacles = [mark.obstacles(frame) for mark in shown.marks]
    boxes = [box for own, _ in obstacles for box in own]
    lines = [line for _, own in obstacles for line in own]
    for spot in placed:
        assert frame.box[0] <= spot.box[0] and spot.box[2] <= frame.box[2]
        assert not any(overlap(spot.box, box) for box in boxes)
        assert not any(crosses(line, spot.box) for line in lines)
    assert not any(overlap(a.box, b.box) for a, b in itertools.combinations(placed, 2))
    assert len(placed) >= min(count, 20)  # a name without space is left out


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_name_far_from_its_point_is_joined_to_it(size):
    shown = crowd(20, seed=3)
    frame = frame_of(shown, size)
    for spot in placed_names(shown, frame):
        if spot.distance > 14:
            assert spot.leader
            assert spot.leader[0] == spot.point


def test_a_name_of_a_line_takes_the_point_with_space():
    crowded = [Line(((0, y), (30, y))) for y in range(0, 101, 4)]
    name = Name(((10, 50), (90, 50)), "model")
    (spot,) = placed_names(plot(crowded, [name]), frame_of(plot(), WIDE))
    assert spot.point == frame_of(plot(), WIDE).at(90, 50)


def test_long_names_are_shortened_to_the_frame():
    shown = plot([Dots(((50, 50),))], [Name(((50, 50),), "a-name-without-any-break" * 5)])
    (spot,) = placed_names(shown, frame_of(shown, NARROW))
    assert spot.name.text.endswith("…")
    assert shortened("short", 100) == "short"


@pytest.mark.parametrize("text", ["lda", "mlp-keras", "MMMM", "怒り", "سعيد", "a\u0301", ""])
def test_the_width_of_a_text_is_at_least_that_of_its_letters(text):
    assert text_width(text) >= 0
    assert text_width(text + "x") > text_width(text)


@pytest.mark.parametrize("size", [WIDE, NARROW, SMALL], ids=["wide", "narrow", "small"])
def test_numbers_of_ticks_do_not_touch(size):
    for shown in (crowd(10), plot(), plot(x=log_axis("s", [1e-5, 1e5], short_seconds))):
        root = ET.fromstring(draw(shown, size, "kind"))
        ticks = [n for n in root.iter("text") if n.get("class") == "tick middle"]
        ends = [(float(n.get("x")), text_width(n.text) / 2) for n in ticks]
        assert len(ticks) > 1
        assert all(x + half < other - half2 for (x, half), (other, half2) in itertools.pairwise(ends))
        assert all(x - half >= -0.1 and x + half <= size[0] + 0.1 for x, half in ends)


def test_every_text_has_at_least_11_pixels_where_a_version_is_shown():
    (size,) = re.findall(r"\.plot text \{ font-size: (\d+)px", STYLE)
    assert float(size) == SIZE
    narrowest_wide, narrowest_narrow, narrowest_small = 576, 288, 264
    widths = ((WIDE, narrowest_wide), (NARROW, narrowest_narrow), (SMALL, narrowest_small))
    assert all(SIZE * least / width >= 11 for (width, _), least in widths)


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_contrast_with_both_grounds():
    light, dark = STYLE.split("@media", 2)[:2]
    for text, ground in ((light, "#ffffff"), (dark, "#14171a")):
        colours = re.findall(r"--c\d: (#\w{6})", text)
        assert len(set(colours)) == MOST_SERIES
        for colour in colours:
            bright, dim = sorted((luminance(colour), luminance(ground)), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= 4.5


def test_the_style_sheet_shows_one_version_by_width_and_the_wide_one_in_print():
    narrow, printed = (STYLE.split(f"@media {medium}")[1].split("\n}")[0] for medium in ("(max-width: 40rem)", "print"))
    assert ".plot.narrow { display: none;" in STYLE.split("@media (max-width: 40rem)")[0]
    assert ".plot.wide { display: none; }" in narrow
    assert ".plot.narrow { display: block; }" in narrow
    assert ".plot.wide { display: block;" in printed
    assert ".plot.narrow { display: none; }" in printed
