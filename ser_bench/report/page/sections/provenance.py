"""The provenance of a run: corpus, options, versions, machine, times, and the command that repeats it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ser_bench.core.options import PATH_OPTIONS, Options
from ser_bench.core.text import plural
from ser_bench.report.descriptions import corpus_title, protocol, work_seconds
from ser_bench.runs.plan import effort_of
from ser_bench.runs.results import SavedRun
from ser_bench.runs.results.run_info import RunInfo

_ALWAYS = ("models", "splits", "folds", "seed")
"""Options that the command names even at their defaults."""

_TABLES = ("merge", "speakers")
"""Options that only a configuration file holds, as a table of texts."""

_NEVER = ("corpus", "jobs", "fresh", "model_tables", "pretraining", *_TABLES, *PATH_OPTIONS)


@dataclass(frozen=True)
class Provenance:
    """The section of provenance.

    Parameters
    ----------
    groups : tuple of (str, tuple of (str, str))
        Headings, each with names and values.
    command : str
        The command line that repeats the run.
    configuration : str
        The TOML file that the command reads; empty if it needs none.
    files : tuple of str
        The feature sets that are named by a file or a network, which the command must find.
    """

    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    command: str
    configuration: str
    files: tuple[str, ...]


def provenance(run: SavedRun) -> Provenance:
    """Return the content of ``run.json`` for readers, and the command that repeats the run.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Provenance
    """
    info = run.info
    options = info.options.model_dump(exclude={*PATH_OPTIONS, "model_tables", "pretraining"})
    groups = {
        "Protocol": {"in one line": protocol(run)},
        "Corpus": _corpus(run),
        "Time and work": _work(run),
        "Machine": _values(info.machine.model_dump()),
        "Versions": _values(info.versions),
        "Options": _values(options),
        "Features of each model": _values(info.features_of),
    }
    shown = tuple((head, tuple(values.items())) for head, values in groups.items() if values)
    configuration = _configuration(info.options)
    files = tuple(name for name in info.pretrained if ":" in name)
    return Provenance(shown, _command(info, configured=bool(configuration)), configuration, files)


def _corpus(run: SavedRun) -> dict[str, str]:
    corpus = run.info.corpus
    values = {
        "title": corpus_title(run),
        "clips": f"{corpus.clips:,}",
        "speakers": f"{corpus.speakers:,}",
        "labels": ", ".join(run.labels),
        "licence": corpus.licence,
        "citation": corpus.citation,
        "source": corpus.source,
        "fingerprint": corpus.fingerprint,
    }
    return {name: value for name, value in values.items() if value}


def _work(run: SavedRun) -> dict[str, str]:
    info = run.info
    work = info.work.model_dump(exclude={"all_fits_seconds", "reused_fits_seconds"})
    values = {name.replace("_", " "): value for name, value in work.items()}
    total = {"time inside all fits": work_seconds(info.work), "commit": info.commit or "unknown"}
    total |= _commits_of_fits(run)
    return _values({"started": info.started, "finished": info.finished, **values, **total, "identity": info.identity})


def _commits_of_fits(run: SavedRun) -> dict[str, str]:
    """Count the fits by the commit of their code; empty if it is that of the run."""
    counts = run.fits.loc[run.fits["finished"] != "", "commit"].value_counts()
    if set(counts.index) <= {run.info.commit}:
        return {}
    return {
        "commits of fits": ", ".join(
            f"{plural(count, 'fit')} by {commit or 'unknown'}" for commit, count in counts.items()
        )
    }


def _values(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in values.items()}


def _text(value: Any) -> str:
    """Write a value of ``run.json`` as text."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "not set"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _command(info: RunInfo, *, configured: bool) -> str:
    """Return the command line of the run: corpus, models, splits, folds, seed, and what differs from the defaults."""
    words = ["ser-bench", "run", *(["--config", "run.toml"] if configured else [])]
    words += ["--corpus", info.options.corpus or info.corpus.name]
    defaults = {name: field.default for name, field in Options.model_fields.items()}
    defaults["effort"] = effort_of(info.options.model_copy(update={"effort": "auto"}))
    for name, default in defaults.items():
        value = getattr(info.options, name)
        text = ",".join(value) if isinstance(value, tuple) else value
        if name in _NEVER or text in (None, "") or (value == default and name not in _ALWAYS):
            continue
        words += [f"--{name.replace('_', '-')}", str(text)]
    return shlex.join(words)


def _configuration(options: Options) -> str:
    """Return the tables of a configuration file as TOML for ``--config``; plain JSON values are TOML values."""
    lines = []
    for name in _TABLES:
        values = getattr(options, name)
        if values:
            lines += [f"[{name}]", *(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in values.items()), ""]
    for name, table in options.model_tables.items():
        lines += [f"[models.{json.dumps(name)}]", f"base = {json.dumps(table.base)}"]
        lines += [f"features = {json.dumps(table.features)}"] if table.features else []
        lines += [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in table.parameters.items()]
        lines.append("")
    for name, statement in options.pretraining.items():
        stated = statement.model_dump(mode="json", exclude_defaults=True)
        lines += [
            f"[pretraining.{json.dumps(name)}]",
            *(f"{key} = {json.dumps(value)}" for key, value in stated.items()),
        ]
        lines.append("")
    return "\n".join(lines).strip()
