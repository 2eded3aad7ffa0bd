"""Figures as small PNG and SVG files; the same figure gives the same bytes."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ser_bench.report.charts.fonts import use_further_fonts
from ser_bench.report.charts.style import DPI, styled

FORMATS = ("png", "svg")
"""The file formats of :func:`render`."""

_NUMBER = re.compile(r"(\d\.\d\d)\d+")
_NO_ROTATION = re.compile(r' transform="rotate\(-0 [^)]*\)"')
_GROUP_OF_ONE_TEXT = re.compile(r'<g id="text_\d+">\n(<text .*</text>)\n</g>')
_FONTS = re.compile(r"font-family: ([^;\"]+); ")


@styled
def render(figure: Figure, kind: str, *, full_colour: bool = False) -> bytes:
    """Return a figure as the bytes of a file.

    Parameters
    ----------
    figure : Figure
    kind : {'png', 'svg'}
    full_colour : bool
        Keep every colour of a PNG, for images with continuous tones. Default: 256 colours.

    Returns
    -------
    bytes
    """
    with warnings.catch_warnings():
        # Matplotlib warns of glyphs that fonts lack; undrawable() does so in words.
        warnings.filterwarnings("ignore", message="Glyph")
        return _svg(figure) if kind == "svg" else _png(figure, full_colour)


def _png(figure: Figure, full_colour: bool) -> bytes:
    """Return a PNG; 256 colours take a third of the size, and charts have few colours."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    if use_further_fonts(figure):
        canvas.draw()
    size, pixels = canvas.get_width_height(), canvas.buffer_rgba()
    image = Image.frombuffer("RGBA", size, pixels).convert("RGB")
    if not full_colour:
        image = image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, "png", optimize=True, dpi=(DPI, DPI))
    return buffer.getvalue()


def _svg(figure: Figure) -> bytes:
    """Return an SVG with coordinates in hundredths of a point, and the fonts named once for all labels."""
    use_further_fonts(figure)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    fonts = _FONTS.search(text)
    if fonts:
        text = text.replace(fonts[0], "").replace("<svg ", f'<svg font-family="{fonts[1]}" ', 1)
    text = re.sub(r"\n +", "\n", text).replace(" \nL ", "L")
    text = _GROUP_OF_ONE_TEXT.sub(r"\1", text)
    return re.sub(r"<[^>]+>", lambda tag: _NUMBER.sub(r"\1", _NO_ROTATION.sub("", tag[0])), text).encode()
