"""The scores of a run as tab-separated values, for a spreadsheet."""

from __future__ import annotations

import re

from ser_bench.report.analysis.gaps import gaps_of
from ser_bench.report.analysis.splits import gap_splits
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.descriptions import model_titles
from ser_bench.report.formatting import percent, points
from ser_bench.runs.results import SavedRun

_FORMULA = re.compile(r"[=+@\-]")


def tab_separated(run: SavedRun) -> str:
    """Return UAR per split with the ends of its interval, and the gap with its parts, a line per model.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Percent and points with one decimal; a cell without a value is empty, and ``status`` says why.
    """
    table, pair = summarise(run), gap_splits(run)
    columns = {"model": list(map(plain_cell, model_titles(run, table["model"])))}
    for split in run.info.splits:
        for end in ("", "_low", "_high"):
            head = f"{split} UAR %{end.replace('_', ' ')}"
            columns[head] = [_number(percent(value)) for value in table[f"{split}_uar{end}"]]
    gaps = gaps_of(run, pair).loc[table["model"]] if pair else None
    for part in pair.parts if pair else ():
        for end in ("", "_low", "_high"):
            head = f"{'gap' if part == 'total' else part} points{end.replace('_', ' ')}"
            columns[head] = [_number(points(value)) for value in gaps[f"{part}{end}"]] if gaps is not None else []
    columns["status"] = list(map(plain_cell, table["status"]))
    lines = [list(map(plain_cell, columns)), *map(list, zip(*columns.values(), strict=True))]
    return "".join("\t".join(line) + "\n" for line in lines)


def plain_cell(text: str) -> str:
    """Write text as a cell: on one line, and with a quote in front of what a spreadsheet would compute.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    text = " ".join(text.split())
    return f"'{text}" if _FORMULA.match(text) else text


def _number(text: str) -> str:
    return "" if text == "n/a" else text.removeprefix("+")
