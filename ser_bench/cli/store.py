"""``ser-bench store``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ser_bench.cli.listing import show
from ser_bench.cli.options import PATH, options_from
from ser_bench.core.errors import ConfigError
from ser_bench.report.formatting import byte_size

if TYPE_CHECKING:
    from ser_bench.store.prune import StoreItem


_PLURALS = {
    **{"feature set": "feature sets", "index": "indexes", "fit": "fits", "damaged file": "damaged files"},
    "conditions of a fit": "conditions of fits",
}


@click.command(name="store")
@options_from("store")
@click.option("--prune", is_flag=True, help="Remove files that no run refers to and that were not used for --days.")
@click.option("--days", type=click.FloatRange(0), metavar="N", help="With --prune. [default: 30]")
@click.option(
    "--runs",
    type=PATH,
    multiple=True,
    metavar="DIR",
    help="With --prune: a folder with runs, whose features and fits are kept; may be repeated. [default: results]",
)
@click.option("--dry-run", is_flag=True, help="With --prune: only print what would be removed.")
def command(store: Path | None, prune: bool, days: float | None, runs: tuple[Path, ...], dry_run: bool) -> int:
    """List the content of the feature store with sizes; with --prune remove unused files.

    Removed features and fits are computed again when they are needed.

    \b
    Examples:
      ser-bench store
      ser-bench store --prune --days 14 --runs results --runs ~/paper/results
    """
    from ser_bench.core.places import default_store
    from ser_bench.store.prune import list_items

    if not prune and (days is not None or runs or dry_run):
        raise ConfigError("--days, --runs and --dry-run need --prune")
    folder = (store or default_store()).absolute()
    items = list(list_items(folder))
    if prune:
        return _prune(items, days, runs, dry_run=dry_run)
    return _list(items, folder)


def _list(items: Sequence[StoreItem], folder: Path) -> int:
    """Print a table of the store."""
    rows = [
        (item.name, item.files, byte_size(item.size), _ago(item.used))
        for item in items
        if item.kind in ("feature set", "clip metadata")
    ]
    for kind in ("index", "fit", "conditions of a fit", "damaged file"):
        if same_kind := [item for item in items if item.kind == kind]:
            used = max(item.used for item in same_kind)
            rows.append((_PLURALS[kind], len(same_kind), byte_size(_size(same_kind)), _ago(used)))
    return show(("what", "files", "size", "last used"), rows, f"{byte_size(_size(items))} in {folder}")


def _prune(items: Sequence[StoreItem], days: float | None, runs: tuple[Path, ...], *, dry_run: bool) -> int:
    """Remove unused items and print what was removed."""
    from ser_bench.store.prune import DEFAULT_DAYS, referenced_by_runs, remove_items, unused_items

    default = Path("results")
    folders = runs or ((default,) if default.is_dir() else ())
    references = referenced_by_runs(folders)
    for folder in references.unreadable:
        click.echo(f"warning: cannot read what {folder} refers to; only recently used files are kept for it", err=True)
    days = DEFAULT_DAYS if days is None else days
    unused = unused_items(items, references, days)
    size = _size(unused) if dry_run else remove_items(unused)
    counts = ", ".join(
        f"{count:,} {kind if count == 1 else plural}"
        for kind, plural in _PLURALS.items()
        if (count := sum(item.kind == kind for item in unused))
    )
    verb = "would remove" if dry_run else "removed"
    hint = "" if folders else " (no folder results here; name yours with --runs)"
    click.echo(
        f"{verb}: {counts or 'nothing'} ({byte_size(size)}); kept: files of {references.runs:,} runs{hint}, "
        f"and files used within {days:g} days"
    )
    return 0


def _size(items: Sequence[StoreItem]) -> int:
    """Return the size of items in bytes."""
    return sum(item.size for item in items)


def _ago(timestamp: float) -> str:
    """Return how many days ago a time was."""
    days = (time.time() - timestamp) / 86_400
    return "today" if days < 1 else f"{days:.0f} days ago"
