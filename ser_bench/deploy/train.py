"""Train one model on a whole corpus, except held-out speakers, and write its file."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench import corpora, features, models
from ser_bench.core.clock import reproducible_time
from ser_bench.core.errors import ConfigError, ModelFileError, UnknownNameError
from ser_bench.core.files import ensure_writable
from ser_bench.core.places import default_store
from ser_bench.core.progress import Progress
from ser_bench.core.versions import __version__, installed_versions
from ser_bench.deploy import manifest, onnx
from ser_bench.deploy.file import container, state
from ser_bench.deploy.model import TrainedModel
from ser_bench.deploy.training_audio import measure_training_audio
from ser_bench.metrics import METRICS
from ser_bench.report.analysis.intervals import each_speakers_scores, scores_with_intervals, tally_labels
from ser_bench.runs import fit as fitting
from ser_bench.runs import plan, tasks
from ser_bench.runs.batch_check import Permuted
from ser_bench.runs.data import RunData, extract_data
from ser_bench.runs.early_stopping import trained_clips
from ser_bench.runs.inputs import open_corpus
from ser_bench.runs.results.losses import report_losses
from ser_bench.runs.workers import run_tasks
from ser_bench.splits import Fold
from ser_bench.store import FeatureStore

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.corpora import OpenCorpus

HELD_OUT = "actor:"
"""The prefix of held-out speakers: ``actor:01,02``."""

_COMPARED_CLIPS = 32
_MAX_ROWS = 2000
_MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class TrainedFile:
    """A file that was written.

    Parameters
    ----------
    path : Path
        The file.
    size : int
        Its size in bytes.
    info : Manifest
        Its manifest.
    fit_seconds : float
        Duration of the fit in seconds.
    warnings : tuple of str
        Warnings of the fit.
    agreement : Agreement or None
        The comparison of an ONNX file with the model; None for a model file.
    """

    path: Path
    size: int
    info: manifest.Manifest
    fit_seconds: float
    warnings: tuple[str, ...]
    agreement: onnx.Agreement | None = None


@dataclass(frozen=True)
class _Fitted:
    """The result of a worker: the members of the file, a label per held-out clip, and which clips trained."""

    members: Mapping[str, bytes]
    predicted: np.ndarray
    seconds: float
    warnings: tuple[str, ...]
    trained: np.ndarray | None


def train(
    options: Options, name: str, path: Path, progress: Progress, hold_out: str = "", *, as_onnx: bool = False
) -> TrainedFile:
    """Train a model as the benchmark does, and write its file.

    Parameters
    ----------
    options : Options
        Corpus, features, target, seed and engine, as for a run.
    name : str
        The model.
    path : Path
        The file.
    progress : Progress
        Receives messages.
    hold_out : str
        Speakers to leave out, such as ``actor:01,02``.
    as_onnx : bool
        Write ONNX instead of a model file, and compare it with the model on training clips.

    Returns
    -------
    TrainedFile
        The file.

    Raises
    ------
    SerBenchError
        For an unknown name, an unsuitable option, a failed fit, a file that cannot be written, or a model that
        cannot be saved.
    """
    _check_options(options)
    check_file(path)
    if as_onnx:
        onnx.check_extra("an ONNX file")
    options = options.model_copy(update={"models": (name,), "splits": ()})
    _check_savable(_entry(name, options, features.sets_at_rate()).definition)
    opened = open_corpus(options, progress)
    entry = _entry(name, options, opened.feature_sets())
    plan.report_effort([entry], progress)
    store = (options.store or default_store()).absolute()
    extraction, data = extract_data(opened, plan.required_sets([entry]), options, store, progress)
    report_losses(opened, extraction, progress)
    fold = _fold(data, hold_out)
    if warning := unlearned_classes_warning(data.clips["label"], fold):
        progress.warning(warning)
    fit = plan.PlannedFit(entry, "train", 0, 0, fold, options.seed)
    fitted, rows = _fit_in_worker(fit, data, options.engine, store, progress, _MAX_ROWS if as_onnx else 0)
    info = _describe(fit, data, opened, options, fitted, store)
    agreement = None
    if as_onnx:
        agreement = onnx.write(TrainedModel(info, state.unpack(fitted.members), entry.sets), path, rows)
    else:
        container.write(path, info.model_dump(), fitted.members)
    return TrainedFile(path, path.stat().st_size, info, fitted.seconds, fitted.warnings, agreement)


def _check_options(options: Options) -> None:
    """Raise :class:`ConfigError` for options that do not apply to single clips."""
    if options.normalize != "none":
        raise ConfigError(
            f"--normalize {options.normalize} needs all clips of a speaker, but a trained model predicts single clips\n"
            "train without it"
        )
    if corpora.is_feature_table(options.corpus):
        raise ConfigError(
            f"{options.corpus} is a table of features, but a trained model predicts audio; name a corpus of clips"
        )


def _check_savable(model: models.Model) -> None:
    """Raise :class:`ModelFileError` before the fit where no file may hold the estimator of a plugin's model."""
    import cloudpickle

    if not model.is_external:
        return
    carried = cloudpickle.list_registry_pickle_by_value()
    for listed in model.classes:
        if listed.path.partition(":")[0] in carried:
            raise ModelFileError(
                f"{model.name} cannot be saved: the plugin itself defines {listed.name}; "
                "define it in a module that the plugin imports"
            )
    try:
        state.pack(model.estimator(0, model.parameters))
    except ModelFileError as error:
        raise ModelFileError(f"{model.name}: {error}; list its classes in Model(classes=...)") from None
    except Exception:  # the fit reports what else is wrong with the model
        return


def check_file(path: Path, option: str = "-o") -> None:
    """Check that a file can be written, and make its folder.

    Parameters
    ----------
    path : Path
        The file.
    option : str
        The option that names it, for messages.

    Raises
    ------
    ModelFileError
        If it cannot be written.
    """
    if path.is_dir():
        raise ModelFileError(f"cannot write a model to {path}: it is a folder; name a file")
    ensure_writable(path.parent, ModelFileError, option)


def _entry(name: str, options: Options, available: Mapping[str, Any]) -> plan.PlannedModel:
    """Return the model with its feature sets; raises :class:`ConfigError` where it cannot take them."""
    entry = next(entry for entry in plan.plan_models(options, available) if entry.name == name)
    if entry.skipped:
        raise ConfigError(entry.skipped)
    return entry


def _fold(data: RunData, hold_out: str) -> Fold:
    """Return the training clips and the clips of held-out speakers."""
    out = _parse_hold_out(hold_out)
    known = set(data.clips["speaker"])
    for speaker in out:
        if speaker not in known:
            raise UnknownNameError("speaker", speaker, known)
    tested = data.clips["speaker"].isin(out)
    if data.clips.loc[~tested, "label"].nunique() < 2:
        raise ConfigError("--hold-out leaves fewer than two classes for training; hold out fewer speakers")
    return Fold(tuple(data.clips.index[~tested]), tuple(data.clips.index[tested]))


def unlearned_classes_warning(labels: pd.Series, fold: Fold) -> str:
    """Name the classes that only held-out speakers have.

    Parameters
    ----------
    labels : Series of str
        Label by clip.
    fold : Fold
        The training and the held-out clips.

    Returns
    -------
    str
        One sentence; empty if training clips have every class.
    """
    classes = sorted(set(labels.loc[list(fold.test)]) - set(labels.loc[list(fold.train)]))
    if not classes:
        return ""
    return (
        f"only held-out speakers have clips of {', '.join(classes)}, so the model cannot predict that and its score "
        "counts a recall of 0; hold out other speakers, or choose other --emotions"
    )


def _parse_hold_out(hold_out: str) -> tuple[str, ...]:
    if not hold_out:
        return ()
    names = tuple(dict.fromkeys(n.strip() for n in hold_out.removeprefix(HELD_OUT).split(",") if n.strip()))
    if not hold_out.startswith(HELD_OUT) or not names:
        raise ConfigError(f"invalid --hold-out {hold_out!r}: expected speakers, for example {HELD_OUT}01,02")
    return names


def _fit_in_worker(
    fit: plan.PlannedFit, data: RunData, engine: str, store: Path, progress: Progress, max_rows: int
) -> tuple[_Fitted, np.ndarray]:
    """Fit in a worker process with one thread; return the result and features of some training clips."""
    advance = progress.start(1, f"fitting {fit.model.name}", "fit", 1)
    with tasks.map_matrices([fit], data, store) as paths:
        task = tasks.make_task(fit, data, paths)
        requirements = tasks.prepare_workers([fit], tuple(paths.values()), engine, progress)
        (outcome,) = run_tasks(_fit, [("fit", task)], jobs=1, engine=engine, requirements=requirements)
        rows = _evenly_spaced(np.load(task.matrix, mmap_mode="r", allow_pickle=False), task.train, max_rows)
    advance(1)
    if outcome.status != "ok":
        raise ModelFileError(f"{fit.model.name}: {str(outcome.error).removeprefix('ModelFileError: ')}")
    return outcome.value, rows


def _evenly_spaced(X: np.ndarray, rows: np.ndarray, max_rows: int) -> np.ndarray:
    """Return evenly spaced rows of features, at most ``max_rows`` and at most 64 MiB."""
    count = min(len(rows), max_rows, max(1, _MAX_BYTES // X[0].nbytes))
    return np.asarray(X[rows[np.linspace(0, len(rows) - 1, count).astype(int)]])


def _fit(task: fitting.FitTask) -> _Fitted:
    """Fit as the benchmark does, predict the held-out clips, and pack the model for its file."""
    return fitting.run_alone(_fit_and_pack, task)


def _fit_and_pack(task: fitting.FitTask) -> _Fitted:
    models.MODELS.setdefault(task.model.name, task.model)  # the process of a plugin's model does not know its classes
    X = np.load(task.matrix, mmap_mode="r", allow_pickle=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator, seconds = fitting.train_estimator(task, X)
        predicted = _predict_held_out(estimator, X, task)
    messages = fitting.warning_lines(caught)
    members = state.pack(estimator)
    _check_copy(estimator, state.unpack(members), X[task.train[:_COMPARED_CLIPS]], task.labels)
    trained = trained_clips(task.model, estimator, len(task.train), 1 + len(task.augmented))
    return _Fitted(members, predicted, seconds, messages, trained)


def _predict_held_out(estimator: Any, X: np.ndarray, task: fitting.FitTask) -> np.ndarray:
    """Predict the held-out clips in an order that does not tell their emotions."""
    if not len(task.test):
        return np.array([], str)
    return np.asarray(Permuted(estimator, task.test_order).predict(X[task.test])).astype(str)


def _check_copy(estimator: Any, copy: Any, X: np.ndarray, labels: Sequence[str]) -> None:
    """Raise :class:`ModelFileError` where the copy read from the file predicts differently."""
    expected, actual = (models.aligned_proba(model, X, labels) for model in (estimator, copy))
    if not np.allclose(expected, actual, rtol=0, atol=1e-6):
        raise ModelFileError("the model cannot be saved: its copy predicts differently")


def _describe(
    fit: plan.PlannedFit, data: RunData, opened: OpenCorpus, options: Options, fitted: _Fitted, store: Path
) -> manifest.Manifest:
    model, synthetic = fit.model.definition, opened.corpus.synthetic
    content = {
        "ser_bench": __version__,
        "created": reproducible_time(),
        "model": {
            "name": model.name,
            "kind": model.kind,
            "parameters": _json_values(model.parameters),
            "seed": fit.seed,
            "version": model.version,
        },
        "target": options.target,
        "labels": list(data.labels),
        "features": [_feature_set_info(feature_set) for feature_set in fit.model.sets],
        "rate": opened.rate,
        "speeds": [float(speed) for speed in model.speeds],
        "corpus": _corpus_info(fit, data, opened, fitted.trained),
        "synthetic": synthetic,
        "held_out": _held_out(fit, data, fitted.predicted),
        "versions": {"ser-bench": __version__, **installed_versions(_libraries(model))},
        "intended_use": manifest.INTENDED_USE,
        "limits": [*([manifest.SYNTHETIC_LIMIT] if synthetic else []), *manifest.LIMITS],
        "audio": _training_audio(data, fit, store),
    }
    return manifest.Manifest.model_validate(content)


def _training_audio(data: RunData, fit: plan.PlannedFit, store: Path) -> dict[str, Any]:
    """Describe the audio of the training clips."""
    clips, metadata = data.clips.loc[list(fit.fold.train)], FeatureStore(store).clip_metadata()
    return measure_training_audio(clips["path"].tolist(), [metadata[key] for key in clips["key"]])


def _feature_set_info(feature_set: features.FeatureSet) -> dict[str, Any]:
    return {
        "name": feature_set.name,
        "kind": feature_set.kind,
        "version": feature_set.version,
        "parameters": _json_values(feature_set.parameters),
        "columns": list(feature_set.columns),
        "key": features.set_key(feature_set),
    }


def _corpus_info(fit: plan.PlannedFit, data: RunData, opened: OpenCorpus, trained: np.ndarray | None) -> dict[str, Any]:
    """Return the description of the training data, with clips and speakers counted, all and by label."""
    clips, corpus = data.clips.loc[list(fit.fold.train)], opened.corpus
    clips = clips if trained is None else clips[trained]
    speakers_of = {label: clips[clips["label"] == label]["speaker"] for label in data.labels}
    return {
        **{name: getattr(opened, name) for name in ("name", "title")},
        **{name: getattr(corpus, name) for name in ("licence", "citation")},
        "source": corpus.origin,
        "fingerprint": data.fingerprint,
        "clips": len(clips),
        "speakers": len(set(clips["speaker"]) - {""}),
        "stopping_clips": len(fit.fold.train) - len(clips),
        "by_label": {
            label: {"clips": len(names), "speakers": len(set(names) - {""})} for label, names in speakers_of.items()
        },
    }


def _libraries(model: models.Model) -> tuple[str, ...]:
    return ("numpy", "scikit-learn", *(["keras"] if "tensorflow" in model.needs else []), *model.needs)


def _json_values(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, list | tuple) else v for name, v in parameters.items()}


def _held_out(fit: plan.PlannedFit, data: RunData, predicted: np.ndarray) -> dict[str, Any] | None:
    """Return the scores on held-out speakers with intervals over speakers; None without such speakers."""
    if not fit.fold.test:
        return None
    clips = data.clips.loc[list(fit.fold.test)]
    cell = tally_labels(clips["speaker"], clips["label"], predicted, data.labels)
    by_speaker = each_speakers_scores(cell, METRICS)
    scores = {}
    for name, (value, *ends) in scores_with_intervals(cell, METRICS).items():
        low, high = (None if np.isnan(end) else end for end in ends)
        each = dict(zip(cell[0], by_speaker[name], strict=True))
        scores[name] = {"title": METRICS[name].title, "value": value, "low": low, "high": high, "by_speaker": each}
    return {"speakers": list(cell[0]), "clips": len(clips), "scores": scores}
