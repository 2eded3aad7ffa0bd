"""Tables, sentences, charts and the page of a run, drawn from the files that the run saved.

``analysis`` computes the numbers, ``findings`` states them in sentences, ``charts`` draws them, and ``page`` shows them
all. Heavy libraries load when a function needs them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.report.analysis.compared_runs import ComparedRuns
    from ser_bench.runs.results import SavedRun
    from ser_bench.runs.tuning import TuningResult


def write_report(run: SavedRun, formats: Sequence[str] = ("png", "svg"), *, audio: Path | None = None) -> list[Path]:
    """Write the tables, the charts and the page of a run into its folder, and remove the charts of an earlier report.

    Parameters
    ----------
    run : SavedRun
    formats : sequence of {'png', 'svg'}
        The file formats of the charts; the page shows charts in SVG only.
    audio : Path or None
        The corpus folder, to embed the hardest clips into the page; None for a page without audio.

    Returns
    -------
    list of Path
        ``summary.csv``, ``.tex`` and ``.md``, ``calibration.csv``, ``report.html``, ``gap.csv`` where the run has a
        gap, ``transfer.csv`` for several corpora, ``conditions.csv`` and ``stability.csv`` for recording conditions,
        and the charts.

    Raises
    ------
    RunError
        If the folder cannot be written.
    """
    from ser_bench.report.analysis.calibration import calibration_table
    from ser_bench.report.analysis.conditions.scores import condition_scores
    from ser_bench.report.analysis.conditions.stability import changed_labels
    from ser_bench.report.analysis.gaps import gap_table
    from ser_bench.report.analysis.summary import summarise
    from ser_bench.report.analysis.transfer import transfer_scores
    from ser_bench.report.charts.registry import draw_charts
    from ser_bench.report.latex import latex
    from ser_bench.report.page import render_page
    from ser_bench.report.summary import markdown

    folder = run.folder
    further = {"gap.csv": gap_table(run), "transfer.csv": transfer_scores(run)}
    further |= {"conditions.csv": condition_scores(run), "stability.csv": changed_labels(run)}
    tables = _write_tables(folder, {"calibration.csv": calibration_table(run), **further})
    charts = draw_charts(run, folder, formats)
    pictures = {path.stem: path.read_bytes() for path in charts if path.suffix == ".svg"}
    files = {
        "summary.csv": summarise(run).to_csv(index=False, lineterminator="\n").encode(),
        "summary.tex": latex(run).encode(),
        "summary.md": markdown(run).encode(),
        "report.html": render_page(run, pictures, audio),
    }
    written = [*_write_files(folder, files), *tables, *charts]
    _write_receipt(folder, written)
    return written


def font_warning(run: SavedRun) -> str:
    """Return a sentence about names that the charts cannot draw with the installed fonts.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Empty if every label, speaker, model and title can be drawn.
    """
    return glyph_warning(
        (*run.labels, *run.clips["speaker"], *run.info.models, *run.info.splits, run.info.corpus.title)
    )


def glyph_warning(names: Iterable[str]) -> str:
    """Return a sentence about characters that no installed font holds.

    Parameters
    ----------
    names : iterable of str
        Texts of charts.

    Returns
    -------
    str
        Empty if all of them can be drawn.
    """
    further = sorted({name for name in names if not name.isascii()})
    if not further:
        return ""
    from ser_bench.report.charts.fonts import undrawable

    return undrawable(further)


def is_current(folder: Path) -> bool:
    """Return whether a run folder holds the complete report of its run by this code, with every file unchanged.

    Parameters
    ----------
    folder : Path
        The run folder.

    Returns
    -------
    bool
    """
    from ser_bench.core.errors import RunError
    from ser_bench.core.files import read_bytes
    from ser_bench.runs.results import file_checksum

    try:
        receipt = json.loads(read_bytes(folder / "report.json"))
        digests = {"run.json": receipt["run"], **receipt["files"]}
        if receipt["code"] != _code():
            return False
        if not all((folder / name).resolve().is_relative_to(folder.resolve()) for name in digests):
            return False
        return all(file_checksum(folder / name) == digest for name, digest in digests.items())
    except (OSError, ValueError, TypeError, KeyError, RecursionError, RunError):
        return False


def write_comparison(runs: ComparedRuns, folder: Path) -> list[Path]:
    """Write the comparison of several runs.

    Parameters
    ----------
    runs : ComparedRuns
    folder : Path
        The folder to write into.

    Returns
    -------
    list of Path
        ``comparison.csv``, ``comparison.md`` and ``charts/comparison.*``.

    Raises
    ------
    RunError
        If the folder cannot be written.
    """
    from ser_bench.report.analysis.compared_runs import compared_scores, differences
    from ser_bench.report.charts.comparison import draw_comparison
    from ser_bench.report.charts.render import FORMATS, render
    from ser_bench.report.compare import as_markdown

    table = compared_scores(runs).merge(differences(runs), on=["model", "run"], how="left")
    figure = draw_comparison(runs)
    files = {
        "comparison.csv": table.to_csv(index=False, lineterminator="\n").encode(),
        "comparison.md": as_markdown(runs).encode(),
    }
    return _write_files(folder, files | {f"charts/comparison.{kind}": render(figure, kind) for kind in FORMATS})


def write_tuning(tuned: TuningResult) -> list[Path]:
    """Write the table and the chart of a hyper-parameter search into its folder.

    Parameters
    ----------
    tuned : TuningResult

    Returns
    -------
    list of Path
        ``tuned.md`` and ``charts/tuning.*``.

    Raises
    ------
    RunError
        If the folder cannot be written.
    """
    from ser_bench.report.charts.render import FORMATS, render
    from ser_bench.report.charts.tuning import draw_tuning
    from ser_bench.report.tuning import markdown

    figure = draw_tuning(tuned)
    files = {"tuned.md": markdown(tuned).encode()}
    return _write_files(tuned.folder, files | {f"charts/tuning.{kind}": render(figure, kind) for kind in FORMATS})


def tuning_table(tuned: TuningResult, width: int = 100) -> str:
    """Return the result and the best trials of a hyper-parameter search as text.

    Parameters
    ----------
    tuned : TuningResult
    width : int
        The most characters on a line.

    Returns
    -------
    str
    """
    from ser_bench.report.tuning import terminal_table

    return terminal_table(tuned, width)


def synthetic_audio_folder(run: SavedRun, data_dir: Path | None = None) -> Path | None:
    """Return the folder of a synthetic corpus, whose clips a page may hold without asking.

    Parameters
    ----------
    run : SavedRun
    data_dir : Path or None
        The folder that the run read; None for the usual folder of the corpus.

    Returns
    -------
    Path or None
        None for a corpus of recorded speech, or if there is no such folder.
    """
    from ser_bench.report.page.sections.audio import synthetic_audio_folder

    return synthetic_audio_folder(run, data_dir)


def terminal_table(run: SavedRun, width: int = 100) -> str:
    """Return the protocol and the table of scores as text.

    Parameters
    ----------
    run : SavedRun
    width : int
        The most characters on a line.

    Returns
    -------
    str
    """
    from ser_bench.report.terminal import terminal_table

    return terminal_table(run, width)


def condition_lines(run: SavedRun, width: int = 100) -> str:
    """Return the scores per family of recording conditions as text, and what the conditions show.

    Parameters
    ----------
    run : SavedRun
    width : int
        The most characters on a line.

    Returns
    -------
    str
        Empty for a run without conditions.
    """
    from ser_bench.report.terminal import condition_lines

    return condition_lines(run, width)


def headline(run: SavedRun) -> str:
    """State the model with the highest UAR, and the largest gap between a random and a speaker-independent split.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A few sentences on one line.
    """
    from ser_bench.report.findings.headline import headline

    return headline(run)


def verdict(run: SavedRun) -> str:
    """State whether the model with the highest UAR is significantly better than the other models.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Up to three sentences on one line.
    """
    from ser_bench.report.findings.verdict import verdict

    return verdict(run)


def _write_files(folder: Path, files: dict[str, bytes]) -> list[Path]:
    from ser_bench.runs.results import write_file

    for name, data in files.items():
        write_file(folder / name, data)
    return [folder / name for name in files]


def _write_tables(folder: Path, tables: dict[str, pd.DataFrame]) -> list[Path]:
    """Write each table that has rows, and remove the files of the others, which an earlier report may have left."""
    for name, table in tables.items():
        if table.empty:
            (folder / name).unlink(missing_ok=True)
    rows = {name: table for name, table in tables.items() if not table.empty}
    files = {name: table.to_csv(index=False, lineterminator="\n").encode() for name, table in rows.items()}
    return _write_files(folder, files)


def _code() -> str:
    """Return the version and the commit of the code that writes a report, and the charts of plugins."""
    from ser_bench.core.versions import __version__, source_commit

    registry = sys.modules.get("ser_bench.report.charts.registry")  # it imports matplotlib; loading a chart imports it
    added = [chart for chart in registry.CHARTS.values() if chart.version] if registry else []
    return " ".join(filter(None, (__version__, source_commit(), *sorted(f"{c.name}={c.version}" for c in added))))


def _write_receipt(folder: Path, written: Sequence[Path]) -> None:
    """Write ``report.json``, the last file: the code, and the checksums of the run and of every file of its report."""
    from ser_bench.runs.results import file_checksum

    files = {path.relative_to(folder).as_posix(): file_checksum(path) for path in written}
    receipt = {"code": _code(), "run": file_checksum(folder / "run.json"), "files": files}
    _write_files(folder, {"report.json": (json.dumps(receipt, indent=1) + "\n").encode()})
