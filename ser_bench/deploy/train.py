"""Train one model on a whole corpus, except held-out speakers, and write its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench import corpora, features, models
from ser_bench.core.errors import ConfigError, ModelFileError, UnknownNameError
from ser_bench.core.files import ensure_writable
from ser_bench.core.places import default_store
from ser_bench.core.progress import Progress
from ser_bench.deploy import manifest, onnx
from ser_bench.deploy.content import describe_file
from ser_bench.deploy.file import container, parts, state
from ser_bench.deploy.model import TrainedModel
from ser_bench.deploy.scores import NOT_SCORED, cross_validate
from ser_bench.deploy.worker_fit import fit_in_worker
from ser_bench.runs import plan
from ser_bench.runs.data import RunData, extract_data
from ser_bench.runs.exposure import check_statements, report_sets
from ser_bench.runs.inputs import open_corpus
from ser_bench.runs.results.losses import report_losses
from ser_bench.splits import Fold

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options

HELD_OUT = "actor:"
"""The prefix of held-out speakers: ``actor:01,02``."""

_MAX_ROWS = 2000


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


def train(
    options: Options,
    name: str,
    path: Path,
    progress: Progress,
    hold_out: str = "",
    *,
    as_onnx: bool = False,
    score: bool = True,
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
    score : bool
        Whether to score the model by cross-validation over the training speakers.

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
    if entry.conditions and not score:
        progress.warning("conditions are tested with a score only; --no-score leaves them out")
        entry = replace(entry, conditions=())
    plan.report_effort([entry], progress)
    check_statements([entry], options)
    report_sets([entry], opened, options, progress)
    store = (options.store or default_store()).absolute()
    extraction, data = extract_data(opened, plan.required_sets([entry]), options, store, progress)
    report_losses(opened, extraction, progress)
    fold = _fold(data, hold_out)
    if warning := unlearned_classes_warning(data.clips["label"], fold):
        progress.warning(warning)
    fit = plan.PlannedFit(entry, "train", 0, 0, fold, options.seed)
    scored = NOT_SCORED if not score else cross_validate(entry, data, fold.train, options, store, progress)
    fitted, rows = fit_in_worker(fit, data, options.engine, store, progress, _MAX_ROWS if as_onnx else 0)
    info = describe_file(fit, data, opened, options, fitted, scored, store, progress)
    agreement = None
    if as_onnx:
        estimator, _ = parts.unpack(fitted.members)
        agreement = onnx.write(TrainedModel(info, estimator, entry.sets), path, rows)
    else:
        container.write(path, info.model_dump(), fitted.members)
    return TrainedFile(path, path.stat().st_size, info, fitted.seconds, fitted.warnings, agreement)


def only_model(options: Options) -> str:
    """Return the model that a configuration file chooses for a file.

    Parameters
    ----------
    options : Options
        The options.

    Returns
    -------
    str
        The only model of ``models.use``; baselines do not count.

    Raises
    ------
    ConfigError
        If it names none or several.
    """
    registered = models.MODELS
    names = [name for name in options.models if name not in registered or registered[name].kind != "baseline"]
    if len(names) == 1 and names != ["all"]:
        return names[0]
    choice = "such as ensemble" if "all" in names else _alternatives(names or options.models)
    raise ConfigError(f"a file holds one model; name it with --model: {choice}")


def _alternatives(names: Sequence[str]) -> str:
    """Join names as alternatives."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


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
        state.pack(models.uncalibrated(model.estimator(0, model.parameters)))
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
