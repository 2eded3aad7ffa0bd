"""The picture of a clip, or of several clips side by side on common scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ser_bench.explore.clip import Clip
from ser_bench.explore.health.measure import measure_levels
from ser_bench.explore.panels import PANELS, Panel, common_scales, silent_ends
from ser_bench.report.charts.style import FAINT, WIDTH, Sheet, styled, titled_sheet
from ser_bench.report.charts.text import shorten
from ser_bench.report.formatting import decibels

MAX_COMPARED = 4
"""The most clips that fit side by side."""

_LEFT, _RIGHT, _BELOW, _BETWEEN = 0.85, 0.95, 0.72, 0.27
_GUTTER, _HEADINGS = 0.2, 0.2
_CHANNELS = {1: "mono", 2: "stereo, channels averaged"}


@styled
def draw_clips(clips: Sequence[Clip]) -> Figure:
    """Draw waveform, spectrograms, MFCC, chroma, F0, energy and zero crossings, a column per clip.

    Parameters
    ----------
    clips : sequence of Clip
        One to :data:`MAX_COMPARED` clips.

    Returns
    -------
    Figure
    """
    headings = _HEADINGS if len(clips) > 1 else 0.0
    body = _BELOW + sum(panel.height + _BETWEEN for panel in PANELS) + headings
    width = WIDTH if len(clips) < 3 else 3.6 * len(clips)
    title = clips[0].name if len(clips) == 1 else f"{len(clips)} clips side by side, on common scales"
    synthetic = any(clip.title is not None and clip.title.corpus.synthetic for clip in clips)
    sheet = titled_sheet(title, _lines(clips), (), body=body, width=width, synthetic=synthetic)
    column = (width - _LEFT - _RIGHT - _GUTTER * (len(clips) - 1)) / len(clips)
    lefts = [_LEFT + index * (column + _GUTTER) for index in range(len(clips))]
    _draw_panels(sheet, clips, lefts, column, body - headings)
    if headings:
        for left, clip in zip(lefts, clips, strict=True):
            sheet.text(left, body - 0.12, shorten(clip.name, column, 9), size=9, weight="bold", va="center")
    if any(map(silent_ends, clips)):
        note = "grey in the waveform: silence at the ends, which the feature sets trim"
        sheet.text(0.15, 0.1, note, size=8, color=FAINT)
    return sheet.figure


def file_facts(clip: Clip) -> str:
    """Return the facts about a file in a line: length, rate, channels, format, levels, and the part that is shown.

    Parameters
    ----------
    clip : Clip

    Returns
    -------
    str
    """
    levels = measure_levels(clip.y)
    facts = [
        f"{clip.seconds:,.2f} s",
        f"{clip.sr:,} Hz",
        _CHANNELS.get(clip.channels, f"{clip.channels} channels, averaged") if clip.channels else "",
        clip.format,
        f"level {decibels(levels['rms'])} dBFS (RMS), peak {decibels(levels['peak'])}",
    ]
    if clip.shown_seconds < clip.seconds - 0.01:
        end = clip.start + clip.shown_seconds
        facts.append(f"shown and measured: the middle, {clip.start:,.0f} to {end:,.0f} s")
    return " · ".join(filter(None, facts))


def _lines(clips: Sequence[Clip]) -> list[str]:
    """Return the facts in file name and header: a line each for one clip, a line per clip for several."""
    lines = []
    for clip in clips:
        facts = [f"from its name: {clip.title}"] if clip.title else []
        facts.append(file_facts(clip))
        lines += facts if len(clips) == 1 else [f"{clip.name}: {' · '.join(facts)}"]
    return lines


def _draw_panels(sheet: Sheet, clips: Sequence[Clip], lefts: Sequence[float], column: float, top: float) -> None:
    """Draw the panels from top to bottom, each for all clips."""
    scales = common_scales(clips)
    for panel in PANELS:
        top -= panel.height + _BETWEEN
        image = None
        for left, clip in zip(lefts, clips, strict=True):
            ax = sheet.axes(left, top, column, panel.height)
            image = panel.draw(ax, clip, scales)
            _scale_time(ax, clip, scales.seconds, last=panel is PANELS[-1])
            ax.tick_params(labelleft=left == _LEFT)
        _name_axis(sheet, panel, clips[0], top)
        if image is not None:
            _draw_colour_bar(sheet, image, panel, top)


def _scale_time(ax: Axes, clip: Clip, seconds: float, *, last: bool) -> None:
    ax.set_xlim(clip.start, clip.start + seconds)
    ax.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    ax.tick_params(labelbottom=last, labelsize=8)
    if last:
        ax.xaxis.set_major_formatter("{x:,g}")
        ax.set_xlabel("seconds")


def _name_axis(sheet: Sheet, panel: Panel, clip: Clip, bottom: float) -> None:
    """Write the title of a panel and the name of its axis, left of the first column."""
    title = panel.title.format(narrowband=round(clip.narrowband_hz, -1))
    sheet.text(_LEFT, bottom + panel.height + 0.04, title, size=8.5, weight="bold")
    style: dict[str, Any] = {"rotation": 90, "ha": "center", "va": "center"}
    sheet.text(0.17, bottom + panel.height / 2, panel.axis, size=8, **style)


def _draw_colour_bar(sheet: Sheet, image: Any, panel: Panel, bottom: float) -> None:
    ax = sheet.axes(sheet.width - _RIGHT + 0.1, bottom, 0.12, panel.height)
    bar = sheet.figure.colorbar(image, cax=ax)
    bar.outline.set_visible(False)
    bar.locator = MaxNLocator(4)
    bar.update_ticks()
    ax.tick_params(labelsize=8, length=2)
    bar.set_label(panel.unit, fontsize=8)
