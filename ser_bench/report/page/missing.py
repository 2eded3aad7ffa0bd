"""What is missing from a run: fits without result, and clips that were left out."""

from __future__ import annotations

from ser_bench.report.page.tables import Cell, Column, Row, Table, number, texts
from ser_bench.runs.results import SavedRun

MOST = 200
"""How many fits or clips are listed; a page of ten thousand helps nobody."""


def failed_fits(run: SavedRun) -> Table | None:
    """Return a row per reason for which fits gave no result: where, how often, and the first line of the error."""
    lost = run.fits[run.fits["status"] != "ok"]
    if lost.empty:
        return None
    columns = (
        Column("model", numeric=False),
        Column("split", numeric=False),
        Column("what", numeric=False),
        Column("fits"),
        Column("reason", numeric=False),
    )
    groups = lost.groupby(["model", "split", "status", "error"], sort=False).size()
    rows = [
        Row((*texts([model, split, status]), number(count, f"{count:,}"), Cell(error or "no reason was given")))
        for (model, split, status, error), count in groups.items()
    ]
    return Table(_caption("Fits without result", len(rows)), columns, tuple(rows[:MOST]))


def left_out(run: SavedRun) -> Table | None:
    """Return a row per clip that was not used, with the reason."""
    clips = [*run.info.dropped, *run.info.problems]
    if not clips:
        return None
    columns = (Column("clip", numeric=False), Column("reason", numeric=False))
    rows = [Row(texts([clip.path, clip.reason])) for clip in clips[:MOST]]
    return Table(_caption("Clips left out", len(clips)), columns, tuple(rows))


def _caption(what: str, count: int) -> str:
    return f"{what}: the first {MOST} of {count:,}" if count > MOST else what
