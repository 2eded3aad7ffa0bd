"""What a run will do, worked out before anything is computed: models × splits × folds × repeats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ser_bench import corpora, features, models, splits
from ser_bench.core.errors import ConfigError, CorpusError, UnknownNameError
from ser_bench.core.labels import label_order
from ser_bench.runs.inputs import visitors

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.features.base import FeatureSet
    from ser_bench.models.base import Model


@dataclass(frozen=True)
class Entry:
    """A model with the feature sets it gets; ``skipped`` says why it cannot take them."""

    model: Model
    sets: tuple[FeatureSet, ...]
    skipped: str = ""

    @property
    def copies(self) -> tuple[tuple[FeatureSet, ...], ...]:
        """The sets at each of the speeds that training clips are heard at beside their own; none without audio."""
        if any(s.precomputed for s in self.sets):
            return ()
        return tuple(tuple(s.at_speed(speed) for s in self.sets) for speed in self.model.speeds)

    @property
    def features(self) -> str:
        """The sets' names joined with ``+``."""
        return "+".join(feature_set.name for feature_set in self.sets)


@dataclass(frozen=True, eq=False)
class PlannedFit:
    """One model on one fold; two are the same only if they are one object.

    Where ``importance``, it is also measured what the model goes by.
    """

    entry: Entry
    split: str
    repeat: int
    number: int
    fold: splits.Fold
    seed: int
    importance: bool = False

    @property
    def cost(self) -> float:
        """Expected work, in no unit: orders the plan and paces the progress bar."""
        return self.entry.model.cost * len(self.fold.train)


def entries(options: Options, shelf: Mapping[str, FeatureSet] | None = None) -> tuple[Entry, ...]:
    """Return the models asked for, each with its feature sets from the shelf. Baselines are always among them.

    ``shelf`` are the feature sets that a corpus has, by name; by default all that are registered.
    Raises :class:`UnknownNameError` or :class:`ConfigError` for what cannot be.
    """
    return tuple(_entry(model, options.features, shelf) for model in _chosen_models(options))


def _chosen_models(options: Options) -> list[Model]:
    known = dict(models.MODELS)
    for name, table in options.model_tables.items():
        known[name] = models.variant(table.base, name, table.parameters)
    if "all" in options.models:
        chosen = list(known)
    else:
        for name in options.models:
            if name not in known:
                raise UnknownNameError("model", name, [*known, "all"])
        baselines = [m.name for m in models.MODELS.values() if m.kind == "baseline" and m.name not in options.models]
        chosen = [*options.models, *baselines]
    return [known[name] for name in chosen]


def _entry(model: Model, asked: str, shelf: Mapping[str, FeatureSet] | None) -> Entry:
    sets = features.parse(_own(model, shelf) if asked == "auto" else asked, shelf)
    kind = sets[0].kind
    skipped = "" if kind in model.accepts else f"{model.name} takes {' or '.join(model.accepts)}, not {kind}"
    return Entry(model, sets, skipped)


def _own(model: Model, shelf: Mapping[str, FeatureSet] | None) -> str:
    """Return a model's own features, or all there are of a corpus that has others."""
    own = model.features
    return own if shelf is None or set(own.split("+")) <= set(shelf) else "+".join(shelf)


def needed_sets(chosen: Sequence[Entry]) -> tuple[FeatureSet, ...]:
    """Return every feature set that some model needs, once each."""
    wanted = (sets for entry in chosen if not entry.skipped for sets in (entry.sets, *entry.copies))
    return tuple({s.name: s for sets in wanted for s in sets}.values())


def with_labels(clips: pd.DataFrame, target: str) -> pd.DataFrame:
    """Return the clips with a ``label`` column: what is to be predicted.

    Raises :class:`CorpusError` where a gender is asked for and not known, or all labels are the same.
    """
    if "gender" in target and (clips["gender"] == "").any():
        raise CorpusError("the target needs every speaker's gender, and this corpus does not tell it")
    label = {
        "emotion": clips["emotion"],
        "gender": clips["gender"],
        "emotion+gender": clips["emotion"] + "-" + clips["gender"],
    }[target]
    if label.nunique() < 2:
        raise CorpusError(f"there is only one class: every clip is {label.iloc[0]!r}")
    return clips.assign(label=label)


def labels_in_order(clips: pd.DataFrame, target: str) -> tuple[str, ...]:
    """Return the labels in the order of every table, chart and probability column."""
    present = set(clips["label"])
    if target == "emotion":
        return label_order(present)
    emotions = label_order(clips["emotion"])
    pairs = [f"{emotion}-{gender}" for emotion in emotions for gender in sorted(set(clips["gender"]))]
    return tuple(label for label in [*sorted(set(clips["gender"])), *pairs] if label in present)


def fits(chosen: Sequence[Entry], clips: pd.DataFrame, options: Options) -> tuple[PlannedFit, ...]:
    """Return every fit of a run in the order of its tables. Raises :class:`SplitError` where a split cannot be."""
    folds = _all_folds(clips, options)
    return tuple(_fits(chosen, folds, options.seed))


def check_names(options: Options) -> None:
    """Raise :class:`UnknownNameError` for a name that is not known, before anything is opened.

    Raises :class:`ConfigError` where no split is asked for.
    """
    if not corpora.is_feature_table(options.corpus):
        entries(options)
    visitors(options)
    if not options.splits:
        raise ConfigError("no split is asked for; name some with --splits")
    for name in options.splits:
        splits.get(name)


Folds = Mapping[tuple[str, int], tuple[splits.Fold, ...]]


def _all_folds(clips: pd.DataFrame, options: Options) -> Folds:
    return {
        (split, repeat): make_folds(split, clips, options, repeat)
        for split in options.splits
        for repeat in range(options.repeats)
    }


def make_folds(split: str, clips: pd.DataFrame, options: Options, repeat: int = 0) -> tuple[splits.Fold, ...]:
    """Return a split's folds; a corpus that only some split ``cross:CORPUS`` tests takes part in no other."""
    tested = split.removeprefix(splits.PREFIX) if split.startswith(splits.PREFIX) else None
    guests = [corpora.corpus_label(name) for name in visitors(options) if name != tested]
    taking_part = clips[~clips["corpus"].isin(guests)]
    return splits.make_folds(split, taking_part, splits.Draw(options.folds, options.seed, repeat))


def _fits(chosen: Sequence[Entry], folds: Folds, seed: int) -> Iterator[PlannedFit]:
    for entry in chosen:
        for (split, repeat), made in folds.items():
            for number, fold in enumerate(made):
                # what a model goes by is of interest on new voices, and told once
                told = repeat == 0 and splits.get(split).speakers_apart and entry.model.kind != "baseline"
                yield PlannedFit(entry, split, repeat, number, fold, seed + repeat, importance=told)
