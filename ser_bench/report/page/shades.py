"""Tints of tables: the colour of a split at a share between 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.colors import to_hex

from ser_bench.report.charts.parts import split_colormap, text_colour_on
from ser_bench.runs.results import SavedRun

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
    """

    selector: str
    background: str
    ink: str


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
    colours = split_colormap(split)
    steps = [(step, step / _STEPS) for step in range(_STEPS + 1)]
    return [
        Shade(f".s{index} .t{step}", to_hex(colours(share)), text_colour_on(colours, share)) for step, share in steps
    ]
