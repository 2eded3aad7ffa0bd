"""From options to a trained model's file: the benchmark's own fit, on every clip of the corpus but those held out."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench import corpora, features, models, statistics
from ser_bench.core.errors import ConfigError, ModelFileError, UnknownNameError
from ser_bench.core.files import ensure_writable
from ser_bench.core.places import default_store
from ser_bench.core.progress import Progress
from ser_bench.core.versions import __version__, installed_versions
from ser_bench.deploy import manifest, onnx
from ser_bench.deploy.file import container as archive
from ser_bench.deploy.file import state
from ser_bench.deploy.model import TrainedModel
from ser_bench.metrics import METRICS
from ser_bench.runs import fit as fitting
from ser_bench.runs import plan, runner
from ser_bench.runs import rows as records
from ser_bench.runs.inputs import open_corpus
from ser_bench.runs.workers import run_tasks
from ser_bench.splits import Fold

if TYPE_CHECKING:
    from ser_bench.core.options import Options
    from ser_bench.corpora import OpenCorpus

HELD_OUT = "actor:"
"""How the speakers to leave out are named: ``actor:01,02``."""

_DRAWS = 2000
_COMPARED = 32
_MOST_ROWS = 2000
_MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class Made:
    """A file that was written, its size in bytes, what it says of itself, and how long the fit took.

    ``agreement`` says how well an ONNX file agrees with the model; None for ser-bench's own.
    """

    path: Path
    size: int
    info: manifest.Manifest
    fit_seconds: float
    warnings: tuple[str, ...]
    agreement: onnx.Agreement | None = None


@dataclass(frozen=True)
class _Fitted:
    """What a worker sends back: the file's members, and a label for each clip held out."""

    members: Mapping[str, bytes]
    predicted: np.ndarray
    seconds: float
    warnings: tuple[str, ...]


def train(
    options: Options, name: str, path: Path, progress: Progress, hold_out: str = "", *, as_onnx: bool = False
) -> Made:
    """Train the model called ``name`` and write its file; ``hold_out`` names speakers to leave out.

    With ``as_onnx`` the file is for other programs, and was compared with the model on the training clips.

    Raises
    ------
    SerBenchError
        For whatever makes it impossible: an unknown name, an option that one clip alone cannot follow, a file
        that cannot be written, a fit that fails, a model that no file can hold.
    """
    _check(options)
    check_file(path)
    if as_onnx:
        onnx.check_extra("an ONNX file")
    options = options.model_copy(update={"models": (name,), "splits": ()})
    _entry(name, options, features.sets_at_rate())
    opened = open_corpus(options, progress)
    entry = _entry(name, options, opened.feature_sets())
    store = (options.store or default_store()).absolute()
    _, setting = runner.set_up(opened, [entry], options, store, progress)
    fold = _fold(setting, hold_out)
    fit = plan.PlannedFit(entry, "train", 0, 0, fold, options.seed)
    done, rows = _carry_out(fit, setting, options.engine, store, progress, _MOST_ROWS if as_onnx else 0)
    info = _describe(fit, setting, opened, options, done)
    if not as_onnx:
        return Made(path, archive.write(path, info.model_dump(), done.members), info, done.seconds, done.warnings)
    agreement = onnx.write(TrainedModel(info, state.unpack(done.members), entry.sets), path, rows)
    return Made(path, path.stat().st_size, info, done.seconds, done.warnings, agreement)


def _check(options: Options) -> None:
    """Raise :class:`ConfigError` for options that an answer about one sound cannot follow."""
    if options.normalize != "none":
        raise ConfigError(
            f"--normalize {options.normalize} needs all clips of a speaker, and a model is asked about one\n"
            "train without it"
        )
    if corpora.is_feature_table(options.corpus):
        raise ConfigError(f"{options.corpus} is a table of features, and a kept model is asked about sound")


def check_file(path: Path, option: str = "-o") -> None:
    """Make the file's folder, if need be, and try whether it can be written; raises :class:`ModelFileError`."""
    if path.is_dir():
        raise ModelFileError(f"cannot write a model to {path}: it is a folder; name a file in it")
    ensure_writable(path.parent, ModelFileError, option)


def _entry(name: str, options: Options, shelf: Mapping[str, Any]) -> plan.Entry:
    """Return the model with its feature sets; raises :class:`ConfigError` where it cannot take them."""
    entry = next(entry for entry in plan.entries(options, shelf) if entry.model.name == name)
    if entry.skipped:
        raise ConfigError(entry.skipped)
    return entry


def _fold(setting: runner.Setting, hold_out: str) -> Fold:
    """Return the clips to train on and those of the speakers to leave out.

    Raises :class:`UnknownNameError` for a speaker that the corpus lacks, :class:`ConfigError` where too little is left.
    """
    out = _speakers(hold_out)
    known = set(setting.clips["speaker"])
    for speaker in out:
        if speaker not in known:
            raise UnknownNameError("speaker", speaker, known)
    tested = setting.clips["speaker"].isin(out)
    if setting.clips.loc[~tested, "label"].nunique() < 2:
        raise ConfigError("--hold-out leaves fewer than two classes to train on; hold fewer speakers out")
    return Fold(tuple(setting.clips.index[~tested]), tuple(setting.clips.index[tested]))


def _speakers(hold_out: str) -> tuple[str, ...]:
    if not hold_out:
        return ()
    names = tuple(dict.fromkeys(n.strip() for n in hold_out.removeprefix(HELD_OUT).split(",") if n.strip()))
    if not hold_out.startswith(HELD_OUT) or not names:
        raise ConfigError(f"--hold-out {hold_out!r}: name whole speakers, such as {HELD_OUT}01,02")
    return names


def _carry_out(
    fit: plan.PlannedFit, setting: runner.Setting, engine: str, store: Path, progress: Progress, most_rows: int
) -> tuple[_Fitted, np.ndarray]:
    """Fit in a worker process, where libraries stay quiet, on one thread; return also training clips' features."""
    advance = progress.start(1, f"fitting {fit.entry.model.name}", "fit", 1)
    with runner.mapped_matrices([fit], setting, store) as paths:
        task = runner.task_of(fit, setting, [paths[sets] for sets in runner.all_sets(fit)])
        how = runner.ready([fit], tuple(paths.values()), engine, progress)
        (outcome,) = run_tasks(_fit, [("fit", task)], jobs=1, **how)
        rows = _spaced(np.load(task.matrix, mmap_mode="r", allow_pickle=False), task.train, most_rows)
    advance(1)
    if outcome.status != "ok":
        raise ModelFileError(f"{fit.entry.model.name}: {str(outcome.error).removeprefix('ModelFileError: ')}")
    return outcome.value, rows


def _spaced(X: np.ndarray, rows: np.ndarray, most: int) -> np.ndarray:
    """Return rows of features, all or as many evenly spaced ones as are asked for and fit into memory."""
    count = min(len(rows), most, max(1, _MOST_BYTES // X[0].nbytes))
    return np.asarray(X[rows[np.linspace(0, len(rows) - 1, count).astype(int)]])


def _fit(task: fitting.FitTask) -> _Fitted:
    """Fit as the benchmark does, predict the clips held out, and take the model apart for its file."""
    X = np.load(task.matrix, mmap_mode="r", allow_pickle=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator, seconds = fitting.fitted(task, X)
        predicted = np.asarray(estimator.predict(X[task.test])).astype(str) if len(task.test) else np.array([], str)
    said = tuple(dict.fromkeys(str(w.message).splitlines()[0] for w in caught if fitting.matters(w.category)))
    members = state.pack(estimator)
    _check_copy(estimator, state.unpack(members), X[task.train[:_COMPARED]], task.labels)
    return _Fitted(members, predicted, seconds, said)


def _check_copy(estimator: Any, copy: Any, X: np.ndarray, labels: Sequence[str]) -> None:
    """Raise :class:`ModelFileError` where the model read from its file would answer otherwise."""
    ours, theirs = (models.aligned_proba(one, X, labels) for one in (estimator, copy))
    if not np.allclose(ours, theirs, rtol=0, atol=1e-6):
        raise ModelFileError("its file would not answer as it does")


def _describe(
    fit: plan.PlannedFit, setting: runner.Setting, opened: OpenCorpus, options: Options, done: _Fitted
) -> manifest.Manifest:
    model, made_up = fit.entry.model, opened.corpus.synthetic
    told = {
        "ser_bench": __version__,
        "created": records.now(),
        "model": {"name": model.name, "kind": model.kind, "parameters": _plain(model.parameters), "seed": fit.seed},
        "target": options.target,
        "labels": list(setting.labels),
        "features": [_set(feature_set) for feature_set in fit.entry.sets],
        "rate": opened.rate,
        "speeds": [float(speed) for speed in model.speeds],
        "corpus": _corpus(fit, setting, opened),
        "synthetic": made_up,
        "held_out": _held_out(fit, setting, done.predicted),
        "versions": {"ser-bench": __version__, **installed_versions(_libraries(model))},
        "intended_use": manifest.INTENDED_USE,
        "limits": [*([manifest.SYNTHETIC_LIMIT] if made_up else []), *manifest.LIMITS],
    }
    return manifest.Manifest.model_validate(told)


def _set(feature_set: features.FeatureSet) -> dict[str, Any]:
    return {
        "name": feature_set.name,
        "kind": feature_set.kind,
        "version": feature_set.version,
        "parameters": _plain(feature_set.parameters),
        "columns": list(feature_set.columns),
        "key": features.set_key(feature_set),
    }


def _corpus(fit: plan.PlannedFit, setting: runner.Setting, opened: OpenCorpus) -> dict[str, Any]:
    """Return what it was trained on, with the clips and speakers of training counted, all and by label."""
    clips, about = setting.clips.loc[list(fit.fold.train)], opened.corpus
    speakers_of = {label: clips[clips["label"] == label]["speaker"] for label in setting.labels}
    return {
        **{name: getattr(about, name) for name in ("name", "title", "licence", "citation")},
        "source": about.origin,
        "fingerprint": setting.fingerprint,
        "clips": len(clips),
        "speakers": int(clips["speaker"].nunique()),
        "by_label": {
            label: {"clips": len(found), "speakers": int(found.nunique())} for label, found in speakers_of.items()
        },
    }


def _libraries(model: models.Model) -> tuple[str, ...]:
    return ("numpy", "scikit-learn", *(["keras"] if "tensorflow" in model.needs else []), *model.needs)


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, list | tuple) else v for name, v in parameters.items()}


def _held_out(fit: plan.PlannedFit, setting: runner.Setting, predicted: np.ndarray) -> dict[str, Any] | None:
    """Return the scores of the speakers left out, with the report's intervals; None where there are none."""
    if not fit.fold.test:
        return None
    clips = setting.clips.loc[list(fit.fold.test)]
    true = clips["label"].to_numpy(dtype=str)
    speakers, codes = np.unique(clips["speaker"].to_numpy(dtype=str), return_inverse=True)
    place = {label: k for k, label in enumerate(setting.labels)}
    true_codes, predicted_codes = ([place[label] for label in given] for given in (true, predicted))
    tallies = statistics.tally(codes, true_codes, predicted_codes, len(speakers), len(place))
    draws = statistics.speaker_draws(len(speakers), _DRAWS, zlib.crc32("\n".join(speakers).encode()))
    drawn = statistics.bootstrap_scores(tallies, draws, {name: metric.score for name, metric in METRICS.items()})
    scores = {}
    for name, metric in METRICS.items():
        low, high = map(float, statistics.interval(drawn[name])) if len(speakers) > 1 else (None, None)
        scores[name] = {"title": metric.title, "value": metric(true, predicted), "low": low, "high": high}
    return {"speakers": [str(s) for s in speakers], "clips": len(clips), "scores": scores}
