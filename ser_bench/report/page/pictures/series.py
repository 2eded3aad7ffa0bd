"""How models differ in one picture: by colour, and by dashes and shapes for readers who see no colours."""

from __future__ import annotations

from dataclasses import dataclass

from ser_bench.report.page.plots.marks import SHAPES

MOST_SERIES = 3
"""The most models of a picture with looks of their own."""

_DASHES = ("", "dashed", "dotted")


@dataclass(frozen=True)
class Series:
    """The looks of a model.

    Parameters
    ----------
    kind : str
        Classes of the style sheet for its lines: colour and dashes.
    colour : str
        The class of the colour alone.
    shape : str
        The shape of its dots.
    """

    kind: str
    colour: str
    shape: str


def series(index: int) -> Series:
    """Return the looks of a model by its position.

    Parameters
    ----------
    index : {0, 1, 2}

    Returns
    -------
    Series
    """
    colour = f"c{index + 1}"
    return Series(f"{colour} {_DASHES[index]}".rstrip(), colour, SHAPES[index])
