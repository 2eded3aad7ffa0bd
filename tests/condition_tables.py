"""The tables of docs/conditions.md, from the registry and the published run.

``python -m tests.condition_tables`` writes them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ser_bench.audio import conditions
from ser_bench.audio.conditions import ConditionKind
from ser_bench.report.descriptions import HEARD_MARK
from ser_bench.report.formatting import markdown_cell, percent

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/conditions.md"
RUN = ROOT / "results/ravdess-conditions"
START, END = "<!-- {}: python -m tests.condition_tables -->", "<!-- end of {} -->"
_HEADERS = ("condition", "what it does to a clip", "possible levels", "defined by")


def tables() -> str:
    """Return a heading and a Markdown table per family, in the order of the registry."""
    blocks = []
    for module in conditions._FAMILIES:
        kinds = [value for value in vars(module).values() if isinstance(value, ConditionKind)]
        (family,) = {kind.family for kind in kinds}
        rows = [_HEADERS, ("---",) * len(_HEADERS), *map(_row, kinds)]
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        blocks += [f"### {family}", "\n".join(lines)]
    return "\n\n".join(blocks)


def _row(kind: ConditionKind) -> tuple[str, ...]:
    names = ", ".join(f"**`{c.name}`**" if c.common else f"`{c.name}`" for c in kind.listed)
    return names, markdown_cell(kind.summary), _limits(kind), markdown_cell(", ".join(_origin(kind)))


def _limits(kind: ConditionKind) -> str:
    """Return the limits of the level, or its only values, in words; empty for a kind without levels."""
    if not kind.levels:
        return ""
    if kind.only:
        return f"{', '.join(map(kind.text, kind.only))} {kind.unit}"
    ends = (f"{float(kind.text(end)):,g}".replace("-", "\N{MINUS SIGN}") for end in (kind.lowest, kind.highest))
    return f"{' to '.join(ends)} {kind.unit}"


def _origin(kind: ConditionKind) -> Iterator[str]:
    yield kind.source
    if kind.needs:
        yield f"needs {kind.needs}"


def scores(folder: Path = RUN) -> str:
    """Return a table of the published run: UAR per family, of each model that heard conditions and its base."""
    info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    bases = {name: info["options"]["model_tables"][name]["base"] for name in info["trained_under"]}
    models = [model for name, base in bases.items() for model in (base, name)]
    table = pd.read_csv(folder / "conditions.csv")
    table = table[(table["split"] == table["split"].iloc[0]) & table["model"].isin(models)]
    inaudible = [kind.family for kind in conditions.KINDS.values() if not kind.audible]
    families = [name for name in table["family"].dropna().unique() if name not in inaudible]
    groups = {"clean": table["condition"] == "clean", "`phone`": table["condition"] == "phone"}
    groups |= {f"{family}, all": table["family"] == family for family in families}
    lines = [["mean UAR, %", *models], ["---", *["---:"] * len(models)]]
    for name, chosen in groups.items():
        rows = table[chosen & table["uar"].notna()].groupby("model")
        uar, heard = rows["uar"].mean(), rows["heard_in_training"].first() == "yes"
        marks = [f" {HEARD_MARK}" if heard[model] and name != "clean" else "" for model in models]
        lines.append([name, *(percent(uar[model]) + mark for model, mark in zip(models, marks, strict=True))])
    summary = pd.read_csv(folder / "summary.csv").set_index("model")
    robust = summary.loc[models, f"{table['split'].iloc[0]}_robust"]
    lines.append(["robust score", *map(percent, robust)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page_with_tables(text: str) -> str:
    """Return the text of docs/conditions.md with the current tables between their markers."""
    blocks = {"tables": tables(), **({"scores": scores()} if START.format("scores") in text else {})}
    for name, block in blocks.items():
        before, _, rest = text.partition(START.format(name))
        _, _, after = rest.partition(END.format(name))
        text = f"{before}{START.format(name)}\n\n{block}\n\n{END.format(name)}{after}"
    return text


def main() -> int:
    """Write the tables."""
    PAGE.write_text(page_with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
