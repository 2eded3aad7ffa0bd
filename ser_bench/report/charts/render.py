"""A figure as the bytes of a file: the same bytes for the same figure, and few of them."""

from __future__ import annotations

import io
import re
import warnings

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ser_bench.report.charts.style import DPI, styled

_NUMBER = re.compile(r"(\d\.\d\d)\d+")
_UNTURNED = re.compile(r' transform="rotate\(-0 [^)]*\)"')
_LONE_TEXT = re.compile(r'<g id="text_\d+">\n(<text .*</text>)\n</g>')
_FONTS = re.compile(r"font-family: ([^;\"]+); ")


@styled
def render(figure: Figure, kind: str, *, shades: bool = False) -> bytes:
    """Return the figure as a ``png`` or ``svg`` file; ``shades`` keeps every colour of one with continuous tones."""
    with warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes; that is no reason to alarm the user.
        warnings.filterwarnings("ignore", message="Glyph")
        return _svg(figure) if kind == "svg" else _png(figure, shades)


def _png(figure: Figure, shades: bool) -> bytes:
    """Store 256 colours instead of 16 million: a third of the size, and charts have few."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
    if not shades:
        image = image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, "png", optimize=True, dpi=(DPI, DPI))
    return buffer.getvalue()


def _svg(figure: Figure) -> bytes:
    """Store hundredths of a point, and the fonts once instead of at every label."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    fonts = _FONTS.search(text)
    if fonts:
        text = text.replace(fonts[0], "").replace("<svg ", f'<svg font-family="{fonts[1]}" ', 1)
    text = re.sub(r"\n +", "\n", text).replace(" \nL ", "L")
    text = _LONE_TEXT.sub(r"\1", text)
    return re.sub(r"<[^>]+>", lambda tag: _NUMBER.sub(r"\1", _UNTURNED.sub("", tag[0])), text).encode()
