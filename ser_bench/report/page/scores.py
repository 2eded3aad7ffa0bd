"""The table of scores: a row per model, then published figures of the same protocol."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from ser_bench.report.analysis.literature import published_scores
from ser_bench.report.analysis.scores import BASELINES, gap_splits, missing_folds, page_metrics
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.formatting import byte_size, percent, percent_interval, points, points_interval, seconds
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun


def score_table(run: SavedRun) -> Table:
    """Return UAR and accuracy per split, the gap, and what each model costs; the best model first."""
    splits, gap = list(run.info.splits), gap_splits(run.info.splits) is not None
    notes = missing_folds(run)
    columns = [Column("model", numeric=False)]
    for measure, title in page_metrics(run).items():
        columns += [Column(f"{title} %", under=split) for split in splits]
        columns += [Column("UAR gap", under="points")] if gap and measure == "uar" else []
    columns += [Column("fit", under="mean"), Column("predict", under="per clip"), Column("size", under="of model")]
    measures = list(page_metrics(run))
    rows = [_row(row, splits, measures, notes, gap=gap) for row in summarise(run).to_dict("records")]
    rows += [_quoted(row, splits, measures, gap=gap) for row in published_scores(run).to_dict("records")]
    return Table("Scores per model, with 95 % intervals over speakers", tuple(columns), tuple(rows))


def _row(row: dict[Any, Any], splits: list[str], measures: list[str], notes: pd.Series, *, gap: bool) -> Row:
    model = row["model"]
    cells = [Cell(model, note="baseline" if model in BASELINES else "")]
    for measure in measures:
        for split in splits:
            value, low, high = (row[f"{split}_{measure}{end}"] for end in ("", "_low", "_high"))
            cells.append(number(value, notes[model, split] or percent(value), percent_interval(low, high)))
        if gap and measure == "uar":
            value, low, high = (row[f"uar_gap{end}"] for end in ("", "_low", "_high"))
            cells.append(number(value, points(value), points_interval(low, high)))
    costs = (("fit_seconds", seconds), ("predict_seconds", seconds), ("model_bytes", byte_size))
    cells += [number(row[name], write(row[name])) for name, write in costs]
    return Row(tuple(cells), "quiet" if model in BASELINES else "")


def _quoted(row: dict[Any, Any], splits: list[str], measures: list[str], *, gap: bool) -> Row:
    """Return a row of somebody else's figures; what the source does not tell is left empty."""
    cells = [Cell(row["system"], note=f"published: {row['source']}")]
    for measure in measures:
        values = [row.get(measure, math.nan) if split == row["split"] else math.nan for split in splits]
        cells += [Cell("") if math.isnan(value) else number(value, percent(value)) for value in values]
        cells += [Cell("")] if gap and measure == "uar" else []
    return Row((*cells, Cell(""), Cell(""), Cell("")), "quoted")
