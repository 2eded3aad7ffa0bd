"""The house: imports only go down, starts cost nothing, every command tells what it does."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import ser_bench
from ser_bench.cli import COMMANDS, cli

PACKAGE = Path(ser_bench.__file__).parent

FLOORS = [
    {"errors", "emotions", "watch", "threads", "versions", "__init__"},
    {"config", "paths", "patience", "locks", "quarantine", "audio", "prints", "metrics", "statistics", "synthesis"},
    {"corpora", "recorded", "features", "splits"},
    {"store", "shards", "index", "models", "engine", "matrices", "importance", "export"}
    | {"fetching", "unpacking", "download"},
    {"opening", "batches", "shipping", "extraction", "health", "plan", "forecast", "fitting", "fits", "fitfile"},
    {
        "agreement",
        "audit",
        "records",
        "results",
        "runinfo",
        "tables",
        "runner",
        "tuning",
        "plugins",
        "housekeeping",
        "journal",
    },
    {"report", "explore", "bundle", "serve"},
    {"cli", "api", "__main__"},
]
"""The rooms by floor; a module may import from its own floor and those below."""

FLOOR_OF = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "configs" not in p.parts)


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(path: Path) -> set[str]:
    """Return the rooms of this package that a module imports, inside functions too, types apart."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("ser_bench"):
            names = [f"{node.module}.{a.name}" for a in node.names] if node.module == "ser_bench" else [node.module]
            found |= {room(name) for name in names}
        elif isinstance(node, ast.Import):
            found |= {room(a.name) for a in node.names if a.name.startswith("ser_bench")}
    return {name if name in FLOOR_OF else "__init__" for name in found}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_only_go_down(path):
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert own in FLOOR_OF, f"{own} has no floor yet"
    assert {name for name in imports(path) if FLOOR_OF[name] > FLOOR_OF[own]} == set()


HEAVY = (
    *("tensorflow", "keras", "librosa", "sklearn", "xgboost", "scipy", "matplotlib", "numba", "pandas", "pyarrow"),
    *("pooch", "requests", "distributed", "dask"),
)


@pytest.mark.parametrize(
    "command",
    [
        "--help",
        "export --help",
        "explore --help",
        "predict --help",
        "serve --help",
        "corpora",
        "corpora emodb",
        "features",
        "models",
        "splits",
    ],
)
def test_help_and_listings_import_nothing_heavy(command):
    code = (
        f"import sys; from ser_bench.cli import call; status = call({command.split()!r}); "
        f"heavy = [m for m in {HEAVY!r} if m in sys.modules]; sys.exit(' '.join(heavy) or status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name):
    shown = CliRunner().invoke(cli, [name, "--help"])
    assert shown.exit_code == 0
    assert f"ser-bench {name}" in shown.output.split("Example", 1)[1]
