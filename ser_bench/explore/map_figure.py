"""The map of a corpus's features, coloured by emotion and by speaker."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.explore.corpus import GENDERS, ExploredCorpus
from ser_bench.explore.corpus_figures import emotion_colour
from ser_bench.explore.neighbours import NEIGHBOURS, shares_by_attribute
from ser_bench.report.charts.style import FAINT, RULE, WIDTH, Sheet, styled, titled_sheet
from ser_bench.report.charts.text import shorten_front, text_width

_GAP, _MARGIN, _LEGEND_ROW = 0.3, 0.15, 0.165
_SIDE = (WIDTH - 2 * _MARGIN - _GAP) / 2
_MAX_LEGEND_ROWS = 16
"""A longer legend of speakers is left out."""
_MAX_NAME_WIDTH = 1.2

_SHAPES = {"female": "oDsh", "male": "^v<>", "": "P*Xd"}
_HUE_OFFSETS = {"female": 0.0, "male": 0.5, "": 0.25}
_MAX_HUES, _LIGHTNESS = 12, (0.42, 0.62, 0.27)

LegendEntry = tuple[str, str, str]
"""Name, colour and marker."""


@styled
def draw_map(explored: ExploredCorpus) -> Figure:
    """Draw the map twice, by emotion and by speaker; the subtitle says what neighbours share.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    Figure
    """
    emotions = [(label, emotion_colour(label, explored.emotions), "o") for label in explored.emotions]
    genders = dict(zip(explored.clips["speaker"], explored.clips["gender"], strict=True))
    speakers = [(name, *marker) for name, marker in sorted(speaker_markers(genders).items())]
    legends = (
        _legend_rows(emotions),
        _legend_rows([(name or "unknown", colour, marker) for name, colour, marker in speakers]),
    )
    below = 0.2 + _LEGEND_ROW * max(map(len, legends))
    title, synthetic = "Map of the clips by their features", explored.corpus.synthetic
    sheet = titled_sheet(title, _lines(explored), (), body=below + _SIDE + 0.3, synthetic=synthetic)
    maps = zip(("emotion", "speaker"), (emotions, speakers), legends, strict=True)
    for index, (column, entries, rows) in enumerate(maps):
        left, top = _MARGIN + index * (_SIDE + _GAP), below + _SIDE + 0.06
        _draw_points(sheet.axes(left, below, _SIDE, _SIDE), explored, column, entries)
        sheet.text(left, top, f"by {column}", size=9.5, weight="bold")
        if column == "speaker":
            note = _marker_note(explored, len(entries), listed=bool(rows))
            sheet.text(left + _SIDE, top, note, size=8, color=FAINT, ha="right")
        _draw_legend(sheet, rows, left, below - 0.1)
    return sheet.figure


def neighbours_caption(explored: ExploredCorpus) -> str:
    """Describe in one or two sentences what nearest neighbours share.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    str
        Empty for a single clip.
    """
    shares = shares_by_attribute(explored.shares)
    if not shares:
        return ""
    emotion, speaker = shares["emotion", "all"], shares.get(("speaker", "all"))
    k = min(NEIGHBOURS, explored.compared - 1)
    text = (
        f"Of a clip's {k} nearest neighbours (by all {explored.dimension:,} standardised features, not by this map) "
        f"{emotion.observed:.0%} share its emotion (by chance {emotion.chance:.0%})"
    )
    text += f" and {speaker.observed:.0%} its speaker (by chance {speaker.chance:.0%})." if speaker else "."
    if others := shares.get(("emotion", "other speakers")):
        text += (
            f" Of the {k} nearest clips of other speakers {others.observed:.0%} share its emotion "
            f"(by chance {others.chance:.0%})."
        )
    return text.replace("%", " %")


def speaker_markers(genders: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Choose a colour and a marker per speaker; the shape of the marker depends on the gender.

    Parameters
    ----------
    genders : mapping of str to str
        Gender by speaker.

    Returns
    -------
    dict
        Colour and marker by speaker; unique for up to 144 speakers of each gender.
    """
    markers: dict[str, tuple[str, str]] = {}
    for gender in GENDERS:
        speakers = sorted(name for name, value in genders.items() if (value if value in GENDERS else "") == gender)
        markers |= {name: _marker(index, len(speakers), gender) for index, name in enumerate(speakers)}
    return markers


def _marker(index: int, count: int, gender: str) -> tuple[str, str]:
    hues = min(count, _MAX_HUES)
    shape, hue = divmod(index, hues)
    level, shape = divmod(shape, len(_SHAPES[gender]))
    lightness = _LIGHTNESS[level % len(_LIGHTNESS)]
    red, green, blue = colorsys.hls_to_rgb((hue + _HUE_OFFSETS[gender]) / hues, lightness, 0.75)
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}", _SHAPES[gender][shape]


def _lines(explored: ExploredCorpus) -> list[str]:
    """Return the subtitle: corpus, method and shares of neighbours."""
    clips = len(explored.clips)
    shown = "a point per clip" if explored.mapped == clips else f"{explored.mapped:,} clips drawn at random"
    method = f"{shown} · functionals, standardised, {explored.method} · distances between far points mean little"
    sample = f" (neighbours among {explored.compared:,} clips drawn at random)" if explored.compared < clips else ""
    return [explored.summary, method, neighbours_caption(explored) + sample]


def _marker_note(explored: ExploredCorpus, speakers: int, *, listed: bool) -> str:
    both = {"female", "male"} <= set(explored.genders)
    return ", ".join(filter(None, ("" if listed else f"{speakers:,} markers", "triangles: male" if both else "")))


def _draw_points(ax: Axes, explored: ExploredCorpus, column: str, entries: Sequence[LegendEntry]) -> None:
    clips = explored.clips.dropna(subset=["x", "y"])
    size = max(4.0, min(26.0, 14_000 / len(clips)))
    for name, colour, marker in entries:
        rows = clips[clips[column] == name]
        ax.scatter(rows["x"], rows["y"], s=size, c=colour, marker=marker, linewidths=0.25, edgecolors="white")
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(True)
        side.set_color(RULE)
    ax.margins(0.03)


def _legend_rows(entries: Sequence[LegendEntry]) -> list[list[LegendEntry]]:
    """Distribute the entries of a legend over rows, in columns of one width; none if they are too many."""
    column = max(_entry_width(name) for name, _, _ in entries)
    columns = max(1, int(_SIDE / column))
    rows = [list(entries[start : start + columns]) for start in range(0, len(entries), columns)]
    return rows if len(rows) <= _MAX_LEGEND_ROWS else []


def _entry_width(name: str) -> float:
    return text_width(shorten_front(name, _MAX_NAME_WIDTH, 7.5), 7.5) + 0.3


def _draw_legend(sheet: Sheet, rows: Sequence[Sequence[LegendEntry]], left: float, top: float) -> None:
    if not rows:
        return
    column = max(_entry_width(name) for row in rows for name, _, _ in row)
    ax = sheet.axes(left, top - _LEGEND_ROW * len(rows), _SIDE, _LEGEND_ROW * len(rows))
    ax.set_axis_off()
    ax.set_xlim(0, _SIDE)
    ax.set_ylim(len(rows), 0)
    style: dict[str, Any] = {"size": 7.5, "va": "center_baseline", "color": FAINT}
    for index, row in enumerate(rows):
        for position, (name, colour, marker) in enumerate(row):
            x = position * column
            ax.plot([x + 0.07], [index + 0.5], linestyle="", marker=marker, color=colour, markersize=4.5)
            ax.text(x + 0.16, index + 0.5, shorten_front(name, _MAX_NAME_WIDTH, 7.5), **style)
