"""``ser-bench store``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ser_bench.cli.listing import show
from ser_bench.core.errors import ConfigError
from ser_bench.report.formatting import byte_size

if TYPE_CHECKING:
    from ser_bench.store.prune import StoreItem


@click.command(name="store")
@click.option(
    "--store", type=click.Path(path_type=Path), metavar="DIR", help="The store. [default: in the user's cache folder]"
)
@click.option("--prune", is_flag=True, help="Remove what no run names and nothing has used for --days.")
@click.option("--days", type=click.FloatRange(0), metavar="N", help="With --prune. [default: 30]")
@click.option(
    "--runs",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="DIR",
    help="With --prune: a folder with runs, whose features and fits are kept. May be repeated. [default: results]",
)
@click.option("--dry-run", is_flag=True, help="With --prune: only say what would go.")
def command(store: Path | None, prune: bool, days: float | None, runs: tuple[Path, ...], dry_run: bool) -> int:
    """List what lies in the feature store, with sizes; with --prune make room.

    What goes costs time to compute again, and nothing else.

    \b
    Examples:
      ser-bench store
      ser-bench store --prune --days 14 --runs results --runs ~/paper/results
    """
    from ser_bench.core.places import default_store
    from ser_bench.store.prune import list_items

    if not prune and (days is not None or runs or dry_run):
        raise ConfigError("--days, --runs and --dry-run are options of --prune")
    folder = (store or default_store()).absolute()
    found = list(list_items(folder))
    if prune:
        return _prune(found, days, runs, dry_run=dry_run)
    return _list(found, folder)


def _list(found: Sequence[StoreItem], folder: Path) -> int:
    rows = [_row(item) for item in found if item.kind in ("feature set", "clip metadata")]
    for kind in ("index", "fit", "damaged file"):
        if some := [item for item in found if item.kind == kind]:
            used = max(item.used for item in some)
            rows.append((f"{kind}{'es' if kind == 'index' else 's'}", len(some), byte_size(_sum(some)), _ago(used)))
    return show(("what", "files", "size", "last used"), rows, f"{byte_size(_sum(found))} in {folder}")


def _prune(found: Sequence[StoreItem], days: float | None, runs: tuple[Path, ...], *, dry_run: bool) -> int:
    from ser_bench.store.prune import DEFAULT_DAYS, referenced_by_runs, remove_items, unused_items

    default = Path("results")
    folders = runs or ((default,) if default.is_dir() else ())
    named = referenced_by_runs(folders)
    for folder in named.unreadable:
        click.echo(f"warning: {folder} does not say what it needs; only what was used lately is kept for it", err=True)
    days = DEFAULT_DAYS if days is None else days
    spared = unused_items(found, named, days)
    freed = _sum(spared) if dry_run else remove_items(spared)
    counts = ", ".join(
        f"{len(some):,} {kind}{'' if len(some) == 1 else 'es' if kind == 'index' else 's'}"
        for kind in ("feature set", "index", "fit", "damaged file")
        if (some := [item for item in spared if item.kind == kind])
    )
    verb = "would go" if dry_run else "removed"
    click.echo(
        f"{verb}: {counts or 'nothing'} ({byte_size(freed)}); kept: what {named.runs:,} runs name"
        f"{'' if folders else ' (no folder results here; name yours with --runs)'}, and what was used within "
        f"{days:g} days"
    )
    return 0


def _row(item: StoreItem) -> tuple[str, int, str, str]:
    return item.name, item.files, byte_size(item.size), _ago(item.used)


def _sum(some: Sequence[StoreItem]) -> int:
    return sum(item.size for item in some)


def _ago(when: float) -> str:
    days = (time.time() - when) / 86_400
    return "today" if days < 1 else f"{days:.0f} days ago"
