"""Tables and descriptions for the commands that list what is registered."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence

import click

from ser_bench.core.table import fitted_table
from ser_bench.core.terminal import terminal_width, wrapped
from ser_bench.core.text import escape_control, wrap_words

_MODULES = {"scikit-learn": "sklearn"}
_LABEL_WIDTH = 15


def show(headers: Sequence[str], rows: Sequence[Sequence[object]], footer: str = "") -> int:
    """Print a table as wide as the terminal and a text below it."""
    click.echo(escape_control(table(headers, rows)))
    if footer:
        click.echo("\n" + escape_control("\n".join(map(wrapped, footer.split("\n")))))
    return 0


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table as wide as the terminal; see :func:`fitted_table`."""
    return fitted_table(headers, rows, terminal_width())


def describe(title: str, facts: Mapping[str, str], *sections: str) -> int:
    """Print one entry: a title, its facts with wrapped texts (empty ones are left out), and further sections."""
    click.echo(escape_control(wrapped(title)))
    for label, text in facts.items():
        if text:
            is_command = label == "example"  # copied as it is
            lines = [text] if is_command else wrap_words(text, terminal_width() - _LABEL_WIDTH - 1)
            click.echo(escape_control(f"{label:<{_LABEL_WIDTH}}" + f"\n{'':<{_LABEL_WIDTH}}".join(lines)))
    for section in filter(None, sections):
        click.echo(escape_control(f"\n{section}"))
    return 0


def missing(libraries: Sequence[str]) -> list[str]:
    """Return the libraries that are not installed, without importing any."""
    return [name for name in libraries if importlib.util.find_spec(_MODULES.get(name, name)) is None]


def installed(libraries: Sequence[str], extra: str = "") -> str:
    """Return yes, or how to install the missing libraries."""
    command = _install(libraries, extra)
    return f"no: {command}" if command else "yes"


def needs(libraries: Sequence[str], extra: str = "") -> str:
    """Return the required libraries and whether they are installed."""
    if not libraries:
        return "nothing"
    command = _install(libraries, extra)
    state = f"not installed: {command}" if command else "installed"
    return f"{', '.join(libraries)} ({state})"


def _install(libraries: Sequence[str], extra: str) -> str:
    """Return the command that installs what is missing: an extra of ser-bench, or libraries; empty if none is."""
    absent = missing(libraries)
    package = f"'ser-bench[{extra}]'" if extra else " ".join(absent)
    return f"pip install {package}" if absent else ""
