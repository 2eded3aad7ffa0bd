"""Hyper-parameter search inside the training speakers, scored by nested cross-validation (Varma and Simon, 2006).

For each outer fold every trial is fitted on inner folds of whole training speakers. The best trial is then fitted on
all training clips of the outer fold and tested on its test clips, which no choice has seen. The parameters that are
written are those of the trial with the highest mean UAR over the inner folds of all outer folds. Fits are cached, so
an interrupted search continues where it stopped.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ser_bench import metrics, models, splits
from ser_bench.core.errors import ConfigError, RunError, SplitError
from ser_bench.core.files import ensure_writable
from ser_bench.core.places import default_store
from ser_bench.core.private_paths import public_features, without_folders
from ser_bench.core.progress import NoProgress, Progress
from ser_bench.runs import plan
from ser_bench.runs.binding import requested_features
from ser_bench.runs.data import RunData, extract_data
from ser_bench.runs.exposure import check_statements, corpus_exposure, report_sets
from ser_bench.runs.fit import FitResult
from ser_bench.runs.inputs import default_folder, open_corpus
from ser_bench.runs.keys import fit_keys
from ser_bench.runs.results import locked_folder
from ser_bench.runs.results.losses import report_losses
from ser_bench.runs.rows import stored_sets
from ser_bench.runs.tasks import FitFailure, FitResults, carry_out_fits
from ser_bench.runs.tuning.files import SearchRecord, found_with, write_search

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.corpora import OpenCorpus
    from ser_bench.features.base import FeatureSet
    from ser_bench.features.pretraining import Exposure

Strategy = Literal["random", "halving"]

TRIAL_COLUMNS = ("outer_fold", "trial", "inner_folds", "uar", "status", "error", "chosen", "parameters")
"""The columns of ``trials.csv``: a row per outer fold and trial; trial 0 has the default parameters."""

DEFAULT_INNER_FOLDS = 4
"""Number of inner folds where none is given and there are enough training speakers."""

HALVING_FACTOR = 3
"""Each round of halving keeps one trial in so many."""


@dataclass(frozen=True)
class SearchSettings:
    """What to search.

    Attributes
    ----------
    model : str
        Name of the model.
    search : {"random", "halving"}
        All trials on all inner folds, or fewer trials on each further inner fold.
    trials : int
        Number of trials beside the default parameters.
    inner_folds : int or None
        Number of inner folds; None for 4, fewer where an outer fold has fewer training speakers.
    """

    model: str
    search: Strategy = "random"
    trials: int = 20
    inner_folds: int | None = None


@dataclass(frozen=True)
class TuningResult:
    """The outcome of a search.

    Attributes
    ----------
    folder : Path
        Folder of the files.
    corpus, model, split, normalize : str
        What was searched.
    synthetic : bool
        Whether the corpus is synthetic.
    transductive : bool
        Whether a fit of the search predicts a clip from the other test clips as well.
    quick : bool
        Whether the model was trained for less time than with full effort.
    exposure : {'no', 'unknown', 'heard'}
        Whether the features have heard the corpus.
    parameters : mapping
        The best parameters over all outer folds, which ``tuned.toml`` holds.
    tuned_uar, default_uar, written_uar : float
        UAR pooled over the outer test clips: of the trial that each fold chose, of the default parameters, and of
        ``parameters``, whose choice has seen these clips.
    trials : pandas.DataFrame
        The rows of ``trials.csv``.
    predictions : pandas.DataFrame
        The rows of ``nested.csv``: per outer test clip its label and the three predictions.
    """

    folder: Path
    corpus: str
    synthetic: bool
    transductive: bool
    quick: bool
    exposure: Exposure
    normalize: str
    model: str
    split: str
    parameters: Mapping[str, Any]
    tuned_uar: float
    default_uar: float
    written_uar: float
    trials: pd.DataFrame
    predictions: pd.DataFrame


def tune(settings: SearchSettings, options: Options, progress: Progress | None = None) -> TuningResult:
    """Search the parameter space of a model; write ``tuned.toml``, ``trials.csv`` and ``nested.csv``.

    Parameters
    ----------
    settings : SearchSettings
        What to search.
    options : Options
        The options of the run. The first split is the outer one and must keep speakers apart.
    progress : Progress, optional
        Receives messages and progress.

    Returns
    -------
    TuningResult
        The chosen parameters and their scores.

    Raises
    ------
    SerBenchError
        If the search is impossible. A trial that fails does not raise; it is not chosen.
    """
    progress = progress or NoProgress()
    plan.check_names(options)
    models.get(settings.model)
    split = options.splits[0] if options.splits else "actor"
    if not splits.get(split).speaker_independent:
        raise ConfigError(
            f"tune scores on new speakers, but the split {split} shares speakers\nchoose another one, such as actor"
        )
    opened = open_corpus(options, progress)
    folder = options.out or default_folder(opened, options.target, f"tune-{settings.model}")
    ensure_writable(folder, RunError, "--out")
    with locked_folder(folder):
        return _search_corpus(folder, settings, split, opened, options, progress)


def _search_corpus(
    folder: Path, settings: SearchSettings, split: str, opened: OpenCorpus, options: Options, progress: Progress
) -> TuningResult:
    """Search, and write the files of the search."""
    store = (options.store or default_store()).absolute()
    variants = _plan_trials(settings, options, opened.feature_sets())
    plan.report_effort(variants[:1], progress)
    check_statements(variants, options)
    report_sets(variants, opened, options, progress)
    extraction, data = extract_data(opened, plan.required_sets(variants), options, store, progress)
    report_losses(opened, extraction, progress)
    options = plan.choose_protocol(data.clips, options.model_copy(update={"splits": (split,)}))
    bench = _Bench(variants, data, options, store, progress)
    outer = plan.make_folds(split, data.clips.reset_index(drop=True), options)
    settings = dataclasses.replace(settings, inner_folds=_inner_folds(settings, outer, data.clips["speaker"]))
    progress.info(f"{len(outer)} outer folds, each with {settings.inner_folds} inner folds of its training speakers")
    inner = [_make_inner_folds(fold, data.clips, settings, options.seed) for fold in outer]
    trials = _search(bench, inner, settings)
    if not (trials["status"] == "ok").any():
        raise RunError(f"no trial of {settings.model} could be fitted: {trials['error'].iloc[0]}")
    best = _best_trial(trials)
    predictions = bench.predict_outer_folds(split, outer, trials, best)
    uar = {name: metrics.UAR(predictions["true"], predictions[name]) for name in ("tuned", "default", "written")}
    result = TuningResult(
        folder=folder,
        corpus=opened.name,
        synthetic=opened.corpus.synthetic,
        transductive=bool(bench.transductive),
        quick=variants[0].effort == "quick",
        exposure=corpus_exposure(variants[0], opened, options),
        normalize=options.normalize,
        model=settings.model,
        split=split,
        parameters=variants[best].definition.parameters,
        **{f"{name}_uar": value for name, value in uar.items()},
        trials=trials,
        predictions=predictions,
    )
    requested = requested_features(settings.model, options)
    chosen = found_with(options, variants[0].features if requested == "auto" else public_features(requested))
    sets = stored_sets(opened, variants)
    record = SearchRecord(dataclasses.asdict(settings), chosen, data.fingerprint, sets, tuple(sorted(bench.keys)))
    write_search(result, record, plan.default_parameters(settings.model, options), progress)
    return result


def _plan_trials(
    settings: SearchSettings, options: Options, available: Mapping[str, FeatureSet]
) -> list[plan.PlannedModel]:
    """Return the model with its default parameters, then with those of each trial."""
    from sklearn.model_selection import ParameterGrid, ParameterSampler

    model = models.get(settings.model)
    if not model.space:
        tunable = ", ".join(model.name for model in models.MODELS.values() if model.space)
        raise ConfigError(f"{settings.model} has no parameter space to search\nmodels that have one: {tunable}")
    needed = options.model_tables if "member_plans" in model.binds else [settings.model]
    tables = {name: table for name, table in options.model_tables.items() if name in needed}
    updates = {
        "models": (settings.model,),
        "model_tables": tables,
        "conditions": (),
    }  # trials are scored on clean clips
    options = options.model_copy(update=updates)
    default = next(m for m in plan.plan_models(options, available) if m.name == settings.model)
    if default.skipped:
        raise ConfigError(f"{settings.model} cannot be tuned on these features: {default.skipped}")
    if "member_plans" in default.definition.bound:
        raise ConfigError(
            f"{settings.model} cannot be tuned with variants as members, which a search would replace\n"
            "tune the models of its members, and write their parameters into [models.NAME]"
        )
    audio = not any(feature_set.precomputed for feature_set in default.sets)
    space = {name: list(values) for name, values in model.space.items() if audio or name != "speeds"}
    if not space:
        raise ConfigError(f"{settings.model} has no parameter to search on a table of features")
    # one more than needed, because one may equal the defaults
    count = min(settings.trials + 1, len(ParameterGrid(space)))
    drawn = [
        default.definition.with_parameters(values)
        for values in ParameterSampler(space, count, random_state=options.seed)
    ]
    trials = [model for model in drawn if model.parameters != default.definition.parameters][: settings.trials]
    return [default, *(dataclasses.replace(default, definition=model) for model in trials)]


def _inner_folds(settings: SearchSettings, outer: Sequence[splits.Fold], speakers: pd.Series) -> int:
    """Return the number of inner folds: the default is 4, or the fewest training speakers of an outer fold."""
    fewest = min(speakers[list(fold.train)].nunique() for fold in outer)
    return settings.inner_folds or max(2, min(DEFAULT_INNER_FOLDS, fewest))


def _make_inner_folds(
    fold: splits.Fold, clips: pd.DataFrame, settings: SearchSettings, seed: int
) -> tuple[splits.Fold, ...]:
    training = clips.loc[list(fold.train)].reset_index(drop=True)
    speakers = training["speaker"].nunique()
    if speakers < _count(settings):
        outer = f"{speakers} speakers train in an outer fold" if speakers > 1 else "one speaker trains in an outer fold"
        advice = f"use fewer with --inner-folds {speakers}" if speakers > 1 else "tune needs three speakers or more"
        raise SplitError(f"{_count(settings)} inner folds need as many training speakers; {outer}\n{advice}")
    return splits.make_folds("actor", training, splits.FoldSettings(_count(settings), seed))


def _count(settings: SearchSettings) -> int:
    """Return the number of inner folds, which is known once the outer folds are."""
    return settings.inner_folds or DEFAULT_INNER_FOLDS


@dataclass(frozen=True)
class _Bench:
    """Carries out the fits of trials; ``trials`` are the model's variants by number."""

    trials: Sequence[plan.PlannedModel]
    data: RunData
    options: Options
    store: Path
    progress: Progress
    keys: set[str] = dataclasses.field(default_factory=set)
    transductive: set[str] = dataclasses.field(default_factory=set)

    def carry_out(self, fits: Sequence[plan.PlannedFit]) -> FitResults:
        keys = fit_keys(fits, self.data)
        self.keys.update(keys.values())
        results = carry_out_fits(fits, keys, self.data, self.options, self.store, self.progress)[0]
        self.transductive.update(keys[fit] for fit, result in results.items() if _is_transductive(result))
        return results

    def plan_fit(self, trial: int, split: str, number: int, fold: splits.Fold) -> plan.PlannedFit:
        return plan.PlannedFit(self._uncalibrated[trial], split, 0, number, fold, self.options.seed)

    @cached_property
    def _uncalibrated(self) -> list[plan.PlannedModel]:
        """The trials without calibration, which takes several fits and changes no label."""
        plain = [trial.definition.with_parameters({"calibrate": False}) for trial in self.trials]
        return [dataclasses.replace(t, definition=model) for t, model in zip(self.trials, plain, strict=True)]

    def predict_outer_folds(
        self, split: str, outer: Sequence[splits.Fold], trials: pd.DataFrame, best: int
    ) -> pd.DataFrame:
        """Return the predictions of the defaults, of the chosen trial and of the best one for each outer test clip."""
        import pandas as pd

        chosen = trials[trials["chosen"]].set_index("outer_fold")["trial"]
        fits = [
            {
                name: self.plan_fit(trial, split, number, fold)
                for name, trial in (("default", 0), ("tuned", int(chosen[number])), ("written", best))
            }
            for number, fold in enumerate(outer)
        ]
        results = self.carry_out([fit for pair in fits for fit in pair.values()])
        parts = []
        for number, (fold, pair) in enumerate(zip(outer, fits, strict=True)):
            clips = self.data.clips.loc[list(fold.test)]
            columns = {"clip": fold.test, "speaker": clips["speaker"].to_numpy(), "true": self.data.true_labels(fold)}
            columns |= {name: _predicted(fit, results[fit]) for name, fit in pair.items()}
            parts.append(pd.DataFrame(columns).assign(outer_fold=number))
        return pd.concat(parts, ignore_index=True)


def _is_transductive(result: FitResult | FitFailure) -> bool:
    return isinstance(result, FitResult) and result.transductive


def _predicted(fit: plan.PlannedFit, result: FitResult | FitFailure) -> np.ndarray:
    if isinstance(result, FitFailure):
        raise RunError(f"a fit of {fit.model.name} {result.status}: {result.error}")
    return result.predicted


@dataclass(frozen=True)
class _TrialScore:
    """A trial on the inner folds of one outer fold, as far as it went."""

    true: tuple[np.ndarray, ...] = ()
    predicted: tuple[np.ndarray, ...] = ()
    status: str = "ok"
    error: str = ""

    def add(self, true: Sequence[np.ndarray], results: Sequence[FitResult | FitFailure]) -> _TrialScore:
        """Return the score with further inner folds; a failed fold fails the trial."""
        for result in results:
            if isinstance(result, FitFailure):
                return dataclasses.replace(self, status=result.status, error=without_folders(result.error))
        predicted = [result.predicted for result in results if isinstance(result, FitResult)]
        return dataclasses.replace(self, true=(*self.true, *true), predicted=(*self.predicted, *predicted))

    @property
    def uar(self) -> float:
        """UAR pooled over the inner test clips; below any other for a failed trial."""
        if self.status != "ok":
            return -1.0
        return metrics.UAR(np.concatenate(self.true), np.concatenate(self.predicted))


_Scores = dict[tuple[int, int], _TrialScore]
"""Scores by outer fold and trial."""


def _search(bench: _Bench, inner: Sequence[Sequence[splits.Fold]], settings: SearchSettings) -> pd.DataFrame:
    """Return the rows of ``trials.csv``; the choice for an outer fold uses its own inner folds only."""
    scores: _Scores = {}
    remaining = {outer: list(range(len(bench.trials))) for outer in range(len(inner))}
    for last in _rounds(settings):
        _score(bench, inner, {(outer, trial): last for outer in remaining for trial in remaining[outer]}, scores)
        for outer, trials in remaining.items():
            ranked = sorted(trials, key=lambda trial: -scores[outer, trial].uar)
            n_kept = max(2, -(-len(ranked) // HALVING_FACTOR)) if last < _count(settings) else len(ranked)
            remaining[outer] = ranked[:n_kept]
    best = {
        outer: max(trials, key=lambda trial: (scores[outer, trial].uar, -trial)) for outer, trials in remaining.items()
    }
    finalists = {trial for trials in remaining.values() for trial in trials}
    _score(bench, inner, dict.fromkeys(product(remaining, finalists), _count(settings)), scores)
    return _trial_rows(bench, scores, best)


def _score(
    bench: _Bench, inner: Sequence[Sequence[splits.Fold]], goals: Mapping[tuple[int, int], int], scores: _Scores
) -> None:
    """Fit trials on further inner folds, up to the number in ``goals`` by outer fold and trial, and add the scores."""
    fits = {}
    for (outer, trial), last in goals.items():
        score = scores.setdefault((outer, trial), _TrialScore())
        numbers = range(len(score.true), last) if score.status == "ok" else ()
        name = f"inner folds of {outer + 1}"
        fits[outer, trial] = [bench.plan_fit(trial, name, number, inner[outer][number]) for number in numbers]
    results = bench.carry_out([fit for trial_fits in fits.values() for fit in trial_fits])
    for key, trial_fits in fits.items():
        true = [bench.data.true_labels(fit.fold) for fit in trial_fits]
        scores[key] = scores[key].add(true, [results[fit] for fit in trial_fits])


def _trial_rows(bench: _Bench, scores: _Scores, best: Mapping[int, int]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            "outer_fold": outer,
            "trial": trial,
            "inner_folds": len(score.true),
            "uar": score.uar if score.status == "ok" else float("nan"),
            "status": score.status,
            "error": score.error,
            "chosen": trial == best[outer],
            "parameters": json.dumps(dict(bench.trials[trial].definition.parameters), sort_keys=True, default=list),
        }
        for (outer, trial), score in sorted(scores.items())
    ]
    return pd.DataFrame(rows, columns=list(TRIAL_COLUMNS))


def _rounds(settings: SearchSettings) -> Iterable[int]:
    """Return the number of inner folds that the trials have after each round."""
    return (_count(settings),) if settings.search == "random" else range(1, _count(settings) + 1)


def _best_trial(trials: pd.DataFrame) -> int:
    """Return the trial that finished in most outer folds, and has the highest UAR there relative to the others.

    Outer folds differ in difficulty, so the means of trials that finished in other folds are not comparable.
    """
    complete = trials[(trials["status"] == "ok") & (trials["inner_folds"] == trials["inner_folds"].max())]
    relative = complete["uar"] - complete.groupby("outer_fold")["uar"].transform("mean")
    table = complete.assign(relative=relative).groupby("trial")["relative"].agg(["size", "mean"])
    return int(table.sort_values(["size", "mean"], ascending=False, kind="stable").index[0])
