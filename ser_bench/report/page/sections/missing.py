"""What a run is missing: fits without a result, and what it did not use."""

from __future__ import annotations

from dataclasses import dataclass

from ser_bench.report.descriptions import losses_note, model_title
from ser_bench.report.page.tables import Cell, Column, Row, Table, number, texts
from ser_bench.runs.results import SavedRun

MAX_ROWS = 200
"""The most rows of a table: longer ones slow the page down."""

_OPEN_ROWS = 6
"""The most rows of a table that is not folded, and the most warnings."""


@dataclass(frozen=True)
class Missing:
    """The section of what is missing.

    Parameters
    ----------
    failed_fits : Table or None
    few_failed : bool
        Whether the table of failed fits is short.
    lost : str
        What the run did not use, by kind and reason; empty if it used everything.
    losses : Table or None
    warnings, further_warnings : tuple of str
        About the data; the page folds the further ones.
    """

    failed_fits: Table | None
    few_failed: bool
    lost: str
    losses: Table | None
    warnings: tuple[str, ...]
    further_warnings: tuple[str, ...]


def missing_report(run: SavedRun) -> Missing:
    """Return what a run is missing.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Missing
    """
    failed, warnings = failed_fits(run), tuple(run.info.warnings)
    return Missing(
        failed,
        failed is not None and len(failed.rows) <= _OPEN_ROWS,
        losses_note(run),
        losses(run),
        warnings[:_OPEN_ROWS],
        warnings[_OPEN_ROWS:],
    )


def failed_fits(run: SavedRun) -> Table | None:
    """Return the fits without a result, a row per model, split, status and error.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Table or None
        None if every fit finished.
    """
    failed = run.fits[run.fits["status"] != "ok"]
    if failed.empty:
        return None
    columns = (
        Column("model", numeric=False),
        Column("split", numeric=False),
        Column("status", numeric=False),
        Column("fits"),
        Column("error", numeric=False),
    )
    groups = failed.groupby(["model", "split", "status", "error"], sort=False).size()
    rows = [
        Row(
            (
                *texts([model_title(run, str(model)), split, status]),
                number(count, f"{count:,}"),
                Cell(error or "none recorded"),
            )
        )
        for (model, split, status, error), count in groups.items()
    ]
    return Table(_caption("Fits without a result", len(rows)), columns, tuple(rows[:MAX_ROWS]))


def losses(run: SavedRun) -> Table | None:
    """Return the clips, rows, columns, classes and speakers that the run did not use, with the reason.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Table or None
        None if it used everything.
    """
    if run.losses.empty:
        return None
    columns = tuple(Column(name, numeric=False) for name in run.losses.columns)
    rows = [Row(texts(list(row))) for row in run.losses.head(MAX_ROWS).itertuples(index=False)]
    return Table(_caption("Not used", len(run.losses)), columns, tuple(rows))


def _caption(title: str, count: int) -> str:
    return f"{title}: the first {MAX_ROWS} of {count:,}" if count > MAX_ROWS else title
