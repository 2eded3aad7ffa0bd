"""Parts that several charts share: the chance line, the model axis, texts beside rows, cell colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb
from matplotlib.transforms import ScaledTranslation, Transform

from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.charts.style import FAINT, INK, WARNING, split_colour
from ser_bench.report.charts.text import shorten
from ser_bench.report.descriptions import EXPOSED_MARK, split_marks

TEXT_BOX = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
"""A white box that keeps a text legible where lines cross it."""


def draw_chance_line(ax: Axes, level: float, label: str) -> None:
    """Draw a dashed vertical line with a label above it.

    Parameters
    ----------
    ax : Axes
    level : float
        Position in percent.
    label : str
    """
    ax.axvline(level, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    ax.annotate(
        label,
        (level, 1),
        xytext=(0, 4),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        size=8,
        ha="left" if level < 0.5 * ax.get_xlim()[1] else "right",
    )


def model_axis(ax: Axes, models: Sequence[str], width: float) -> None:
    """Label the rows of a chart with models, the first on top, those that take no rank in grey.

    Parameters
    ----------
    ax : Axes
    models : sequence of str
        Names with their marks.
    width : float
        Space for the labels in inches; longer names are shortened.
    """
    ax.set_yticks(range(len(models)), [shorten(name, width, 9) for name in models])
    ax.set_ylim(len(models) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    for label, name in zip(ax.get_yticklabels(), models, strict=True):
        label.set_color(name_colour(name))


def name_colour(title: str) -> str:
    """Return the colour of the name of a model: grey for one that takes no rank.

    Parameters
    ----------
    title : str
        The name with its marks.

    Returns
    -------
    str
        Hexadecimal RGB.
    """
    return FAINT if title in BASELINES or EXPOSED_MARK in split_marks(title)[1] else INK


def point_colour(title: str, split: str) -> str:
    """Return the colour of the point of a model: that of the split, or grey for a model that takes no rank.

    Parameters
    ----------
    title : str
        The name with its marks.
    split : str

    Returns
    -------
    str
        Hexadecimal RGB.
    """
    return split_colour(split) if name_colour(title) == INK else FAINT


def text_beside(ax: Axes, text: str, row: float, offset: float, **style: Any) -> None:
    """Write text right of the axes at the height of a row.

    Parameters
    ----------
    ax : Axes
    text : str
    row : float
    offset : float
        Distance from the axes in points.
    **style
        Properties of :class:`matplotlib.text.Text`.
    """
    transform = ax.get_yaxis_transform() + _offset(ax, offset, 0)
    ax.text(1, row, text, **{"va": "center_baseline", "transform": transform, **style})


def number_beside(ax: Axes, value: str, interval: str, row: float, offset: float, *, bold: bool = False) -> None:
    """Write a number right of the axes at the height of a row, and its interval behind it in grey.

    Parameters
    ----------
    ax : Axes
    value, interval : str
        The interval may be empty.
    row : float
    offset : float
        Distance from the axes to the right end of the number in points.
    bold : bool
        Whether the number is bold and larger.
    """
    style: dict[str, Any] = {"size": 9.5, "weight": "bold"} if bold else {"size": 9}
    text_beside(ax, value, row, offset, ha="right", **style)
    if interval:
        text_beside(ax, interval, row, offset + 6, size=7.6, color=FAINT)


def note_across(ax: Axes, note: str, row: float) -> None:
    """Write in the middle of an empty row why it is empty.

    Parameters
    ----------
    ax : Axes
    note : str
    row : float
    """
    style: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "ha": "center", "va": "center"}
    ax.text(0.5, row, note, size=8, color=WARNING, style="italic", **style)


def heading_beside(ax: Axes, text: str, offset: float, *, ha: Literal["left", "right"]) -> None:
    """Write a heading above the texts right of the axes.

    Parameters
    ----------
    ax : Axes
    text : str
    offset : float
        Distance from the axes in points.
    ha : {'left', 'right'}
        Alignment.
    """
    ax.text(1, 1, text, ha=ha, size=8, color=FAINT, transform=ax.transAxes + _offset(ax, offset, 4))


def split_colormap(split: str, ground: str = "#ffffff") -> Colormap:
    """Return the colours of cells: from the ground to the colour of the split, light grey for NaN.

    Parameters
    ----------
    split : str
    ground : str
        The colour of a share of 0.

    Returns
    -------
    Colormap
    """
    colours = LinearSegmentedColormap.from_list(split, [ground, split_colour(split)])
    return colours.with_extremes(bad="#f2f2f2")


def text_colour_on(colours: Colormap, share: float) -> str:
    """Return a colour of text with a contrast of 4.5 on a cell (relative luminance, WCAG 2); black for middle tones.

    Parameters
    ----------
    colours : Colormap
    share : float
        Position of the cell in the colour map, from 0 to 1.

    Returns
    -------
    str
    """
    red, green, blue = (value**2.2 for value in to_rgb(colours(float(share))))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    if luminance < 0.18:
        return "white"
    return INK if luminance > 0.24 else "black"


def _offset(ax: Axes, right: float, up: float) -> Transform:
    """Return a shift in points; a text with such a transform draws faster than an annotation."""
    return ScaledTranslation(right / 72, up / 72, ax.figure.dpi_scale_trans)
