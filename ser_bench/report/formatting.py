"""How numbers, intervals and lists are written, the same in every table and chart."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from ser_bench.core.text import escape_control, listed

_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def safe_markdown(text: str) -> str:
    """Escape the HTML tags and control characters of a Markdown document.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return _TAG.sub("&lt;", escape_control(text))


def markdown_cell(text: str) -> str:
    """Write text as a cell of a Markdown table: on one line, with ``|`` escaped.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return " ".join(text.split()).replace("|", "\\|")


def percent(fraction: float) -> str:
    """Write a fraction as a percentage.

    Parameters
    ----------
    fraction : float

    Returns
    -------
    str
        One decimal, no sign: ``51.2``; ``n/a`` for NaN.
    """
    return "n/a" if math.isnan(fraction) else f"{100 * fraction:.1f}"


def decimals(value: float) -> str:
    """Write a loss or a mean count.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
        Two decimals: ``0.96``; ``n/a`` for NaN.
    """
    return "n/a" if math.isnan(value) else f"{value:.2f}"


def decimals_interval(low: float, high: float) -> str:
    """Write an interval of losses.

    Parameters
    ----------
    low, high : float

    Returns
    -------
    str
        Such as ``[0.90, 1.02]``; empty if an end is NaN.
    """
    return "" if math.isnan(low) or math.isnan(high) else f"[{low:.2f}, {high:.2f}]"


def points(difference: float) -> str:
    """Write a difference of fractions in percentage points.

    Parameters
    ----------
    difference : float

    Returns
    -------
    str
        One decimal with its sign: ``+3.1``; ``n/a`` for NaN.
    """
    if math.isnan(difference):
        return "n/a"
    return f"{round(100 * difference, 1) + 0.0:+.1f}"  # adding zero turns -0.0 into +0.0


def percent_interval(low: float, high: float) -> str:
    """Write an interval of fractions as percentages.

    Parameters
    ----------
    low, high : float

    Returns
    -------
    str
        Such as ``[51.2, 58.0]``; empty if an end is NaN.
    """
    return "" if math.isnan(low) or math.isnan(high) else f"[{100 * low:.1f}, {100 * high:.1f}]"


def percent_range(low: float, high: float, by_speaker: Sequence[float] = ()) -> str:
    """Write the interval of a score, or the scores of each speaker where they are too few for an interval.

    Parameters
    ----------
    low, high : float
        Fractions; NaN without an interval.
    by_speaker : sequence of float
        Fractions.

    Returns
    -------
    str
        Such as ``[51.2, 58.0]`` or ``(speakers 51.2, 58.0)``; empty for one speaker.
    """
    interval = percent_interval(low, high)
    if interval or len(by_speaker) < 2:
        return interval
    return f"(speakers {', '.join(map(percent, by_speaker))})"


def points_interval(low: float, high: float) -> str:
    """Write an interval of differences in percentage points.

    Parameters
    ----------
    low, high : float

    Returns
    -------
    str
        Such as ``[+3.1, +9.0]``; empty if an end is NaN.
    """
    return "" if math.isnan(low) or math.isnan(high) else f"[{points(low)}, {points(high)}]"


def p_value(p: float) -> str:
    """Write a p value.

    Parameters
    ----------
    p : float

    Returns
    -------
    str
        Two significant digits, or ``< 0.001``; ``n/a`` for NaN.
    """
    return "n/a" if math.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.0995 else f"{p:.2f}"


def p_statement(p: float) -> str:
    """Write a p value as a statement.

    Parameters
    ----------
    p : float

    Returns
    -------
    str
        Such as ``p = 0.03`` or ``p < 0.001``.
    """
    text = p_value(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def byte_size(count: float) -> str:
    """Write a number of bytes with a decimal unit.

    Parameters
    ----------
    count : float

    Returns
    -------
    str
        Two significant digits: ``1.2 MB``; ``n/a`` for NaN.
    """
    if math.isnan(count):
        return "n/a"
    for unit in ("B", "kB", "MB"):
        if count < 999.5:
            return f"{count:.2g} {unit}" if count < 99.5 else f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.2g} GB"


def weight_count(count: float) -> str:
    """Write a number of weights, thousands and millions in short.

    Parameters
    ----------
    count : float

    Returns
    -------
    str
        Such as "65k" or "1.2M".
    """
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.0f}"


def seconds(duration: float) -> str:
    """Write a duration.

    Parameters
    ----------
    duration : float
        In seconds.

    Returns
    -------
    str
        Two significant digits in ms or s: ``0.43 s``; ``n/a`` for NaN.
    """
    if math.isnan(duration):
        return "n/a"
    if duration < 0.0095:
        return f"{1000 * duration:.1g} ms"
    if duration < 0.95:
        return f"{1000 * duration:.2g} ms" if duration < 0.095 else f"{duration:.2f} s"
    return f"{duration:.1f} s" if duration < 9.95 else f"{duration:,.0f} s"


def decibels(share: float) -> str:
    """Write an amplitude in dBFS.

    Parameters
    ----------
    share : float
        The share of full scale.

    Returns
    -------
    str
        One decimal; ``-inf`` for 0.
    """
    return f"{round(20 * math.log10(share), 1) + 0.0:.1f}" if share > 0 else "-inf"  # + 0.0 turns -0.0 into 0.0


def plain_value(value: object) -> str:
    """Write the value of a parameter.

    Parameters
    ----------
    value : object
        A value of JSON.

    Returns
    -------
    str
        Such as "0.85 and 1.17" for a list, and "none" without a value.
    """
    if isinstance(value, list | tuple):
        return listed([plain_value(part) for part in value]) if value else "none"
    return "none" if value is None else {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def capitalised(text: str) -> str:
    """Write text with a capital first letter.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return text[:1].upper() + text[1:]
