"""The tables of recording conditions; ``python -m tests.condition_tables`` writes them in docs/conditions.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ser_bench.audio import conditions
from ser_bench.audio.conditions import ConditionKind
from ser_bench.report.formatting import markdown_cell

PAGE = Path(__file__).parents[1] / "docs/conditions.md"
START, END = "<!-- tables: python -m tests.condition_tables -->", "<!-- end of tables -->"
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


def page_with_tables(text: str) -> str:
    """Return the text of docs/conditions.md with the current tables between its two markers."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{tables()}\n\n{END}{after}"


def main() -> int:
    """Write the tables."""
    PAGE.write_text(page_with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
