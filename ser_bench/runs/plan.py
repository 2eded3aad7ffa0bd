"""Planning: which models are fitted on which folds, before anything is computed.

A run is models × splits × repeats × folds. :class:`PlannedModel` is a model with its feature sets, and
:class:`PlannedFit` is such a model on one fold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from ser_bench import corpora, features, models, splits
from ser_bench.audio import conditions
from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.core.private_paths import without_folder
from ser_bench.core.text import listed
from ser_bench.runs.binding import bind, distinct_sets
from ser_bench.runs.inputs import corpus_names, cross_tested_corpora
from ser_bench.splits.across import CROSS, LOCO
from ser_bench.splits.takes import unknown_sentences, unknown_speakers

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.audio.conditions import Condition
    from ser_bench.core.options import Options
    from ser_bench.core.progress import Progress
    from ser_bench.features.base import FeatureSet
    from ser_bench.models.base import Model, PairwiseCost

Folds = Mapping[tuple[str, int], tuple[splits.Fold, ...]]
"""Folds by split and repeat."""

LONG_FIT_SECONDS = 600.0
"""Fits that are expected to take longer get a warning."""


@dataclass(frozen=True)
class PlannedModel:
    """A model with its feature sets.

    Attributes
    ----------
    definition : Model
        The registered model, or a variant of one.
    sets : tuple of FeatureSet
        The feature sets whose values are joined.
    skipped : str
        Why the model cannot take these feature sets; empty if it can.
    full : mapping
        The values under full effort of the parameters that quick effort replaced.
    conditions : tuple of Condition
        The recording conditions of the test beside the clips as recorded.
    """

    definition: Model
    sets: tuple[FeatureSet, ...]
    skipped: str = ""
    full: Mapping[str, Any] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()

    @property
    def name(self) -> str:
        """The model's name."""
        return self.definition.name

    @property
    def effort(self) -> str:
        """The effort of its training: ``quick`` if quick effort replaced a parameter, else ``full``."""
        return "quick" if self.full else "full"

    @property
    def features(self) -> str:
        """The names of the feature sets, joined with ``+``."""
        return "+".join(feature_set.name for feature_set in self.sets)

    @property
    def augmented_sets(self) -> tuple[tuple[FeatureSet, ...], ...]:
        """The feature sets of the copies of training clips: at each other speed, then under each condition."""
        if any(feature_set.precomputed for feature_set in self.sets):  # there is no audio
            return ()
        speeds = (tuple(s.at_speed(speed) for s in self.sets) for speed in self.definition.speeds)
        return (*speeds, *map(self._sets_under, self.trained_under))

    @property
    def trained_under(self) -> tuple[Condition, ...]:
        """The recording conditions of the copies of training clips."""
        if any(feature_set.precomputed for feature_set in self.sets):
            return ()
        return tuple(conditions.get(name) for name in self.definition.conditions)

    @property
    def tested_sets(self) -> dict[Condition, tuple[FeatureSet, ...]]:
        """The feature sets under each recording condition of the test; a baseline does not look at features."""
        baseline = self.definition.kind == "baseline"
        return {condition: self.sets if baseline else self._sets_under(condition) for condition in self.conditions}

    def _sets_under(self, condition: Condition) -> tuple[FeatureSet, ...]:
        return tuple(feature_set.under(condition) for feature_set in self.sets)

    @property
    def all_sets(self) -> tuple[tuple[FeatureSet, ...], ...]:
        """The feature sets of the clips as recorded, then those of the copies of training clips."""
        return (self.sets, *self.augmented_sets)


@dataclass(frozen=True, eq=False)
class PlannedFit:
    """One model on one fold; two planned fits are equal only if they are the same object.

    Attributes
    ----------
    model : PlannedModel
        The model and its feature sets.
    split : str
        The name of the split.
    repeat, fold_number : int
        Position in the run, from 0.
    fold : Fold
        The training and test clips.
    seed : int
        Seed of the estimator.
    importance : bool
        Whether permutation importance is measured after the fit.
    """

    model: PlannedModel
    split: str
    repeat: int
    fold_number: int
    fold: splits.Fold
    seed: int
    importance: bool = False

    @property
    def cost(self) -> float:
        """Expected work in arbitrary units, for the order of fits and the progress bar."""
        return self.model.definition.cost * len(self.fold.train)

    @property
    def shuffled_columns(self) -> dict[str, list[int]]:
        """The groups of columns whose importance is measured; empty if it is not."""
        groups = features.column_groups(self.model.sets) if self.importance else {}
        return groups if len(groups) > 1 else {}

    def __str__(self) -> str:
        repeat = f", repeat {self.repeat}" if self.repeat else ""
        return f"{self.model.name}, {self.split} fold {self.fold_number + 1}{repeat}"


def check_names(options: Options) -> None:
    """Check the names of models, feature sets and splits before any file is opened.

    Parameters
    ----------
    options : Options
        The options of the run.

    Raises
    ------
    UnknownNameError
        If a name is unknown.
    ConfigError
        If the list of splits is empty.
    """
    tested_conditions(options)
    if not corpora.is_feature_table(options.corpus):
        plan_models(options)
    cross_tested_corpora(options)
    if options.splits == ():
        raise ConfigError("no split is given\nname at least one with --splits")
    for name in options.splits or ():
        splits.get(name)


def plan_models(options: Options, available: Mapping[str, FeatureSet] | None = None) -> tuple[PlannedModel, ...]:
    """Return the chosen models with their feature sets; baselines are always included.

    Parameters
    ----------
    options : Options
        The options of the run.
    available : mapping of str to FeatureSet, optional
        The feature sets that the corpus has, by name. Default: all registered ones.

    Returns
    -------
    tuple of PlannedModel

    Raises
    ------
    UnknownNameError
        If a model or a feature set is unknown.
    ConfigError
        If the parameters of a model are invalid, or two different feature sets have one name.
    """
    quick = effort_of(options) == "quick"
    tested = tested_conditions(options, available)
    planned = [_plan_model(model, options, available, quick=quick) for model in _chosen_models(options)]
    distinct_sets(feature_set for model in planned for feature_set in model.sets)
    return tuple(replace(model, conditions=tested) for model in planned)


def tested_conditions(options: Options, available: Mapping[str, FeatureSet] | None = None) -> tuple[Condition, ...]:
    """Return the recording conditions of the test beside the clips as recorded.

    Parameters
    ----------
    options : Options
        The options of the run.
    available : mapping of str to FeatureSet, optional
        The feature sets that the corpus has, by name.

    Returns
    -------
    tuple of Condition
        In the order of tables; without conditions of a family or of ``all`` whose program is not found.

    Raises
    ------
    ConfigError
        If a condition is unknown, a named one needs a program that is not found, or the corpus has no audio.
    """
    chosen = conditions.parse(options.conditions)
    if chosen and available and any(feature_set.precomputed for feature_set in available.values()):
        raise ConfigError("a table of features has no audio to change; remove --conditions")
    missing = missing_conditions(options)
    for name in options.conditions:
        needed = () if name in ("all", *conditions.families()) else conditions.parse([name])
        if reason := next((missing[condition.name] for condition in needed if condition.name in missing), ""):
            raise ConfigError(f"condition {name!r} cannot be tested here: {reason}")
    return tuple(condition for condition in chosen if condition.name not in missing)


def missing_conditions(options: Options) -> dict[str, str]:
    """Return the chosen recording conditions that this machine cannot compute.

    Parameters
    ----------
    options : Options
        The options of the run.

    Returns
    -------
    dict of str to str
        The reason by the name of the condition.
    """
    reasons = {condition.name: _missing(condition) for condition in conditions.parse(options.conditions)}
    return {name: reason for name, reason in reasons.items() if reason}


@cache
def _missing(condition: Condition) -> str:
    return condition.find_missing()


def effort_of(options: Options) -> str:
    """Return the effort of a run: the given one, else that of its corpus.

    Parameters
    ----------
    options : Options
        The options of the run.

    Returns
    -------
    str
        ``quick`` or ``full``; without an option, quick for a run on ``demo`` alone.
    """
    if options.effort != "auto":
        return options.effort
    return "quick" if corpus_names(options) == ["demo"] else "full"


def report_effort(planned_models: Sequence[PlannedModel], progress: Progress) -> None:
    """Report which models train with quick effort, and how to train them to the end.

    Parameters
    ----------
    planned_models : sequence of PlannedModel
        The models.
    progress : Progress
        Receives one line; nothing if none does.
    """
    names = [model.name for model in planned_models if model.effort == "quick" and not model.skipped]
    if names:
        verb = "trains" if len(names) == 1 else "train"
        progress.info(f"{listed(names)} {verb} with quick effort; train to the end with --effort full")


def default_parameters(name: str, options: Options) -> Mapping[str, Any]:
    """Return the parameters of a registered model under the effort of a run.

    Parameters
    ----------
    name : str
        The model.
    options : Options
        The options of the run.

    Returns
    -------
    mapping
    """
    model = models.get(name)
    return (model.with_quick_effort() if effort_of(options) == "quick" else model).parameters


def _chosen_models(options: Options) -> list[Model]:
    known = dict(models.MODELS)
    for name, table in options.model_tables.items():
        known[name] = models.variant(table.base, name, table.parameters)
    if "all" in options.models:
        return list(known.values())
    for name in options.models:
        if name not in known:
            raise UnknownNameError("model", name, [*known, "all"])
    baselines = [m.name for m in models.MODELS.values() if m.kind == "baseline" and m.name not in options.models]
    return [known[name] for name in (*options.models, *baselines)]


def _plan_model(
    model: Model, options: Options, available: Mapping[str, FeatureSet] | None, *, quick: bool
) -> PlannedModel:
    full = {name: model.parameters[name] for name, value in model.quick.items() if value != model.parameters[name]}
    model = model.with_quick_effort() if quick else model
    models.check_parameters(model)
    for name in model.conditions:
        try:
            missing = _missing(conditions.get(name))
        except ConfigError as error:
            error.args = (f"invalid value for conditions of model {model.name!r}: {error}",)
            raise
        if missing:
            raise ConfigError(f"model {model.name!r} cannot be trained under {name!r} here: {missing}")
    model, sets = bind(model, options, available)
    kind = sets[0].kind
    skipped = "" if kind in model.accepts else f"{model.name} takes {' or '.join(model.accepts)}, not {kind}"
    return PlannedModel(model, sets, skipped, full if quick else {})


def required_sets(planned_models: Sequence[PlannedModel]) -> tuple[FeatureSet, ...]:
    """Return every feature set that some model needs, once each.

    Parameters
    ----------
    planned_models : sequence of PlannedModel
        The models.

    Returns
    -------
    tuple of FeatureSet
    """
    used = [model for model in planned_models if not model.skipped]
    needed = (sets for model in used for sets in (*model.all_sets, *model.tested_sets.values()))
    return tuple({s.name: s for sets in needed for s in sets}.values())


def choose_protocol(clips: pd.DataFrame, options: Options) -> Options:
    """Return the options with splits and number of folds: those that are given, else the defaults for these clips.

    With two corpora, ``loco`` has the folds of ``cross``, and a run of both keeps ``cross`` alone.

    Parameters
    ----------
    clips : pandas.DataFrame
        The clips with labels.
    options : Options
        The options of the run.

    Returns
    -------
    Options
    """
    chosen = splits.default_splits(clips) if options.splits is None else options.splits
    if _without_tested(clips, options)["corpus"].nunique() == 2 and CROSS.name in chosen:
        chosen = tuple(name for name in chosen if name != LOCO.name)  # the same folds
    folds = splits.default_folds(_without_tested(clips, options)) if options.folds is None else options.folds
    return options.model_copy(update={"splits": chosen, "folds": folds})


def make_early_folds(clips: pd.DataFrame, options: Options, *, audio: bool) -> Folds:
    """Return the folds that can be made before extraction, so that errors come at once.

    Parameters
    ----------
    clips : pandas.DataFrame
        The clips with labels.
    options : Options
        The options of the run.
    audio : bool
        Whether the clips will have fingerprints, which tell repeated takes where sentences are unknown.

    Returns
    -------
    mapping of (str, int) to tuple of Fold
        Folds by split and repeat; without ``random-takes`` where takes depend on fingerprints.
    """
    options = choose_protocol(clips, options)
    if audio and depend_on_fingerprints(clips):
        names = tuple(name for name in options.splits or () if name != splits.RANDOM_TAKES.name)
        options = options.model_copy(update={"splits": names})
    return make_all_folds(clips, options)


def depend_on_fingerprints(clips: pd.DataFrame) -> bool:
    """Return whether the takes of some clips depend on fingerprints, because sentences or speakers are unknown.

    Parameters
    ----------
    clips : pandas.DataFrame
        Clips with ``text`` and ``speaker``.

    Returns
    -------
    bool
    """
    return bool((unknown_sentences(clips) | unknown_speakers(clips)).any())


def make_all_folds(clips: pd.DataFrame, options: Options) -> Folds:
    """Return the folds of every split and repeat.

    Parameters
    ----------
    clips : pandas.DataFrame
        The clips with labels.
    options : Options
        The options of the run, after :func:`choose_protocol`.

    Returns
    -------
    mapping of (str, int) to tuple of Fold
        Folds by split and repeat.

    Raises
    ------
    SplitError
        If the corpus does not allow a split.
    """
    return {
        (split, repeat): make_folds(split, clips, options, repeat)
        for split in options.splits or ()
        for repeat in range(options.repeats)
    }


def name_splits(folds: Folds, options: Options) -> tuple[Folds, Options]:
    """Return folds and options in which a split ``cross:FILE`` has the name of the file without its folder.

    Parameters
    ----------
    folds : mapping of (str, int) to tuple of Fold
        Folds by split and repeat.
    options : Options
        The options of the run.

    Returns
    -------
    folds, options
        For the tables of the run; the corpora that splits test cannot be opened with these options.
    """
    named = tuple(map(without_folder, options.splits or ()))
    public = {(without_folder(split), repeat): parts for (split, repeat), parts in folds.items()}
    return public, options.model_copy(update={"splits": named})


def make_folds(split: str, clips: pd.DataFrame, options: Options, repeat: int = 0) -> tuple[splits.Fold, ...]:
    """Return the folds of one split; a corpus that only a split ``cross:CORPUS`` tests is part of no other split.

    Parameters
    ----------
    split : str
        Name of the split.
    clips : pandas.DataFrame
        The clips with labels.
    options : Options
        The options of the run.
    repeat : int
        Number of the repeat, which changes the random draw.

    Returns
    -------
    tuple of Fold
    """
    tested = split.removeprefix(splits.PREFIX) if split.startswith(splits.PREFIX) else None
    clips = _without_tested(clips, options, tested)
    if tested and tested not in set(clips["corpus"]):  # a path stands for its corpus
        split = f"{splits.PREFIX}{corpora.corpus_label(tested)}"
    return splits.make_folds(
        split, clips, splits.FoldSettings(options.folds or splits.DEFAULT_FOLDS, options.seed, repeat)
    )


def _without_tested(clips: pd.DataFrame, options: Options, tested: str | None = None) -> pd.DataFrame:
    """Return the clips without those of corpora that splits ``cross:CORPUS`` test, except ``tested``."""
    excluded = [corpora.corpus_label(name) for name in cross_tested_corpora(options) if name != tested]
    return clips[~clips["corpus"].isin(excluded)]


def plan_fits(planned_models: Sequence[PlannedModel], folds: Folds, seed: int) -> tuple[PlannedFit, ...]:
    """Return every fit of a run, in the order of its tables.

    Parameters
    ----------
    planned_models : sequence of PlannedModel
        The models.
    folds : mapping of (str, int) to tuple of Fold
        Folds by split and repeat.
    seed : int
        Seed of the first repeat; each further one adds 1.

    Returns
    -------
    tuple of PlannedFit
    """
    return tuple(_plan_fits(planned_models, folds, seed))


def _plan_fits(planned_models: Sequence[PlannedModel], folds: Folds, seed: int) -> Iterator[PlannedFit]:
    for model in planned_models:
        for (split, repeat), split_folds in folds.items():
            # importance is of interest on new speakers, and one repeat is enough
            importance = repeat == 0 and splits.get(split).speaker_independent and model.definition.kind != "baseline"
            for number, fold in enumerate(split_folds):
                yield PlannedFit(model, split, repeat, number, fold, seed + repeat, importance)


def warn_about_long_fits(planned: Sequence[PlannedFit], progress: Progress) -> None:
    """Warn once per model whose fits take long because their time grows with the square of the clips.

    Parameters
    ----------
    planned : sequence of PlannedFit
        The fits to compute.
    progress : Progress
        Receives the warnings.
    """
    by_model: dict[int, list[PlannedFit]] = {}
    for fit in planned:
        by_model.setdefault(id(fit.model), []).append(fit)
    for fits in by_model.values():
        definition = fits[0].model.definition
        pairs = definition.pairwise_cost({**definition.parameters, **definition.bound})
        if pairs is None:
            continue
        longest = max(fits, key=lambda fit: estimate_seconds(fit, pairs))
        if estimate_seconds(longest, pairs) > LONG_FIT_SECONDS:
            progress.warning(_long_fit_warning(longest, pairs, len(fits)))


def estimate_seconds(fit: PlannedFit, pairs: PairwiseCost) -> float:
    """Return the estimated seconds on one core: pairs of rows, times features, times the measured time per pair.

    Parameters
    ----------
    fit : PlannedFit
        The fit.
    pairs : PairwiseCost
        The time per pair of rows and feature.

    Returns
    -------
    float
    """
    second_rows = len(fit.fold.test) if pairs.test_rows else _training_rows(fit)
    return pairs.seconds * _training_rows(fit) * second_rows * _dimension(fit)


def _training_rows(fit: PlannedFit) -> int:
    return len(fit.fold.train) * len(fit.model.all_sets)


def _dimension(fit: PlannedFit) -> int:
    return sum(feature_set.dimension for feature_set in fit.model.sets)


def _long_fit_warning(fit: PlannedFit, pairs: PairwiseCost, count: int) -> str:
    seconds = pairs.advised_seconds * _training_rows(fit) * _dimension(fit)
    time = f" (about {format_duration(seconds)})" if seconds else ""
    return (
        f"{fit.model.name}: {pairs.reason}: about {format_duration(estimate_seconds(fit, pairs))} for "
        f"{f'each of {count} fits' if count > 1 else 'a fit'} on {_training_rows(fit):,} rows; "
        + pairs.advice.format(name=fit.model.name, time=time)
    )


def format_duration(seconds: float) -> str:
    """Return a duration in the largest unit that keeps two digits or a value of at least 1.5.

    Parameters
    ----------
    seconds : float
        The duration.

    Returns
    -------
    str
        Such as ``"20 s"`` or ``"3 h"``.
    """
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
