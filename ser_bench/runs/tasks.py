"""Carry out planned fits: read finished ones from the cache, compute the others in workers, save each at once."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ser_bench.core.clock import utc_time
from ser_bench.core.errors import StoreError
from ser_bench.core.files import scratch_folder
from ser_bench.core.interrupt import interruptible
from ser_bench.core.versions import source_commit
from ser_bench.runs.condition_cache import ConditionCache, ConditionTest
from ser_bench.runs.early_stopping import stopping_groups
from ser_bench.runs.fit import ChangedClips, FitResult, FitTask, run_fit
from ser_bench.runs.fit_cache import FitCache
from ser_bench.runs.keys import condition_tests
from ser_bench.runs.plan import PlannedFit, warn_about_long_fits
from ser_bench.runs.results.run_info import Work
from ser_bench.runs.workers import (
    LOCAL,
    Requirements,
    TaskResult,
    can_read_files,
    check_workers,
    count_workers,
    run_tasks,
)
from ser_bench.store import FeatureStore
from ser_bench.store.matrix import assemble, save_matrix, stack_clips, standardize_speakers

if TYPE_CHECKING:
    from ser_bench.core.options import Options
    from ser_bench.core.progress import Progress
    from ser_bench.features.base import FeatureSet
    from ser_bench.runs.data import RunData


@dataclass(frozen=True)
class FitFailure:
    """A fit without predictions, and the reason.

    Attributes
    ----------
    status : {"failed", "timeout", "skipped"}
        How the fit ended.
    error : str
        Why.
    """

    status: Literal["failed", "timeout", "skipped"]
    error: str


FitResults = Mapping[PlannedFit, FitResult | FitFailure]


def carry_out_fits(
    planned: Sequence[PlannedFit],
    keys: Mapping[PlannedFit, str],
    data: RunData,
    options: Options,
    store: Path,
    progress: Progress,
) -> tuple[FitResults, Work]:
    """Return the outcome of every planned fit.

    Finished fits come from the cache, unless ``options.fresh`` is set. Fits with equal keys, as two splits may have,
    are computed once. The most expensive fits start first, and each result is saved at once.

    Parameters
    ----------
    planned : sequence of PlannedFit
        The fits.
    keys : mapping of PlannedFit to str
        Keys of the fits that are not skipped.
    data : RunData
        Clips and labels.
    options : Options
        The options of the run.
    store : Path
        Folder of the store.
    progress : Progress
        Receives the progress, and the events ``planned`` and ``fit``.

    Returns
    -------
    results : mapping of PlannedFit to FitResult or FitFailure
        The outcomes.
    work : Work
        Counts and times.
    """
    caches = _Caches(FitCache(store, progress), ConditionCache(store, progress), data.labels)
    tests = condition_tests(keys, data)
    results: dict[PlannedFit, FitResult | FitFailure] = {
        fit: FitFailure("skipped", fit.model.skipped) for fit in planned if fit.model.skipped
    }
    cached = {} if options.fresh else {fit: caches.load(fit, key, tests[fit]) for fit, key in keys.items()}
    missing = {fit: _missing_conditions(cached.get(fit), tests[fit]) for fit in keys}
    results |= {fit: result for fit, result in cached.items() if result and not missing[fit]}
    same_key: dict[str, list[PlannedFit]] = {}
    for fit, key in keys.items():
        if fit not in results:
            same_key.setdefault(key, []).append(fit)
    todo = sorted((fits[0] for fits in same_key.values()), key=lambda fit: -fit.cost)
    jobs = min(count_workers(options.engine, options.jobs), max(1, len(todo)))
    n_cached = len(keys) - sum(map(len, same_key.values()))
    progress.event("planned", fits=len(keys), cached=n_cached, cost=sum(fit.cost for fit in todo), jobs=jobs)
    warn_about_long_fits(todo, progress)
    start = time.perf_counter()
    work_of = {fit: tuple(name for name, test in tests[fit].items() if test.clips) for fit in todo}
    with closing(_compute(work_of, data, options, store, jobs, progress)) as outcomes:
        for fit, outcome in outcomes:
            key = keys[fit]
            result = _save_or_warn(fit, outcome, caches, key, tests[fit], cached.get(fit), progress)
            results |= dict.fromkeys(same_key[key], result)
            _log_fits(same_key[key], result, progress)
    by_key = {key: results.get(fit) for fit, key in keys.items()}
    work = _summarize_work(by_key, [keys[fit] for fit in todo], time.perf_counter() - start, jobs, len(keys))
    return {fit: results[fit] for fit in planned}, work


@dataclass(frozen=True)
class _Caches:
    """The caches of finished fits and of their predictions under recording conditions."""

    fits: FitCache
    conditions: ConditionCache
    labels: tuple[str, ...]

    def load(self, fit: PlannedFit, key: str, tests: Mapping[str, ConditionTest]) -> FitResult | None:
        """Return a finished fit with the predictions under conditions that are there."""
        result = self.fits.load(key, len(fit.fold.test), self.labels, len(fit.fold.train))
        return replace(result, conditions=self.conditions.load(key, tests, self.labels)) if result else None

    def save(
        self, key: str, result: FitResult, tests: Mapping[str, ConditionTest], earlier: FitResult | None
    ) -> FitResult:
        """Save a computed fit and return it; where its predictions are those of ``earlier``, that fit is kept."""
        same = earlier is not None and _predict_the_same(earlier, result)
        if not same:  # all predictions of a fit are those of one training
            self.conditions.remove(key)
            self.fits.save(key, result)
        if result.conditions:
            self.conditions.save(key, result.conditions, tests, self.labels)
        return replace(earlier, conditions=result.conditions) if earlier and same else result


def _predict_the_same(first: FitResult, second: FitResult) -> bool:
    """Return whether two trainings give the same predictions for the clips as recorded."""
    same_labels = np.array_equal(first.predicted, second.predicted)
    return same_labels and np.array_equal(first.probabilities, second.probabilities)


def _missing_conditions(result: FitResult | None, tests: Mapping[str, ConditionTest]) -> list[str]:
    """Return the conditions under which a fit has no predictions yet; a condition that changed no clip has none."""
    return [name for name, test in tests.items() if test.clips and (result is None or name not in result.conditions)]


def _compute(
    todo: Mapping[PlannedFit, Sequence[str]],
    data: RunData,
    options: Options,
    store: Path,
    jobs: int,
    progress: Progress,
) -> Generator[tuple[PlannedFit, TaskResult]]:
    """Compute fits and their predictions under recording conditions in workers; yield each fit with its outcome."""
    if not todo:
        return
    advance = progress.start(sum(fit.cost for fit in todo), "fitting", "fit", len(todo))
    with map_matrices(todo, data, store) as matrices, interruptible(progress) as until_interrupted:
        requirements = prepare_workers(tuple(todo), tuple(matrices.values()), options.engine, progress)
        outcomes = run_tasks(
            run_fit,
            ((fit, make_task(fit, data, matrices, todo[fit])) for fit in until_interrupted(todo)),
            jobs=jobs,
            timeout=options.fit_timeout,
            engine=options.engine,
            requirements=requirements,
        )
        for outcome in outcomes:
            advance(outcome.key.cost)
            yield outcome.key, outcome


def make_task(
    fit: PlannedFit,
    data: RunData,
    matrices: Mapping[tuple[FeatureSet, ...], Path],
    conditions: Sequence[str] = (),
) -> FitTask:
    """Return what a worker needs for a fit; ``matrices`` are those of :func:`map_matrices`.

    Parameters
    ----------
    fit : PlannedFit
        The fit.
    data : RunData
        The usable clips with labels.
    matrices : mapping of tuple of FeatureSet to Path
        The files of :func:`map_matrices`.
    conditions : sequence of str
        The recording conditions under which the model is tested, of those in the plan.

    Returns
    -------
    FitTask
    """
    train = data.row_numbers(fit.fold.train)
    stopping = stopping_groups(fit.fold, data)
    matrix, *augmented = [matrices[sets] for sets in fit.model.all_sets]
    test = data.row_numbers(fit.fold.test)
    tested_sets = {condition.name: sets for condition, sets in fit.model.tested_sets.items()}
    return FitTask(
        model=fit.model.definition,
        parameters=fit.model.definition.parameters,
        seed=fit.seed,
        matrix=matrix,
        augmented=tuple(augmented),
        train=train,
        test=test,
        y=data.y[train],
        groups=stopping.groups,
        speakers=stopping.speakers,
        labels=data.labels,
        columns=fit.shuffled_columns,
        order_seed=data.order_seed(fit.fold),
        conditions={
            name: ChangedClips(matrices[tested_sets[name]], np.flatnonzero(data.is_changed(name)[test]))
            for name in conditions
        },
    )


@contextmanager
def map_matrices(
    fits: Mapping[PlannedFit, Sequence[str]], data: RunData, store: Path
) -> Iterator[dict[tuple[FeatureSet, ...], Path]]:
    """Write the feature matrices of fits to files that workers map into memory; remove the files at the end.

    Parameters
    ----------
    fits : mapping of PlannedFit to sequence of str
        The fits, with the recording conditions under which each is tested.
    data : RunData
        The clips.
    store : Path
        Folder of the store.

    Yields
    ------
    dict of tuple of FeatureSet to Path
        A file per combination of feature sets, each of shape ``(n, d)`` or ``(n, t, d)``. Clips that a recording
        condition could not change are there as recorded.

    Raises
    ------
    StoreError
        If a file cannot be written.
    """
    with scratch_folder(store) as folder:
        paths: dict[tuple[FeatureSet, ...], Path] = {}
        used = {sets: fit.model.sets for fit, names in fits.items() for sets in _used_sets(fit, names)}
        for sets, as_recorded in used.items():
            X = _assemble_changed(data, sets, as_recorded, FeatureStore(store))
            if data.normalize == "speaker":
                X = standardize_speakers(X, data.groups)
            paths[sets] = _save(X, folder / f"{len(paths)}.npy")
        yield paths


def _used_sets(fit: PlannedFit, conditions: Sequence[str]) -> Iterator[tuple[FeatureSet, ...]]:
    """Yield the combinations of feature sets that a fit trains on, then those that it is tested on."""
    yield from fit.model.all_sets
    yield from (sets for condition, sets in fit.model.tested_sets.items() if condition.name in conditions)


def _assemble_changed(
    data: RunData, sets: tuple[FeatureSet, ...], as_recorded: tuple[FeatureSet, ...], store: FeatureStore
) -> np.ndarray:
    """Return the features of all clips; those that a recording condition could not change are as recorded."""
    condition = sets[0].condition
    changed = data.is_changed(condition.name) if condition else np.ones(len(data.clips), dtype=bool)
    if condition is None or changed.all():
        return assemble(data.clips, sets, store)
    rows: dict[int, np.ndarray] = {}
    for mask, chosen in ((changed, sets), (~changed, as_recorded)):
        values = assemble(data.clips[mask], chosen, store) if mask.any() else ()
        rows |= dict(zip(np.flatnonzero(mask).tolist(), values, strict=True))
    return stack_clips([rows[row] for row in range(len(changed))])


def _save(X: np.ndarray, path: Path) -> Path:
    try:
        return save_matrix(X, path)
    except OSError as error:  # for a full disk NumPy raises one without strerror
        reason = error.strerror or "no space left"
        raise StoreError(
            f"cannot write {path}: {reason}\nfree disk space and run again; finished fits are saved"
        ) from None


def prepare_workers(
    fits: Sequence[PlannedFit], matrices: tuple[Path, ...], engine: str, progress: Progress
) -> Requirements:
    """Check that all workers can compute the fits; return which files and libraries they need.

    Parameters
    ----------
    fits : sequence of PlannedFit
        The fits.
    matrices : tuple of Path
        Files of the feature matrices.
    engine : str
        The engine.
    progress : Progress
        Receives warnings about versions of libraries.

    Returns
    -------
    Requirements

    Raises
    ------
    EngineError
        If a worker cannot.
    """
    libraries = tuple(dict.fromkeys(("numpy", *(name for fit in fits for name in fit.model.definition.needs))))
    shared = can_read_files(engine, matrices)
    requirements = Requirements(
        visible=matrices if shared else (), files=() if shared else matrices, libraries=libraries
    )
    check_workers(engine, requirements, progress)
    if engine != LOCAL:
        progress.detail("workers read features from the store" if shared else "features are sent to the workers")
    return requirements


def _save_or_warn(
    fit: PlannedFit,
    outcome: TaskResult,
    caches: _Caches,
    key: str,
    tests: Mapping[str, ConditionTest],
    earlier: FitResult | None,
    progress: Progress,
) -> FitResult | FitFailure:
    """Save the result of a fit, or warn that it failed."""
    if outcome.status != "ok":
        failure = FitFailure("timeout" if outcome.status == "timeout" else "failed", outcome.error or "")
        progress.warning(f"{fit} {failure.status}: {failure.error}")
        return failure
    computed: FitResult = replace(outcome.value, finished=utc_time(), commit=source_commit())
    result = caches.save(key, computed, tests, earlier)
    progress.detail(f"{fit}: {result.fit_seconds:.1f} s")
    for line in result.warnings:
        progress.detail(f"{fit} warns: {line}")
    return result


def _log_fits(fits: Sequence[PlannedFit], result: FitResult | FitFailure, progress: Progress) -> None:
    """Log a fit, and those with an equal key at no further cost."""
    outcome: dict[str, Any] = {"status": "ok"}
    if isinstance(result, FitResult):
        outcome["seconds"] = round(result.fit_seconds + result.predict_seconds, 3)
    else:
        outcome = {"status": result.status, "error": result.error}
    for number, fit in enumerate(fits):
        name = {"model": fit.model.name, "split": fit.split, "repeat": fit.repeat, "fold": fit.fold_number}
        progress.event("fit", **name, **outcome, cost=0.0 if number else fit.cost)


def _seconds(result: FitResult) -> float:
    """Return the time inside fit and predict, under recording conditions too."""
    return result.fit_seconds + result.predict_seconds + sum(part.seconds for part in result.conditions.values())


def _summarize_work(
    results: Mapping[str, FitResult | FitFailure | None],
    computed: Sequence[str],
    wall_seconds: float,
    jobs: int,
    n_fits: int,
) -> Work:
    """Return counts and times; ``results`` are by key, and ``computed`` are the keys of the fits of this run."""
    seconds = {key: _seconds(result) for key, result in results.items() if isinstance(result, FitResult)}
    done = [seconds[key] for key in computed if key in seconds]
    return Work(
        computed=len(computed),
        reused=n_fits - len(computed),
        failed=len(computed) - len(done),
        jobs=jobs,
        wall_seconds=round(wall_seconds, 3),
        worker_seconds=round(wall_seconds * jobs, 3),
        fit_share=round(sum(done) / (wall_seconds * jobs), 4) if done else None,
        all_fits_seconds=round(sum(seconds.values()), 3),
        reused_fits_seconds=round(sum(seconds.values()) - sum(done), 3),
    )
