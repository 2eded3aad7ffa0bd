"""What every chart shares: colours, sizes, the lines that name corpus and protocol, and its file.

Layouts are in inches and text is measured before it is placed, so nothing overlaps, whatever the number
and length of names, and no layout engine has to search. Nothing touches matplotlib's global state
outside :func:`styled`, which restores it.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from ser_bench.report.formatting import SYNTHETIC, normalisation_note, protocol
from ser_bench.runs.results import SavedRun

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")

WIDTH = 9.0
"""Width of a chart in inches; at 110 dots per inch a README shows it at its own size."""

DPI = 110
INK, FAINT, RULE, ALARM = "#1f1f1f", "#666666", "#dddddd", "#b3001b"

SPLIT_COLOURS = {
    "actor": "#0072b2",
    "random": "#e69f00",
    "loso": "#009e73",
    "text": "#cc79a7",
    "emobox": "#56b4e9",
    "actor-text": "#d55e00",
    "random-80-20": "#b07800",
    "random-75-25": "#f2c45f",
    "random-90-10": "#7d5500",
    "actor-80-20": "#004a75",
    "within": "#4fa3d1",
    "cross": "#6a3d9a",
    "loco": "#a678c9",
}
"""A colour per split, the same on every chart, after Okabe and Ito's palette for colour-blind readers."""

SPLIT_WORDS = {
    "actor": "new speakers",
    "random": "speakers known from training",
    "loso": "one new speaker at a time",
    "text": "a new sentence",
    "emobox": "new speakers, published folds",
    "actor-text": "new speakers and sentence",
    "within": "new speakers of the same corpus",
    "cross": "another corpus",
    "loco": "a corpus, trained on all others",
}
"""What each split asks of a model, in a legend's few words."""

_NO_BREAK = "\N{NO-BREAK SPACE}"
_OTHERS = ("#000000", "#8c6d31", "#6a3d9a", "#999999")

_STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#999999",
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "sans-serif",
    # Short, because an SVG repeats the list at every label; Verdana is as wide as DejaVu Sans.
    "font.sans-serif": ["DejaVu Sans", "Verdana"],
    "font.size": 9,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "ser-bench",
    "text.color": INK,
    "text.hinting": "none",  # a third of the time of a chart went into hinting its labels
    "text.parse_math": False,
    "xtick.color": FAINT,
    "xtick.labelsize": 8.5,
    "ytick.color": INK,
    "ytick.labelsize": 9,
}


def styled(function: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
    """Run a function under the charts' own style, whatever the user's matplotlibrc says."""

    @wraps(function)
    def run_styled(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
        with matplotlib.style.context(["default", _STYLE]):
            return function(*args, **kwargs)

    return run_styled


def split_colour(split: str) -> str:
    """Return a split's colour; one that is not listed gets one by its name."""
    return SPLIT_COLOURS.get(split) or _OTHERS[zlib.crc32(split.encode()) % len(_OTHERS)]


def split_label(split: str) -> str:
    """Return a split's name for a legend, with what it asks of a model."""
    words = SPLIT_WORDS.get(split)
    return f"{split}: {words}" if words else split


@dataclass(frozen=True)
class Sheet:
    """A figure whose upper part names the run; charts use the ``body`` inches below it, ``width`` wide."""

    figure: Figure
    width: float
    body: float

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Add axes; all in inches from the lower left corner of the sheet."""
        across, up = self.figure.get_size_inches()
        return self.figure.add_axes((left / across, bottom / up, width / across, height / up))

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Write text; in inches from the lower left corner of the sheet."""
        across, up = self.figure.get_size_inches()
        self.figure.text(x / across, y / up, text, **style)


def new_sheet(
    run: SavedRun, title: str, *, body: float, width: float = WIDTH, splits: Sequence[str] | None = None
) -> Sheet:
    """Return a sheet headed by the title and by corpus, protocol and normalisation, and a badge if made up.

    ``splits`` are those shown (default: all of the run).
    """
    shown = protocol(run, tuple(splits) if splits is not None else None)
    return titled_sheet(title, [shown], [normalisation_note(run)], body=body, width=width, synthetic=run.info.synthetic)


def titled_sheet(
    title: str, lines: Sequence[str], alarms: Sequence[str], *, body: float, width: float = WIDTH, synthetic: bool
) -> Sheet:
    """Return a sheet headed by a title, quiet lines, lines of warning, and a badge if the speech is made up."""
    margin, badge = 0.15, text_width(SYNTHETIC, 9, bold=True) + 0.35 if synthetic else 0.0
    room = width - 2 * margin
    head = [(line, 12.5, INK, True, 0.24) for line in wrap(title, room - badge, 12.5, bold=True)]
    head += [(line, 8.2, FAINT, False, 0.165) for text in lines for line in wrap(text, room, 8.2)]
    head += [(line, 8.2, ALARM, True, 0.165) for text in alarms for line in wrap(text, room, 8.2, bold=True)]
    height = 0.12 + sum(line[-1] for line in head) + 0.08
    sheet = Sheet(Figure(figsize=(width, body + height), dpi=DPI), width, body)
    y = body + height - 0.12
    for text, size, colour, bold, step in head:
        weight = "bold" if bold else "normal"
        sheet.text(margin, y, text, size=size, color=colour, weight=weight, va="top")
        y -= step
    if synthetic:
        box = {"boxstyle": "round,pad=0.35", "facecolor": ALARM, "edgecolor": "none"}
        place = {"ha": "right", "va": "top", "bbox": box}
        sheet.text(width - 0.2, body + height - 0.14, SYNTHETIC, size=9, color="white", weight="bold", **place)
    return sheet


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width in inches of a text at a size in points."""
    font = FontProperties(family=["DejaVu Sans"], weight="bold" if bold else "normal", size=size)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def shorten(text: str, width: float, size: float) -> str:
    """Cut a text with an ellipsis to a width in inches at a size in points."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text + "…"


def shorten_front(text: str, width: float, size: float) -> str:
    """Cut a text as :func:`shorten` does, but at its front: in names such as ``ravdess/01`` what matters comes last."""
    return shorten(text[::-1], width, size)[::-1]


def wrap(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than ``width`` inches, where it can between its parts, ``a · b``."""
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
            lines.append(shorten(word, width, size))
    return [line.replace(_NO_BREAK, " ") for line in lines]


def names_width(names: Sequence[str], size: float, most: float = 2.2) -> float:
    """Return the room in inches that the longest of these names needs beside an axis, at most ``most``."""
    return min(max(text_width(name, size) for name in names), most) + 0.15
