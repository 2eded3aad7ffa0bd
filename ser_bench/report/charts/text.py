"""Text measured before it is drawn: widths, shortening and line breaks."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from ser_bench.report.charts.fonts import OWN, further_fonts
from ser_bench.report.descriptions import split_marks

_NO_BREAK = "\N{NO-BREAK SPACE}"


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Measure a line of text.

    Parameters
    ----------
    text : str
    size : float
        Font size in points.
    bold : bool

    Returns
    -------
    float
        Width in inches.
    """
    families = () if text.isascii() else further_fonts(frozenset(text))
    font = FontProperties(family=[OWN, *families], weight="bold" if bold else "normal", size=size)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def shorten(text: str, width: float, size: float) -> str:
    """Cut the end of a text that is too wide, but not the marks of a model, and add an ellipsis.

    Parameters
    ----------
    text : str
    width : float
        Largest width in inches.
    size : float
        Font size in points.

    Returns
    -------
    str
    """
    if text_width(text, size) <= width:
        return text
    name, marks = split_marks(text)
    while name and text_width(f"{name}…{marks}", size) > width:
        name = name[:-1]
    return f"{name}…{marks}"


def shorten_front(text: str, width: float, size: float) -> str:
    """Cut the front of a text that is too wide: names such as ``ravdess/01`` differ at their end.

    Parameters
    ----------
    text : str
    width : float
        Largest width in inches.
    size : float
        Font size in points.

    Returns
    -------
    str
    """
    return shorten(text[::-1], width, size)[::-1]


def wrap(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines, preferably between parts that `` · `` separates.

    Parameters
    ----------
    text : str
    width : float
        Largest width of a line in inches.
    size : float
        Font size in points.
    bold : bool

    Returns
    -------
    list of str
    """
    parts = [
        part.replace(" ", _NO_BREAK) if text_width(part, size, bold=bold) < width / 2 else part
        for part in text.split(" · ")
    ]
    lines: list[str] = []
    for word in f"{_NO_BREAK}· ".join(parts).split(" "):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size, bold=bold) <= width:
            lines[-1] = joined
        elif word:
            lines += [word] if text_width(word, size, bold=bold) <= width else wrap_name(word, width, size)
    return [line.replace(_NO_BREAK, " ") for line in lines]


def wrap_name(name: str, width: float, size: float) -> list[str]:
    """Break a name into lines, where it is too wide also after its punctuation.

    Parameters
    ----------
    name : str
        Such as ``onnx:embedding_model``.
    width : float
        Largest width of a line in inches.
    size : float
        Font size in points.

    Returns
    -------
    list of str
    """
    lines: list[str] = []
    for word in name.split(" "):
        pieces = re.split(r"(?<=[:/_#=+-])", word) if text_width(word, size) > width else [word]
        for index, piece in enumerate(pieces):
            joined = f"{lines[-1]}{'' if index else ' '}{piece}" if lines else piece
            if lines and text_width(joined, size) <= width:
                lines[-1] = joined
            elif piece:
                lines.append(piece)
    return [shorten(line, width, size) for line in lines]


def names_width(names: Sequence[str], size: float, limit: float = 2.2) -> float:
    """Return the space that the longest name needs beside an axis.

    Parameters
    ----------
    names : sequence of str
    size : float
        Font size in points.
    limit : float
        Largest width of a name in inches; longer names are shortened.

    Returns
    -------
    float
        Width in inches, margin included.
    """
    return min(max(text_width(name, size) for name in names), limit) + 0.15
