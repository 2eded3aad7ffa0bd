"""A clip as one picture, or several side by side on common scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ser_bench.explore.clip import Clip
from ser_bench.explore.health.measure import levels
from ser_bench.explore.panels import PANELS, Panel, scales, silent_ends
from ser_bench.report.charts.style import FAINT, WIDTH, Sheet, styled, titled_sheet
from ser_bench.report.charts.text import shorten
from ser_bench.report.formatting import decibels

MOST_BESIDE = 4
"""So many clips fit side by side."""

_LEFT, _RIGHT, _BELOW, _BETWEEN = 0.85, 0.95, 0.72, 0.27
_GUTTER = 0.2
_CHANNELS = {1: "mono", 2: "stereo, channels averaged"}


@styled
def draw(clips: Sequence[Clip]) -> Figure:
    """Draw waveform, spectrograms, MFCC, chroma, F0, energy and zero crossings of one to four clips, a column each."""
    heads = 0.2 if len(clips) > 1 else 0.0
    body = _BELOW + sum(panel.height + _BETWEEN for panel in PANELS) + heads
    width = WIDTH if len(clips) < 3 else 3.6 * len(clips)
    sheet = titled_sheet(
        _title(clips), _lines(clips), (), body=body, width=width, synthetic=any(map(is_synthetic, clips))
    )
    column = (width - _LEFT - _RIGHT - _GUTTER * (len(clips) - 1)) / len(clips)
    lefts = [_LEFT + place * (column + _GUTTER) for place in range(len(clips))]
    limits = scales(clips)
    top = sheet.body - heads
    for panel in PANELS:
        top -= panel.height + _BETWEEN
        for left, clip in zip(lefts, clips, strict=True):
            ax = sheet.axes(left, top, column, panel.height)
            image = panel.draw(ax, clip, limits)
            _frame(ax, clip, limits.seconds, last=panel is PANELS[-1])
            ax.tick_params(labelleft=left == _LEFT)
        _name_axis(sheet, panel, clips[0], _LEFT, top)
        if image is not None:
            _colour_bar(sheet, image, panel, top)
    if heads:
        for left, clip in zip(lefts, clips, strict=True):
            sheet.text(left, body - 0.12, shorten(clip.name, column, 9), size=9, weight="bold", va="center")
    if any(map(silent_ends, clips)):
        sheet.text(0.15, 0.1, "grey in the waveform: silence at the ends, which the features trim", size=8, color=FAINT)
    return sheet.figure


def is_synthetic(clip: Clip) -> bool:
    """Say whether the name is one of a corpus of made-up speech."""
    return clip.told is not None and clip.told.corpus.synthetic


def describe(clip: Clip) -> str:
    """Return what the file says: length, rate, channels, format and level; and which part is shown."""
    measured = levels(clip.y)
    parts = [
        f"{clip.seconds:,.2f} s",
        f"{clip.sr:,} Hz",
        _CHANNELS.get(clip.channels, f"{clip.channels} channels, averaged") if clip.channels else "",
        clip.form,
        f"level {decibels(measured['rms'])} dBFS (RMS), peak {decibels(measured['peak'])}",
    ]
    if clip.shown < clip.seconds - 0.01:
        end = clip.start + clip.shown
        parts.append(f"shown and measured: the middle, {clip.start:,.0f} to {end:,.0f} s")
    return " · ".join(filter(None, parts))


def _title(clips: Sequence[Clip]) -> str:
    return clips[0].name if len(clips) == 1 else f"{len(clips)} clips side by side, on common scales"


def _lines(clips: Sequence[Clip]) -> list[str]:
    lines = []
    for clip in clips:
        lead = f"{clip.name}: " if len(clips) > 1 else ""
        told = f"by its name: {clip.told.sentence}" if clip.told else ""
        parts = [part for part in (told, describe(clip)) if part]
        lines += [lead + " · ".join(parts)] if lead else parts
    return lines


def _frame(ax: Axes, clip: Clip, seconds: float, *, last: bool) -> None:
    ax.set_xlim(clip.start, clip.start + seconds)
    ax.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    ax.tick_params(labelbottom=last, labelsize=8)
    if last:
        ax.xaxis.set_major_formatter("{x:,g}")
        ax.set_xlabel("seconds")


def _name_axis(sheet: Sheet, panel: Panel, clip: Clip, left: float, bottom: float) -> None:
    """Name a panel and its axis, left of the first column."""
    title = panel.title.format(narrow=round(clip.narrow_hz, -1))
    sheet.text(left, bottom + panel.height + 0.04, title, size=8.5, weight="bold")
    middle: dict[str, Any] = {"rotation": 90, "ha": "center", "va": "center"}
    sheet.text(0.17, bottom + panel.height / 2, panel.axis, size=8, **middle)


def _colour_bar(sheet: Sheet, image: Any, panel: Panel, bottom: float) -> None:
    ax = sheet.axes(sheet.width - _RIGHT + 0.1, bottom, 0.12, panel.height)
    bar = sheet.figure.colorbar(image, cax=ax)
    bar.outline.set_visible(False)
    bar.locator = MaxNLocator(4)
    bar.update_ticks()
    ax.tick_params(labelsize=8, length=2)
    bar.set_label(panel.bar, fontsize=8)
