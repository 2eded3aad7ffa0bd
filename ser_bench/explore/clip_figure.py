"""The picture of a clip, or of several clips side by side on common scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from ser_bench.explore.clip import Clip
from ser_bench.explore.differences import find_differences
from ser_bench.explore.health.measure import measure_levels
from ser_bench.explore.panels import PANELS, Key, Panel, common_scales
from ser_bench.report.charts.style import FAINT, WIDTH, Sheet, styled, titled_sheet
from ser_bench.report.charts.text import text_width, wrap
from ser_bench.report.formatting import decibels

MAX_COMPARED = 4
"""The most clips that fit side by side."""

_LEFT, _RIGHT, _BELOW, _BETWEEN, _GUTTER = 0.85, 0.95, 0.5, 0.29, 0.2
_HEADING_STYLE = {"size": 9, "weight": "bold"}
_DETAIL_STYLE = {"size": 7.5, "color": FAINT}
_CHANNELS = {1: "mono", 2: "stereo, channels averaged"}


@styled
def draw_clips(clips: Sequence[Clip], notes: Sequence[str] = ()) -> Figure:
    """Draw waveform, spectrograms, MFCC, chroma, F0, energy and zero crossings, a column per clip.

    Parameters
    ----------
    clips : sequence of Clip
        One to :data:`MAX_COMPARED` clips.
    notes : sequence of str
        Lines below the title, such as what a condition changes.

    Returns
    -------
    Figure
    """
    width = WIDTH if len(clips) < 3 else 3.6 * len(clips)
    column = (width - _LEFT - _RIGHT - _GUTTER * (len(clips) - 1)) / len(clips)
    lefts = [_LEFT + index * (column + _GUTTER) for index in range(len(clips))]
    title, lines, headings = _texts(clips, column)
    panels = _BELOW + sum(panel.height + _BETWEEN for panel in PANELS)
    body = panels + max(sum(line.height for line in heading) for heading in headings)
    synthetic = any(clip.title is not None and clip.title.corpus.synthetic for clip in clips)
    sheet = titled_sheet(title, [*lines, *notes], (), body=body, width=width, synthetic=synthetic)
    for left, heading in zip(lefts, headings, strict=True):
        _draw_heading(sheet, heading, left, body)
    _draw_panels(sheet, clips, lefts, column, panels)
    return sheet.figure


@dataclass(frozen=True)
class _Line:
    """A line of the heading of a column: its text, its height in inches and its style."""

    text: str
    height: float
    style: Mapping[str, Any]


def _texts(clips: Sequence[Clip], column: float) -> tuple[str, list[str], list[list[_Line]]]:
    """Return the title, the lines below it with what all clips share, and the heading of each column."""
    if len(clips) == 1:
        clip = clips[0]
        facts = [f"from its name: {clip.title}"] if clip.title else []
        return clip.description, [*facts, *_conditions(clips), file_facts(clip)], [[]]
    differences = find_differences(clips)
    formats = [_format_facts(clip) for clip in clips]
    shared_format = " · ".join(fact for fact in formats[0] if all(fact in facts for facts in formats))
    shared = " · ".join(filter(None, (differences.shared, shared_format)))
    lines = [f"all clips: {shared}"] if shared else []
    headings = []
    for heading, name, clip, facts in zip(differences.headings, differences.names, clips, formats, strict=True):
        own = [fact for fact in facts if fact not in shared_format.split(" · ")]
        details = [" · ".join((*own, *_measured_facts(clip))), *([name] if name not in (heading, "") else [])]
        headings.append(_heading(heading, details, column))
    return differences.title, [*lines, *_conditions(clips), "scales are common to all clips"], headings


def _conditions(clips: Sequence[Clip]) -> list[str]:
    """Return what the conditions of clips are, a line each."""
    named = {clip.condition.name: clip.condition for clip in clips if clip.condition}
    return [f"condition {name}: {condition.kind.summary}" for name, condition in named.items()]


def _heading(heading: str, details: Sequence[str], column: float) -> list[_Line]:
    """Break the heading of a column and the details below it into lines."""
    bold = [_Line(line, 0.17, _HEADING_STYLE) for line in wrap(heading, column, 9, bold=True)]
    return bold + [_Line(line, 0.145, _DETAIL_STYLE) for text in details for line in wrap(text, column, 7.5)]


def _draw_heading(sheet: Sheet, heading: Sequence[_Line], left: float, top: float) -> None:
    for line in heading:
        sheet.text(left, top, line.text, va="top", **line.style)
        top -= line.height


def file_facts(clip: Clip) -> str:
    """Return the facts about a file in a line: length, rate, channels, format, levels, and the part that is shown.

    Parameters
    ----------
    clip : Clip

    Returns
    -------
    str
    """
    seconds, *others = _measured_facts(clip)
    return " · ".join((seconds, *_format_facts(clip), *others))


def _format_facts(clip: Clip) -> list[str]:
    if clip.condition:
        return [f"{clip.sr:,} Hz"]
    channels = _CHANNELS.get(clip.channels, f"{clip.channels} channels, averaged") if clip.channels else ""
    return list(filter(None, (f"{clip.sr:,} Hz", channels, clip.format)))


def _measured_facts(clip: Clip) -> list[str]:
    levels = measure_levels(clip.y)
    rms, peak = (decibels(levels[name]).replace("-", "\N{MINUS SIGN}") for name in ("rms", "peak"))
    facts = [f"{clip.seconds:,.2f} s", f"RMS {rms} dBFS", f"peak {peak} dBFS"]
    if clip.shown_seconds < clip.seconds - 0.01:
        end = clip.start + clip.shown_seconds
        facts.append(f"shown and measured: the middle, {clip.start:,.0f} to {end:,.0f} s")
    return facts


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
        _name_panel(sheet, panel, clips, top)
        if image is not None:
            _draw_colour_bar(sheet, image, panel, top)


def _scale_time(ax: Axes, clip: Clip, seconds: float, *, last: bool) -> None:
    ax.set_xlim(clip.start, clip.start + seconds)
    ax.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    ax.tick_params(labelbottom=last, labelsize=8)
    if last:
        ax.xaxis.set_major_formatter("{x:,g}")
        ax.set_xlabel("seconds")


def _name_panel(sheet: Sheet, panel: Panel, clips: Sequence[Clip], bottom: float) -> None:
    """Write the title and the key of a panel above the first column, and the name of its axis beside it."""
    title = panel.title.format(narrowband=round(clips[0].narrowband_hz, -1))
    y = bottom + panel.height + 0.06
    sheet.text(_LEFT, y, title, size=8.5, weight="bold")
    style: dict[str, Any] = {"rotation": 90, "ha": "center", "va": "center"}
    sheet.text(0.17, bottom + panel.height / 2, panel.axis, size=8, **style)
    if panel.key and any(map(panel.key.is_needed, clips)):
        _draw_key(sheet, panel.key, _LEFT + text_width(title, 8.5, bold=True) + 0.2, y)


def _draw_key(sheet: Sheet, key: Key, left: float, bottom: float) -> None:
    ax = sheet.axes(left, bottom - 0.01, 0.22, 0.11)
    ax.set_axis_off()
    ax.add_patch(Rectangle((0, 0), 1, 1, linewidth=0, **key.style))
    sheet.text(left + 0.28, bottom, key.text, size=8, color=FAINT)


def _draw_colour_bar(sheet: Sheet, image: Any, panel: Panel, bottom: float) -> None:
    ax = sheet.axes(sheet.width - _RIGHT + 0.1, bottom, 0.12, panel.height)
    bar = sheet.figure.colorbar(image, cax=ax)
    bar.outline.set_visible(False)
    bar.locator = MaxNLocator(4)
    bar.update_ticks()
    ax.tick_params(labelsize=8, length=2)
    bar.set_label(panel.unit, fontsize=8)
