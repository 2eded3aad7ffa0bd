"""Pictures of a corpus: its clips by emotion and speaker, and the F0 of its voices."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from ser_bench.core.labels import label_colour
from ser_bench.explore.corpus import GENDERS, ExploredCorpus
from ser_bench.explore.findings import overview_title, pitch_title
from ser_bench.report.charts.style import FAINT, INK, WIDTH, Sheet, styled, titled_sheet
from ser_bench.report.charts.text import names_width, shorten, shorten_front, text_width

GENDER_COLOURS = {"female": "#cc5a00", "male": "#0072b2", "": "#7f7f7f"}

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles that a distribution shows: thin bar from first to last, thick bar between the next two, median."""
_QUANTILES_NOTE = "thin bar: 5 to 95 % of the clips, thick bar: 25 to 75 %, mark: median"

_ROW, _GAP, _SPEAKERS_HEIGHT = 0.3, 0.3, 1.5
_F0_TICKS = (50, 75, 100, 150, 200, 300, 400, 600)


@styled
def draw_overview(explored: ExploredCorpus) -> Figure:
    """Draw clips, durations, levels and silence by emotion, and the clips of each speaker.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    Figure
    """
    emotions = explored.emotions
    left, height = names_width(emotions, 9, 1.6) + 0.1, _ROW * len(emotions)
    body = height + _SPEAKERS_HEIGHT + 1.95
    sheet = _sheet(explored, overview_title(explored), body)
    panels: dict[str, Callable[[Axes, ExploredCorpus], None]] = {
        "clips": _draw_counts,
        "duration, seconds": partial(_draw_distributions, measure="seconds"),
        "level (RMS), dBFS": partial(_draw_distributions, measure="level"),
        "silence, % of the clip": partial(_draw_distributions, measure="silence", scale=100),
    }
    width = (WIDTH - left - 0.2 - _GAP * (len(panels) - 1)) / len(panels)
    bottom = body - 0.3 - height
    for index, (title, draw) in enumerate(panels.items()):
        ax = sheet.axes(left + index * (width + _GAP), bottom, width, height)
        draw(ax, explored)
        _emotion_axis(ax, emotions, left - 0.2, labelled=index == 0)
        ax.text(0, 1.0, title, size=9, weight="bold", va="bottom", transform=ax.transAxes)
    sheet.text(left, bottom - 0.42, _QUANTILES_NOTE, size=8, color=FAINT)
    _draw_speakers(sheet.axes(left, 0.66, WIDTH - left - 0.2, _SPEAKERS_HEIGHT), explored, WIDTH - left - 0.2)
    return sheet.figure


@styled
def draw_pitch(explored: ExploredCorpus) -> Figure:
    """Draw the distribution of the clips' median F0 by emotion and gender.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    Figure
    """
    emotions, known = explored.emotions, set(explored.genders)
    genders = [gender for gender in GENDERS if gender in known]
    left, height = names_width(emotions, 9, 1.6) + 0.1, (0.12 + 0.17 * len(genders)) * len(emotions)
    sheet = _sheet(explored, pitch_title(explored), height + 1.2)
    ax = sheet.axes(left, 0.67, WIDTH - left - 0.75, height)
    ax.set_xscale("log")
    step = 0.8 / len(genders)
    style: dict[str, Any] = {"ha": "right", "va": "center_baseline", "transform": ax.get_yaxis_transform()}
    for row, emotion in enumerate(emotions):
        for index, gender in enumerate(genders):
            y, f0 = row - 0.4 + (index + 0.5) * step, explored.f0_of(emotion, gender)
            _draw_distribution(ax, f0, y, GENDER_COLOURS[gender], thickness=min(0.4 * step, 0.2))
            ax.text(1.07, y, f"{len(f0):,}", size=7.5, color=GENDER_COLOURS[gender], **style)
    ax.text(1.07, 1, "clips", size=8, color=FAINT, ha="right", va="bottom", transform=ax.transAxes)
    _frequency_axis(ax)
    _emotion_axis(ax, emotions, left - 0.2, labelled=True)
    _draw_gender_legend(sheet, left, height + 0.91, genders)
    sheet.text(left, 0.1, _QUANTILES_NOTE, size=8, color=FAINT)
    return sheet.figure


def _sheet(explored: ExploredCorpus, title: str, body: float) -> Sheet:
    return titled_sheet(title, [explored.summary], (), body=body, synthetic=explored.corpus.synthetic)


def _draw_counts(ax: Axes, explored: ExploredCorpus) -> None:
    """Draw the number of clips of each emotion."""
    counts = [int((explored.clips["emotion"] == emotion).sum()) for emotion in explored.emotions]
    colours = [label_colour(emotion, explored.emotions) for emotion in explored.emotions]
    ax.barh(range(len(counts)), counts, height=0.62, color=colours)
    for row, count in enumerate(counts):
        ax.text(count, row, f" {count:,}", size=8, va="center_baseline")
    ax.set_xlim(0, 1.3 * max(counts))
    ax.xaxis.set_major_locator(MaxNLocator(3, integer=True))


def _draw_distributions(ax: Axes, explored: ExploredCorpus, measure: str, scale: float = 1.0) -> None:
    """Draw the distribution of a measurement for each emotion."""
    for row, emotion in enumerate(explored.emotions):
        values = scale * explored.clips[measure][explored.clips["emotion"] == emotion].to_numpy()
        _draw_distribution(ax, values, row, label_colour(emotion, explored.emotions), thickness=0.42)
    ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    ax.grid(axis="x")
    ax.margins(x=0.06)


def _draw_distribution(ax: Axes, values: np.ndarray, row: float, colour: str, *, thickness: float) -> None:
    """Draw quantiles as bars of two widths and a mark; nothing if there are no values."""
    ax.use_sticky_edges = False  # otherwise bars end at the edge of the axes
    if not len(values):
        return
    lowest, low, median, high, highest = np.quantile(values, _QUANTILES)
    ax.barh(row, highest - lowest, left=lowest, height=thickness / 3, color=colour, alpha=0.45)
    ax.barh(row, high - low, left=low, height=thickness, color=colour)
    ax.plot([median], [row], marker="o", markersize=4, color="white", markeredgecolor=INK, markeredgewidth=0.8)


def _emotion_axis(ax: Axes, emotions: tuple[str, ...], width: float, *, labelled: bool) -> None:
    ax.set_yticks(range(len(emotions)), [shorten(name, width, 9) if labelled else "" for name in emotions])
    ax.set_ylim(len(emotions) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def _draw_speakers(ax: Axes, explored: ExploredCorpus, width: float) -> None:
    """Draw the clips of each speaker as bars stacked by emotion, and name as many speakers as fit."""
    colours = {label_colour(emotion, explored.emotions) for emotion in explored.emotions}
    title = "clips of each speaker" + (", by emotion" if len(colours) == len(explored.emotions) else "")
    clips, emotions = explored.clips, explored.emotions
    table = clips.groupby(["speaker", "emotion"]).size().unstack(fill_value=0).reindex(columns=list(emotions))
    bottom = np.zeros(len(table))
    for emotion in emotions:
        ax.bar(range(len(table)), table[emotion], bottom=bottom, width=0.72, color=label_colour(emotion, emotions))
        bottom += table[emotion].to_numpy()
    names = [shorten_front(str(name) or "unknown", 0.9, 8) for name in table.index]
    longest = max(text_width(name, 8) for name in names) + 0.06
    step = int(np.ceil(longest / (width / len(names))))
    ax.set_xticks(range(0, len(names), step), names[::step], fontsize=8)
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.grid(axis="y")
    ax.tick_params(axis="x", length=0, pad=7)  # the first name may extend below the 0 of the other axis
    ax.set_xlabel("speaker" if step == 1 else f"speaker (every {_ordinal(step)} is named)", fontsize=8.5, color=FAINT)
    ax.text(0, 1.02, title, size=9, weight="bold", va="bottom", transform=ax.transAxes)


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")


def _frequency_axis(ax: Axes) -> None:
    low, high = ax.get_xlim()
    ax.set_xticks([hz for hz in _F0_TICKS if low <= hz <= high])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda hz, _: f"{hz:g}"))
    ax.set_xlim(low, high)
    ax.set_xlabel("median F0 over voiced frames, Hz (logarithmic)")
    ax.grid(axis="x")


def _draw_gender_legend(sheet: Sheet, left: float, bottom: float, genders: list[str]) -> None:
    x = left
    for gender in genders:
        name = gender or "gender unknown"
        sheet.text(x, bottom, "■", size=10, color=GENDER_COLOURS[gender])
        sheet.text(x + 0.18, bottom, name, size=8.5)
        x += text_width(name, 8.5) + 0.45
