"""The splits of a run, each with what it asks of a model."""

from __future__ import annotations

from ser_bench import splits
from ser_bench.core.errors import UnknownNameError
from ser_bench.report.charts.style import SPLIT_DESCRIPTIONS
from ser_bench.report.page.tables import Column, Row, Table, number, texts
from ser_bench.runs.results import SavedRun


def split_table(run: SavedRun) -> Table:
    """Return a row per split: how its folds are cut and what a test clip is to a model."""
    columns = (
        Column("split", numeric=False),
        Column("folds"),
        Column("tests on", numeric=False),
        Column("how clips are dealt out", numeric=False),
    )
    folds = run.fits.groupby("split")["fold"].nunique()
    rows = []
    for name in run.info.splits:
        known = _known(name)
        apart = "new speakers" if known is None or known.speaker_independent else "speakers known from training"
        words = SPLIT_DESCRIPTIONS.get(name, apart if known else "")
        count = int(folds.get(name, 0))
        first, *rest = texts([name, words, known.summary if known else "a split that a plugin brought along"])
        rows.append(Row((first, number(count, str(count)), *rest)))
    return Table("The splits of this run", columns, tuple(rows), sortable=False)


def _known(name: str) -> splits.Split | None:
    """Return a split, None for one that a plugin brought along."""
    try:
        return splits.get(name)
    except UnknownNameError:
        return None
