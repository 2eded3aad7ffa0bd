"""A run: open the corpus, extract features, carry out the planned fits, and write the files of the run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.clock import utc_time
from ser_bench.core.errors import RunError
from ser_bench.core.files import ensure_writable
from ser_bench.core.places import default_store
from ser_bench.core.progress import NoProgress, Progress
from ser_bench.core.text import shortened_list
from ser_bench.corpora.clip_table import Problem
from ser_bench.runs import plan, results, rows
from ser_bench.runs.classes import class_faults, class_warnings, unused_classes
from ser_bench.runs.data import RunData, add_labels, extract_data, refuse_unknown_genders
from ser_bench.runs.exposure import check_statements, exposures, report_sets
from ser_bench.runs.inputs import default_folder, open_corpus
from ser_bench.runs.keys import fit_keys, run_identity
from ser_bench.runs.leakage import leakage_rows
from ser_bench.runs.log import RunLog
from ser_bench.runs.results.earlier import keep_earlier_run
from ser_bench.runs.results.losses import loss_table
from ser_bench.runs.results.run_info import Work
from ser_bench.runs.tasks import carry_out_fits
from ser_bench.splits import DEFAULT_FOLDS, RANDOM_TAKES
from ser_bench.splits.takes import repeated

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.corpora import OpenCorpus
    from ser_bench.runs.extraction import ExtractionResult


@dataclass(frozen=True)
class RunOutcome:
    """What a run did.

    Attributes
    ----------
    folder : Path
        The run folder.
    fits : int
        Number of planned fits.
    work : Work
        Counts of fits and times; ``work.failed`` fits have no predictions.
    existing : SavedRun or None
        The run, if the folder already held it.
    """

    folder: Path
    fits: int
    work: Work
    existing: results.SavedRun | None = field(default=None, repr=False)

    @property
    def unchanged(self) -> bool:
        """Whether the folder already held this run, so that nothing was written."""
        return self.existing is not None

    @cached_property
    def saved(self) -> results.SavedRun:
        """The run as its folder holds it, read once."""
        return self.existing or results.read_run(self.folder)


def run(options: Options, progress: Progress | None = None) -> RunOutcome:
    """Carry out a run and write its files; see :func:`locked_run`.

    Parameters
    ----------
    options : Options
        The options of the run.
    progress : Progress, optional
        Receives messages and progress.

    Returns
    -------
    RunOutcome
    """
    with locked_run(options, progress) as outcome:
        return outcome


@contextmanager
def locked_run(options: Options, progress: Progress | None = None) -> Iterator[RunOutcome]:
    """Carry out a run and write its files; keep the run folder locked until the block ends.

    Parameters
    ----------
    options : Options
        The options of the run.
    progress : Progress, optional
        Receives messages and progress.

    Yields
    ------
    RunOutcome
        The run folder and what was done.

    Raises
    ------
    SerBenchError
        If the options or the data make the run impossible. A fit that fails does not raise.
    """
    started = time.time()
    progress = progress or NoProgress()
    plan.check_names(options)
    opened = open_corpus(options, progress)
    planned_models = plan.plan_models(options, opened.feature_sets())
    for model in planned_models:
        if model.skipped:
            progress.warning(f"{model.name} is skipped: {model.skipped}")
    plan.report_effort(planned_models, progress)
    check_statements(planned_models, options)
    report_sets(planned_models, opened, options, progress)
    missing = plan.missing_conditions(options)
    for reason in dict.fromkeys(missing.values()):
        names = [name for name in missing if missing[name] == reason]
        progress.warning(f"not tested under {shortened_list(names)}: {reason}")
    folder = options.out or default_folder(opened, options.target)
    ensure_writable(folder, RunError, "--out")
    refuse_unknown_genders(opened, options.target)
    clips = add_labels(opened.clips, options.target).reset_index(drop=True)
    folds = plan.make_early_folds(clips, options, audio=opened.feature_table is None)
    with results.locked_folder(folder), RunLog(folder, progress) as run_log:
        store = (options.store or default_store()).absolute()
        extraction, data = extract_data(opened, plan.required_sets(planned_models), options, store, run_log)
        options = _choose_protocol(data, options, run_log)
        linked = extraction.shared_speakers != opened.shared_speakers
        if linked or len(data.clips) < len(opened.clips) or plan.depend_on_fingerprints(data.clips):
            folds = plan.make_all_folds(data.clips.reset_index(drop=True), options)
        folds, options = plan.name_splits(folds, options)
        extraction = _with_class_faults(extraction, folds, data.clips, run_log)
        untested = (Problem(name, reason, "condition") for name, reason in missing.items())
        extraction = replace(extraction, problems=(*extraction.problems, *untested))
        planned = plan.plan_fits(planned_models, folds, options.seed)
        prepared = _PreparedRun(folder, opened, extraction, data, planned_models, planned, started)
        yield _fit_and_write(prepared, options, store, run_log)


def _choose_protocol(data: RunData, options: Options, progress: Progress) -> Options:
    """Return the options with splits and folds; report defaults that the corpus decides."""
    chosen = plan.choose_protocol(data.clips, options)
    if options.folds is None and chosen.folds != DEFAULT_FOLDS:
        progress.info(f"{chosen.folds} folds, one per speaker; choose fewer with --folds")
    for name in sorted(set(options.splits or ()) - set(chosen.splits or ())):
        progress.info(f"split {name} has the same folds as cross here and is not repeated")
    if options.splits is None and RANDOM_TAKES.name in (chosen.splits or ()):
        count = int(repeated(data.clips["take"].to_numpy()).sum())
        names = ", ".join(chosen.splits or ())
        progress.info(f"splits {names}: {count:,} of {len(data.clips):,} clips have another take; choose with --splits")
    return chosen


def _with_class_faults(
    extraction: ExtractionResult, folds: plan.Folds, clips: pd.DataFrame, progress: Progress
) -> ExtractionResult:
    """Warn of the classes that a split cannot score, and record those in no fold as not used."""
    warnings = tuple(class_warnings(class_faults(folds, clips)))
    for warning in warnings:
        progress.warning(warning)
    return replace(
        extraction,
        problems=(*extraction.problems, *unused_classes(folds, clips)),
        warnings=(*extraction.warnings, *warnings),
    )


@dataclass(frozen=True)
class _PreparedRun:
    """Everything about a run that is known before its fits."""

    folder: Path
    opened: OpenCorpus
    extraction: ExtractionResult
    data: RunData
    planned_models: Sequence[plan.PlannedModel]
    planned: Sequence[plan.PlannedFit]
    started: float


def _fit_and_write(run: _PreparedRun, options: Options, store: Path, progress: Progress) -> RunOutcome:
    """Carry out the fits and write the run's files, unless the folder already holds this run."""
    keys = fit_keys(run.planned, run.data)
    info = rows.describe_run(options, run.opened, run.extraction, run.data.labels, run.planned_models, run.started)
    heard = exposures(run.planned, run.data.clips, run.opened, options)
    info = info.model_copy(update={"exposure": heard})
    known = {
        "clips": rows.clip_rows(run.data.clips, run.opened.folders),
        "losses": loss_table(run.opened, run.extraction),
    }
    identity = run_identity(run.planned, keys, info, (run.data.clips.drop(columns="path"), *known.values()))
    existing = None if options.fresh else results.find_run(run.folder, identity)
    if existing:
        progress.event("planned", fits=len(keys), cached=len(keys), cost=0.0, jobs=0)
        work = Work(computed=0, reused=len(keys))
        return RunOutcome(run.folder, len(run.planned), work, existing)
    fit_results, work = carry_out_fits(run.planned, keys, run.data, options, store, progress)
    tables = known | {
        "fits": rows.fit_rows(fit_results, keys, run.data, options, run.opened.name),
        "curves": rows.curve_rows(fit_results),
        "audit": leakage_rows(run.planned, run.data.clips),
        "importance": rows.importance_rows(fit_results, run.data),
    }
    info = info.model_copy(update={"work": work, "identity": identity, "finished": utc_time()})
    keep_earlier_run(run.folder, info, tables["fits"], progress)
    results.write_run(run.folder, info, rows.prediction_rows(fit_results, run.data), tables)
    return RunOutcome(run.folder, len(run.planned), work)
