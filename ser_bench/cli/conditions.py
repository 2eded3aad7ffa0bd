"""``ser-bench conditions``."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import click

from ser_bench.audio import conditions
from ser_bench.audio.conditions import ConditionKind
from ser_bench.cli.listing import describe, show, table
from ser_bench.cli.options import load_plugin, options_from

_HEADERS = ("condition", "levels", "what", "family", "source", "found")


@click.command(name="conditions")
@click.argument("name", required=False)
@options_from("plugin")
def command(name: str | None, plugin: Path | None) -> int:
    """List the recording conditions: what noise, rooms and lines do to a clip; with NAME describe one or a family.

    \b
    Examples:
      ser-bench conditions
      ser-bench conditions noise
      ser-bench conditions white-7.5
    """
    load_plugin(plugin)
    if name in (None, "all"):
        footer = (
            "A level is part of the name, such as white-10; other numbers are taken, too. "
            "clean is the clips as recorded.\nLimits and an example of a condition or family: ser-bench conditions NAME"
        )
        return show(_HEADERS, _rows(conditions.KINDS.values()), footer)
    if name == conditions.CLEAN:
        return describe("clean: the clips as recorded, which every run tests", {})
    if name in conditions.families():
        return _describe_family(name)
    kind = conditions.KINDS.get(name)
    return _describe(kind or conditions.get(name).kind, name)


def _rows(kinds: Iterable[ConditionKind]) -> list[tuple[str, ...]]:
    """Return a row of the table per kind."""
    return [(kind.name, _levels(kind), kind.summary, kind.family, kind.source, _found(kind)) for kind in kinds]


def _levels(kind: ConditionKind) -> str:
    """Return the listed levels with their unit; empty for a kind without levels."""
    return f"{', '.join(map(kind.text, kind.levels))} {kind.unit}".strip()


def _found(kind: ConditionKind) -> str:
    """Return yes, or the program that the condition needs."""
    return "yes" if not kind.needs or shutil.which(kind.needs) else f"no: install {kind.needs}"


def _describe_family(family: str) -> int:
    """Print the kinds of a family."""
    kinds = [kind for kind in conditions.KINDS.values() if kind.family == family]
    facts = {
        "in a summary": "counted in the robust score, unless a model heard the family in training"
        if all(kind.audible for kind in kinds)
        else "not counted in the robust score; the share of labels that change is shown",
        "example": f"ser-bench run --conditions {family}",
    }
    return describe(f"{family}: family of recording conditions", facts, table(_HEADERS, _rows(kinds)))


def _describe(kind: ConditionKind, name: str) -> int:
    """Print what a user should know of a condition."""
    values = ", ".join(map(kind.text, kind.only)) or f"{kind.text(kind.lowest)} to {kind.text(kind.highest)}"
    example = kind.listed[0].name if name == kind.name else name
    facts = {
        "family": kind.family,
        "levels": _levels(kind),
        "limits": f"{values}; {kind.harder} is harder" if kind.levels else "",
        "needs": (kind.listed[0].find_missing() or f"{kind.needs} (found)") if kind.needs else "nothing",
        "audible": "yes" if kind.audible else "no: a prediction should stay the same",
        "source": kind.source,
        "example": f"ser-bench run --conditions {name}",
        "listen": f"ser-bench explore CLIP --condition {example} --save FILE.wav",
    }
    return describe(f"{name}: {kind.summary}", facts)
