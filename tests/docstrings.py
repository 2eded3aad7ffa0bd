"""Faults of public docstrings: ``python -m tests.docstrings [PATH]…`` prints one per line.

A name without an underscore is public. A public function documents its parameters and its result, and a public
dataclass its fields, in the sections of numpydoc. Commands are exempt: click shows their docstrings as help.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from numpydoc.docscrape import NumpyDocString

from tests.house import parsed

ROOT = Path(__file__).parents[1]
EXEMPT = ("ser_bench/cli/",)

Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def faults(path: Path) -> Iterator[str]:
    """Yield the faults of a module's public docstrings, as ``path:line: name: fault``."""
    name = path.relative_to(ROOT).as_posix()
    if name.startswith(EXEMPT):
        return
    for node, label in _public(parsed(path).body, ""):
        for fault in _faults_of(node):
            yield f"{name}:{node.lineno}: {label}: {fault}"


def _public(body: list[ast.stmt], prefix: str) -> Iterator[tuple[Documented, str]]:
    for node in body:
        if isinstance(node, Documented) and not node.name.startswith("_"):
            yield node, prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body, f"{prefix}{node.name}.")


def _faults_of(node: Documented) -> Iterator[str]:
    text = ast.get_docstring(node)
    if not text:
        yield "no docstring"
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            doc = NumpyDocString(text)
        except (UserWarning, ValueError) as error:
            yield str(error).splitlines()[0]
            return
    if not text.splitlines()[0].rstrip().endswith((".", "?")):
        yield "the summary is not one sentence on one line"
    sections = ("Parameters", "Other Parameters", "Attributes")
    documented = {n.strip().lstrip("*") for s in sections for p in doc[s] for n in p.name.split(",")}
    expected = _fields(node) if isinstance(node, ast.ClassDef) else _parameters(node)
    if missing := [name for name in expected if name not in documented]:
        yield f"not documented: {', '.join(missing)}"
    known = {*expected, *_class_names(node)}
    if unknown := sorted(documented - known):
        yield f"documented, but not there: {', '.join(unknown)}"
    if not isinstance(node, ast.ClassDef) and _returns(node) and not (doc["Returns"] or doc["Yields"]):
        yield "no Returns or Yields section"


def _decorators(node: Documented) -> set[str]:
    return {ast.unparse(d).split("(")[0].split(".")[-1] for d in node.decorator_list}


def _fields(node: ast.ClassDef) -> list[str]:
    """Return the public fields of a dataclass or pydantic model; the parameters of ``__init__`` of other classes."""
    models = any(ast.unparse(base).split(".")[-1] in ("BaseModel", "RootModel") for base in node.bases)
    if models or "dataclass" in _decorators(node):
        targets = [s.target.id for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
        described = {ast.unparse(s.target) for s in node.body if isinstance(s, ast.AnnAssign) and _is_described(s)}
        return [name for name in targets if not name.startswith("_") and name not in described]
    constructor = next((s for s in node.body if isinstance(s, ast.FunctionDef) and s.name == "__init__"), None)
    return _parameters(constructor) if constructor else []


def _is_described(field: ast.AnnAssign) -> bool:
    """Return whether the default of a field is a call with a description, as of pydantic's ``Field``."""
    arguments = (
        [*field.value.args, *(k.value for k in field.value.keywords)] if isinstance(field.value, ast.Call) else []
    )
    return any(isinstance(a, ast.Constant) and isinstance(a.value, str) and a.value.endswith(".") for a in arguments)


def _class_names(node: Documented) -> set[str]:
    """Return the attributes and properties, which a class may document too."""
    if not isinstance(node, ast.ClassDef):
        return set()
    names = {s.name for s in node.body if isinstance(s, ast.FunctionDef)}
    names |= {s.target.id for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)}
    return names | {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "self"}


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    args = node.args
    named = [*args.posonlyargs, *args.args, *args.kwonlyargs, *filter(None, (args.vararg, args.kwarg))]
    return [a.arg for a in named if a.arg not in ("self", "cls") and not a.arg.startswith("_")]


def _returns(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    if _decorators(node) & {"property", "cached_property", "overload", "setter"}:
        return False
    return node.returns is not None and ast.unparse(node.returns) not in ("None", "NoReturn", "Iterator[None]")


def main() -> int:
    """List the faults of the modules or folders given, by default of the whole package."""
    tops = [Path(word).absolute() for word in sys.argv[1:]] or [ROOT / "ser_bench"]
    paths = [p for top in tops for p in (sorted(top.rglob("*.py")) if top.is_dir() else [top])]
    listed = [fault for path in paths for fault in faults(path)]
    print(*listed, sep="\n")
    print(f"{len(listed)} faults")
    return bool(listed)


if __name__ == "__main__":
    sys.exit(main())
