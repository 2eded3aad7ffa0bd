"""Check that the texts of a figure can be read: none is cut off, none covers another."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from ser_bench.report.charts.style import styled


def drawn_texts(figure, monkeypatch):
    """Lay a figure out and return each visible text with its rotation and its box in pixels."""
    texts, draw = [], Text.draw

    def record(self, renderer):
        draw(self, renderer)
        if self.get_visible() and self.get_text().strip():
            texts.append((self.get_text(), self.get_rotation(), Text.get_window_extent(self, renderer)))

    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", record)
        FigureCanvasAgg(figure)
        styled(figure.draw_without_rendering)()
    return texts


def assert_legible(figure, monkeypatch, name=""):
    """Assert that no text leaves the figure and that no horizontal or vertical texts overlap."""
    texts = drawn_texts(figure, monkeypatch)
    frame = figure.bbox.padded(1)
    for text, _, box in texts:
        assert frame.contains(box.x0, box.y0), (name, text)
        assert frame.contains(box.x1, box.y1), (name, text)
    level = [(text, box) for text, rotation, box in texts if rotation in (0, 90)]
    x0, y0, x1, y1 = (np.array([box.padded(-1.5).extents[i] for _, box in level]) for i in range(4))
    overlap = (x0[:, None] <= x1) & (x0 <= x1[:, None]) & (y0[:, None] <= y1) & (y0 <= y1[:, None])
    pairs = np.argwhere(np.triu(overlap, k=1))
    assert not len(pairs), (name, [(level[i][0], level[j][0]) for i, j in pairs])


def words_of(artist) -> str:
    """Return all texts of a figure or of axes."""
    return " ".join(text.get_text() for text in artist.findobj(Text))
