"""Hyper-parameters chosen inside the training speakers, and the score that this choice is worth on new ones.

For each outer fold every trial is fitted on inner folds of whole training speakers; the best of them is
fitted on all of the fold's training clips and tested on its test clips, which no choice has seen (nested
cross-validation; Varma and Simon, 2006). Fits are saved as they are done, so a search that was
interrupted goes on where it was.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ser_bench import metrics, models, splits
from ser_bench.core.errors import ConfigError, RunError
from ser_bench.core.files import ensure_writable
from ser_bench.core.places import default_store
from ser_bench.core.progress import NoProgress, Progress
from ser_bench.runs import plan, runner
from ser_bench.runs import rows as records
from ser_bench.runs.fit import FitResult
from ser_bench.runs.inputs import open_corpus
from ser_bench.runs.results import alone_in, write_file

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.corpora import OpenCorpus
    from ser_bench.features.base import FeatureSet

Search = Literal["random", "halving"]
TRIAL_COLUMNS = ("outer_fold", "trial", "inner_folds", "uar", "status", "error", "chosen", "parameters")
"""The columns of ``trials.csv``: a row per outer fold and trial; trial 0 is the model's defaults."""
KEPT = 3
"""Halving keeps one in so many trials from one round to the next."""


@dataclass(frozen=True)
class Ask:
    """What is searched: a model, how, how many trials beside its defaults, and how many inner folds."""

    model: str
    search: Search = "random"
    trials: int = 20
    inner_folds: int = 4


@dataclass(frozen=True)
class Tuned:
    """What a search found; scores are UAR pooled over the outer test clips."""

    folder: Path
    corpus: str
    synthetic: bool
    normalize: str
    model: str
    split: str
    parameters: Mapping[str, Any]
    nested: float
    default: float
    trials: pd.DataFrame
    nested_rows: pd.DataFrame


def tune(ask: Ask, options: Options, progress: Progress | None = None) -> Tuned:
    """Search a model's declared space and leave ``tuned.toml``, ``trials.csv`` and ``nested.csv`` in a folder.

    The outer split is the first of ``options.splits`` and must keep speakers apart. Raises
    :class:`SerBenchError` for whatever makes the search impossible; a trial that fails is a row and is
    not chosen.
    """
    progress = progress or NoProgress()
    plan.check_names(options)
    models.get(ask.model)
    split = options.splits[0] if options.splits else "actor"
    if not splits.get(split).speakers_apart:
        raise ConfigError(
            f"tune scores on new speakers, and {split} has none\nchoose another outer split, such as actor"
        )
    opened = open_corpus(options, progress)
    folder = options.out or Path("results", f"{opened.corpus.name}-tune-{ask.model}")
    ensure_writable(folder, RunError, "--out")
    with alone_in(folder):
        return _tune_into(folder, ask, split, opened, options, progress)


def _tune_into(folder: Path, ask: Ask, split: str, opened: OpenCorpus, options: Options, progress: Progress) -> Tuned:
    store = (options.store or default_store()).absolute()
    entries = _entries(ask, options, opened.feature_sets())
    _, setting = runner.set_up(opened, entries, options, store, progress)
    bench = _Bench(entries, setting, options, store, progress)
    table = setting.clips.reset_index(drop=True)
    outer = plan.make_folds(split, table, options)
    inner = [_inner_folds(fold, setting.clips, ask, options.seed) for fold in outer]
    trials = _search(bench, inner, ask)
    if not (trials["status"] == "ok").any():
        raise RunError(f"no trial of {ask.model} could be fitted: {trials['error'].iloc[0]}")
    nested = bench.nested(split, outer, trials)
    parameters = entries[_best_overall(trials)].model.parameters
    default, tuned = (metrics.UAR(nested["true"], nested[name]) for name in ("default", "tuned"))
    about = (opened.corpus.name, opened.corpus.synthetic, options.normalize, ask.model, split)
    found = Tuned(folder, *about, parameters, tuned, default, trials, nested)
    write_file(folder / "trials.csv", trials.to_csv(index=False, lineterminator="\n").encode())
    write_file(folder / "nested.csv", nested.to_csv(index=False, lineterminator="\n").encode())
    write_file(folder / "tuned.toml", toml(found, models.get(ask.model).parameters).encode())
    return found


def toml(found: Tuned, defaults: Mapping[str, Any]) -> str:
    """Return ``tuned.toml``: the parameters that differ from the defaults, for ``--config``."""
    note = " SYNTHETIC SPEECH." if found.synthetic else ""
    how = " Speakers normalised by their own clips (transductive)." if found.normalize == "speaker" else ""
    lines = [
        f"# Found by `ser-bench tune {found.model}` on {found.corpus}, {found.split} split.{note}{how}",
        f"# UAR of the search on speakers it never saw: {100 * found.nested:.1f} %; of the defaults: "
        f"{100 * found.default:.1f} %.",
        "",
        "[models]",
        f"use = [{json.dumps(found.model)}]",
        "",
        f"[models.{found.model}]",
    ]
    changed = {name: value for name, value in found.parameters.items() if value != defaults[name]}
    lines += [f"{name} = {json.dumps(value)}" for name, value in changed.items()] or ["# the defaults were best"]
    return "\n".join(lines) + "\n"


def _entries(ask: Ask, options: Options, shelf: Mapping[str, FeatureSet]) -> list[plan.Entry]:
    """Return the model with its defaults, then as each trial has it."""
    from sklearn.model_selection import ParameterGrid, ParameterSampler

    model = models.get(ask.model)
    if not model.space:
        raise ConfigError(f"{ask.model} declares nothing to tune\nmodels that do: {', '.join(_tunable())}")
    given = {name: table for name, table in options.model_tables.items() if name == ask.model}
    only = options.model_copy(update={"models": (ask.model,), "model_tables": given})
    entry = next(e for e in plan.entries(only, shelf) if e.model.name == ask.model)
    model = entry.model  # with the parameters of a configuration, which trials then vary
    if entry.skipped:
        raise ConfigError(f"{ask.model} cannot be tuned on these features: {entry.skipped}")
    space = {name: list(values) for name, values in model.space.items()}
    # one more than asked for, since one may be the defaults
    drawn = ParameterSampler(space, min(ask.trials + 1, len(ParameterGrid(space))), random_state=options.seed)
    tried = [model.with_parameters(chosen) for chosen in drawn]
    variants = [variant for variant in tried if variant.parameters != model.parameters][: ask.trials]
    return [entry, *(dataclasses.replace(entry, model=variant) for variant in variants)]


def _tunable() -> list[str]:
    return [model.name for model in models.MODELS.values() if model.space]


def _inner_folds(fold: splits.Fold, clips: pd.DataFrame, ask: Ask, seed: int) -> tuple[splits.Fold, ...]:
    training = clips.loc[list(fold.train)].reset_index(drop=True)
    return splits.make_folds("actor", training, splits.Draw(ask.inner_folds, seed))


@dataclass(frozen=True)
class _Bench:
    """Carries out fits of trials and scores them."""

    entries: Sequence[plan.Entry]
    setting: runner.Setting
    options: Options
    store: Path
    progress: Progress

    def fitted(self, planned: Sequence[plan.PlannedFit]) -> runner.Book:
        keys = runner.keys_of(planned, self.setting)
        book, _ = runner.carry_out(planned, keys, self.setting, self.options, self.store, self.progress)
        return book

    def planned(self, trial: int, split: str, number: int, fold: splits.Fold) -> plan.PlannedFit:
        return plan.PlannedFit(self.entries[trial], split, 0, number, fold, self.options.seed)

    def true(self, fold: splits.Fold) -> np.ndarray:
        return self.setting.clips.loc[list(fold.test), "label"].to_numpy(dtype=str)

    def nested(self, split: str, outer: Sequence[splits.Fold], trials: pd.DataFrame) -> pd.DataFrame:
        """Return what the chosen trial and the defaults predict for each outer test clip."""
        import pandas as pd

        chosen = trials[trials["chosen"]].set_index("outer_fold")["trial"]
        pairs = [
            tuple(self.planned(trial, split, number, fold) for trial in (0, int(chosen[number])))
            for number, fold in enumerate(outer)
        ]
        book = self.fitted([fit for pair in pairs for fit in pair])
        parts = []
        for fold, pair in zip(outer, pairs, strict=True):
            results = [book[fit] for fit in pair]
            for result in results:
                if not isinstance(result, FitResult):
                    raise RunError(f"a fit of {pair[0].entry.model.name} {result.status}: {result.error}")
            default, tuned = (result.predicted for result in results if isinstance(result, FitResult))
            speakers = self.setting.clips.loc[list(fold.test), "speaker"].to_numpy()
            rows = {"clip": fold.test, "speaker": speakers, "true": self.true(fold), "default": default, "tuned": tuned}
            parts.append(pd.DataFrame(rows).assign(outer_fold=pair[0].number))
        return pd.concat(parts, ignore_index=True)


def _search(bench: _Bench, inner: Sequence[Sequence[splits.Fold]], ask: Ask) -> pd.DataFrame:
    """Return ``trials.csv``. Each outer fold's choice rests on its own inner folds alone."""
    import pandas as pd

    scores: dict[tuple[int, int], _Trial] = {}
    alive = {number: list(range(len(bench.entries))) for number in range(len(inner))}
    for begun, end in _rounds(ask):
        planned = {
            (number, trial): [
                bench.planned(trial, f"inner folds of {number + 1}", place, inner[number][place])
                for place in range(begun, min(end, len(inner[number])))
            ]
            for number, trials in alive.items()
            for trial in trials
        }
        book = bench.fitted([fit for fits in planned.values() for fit in fits])
        for key, fits in planned.items():
            trial = scores.setdefault(key, _Trial([], [], "ok", ""))
            scores[key] = trial.with_folds([(bench.true(fit.fold), book[fit]) for fit in fits])
        for number, trials in alive.items():
            ranked = sorted(trials, key=lambda trial: -scores[number, trial].uar)
            alive[number] = ranked[: max(2, -(-len(ranked) // KEPT))] if end < ask.inner_folds else ranked
    best = {number: max(trials, key=lambda t: (scores[number, t].uar, -t)) for number, trials in alive.items()}
    rows = [
        {
            "outer_fold": number,
            "trial": trial,
            "inner_folds": len(done.true),
            "uar": done.uar if done.status == "ok" else float("nan"),
            "status": done.status,
            "error": done.error,
            "chosen": trial == best[number],
            "parameters": json.dumps(dict(bench.entries[trial].model.parameters), sort_keys=True, default=list),
        }
        for (number, trial), done in sorted(scores.items())
    ]
    return pd.DataFrame(rows, columns=list(TRIAL_COLUMNS))


@dataclass(frozen=True)
class _Trial:
    """One trial on the inner folds of one outer fold, as far as it went."""

    true: list[np.ndarray]
    predicted: list[np.ndarray]
    status: str
    error: str

    def with_folds(self, folds: Sequence[tuple[np.ndarray, FitResult | records.Failure]]) -> _Trial:
        for _, result in folds:
            if isinstance(result, records.Failure):
                return _Trial(self.true, self.predicted, result.status, result.error)
        done = [(true, result.predicted) for true, result in folds if isinstance(result, FitResult)]
        return _Trial([*self.true, *(t for t, _ in done)], [*self.predicted, *(p for _, p in done)], self.status, "")

    @property
    def uar(self) -> float:
        """UAR pooled over the inner test clips; below any other for a trial that failed."""
        if self.status != "ok":
            return -1.0
        return metrics.UAR(np.concatenate(self.true), np.concatenate(self.predicted))


def _rounds(ask: Ask) -> Iterator[tuple[int, int]]:
    """Yield which inner folds are fitted in each round: all at once, or one more after each halving."""
    if ask.search == "random":
        yield 0, ask.inner_folds
    else:
        yield from ((k, k + 1) for k in range(ask.inner_folds))


def _best_overall(trials: pd.DataFrame) -> int:
    """Return the trial that did best over all outer folds, of those that went furthest in most of them."""
    whole = trials[trials["inner_folds"] == trials["inner_folds"].max()]
    table = whole.groupby("trial")["uar"].agg(["size", "mean"])
    if (table["size"] == trials["outer_fold"].nunique()).any():
        table = table[table["size"] == trials["outer_fold"].nunique()]
    return int(table["mean"].idxmax())
