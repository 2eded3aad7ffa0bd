"""From fits to the rows of a run's files."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ser_bench import metrics
from ser_bench.core.text import escape_undecodable
from ser_bench.core.versions import __version__, installed_versions
from ser_bench.features import column_groups, set_key
from ser_bench.runs.fit import FitResult
from ser_bench.runs.plan import needed_sets
from ser_bench.runs.results import PREDICTION_COLUMNS, tables
from ser_bench.runs.results.run_info import CorpusInfo, LeftOutClip, MachineInfo, RunInfo, Work

if TYPE_CHECKING:
    from ser_bench.core.options import Options
    from ser_bench.corpora import OpenCorpus
    from ser_bench.runs.extraction import ExtractionResult
    from ser_bench.runs.plan import Entry, PlannedFit

_LIBRARIES = (
    *("numpy", "scipy", "scikit-learn", "xgboost", "tensorflow", "keras", "librosa", "soundfile", "numba"),
    *("pandas", "pyarrow", "matplotlib"),
)


@dataclass(frozen=True)
class Failure:
    """A fit that gave no predictions, and why."""

    status: Literal["failed", "timeout", "skipped"]
    error: str


Book = Mapping["PlannedFit", "FitResult | Failure"]


def fit_rows(
    planned: Sequence[PlannedFit],
    book: Book,
    keys: Mapping[PlannedFit, str],
    clips: pd.DataFrame,
    options: Options,
    corpus: str,
) -> pd.DataFrame:
    """Return ``fits.csv``: a row per planned fit, scores where it has any. ``clips`` is indexed by clip."""
    label_of = dict(zip(clips.index, clips["label"], strict=True))
    rows = []
    for fit in planned:
        result = book[fit]
        row: dict[str, Any] = {
            "corpus": corpus,
            "target": options.target,
            "features": fit.entry.features,
            "normalize": options.normalize,
            "model": fit.entry.model.name,
            "split": fit.split,
            "repeat": fit.repeat,
            "fold": fit.number,
            "seed": fit.seed,
            "status": "ok" if isinstance(result, FitResult) else result.status,
            "error": "" if isinstance(result, FitResult) else result.error,
            "key": keys.get(fit, ""),
            "n_train": len(fit.fold.train),
            "n_test": len(fit.fold.test),
            "parameters": json.dumps(dict(fit.entry.model.parameters), sort_keys=True, default=list),
        }
        if isinstance(result, FitResult):
            true = np.array([label_of[clip] for clip in fit.fold.test])
            row |= {
                **metrics.evaluate(true, result.predicted),
                "fit_seconds": result.fit_seconds,
                "predict_seconds": result.predict_seconds,
                "model_bytes": result.model_bytes or float("nan"),
            }
        rows.append(row)
    return pd.DataFrame(rows, columns=list(tables.fits_table(metrics.METRICS).columns))


def prediction_rows(
    planned: Sequence[PlannedFit], book: Book, clips: pd.DataFrame, labels: Sequence[str], normalize: str
) -> pd.DataFrame:
    """Return ``predictions.parquet``: a row per fit and tested clip, a probability per label; names are categories."""
    done = [(fit, result) for fit in planned if isinstance(result := book[fit], FitResult)]
    if not done:
        return pd.DataFrame(columns=[*PREDICTION_COLUMNS, *(f"p_{label}" for label in labels)])
    row_of = {clip: row for row, clip in enumerate(clips.index)}
    tested = np.array([row_of[clip] for fit, _ in done for clip in fit.fold.test])
    of = np.repeat(np.arange(len(done)), [len(fit.fold.test) for fit, _ in done])
    probabilities = np.concatenate([result.probabilities for _, result in done])
    columns = {
        "model": pd.Categorical([fit.entry.model.name for fit, _ in done]).take(of),
        "split": pd.Categorical([fit.split for fit, _ in done]).take(of),
        "normalize": normalize,
        "repeat": np.array([fit.repeat for fit, _ in done])[of],
        "fold": np.array([fit.number for fit, _ in done])[of],
        "clip": pd.Categorical(clips["clip"]).take(tested),
        "speaker": pd.Categorical(clips["speaker"]).take(tested),
        "true": pd.Categorical(clips["label"]).take(tested),
        "predicted": pd.Categorical(np.concatenate([result.predicted for _, result in done])),
    }
    return pd.DataFrame(columns | {f"p_{label}": probabilities[:, i] for i, label in enumerate(labels)})


def clip_rows(clips: pd.DataFrame, folders: Mapping[str, Path]) -> pd.DataFrame:
    """Return ``clips.csv``: what is known of each clip, with its path below the corpus's folder.

    Of several corpora the paths begin with the corpus's name.
    """
    several = len(folders) > 1
    paths = [
        (f"{corpus}/" if several else "") + _relative(path, folders[corpus]) if path else ""
        for path, corpus in zip(clips["path"], clips["corpus"], strict=True)
    ]
    return clips.reset_index(drop=True).assign(path=paths)[list(tables.CLIPS.columns)]


def _relative(path: str, folder: Path) -> str:
    """Return a path below the corpus's folder, a bare name for one that lies elsewhere."""
    below = Path(path).is_relative_to(folder)
    return escape_undecodable((Path(path).relative_to(folder) if below else Path(Path(path).name)).as_posix())


def importance_rows(planned: Sequence[PlannedFit], book: Book, clips: pd.DataFrame) -> pd.DataFrame:
    """Return ``importance.csv``: a row per fit and group of features, with the UAR of the fold without it."""
    label_of = dict(zip(clips.index, clips["label"], strict=True))
    rows = []
    for fit in planned:
        result = book[fit]
        if not isinstance(result, FitResult) or not result.shuffled:
            continue
        true = np.array([label_of[clip] for clip in fit.fold.test])
        head = {"model": fit.entry.model.name, "split": fit.split, "repeat": fit.repeat, "fold": fit.number}
        columns = column_groups(fit.entry.sets)
        for group, predicted in result.shuffled.items():
            scores = {"uar": metrics.UAR(true, result.predicted), "uar_shuffled": metrics.UAR(true, predicted)}
            rows.append(head | {"group": group, "columns": len(columns[group])} | scores)
    return pd.DataFrame(rows, columns=list(tables.IMPORTANCE.columns))


def curve_rows(planned: Sequence[PlannedFit], book: Book) -> pd.DataFrame:
    """Return ``curves.csv``: a row per epoch of each network's fit; what was not measured is NaN."""
    parts = []
    for fit in planned:
        result = book[fit]
        if isinstance(result, FitResult) and result.history:
            epochs = len(next(iter(result.history.values())))
            table = pd.DataFrame({"epoch": np.arange(1, epochs + 1)} | dict(result.history))
            for name, value in (
                *(("model", fit.entry.model.name), ("split", fit.split)),
                *(("repeat", fit.repeat), ("fold", fit.number)),
            ):
                table[name] = value
            parts.append(table)
    if not parts:
        return pd.DataFrame(columns=list(tables.CURVES.columns))
    return pd.concat(parts, ignore_index=True).reindex(columns=list(tables.CURVES.columns))


def describe(
    options: Options,
    opened: OpenCorpus,
    extraction: ExtractionResult,
    labels: Sequence[str],
    chosen: Sequence[Entry],
    work: Work,
    started: float,
    identity: str,
) -> RunInfo:
    """Return the content of ``run.json``: options, corpus, versions, machine, and what was left out."""
    return RunInfo(
        options=options,
        corpus=_describe_corpus(opened, extraction, labels),
        synthetic=opened.corpus.synthetic,
        metrics={name: metric.title for name, metric in metrics.METRICS.items()},
        models=tuple(entry.model.name for entry in chosen),
        features_of={entry.model.name: entry.features for entry in chosen},
        stored_sets=tuple(sorted(f"{s.name}-{set_key(s)}" for s in needed_sets(chosen))),
        versions={"ser-bench": __version__, "python": platform.python_version()} | installed_versions(_LIBRARIES),
        machine=MachineInfo(system=platform.platform(terse=True), processor=platform.machine(), cores=os.cpu_count()),
        started=_iso(started),
        finished=_iso(time.time()),
        dropped=tuple(LeftOutClip(path=p.path, reason=p.reason) for p in extraction.duplicates),
        problems=tuple(
            LeftOutClip(path=escape_undecodable(Path(p.path).name), reason=escape_undecodable(p.reason))
            for p in extraction.problems
        ),
        work=work,
        identity=identity,
    )


def _describe_corpus(opened: OpenCorpus, extraction: ExtractionResult, labels: Sequence[str]) -> CorpusInfo:
    corpus, clips = opened.corpus, extraction.clips
    return CorpusInfo(
        name=corpus.name,
        title=corpus.title,
        licence=corpus.licence,
        source=corpus.origin,
        citation=corpus.citation,
        clips=len(clips),
        speakers=int(clips["speaker"].nunique()),
        emotions={str(label): int(count) for label, count in clips["emotion"].value_counts().items()},
        labels=tuple(labels),
        fingerprint=extraction.fingerprint,
        sample_rate=opened.rate,
        recorded=opened.feature_table is not None,
    )


def now() -> str:
    """Return the time as it stands in files; ``$SOURCE_DATE_EPOCH``, where it is set, is the time instead."""
    return _iso(float(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
