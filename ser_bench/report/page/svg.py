"""Charts inside the page: the SVG that was drawn already, named, described, and made to live beside others.

Of what Matplotlib writes, the prologue, the metadata and the style that would reach the whole page go;
ids that nothing refers to go too, and the others get a prefix, since the page holds many pictures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ser_bench.report.page.alt_text import describe
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


@dataclass(frozen=True)
class Figures:
    """The charts to show, and the learning curves, which are folded."""

    main: tuple[Figure, ...]
    curves: tuple[Figure, ...]


def figures(run: SavedRun, pictures: Mapping[str, bytes]) -> Figures:
    """Return the charts of a run in the order in which they are drawn; confusion matrices are tables here."""
    from ser_bench.report.charts import charts_of

    shown = [name for name in charts_of(run) if name in pictures and not name.startswith("confusion_")]
    shown.sort(key=lambda name: name != "uar")  # the score that ranks comes first
    made = []
    for index, name in enumerate(shown):
        title, words = describe(run, name)
        made.append(Figure(name, title, inline(pictures[name].decode(), f"c{index}", title, words)))
    return Figures(
        tuple(figure for figure in made if not figure.name.startswith("curves_")),
        tuple(figure for figure in made if figure.name.startswith("curves_")),
    )


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
