"""Fonts for characters that the charts' own font lacks: installed fonts, chosen by the glyphs that they hold."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache

from matplotlib.figure import Figure
from matplotlib.font_manager import findSystemFonts, fontManager, get_font
from matplotlib.text import Text

OWN = "DejaVu Sans"
"""The font of every chart; it comes with Matplotlib."""

_PREFERRED = ("Noto Sans", "Source Han Sans", "WenQuanYi", "Microsoft YaHei", "PingFang", "Hiragino", "Droid Sans")
_NO_GLYPHS = "Last Resort"
"""A font of Matplotlib that holds a box for every character."""
_LISTED = 4


@lru_cache(maxsize=256)
def further_fonts(characters: frozenset[str]) -> tuple[str, ...]:
    """Choose installed fonts for characters that :data:`OWN` lacks.

    Parameters
    ----------
    characters : frozenset of str

    Returns
    -------
    tuple of str
        Families to try after :data:`OWN`; those that hold most of the characters first. Empty where none has any.
    """
    lacking = set(_lacking(characters))
    chosen = []
    while lacking:
        family, glyphs = max(
            ((family, lacking & _glyphs(path, characters)) for family, path in _families()),
            key=lambda found_glyphs: len(found_glyphs[1]),
            default=("", set()),
        )
        if not glyphs:
            break
        chosen.append(family)
        lacking -= glyphs
    return tuple(chosen)


def use_further_fonts(figure: Figure) -> bool:
    """Let the texts of a figure use installed fonts for characters that :data:`OWN` lacks.

    Parameters
    ----------
    figure : Figure
        A figure that was drawn, so that its ticks have texts.

    Returns
    -------
    bool
        Whether a text has changed.
    """
    changed = False
    for text in figure.findobj(Text):
        families = further_fonts(frozenset(text.get_text())) if not text.get_text().isascii() else ()
        if families and text.get_fontfamily() != (wanted := [*_own_families(text), *families]):
            text.set_fontfamily(wanted)
            changed = True
    return changed


def undrawable(texts: Iterable[str]) -> str:
    """Return a sentence about characters that no installed font holds.

    Parameters
    ----------
    texts : iterable of str

    Returns
    -------
    str
        Empty if every character has a glyph.
    """
    characters = frozenset("".join(texts))
    lacking = _lacking(characters)
    held = frozenset().union(*(_glyphs(path, characters) for _, path in _families())) if lacking else frozenset()
    missing = sorted(character for character in lacking if character not in held)
    if not missing:
        return ""
    listed = " ".join(missing[:_LISTED]) + (" …" if len(missing) > _LISTED else "")
    fonts = " and ".join(sorted({f"Noto Sans {_script(character)}" for character in missing})[:3])
    return (
        f"charts as PNG show boxes for {len(missing):,} characters that no installed font holds ({listed}); "
        f"install a font such as {fonts}, then draw them again"
    )


_CJK = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")


def _script(character: str) -> str:
    """Return the script of a character as Noto names its fonts."""
    name = unicodedata.name(character, "Symbols").split()[0].split("-")[0]
    return "CJK" if name in _CJK else name.title()


def _is_about_content(record: logging.LogRecord) -> bool:
    """Check whether a message of Matplotlib is about something else than the weights of a font."""
    return "font weight" not in record.getMessage()


logging.getLogger("matplotlib.font_manager").addFilter(_is_about_content)


def _lacking(characters: frozenset[str]) -> list[str]:
    """Return the visible characters without a glyph in the charts' own font."""
    glyphs = _glyphs(fontManager.findfont(OWN), characters)
    return sorted(c for c in characters - glyphs if unicodedata.category(c)[0] not in "CZ")


def _own_families(text: Text) -> list[str]:
    """Return the families of a text without those that an earlier call added."""
    return [family for family in text.get_fontfamily() if family in ("sans-serif", OWN)] or ["sans-serif"]


def _families() -> list[tuple[str, str]]:
    """Return a regular font of each installed family with its file, preferred families first."""
    _add_new_fonts()
    files: dict[str, str] = {}
    for font in fontManager.ttflist:
        if font.style == "normal" and not font.name.startswith((_NO_GLYPHS, OWN)):
            is_regular = str(font.weight) in ("400", "normal", "regular")
            files[font.name] = str(font.fname) if is_regular else files.get(font.name, str(font.fname))
    return sorted(files.items(), key=lambda item: (not item[0].startswith(_PREFERRED), item[0]))


@lru_cache(maxsize=1)
def _add_new_fonts() -> None:
    """Add the fonts that were installed after Matplotlib wrote its list."""
    listed = {str(font.fname) for font in fontManager.ttflist}
    for path in findSystemFonts():
        if str(path) not in listed:
            with suppress(OSError, RuntimeError, ValueError):
                fontManager.addfont(path)


@lru_cache(maxsize=4096)
def _glyphs(path: str, characters: frozenset[str]) -> frozenset[str]:
    """Return which characters have a glyph in a font; none in a file that cannot be read."""
    try:
        font = get_font(path)
    except (OSError, RuntimeError):
        return frozenset()
    return frozenset(character for character in characters if font.get_char_index(ord(character)))
