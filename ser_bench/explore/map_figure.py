"""The map of a corpus's features as small multiples: a map per emotion and per speaker over the other clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.core.labels import label_colour
from ser_bench.explore.corpus import GENDERS, ExploredCorpus
from ser_bench.explore.corpus_figures import GENDER_COLOURS
from ser_bench.explore.findings import map_title, neighbours_count, other_speakers_caption
from ser_bench.explore.neighbours import shares_by_attribute
from ser_bench.report.charts.style import FAINT, RULE, WIDTH, Sheet, styled, titled_sheet
from ser_bench.report.charts.text import shorten, shorten_front, text_width

_MARGIN, _GAP, _HEADING, _BETWEEN = 0.15, 0.12, 0.22, 0.2
_MAX_EMOTIONS, _MAX_SPEAKERS = 30, 24
"""The most maps; of more values, some are chosen."""
_OTHERS = "#d9d9d9"


@dataclass(frozen=True)
class Tile:
    """A small map.

    Parameters
    ----------
    value : str
        The emotion or speaker whose clips are coloured.
    colour : str
    share : str
        How many neighbours of the clips have the same value, in words.
    """

    value: str
    colour: str
    share: str


@dataclass(frozen=True)
class Section:
    """Small maps of one size by one attribute.

    Parameters
    ----------
    attribute : {'emotion', 'speaker'}
    tiles : sequence of Tile
    columns : int
    notes : sequence of tuple of str
        Remarks beside the heading, each with its colour.
    """

    attribute: str
    tiles: Sequence[Tile]
    columns: int
    notes: Sequence[tuple[str, str]]

    @property
    def is_wide_named(self) -> bool:
        """Whether a name is too wide for the line of its share, and all have a line of their own."""
        return any(_name_width(tile, self) + text_width(tile.share, 7.5) + 0.08 > self.side for tile in self.tiles)

    @property
    def head(self) -> float:
        """Height above each map in inches."""
        return 0.25 + 0.14 * self.is_wide_named

    @property
    def name_size(self) -> float:
        """Size of names in points."""
        return 8.5 if self.columns == 4 else 7.5

    @property
    def side(self) -> float:
        """Width and height of a map in inches."""
        return (WIDTH - 2 * _MARGIN - _GAP * (self.columns - 1)) / self.columns

    @property
    def height(self) -> float:
        """Height of the section in inches."""
        return _HEADING + -(-len(self.tiles) // self.columns) * (self.side + self.head)


def _name_width(tile: Tile, section: Section) -> float:
    return text_width(tile.value, section.name_size, bold=True)


@styled
def draw_map(explored: ExploredCorpus) -> Figure:
    """Draw a map per emotion and, of several speakers, per speaker, on common axes; the other clips are grey.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    Figure
    """
    sections = [emotion_section(explored)]
    if explored.clips["speaker"].nunique() > 1:
        sections.append(speaker_section(explored))
    body = sum(section.height for section in sections) + _BETWEEN * len(sections)
    title, synthetic = map_title(explored), explored.corpus.synthetic
    sheet = titled_sheet(title, _lines(explored), (), body=body, synthetic=synthetic)
    top = body - 0.1
    for section in sections:
        _draw_section(sheet, section, explored, top)
        top -= section.height + _BETWEEN
    return sheet.figure


def emotion_section(explored: ExploredCorpus) -> Section:
    """Return the maps by emotion.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    Section
    """
    share = shares_by_attribute(explored.shares)["emotion", "all"]
    emotions = _choose(explored.emotions, share.by_value, _MAX_EMOTIONS)
    tiles = [
        Tile(name, label_colour(name, explored.emotions), _share_text(share.by_value.get(name))) for name in emotions
    ]
    note = "neighbours of the same emotion (in brackets: by chance)"
    chosen = _choice_note(len(emotions), len(explored.emotions), "emotions")
    return Section("emotion", tiles, 4 if len(tiles) <= 8 else 6, [(note + chosen, FAINT)])


def speaker_section(explored: ExploredCorpus) -> Section:
    """Return the maps by speaker, women before men.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    Section
    """
    share = shares_by_attribute(explored.shares).get(("speaker", "all"))
    by_value = share.by_value if share else {}
    genders = dict(zip(explored.clips["speaker"], explored.genders, strict=True))
    speakers = sorted(genders, key=lambda name: (GENDERS.index(genders[name]), name))
    chosen = _choose(speakers, by_value, _MAX_SPEAKERS)
    tiles = [
        Tile(name, GENDER_COLOURS[genders[name]], _share_text(by_value.get(name), chance=False)) for name in chosen
    ]
    note = "neighbours of the same speaker" if share else ""
    notes = [(note + _choice_note(len(chosen), len(speakers), "speakers"), FAINT)]
    known = [gender for gender in GENDERS if gender in {genders[name] for name in chosen}]
    if len(known) > 1:
        notes += [(gender or "gender unknown", GENDER_COLOURS[gender]) for gender in known]
    return Section("speaker", tiles, 4 if len(tiles) <= 4 else 6 if len(tiles) <= 12 else 8, notes)


def _share_text(share: tuple[float, float] | None, *, chance: bool = True) -> str:
    """Write the share of neighbours of a value; empty for a value without one."""
    if share is None:
        return ""
    observed, level = (f"{100 * value:.0f} %" for value in share)
    return f"{observed} ({level})" if chance else observed


def _choose(values: Sequence[str], shares: Mapping[str, tuple[float, float]], limit: int) -> list[str]:
    """Choose at most ``limit`` values, evenly from the highest share to the lowest, in their order."""
    if len(values) <= limit:
        return list(values)
    ranked = sorted(values, key=lambda value: shares.get(value, (0.0, 0.0)), reverse=True)
    chosen = {ranked[index] for index in np.linspace(0, len(ranked) - 1, limit).round().astype(int)}
    return [value for value in values if value in chosen]


def _choice_note(shown: int, count: int, noun: str) -> str:
    if shown == count:
        return ""
    return f"; {shown} of {count:,} {noun}, evenly from the highest share to the lowest"


def _lines(explored: ExploredCorpus) -> list[str]:
    """Return the subtitle: corpus, method, and where neighbours are searched."""
    clips, k = len(explored.clips), neighbours_count(explored)
    shown = "a point per clip" if explored.mapped == clips else f"{explored.mapped:,} clips drawn at random"
    method = f"{shown} · functionals, standardised, {explored.method} · distances between far points mean little"
    sample = f" among {explored.compared:,} clips drawn at random" if explored.compared < clips else ""
    others = shares_by_attribute(explored.shares).get(("emotion", "other speakers"))
    return [
        explored.summary,
        method,
        f"The percentages count the {k} nearest neighbours of each clip{sample}, by all {explored.dimension:,} "
        "standardised features and not by the map. " + (other_speakers_caption(others, k) if others else ""),
    ]


def _draw_section(sheet: Sheet, section: Section, explored: ExploredCorpus, top: float) -> None:
    heading = f"by {section.attribute}"
    sheet.text(_MARGIN, top, heading, size=9.5, weight="bold", va="top")
    x = _MARGIN + text_width(heading, 9.5, bold=True) + 0.2
    for note, colour in filter(lambda pair: pair[0], section.notes):
        sheet.text(x, top - 0.02, note, size=8, color=colour, va="top", weight="normal" if colour == FAINT else "bold")
        x += text_width(note, 8, bold=colour != FAINT) + 0.2
    for index, tile in enumerate(section.tiles):
        row, column = divmod(index, section.columns)
        left = _MARGIN + column * (section.side + _GAP)
        bottom = top - _HEADING - (row + 1) * (section.side + section.head) + 0.04
        _draw_tile(sheet, section, tile, explored, left, bottom)


def _draw_tile(
    sheet: Sheet, section: Section, tile: Tile, explored: ExploredCorpus, left: float, bottom: float
) -> None:
    side, y = section.side, bottom + section.side + 0.05
    shorten_name = shorten_front if section.attribute == "speaker" else shorten
    space = side if section.is_wide_named else side - text_width(tile.share, 7.5) - 0.08
    name = shorten_name(tile.value or "unknown", space / 1.12, section.name_size)  # bold text is wider
    sheet.text(left, y + 0.14 * section.is_wide_named, name, size=section.name_size, weight="bold")
    x, alignment = (left, "left") if section.is_wide_named else (left + side, "right")
    sheet.text(x, y, tile.share, size=7.5, color=FAINT, ha=alignment)
    _draw_points(sheet.axes(left, bottom, side, side), explored, section, tile)


def _draw_points(ax: Axes, explored: ExploredCorpus, section: Section, tile: Tile) -> None:
    """Draw the clips of the value over the others, which are an image in an SVG: every map repeats them."""
    clips = explored.clips.dropna(subset=["x", "y"])
    size = float(np.clip(75 / np.sqrt(len(clips)), 1.9, 5.0)) * np.sqrt(section.side / 2)
    coloured, others = clips[clips[section.attribute] == tile.value], clips[clips[section.attribute] != tile.value]
    ax.plot(others["x"], others["y"], "o", color=_OTHERS, markersize=size, markeredgewidth=0, rasterized=True)
    ax.scatter(coloured["x"], coloured["y"], s=(size + 0.5) ** 2, c=tile.colour, linewidths=0, zorder=3)
    for axis, column in (("x", "x"), ("y", "y")):
        low, high = clips[column].min(), clips[column].max()
        margin = 0.04 * (high - low) or 1.0
        ax.set(**{f"{axis}lim": (low - margin, high + margin), f"{axis}ticks": []})
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_color(RULE)
