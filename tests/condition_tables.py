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
from ser_bench.report.formatting import markdown_cell, percent, percent_interval

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
    """Return a table of the published run: UAR by condition of the best model, and of its variant that heard some."""
    info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    bases = {info["options"]["model_tables"][name]["base"]: name for name in info["trained_under"]}
    table = pd.read_csv(folder / "conditions.csv").query("split == @info['options']['splits'][0]")
    clean = table.query("condition == 'clean' and model in @bases").set_index("model")["uar"]
    models = [clean.idxmax(), bases[clean.idxmax()]]
    lines = [["UAR, %", *models], ["---"] * 3, ["`clean`", *(_uar(table, model, ["clean"]) for model in models)]]
    tested = {condition["name"]: condition for condition in info["conditions"]}
    for kind in dict.fromkeys(condition["kind"] for condition in tested.values()):
        names = [name for name, condition in tested.items() if condition["kind"] == kind]
        label = ", ".join(f"`{name}`" for name in names)
        lines.append([label, *(_uar(table, model, names) for model in models)])
    lines.append(["**robust score**", *(_robust(folder, info["options"]["splits"][0], model) for model in models)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _uar(table: pd.DataFrame, model: str, names: list[str]) -> str:
    """Return the UAR of a model under conditions of one kind, marked if it heard their family."""
    rows = table[table["model"] == model].set_index("condition").loc[names]
    mark = HEARD_MARK if (rows["heard_in_training"] == "yes").all() and names != ["clean"] else ""
    return f"{mark} {', '.join(map(percent, rows['uar']))}".strip()


def _robust(folder: Path, split: str, model: str) -> str:
    summary = pd.read_csv(folder / "summary.csv").set_index("model").loc[model]
    low, high = (summary[f"{split}_robust_{end}"] for end in ("low", "high"))
    return f"{percent(summary[f'{split}_robust'])} {percent_interval(low, high)}"


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
