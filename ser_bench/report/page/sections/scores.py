"""The tables of scores: UAR and gap first, other metrics folded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ser_bench.report.analysis.gaps import gaps_of
from ser_bench.report.analysis.intervals import scores_of_few
from ser_bench.report.analysis.leakage import speakers_known
from ser_bench.report.analysis.literature import published_note, published_scores
from ser_bench.report.analysis.models import models_with_copies
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.scores import metrics_of, missing_folds, page_metrics
from ser_bench.report.analysis.splits import GapSplits, gap_pairs, gap_splits
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.descriptions import model_title
from ser_bench.report.findings.gaps import gap_notes
from ser_bench.report.formatting import capitalised, percent, percent_range, points, points_interval
from ser_bench.report.page.looks import no_rank_note
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun

_PARTS = {"total": ("gap", "points"), "takes": ("takes", "of the gap"), "voice": ("voice", "of the gap")}
"""Heading and unit of a gap and its parts."""


@dataclass(frozen=True)
class Scores:
    """The section of scores.

    Parameters
    ----------
    gap : GapSplits or None
        The splits of the gap.
    gap_notes : tuple of str
        Why there is no gap, or none in parts, and what to run; which models train on fewer clips, or on copies.
    published : str
        What limits the comparison with published figures; empty without them.
    main : Table
        UAR per split and the gap.
    details : tuple of Table
        A table per further gap and metric; the page folds them.
    """

    gap: GapSplits | None
    gap_notes: tuple[str, ...]
    published: str
    main: Table
    details: tuple[Table, ...]


def score_tables(run: SavedRun) -> Scores:
    """Return the scores of every model, the best model first.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Scores
    """
    metrics = page_metrics(run)
    main, *others = (_metric_table(run, name, title) for name, title in metrics.items())
    details = (*_further_gaps(run), *others)
    return Scores(gap_splits(run), tuple(gap_notes(run)), published_note(run), main, details)


def _metric_table(run: SavedRun, metric: str, title: str) -> Table:
    """Return a metric per split; with the gap for UAR, and published figures where they have the metric."""
    pair = gap_splits(run)
    splits = _in_order(run.info.splits, pair)
    gaps, notes = _gap_cells(run, pair if metric == "uar" else None), missing_folds(run)
    few = scores_of_few(run)
    # The gap stands after the splits that it compares.
    position = len(pair.names) if pair and gaps else 0
    columns = [Column(f"{title} %", under=split) for split in splits]
    columns[position:position] = [Column(head, under=under) for head, under in map(_PARTS.__getitem__, gaps)]
    rows = []
    for row in summarise(run).to_dict("records"):
        model = row["model"]
        cells = [
            _score(row, f"{split}_{metric}", notes[model, split], few.get((model, split, metric), ()))
            for split in splits
        ]
        cells[position:position] = [column[model] for column in gaps.values()]
        rows.append(model_row(run, model, cells))
    for row in published_scores(run).to_dict("records"):
        if not math.isnan(row.get(metric, math.nan)):
            rows.append(_published_row(row, metric, splits, position, len(gaps)))
    extra = "95 % intervals over speakers" if len(few) < len(notes) * len(metrics_of(run)) else "each speaker's score"
    caption = f"{capitalised(title)} per model" + (f", with {extra}" if speakers_known(run) else "")
    return Table(caption, (Column("model", numeric=False), *columns), tuple(rows))


def _gap_cells(run: SavedRun, pair: GapSplits | None) -> dict[str, dict[str, Cell]]:
    """Return the cells of the gap and its parts by model; empty without a pair."""
    if pair is None:
        return {}
    gaps = gaps_of(run, pair)
    return {part: {str(model): _points(row, part) for model, row in gaps.iterrows()} for part in pair.parts}


def _points(row: Any, part: str) -> Cell:
    value, low, high = _with_ends(row, part)
    return number(value, points(value), points_interval(low, high))


def _further_gaps(run: SavedRun) -> list[Table]:
    """Return the gaps between the further pairs of splits."""
    models, tables = all_models_ranked(run), []
    for pair in gap_pairs(run)[1:]:
        gaps = _gap_cells(run, pair)
        columns = [Column(head, under=under) for head, under in map(_PARTS.__getitem__, gaps)]
        rows = [model_row(run, model, [column[model] for column in gaps.values()]) for model in models]
        caption = f"Gap between {pair.random} and {pair.independent}"
        tables.append(Table(caption, (Column("model", numeric=False), *columns), tuple(rows)))
    return tables


def _in_order(splits: tuple[str, ...], pair: GapSplits | None) -> tuple[str, ...]:
    """Return the splits with those of the gap in front, the speaker-independent one first."""
    first = pair.names if pair else ()
    return (*first, *(split for split in splits if split not in first))


def _score(row: dict[Any, Any], name: str, note: str, by_speaker: tuple[float, ...]) -> Cell:
    value, low, high = _with_ends(row, name)
    return number(value, note or percent(value), percent_range(low, high, by_speaker))


def _with_ends(row: dict[Any, Any], name: str) -> tuple[float, float, float]:
    return row[name], row[f"{name}_low"], row[f"{name}_high"]


def model_row(run: SavedRun, model: str, cells: list[Cell]) -> Row:
    """Return the row of a model, headed by its name and what sets it apart.

    Parameters
    ----------
    run : SavedRun
    model : str
    cells : list of Cell

    Returns
    -------
    Row
    """
    no_rank = no_rank_note(run, model)
    note = no_rank or ("copies at other speeds" if model in models_with_copies(run) else "")
    return Row((Cell(model_title(run, model), note=note), *cells), "quiet" if no_rank else "", model)


def _published_row(row: dict[Any, Any], metric: str, splits: tuple[str, ...], position: int, gaps: int) -> Row:
    """Return the row of a published system; the columns of gaps, which begin at a position, are empty."""
    score = row[metric]
    cells = [number(score, percent(score)) if split == row["split"] else Cell("") for split in splits]
    cells[position:position] = [Cell("")] * gaps
    return Row((Cell(row["system"], note=f"published, same folds: {row['source']}"), *cells), "quoted")
