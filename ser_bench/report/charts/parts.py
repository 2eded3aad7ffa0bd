"""Parts that several charts share: the chance line, the models' axis, the legend of splits, tinted cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb
from matplotlib.transforms import ScaledTranslation, Transform

from ser_bench.report.analysis.scores import BASELINES
from ser_bench.report.charts.style import ALARM, FAINT, INK, Sheet, shorten, split_colour, split_label, text_width

WHITE_GROUND = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
"""A box that keeps a text legible where lines run below it."""

LEGEND_ROW = 0.2
"""Height in inches of a row of the legend."""


def draw_chance(ax: Axes, level: float, label: str) -> None:
    """Draw a dashed line across the axes at a level in percent, named just above them."""
    ax.axvline(level, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    side = "left" if level < 0.5 * ax.get_xlim()[1] else "right"
    ax.annotate(
        label,
        (level, 1),
        xytext=(0, 4),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        size=8,
        ha=side,
    )


def model_axis(ax: Axes, models: Sequence[str], room: float) -> None:
    """Name the rows of a chart by model, the first on top, the baselines in grey; ``room`` is in inches."""
    ax.set_yticks(range(len(models)), [shorten(name, room, 9) for name in models])
    ax.set_ylim(len(models) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    for label, name in zip(ax.get_yticklabels(), models, strict=True):
        label.set_color(FAINT if name in BASELINES else INK)


def write_beside(ax: Axes, text: str, row: float, shift: float, **style: Any) -> None:
    """Write text at a row's height, ``shift`` points right of the axes."""
    where = ax.get_yaxis_transform() + _shift(ax, shift, 0)
    ax.text(1, row, text, **{"va": "center_baseline", "transform": where, **style})


def write_across(ax: Axes, text: str, row: float) -> None:
    """Write in the middle of a row why it is empty."""
    place: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "ha": "center", "va": "center"}
    ax.text(0.5, row, text, size=8, color=ALARM, style="italic", **place)


def head_beside(ax: Axes, text: str, shift: float, *, ha: Literal["left", "right"]) -> None:
    """Write a small heading above the texts beside the axes."""
    ax.text(1, 1, text, ha=ha, size=8, color=FAINT, transform=ax.transAxes + _shift(ax, shift, 4))


def legend_rows(splits: Sequence[str], room: float) -> list[list[str]]:
    """Share the legend's entries out over rows no wider than ``room`` inches."""
    rows: list[list[str]] = [[]]
    used = 0.0
    for split in splits:
        need = _entry_width(split)
        if rows[-1] and used + need > room:
            rows.append([])
            used = 0.0
        rows[-1].append(split)
        used += need
    return rows


def draw_legend(sheet: Sheet, rows: Sequence[Sequence[str]], left: float, bottom: float) -> None:
    """Draw the splits' colours and names; ``left`` and ``bottom`` are in inches on the sheet."""
    ax = sheet.axes(left, bottom, sheet.width - left, LEGEND_ROW * len(rows))
    ax.set_axis_off()
    ax.set_xlim(0, sheet.width - left)
    ax.set_ylim(len(rows), 0)
    for row, splits in enumerate(rows):
        x = 0.0
        for split in splits:
            ax.barh([row + 0.5], [0.2], left=[x], height=0.6, color=split_colour(split))
            ax.text(x + 0.27, row + 0.5, split_label(split), size=8.5, va="center_baseline")
            x += _entry_width(split)


def tints(split: str) -> Colormap:
    """Return the colours of cells, from white to the split's own; light grey for a cell without value."""
    colours = LinearSegmentedColormap.from_list(split, ["#ffffff", split_colour(split)])
    return colours.with_extremes(bad="#f2f2f2")


def ink_on(colours: Colormap, share: float) -> str:
    """Return the ink that reads best on a cell's colour (relative luminance, WCAG 2)."""
    red, green, blue = (value**2.2 for value in to_rgb(colours(float(share))))
    return "white" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.2 else INK


def _shift(ax: Axes, right: float, up: float) -> Transform:
    """Move by points; texts moved so draw faster than annotations."""
    return ScaledTranslation(right / 72, up / 72, ax.figure.dpi_scale_trans)


def _entry_width(split: str) -> float:
    return text_width(split_label(split), 8.5) + 0.45
