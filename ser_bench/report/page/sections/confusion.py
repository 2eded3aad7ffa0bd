"""Confusion matrices as tables: each cell in percent of the recorded class, tinted by its share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.scores import clips_by_class, confusion_shares, missing_folds, pooled_scores
from ser_bench.report.descriptions import mark_notes, model_title
from ser_bench.report.formatting import percent
from ser_bench.report.page.shades import step_of
from ser_bench.report.page.tables import Cell, Column, Row, Table
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class MatrixRow:
    """A recorded class.

    Parameters
    ----------
    label : str
    clips : int
        Distinct clips, however many repeats test them.
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


def frequent_confusions(run: SavedRun, split: str) -> Table:
    """Return the most frequent confusions of every model, baselines excluded.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    Table
    """
    columns = [Column("model", numeric=False)]
    columns += [Column(f"{order} confusion", numeric=False, under="true → predicted") for order in ("first", "second")]
    columns.append(Column("third confusion", numeric=False, under="true → predicted"))
    rows, notes = [], missing_folds(run)
    for model in all_models_ranked(run):
        if model in BASELINES or notes[model, split]:
            continue
        shares = confusion_shares(run, model, split)
        np.fill_diagonal(shares, 0)
        order = np.argsort(-shares, axis=None, kind="stable")[: len(columns) - 1]
        cells = [_confusion_cell(run, shares, *divmod(int(flat), len(run.labels))) for flat in order]
        cells += [Cell("")] * (len(columns) - 1 - len(cells))
        rows.append(Row((Cell(model_title(run, model)), *cells), model=model))
    caption = f"Most frequent confusions under the {split} split, in percent of the clips of the true class"
    return Table(caption, tuple(columns), tuple(rows), sortable=False)


def _confusion_cell(run: SavedRun, shares: np.ndarray, true: int, predicted: int) -> Cell:
    share = shares[true, predicted]
    if share == 0:
        return Cell("")
    return Cell(f"{run.labels[true]} → {run.labels[predicted]}", note=f"{percent(share)} %")


def confusion_matrix(run: SavedRun, model: str, split: str) -> Matrix:
    """Return the confusion matrix of a model under a split.

    Parameters
    ----------
    run : SavedRun
    model, split : str

    Returns
    -------
    Matrix
    """
    missing = missing_folds(run)[model, split]
    tint = f"s{run.info.splits.index(split)}"
    title, note = model_title(run, model), ". ".join(mark_notes(run, [model]))
    if missing:
        return Matrix(title, split, tint, "n/a", run.labels, (), missing, note)
    shares = confusion_shares(run, model, split)
    clips = clips_by_class(run, split)
    rows = tuple(
        MatrixRow(
            label,
            clips[index],
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
