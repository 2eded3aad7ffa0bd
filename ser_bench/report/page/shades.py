"""Tints of tables: the colour of a split at a share between 0 and 1, on a light and on a dark page."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.colors import Colormap, to_hex

from ser_bench.report.charts.parts import split_colormap, text_colour_on
from ser_bench.runs.results import SavedRun

_DARK = "#14171a"
"""The ground of the dark page, as the style sheet states it."""

_STEPS = 10
"""The number of tints between 0 and 100 %."""


@dataclass(frozen=True)
class Shade:
    """A tint of a split's colour, as a rule of the style sheet.

    Parameters
    ----------
    selector : str
        Such as ``.s0 .t7``.
    background, ink : str
        Colours of the cell and its text.
    dark_background, dark_ink : str
        The same on a dark page.
    """

    selector: str
    background: str
    ink: str
    dark_background: str
    dark_ink: str


def step_of(share: float) -> int:
    """Return the number of the tint of a share.

    Parameters
    ----------
    share : float
        Between 0 and 1.

    Returns
    -------
    int
    """
    return round(_STEPS * share)


def shades(run: SavedRun) -> list[Shade]:
    """Return the tints of every split of a run.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of Shade
    """
    return [shade for index, split in enumerate(run.info.splits) for shade in _of_split(index, split)]


def _of_split(index: int, split: str) -> list[Shade]:
    light, dark = split_colormap(split), split_colormap(split, _DARK)
    return [
        Shade(f".s{index} .t{step}", *(colour for colours in (light, dark) for colour in _pair(colours, step / _STEPS)))
        for step in range(_STEPS + 1)
    ]


def _pair(colours: Colormap, share: float) -> tuple[str, str]:
    """Return the colours of a cell and its text."""
    return to_hex(colours(share)), text_colour_on(colours, share)
