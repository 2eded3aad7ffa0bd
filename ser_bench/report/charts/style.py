"""The look of all charts: colours, the sheet that names corpus and protocol, and Matplotlib's settings.

Layouts are in inches and text is measured before it is placed, so nothing overlaps and no layout engine
has to search. Only :func:`styled` touches Matplotlib's global settings, and it restores them.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.charts.fonts import OWN
from ser_bench.report.charts.text import text_width, wrap
from ser_bench.report.descriptions import SYNTHETIC, mark_notes, normalisation_note, protocol
from ser_bench.runs.results import SavedRun
from ser_bench.splits import SPLITS

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")

WIDTH = 9.0
"""Width of a chart in inches; at 110 dots per inch a README shows it at its own size."""

DPI = 110
INK, FAINT, RULE, WARNING = "#1f1f1f", "#666666", "#dddddd", "#b3001b"

_OTHER_COLOURS = ("#000000", "#8c6d31", "#6a3d9a", "#999999")

_STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#999999",
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "sans-serif",
    # An SVG repeats this list at every label, so it is short; Verdana is as wide as DejaVu Sans.
    "font.sans-serif": [OWN, "Verdana"],
    "font.size": 9,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "ser-bench",
    "text.color": INK,
    "text.hinting": "none",  # hinting labels takes a third of the drawing time
    "text.parse_math": False,
    "xtick.color": FAINT,
    "xtick.labelsize": 8.5,
    "ytick.color": INK,
    "ytick.labelsize": 9,
}


_DRAWING = threading.RLock()


def styled(function: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
    """Decorate a function that draws so that it runs under the charts' settings and not the user's matplotlibrc.

    The settings belong to the whole process, so one thread draws at a time.

    Parameters
    ----------
    function : callable

    Returns
    -------
    callable
    """

    @wraps(function)
    def run_styled(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
        with _DRAWING, matplotlib.style.context(["default", _STYLE]):
            return function(*args, **kwargs)

    return run_styled


def split_colour(split: str) -> str:
    """Return the colour of a split, the same on every chart; splits without one get one by their name.

    Parameters
    ----------
    split : str

    Returns
    -------
    str
        Hexadecimal RGB.
    """
    registered = SPLITS.get(split)
    if registered and registered.colour:
        return registered.colour
    return _OTHER_COLOURS[zlib.crc32(split.encode()) % len(_OTHER_COLOURS)]


@dataclass(frozen=True)
class Sheet:
    """A figure whose upper part names the run and whose lower part is free for the chart.

    Parameters
    ----------
    figure : Figure
    width : float
        Width in inches.
    body : float
        Height of the free part in inches.
    """

    figure: Figure
    width: float
    body: float

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Add axes.

        Parameters
        ----------
        left, bottom, width, height : float
            In inches from the lower left corner of the sheet.

        Returns
        -------
        Axes
        """
        sheet_width, sheet_height = self.figure.get_size_inches()
        box = (left / sheet_width, bottom / sheet_height, width / sheet_width, height / sheet_height)
        return self.figure.add_axes(box)

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Write text.

        Parameters
        ----------
        x, y : float
            In inches from the lower left corner of the sheet.
        text : str
        **style
            Properties of :class:`matplotlib.text.Text`.
        """
        sheet_width, sheet_height = self.figure.get_size_inches()
        self.figure.text(x / sheet_width, y / sheet_height, text, **style)


def new_sheet(
    run: SavedRun,
    title: str,
    *,
    body: float,
    shown: str = "",
    width: float = WIDTH,
    splits: Sequence[str] | None = None,
    models: Sequence[str] | None = None,
) -> Sheet:
    """Return a sheet for a chart of a run: title, protocol, what is transductive, badge for synthetic speech.

    Parameters
    ----------
    run : SavedRun
    title : str
        What the chart finds.
    body : float
        Height of the chart in inches.
    shown : str
        What the chart shows, the first line below the title.
    width : float
        Width in inches.
    splits : sequence of str, optional
        The splits that the chart shows. Default: all of the run.
    models : sequence of str, optional
        The models that the chart shows. Default: all of the run.

    Returns
    -------
    Sheet
    """
    return titled_sheet(
        title,
        [*filter(None, [shown]), protocol(run, tuple(splits) if splits is not None else None)],
        [normalisation_note(run), *mark_notes(run, models)],
        body=body,
        width=width,
        synthetic=run.info.synthetic,
    )


def titled_sheet(
    title: str, lines: Sequence[str], warnings: Sequence[str], *, body: float, width: float = WIDTH, synthetic: bool
) -> Sheet:
    """Return a sheet headed by a title, lines of detail and warnings.

    Parameters
    ----------
    title : str
    lines : sequence of str
        Details in grey below the title.
    warnings : sequence of str
        Warnings in red below the details.
    body : float
        Height of the chart in inches.
    width : float
        Width in inches.
    synthetic : bool
        Whether to add a badge that says that the speech is synthetic.

    Returns
    -------
    Sheet
    """
    margin, badge = 0.15, text_width(SYNTHETIC, 9, bold=True) + 0.35 if synthetic else 0.0
    text_space = width - 2 * margin
    rows = [(line, 12.5, INK, True, 0.24) for line in wrap(title, text_space - badge, 12.5, bold=True)]
    rows += [(line, 8.2, FAINT, False, 0.165) for text in lines for line in wrap(text, text_space, 8.2)]
    rows += [(line, 8.2, WARNING, True, 0.165) for text in warnings for line in wrap(text, text_space, 8.2, bold=True)]
    height = 0.12 + sum(row[-1] for row in rows) + 0.08
    sheet = Sheet(Figure(figsize=(width, body + height), dpi=DPI), width, body)
    y = body + height - 0.12
    for text, size, colour, bold, line_height in rows:
        sheet.text(margin, y, text, size=size, color=colour, weight="bold" if bold else "normal", va="top")
        y -= line_height
    if synthetic:
        box = {"boxstyle": "round,pad=0.35", "facecolor": WARNING, "edgecolor": "none"}
        style: dict[str, Any] = {"ha": "right", "va": "top", "bbox": box, "color": "white", "weight": "bold"}
        sheet.text(width - 0.2, body + height - 0.14, SYNTHETIC, size=9, **style)
    return sheet
