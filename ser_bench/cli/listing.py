"""Tables of what is known, for the commands that list it."""

from __future__ import annotations

import importlib.util
import textwrap
from collections.abc import Sequence

import click

from ser_bench.core.text import escape_control

_MODULES = {"scikit-learn": "sklearn"}


def show(headers: Sequence[str], rows: Sequence[Sequence[object]], footer: str = "", *, width: int = 56) -> int:
    """Print a table and a text below it; cells longer than ``width`` are wrapped."""
    from tabulate import tabulate

    wrapped = [["\n".join(textwrap.wrap(str(cell), width)) for cell in row] for row in rows]
    click.echo(escape_control(tabulate(wrapped, headers=headers, tablefmt="simple", disable_numparse=True)))
    if footer:
        click.echo(escape_control(f"\n{footer}"))
    return 0


def installed(libraries: Sequence[str]) -> str:
    """Say whether libraries are installed, without importing them."""
    absent = [name for name in libraries if importlib.util.find_spec(_MODULES.get(name, name)) is None]
    return f"no: pip install {' '.join(absent)}" if absent else "yes"
