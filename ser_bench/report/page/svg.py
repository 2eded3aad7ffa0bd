"""Charts inside the page: the SVG that was drawn already, named, described, and made to live beside others.

Of what Matplotlib writes, the prologue, the metadata and the style that would reach the whole page go;
ids that nothing refers to go too, and the others get a prefix, since the page holds many pictures.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ser_bench.runs.results import SavedRun

if TYPE_CHECKING:
    from markupsafe import Markup

_HEAD = re.compile(r"^.*?<svg ", re.DOTALL)
_DROPPED = re.compile(r"<metadata>.*?</metadata>|<defs>\s*<style[^>]*>[^<]*</style>\s*</defs>|<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_ID = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r'(url\(#|href="#)([^)"]+)')
_SIZE = re.compile(r' (?:width|height)="[\d.]+pt"')


@dataclass(frozen=True)
class Figure:
    """A chart on the page."""

    name: str
    title: str
    svg: Markup


@dataclass
class Figures:
    """The charts of a section: single ones, and families by their titles, which are folded."""

    single: list[Figure] = field(default_factory=list)
    families: dict[str, list[Figure]] = field(default_factory=dict)


def figures(run: SavedRun, pictures: Mapping[str, bytes], sections: Collection[str]) -> dict[str, Figures]:
    """Return the drawn charts of each section; those of a section that the page lacks are under ``charts``."""
    from ser_bench.report.charts.registry import charts_of

    shown = {section: Figures() for section in sections}
    for index, chart in enumerate(charts_of(run).values()):
        section = chart.chart.section
        if section is None or chart.name not in pictures:
            continue
        svg = inline(pictures[chart.name].decode(), f"c{index}", chart.title, chart.alt_text())
        of_section = shown[section if section in shown else "charts"]
        family = of_section.families.setdefault(chart.chart.title, []) if chart.variant else of_section.single
        family.append(Figure(chart.name, chart.title, svg))
    return shown


def inline(svg: str, prefix: str, title: str, words: str) -> Markup:
    """Return an SVG file as an element of the page, with a title and a description that are read out."""
    from markupsafe import Markup

    # Matplotlib escapes every text that it writes, so that its tags are its own.
    text = _DROPPED.sub("", _HEAD.sub("<svg ", svg, count=1))
    used = {match[2] for match in _REFERENCE.finditer(text)}
    text = _TAG.sub(lambda tag: _own(tag[0], prefix, used), text)
    label = f'role="img" aria-labelledby="{prefix}-title {prefix}-words"'
    inside = Markup('<title id="{0}-title">{1}</title><desc id="{0}-words">{2}</desc>').format(prefix, title, words)
    opening = text.index(">")
    root = _SIZE.sub("", re.sub(r' (?:xmlns(?::xlink)?|version)="[^"]*"', "", text[:opening]))
    return Markup(f"{root} {label}>{inside}{text[opening + 1 :]}")


def _own(tag: str, prefix: str, used: set[str]) -> str:
    """Rename the ids of a tag and what refers to them; drop an id that nothing refers to."""
    tag = _ID.sub(lambda match: f' id="{prefix}-{match[1]}"' if match[1] in used else "", tag)
    return _REFERENCE.sub(rf"\g<1>{prefix}-\g<2>", tag).replace("xlink:href", "href")
