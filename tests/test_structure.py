"""Structure: rooms import strictly downwards, commands start fast, every command has help with an example."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from ser_bench.cli import COMMANDS, cli
from tests import house


def test_every_room_has_a_floor():
    rooms = {house.room(module) for module in house.modules()} - set(house.DOORS)
    assert rooms == set(house.FLOOR_OF)


def test_rooms_import_strictly_downwards():
    assert house.upward() == []


@pytest.mark.parametrize("folder", house.folders(), ids=lambda folder: folder or "ser_bench")
def test_no_circle_of_imports_inside_a_folder(folder):
    assert house.circle(house.inside(folder)) == []


def test_the_guide_holds_the_current_map():
    text = house.GUIDE.read_text(encoding="utf-8")
    assert house.guide_with_map(text) == text, "run python -m tests.house"


HEAVY = (
    *("tensorflow", "keras", "librosa", "sklearn", "xgboost", "scipy", "matplotlib", "numba", "pandas", "pyarrow"),
    *("pooch", "requests", "distributed", "dask"),
)


LIGHT = (
    *("", "--help", "export --help", "import --help", "explore --help", "predict --help", "serve --help"),
    *("corpora", "corpora emodb", "features", "features mfcc", "models", "models svm", "splits", "splits actor"),
    *("conditions", "conditions noise", "conditions white-7.5"),
)
"""Commands that answer at once."""


def test_help_and_listings_import_nothing_heavy():
    code = (
        "import sys; from ser_bench.cli import call\n"
        f"for words in {LIGHT!r}:\n"
        "    status = call(words.split())\n"
        f"    heavy = [m for m in {HEAVY!r} if m in sys.modules]\n"
        "    if status or heavy: sys.exit(f'{words}: status {status}, imports {heavy}')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name):
    shown = CliRunner().invoke(cli, [name, "--help"])
    assert shown.exit_code == 0
    assert f"ser-bench {name}" in shown.output.split("Example", 1)[1]
