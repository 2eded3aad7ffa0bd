"""The map of a corpus's features, coloured by emotion and beside it by speaker: what splits have to part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.explore.corpus import Explored
from ser_bench.explore.corpus_figures import emotion_colour
from ser_bench.explore.marks import speaker_marks
from ser_bench.explore.neighbours import NEIGHBOURS, by_fact
from ser_bench.report.charts.style import FAINT, RULE, WIDTH, Sheet, styled, titled_sheet
from ser_bench.report.charts.text import shorten_front, text_width

_GAP, _MARGIN, _LEGEND_ROW = 0.3, 0.15, 0.165
_SIDE = (WIDTH - 2 * _MARGIN - _GAP) / 2
_MOST_ROWS = 16
"""Speakers whose marks would take more rows are not listed."""
_NAME = 1.2

Entry = tuple[str, str, str]
"""A legend's entry: name, colour and marker."""


@styled
def projection(explored: Explored) -> Figure:
    """Draw the map twice, with what neighbours share in the sheet's lines."""
    emotions = [(label, emotion_colour(label, explored.emotions), "o") for label in explored.emotions]
    genders = dict(zip(explored.clips["speaker"], explored.clips["gender"], strict=True))
    speakers = [(name, *mark) for name, mark in sorted(speaker_marks(genders).items())]
    legends = (_rows(emotions), _rows(speakers))
    below = 0.2 + _LEGEND_ROW * max(map(len, legends))
    body = below + _SIDE + 0.3
    sheet = titled_sheet(
        "Which clips sound alike", _lines(explored), (), body=body, synthetic=explored.corpus.synthetic
    )
    both = zip(("emotion", "speaker"), (emotions, speakers), legends, strict=True)
    for place, (column, entries, rows) in enumerate(both):
        left = _MARGIN + place * (_SIDE + _GAP)
        _points(sheet.axes(left, below, _SIDE, _SIDE), explored, column, entries)
        sheet.text(left, below + _SIDE + 0.06, f"by {column}", size=9.5, weight="bold")
        if column == "speaker":
            note = _about_marks(explored, len(entries), listed=bool(rows))
            sheet.text(left + _SIDE, below + _SIDE + 0.06, note, size=8, color=FAINT, ha="right")
        _legend(sheet, rows, left, below - 0.1)
    return sheet.figure


def caption(explored: Explored) -> str:
    """Return what neighbours share, in a sentence or two; empty for a single clip."""
    told = by_fact(list(explored.shares))
    if not told:
        return ""
    emotion, speaker = told["emotion", "all"], told["speaker", "all"]
    k = min(NEIGHBOURS, explored.compared - 1)
    said = (
        f"Of a clip's {k} nearest neighbours (by all {explored.features:,} standardised features, not by this map) "
        f"{emotion.found:.0%} share its emotion (by chance {emotion.chance:.0%}) and {speaker.found:.0%} its speaker "
        f"(by chance {speaker.chance:.0%})."
    )
    if other := told.get(("emotion", "other speakers")):
        said += (
            f" Of the {k} nearest of other speakers {other.found:.0%} share its emotion (by chance {other.chance:.0%})."
        )
    return said.replace("%", " %")


def _lines(explored: Explored) -> list[str]:
    every = explored.mapped == len(explored.clips)
    shown = "a point per clip" if every else f"{explored.mapped:,} clips drawn at random"
    method = f"{shown} · functionals, standardised, {explored.method} · distances between far points mean little"
    compared = ""
    if explored.compared < len(explored.clips):
        compared = f" (neighbours among {explored.compared:,} clips drawn at random)"
    return [explored.line, method, caption(explored) + compared]


def _about_marks(explored: Explored, speakers: int, *, listed: bool) -> str:
    both = {"female", "male"} <= set(explored.genders)
    return ", ".join(filter(None, ("" if listed else f"{speakers:,} marks", "triangles: male" if both else "")))


def _points(ax: Axes, explored: Explored, column: str, entries: Sequence[Entry]) -> None:
    clips = explored.clips.dropna(subset=["x", "y"])
    size = max(4.0, min(26.0, 14_000 / len(clips)))
    for name, colour, marker in entries:
        own = clips[clips[column] == name]
        ax.scatter(own["x"], own["y"], s=size, c=colour, marker=marker, linewidths=0.25, edgecolors="white")
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(True)
        side.set_color(RULE)
    ax.margins(0.03)


def _rows(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Share a legend's entries out over rows as wide as a map, in columns of one width; none if they are too many."""
    column = max(_entry_width(name) for name, _, _ in entries)
    fit = max(1, int(_SIDE / column))
    rows = [list(entries[begun : begun + fit]) for begun in range(0, len(entries), fit)]
    return rows if len(rows) <= _MOST_ROWS else []


def _entry_width(name: str) -> float:
    return text_width(shorten_front(name, _NAME, 7.5), 7.5) + 0.3


def _legend(sheet: Sheet, rows: Sequence[Sequence[Entry]], left: float, top: float) -> None:
    if not rows:
        return
    column = max(_entry_width(name) for row in rows for name, _, _ in row)
    ax = sheet.axes(left, top - _LEGEND_ROW * len(rows), _SIDE, _LEGEND_ROW * len(rows))
    ax.set_axis_off()
    ax.set_xlim(0, _SIDE)
    ax.set_ylim(len(rows), 0)
    for place, row in enumerate(rows):
        for index, (name, colour, marker) in enumerate(row):
            x = index * column
            ax.plot([x + 0.07], [place + 0.5], linestyle="", marker=marker, color=colour, markersize=4.5)
            style: dict[str, Any] = {"size": 7.5, "va": "center_baseline", "color": FAINT}
            ax.text(x + 0.16, place + 0.5, shorten_front(name, _NAME, 7.5), **style)
