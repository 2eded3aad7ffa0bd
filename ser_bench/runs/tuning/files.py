"""The files of a hyper-parameter search: a configuration, tables, and a record of what it was found with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench.core.files import read_bytes
from ser_bench.core.options import PATH_OPTIONS, Options
from ser_bench.core.private_paths import public_features, without_folder
from ser_bench.runs.inputs import corpus_names
from ser_bench.runs.keys import EXECUTION_OPTIONS
from ser_bench.runs.results import write_file

if TYPE_CHECKING:
    from ser_bench.core.progress import Progress
    from ser_bench.runs.tuning import TuningResult

RECORD = "search.json"
"""What a search was found with, and what it needs of the store."""

_ALWAYS = ("corpus", "part", "features", "target", "normalize", "splits", "folds", "seed")
_NEVER = {*EXECUTION_OPTIONS, *PATH_OPTIONS, "models", "model_tables", "repeats"} - {"plugin"}


@dataclass(frozen=True)
class SearchRecord:
    """What a search was found with.

    Attributes
    ----------
    search : mapping
        The settings of the search.
    options : mapping
        The options, as :func:`found_with` returns them.
    fingerprint : str
        Fingerprint of the corpus.
    stored_sets, fits : tuple of str
        Folders of feature sets and keys of fits in the store.
    """

    search: Mapping[str, Any]
    options: Mapping[str, Any]
    fingerprint: str
    stored_sets: tuple[str, ...]
    fits: tuple[str, ...]


def found_with(options: Options, features: str) -> dict[str, Any]:
    """Return the options that decide the result of a search, as plain values by name.

    Parameters
    ----------
    options : Options
        The options of the search, with splits and folds.
    features : str
        The feature sets.

    Returns
    -------
    dict
        The main options, and all others that differ from their defaults; no folder of this machine.
    """
    named = options.model_copy(
        update={
            "corpus": ",".join(map(without_folder, corpus_names(options))),
            "features": features,
            "splits": options.splits and tuple(map(without_folder, options.splits)),
            "pretraining": {public_features(name): table for name, table in options.pretraining.items()},
            "plugin": options.plugin and Path(without_folder(str(options.plugin))),
        }
    )
    values, defaults = named.model_dump(mode="json"), Options().model_dump(mode="json")
    chosen = [name for name in values if name not in _NEVER and values[name] != defaults[name]]
    return {name: values[name] for name in dict.fromkeys((*_ALWAYS, *chosen))}


def write_search(result: TuningResult, record: SearchRecord, defaults: Mapping[str, Any], progress: Progress) -> None:
    """Write the files of a search; keep the configuration of an earlier search that was found otherwise.

    Parameters
    ----------
    result : TuningResult
        The outcome.
    record : SearchRecord
        What it was found with.
    defaults : mapping
        The default parameters of the model.
    progress : Progress
        Receives how the earlier search differs and where its configuration is.
    """
    _keep_earlier(result.folder, record, progress)
    files = {f"{name}.csv": table for name, table in (("trials", result.trials), ("nested", result.predictions))}
    for name, table in files.items():
        write_file(result.folder / name, table.to_csv(index=False, lineterminator="\n").encode())
    write_file(result.folder / "tuned.toml", to_toml(result, record, defaults).encode())
    write_file(result.folder / RECORD, (json.dumps(vars(record), indent=1) + "\n").encode())


def to_toml(result: TuningResult, record: SearchRecord, defaults: Mapping[str, Any]) -> str:
    """Return the content of ``tuned.toml`` for ``--config``: the options of the search, and the changed parameters.

    Parameters
    ----------
    result : TuningResult
        The outcome of the search.
    record : SearchRecord
        What it was found with.
    defaults : mapping
        The default parameters.

    Returns
    -------
    str
    """
    synthetic = " SYNTHETIC SPEECH." if result.synthetic else ""
    normalized = " Speakers normalised by their own clips (transductive)." if result.normalize == "speaker" else ""
    transductive = f" {result.model} predicts from the other test clips as well (transductive)."
    quick = " Trained with quick effort." if result.quick else ""
    heard = {"heard": " Its features have heard the corpus.", "unknown": " Its features may have heard the corpus."}
    search = record.search
    lines = [
        f"# Found by `ser-bench tune {result.model} --search {search['search']} --trials {search['trials']} "
        f"--inner-folds {search['inner_folds']}` on {result.corpus}.{synthetic}{normalized}"
        f"{transductive if result.transductive else ''}{quick}{heard.get(result.exposure, '')}",
        f"# UAR with these parameters, {result.split} split: {100 * result.written_uar:.1f} %. "
        "Their choice has seen every speaker.",
        f"# UAR on speakers that no choice has seen: {100 * result.tuned_uar:.1f} % with a search in each fold, "
        f"{100 * result.default_uar:.1f} % with the defaults.",
        "",
    ]
    if str(record.options["corpus"]).endswith((".csv", ".tsv", ".parquet")):
        lines[-1:] = ["# Elsewhere than beside the corpus, name its file with --corpus.", ""]
    tables = {name: value for name, value in record.options.items() if isinstance(value, dict)}
    lines += [_line(name.replace("_", "-"), value) for name, value in record.options.items() if name not in tables]
    for name, table in tables.items():
        lines += _table(name, table)
    changed = {name: value for name, value in result.parameters.items() if value != defaults[name]}
    lines += ["", "[models]", f"use = [{_quoted(result.model)}]", "", f"[models.{result.model}]"]
    lines += [_line(name, value) for name, value in changed.items()] or ["# the defaults were best"]
    return "\n".join(lines) + "\n"


def _table(name: str, table: Mapping[str, Any]) -> list[str]:
    """Return the lines of a table, each of its own tables after it."""
    values = {key: value for key, value in table.items() if value is not None and not isinstance(value, dict)}
    lines = ["", f"[{name}]", *(f"{_quoted(key)} = {_quoted(value)}" for key, value in values.items())]
    nested = [_table(f"{name}.{_quoted(key)}", value) for key, value in table.items() if isinstance(value, dict)]
    return [*(lines if values or not nested else []), *(line for part in nested for line in part)]


def _line(name: str, value: Any) -> str:
    return f"{name} = {_quoted(value)}"


def _quoted(value: Any) -> str:
    """Return a plain value as TOML, which numbers, lists, texts and booleans share with JSON."""
    return json.dumps(value, ensure_ascii=False)


def _keep_earlier(folder: Path, record: SearchRecord, progress: Progress) -> None:
    """Move the configuration of an earlier search aside that was found with other data or options, and say so."""
    path = folder / "tuned.toml"
    if not path.is_file() or not (difference := _difference(_read(folder), record)):
        return
    numbers = (folder / f"tuned-earlier-{number}.toml" for number in range(1, 10_000))
    copy = next(name for name in numbers if not name.exists())
    path.rename(copy)
    progress.warning(f"{path} was found with {difference}; it is kept as {copy.name}")


def _read(folder: Path) -> dict[str, Any] | None:
    """Return the record of an earlier search; None without a readable one."""
    try:
        record = json.loads(read_bytes(folder / RECORD))
        return record if isinstance(record["options"], dict) and isinstance(record["search"], dict) else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _difference(earlier: Mapping[str, Any] | None, record: SearchRecord) -> str:
    """Say what differs between an earlier search and this one; empty if nothing does."""
    if earlier is None:
        return "unknown options"
    old, new = ({**values["options"], **values["search"]} for values in (earlier, vars(record)))
    names = [name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]
    parts = [f"{name.replace('_', '-')} {_shown(old.get(name))} (now {_shown(new.get(name))})" for name in names]
    if earlier.get("fingerprint") != record.fingerprint and "corpus" not in names:
        parts.append("other clips of the corpus")
    return ", ".join(parts)


def _shown(value: Any) -> str:
    return "its default" if value is None else ",".join(value) if isinstance(value, list) else str(value)
