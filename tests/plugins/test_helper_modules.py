"""Helper modules of a file: which are found, what changes their version, and that a worker imports the newer one."""

from __future__ import annotations

import importlib
import pickle
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from ser_bench.core.errors import ConfigError
from ser_bench.plugins import helper_modules
from ser_bench.plugins.helper_modules import find_helpers, new_helpers


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder on the import path with a package and two modules, forgotten after the test."""
    files = {
        "kit_top.py": "LABEL = 'sad'",
        "kit_lazy.py": "import json, numpy, kit.inner",
        "kit/__init__.py": "",
        "kit/inner.py": "from . import side\nfrom .deep import more",
        "kit/side.py": "VALUE = 1",
        "kit/deep/__init__.py": "from ..side import VALUE as more",
        "kit/unused.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(helper_modules, "_imported", {})
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("kit")]:
        del sys.modules[name]


CODE = b"""
import os, pandas
from kit_top import LABEL
from ser_bench.models import build

def later():
    import kit_lazy, not_there
"""


def test_helpers_are_found_inside_functions_and_packages_and_are_not_imported(folder):
    versions = find_helpers(CODE).versions
    assert list(versions) == ["kit", "kit.deep", "kit.inner", "kit.side", "kit_lazy", "kit_top"]
    assert not {"kit", "kit_top"} & set(sys.modules)
    (folder / "kit" / "side.py").write_text("VALUE = 2")
    changed = find_helpers(CODE).versions
    assert {name for name in versions if versions[name] != changed[name]} == {"kit.side"}


def test_code_that_cannot_be_parsed_has_no_helpers():
    assert find_helpers(b"def").versions == {}


def test_modules_in_a_zip_archive_are_not_followed(tmp_path, monkeypatch):
    with ZipFile(tmp_path / "kit.zip", "w") as archive:
        archive.writestr("kit_zipped.py", "LABEL = 1")
    monkeypatch.syspath_prepend(tmp_path / "kit.zip")
    assert find_helpers(b"import kit_zipped").versions == {}


def test_modules_imported_by_name_are_found_after_the_import(folder):
    before = sys.modules.copy()
    importlib.import_module("kit_top")
    assert new_helpers(before) == ["kit_top"]
    assert list(find_helpers(b"", ["kit_top"]).versions) == ["kit_top"]


def test_a_process_that_holds_an_older_helper_imports_the_newer_one(folder):
    old = find_helpers(CODE).refresh()
    assert importlib.import_module("kit_top").LABEL == "sad"
    assert pickle.loads(pickle.dumps(old)) == old
    assert "kit_top" in sys.modules
    (folder / "kit_top.py").write_text("LABEL = 'mad'")
    pickle.loads(pickle.dumps(find_helpers(CODE)))
    assert importlib.import_module("kit_top").LABEL == "mad"
    with pytest.raises(ConfigError, match="kit_top has changed since, or differs on this machine"):
        pickle.loads(pickle.dumps(old))
