"""Keys: hashes of everything that decides the outcome of a fit, and of a run.

A fit whose key is unchanged is read from the fit cache. A run whose identity is unchanged is not written again.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench.core.errors import ConfigError
from ser_bench.core.options import PATH_OPTIONS
from ser_bench.core.versions import __version__, installed_version
from ser_bench.features import stored_name
from ser_bench.metrics import METRICS
from ser_bench.runs.condition_cache import ConditionTest
from ser_bench.runs.early_stopping import stopping_groups

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.models.base import Model
    from ser_bench.runs.data import RunData
    from ser_bench.runs.plan import PlannedFit
    from ser_bench.runs.results.run_info import RunInfo
    from ser_bench.splits import Fold

_SHARED_SOURCE = (
    *("ser_bench.runs.fit", "ser_bench.runs.batch_check", "ser_bench.runs.early_stopping"),
    "ser_bench.store.matrix",
    *(f"ser_bench.models.calibration{module}" for module in ("", ".groups", ".sets", ".temperature")),
)


PROVENANCE = ("started", "finished", "work", "identity", "machine", "versions", "commit")
"""The values of ``run.json`` that say when, where and with what a run was computed, and not what it contains."""

EXECUTION_OPTIONS = ("jobs", "engine", "fit_timeout", "fresh")
"""The options that say how a run is carried out."""


def fit_keys(planned: Sequence[PlannedFit], data: RunData) -> dict[PlannedFit, str]:
    """Return the key of each fit that is not skipped.

    Parameters
    ----------
    planned : sequence of PlannedFit
        The fits.
    data : RunData
        The usable clips with labels.

    Returns
    -------
    dict of PlannedFit to str
    """
    digests = FoldDigests(data.clips)
    groups = {id(fit.fold): fit.fold for fit in planned if _needs_groups(fit.model.definition)}
    group_digests = {number: stopping_groups(fold, data).digest for number, fold in groups.items()}
    model_facts: dict[tuple[int, bool], dict[str, Any]] = {}  # computed once per model, not once per fit
    keys = {}
    for fit in planned:
        if fit.model.skipped:
            continue
        kind = (id(fit.model), fit.importance)
        if kind not in model_facts:
            model_facts[kind] = _model_facts(fit, data)
        seed = fit.seed if fit.model.definition.is_seeded else None
        facts = {**model_facts[kind], **digests.of(fit.fold), "seed": seed}
        if _needs_groups(fit.model.definition):
            facts["groups"] = group_digests[id(fit.fold)]
        keys[fit] = fit_key(fit.model.definition, facts)
    return keys


def condition_tests(planned: Iterable[PlannedFit], data: RunData) -> dict[PlannedFit, dict[str, ConditionTest]]:
    """Return what decides the predictions of each fit under each recording condition.

    Parameters
    ----------
    planned : iterable of PlannedFit
        Fits that are not skipped.
    data : RunData
        The usable clips with labels.

    Returns
    -------
    dict of PlannedFit to dict of str to ConditionTest
        By the name of the condition.
    """
    sets_of: dict[int, dict[str, list[str]]] = {}  # computed once per model, not once per fit
    clips_of: dict[tuple[int, str], np.ndarray] = {}
    tests = {}
    for fit in planned:
        if id(fit.model) not in sets_of:
            tested = fit.model.tested_sets.items()
            sets_of[id(fit.model)] = {c.name: [stored_name(s) for s in sets] for c, sets in tested}
        tests[fit] = {
            name: _condition_test(fit.fold, name, sets, data, clips_of) for name, sets in sets_of[id(fit.model)].items()
        }
    return tests


def _condition_test(
    fold: Fold, name: str, sets: Sequence[str], data: RunData, clips_of: dict[tuple[int, str], np.ndarray]
) -> ConditionTest:
    """Return the test of a fold under a condition; ``clips_of`` keeps which test clips a condition could change."""
    if (id(fold), name) not in clips_of:
        clips_of[id(fold), name] = data.is_changed(name)[data.row_numbers(fold.test)]
    changed = clips_of[id(fold), name]
    digest = digest_of((name, *sets, *np.flatnonzero(~changed).tolist()))
    return ConditionTest(digest, int(changed.sum()))


def _needs_groups(model: Model) -> bool:
    return model.takes_groups or model.is_calibrated


def _model_facts(fit: PlannedFit, data: RunData) -> dict[str, Any]:
    trained_under = [name for name in fit.model.definition.conditions if name in data.unchanged]
    copied_as_recorded = {name: sorted(data.unchanged[name]) for name in trained_under}
    return {
        **({"copied_as_recorded": copied_as_recorded} if copied_as_recorded else {}),
        "parameters": dict(fit.model.definition.parameters),
        **({"bound": dict(fit.model.definition.bound)} if fit.model.definition.bound else {}),
        "features": [[stored_name(s) for s in sets] for sets in fit.model.all_sets],
        "normalize": data.normalize,
        "corpus": data.fingerprint if data.normalize != "none" else "",
        "labels": data.labels,
        "shuffled": sorted(fit.shuffled_columns),
    }


def fit_key(model: Model, facts: Mapping[str, Any]) -> str:
    """Return a SHA-256 of ``facts`` (JSON values), the source code of the model, and the versions of its libraries.

    Parameters
    ----------
    model : Model
        The model.
    facts : mapping
        Everything else that decides the outcome.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    document = {
        "model": model.name,
        "source": source_hash((*_SHARED_SOURCE, *model.source)),
        "libraries": {name: installed_version(name) for name in ("numpy", *model.needs)},
        **({"version": model.version} if model.version else {}),
        **facts,
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True, default=list).encode()).hexdigest()


def run_identity(
    planned: Sequence[PlannedFit], keys: Mapping[PlannedFit, str], info: RunInfo, tables: Iterable[pd.DataFrame]
) -> str:
    """Return a SHA-256 of everything that decides the files of a run, except when and where it was computed.

    Parameters
    ----------
    planned : sequence of PlannedFit
        The fits.
    keys : mapping of PlannedFit to str
        Keys of the fits that are not skipped.
    info : RunInfo
        The content of ``run.json``.
    tables : iterable of DataFrame
        The tables that are known before the fits.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    fits = ((f.model.name, f.split, f.repeat, f.fold_number, keys.get(f, f.model.skipped)) for f in planned)
    scores = ((metric.name, metric.version) for metric in METRICS.values())
    content = info.model_dump(mode="json", exclude={*PROVENANCE, "options"})
    options = info.options.model_dump(mode="json", exclude={*EXECUTION_OPTIONS, *PATH_OPTIONS})
    described = json.dumps([content, options], sort_keys=True)
    rows = (table.to_csv(index=False) for table in tables)
    return digest_of((__version__, *fits, *scores, described, *rows))


def digest_of(values: Iterable[object]) -> str:
    """Return the SHA-256 of a sequence of plain values.

    Parameters
    ----------
    values : iterable
        Values whose ``repr`` identifies them.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hashlib.sha256(b"".join(map(_line, values))).hexdigest()


def _line(value: object) -> bytes:
    return repr(value).encode() + b"\n"


class FoldDigests:
    """Digests of folds; formats each clip once, and hashes each fold once however many models use it.

    Parameters
    ----------
    clips : pandas.DataFrame
        The clips with ``key``, ``label`` and ``speaker``, indexed by clip.
    """

    def __init__(self, clips: pd.DataFrame) -> None:
        columns = [clips[name].tolist() for name in ("key", "label", "speaker")]
        self._train_lines = dict(zip(clips.index, map(_line, zip(*columns, strict=True)), strict=True))
        self._test_lines = dict(zip(clips.index, map(_line, columns[0]), strict=True))
        self._cache: dict[int, tuple[Fold, dict[str, str]]] = {}  # keeps the fold, so that its id stays taken

    def of(self, fold: Fold) -> dict[str, str]:
        """Return ``train``, a digest of audio, labels and speakers, and ``test``, a digest of audio.

        Parameters
        ----------
        fold : Fold
            The fold.

        Returns
        -------
        dict of str to str
        """
        if id(fold) not in self._cache:
            digests = {
                "train": _digest_lines(self._train_lines, fold.train),
                "test": _digest_lines(self._test_lines, fold.test),
            }
            self._cache[id(fold)] = (fold, digests)
        return self._cache[id(fold)][1]


def _digest_lines(lines: Mapping[str, bytes], clips: Sequence[str]) -> str:
    return hashlib.sha256(b"".join(map(lines.__getitem__, clips))).hexdigest()


@cache
def source_hash(modules: tuple[str, ...]) -> str:
    """Return a SHA-256 of the source code of modules, without importing them.

    Parameters
    ----------
    modules : tuple of str
        Names of modules.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name in modules:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ConfigError(f"the module {name} is not found, whose source a model names; correct its name")
        digest.update(Path(spec.origin).read_bytes())
    return digest.hexdigest()
