"""Whom models recognise least: a strip of speakers per model, groups of clips, and every score in folded tables."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from ser_bench.report.analysis.ranking import ranked_models
from ser_bench.report.analysis.scores import missing_folds, scores_by_speaker
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.descriptions import model_title
from ser_bench.report.formatting import percent
from ser_bench.report.page.looks import gender_shapes, score_scale, speaker_shapes
from ser_bench.report.page.sections.groups import group_strips, group_tables
from ser_bench.report.page.shades import step_of
from ser_bench.report.page.strips import Scale, StripRow, Strips, bars, dots, line, marks
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun

_MAX_SPEAKERS = 200
"""The most rows of the table of speakers: a longer one slows the page down."""


@dataclass(frozen=True)
class SpeakerReport:
    """The section on speakers and groups of clips.

    Parameters
    ----------
    strips : Strips or None
        UAR of each speaker; None where fewer than two speakers are known.
    table : Table or None
        The same as a table, a row per speaker; None without strips.
    groups : tuple of Strips
        UAR per group of clips, a picture per attribute.
    group_tables : tuple of Table
        The same with intervals.
    """

    strips: Strips | None
    table: Table | None
    groups: tuple[Strips, ...]
    group_tables: tuple[Table, ...]


def speaker_report(run: SavedRun) -> SpeakerReport:
    """Return whom models recognise least, under the split that ranks them.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    SpeakerReport
    """
    split = ranking_split(run.info.splits)
    models = ranked_models(run)
    scores = scores_by_speaker(run, split).reindex(models)
    known = scores.shape[1] > 1 and bool(scores.notna().any(axis=None))
    return SpeakerReport(
        _strips(run, scores, split) if known else None,
        _table(run, scores, split) if known else None,
        tuple(group_strips(run, split)),
        tuple(group_tables(run, split)),
    )


def _strips(run: SavedRun, scores: pd.DataFrame, split: str) -> Strips:
    """Return the picture of speakers: a dot each, its shape by gender, the median, and the extremes in ink."""
    shapes = gender_shapes(run)
    scale, summary = score_scale(run), summarise(run).set_index("model")
    rows = []
    for model, values in scores.iterrows():
        ends = summary.at[model, f"{split}_uar_low"], summary.at[model, f"{split}_uar_high"]
        rows.append(_row(run, str(model), values.dropna(), ends, scale))
    legend = [(f"speaker {style}", gender) for gender, style in shapes.items()] or [("speaker round", "speaker")]
    legend += [("speaker extreme round", "lowest and highest"), ("median", "median")]
    if any(row.marks and row.marks[0].kind == "interval" for row in rows):
        legend.append(("interval", "95 % interval of the UAR of all speakers"))
    columns = (Column("lowest", under="speaker"), Column("median", under="%"), Column("highest", under="speaker"))
    caption = f"UAR of each speaker under the {split} split"
    return Strips("speaker-strips", caption, "UAR, %", scale, columns, tuple(rows), tuple(legend))


def _row(run: SavedRun, model: str, values: pd.Series, ends: tuple[float, float], scale: Scale) -> StripRow:
    """Return the row of a model."""
    head = Cell(model_title(run, model))
    if values.empty:
        note = missing_folds(run)[model, ranking_split(run.info.splits)]
        return StripRow(head, (), (Cell(""), number(math.nan, note or "n/a"), Cell("")), model)
    ordered = values.sort_values(kind="stable")
    styles = {speaker: speaker_shapes(run).get(str(speaker), "round") for speaker in ordered.index}
    layers = {
        style: [value for speaker, value in ordered.items() if styles[speaker] == style]
        for style in set(styles.values())
    }
    lowest, highest = values.idxmin(), values.idxmax()  # the first of equal ones, as in the title
    pictures = marks(
        ("interval", line(scale, *ends)),
        ("median", bars(scale, [ordered.median()], 3, 25)),
        *((f"speaker {style}", dots(scale, layer)) for style, layer in sorted(layers.items())),
        (f"speaker extreme {styles[lowest]}", dots(scale, [ordered.iloc[0]])),
        (f"speaker extreme {styles[highest]}", dots(scale, [ordered.iloc[-1]])),
    )
    cells = (
        number(ordered.iloc[0], percent(ordered.iloc[0]), str(lowest)),
        number(ordered.median(), percent(ordered.median())),
        number(ordered.iloc[-1], percent(ordered.iloc[-1]), str(highest)),
    )
    words = (
        f"{head.text}: lowest {lowest} {percent(ordered.iloc[0])} %, median {percent(ordered.median())} %, "
        f"highest {highest} {percent(ordered.iloc[-1])} %"
    )
    return StripRow(head, pictures, cells, model, "", words)


def _table(run: SavedRun, scores: pd.DataFrame, split: str) -> Table:
    """Return UAR per speaker (rows, the lowest mean first) and model (columns), tinted by its value."""
    means = scores.mean().sort_values(kind="stable")
    columns = [Column("speaker", numeric=False), Column("mean", under="of models")]
    columns += [Column(model_title(run, str(model)), kind=" upright") for model in scores.index]
    tint = f"s{run.info.splits.index(split)}"
    rows = []
    for speaker in means.index[:_MAX_SPEAKERS]:
        cells = [Cell(str(speaker)), number(means[speaker], percent(means[speaker]))]
        for value in scores[speaker]:
            kind = "none" if math.isnan(value) else f"t{step_of(value)}"
            cells.append(Cell(percent(value), None if math.isnan(value) else float(value), kind=kind))
        rows.append(Row(tuple(cells)))
    caption = f"UAR in percent of each speaker under the {split} split, the lowest mean first"
    if len(means) > _MAX_SPEAKERS:
        caption += f": the first {_MAX_SPEAKERS} of {len(means):,} speakers"
    return Table(caption, tuple(columns), tuple(rows), kind=f"tinted {tint}")
