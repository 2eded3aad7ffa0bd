"""The rooms of the package and the imports between them; ``python -m tests.house`` writes the map in CONTRIBUTING.md.

A room is a folder or a module directly in ``ser_bench/``. A room may import from lower floors only. Inside a
folder, imports form no circle.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "ser_bench"
GUIDE = Path(__file__).parents[1] / "CONTRIBUTING.md"
START, END = "<!-- map: python -m tests.house -->", "<!-- end of map -->"

FLOORS = (
    ("core",),
    ("audio", "models", "metrics", "statistics"),
    ("features", "splits"),
    ("corpora", "store"),
    ("runs",),
    ("report",),
    ("explore", "deploy"),
    ("plugins",),
    ("api",),
    ("cli",),
)
"""The rooms by floor, the lowest first."""

FLOOR_OF = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
DOORS = ("__init__", "__main__", "data", "configs")
"""Names in ``ser_bench/`` that are not rooms: lazy entry points and data."""


def name_of(path: Path) -> str:
    """Return the dotted name of a module, ``a.b.__init__`` for a package."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


@cache
def modules() -> dict[str, Path]:
    """Return every module of the package by its dotted name below ``ser_bench``."""
    return {name_of(path): path for path in sorted(PACKAGE.rglob("*.py")) if "configs" not in path.parts}


@cache
def imports() -> dict[str, frozenset[str]]:
    """Return for each module the modules that it imports, inside functions too, without those for types only."""
    return {name: frozenset(_imports(path) - {name}) for name, path in modules().items()}


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a module, which the tests of structure, safety and style share."""
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(path: Path) -> set[str]:
    nodes = list(ast.walk(parsed(path)))
    typing_only = {
        id(inner)
        for node in nodes
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for branch in node.body
        for inner in ast.walk(branch)
    }
    names = {name for node in nodes if id(node) not in typing_only for name in _imported(node)}
    return {module for name in names if (module := _module(name)) is not None}


def _imported(node: ast.AST) -> Iterator[str]:
    """Yield the imports of a statement from the package, as dotted names below ``ser_bench``."""
    if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "ser_bench":
        below = node.module.partition(".")[2]
        yield from (f"{below}.{alias.name}".lstrip(".") for alias in node.names)
    elif isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[2] for alias in node.names if alias.name.startswith("ser_bench."))


def _module(name: str) -> str | None:
    """Return the module of a dotted name: itself, a package's ``__init__``, or the module with its last part."""
    for candidate in (name, f"{name}.__init__", name.rpartition(".")[0], f"{name.rpartition('.')[0]}.__init__"):
        if candidate in modules():
            return candidate
    return None


def room(module: str) -> str:
    """Return the room of a module."""
    return module.split(".", maxsplit=1)[0]


def folders() -> list[str]:
    """Return the dotted names of the package's folders, the package itself as the empty string."""
    names = {".".join(name.split(".")[:depth]) for name in modules() for depth in range(name.count(".") + 1)}
    return sorted(names)


def inside(folder: str) -> dict[str, set[str]]:
    """Return the imports among the modules and folders directly inside a folder."""
    start = f"{folder}." if folder else ""
    graph: dict[str, set[str]] = defaultdict(set)
    for module, targets in imports().items():
        if not module.startswith(start):
            continue
        child = module.removeprefix(start).split(".")[0]
        graph[child] |= {t.removeprefix(start).split(".")[0] for t in targets if t.startswith(start)} - {child}
    return dict(graph)


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return the nodes of one circle of imports in order, empty without a circle."""
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for target in sorted(graph.get(node, ())):
            if nodes := visit(target, [*path, node]):
                return nodes
        done.add(node)
        return []

    return next((nodes for node in sorted(graph) if (nodes := visit(node, []))), [])


def upward() -> list[str]:
    """Return the imports that do not go down, as ``a.b -> c.d``."""
    return sorted(
        f"{module} -> {target}"
        for module, targets in imports().items()
        for target in targets
        if room(module) in FLOOR_OF and room(target) in FLOOR_OF and room(module) != room(target)
        if FLOOR_OF[room(target)] >= FLOOR_OF[room(module)]
    )


def summary(room: str) -> str:
    """Return the first line of a room's docstring, without its full stop."""
    module = modules().get(f"{room}.__init__") or modules()[room]
    text = ast.get_docstring(parsed(module)) or ""
    return text.splitlines()[0].removesuffix(".")


def map_of_rooms() -> str:
    """Return a Markdown table of the rooms with their content and their imports, the highest floor first."""
    lines = ["| floor | room | holds | imports |", "|---:|---|---|---|"]
    for level, rooms in reversed(list(enumerate(FLOORS))):
        for name in rooms:
            below = inside("")[name] & set(FLOOR_OF)
            targets = ", ".join(sorted(below, key=lambda target: (FLOOR_OF[target], target))) or "–"
            path = f"`{name}/`" if f"{name}.__init__" in modules() else f"`{name}.py`"
            lines.append(f"| {level} | {path} | {summary(name)} | {targets} |")
    return "\n".join(lines)


def guide_with_map(text: str) -> str:
    """Return the text of CONTRIBUTING.md with the current map between its two markers."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{map_of_rooms()}\n{END}{after}"


def main() -> int:
    """Write the map, and list the imports that do not go down and the circles."""
    GUIDE.write_text(guide_with_map(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
    faults = [f"not downwards: {line}" for line in upward()]
    for folder in folders():
        if nodes := circle(inside(folder)):
            faults.append(f"circle in {folder or 'ser_bench'}: {' -> '.join(nodes)}")
    print(*faults, sep="\n", end="\n" if faults else "")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
