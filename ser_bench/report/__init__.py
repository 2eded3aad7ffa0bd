"""What a run's saved files say: tables and charts, drawn from those files alone.

Numbers live in ``scores``, sentences and tables in ``words`` and ``summary``, looks in ``style``, a
module per kind of chart in ``charts``, and the page that holds them all in ``page``. Heavy libraries load
when something is drawn.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ser_bench.report.compare import ComparedRuns
    from ser_bench.runs.results import SavedRun
    from ser_bench.runs.tuning import TuningResult


def write_report(run: SavedRun, formats: Sequence[str] = ("png", "svg"), *, audio: Path | None = None) -> list[Path]:
    """Write ``summary.csv``, ``.tex`` and ``.md``, ``report.html`` and the charts of a run into its folder.

    Of a run across corpora also ``transfer.csv``.

    Returns the files. ``audio`` is the folder of the corpus, whose hardest clips then get players in the
    page; None for a page without sound. The page shows the charts that are drawn as ``svg``. Charts of an
    earlier run in that folder are removed. Raises :class:`ser_bench.core.errors.RunError` where the folder cannot
    be written.
    """
    from ser_bench.report.analysis.summary import summarise
    from ser_bench.report.charts.registry import draw_charts
    from ser_bench.report.latex import latex
    from ser_bench.report.page import render_page
    from ser_bench.report.summary import markdown
    from ser_bench.runs.results import write_file

    folder = run.folder
    table, paper, text = (folder / f"summary.{ending}" for ending in ("csv", "tex", "md"))
    across = _write_transfer(run, folder)
    html = folder / "report.html"
    charts = draw_charts(run, folder, formats)
    pictures = {path.stem: path.read_bytes() for path in charts if path.suffix == ".svg"}
    write_file(html, render_page(run, pictures, audio))
    write_file(table, summarise(run).to_csv(index=False, lineterminator="\n").encode())
    write_file(paper, latex(run).encode())
    write_file(text, markdown(run).encode())
    written = [table, paper, text, html, *across, *charts]
    _write_receipt(folder, written)
    return written


def _write_receipt(folder: Path, written: Sequence[Path]) -> None:
    """Leave ``report.json``, the last file: which run was drawn, and what its files hold."""
    from ser_bench.runs.results import file_checksum, write_file

    files = {path.relative_to(folder).as_posix(): file_checksum(path) for path in written}
    receipt = {"run": file_checksum(folder / "run.json"), "files": files}
    write_file(folder / "report.json", (json.dumps(receipt, indent=1) + "\n").encode())


def _write_transfer(run: SavedRun, folder: Path) -> list[Path]:
    """Write ``transfer.csv`` for a run across corpora, and remove that of an earlier run for any other."""
    from ser_bench.report.analysis.transfer import transfer_scores
    from ser_bench.runs.results import write_file

    path = folder / "transfer.csv"
    table = transfer_scores(run)
    if table.empty:
        path.unlink(missing_ok=True)
        return []
    write_file(path, table.to_csv(index=False, lineterminator="\n").encode())
    return [path]


def write_comparison(runs: ComparedRuns, folder: Path, formats: Sequence[str] = ("png", "svg")) -> list[Path]:
    """Write ``comparison.csv``, ``comparison.md`` and ``charts/comparison.*`` into a folder; return the files.

    Raises :class:`ser_bench.core.errors.RunError` where the folder cannot be written.
    """
    from ser_bench.report import compare as across
    from ser_bench.report.charts.comparison import draw_comparison
    from ser_bench.report.charts.render import render
    from ser_bench.runs.results import write_file

    table = across.compared_scores(runs).merge(across.differences(runs), on=["model", "run"], how="left")
    files = {
        "comparison.csv": table.to_csv(index=False, lineterminator="\n").encode(),
        "comparison.md": across.as_markdown(runs).encode(),
    }
    figure = draw_comparison(runs)
    files |= {f"charts/comparison.{kind}": render(figure, kind) for kind in formats}
    for name, data in files.items():
        write_file(folder / name, data)
    return [folder / name for name in files]


def write_tuning(found: TuningResult, formats: Sequence[str] = ("png", "svg")) -> list[Path]:
    """Write ``tuned.md`` and ``charts/tuning.*`` into the search's folder; return the files."""
    from ser_bench.report import tuning as tuned
    from ser_bench.report.charts.render import render
    from ser_bench.report.charts.tuning import draw_tuning
    from ser_bench.runs.results import write_file

    figure = draw_tuning(found)
    files = {"tuned.md": f"# Tuning {found.model}\n\n{tuned.table(found, 'github')}\n".encode()}
    files |= {f"charts/tuning.{kind}": render(figure, kind) for kind in formats}
    for name, data in files.items():
        write_file(found.folder / name, data)
    return [found.folder / name for name in files]


def tuning_table(found: TuningResult) -> str:
    """Return what a search is worth and its best trials as text."""
    from ser_bench.report import tuning as tuned

    return tuned.table(found)


def is_current(folder: Path) -> bool:
    """Say whether the report was written to its end, of this very run, and its files are as they were written."""
    from ser_bench.core.errors import RunError
    from ser_bench.core.files import read_bytes
    from ser_bench.runs.results import file_checksum

    try:
        receipt = json.loads(read_bytes(folder / "report.json"))
        told = {"run.json": receipt["run"], **receipt["files"]}
        if not all((folder / name).resolve().is_relative_to(folder.resolve()) for name in told):
            return False
        return all(file_checksum(folder / name) == digest for name, digest in told.items())
    except (OSError, ValueError, TypeError, KeyError, RecursionError, RunError):
        return False


def synthetic_audio_folder(run: SavedRun, data_dir: Path | None = None) -> Path | None:
    """Return the folder of a synthetic corpus, whose clips may go into the page unasked; None for real voices."""
    from ser_bench.report.page.audio import synthetic_audio_folder

    return synthetic_audio_folder(run, data_dir)


def terminal_table(run: SavedRun) -> str:
    """Return the protocol and the summary table as text for a terminal of 100 columns."""
    from ser_bench.report.summary import terminal_table

    return terminal_table(run)


def headline(run: SavedRun) -> str:
    """Return one sentence: how much the random split flattered, and which model is best."""
    from ser_bench.report.findings import headline

    return headline(run)
