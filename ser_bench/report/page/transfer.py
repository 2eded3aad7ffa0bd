"""What carries over from corpus to corpus, as a table of the page."""

from __future__ import annotations

import pandas as pd

from ser_bench.report.analysis.transfer import transfer_models, transfer_scores
from ser_bench.report.formatting import percent, percent_interval
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun


def transfer_table(run: SavedRun) -> Table | None:
    """Return a row per training corpora and tested corpus, a column per learner; None for a run of one corpus."""
    table = transfer_scores(run)
    if table.empty:
        return None
    models = transfer_models(run)
    columns = (
        Column("trained on", numeric=False),
        Column("tested on", numeric=False),
        Column("clips"),
        *(Column(model, under="UAR %") for model in models),
    )
    rows = []
    for (trained, tested), part in table.groupby(["trained_on", "tested_on"], sort=False):
        scores = part.set_index("model").reindex(models)
        cells = [_score(scores.loc[model]) for model in models]
        clips = int(part["clips"].iloc[0])
        rows.append(Row((Cell(str(trained)), Cell(str(tested)), number(clips, f"{clips:,}"), *cells)))
    return Table("UAR by training corpora and tested corpus", columns, tuple(rows))


def _score(row: pd.Series) -> Cell:
    return number(row["uar"], percent(row["uar"]), percent_interval(row["uar_low"], row["uar_high"]))
