"""The registry of charts, and drawing all charts of a run into its folder."""

from __future__ import annotations

import importlib
import json
import pkgutil
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from ser_bench.core.errors import RunError
from ser_bench.core.files import read_bytes
from ser_bench.report import charts
from ser_bench.report.charts.base import Chart, RunChart
from ser_bench.report.charts.render import FORMATS, render
from ser_bench.runs.results import SavedRun, write_file


def _registered() -> dict[str, Chart]:
    modules = (importlib.import_module(f"{charts.__name__}.{m.name}") for m in pkgutil.iter_modules(charts.__path__))
    known = [module.CHART for module in modules if hasattr(module, "CHART")]
    return {chart.name: chart for chart in sorted(known, key=lambda chart: chart.order)}


CHARTS: dict[str, Chart] = _registered()
"""Every known chart by name: each module of :mod:`ser_bench.report.charts` that defines ``CHART``."""


def charts_of(run: SavedRun) -> dict[str, RunChart]:
    """Return the figures of a run's report.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to RunChart
        By the names of their files without ending, in the order of the report. Names differ in more than case.
    """
    ordered = sorted(CHARTS.values(), key=lambda chart: chart.order)
    figures = [figure for chart in ordered for figure in chart.figures_of(run)]
    counts = Counter(_folded(figure.name) for figure in figures)
    distinct = [replace(figure, numbered=counts[_folded(figure.name)] > 1) for figure in figures]
    return {figure.name: figure for figure in distinct}


def _folded(name: str) -> str:
    """Return what names of files that some file systems take for the same have in common."""
    return unicodedata.normalize("NFKC", name).casefold()


def draw_charts(run: SavedRun, folder: Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Draw a run's charts into ``folder/charts`` and remove the charts of an earlier report.

    The same run gives the same bytes.

    Parameters
    ----------
    run : SavedRun
    folder : Path
        The run folder.
    formats : sequence of {'png', 'svg'}

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    RunError
        If a file cannot be written or an outdated one not removed.
    """
    written = []
    for name, chart in charts_of(run).items():
        figure = chart.draw()
        for kind in formats:
            path = folder / "charts" / f"{name}.{kind}"
            write_file(path, render(figure, kind), sync=False)
            written.append(path)
    _remove_outdated(folder, written)
    return written


def _remove_outdated(folder: Path, written: Collection[Path]) -> None:
    """Remove the charts of an earlier report: what its ``report.json`` lists, and what known charts own."""
    listed = _files_of_earlier_report(folder)
    for path in (folder / "charts").glob("*"):
        known = path.suffix[1:] in FORMATS and any(chart.owns(path.stem) for chart in CHARTS.values())
        if path not in written and (known or f"charts/{path.name}" in listed):
            try:
                path.unlink()
            except OSError as error:
                raise RunError(f"cannot remove the outdated chart {path}: {error.strerror}") from error


def _files_of_earlier_report(folder: Path) -> set[str]:
    """Return the files that ``report.json`` lists; empty if it is missing or damaged."""
    try:
        return set(json.loads(read_bytes(folder / "report.json"))["files"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return set()
