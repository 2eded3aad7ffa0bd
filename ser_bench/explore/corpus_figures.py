"""A corpus as pictures: what it is made of, how high its voices are, and the map of its features."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from ser_bench.core.labels import COLOURS
from ser_bench.explore.corpus import Explored
from ser_bench.explore.marks import GENDER_COLOURS, GENDERS
from ser_bench.report.charts.style import FAINT, INK, WIDTH, Sheet, styled, titled_sheet
from ser_bench.report.charts.text import names_width, shorten, shorten_front, text_width

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""What a bar of a spread shows: thin from the first to the last, thick between the next two, a mark in the middle."""

_ROW, _GAP = 0.3, 0.3
_SPREAD = "thin bar: 5 to 95 % of the clips, thick bar: 25 to 75 %, mark: median"
_F0_TICKS = (50, 75, 100, 150, 200, 300, 400, 600)
_OTHER_COLOURS = ("#4d4d4d", "#b07800", "#6a3d9a", "#3b6e22", "#a6486b", "#5f9ea0")


def emotion_colour(label: str, labels: tuple[str, ...]) -> str:
    """Return a label's colour; labels of one's own get one by their order."""
    others = [name for name in labels if name not in COLOURS]
    return COLOURS.get(label) or _OTHER_COLOURS[others.index(label) % len(_OTHER_COLOURS)]


@styled
def overview(explored: Explored) -> Figure:
    """Draw clips, durations, levels and silence by emotion, and the clips of each speaker."""
    emotions = explored.emotions
    left, rows, speakers = names_width(emotions, 9, 1.6) + 0.1, _ROW * len(emotions), 1.5
    body = rows + speakers + 1.95
    sheet = _sheet(explored, "What the corpus is made of", body)
    panels: tuple[tuple[str, Callable[[Axes], None]], ...] = (
        ("clips", lambda ax: _count_bars(ax, explored)),
        ("duration, seconds", lambda ax: _spreads(ax, explored, "seconds")),
        ("level (RMS), dBFS", lambda ax: _spreads(ax, explored, "level")),
        ("silence, % of the clip", lambda ax: _spreads(ax, explored, "silence", 100)),
    )
    width = (WIDTH - left - 0.2 - _GAP * (len(panels) - 1)) / len(panels)
    bottom = body - 0.3 - rows
    for place, (title, draw) in enumerate(panels):
        ax = sheet.axes(left + place * (width + _GAP), bottom, width, rows)
        draw(ax)
        _emotion_axis(ax, emotions, left - 0.2, named=place == 0)
        ax.text(0, 1.0, title, size=9, weight="bold", va="bottom", transform=ax.transAxes)
    sheet.text(left, bottom - 0.42, _SPREAD, size=8, color=FAINT)
    _speaker_bars(sheet.axes(left, 0.66, WIDTH - left - 0.2, speakers), explored, WIDTH - left - 0.2)
    return sheet.figure


@styled
def pitch(explored: Explored) -> Figure:
    """Draw how the clips' median F0 spreads, by emotion and gender."""
    emotions, present = explored.emotions, set(explored.genders)
    here = [gender for gender in GENDERS if gender in present]
    left, height = names_width(emotions, 9, 1.6) + 0.1, (0.12 + 0.17 * len(here)) * len(emotions)
    sheet = _sheet(explored, "Median F0 of each clip, by emotion and gender", height + 1.15)
    ax = sheet.axes(left, 0.62, WIDTH - left - 0.75, height)
    ax.set_xscale("log")
    step = 0.8 / len(here)
    beside: dict[str, Any] = {
        "size": 7.5,
        "ha": "right",
        "va": "center_baseline",
        "transform": ax.get_yaxis_transform(),
    }
    for row, emotion in enumerate(emotions):
        for place, gender in enumerate(here):
            y, own = row - 0.4 + (place + 0.5) * step, explored.f0_of(emotion, gender)
            _spread(ax, own, y, GENDER_COLOURS[gender], thick=min(0.4 * step, 0.2))
            ax.text(1.07, y, f"{len(own):,}", color=GENDER_COLOURS[gender], **beside)
    ax.text(1.07, 1, "clips", size=8, color=FAINT, ha="right", va="bottom", transform=ax.transAxes)
    _hertz(ax)
    _emotion_axis(ax, emotions, left - 0.2, named=True)
    _gender_legend(sheet, left, height + 0.86, here)
    sheet.text(left, 0.1, _SPREAD, size=8, color=FAINT)
    return sheet.figure


def _sheet(explored: Explored, title: str, body: float) -> Sheet:
    return titled_sheet(title, [explored.line], (), body=body, synthetic=explored.corpus.synthetic)


def _count_bars(ax: Axes, explored: Explored) -> None:
    counts = [int((explored.clips["emotion"] == emotion).sum()) for emotion in explored.emotions]
    colours = [emotion_colour(emotion, explored.emotions) for emotion in explored.emotions]
    ax.barh(range(len(counts)), counts, height=0.62, color=colours)
    for row, count in enumerate(counts):
        ax.text(count, row, f" {count:,}", size=8, va="center_baseline")
    ax.set_xlim(0, 1.3 * max(counts))
    ax.xaxis.set_major_locator(MaxNLocator(3, integer=True))


def _spreads(ax: Axes, explored: Explored, measure: str, scale: float = 1.0) -> None:
    for row, emotion in enumerate(explored.emotions):
        values = scale * explored.clips[measure][explored.clips["emotion"] == emotion].to_numpy()
        _spread(ax, values, row, emotion_colour(emotion, explored.emotions), thick=0.42)
    ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    ax.grid(axis="x")
    ax.margins(x=0.06)


def _spread(ax: Axes, values: np.ndarray, row: float, colour: str, *, thick: float) -> None:
    """Draw a spread as bars of two widths and a mark; nothing where there is no value."""
    ax.use_sticky_edges = False  # bars would else end where the axes do
    if not len(values):
        return
    lowest, low, middle, high, highest = np.quantile(values, QUANTILES)
    ax.barh(row, highest - lowest, left=lowest, height=thick / 3, color=colour, alpha=0.45)
    ax.barh(row, high - low, left=low, height=thick, color=colour)
    ax.plot([middle], [row], marker="o", markersize=4, color="white", markeredgecolor=INK, markeredgewidth=0.8)


def _emotion_axis(ax: Axes, emotions: tuple[str, ...], room: float, *, named: bool) -> None:
    ax.set_yticks(range(len(emotions)), [shorten(name, room, 9) if named else "" for name in emotions])
    ax.set_ylim(len(emotions) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def _speaker_bars(ax: Axes, explored: Explored, width: float) -> None:
    """Draw the clips of each speaker, one emotion on another, and name as many speakers as can be read."""
    clips, emotions = explored.clips, explored.emotions
    table = clips.groupby(["speaker", "emotion"]).size().unstack(fill_value=0).reindex(columns=list(emotions))
    bottom = np.zeros(len(table))
    for emotion in emotions:
        ax.bar(range(len(table)), table[emotion], bottom=bottom, width=0.72, color=emotion_colour(emotion, emotions))
        bottom += table[emotion].to_numpy()
    names = [shorten_front(str(name), 0.9, 8) for name in table.index]
    cell = width / len(names)
    widest = max(text_width(name, 8) for name in names) + 0.06
    step = int(np.ceil(widest / cell))
    ax.set_xticks(range(0, len(names), step), names[::step], fontsize=8)
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.grid(axis="y")
    ax.tick_params(axis="x", length=0, pad=7)  # the first name may reach below the other axis's 0
    ax.set_xlabel("speaker" if step == 1 else f"speaker (every {_ordinal(step)} is named)", fontsize=8.5, color=FAINT)
    ax.text(0, 1.02, "clips of each speaker, by emotion", size=9, weight="bold", va="bottom", transform=ax.transAxes)


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")


def _hertz(ax: Axes) -> None:
    low, high = ax.get_xlim()
    ax.set_xticks([hz for hz in _F0_TICKS if low <= hz <= high])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda hz, _: f"{hz:g}"))
    ax.set_xlim(low, high)
    ax.set_xlabel("median F0 over voiced frames, Hz (logarithmic)")
    ax.grid(axis="x")


def _gender_legend(sheet: Sheet, left: float, bottom: float, here: list[str]) -> None:
    x = left
    for gender in here:
        name = gender or "gender not known"
        sheet.text(x, bottom, "■", size=10, color=GENDER_COLOURS[gender])
        sheet.text(x + 0.18, bottom, name, size=8.5)
        x += text_width(name, 8.5) + 0.45
