"""Nothing in the package reads what could run code: every import and call is looked at, the exceptions are named."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import ser_bench

PACKAGE = Path(ser_bench.__file__).parent
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "configs" not in p.parts)

FORBIDDEN = {
    "pickle.load": "runs code from the file",
    "pickle.loads": "runs code from the bytes",
    "pickle.Unpickler": "runs code from the file",
    "cloudpickle.load": "runs code from the file",
    "cloudpickle.loads": "runs code from the bytes",
    "joblib.load": "is pickle",
    "joblib.Memory": "is pickle",
    "dill.load": "is pickle",
    "shelve.open": "is pickle",
    "marshal.load": "is code",
    "marshal.loads": "is code",
    "torch.load": "is pickle",
    "pandas.read_pickle": "is pickle",
    "pandas.read_hdf": "may be pickle",
    "pandas.eval": "evaluates text",
    "keras.models.load_model": "may run code from the file",
    "eval": "evaluates text",
    "exec": "runs text",
    "compile": "makes code of text",
    "__import__": "imports by a name",
    "importlib.import_module": "imports by a name",
    "exec_module": "runs a file",
    "yaml.load": "makes any object",
    "yaml.unsafe_load": "makes any object",
    "os.system": "is a shell",
    "os.popen": "is a shell",
    "tempfile.mktemp": "names a file that somebody else may make first",
    "extractall": "writes where the archive says",
    "tarfile.open": "writes links and devices",
    "xml.etree.ElementTree.parse": "expands entities without end",
}
"""Calls by the names of what they call, with what speaks against them."""

METHODS = ("exec_module", "extractall")
"""Those that are forbidden of whatever object."""

ALLOWED = {
    ("__init__.py", "importlib.import_module"): "the names are those of a table beside it",
    ("cli/__init__.py", "importlib.import_module"): "only names of commands, which are checked before",
    ("corpora/registry.py", "importlib.import_module"): "the modules of the folder datasets",
    ("features/__init__.py", "importlib.import_module"): "the modules of the folder sets",
    ("report/charts/registry.py", "importlib.import_module"): "the modules of its own folder",
    ("plugins.py", "exec_module"): "a plugin is code, which the user names",
    (
        "runs/workers/dask_worker.py",
        "cloudpickle.loads",
    ): "a worker does what its scheduler's clients ask; SECURITY.md says so",
}
"""What is allowed where, and why."""

PICKLES = {
    "runs/fit.py": "to measure a model's size; what is written is never read",
    "features/kernels/compile.py": "the name of an exception, for numba's cache of compiled code",
}
"""The modules that import pickle at all, and what for."""


def place(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def names(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name stands for, such as ``np`` for ``numpy``."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {
                (a.asname or a.name.partition(".")[0]): (a.name if a.asname else a.name.partition(".")[0])
                for a in node.names
            }
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {(a.asname or a.name): f"{node.module}.{a.name}" for a in node.names}
    return found


def called(tree: ast.Module) -> list[tuple[str, ast.Call]]:
    """Return every call with its name in full, such as ``numpy.load`` for ``np.load``."""
    known = names(tree)
    calls = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            head, dot, rest = ast.unparse(node.func).partition(".")
            calls.append((known.get(head, head) + dot + rest, node))
    return calls


def offences(tree: ast.Module) -> set[str]:
    """Return the forbidden calls of a module."""
    found = set()
    for name, node in called(tree):
        given = {k.arg: ast.unparse(k.value) for k in node.keywords}
        last = name.rpartition(".")[2]
        found |= {bad for bad in FORBIDDEN if name == bad or (bad in METHODS and last == bad)}
        if name in ("numpy.load", "numpy.save", "numpy.lib.format.read_array") and given.get("allow_pickle") != "False":
            found.add(f"{name} without allow_pickle=False")
        if given.get("shell", "False") != "False":
            found.add("shell")
        if given.get("trust_remote_code", "False") != "False":
            found.add("trust_remote_code")
    return found


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_no_module_calls_what_could_run_a_strangers_code(path):
    assert {bad for bad in offences(parsed(path)) if (place(path), bad) not in ALLOWED} == set()


def test_every_exception_is_still_needed():
    assert {(place(path), bad) for path in MODULES for bad in offences(parsed(path))} == set(ALLOWED)


def test_pickle_is_imported_only_where_it_is_said_why():
    strict = ("pickle", "cPickle", "dill", "shelve", "marshal", "yaml")
    found = {
        place(path) for path in MODULES for whole in names(parsed(path)).values() if whole.partition(".")[0] in strict
    }
    assert found == set(PICKLES)


@pytest.mark.parametrize(
    "text",
    [
        "import pickle\npickle.load(f)",
        "from pickle import loads as x\nx(b)",
        "import numpy as np\nnp.load(f)",
        "import numpy as np\nnp.load(f, allow_pickle=True)",
        "import subprocess\nsubprocess.run('x', shell=True)",
        "eval('1')",
        "archive.extractall(folder)",
        "spec.loader.exec_module(m)",
        "from tempfile import mktemp\nmktemp()",
        "import importlib\nimportlib.import_module(name)",
        "import joblib\njoblib.load(f)",
    ],
)
def test_the_search_finds_what_it_looks_for(text):
    assert offences(ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "import re\nre.compile('x')",
        "model.compile(loss='x')",
        "model.eval()",
        "import numpy as np\nnp.load(f, allow_pickle=False)",
        "import json\njson.load(f)",
        "import subprocess\nsubprocess.run(['x'])",
    ],
)
def test_the_search_passes_over_what_is_harmless(text):
    assert not offences(ast.parse(text))
