"""The model with the highest UAR against every other one: differences with intervals, and test by test."""

from __future__ import annotations

import math

from ser_bench.report.analysis.comparisons import comparison, comparisons_with_best
from ser_bench.report.analysis.intervals import speaker_tallies, uar_difference
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.descriptions import model_title
from ser_bench.report.formatting import p_value, points, points_interval
from ser_bench.report.page.strips import Scale, StripRow, Strips, bars, dots, line, marks
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun


def difference_strips(run: SavedRun) -> Strips | None:
    """Return the picture of the differences in UAR between the best model and each other one.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Strips or None
        Rows in the order of the summary; None for fewer than two complete models besides the baselines.
    """
    compared, table = comparison(run), comparisons_with_best(run)
    if compared is None:
        return None
    leader, best = compared.leader, model_title(run, compared.leader)
    tallies = speaker_tallies(run, leader, compared.split)
    others = [model for model in all_models_ranked(run) if model in compared.others]
    differences = {m: uar_difference(tallies, speaker_tallies(run, m, compared.split)) for m in others}
    scale = Scale.of([0.0, *(value for ends in differences.values() for value in ends)])
    tests, rows = table.set_index("model"), []
    for model, (value, low, high) in differences.items():
        significant = bool(compared.better.at[leader, model] or compared.better.at[model, leader])
        near = not significant and not compared.too_few_speakers
        interval = points_interval(low, high)
        cells = [number(value, points(value), interval)]
        cells.append(number(tests.at[model, "wilcoxon_p"], p_value(tests.at[model, "wilcoxon_p"])))
        cells.append(Cell("yes" if significant else "no"))
        dot, title = dots(scale, [value]), model_title(run, model)
        pictures = marks(
            ("zero", bars(scale, [0.0], 0, 28)),
            ("interval", line(scale, low, high)),
            ("dot", dot),
            ("dot-core", "" if significant else dot),
        )
        words = f"{best} minus {title}: {points(value)} points {interval}".rstrip()
        words += "" if significant else ", not significant"
        rows.append(StripRow(Cell(title), pictures, tuple(cells), model, "near" if near else "", words))
    columns = (
        Column("difference", under="points"),
        Column("p", under="Wilcoxon, Holm"),
        Column("significant", under="at 5 %"),
    )
    intervals = any(not math.isnan(low) for _, low, _ in differences.values())
    legend = [("dot", "difference" + (" with its 95 % interval over speakers" if intervals else ""))]
    if any(cell.text == "no" for row in rows for cell in row.cells):
        legend.append(("dot open", "not significant"))
    caption = f"UAR of {best} minus that of each other model, {compared.split} split"
    return Strips("differences", caption, f"{best} minus model, points", scale, columns, tuple(rows), tuple(legend))


def comparison_table(run: SavedRun) -> Table | None:
    """Return the details of the tests against the model with the highest UAR, a row per other model.

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
        Column("p over folds", under="corrected t-test"),
        Column(f"only {best} right", under="clips"),
        Column("only model right", under="clips"),
        Column("McNemar’s p", under="description only"),
    )
    rows = [
        Row(
            (
                Cell(model_title(run, row["model"])),
                number(row["t_p"], p_value(row["t_p"]), f"{row['folds']} folds"),
                number(row["only_best"], f"{row['only_best']:,}"),
                number(row["only_other"], f"{row['only_other']:,}"),
                number(row["mcnemar_p"], p_value(row["mcnemar_p"])),
            ),
            model=row["model"],
        )
        for row in table.to_dict("records")
    ]
    return Table(f"Folds and clips on which each model is compared with {best}", columns, tuple(rows))
