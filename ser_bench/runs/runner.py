"""A run: the corpus is opened, features are extracted, planned fits are read or computed, files are written."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench.core.errors import RunError, StoreError
from ser_bench.core.files import ensure_writable, scratch_folder
from ser_bench.core.interrupt import interruptible
from ser_bench.core.places import default_store
from ser_bench.core.progress import NoProgress, Progress
from ser_bench.core.versions import __version__
from ser_bench.features import column_groups, set_key
from ser_bench.metrics import METRICS
from ser_bench.runs import forecast, plan, results
from ser_bench.runs import leakage as audit
from ser_bench.runs import rows as records
from ser_bench.runs.extraction import ExtractionResult, extract, report_problems
from ser_bench.runs.fit import FitResult, FitTask, run_fit
from ser_bench.runs.fit_cache import FitStore, FoldDigests, digest_of, fit_key
from ser_bench.runs.inputs import open_corpus
from ser_bench.runs.log import RunLog
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
from ser_bench.store import matrix as matrices

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.corpora import OpenCorpus
    from ser_bench.features.base import FeatureSet


@dataclass(frozen=True)
class RunOutcome:
    """Where a run's files lie, how many of its fits did not end well, and whether they were there already."""

    folder: Path
    failed: int
    fits: int
    work: Work
    unchanged: bool = False


@dataclass(frozen=True)
class Setting:
    """What the fits of a run have in common: clips with their labels, the labels' order, the corpus's hash."""

    clips: pd.DataFrame
    labels: tuple[str, ...]
    fingerprint: str
    normalize: str

    def rows(self, clips: Sequence[str]) -> np.ndarray:
        """Return the row numbers of clips."""
        return np.array([self._row_of[clip] for clip in clips])

    @cached_property
    def y(self) -> np.ndarray:
        """The clips' labels."""
        return self.clips["label"].to_numpy(dtype=str)

    @cached_property
    def groups(self) -> np.ndarray:
        """The clips' speakers."""
        return self.clips["speaker"].to_numpy(dtype=str)

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {clip: row for row, clip in enumerate(self.clips.index)}  # the table is indexed by clip


def run(options: Options, progress: Progress | None = None) -> RunOutcome:
    """Carry out a run and leave its files in the folder that ``options.out`` names; as :func:`running`."""
    with running(options, progress) as outcome:
        return outcome


@contextmanager
def running(options: Options, progress: Progress | None = None) -> Iterator[RunOutcome]:
    """Carry out a run and yield what came of it; until the block ends no other process writes into its folder.

    Raises
    ------
    SerBenchError
        For whatever in the options or the data makes the run impossible; fits that fail do not raise.
    """
    progress = progress or NoProgress()
    started = time.time()
    plan.check_names(options)
    opened = open_corpus(options, progress)
    chosen = plan.entries(options, opened.feature_sets())
    for entry in chosen:
        if entry.skipped:
            progress.warning(f"{entry.model.name} is skipped: {entry.skipped}")
    folder = options.out or Path("results", opened.corpus.name)
    ensure_writable(folder, RunError, "--out")
    plan.fits(chosen, plan.with_labels(opened.clips, options.target), options)  # so that errors come at once
    with results.alone_in(folder), RunLog(folder, progress) as run_log:
        yield _run_into(folder, opened, chosen, options, run_log, started)


def _run_into(
    folder: Path, opened: OpenCorpus, chosen: Sequence[plan.Entry], options: Options, progress: Progress, started: float
) -> RunOutcome:
    """Extract, fit what was not yet fitted, and write the run's files, unless they are there already."""
    store = (options.store or default_store()).absolute()
    extraction, setting = set_up(opened, chosen, options, store, progress)
    clips = setting.clips
    planned = plan.fits(chosen, clips.reset_index(drop=True), options)
    keys = keys_of(planned, setting)
    identity = identity_of(planned, keys, extraction)
    if not options.fresh and results.is_finished(folder, identity):
        progress.event("planned", fits=len(keys), before=len(keys), cost=0.0, jobs=0)
        return RunOutcome(folder, 0, len(planned), Work(computed=0, reused=len(keys)), unchanged=True)
    book, work = carry_out(planned, keys, setting, options, store, progress)
    info = records.describe(options, opened, extraction, setting.labels, chosen, work, started, identity)
    tables = {
        "fits": records.fit_rows(planned, book, keys, clips, options, opened.corpus.name),
        "curves": records.curve_rows(planned, book),
        "clips": records.clip_rows(clips, opened.folders),
        "audit": audit.audit_rows(planned, clips),
        "importance": records.importance_rows(planned, book, clips),
    }
    predictions = records.prediction_rows(planned, book, clips, setting.labels, options.normalize)
    results.write_run(folder, info, predictions, tables)
    return RunOutcome(folder, work.failed, len(planned), work)


def set_up(
    opened: OpenCorpus, chosen: Sequence[plan.Entry], options: Options, store: Path, progress: Progress
) -> tuple[ExtractionResult, Setting]:
    """Extract what the models need, and return it with the clips as the fits will see them."""
    sets, jobs = plan.needed_sets(chosen), count_workers(options.engine, options.jobs)
    extraction = extract(opened, sets, FeatureStore(store), jobs=jobs, progress=progress, engine=options.engine)
    report_problems(extraction, progress)
    clips = plan.with_labels(extraction.clips, options.target).set_index("clip", drop=False)
    labels = plan.labels_in_order(clips, options.target)
    return extraction, Setting(clips, labels, extraction.fingerprint, options.normalize)


def identity_of(
    planned: Sequence[plan.PlannedFit], keys: Mapping[plan.PlannedFit, str], extraction: ExtractionResult
) -> str:
    """Return a hash of everything that a run's files depend on; an equal one need not be written again."""
    fits = ((f.entry.model.name, f.split, f.repeat, f.number, keys.get(f, f.entry.skipped)) for f in planned)
    left_out = ((p.path, p.reason) for p in (*extraction.duplicates, *extraction.problems))
    scores = ((metric.name, metric.version) for metric in METRICS.values())
    return digest_of((__version__, extraction.fingerprint, *fits, *scores, *left_out))


Book = dict[plan.PlannedFit, FitResult | records.Failure]


def carry_out(
    planned: Sequence[plan.PlannedFit],
    keys: Mapping[plan.PlannedFit, str],
    setting: Setting,
    options: Options,
    store: Path,
    progress: Progress,
) -> tuple[Book, Work]:
    """Read the fits that are done, compute the others, longest first, and save each as it completes."""
    saved = FitStore(store, progress)
    book: Book = {f: records.Failure("skipped", f.entry.skipped) for f in planned if f.entry.skipped}
    if not options.fresh:
        for fit, key in keys.items():
            if result := saved.load(key, len(fit.fold.test), setting.labels):
                book[fit] = result
    twins: dict[str, list[plan.PlannedFit]] = {}  # equal fits, of several splits or repeats, are computed once
    for fit, key in keys.items():
        if fit not in book:
            twins.setdefault(key, []).append(fit)
    todo = sorted((same[0] for same in twins.values()), key=lambda fit: -fit.cost)
    begun = time.perf_counter()
    jobs = min(count_workers(options.engine, options.jobs), max(1, len(todo)))
    cost = sum(fit.cost for fit in todo)
    progress.event("planned", fits=len(keys), before=len(keys) - sum(map(len, twins.values())), cost=cost, jobs=jobs)
    forecast.warn(todo, progress)
    if todo:
        advance = progress.start(cost, "fitting", "fit", len(todo))
        with mapped_matrices(todo, setting, store) as paths, interruptible(progress) as handed_on:
            how = ready(todo, tuple(paths.values()), options.engine, progress)
            asked = handed_on(todo)
            tasks = ((fit, task_of(fit, setting, [paths[sets] for sets in all_sets(fit)])) for fit in asked)
            for outcome in run_tasks(run_fit, tasks, jobs=jobs, timeout=options.fit_timeout, **how):
                advance(outcome.key.cost)
                kept = _keep(outcome, saved, keys[outcome.key], progress)
                same = twins[keys[outcome.key]]
                book |= dict.fromkeys(same, kept)
                _log(same, kept, progress)
    return book, _work(todo, book, time.perf_counter() - begun, jobs, reused=len(keys) - len(todo))


def ready(
    todo: Sequence[plan.PlannedFit], matrices: tuple[Path, ...], engine: str, progress: Progress
) -> dict[str, Any]:
    """Return where fits are carried out and what they need there, which every worker was asked about."""
    libraries = tuple(dict.fromkeys(("numpy", *(name for fit in todo for name in fit.entry.model.needs))))
    shared = can_read_files(engine, matrices)
    requirements = Requirements(
        visible=matrices if shared else (), files=() if shared else matrices, libraries=libraries
    )
    check_workers(engine, requirements, progress)
    if engine != LOCAL:
        progress.detail("workers read features from the store" if shared else "features are sent to the workers")
    return {"engine": engine, "requirements": requirements}


def _keep(outcome: TaskResult, saved: FitStore, key: str, progress: Progress) -> FitResult | records.Failure:
    """Save a fit that ended well and return it; tell of one that did not."""
    if outcome.status == "ok":
        result: FitResult = outcome.value
        saved.save(key, result)
        progress.detail(f"{_name(outcome.key)}: {result.fit_seconds:.1f} s")
        for warning in result.warnings:
            progress.detail(f"{_name(outcome.key)} warns: {warning}")
        return result
    failure = records.Failure("timeout" if outcome.status == "timeout" else "failed", outcome.error or "")
    progress.warning(f"{_name(outcome.key)} {failure.status}: {failure.error}")
    return failure


def _log(same: Sequence[plan.PlannedFit], kept: FitResult | records.Failure, progress: Progress) -> None:
    """Note what became of a fit, and of those that equal it."""
    if isinstance(kept, FitResult):
        how: dict[str, Any] = {"status": "ok", "seconds": round(kept.fit_seconds + kept.predict_seconds, 3)}
    else:
        how = {"status": kept.status, "error": kept.error}
    for place, fit in enumerate(same):
        cost = fit.cost if place == 0 else 0.0
        told = {"model": fit.entry.model.name, "split": fit.split, "repeat": fit.repeat, "fold": fit.number}
        progress.event("fit", **told, **how, cost=cost)


def keys_of(planned: Sequence[plan.PlannedFit], setting: Setting) -> dict[plan.PlannedFit, str]:
    """Return the key under which each fit is kept: everything that decides its outcome."""
    digests = FoldDigests(setting.clips)
    entries: dict[tuple[int, bool], dict[str, Any]] = {}  # what all fits of a model have in common is worked out once
    keys = {}
    for fit in planned:
        if fit.entry.skipped:
            continue
        kind = (id(fit.entry), fit.importance)
        if kind not in entries:
            entries[kind] = _common_parts(fit, setting)
        seed = fit.seed if fit.entry.model.is_seeded else None
        keys[fit] = fit_key(fit.entry.model, parts={**entries[kind], **digests.of(fit.fold), "seed": seed})
    return keys


def _common_parts(fit: plan.PlannedFit, setting: Setting) -> dict[str, Any]:
    return {
        "parameters": dict(fit.entry.model.parameters),
        "features": [[f"{s.name}-{set_key(s)}" for s in sets] for sets in all_sets(fit)],
        "normalize": setting.normalize,
        "corpus": setting.fingerprint if setting.normalize != "none" else "",
        "labels": setting.labels,
        "shuffled": sorted(shuffled_columns(fit)),
    }


def all_sets(fit: plan.PlannedFit) -> tuple[tuple[FeatureSet, ...], ...]:
    """Return the sets of a fit as recorded, then at each speed that it trains on."""
    return (fit.entry.sets, *fit.entry.copies)


def task_of(fit: plan.PlannedFit, setting: Setting, matrices: Sequence[Path]) -> FitTask:
    """Return what a worker needs to carry out a fit; the test clips' labels stay here.

    ``matrices`` are those of :func:`all_sets`.
    """
    train = setting.rows(fit.fold.train)
    return FitTask(
        model=fit.entry.model,
        parameters=fit.entry.model.parameters,
        seed=fit.seed,
        matrix=matrices[0],
        copies=tuple(matrices[1:]),
        train=train,
        test=setting.rows(fit.fold.test),
        y=setting.y[train],
        groups=setting.groups[train],
        labels=setting.labels,
        columns=shuffled_columns(fit),
    )


def shuffled_columns(fit: plan.PlannedFit) -> dict[str, list[int]]:
    """Return the groups of columns whose importance a fit measures, if it does."""
    groups = column_groups(fit.entry.sets) if fit.importance else {}
    return groups if len(groups) > 1 else {}


@contextmanager
def mapped_matrices(
    todo: Sequence[plan.PlannedFit], setting: Setting, store: Path
) -> Iterator[dict[tuple[FeatureSet, ...], Path]]:
    """Write the arrays that the fits need where workers can map them, and remove them afterwards."""
    with scratch_folder(store) as folder:
        paths: dict[tuple[FeatureSet, ...], Path] = {}
        for sets in dict.fromkeys(sets for fit in todo for sets in all_sets(fit)):
            X = matrices.assemble(setting.clips, sets, FeatureStore(store))
            if setting.normalize == "speaker":
                X = matrices.standardize_speakers(X, setting.groups)
            paths[sets] = _saved(X, folder / f"{len(paths)}.npy")
        yield paths


def _saved(X: np.ndarray, path: Path) -> Path:
    try:
        return matrices.save_matrix(X, path)
    except OSError as error:  # NumPy's own words for a full disk are how many values it wrote
        why = error.strerror or "no space left"
        raise StoreError(f"cannot write {path}: {why}\nmake room; what is done is kept") from None


def _work(todo: Sequence[plan.PlannedFit], book: Book, wall: float, jobs: int, *, reused: int) -> Work:
    """Account for the workers' time: how much of it was spent inside fit and predict."""
    done = [result for fit in todo if isinstance(result := book.get(fit), FitResult)]
    inside = sum(result.fit_seconds + result.predict_seconds for result in done)
    return Work(
        computed=len(todo),
        reused=reused,
        failed=len(todo) - len(done),
        jobs=jobs,
        wall_seconds=round(wall, 3),
        worker_seconds=round(wall * jobs, 3),
        fit_share=round(inside / (wall * jobs), 4) if done else None,
    )


def _name(fit: plan.PlannedFit) -> str:
    return f"{fit.entry.model.name}, {fit.split} fold {fit.number + 1}" + (f", repeat {fit.repeat}" * bool(fit.repeat))
