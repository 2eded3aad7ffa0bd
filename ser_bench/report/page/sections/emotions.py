"""Which classes and clips models recognise least, and what they take them for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from ser_bench.report.analysis.exposure import ranked_learners
from ser_bench.report.analysis.failures import recall_by_class
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.scores import missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.descriptions import model_title
from ser_bench.report.findings.titles import confusion_title
from ser_bench.report.formatting import percent
from ser_bench.report.page.controls import Controls, controls
from ser_bench.report.page.looks import no_rank_note, score_scale
from ser_bench.report.page.sections.confusion import Matrix, confusion_matrix, frequent_confusions
from ser_bench.report.page.sections.hard_clips import HardClips, hard_clips
from ser_bench.report.page.strips import Scale, StripRow, Strips, bars, dots, marks
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class EmotionReport:
    """The section on classes, confusions and clips.

    Parameters
    ----------
    matrix : Matrix
        Of the best model under the split that ranks models; the script shows the others.
    choices : Controls
        What the matrix can show.
    confusions : Table
        The most frequent confusions of every model.
    confusion_title : str
        The most frequent confusion of the best model.
    recalls : Strips
        Recall per class, a row per class.
    table : Table
        Recall per model and class.
    clips : HardClips or None
        The clips recognised least; None if every prediction is right.
    """

    matrix: Matrix
    choices: Controls
    confusions: Table
    confusion_title: str
    recalls: Strips
    table: Table
    clips: HardClips | None


def emotion_report(run: SavedRun, audio: Path | None) -> EmotionReport:
    """Return which classes and clips models recognise least, under the split that ranks models.

    Parameters
    ----------
    run : SavedRun
    audio : Path or None
        The corpus folder, to embed the hardest clips; None for a page without audio.

    Returns
    -------
    EmotionReport
    """
    split = ranking_split(run.info.splits)
    best = _best_complete(run, split)
    return EmotionReport(
        confusion_matrix(run, best, split),
        controls(run),
        frequent_confusions(run, split),
        confusion_title(run, best, split).removesuffix(f" ({split} split)"),
        _recalls(run, split, best),
        _table(run, split),
        hard_clips(run, split, audio),
    )


def _best_complete(run: SavedRun, split: str) -> str:
    """Return the best model that finished every fold, baselines last; the first model if none did."""
    models, notes = all_models_ranked(run), missing_folds(run)
    return next((model for model in models if not notes[model, split]), models[0])


def _recalls(run: SavedRun, split: str, best: str) -> Strips:
    """Return the picture of recalls: a faint mark per model, the best model as a dot, the median of models."""
    recalls, scale = recall_by_class(run, split), score_scale(run)
    ranking = ranked_learners(run, split)
    learners = recalls.loc[[model for model in recalls.index if model in ranking or model == best]]
    scale = Scale.of([*learners.to_numpy().ravel(), scale.low])
    rows = []
    for label in run.labels:
        values, value = learners[label].dropna(), recalls.at[best, label]
        middle = values.median() if len(values) else math.nan
        pictures = marks(
            ("speakers", bars(scale, values)), ("median", bars(scale, [middle], 5, 23)), ("dot", dots(scale, [value]))
        )
        cells = (number(value, percent(value)), number(middle, percent(middle)))
        words = f"{label}: {model_title(run, best)} {percent(value)} %, median of models {percent(middle)} %"
        rows.append(StripRow(Cell(label), pictures, cells, "", "", words))
    legend = (("dot", model_title(run, best)), ("speakers", "one model"), ("median", "median of the models"))
    columns = (Column(model_title(run, best), under="%"), Column("median", under="%"))
    caption = f"Recall of each class under the {split} split: the share of its clips that a model recognises"
    return Strips("recalls", caption, "recall, %", scale, columns, tuple(rows), legend, first="class", compact=True)


def _table(run: SavedRun, split: str) -> Table:
    """Return recall per model and class."""
    table, notes = recall_by_class(run, split), missing_folds(run)
    columns = (Column("model", numeric=False), *(Column(label, under="recall %") for label in run.labels))
    rows = []
    for model in all_models_ranked(run):
        no_rank = no_rank_note(run, model)
        note = no_rank or notes[model, split]
        cells = [number(table.at[model, label], percent(table.at[model, label])) for label in run.labels]
        rows.append(Row((Cell(model_title(run, model), note=note), *cells), "quiet" if no_rank else "", model))
    return Table(f"Recall per class under the {split} split", columns, tuple(rows))
