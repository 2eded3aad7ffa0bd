"""Confusion matrices as tables: each cell in percent of the true class, tinted by its share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.colors import to_hex

from ser_bench.report.analysis.scores import BASELINES, confusion_counts, missing_folds, pooled_scores, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.parts import split_colormap, text_colour_on
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

SHOWN = 3
"""How many models' matrices are open; the others are folded."""

_STEPS = 10


@dataclass(frozen=True)
class Shade:
    """A class of the style for one tint of one split: ``.s0 .t7``."""

    name: str
    ground: str
    ink: str


@dataclass(frozen=True)
class MatrixRow:
    """A true class: its clips, its recall, and per answer the text and the step of its tint."""

    label: str
    clips: int
    recall: str
    cells: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Matrix:
    """A model under a split; without ``rows`` where ``missing`` says why there is no matrix."""

    model: str
    split: str
    tint: str
    uar: str
    labels: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    missing: str


@dataclass(frozen=True)
class Matrices:
    """The matrices to show at once, the folded ones by split, and the tints that they use."""

    first: tuple[Matrix, ...]
    folded: tuple[tuple[str, tuple[Matrix, ...]], ...]
    shades: tuple[Shade, ...]


def matrices(run: SavedRun) -> Matrices:
    """Return the matrices of the best models under the split that ranks them, then all others."""
    models, splits = list(summarise(run)["model"]), list(run.info.splits)
    ranking, notes = ranking_split(splits), missing_folds(run)
    learners = [m for m in models if m not in BASELINES and not notes[m, ranking]] or models
    best = learners[:SHOWN]
    folded = []
    for split in [ranking, *(s for s in splits if s != ranking)]:
        rest = [m for m in models if split != ranking or m not in best]
        folded.append((split, tuple(_matrix(run, model, split) for model in rest)))
    shades = tuple(shade for index, split in enumerate(splits) for shade in _shades(index, split))
    first = tuple(_matrix(run, model, ranking) for model in best)
    return Matrices(first, tuple((split, rest) for split, rest in folded if rest), shades)


def _matrix(run: SavedRun, model: str, split: str) -> Matrix:
    missing = missing_folds(run)[model, split]
    tint = f"s{list(run.info.splits).index(split)}"
    if missing:
        return Matrix(model, split, tint, "n/a", run.labels, (), missing)
    counts = confusion_counts(run, model, split)
    spoken = counts.sum(axis=1)
    shares = counts / np.maximum(spoken, 1)[:, None]
    rows = tuple(
        MatrixRow(
            label,
            int(spoken[place]),
            percent(shares[place, place]) if spoken[place] else "n/a",
            tuple((_share(share), round(_STEPS * share)) for share in shares[place]),
        )
        for place, label in enumerate(run.labels)
    )
    uar = percent(pooled_scores(run).at[(model, split), "uar"])
    return Matrix(model, split, tint, uar, run.labels, rows, "")


def _share(share: float) -> str:
    """Write a share in percent; nothing where no clip is."""
    return "" if share == 0 else "<1" if share < 0.005 else f"{100 * share:.0f}"


def _shades(index: int, split: str) -> list[Shade]:
    colours = split_colormap(split)
    steps = [(step, step / _STEPS) for step in range(_STEPS + 1)]
    return [
        Shade(f".s{index} .t{step}", to_hex(colours(share)), text_colour_on(colours, share).replace("white", "#fff"))
        for step, share in steps
    ]
