"""What ``run`` and ``report`` print at their end: the scores, the findings and the page to open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.console import Console
from ser_bench.core.terminal import terminal_width, wrapped

if TYPE_CHECKING:
    from ser_bench.runs.results import SavedRun


def print_outcome(run: SavedRun, work: str, console: Console, *, open_page: bool) -> None:
    """Print the table of scores, the findings, what was done, the verdict and the page; open the page if asked to."""
    from ser_bench import report

    if warning := report.font_warning(run):
        console.warning(warning)
    page = (run.folder / "report.html").absolute()
    width = terminal_width()
    for text in (
        report.terminal_table(run, width),
        wrapped(report.headline(run)),
        report.condition_lines(run, width),
        work,
    ):
        if text:
            console.info(f"{text}\n")
    console.info(wrapped(report.verdict(run)))
    console.info(f"page: {page}")  # on one line, to be copied
    if open_page:
        _open_in_browser(page, console)


def _open_in_browser(page: Path, console: Console) -> None:
    """Open a page in the browser of the user, or warn that there is none."""
    import webbrowser

    try:
        opened = webbrowser.open(page.as_uri())
    except (OSError, webbrowser.Error):
        opened = False
    if not opened:
        console.warning(f"no browser could be opened; open {page} yourself")
