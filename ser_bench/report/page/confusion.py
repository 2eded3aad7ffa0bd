"""Confusion matrices as tables: each cell in percent of the recorded class, tinted by its share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.scores import confusion_counts, missing_folds, pooled_scores
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.descriptions import mark_notes, model_title
from ser_bench.report.formatting import percent
from ser_bench.report.page.shades import step_of
from ser_bench.runs.results import SavedRun

SHOWN = 3
"""The number of models whose matrices are open; the others are folded."""


@dataclass(frozen=True)
class MatrixRow:
    """A recorded class.

    Parameters
    ----------
    label : str
    clips : int
    recall : str
    cells : tuple of tuple of (str, int)
        Text and tint per predicted class.
    """

    label: str
    clips: int
    recall: str
    cells: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Matrix:
    """The confusion matrix of a model under a split.

    Parameters
    ----------
    model, split, tint, uar : str
    labels : tuple of str
    rows : tuple of MatrixRow
        Empty if the model misses a fold.
    missing : str
        The missing folds.
    note : str
        What the marks of the model mean.
    """

    model: str
    split: str
    tint: str
    uar: str
    labels: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    missing: str
    note: str


@dataclass(frozen=True)
class Matrices:
    """The confusion matrices of a run.

    Parameters
    ----------
    shown : tuple of Matrix
        The matrices of the best models.
    folded : tuple of (str, tuple of Matrix)
        All others by split.
    """

    shown: tuple[Matrix, ...]
    folded: tuple[tuple[str, tuple[Matrix, ...]], ...]


def matrices(run: SavedRun) -> Matrices:
    """Return the confusion matrices of a run, the best models first.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Matrices
    """
    models, splits = list(summarise(run)["model"]), list(run.info.splits)
    ranking, notes = ranking_split(splits), missing_folds(run)
    complete = [m for m in models if m not in BASELINES and not notes[m, ranking]] or models
    best = complete[:SHOWN]
    folded = []
    for split in [ranking, *(s for s in splits if s != ranking)]:
        others = [m for m in models if split != ranking or m not in best]
        folded.append((split, tuple(_matrix(run, model, split) for model in others)))
    shown = tuple(_matrix(run, model, ranking) for model in best)
    return Matrices(shown, tuple((split, others) for split, others in folded if others))


def _matrix(run: SavedRun, model: str, split: str) -> Matrix:
    missing = missing_folds(run)[model, split]
    tint = f"s{run.info.splits.index(split)}"
    title, note = model_title(run, model), ". ".join(mark_notes(run, [model]))
    if missing:
        return Matrix(title, split, tint, "n/a", run.labels, (), missing, note)
    counts = confusion_counts(run, model, split)
    clips = counts.sum(axis=1)
    shares = counts / np.maximum(clips, 1)[:, None]
    rows = tuple(
        MatrixRow(
            label,
            int(clips[index]),
            percent(shares[index, index]) if clips[index] else "n/a",
            tuple((_share(share), step_of(share)) for share in shares[index]),
        )
        for index, label in enumerate(run.labels)
    )
    uar = percent(pooled_scores(run).at[(model, split), "uar"])
    return Matrix(title, split, tint, uar, run.labels, rows, "", note)


def _share(share: float) -> str:
    """Write a share in percent; empty for 0."""
    return "" if share == 0 else "<1" if share < 0.005 else f"{100 * share:.0f}"
