"""Charts as SVG elements of the page, with accessible names and unique ids.

Matplotlib writes whole documents. The page drops their prologue, metadata and global style, drops unused ids, and
prefixes the others, because it holds many charts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ser_bench.report.charts.style import FAINT, INK, RULE, WARNING
from ser_bench.runs.results import SavedRun

if TYPE_CHECKING:
    from markupsafe import Markup

_HEAD = re.compile(r"^.*?<svg ", re.DOTALL)
_REMOVED = re.compile(r"<metadata>.*?</metadata>|<defs>\s*<style[^>]*>[^<]*</style>\s*</defs>|<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_ID = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r'(url\(#|href="#)([^)"]+)')
_SIZE = re.compile(r' (?:width|height)="[\d.]+pt"')

_THEMED = {
    INK: "var(--ink)",
    FAINT: "var(--quiet)",
    RULE: "var(--rule)",
    "#ffffff": "var(--ground)",
    WARNING: "var(--warning)",
}
"""Variables of the style sheet by the greys of the charts, and by the colour of their warnings."""

_GREYS = re.compile(rf"(fill|stroke): ({'|'.join(_THEMED)})(?![0-9a-f])")


@dataclass(frozen=True)
class Figure:
    """A chart on the page.

    Parameters
    ----------
    name, title : str
    svg : Markup
    """

    name: str
    title: str
    svg: Markup


Figures = dict[str, list[Figure]]
"""Charts by the title of their kind."""


def figures(run: SavedRun, pictures: Mapping[str, bytes], sections: Collection[str]) -> dict[str, Figures]:
    """Return the charts of each section, by the titles of their kinds; the page folds them.

    Parameters
    ----------
    run : SavedRun
    pictures : mapping of str to bytes
        SVG files by chart name; a chart without a file is left out.
    sections : collection of str
        The anchors of the sections that the page may have. A chart of another section goes under ``charts``.

    Returns
    -------
    dict of str to dict of str to list of Figure
    """
    from ser_bench.report.charts.registry import charts_of

    shown: dict[str, Figures] = {section: {} for section in sections}
    for index, chart in enumerate(charts_of(run).values()):
        section = chart.chart.section
        if section is None or chart.name not in pictures:
            continue
        svg = inline(pictures[chart.name].decode(), f"c{index}", chart.title, chart.alt_text())
        of_section = shown[section if section in shown else "charts"]
        of_section.setdefault(chart.chart.title, []).append(Figure(chart.name, chart.title, svg))
    return shown


def inline(svg: str, prefix: str, title: str, alt_text: str) -> Markup:
    """Return an SVG file as an element of the page.

    Parameters
    ----------
    svg : str
        A file that Matplotlib wrote.
    prefix : str
        The prefix of its ids.
    title, alt_text : str
        Name and description for screen readers.

    Returns
    -------
    Markup
    """
    from markupsafe import Markup

    # Matplotlib escapes the text that it writes, so every tag is its own.
    text = _themed(_REMOVED.sub("", _HEAD.sub("<svg ", svg, count=1)))
    used = {match[2] for match in _REFERENCE.finditer(text)}
    text = _TAG.sub(lambda tag: _prefixed(tag[0], prefix, used), text)
    label = f'role="img" aria-labelledby="{prefix}-title {prefix}-words"'
    inside = Markup('<title id="{0}-title">{1}</title><desc id="{0}-words">{2}</desc>').format(prefix, title, alt_text)
    opening = text.index(">")
    root = _SIZE.sub("", re.sub(r' (?:xmlns(?::xlink)?|version)="[^"]*"', "", text[:opening]))
    return Markup(f"{root} {label}>{inside}{text[opening + 1 :]}")


def _themed(text: str) -> str:
    """Let the greys of a chart follow the theme of the page; colours that carry meaning stay."""
    return _GREYS.sub(lambda match: f"{match[1]}: {_THEMED[match[2]]}", text)


def _prefixed(tag: str, prefix: str, used: set[str]) -> str:
    """Prefix the ids of a tag and its references; drop an unused id."""
    tag = _ID.sub(lambda match: f' id="{prefix}-{match[1]}"' if match[1] in used else "", tag)
    return _REFERENCE.sub(rf"\g<1>{prefix}-\g<2>", tag).replace("xlink:href", "href")
