"""The splits of a run and the definitions of its metrics."""

from __future__ import annotations

import math

from ser_bench import splits
from ser_bench.core.errors import UnknownNameError
from ser_bench.report.analysis.leakage import known_speaker_share
from ser_bench.report.formatting import percent
from ser_bench.report.page.tables import Column, Row, Table, number, texts
from ser_bench.runs.results import SavedRun


def split_table(run: SavedRun) -> Table:
    """Return the splits of a run: how each makes its folds, and what a test clip is to a model.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Table
    """
    columns = (
        Column("split", numeric=False),
        Column("folds"),
        Column("tests on", numeric=False),
        Column("assignment of clips", numeric=False),
    )
    folds = run.fits.groupby("split")["fold"].nunique()
    rows = []
    for name in run.info.splits:
        condition, summary = "", "a split of a plugin"
        if split := _split(name):
            kind = "new speakers" if split.speaker_independent else "speakers known from training"
            condition, summary = split.condition or kind, split.summary
            known, expected = known_speaker_share(run, name), 0.0 if split.speaker_independent else 1.0
            if known != expected and not math.isnan(known):
                condition += f"; {percent(known)} % of the test clips by speakers from training"
        count = int(folds.get(name, 0))
        first, *others = texts([name, condition, summary])
        rows.append(Row((first, number(count, str(count)), *others)))
    return Table("The splits of this run", columns, tuple(rows), sortable=False)


def _split(name: str) -> splits.Split | None:
    """Return a split; None for one of a plugin that is not loaded."""
    try:
        return splits.get(name)
    except UnknownNameError:
        return None
