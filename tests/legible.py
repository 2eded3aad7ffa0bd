"""How a figure's texts are found where they were drawn, and whether all of them can be read."""

from __future__ import annotations

import itertools

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from ser_bench.report.charts.style import styled


def drawn_texts(figure, monkeypatch):
    """Draw a figure and return each visible text with its rotation and its place in pixels."""
    drawn, draw = [], Text.draw

    def record(self, renderer):
        draw(self, renderer)
        if self.get_visible() and self.get_text().strip():
            drawn.append((self.get_text(), self.get_rotation(), Text.get_window_extent(self, renderer)))

    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", record)
        styled(FigureCanvasAgg(figure).draw)()
    return drawn


def assert_legible(figure, monkeypatch, name=""):
    """No text leaves the picture or lies on another."""
    texts = drawn_texts(figure, monkeypatch)
    frame = figure.bbox.padded(1)
    for text, _, box in texts:
        assert frame.contains(box.x0, box.y0) and frame.contains(box.x1, box.y1), (name, text)
    level = [(text, box.padded(-1.5)) for text, turned, box in texts if turned in (0, 90)]
    for (one, box), (other, place) in itertools.combinations(level, 2):
        assert not box.overlaps(place), (name, one, other)


def words_of(figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(Text))
