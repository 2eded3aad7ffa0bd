"""The content of a model file's manifest: model, training data, scores and limits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench import features, models
from ser_bench.audio import conditions
from ser_bench.audio.conditions import cuts
from ser_bench.audio.descriptors import VERSION
from ser_bench.core.clock import reproducible_time
from ser_bench.core.private_paths import without_folders
from ser_bench.core.versions import __version__, installed_versions
from ser_bench.deploy import condition_sample, manifest
from ser_bench.deploy.scores import TRANSDUCTIVE, Scored, held_out_scores
from ser_bench.deploy.training_audio import measure_training_audio
from ser_bench.deploy.worker_fit import Fitted
from ser_bench.runs import plan
from ser_bench.runs.data import RunData
from ser_bench.runs.exposure import licence_of, set_exposure_of
from ser_bench.store import FeatureStore

if TYPE_CHECKING:
    from ser_bench.audio.conditions import Condition
    from ser_bench.core.options import Options
    from ser_bench.core.progress import Progress
    from ser_bench.corpora import OpenCorpus
    from ser_bench.features.base import FeatureSet


def describe_file(
    fit: plan.PlannedFit,
    data: RunData,
    opened: OpenCorpus,
    options: Options,
    fitted: Fitted,
    scored: Scored,
    store: Path,
    progress: Progress,
) -> manifest.Manifest:
    """Return the manifest of a trained model.

    Parameters
    ----------
    fit : PlannedFit
        The fit.
    data : RunData
        The usable clips with labels.
    opened : OpenCorpus
        The corpus.
    options : Options
        The options of the training.
    fitted : Fitted
        The result of the fit.
    scored : Scored
        The result of the cross-validation.
    store : Path
        Folder of the store.
    progress : Progress
        Receives the progress of measuring clips under conditions.

    Returns
    -------
    Manifest
    """
    model = fit.model.definition
    scored = TRANSDUCTIVE if fitted.transductive else scored
    content = {
        "ser_bench": __version__,
        "created": reproducible_time(),
        "model": {
            "name": model.name,
            "kind": model.kind,
            "parameters": _json_values({**model.parameters, **model.bound}),
            "seed": fit.seed,
            "version": model.version,
            "effort": fit.model.effort,
        },
        "target": options.target,
        "labels": list(data.labels),
        "features": [_feature_set_info(feature_set, opened, options) for feature_set in fit.model.sets],
        "rate": opened.rate,
        "speeds": [float(speed) for speed in model.speeds],
        "corpus": _corpus_info(fit, data, opened, fitted.trained),
        "synthetic": opened.corpus.synthetic,
        "held_out": None if scored is TRANSDUCTIVE else _held_out(fit, data, fitted),
        "versions": {"ser-bench": __version__, **installed_versions(_libraries(model))},
        "intended_use": manifest.INTENDED_USE,
        "limits": manifest.limits(synthetic=opened.corpus.synthetic, calibrated=fitted.calibration is not None),
        "audio": _training_audio(data, fit, store),
        "cross_validation": scored.content,
        "no_score": scored.reason,
        "calibration": fitted.calibration,
        "novelty": fitted.novelty,
        "conditions": _conditions(data, fit, opened.rate, options.jobs, scored, progress),
    }
    return manifest.Manifest.model_validate(content)


def _held_out(fit: plan.PlannedFit, data: RunData, fitted: Fitted) -> dict[str, Any] | None:
    return held_out_scores(data.clips.loc[list(fit.fold.test)], fitted.predicted, data.labels)


def _training_audio(data: RunData, fit: plan.PlannedFit, store: Path) -> dict[str, Any]:
    """Describe the audio of the training clips."""
    clips, metadata = data.clips.loc[list(fit.fold.train)], FeatureStore(store).clip_metadata()
    return measure_training_audio(clips["path"].tolist(), [metadata[key] for key in clips["key"]])


def _conditions(
    data: RunData, fit: plan.PlannedFit, rate: int | None, jobs: int | None, scored: Scored, progress: Progress
) -> dict[str, Any] | None:
    """Describe the tested recording conditions: the scores, and what training clips sound like under them."""
    if not scored.conditions:
        return None
    tested = {scores["name"]: conditions.get(scores["name"]) for scores in scored.conditions[1:]}
    clips = data.clips.loc[list(fit.fold.train)].sort_values("speaker", kind="stable")
    samples = condition_sample.measure(clips["path"].tolist(), list(tested.values()), rate, jobs, progress)
    sounds = condition_sample.describe(samples, recognised_order(tested))
    heard = {condition.family for condition in fit.model.trained_under}
    unknown = {"recognisable": False, "sound": None}
    listed = [
        {**scores, **_condition_facts(tested.get(name), heard), **sounds.get(name, unknown)}
        for scores in scored.conditions
        for name in [scores["name"]]
    ]
    return {"descriptors": VERSION, "tested": listed}


def recognised_order(tested: Mapping[str, Condition]) -> list[str]:
    """Return the conditions that a clip may sound like.

    Parameters
    ----------
    tested : mapping of str to Condition
        The tested conditions by name, without ``clean``.

    Returns
    -------
    list of str
        Common ones first; without those that remove a part of a clip, which has no sound.
    """
    heard = [name for name, condition in tested.items() if condition.family != cuts.FAMILY]
    return sorted(heard, key=lambda name: not tested[name].common)


def _condition_facts(condition: Condition | None, heard: Collection[str]) -> dict[str, Any]:
    """Return family and phrase of a condition, and whether the model heard its family; None for clean clips."""
    if condition is None:
        return {"family": "", "phrase": "", "heard": True}
    return {"family": condition.family, "phrase": condition.phrase, "heard": condition.family in heard}


def _feature_set_info(feature_set: FeatureSet, opened: OpenCorpus, options: Options) -> dict[str, Any]:
    return {
        "licence": without_folders(licence_of(feature_set, options)),
        "heard": set_exposure_of(feature_set, opened, options),
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
