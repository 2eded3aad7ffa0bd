"""Rows of a run's tables, and the content of ``run.json``."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ser_bench import metrics, statistics
from ser_bench.audio.conditions import CLEAN
from ser_bench.core.clock import utc_time
from ser_bench.core.private_paths import public_text, public_values, without_folders
from ser_bench.core.public_names import relative_path
from ser_bench.core.versions import __version__, installed_versions, source_commit
from ser_bench.features import column_groups, stored_name
from ser_bench.runs.exposure import licences, pretrained_sets
from ser_bench.runs.extraction.near_identical import FINGERPRINT
from ser_bench.runs.fit import FitResult
from ser_bench.runs.inputs import corpus_names
from ser_bench.runs.plan import PlannedModel, effort_of, required_sets
from ser_bench.runs.results import UNCALIBRATED, prediction_columns, tables
from ser_bench.runs.results.run_info import CorpusInfo, MachineInfo, RunInfo, Work, condition_info

if TYPE_CHECKING:
    from ser_bench.core.options import Options
    from ser_bench.corpora import OpenCorpus
    from ser_bench.runs.data import RunData
    from ser_bench.runs.extraction import ExtractionResult
    from ser_bench.runs.plan import PlannedFit
    from ser_bench.runs.tasks import FitFailure, FitResults
    from ser_bench.splits import Fold

_LIBRARIES = (
    *("numpy", "scipy", "scikit-learn", "xgboost", "tensorflow", "keras", "librosa", "soundfile", "numba"),
    *("pandas", "pyarrow", "matplotlib"),
)


def fit_rows(
    results: FitResults, keys: Mapping[PlannedFit, str], data: RunData, options: Options, corpus: str
) -> pd.DataFrame:
    """Return the rows of ``fits.csv``: one per planned fit, with scores if it succeeded.

    Parameters
    ----------
    results : mapping of PlannedFit to FitResult or FitFailure
        The outcomes of the fits.
    keys : mapping of PlannedFit to str
        Keys of the fits that are not skipped.
    data : RunData
        The usable clips with labels.
    options : Options
        The options of the run.
    corpus : str
        Name of the corpus.

    Returns
    -------
    pandas.DataFrame
    """
    rows = []
    for fit, result in results.items():
        row = {
            "corpus": corpus,
            "target": options.target,
            "features": fit.model.features,
            "normalize": options.normalize,
            **_fit_name(fit),
            "seed": fit.seed,
            "key": keys.get(fit, ""),
            "n_train": len(fit.fold.train),
            "n_test": len(fit.fold.test),
            "effort": fit.model.effort,
            "parameters": _json(public_values(dict(fit.model.definition.parameters))),
        }
        rows.append(row | _outcome(fit, result, data))
    return pd.DataFrame(rows, columns=list(tables.fits_table(metrics.METRICS).columns))


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, default=list)


def _outcome(fit: PlannedFit, result: FitResult | FitFailure, data: RunData) -> dict[str, Any]:
    if not isinstance(result, FitResult):
        unknown = {"transductive": "", "finished": "", "commit": "", "ended": ""}
        return {"status": result.status, "error": without_folders(result.error), **unknown}
    return {
        "status": "ok",
        "error": "",
        **metrics.evaluate(data.true_labels(fit.fold), result.predicted),
        "fit_seconds": result.fit_seconds,
        "predict_seconds": result.predict_seconds,
        "model_bytes": result.model_bytes or float("nan"),
        "transductive": "yes" if result.transductive else "no",
        "batch_difference": result.batch_difference,
        "finished": result.finished,
        "commit": result.commit,
        **_trained_on(fit.fold, result, data),
        "temperature": result.temperature,
        "set_threshold": result.set_threshold,
        "calibration_clips": result.calibration_clips,
        "calibration_speakers": result.calibration_speakers,
        "n_weights": result.n_weights or None,
        "epochs": result.ended.get("epochs"),
        "best_epoch": result.ended.get("best_epoch"),
        "ended": result.ended.get("why", ""),
    }


def _trained_on(fold: Fold, result: FitResult, data: RunData) -> dict[str, int | None]:
    """Count the clips and speakers that a model was trained on, and the test clips of known voices; None if unknown."""
    if result.trained is None:
        return {}
    train, test = (data.groups[data.row_numbers(clips)] for clips in (fold.train, fold.test))
    speakers = np.unique(train[result.trained])
    return {
        "trained_clips": int(result.trained.sum()),
        "trained_speakers": None if "" in speakers else len(speakers),
        "trained_voices": None if "" in speakers else int(np.isin(test, speakers).sum()),
    }


def prediction_rows(results: FitResults, data: RunData) -> pd.DataFrame:
    """Return the rows of ``predictions.parquet``: one per successful fit, condition and test clip.

    Parameters
    ----------
    results : mapping of PlannedFit to FitResult or FitFailure
        The outcomes of the fits.
    data : RunData
        The usable clips with labels.

    Returns
    -------
    pandas.DataFrame
        Names are categorical.
    """
    done = [part for fit, result in _successful(results) for part in _predicted_parts(fit, result, data)]
    if not done:
        return pd.DataFrame(columns=list(prediction_columns(data.labels)))
    clip_numbers = np.concatenate([part.rows for part in done])
    fit_numbers = np.repeat(np.arange(len(done)), [len(part.rows) for part in done])
    probabilities = np.concatenate([part.probabilities for part in done], dtype=np.float32)
    columns = {
        "model": pd.Categorical([part.fit.model.name for part in done]).take(fit_numbers),
        "split": pd.Categorical([part.fit.split for part in done]).take(fit_numbers),
        "normalize": data.normalize,
        "repeat": np.array([part.fit.repeat for part in done])[fit_numbers],
        "fold": np.array([part.fit.fold_number for part in done])[fit_numbers],
        "condition": pd.Categorical([part.condition for part in done]).take(fit_numbers),
        "clip": pd.Categorical(data.clips["clip"]).take(clip_numbers),
        "speaker": pd.Categorical(data.clips["speaker"]).take(clip_numbers),
        "true": pd.Categorical(data.clips["label"]).take(clip_numbers),
        "predicted": pd.Categorical(np.concatenate([part.predicted for part in done])),
    }
    columns |= {f"p_{label}": probabilities[:, i] for i, label in enumerate(data.labels)}
    scores = [_uncalibrated_scores(part.uncalibrated, part.rows, data) for part in done]
    return pd.DataFrame(columns | dict(zip(UNCALIBRATED, np.concatenate(scores, axis=1), strict=True)))


@dataclass(frozen=True)
class _PredictedPart:
    """The predictions of a fit under one condition; ``rows`` are row numbers of the clips."""

    fit: PlannedFit
    condition: str
    rows: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray
    uncalibrated: np.ndarray | None = None


def _predicted_parts(fit: PlannedFit, result: FitResult, data: RunData) -> Iterator[_PredictedPart]:
    """Yield the predictions of clips as recorded, then those under each recording condition of the run."""
    test = data.row_numbers(fit.fold.test)
    yield _PredictedPart(fit, CLEAN, test, result.predicted, result.probabilities, result.uncalibrated)
    for condition in fit.model.conditions:
        if condition.name in result.conditions:
            answers, rows = result.conditions[condition.name], test[data.is_changed(condition.name)[test]]
            yield _PredictedPart(fit, condition.name, rows, answers.predicted, answers.probabilities)


def _uncalibrated_scores(uncalibrated: np.ndarray | None, clip_numbers: np.ndarray, data: RunData) -> np.ndarray:
    """Return confidence, log loss and Brier score per test clip before calibration; NaN if there is none."""
    if uncalibrated is None:
        return np.full((len(UNCALIBRATED), len(clip_numbers)), np.nan, dtype=np.float32)
    p, codes = uncalibrated, pd.Categorical(data.y[clip_numbers], categories=data.labels).codes
    scores = [p.max(axis=1), statistics.log_losses(p, codes), statistics.brier_scores(p, codes)]
    return np.array(scores, dtype=np.float32)


def clip_rows(clips: pd.DataFrame, folders: Mapping[str, Path]) -> pd.DataFrame:
    """Return the rows of ``clips.csv``: one per usable clip.

    Paths are relative to the folder of the corpus; with several corpora they begin with the name of the corpus.

    Parameters
    ----------
    clips : pandas.DataFrame
        The usable clips.
    folders : mapping of str to Path
        Folders of the corpora by name.

    Returns
    -------
    pandas.DataFrame
    """
    several = len(folders) > 1
    paths = [
        (f"{corpus}/" if several else "") + relative_path(path, folders[corpus]) if path else ""
        for path, corpus in zip(clips["path"], clips["corpus"], strict=True)
    ]
    return clips.reset_index(drop=True).assign(path=paths)[list(tables.CLIPS.columns)]


def importance_rows(results: FitResults, data: RunData) -> pd.DataFrame:
    """Return the rows of ``importance.csv``: the UAR per fit and group of features, as it is and with it shuffled.

    Parameters
    ----------
    results : mapping of PlannedFit to FitResult or FitFailure
        The outcomes of the fits.
    data : RunData
        The usable clips with labels.

    Returns
    -------
    pandas.DataFrame
    """
    rows = []
    for fit, result in _successful(results):
        if not result.shuffled:
            continue
        true = data.true_labels(fit.fold)
        columns = column_groups(fit.model.sets)
        for group, predicted in result.shuffled.items():
            scores = {"uar": metrics.UAR(true, result.predicted), "uar_shuffled": metrics.UAR(true, predicted)}
            rows.append({**_fit_name(fit), "group": group, "columns": len(columns[group]), **scores})
    return pd.DataFrame(rows, columns=list(tables.IMPORTANCE.columns))


def curve_rows(results: FitResults) -> pd.DataFrame:
    """Return the rows of ``curves.csv``: one per epoch of each fit with a history; missing values are NaN.

    Parameters
    ----------
    results : mapping of PlannedFit to FitResult or FitFailure
        The outcomes of the fits.

    Returns
    -------
    pandas.DataFrame
    """
    parts = []
    for fit, result in _successful(results):
        if result.history:
            epochs = len(next(iter(result.history.values())))
            parts.append(pd.DataFrame({"epoch": np.arange(1, epochs + 1), **result.history}).assign(**_fit_name(fit)))
    columns = list(tables.CURVES.columns)
    return pd.concat(parts, ignore_index=True).reindex(columns=columns) if parts else pd.DataFrame(columns=columns)


def _successful(results: FitResults) -> Iterator[tuple[PlannedFit, FitResult]]:
    for fit, result in results.items():
        if isinstance(result, FitResult):
            yield fit, result


def _fit_name(fit: PlannedFit) -> dict[str, Any]:
    return {"model": fit.model.name, "split": fit.split, "repeat": fit.repeat, "fold": fit.fold_number}


def describe_run(
    options: Options,
    opened: OpenCorpus,
    extraction: ExtractionResult,
    labels: Sequence[str],
    planned_models: Sequence[PlannedModel],
    started: float,
) -> RunInfo:
    """Return the content of ``run.json`` before the fits: options, corpus, versions, machine and warnings.

    Parameters
    ----------
    options : Options
        The options of the run.
    opened : OpenCorpus
        The corpus.
    extraction : ExtractionResult
        What extraction did.
    labels : sequence of str
        The labels in their order.
    planned_models : sequence of PlannedModel
        The models.
    started : float
        Start of the run, in seconds since the epoch.

    Returns
    -------
    RunInfo
        Without work and identity.
    """
    return RunInfo(
        options=options.model_copy(update={"corpus": ",".join(corpus_names(options)), "effort": effort_of(options)}),
        corpus=_describe_corpus(opened, extraction, labels),
        synthetic=opened.corpus.synthetic,
        metrics={name: metric.title for name, metric in metrics.METRICS.items()},
        models=tuple(model.name for model in planned_models),
        features_of={model.name: model.features for model in planned_models},
        full_parameters={m.name: public_values(dict(m.full)) for m in planned_models if m.full},
        stored_sets=stored_sets(opened, planned_models),
        conditions=tuple(condition_info(condition) for condition in planned_models[0].conditions),
        trained_under={
            model.name: {condition.name: condition.family for condition in model.trained_under}
            for model in planned_models
            if model.trained_under
        },
        pretrained=pretrained_sets(planned_models, opened, options),
        licences=licences(planned_models, options),
        plugins=_plugin_versions(planned_models),
        versions={"ser-bench": __version__, "python": platform.python_version()} | installed_versions(_LIBRARIES),
        machine=MachineInfo(system=platform.platform(terse=True), processor=platform.machine(), cores=os.cpu_count()),
        started=utc_time(started),
        finished=utc_time(),
        warnings=tuple(public_text(warning, opened.folders) for warning in extraction.warnings),
        work=Work(computed=0, reused=0),
        identity="",
        commit=source_commit(),
    )


def _plugin_versions(planned_models: Sequence[PlannedModel]) -> dict[str, str]:
    """Return the versions of the models, feature sets and kinds of conditions that a plugin defines, by name."""
    versions = {model.name: model.definition.version for model in planned_models}
    sets = [s for s in required_sets(planned_models) if s.condition is None]
    versions |= {s.name: str(s.parameters.get("plugin", "")) for s in sets}
    kinds = (c.kind for model in planned_models for c in (*model.conditions, *model.trained_under))
    versions |= {kind.name: kind.version for kind in kinds if isinstance(kind.version, str)}
    return {name: version for name, version in versions.items() if version}


def stored_sets(opened: OpenCorpus, planned_models: Sequence[PlannedModel]) -> tuple[str, ...]:
    """Return the folders of the feature sets that a run reads; fingerprints exist for audio only.

    Parameters
    ----------
    opened : OpenCorpus
        The corpus.
    planned_models : sequence of PlannedModel
        The models.

    Returns
    -------
    tuple of str
    """
    sets = (*required_sets(planned_models), *(() if opened.feature_table else (FINGERPRINT,)))
    return tuple(sorted(stored_name(s) for s in sets))


def _describe_corpus(opened: OpenCorpus, extraction: ExtractionResult, labels: Sequence[str]) -> CorpusInfo:
    corpus, clips = opened.corpus, extraction.clips
    return CorpusInfo(
        name=opened.name,
        title=opened.title,
        licence=corpus.licence,
        source=corpus.origin,
        citation=corpus.citation,
        clips=len(clips),
        speakers=len(set(clips["speaker"]) - {""}),
        emotions={str(label): int(count) for label, count in clips["emotion"].value_counts().items()},
        labels=tuple(labels),
        fingerprint=extraction.fingerprint,
        sample_rate=opened.rate,
        recorded=opened.feature_table is not None,
        corpora=tuple(dict.fromkeys(clips["corpus"])) if clips["corpus"].nunique() > 1 else (),
        shared_speakers=dict(extraction.shared_speakers),
    )
