"""Where a run comes from: corpus, options, versions, machine, times, and the command to repeat it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ser_bench.core.options import Options
from ser_bench.report.formatting import corpus_title
from ser_bench.runs.results import SavedRun

_SAID = ("models", "splits", "folds", "seed")
_UNSAID = ("corpus", "jobs", "fresh", "model_tables", "plugin", "data_dir", "store", "out")


@dataclass(frozen=True)
class Provenance:
    """Lists of names and values by their headings, the command, and the configuration that it may need."""

    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    command: str
    configuration: str


def provenance(run: SavedRun) -> Provenance:
    """Return what ``run.json`` tells of a run."""
    info = run.info
    groups = {
        "Corpus": _corpus(run),
        "Time and work": _work(info),
        "Machine": {str(name): _said(value) for name, value in (info.get("machine") or {}).items()},
        "Versions": {str(name): _said(value) for name, value in (info.get("versions") or {}).items()},
        "Options": {name: _said(value) for name, value in info["options"].items() if name != "model_tables"},
        "Features of each model": {name: _said(value) for name, value in (info.get("features_of") or {}).items()},
    }
    shown = tuple((head, tuple(values.items())) for head, values in groups.items() if values)
    tables = info["options"].get("model_tables") or {}
    return Provenance(shown, _command(info, configured=bool(tables)), _configuration(tables))


def _corpus(run: SavedRun) -> dict[str, str]:
    corpus = run.info["corpus"]
    values = {
        "title": corpus_title(run),
        "clips": f"{corpus['clips']:,}",
        "speakers": f"{corpus['speakers']:,}",
        "labels": ", ".join(run.labels),
        "licence": corpus.get("licence") or "",
        "citation": corpus.get("citation") or "",
        "source": corpus.get("source") or "",
        "fingerprint": corpus.get("fingerprint") or "",
    }
    return {name: _said(value) for name, value in values.items() if value}


def _work(info: Mapping[str, Any]) -> dict[str, str]:
    work = {name.replace("_", " "): _said(value) for name, value in (info.get("work") or {}).items()}
    times = {name: _said(info[name]) for name in ("started", "finished") if info.get(name)}
    return times | work | ({"identity": _said(info["identity"])} if info.get("identity") else {})


def _said(value: Any) -> str:
    """Write a value of ``run.json`` for a reader."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "not set"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _command(info: Mapping[str, Any], *, configured: bool) -> str:
    """Return the command line of the run: what it says always, and what differs from the defaults."""
    options, fields = {"models": info["models"], "splits": info["splits"], **info["options"]}, Options.model_fields
    words = ["ser-bench", "run", *(["--config", "models.toml"] if configured else [])]
    words += ["--corpus", str(options.get("corpus") or info["corpus"]["name"])]
    for name, field in fields.items():
        value = options.get(name)
        given = ",".join(map(str, value)) if isinstance(value, list) else value
        if name in _UNSAID or given in (None, "") or (given == field.default and name not in _SAID):
            continue
        words += [f"--{name.replace('_', '-')}", str(given)]
    return shlex.join(words)


def _configuration(tables: Mapping[str, Any]) -> str:
    """Return the models' own parameters as the TOML that ``--config`` reads; JSON's plain values are TOML's."""
    lines = []
    for name, table in tables.items():
        lines += [f"[models.{json.dumps(name)}]", f"base = {json.dumps(table['base'])}"]
        lines += [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in table["parameters"].items()]
        lines.append("")
    return "\n".join(lines).strip()
