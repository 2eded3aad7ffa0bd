"""Scores from corpus to corpus, as a table and as a sentence."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ser_bench.report.analysis.transfer import transfer_models, transfer_scores
from ser_bench.report.descriptions import model_titles
from ser_bench.report.findings.headline import transfer_sentence
from ser_bench.report.formatting import percent, percent_range
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class TransferReport:
    """The section of several corpora.

    Parameters
    ----------
    sentence : str
        Empty if the run tests only within or only across corpora.
    table : Table
    """

    sentence: str
    table: Table


def transfer_report(run: SavedRun) -> TransferReport | None:
    """Return UAR by training corpora and tested corpus, a column per model.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    TransferReport or None
        None for a run of one corpus.
    """
    scores = transfer_scores(run)
    if scores.empty:
        return None
    models = transfer_models(run)
    columns = (
        Column("trained on", numeric=False),
        Column("tested on", numeric=False),
        Column("clips"),
        *(Column(title, under="UAR %") for title in model_titles(run, models)),
    )
    rows = []
    for (trained, tested), part in scores.groupby(["trained_on", "tested_on"], sort=False):
        by_model = part.set_index("model").reindex(models)
        clips = int(part["clips"].iloc[0])
        cells = [_score(by_model.loc[model]) for model in models]
        rows.append(Row((Cell(str(trained)), Cell(str(tested)), number(clips, f"{clips:,}"), *cells)))
    table = Table("UAR by training corpora and tested corpus", columns, tuple(rows))
    return TransferReport(transfer_sentence(run), table)


def _score(row: pd.Series) -> Cell:
    each = [float(score) for score in row["by_speaker"].split()] if pd.notna(row["uar"]) else []
    return number(row["uar"], percent(row["uar"]), percent_range(row["uar_low"], row["uar_high"], each))
