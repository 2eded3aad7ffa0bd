"""No call of the package can run code from a file; every exception is listed with its reason."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import ser_bench
from tests.house import parsed

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
    "pkgutil.resolve_name": "imports by a name",
    "runpy.run_path": "runs a file",
    "exec_module": "runs a file",
    "yaml.load": "makes any object",
    "yaml.unsafe_load": "makes any object",
    "onnx.load": "reads other files that the file names",
    "onnx.load_model": "reads other files that the file names",
    "onnxruntime.InferenceSession": "computes what the file says, without limits",
    "register_custom_ops_library": "runs a native library",
    "os.system": "is a shell",
    "os.popen": "is a shell",
    "tempfile.mktemp": "another process may create the file first",
    "extractall": "writes where the archive says",
    "tarfile.open": "writes links and devices",
    "xml.etree.ElementTree.parse": "expands entities without end",
}
"""Forbidden calls by full name, with the reason."""

METHODS = ("exec_module", "extractall", "register_custom_ops_library")
"""Methods that are forbidden on every object."""

ALLOWED = {
    ("__init__.py", "importlib.import_module"): "only names of the table in the same file",
    ("cli/__init__.py", "importlib.import_module"): "only names of known commands",
    ("corpora/registry.py", "importlib.import_module"): "the modules of the folder datasets",
    ("features/__init__.py", "importlib.import_module"): "the modules of the folder sets",
    ("report/charts/registry.py", "importlib.import_module"): "the modules of its own folder",
    ("deploy/file/allowed.py", "pkgutil.resolve_name"): "only classes of registered models, never a name of the file",
    ("deploy/onnx/estimators.py", "pkgutil.resolve_name"): "only functions of registered models",
    ("deploy/onnx/check.py", "onnxruntime.InferenceSession"): "a network that the same command has written",
    ("features/onnx/graph.py", "onnxruntime.InferenceSession"): "checked bytes, with limits",
    ("plugins/__init__.py", "exec_module"): "a plugin is code that the user chooses",
    ("runs/workers/own_process.py", "cloudpickle.load"): "a call of the parent process, through a pipe",
    ("runs/workers/own_process.py", "cloudpickle.loads"): "the outcome of a child process, through a pipe",
    (
        "runs/workers/dask_worker.py",
        "cloudpickle.loads",
    ): "a worker runs the tasks of its scheduler's clients; see SECURITY.md",
}
"""Allowed calls by module, with the reason."""

PICKLES = {
    "runs/fit.py": "to measure a model's size; what is written is never read",
    "features/kernels/compile.py": "the name of an exception, for numba's cache of compiled code",
}
"""The modules that import pickle, with the reason."""


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def names(tree: ast.Module) -> dict[str, str]:
    """Return the full name of each imported name, for example ``numpy`` for ``np``."""
    full_names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            full_names |= {
                (a.asname or a.name.partition(".")[0]): (a.name if a.asname else a.name.partition(".")[0])
                for a in node.names
            }
        elif isinstance(node, ast.ImportFrom) and node.module:
            full_names |= {(a.asname or a.name): f"{node.module}.{a.name}" for a in node.names}
    return full_names


def called(tree: ast.Module) -> list[tuple[str, ast.Call]]:
    """Return every call with its full name, for example ``numpy.load`` for ``np.load``."""
    known = names(tree)
    calls = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            head, dot, rest = ast.unparse(node.func).partition(".")
            calls.append((known.get(head, head) + dot + rest, node))
    return calls


def offences(tree: ast.Module) -> set[str]:
    """Return the forbidden calls of a module."""
    forbidden = set()
    for name, node in called(tree):
        keywords = {k.arg: ast.unparse(k.value) for k in node.keywords}
        last = name.rpartition(".")[2]
        forbidden |= {bad for bad in FORBIDDEN if name == bad or (bad in METHODS and last == bad)}
        if (
            name in ("numpy.load", "numpy.save", "numpy.lib.format.read_array")
            and keywords.get("allow_pickle") != "False"
        ):
            forbidden.add(f"{name} without allow_pickle=False")
        if keywords.get("shell", "False") != "False":
            forbidden.add("shell")
        if keywords.get("trust_remote_code", "False") != "False":
            forbidden.add("trust_remote_code")
    return forbidden


@cache
def offences_of(path: Path) -> set[str]:
    return offences(parsed(path))


def test_no_module_calls_a_function_that_runs_code_from_a_file():
    offences = {(relative(path), bad) for path in MODULES for bad in offences_of(path)}
    assert offences - set(ALLOWED) == set()


def test_every_exception_is_still_needed():
    assert {(relative(path), bad) for path in MODULES for bad in offences_of(path)} == set(ALLOWED)


def test_only_listed_modules_import_pickle():
    strict = ("pickle", "cPickle", "dill", "shelve", "marshal", "yaml")
    importing = {
        relative(path)
        for path in MODULES
        for whole in names(parsed(path)).values()
        if whole.partition(".")[0] in strict
    }
    assert importing == set(PICKLES)


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
        "from pkgutil import resolve_name\nresolve_name(name)",
        "import joblib\njoblib.load(f)",
        "import onnx\nonnx.load(f)",
        "from onnxruntime import InferenceSession\nInferenceSession(f)",
        "options.register_custom_ops_library(f)",
    ],
)
def test_the_search_finds_forbidden_calls(text):
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
def test_the_search_ignores_harmless_calls(text):
    assert not offences(ast.parse(text))
