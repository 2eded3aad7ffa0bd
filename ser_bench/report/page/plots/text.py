"""The width of a text before a browser draws it, from the widths of DejaVu Sans, which is a wide font."""

from __future__ import annotations

import unicodedata

from ser_bench.report.descriptions import split_marks

SIZE = 13.0
"""Size of every text in units of a picture, so that it is at least 11 px where a picture is drawn smaller."""

LINE = 16.0
"""Height of a line of text."""

_NARROW = dict.fromkeys("ijlI.,:;|!'()[] ftr/-", 0.4)
_WIDE = dict.fromkeys("mwMWQO@%&+=−±<>~", 0.9)
_WIDTHS = {**_NARROW, **_WIDE}


def text_width(text: str) -> float:
    """Estimate the width of a line of text; it is seldom wider.

    Parameters
    ----------
    text : str

    Returns
    -------
    float
        In units of a picture.
    """
    return SIZE * sum(map(_width, text))


def shortened(text: str, width: float) -> str:
    """Cut the end of a text that is too wide, but not the marks of a model, and add an ellipsis.

    Parameters
    ----------
    text : str
    width : float
        The largest width in units of a picture.

    Returns
    -------
    str
    """
    if text_width(text) <= width:
        return text
    name, marks = split_marks(text)
    while name and text_width(f"{name}…{marks}") > width:
        name = name[:-1]
    return f"{name}…{marks}"


def _width(letter: str) -> float:
    """Return the width of a character in ems."""
    if letter in _WIDTHS:
        return _WIDTHS[letter]
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0x2FFF:
        return 1.05
    return 0.72 if letter.isupper() or not letter.isascii() else 0.64
