"""How speakers are told apart on a map: a hue and a shape each, the shape's kind by gender."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping

GENDERS = ("female", "male", "")
GENDER_COLOURS = {"female": "#cc5a00", "male": "#0072b2", "": "#7f7f7f"}
_SHAPES = {"female": "oDsh", "male": "^v<>", "": "P*Xd"}
_TURN = {"female": 0.0, "male": 0.5, "": 0.25}
_HUES, _LIGHTNESS = 12, (0.42, 0.62, 0.27)


def speaker_marks(genders: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return colour and marker by speaker, of which ``genders`` holds the gender; unique for 144 of each gender."""
    marks: dict[str, tuple[str, str]] = {}
    for gender in GENDERS:
        speakers = sorted(name for name, own in genders.items() if (own if own in GENDERS else "") == gender)
        marks |= {name: _mark(place, len(speakers), gender) for place, name in enumerate(speakers)}
    return marks


def _mark(place: int, among: int, gender: str) -> tuple[str, str]:
    hues = min(among, _HUES)
    shape, hue = divmod(place, hues)
    darker, shape = divmod(shape, len(_SHAPES[gender]))
    lightness = _LIGHTNESS[darker % len(_LIGHTNESS)]
    red, green, blue = colorsys.hls_to_rgb((hue + _TURN[gender]) / hues, lightness, 0.75)
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}", _SHAPES[gender][shape]
