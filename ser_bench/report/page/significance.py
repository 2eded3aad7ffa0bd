"""Every model against the one with the highest UAR, test by test."""

from __future__ import annotations

from ser_bench.report.analysis.comparisons import comparisons_with_best
from ser_bench.report.descriptions import model_title
from ser_bench.report.formatting import p_value, points
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun


def comparison_table(run: SavedRun) -> Table | None:
    """Return the tests against the model with the highest UAR, a row per other model.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Table or None
        None for fewer than two complete models besides the baselines.
    """
    table = comparisons_with_best(run)
    if table.empty:
        return None
    best = model_title(run, str(table["best"].iloc[0]))
    columns = (
        Column("model", numeric=False),
        Column(f"{best} minus model", under="points of UAR"),
        Column("p over speakers", under="Wilcoxon, Holm"),
        Column("p over folds", under="corrected t-test"),
        Column(f"only {best} right", under="clips"),
        Column("only model right", under="clips"),
        Column("McNemar’s p", under="description only"),
    )
    rows = [
        Row(
            (
                Cell(model_title(run, row["model"])),
                number(row["difference"], points(row["difference"])),
                number(row["wilcoxon_p"], p_value(row["wilcoxon_p"])),
                number(row["t_p"], p_value(row["t_p"]), f"{row['folds']} folds"),
                number(row["only_best"], f"{row['only_best']:,}"),
                number(row["only_other"], f"{row['only_other']:,}"),
                number(row["mcnemar_p"], p_value(row["mcnemar_p"])),
            )
        )
        for row in table.to_dict("records")
    ]
    return Table(f"Each model compared with {best}, which has the highest UAR", columns, tuple(rows))
