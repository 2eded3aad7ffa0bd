"""Scores of a run, computed from its saved predictions.

Scores are fractions. They are pooled over the test clips of all folds of a split and repeat, then averaged over
repeats. A model without a result for every fold of a split has no score there: its other folds test fewer clips than
those of the other models.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd

from ser_bench import metrics
from ser_bench.core.errors import UnknownNameError
from ser_bench.metrics import METRICS, Metric
from ser_bench.models import MODELS
from ser_bench.runs.results import SavedRun
from ser_bench.splits import RANDOM_TAKES
from ser_bench.splits import get as find_split

BASELINES = tuple(name for name, model in MODELS.items() if model.kind == "baseline")
"""Models that ignore the features. Tables list them last, and no sentence names them the best model."""

TAKES_SPLIT = RANDOM_TAKES.name
"""The random split that keeps repeated takes together."""

SIZE_TOLERANCE = 0.02
"""The largest relative difference between mean training sizes that count as equal."""

Result = TypeVar("Result")
Options = ParamSpec("Options")

_CELL = ["model", "split"]
_FIT = ["repeat", "fold"]


def cached_per_run(
    compute: Callable[Concatenate[SavedRun, Options], Result],
) -> Callable[Concatenate[SavedRun, Options], Result]:
    """Cache what a function computes from a run, as long as the run exists.

    Callers get a copy, so that no caller can change what the next one gets.

    Parameters
    ----------
    compute : callable
        A function of a run and further hashable arguments.

    Returns
    -------
    callable
    """
    cache: WeakKeyDictionary[SavedRun, dict[Hashable, Result]] = WeakKeyDictionary()

    @wraps(compute)
    def cached(run: SavedRun, /, *args: Options.args, **options: Options.kwargs) -> Result:
        results = cache.setdefault(run, {})
        key = (args, tuple(sorted(options.items())))
        if key not in results:
            results[key] = compute(run, *args, **options)
        return deepcopy(results[key])

    return cached


@dataclass(frozen=True)
class GapSplits:
    """The splits whose differences in UAR are a gap and its parts, all on equal terms.

    Parameters
    ----------
    random : str
        A random split.
    takes : str or None
        The random split that keeps repeated takes together; None if the run or the corpus has none.
    independent : str
        A speaker-independent split.
    """

    random: str
    takes: str | None
    independent: str


def is_speaker_independent(split: str) -> bool:
    """Return whether a split tests speakers that are not in training.

    Parameters
    ----------
    split : str

    Returns
    -------
    bool
        What the registered split states; for the split of a plugin that is not loaded, judged by its name.
    """
    try:
        return find_split(split).speaker_independent
    except UnknownNameError:
        return split.startswith("actor")


def is_random(split: str) -> bool:
    """Return whether a split assigns the clips of a speaker to training and test at random, judged by its name.

    Parameters
    ----------
    split : str

    Returns
    -------
    bool
    """
    return split.startswith("random") and not is_speaker_independent(split)


def gap_splits(run: SavedRun) -> GapSplits | None:
    """Return the splits of the gap that tables show.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    GapSplits or None
        The first of :func:`gap_pairs`; None without any.
    """
    return next(iter(gap_pairs(run)), None)


@cached_per_run
def gap_pairs(run: SavedRun) -> tuple[GapSplits, ...]:
    """Return the splits between which there is a gap.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    tuple of GapSplits
        ``random`` first. Each random split has at most one partner on equal terms (see :func:`unequal_terms`).
    """
    pairs = []
    for random in random_splits(run):
        partners = [name for name in gap_partners(run, random) if not unequal_terms(run, random, name)]
        if partners:
            both = (random, partners[0])
            apart = TAKES_SPLIT in run.info.splits and not any(unequal_terms(run, TAKES_SPLIT, name) for name in both)
            pairs.append(GapSplits(random, TAKES_SPLIT if apart else None, partners[0]))
    return tuple(pairs)


def random_splits(run: SavedRun) -> list[str]:
    """Return the random splits of a run that may separate repeated takes.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        ``random`` first.
    """
    names = [name for name in run.info.splits if is_random(name) and name != TAKES_SPLIT]
    return sorted(names, key=lambda name: name != "random")


def gap_partners(run: SavedRun, random: str) -> list[str]:
    """Return the speaker-independent splits of a run, the best partner of a random split first.

    Splits that divide a speaker between training and test are left out; the audit decides, not what they state.

    Parameters
    ----------
    run : SavedRun
    random : str
        A random split.

    Returns
    -------
    list of str
    """
    preferred = [twin_of(random), "actor", "emobox"]
    known = run.audit.groupby("split")["test_clips_of_known_speakers"].sum()
    names = [name for name in run.info.splits if is_speaker_independent(name) and not known.get(name, 0)]
    return sorted(names, key=lambda name: preferred.index(name) if name in preferred else len(preferred))


def twin_of(random: str) -> str:
    """Return the speaker-independent split that has equal terms with a random split.

    Parameters
    ----------
    random : str
        ``random``, or a hold-out such as ``random-80-20``.

    Returns
    -------
    str
    """
    sizes = random.removeprefix("random")
    return f"actor-twin{sizes}" if sizes else "actor"


@cached_per_run
def unequal_terms(run: SavedRun, first: str, second: str) -> str:
    """Say why the scores of two splits are not comparable.

    Parameters
    ----------
    run : SavedRun
    first, second : str
        Splits of the run.

    Returns
    -------
    str
        Empty if both test the same clips in every repeat, and train on equally many (means over folds within
        :data:`SIZE_TOLERANCE`); else a clause whose subject, "they", is the two splits.
    """
    fits = run.fits.drop_duplicates(["split", *_FIT]).groupby("split")
    sizes = [float(fits["n_train"].mean()[split]) for split in (first, second)]
    planned = [int(fits["n_test"].sum()[split]) for split in (first, second)]
    tested = [_tested_clips(run, split) for split in (first, second)]
    # Where no model finished a fold, only the number of its test clips is known.
    finished = planned == [len(clips) for clips in tested]
    different = planned[0] != planned[1] or (finished and not np.array_equal(tested[0], tested[1]))
    reasons = ["test different clips"] if different else []
    if abs(sizes[0] - sizes[1]) > SIZE_TOLERANCE * max(sizes):
        reasons.append(f"train on {sizes[0]:,.0f} and {sizes[1]:,.0f} clips per fold")
    return f"they {' and '.join(reasons)}" if reasons else ""


def _tested_clips(run: SavedRun, split: str) -> npt.NDArray[np.int64]:
    """Return repeat and code of each tested clip, sorted, shape ``(clips, 2)``; a clip counts once per fold."""
    frame = run.predictions
    chosen = (frame["split"] == split).to_numpy()
    codes = frame["clip"].astype("category").cat.codes.to_numpy()
    part = frame.loc[chosen, _FIT].assign(clip=codes[chosen]).drop_duplicates()
    return np.asarray(part[["repeat", "clip"]].sort_values(["repeat", "clip"]), dtype=np.int64)


def ranking_split(splits: Sequence[str]) -> str:
    """Return the split that ranks the models.

    Parameters
    ----------
    splits : sequence of str
        The splits of a run.

    Returns
    -------
    str
        ``actor``, else the first speaker-independent split, else the first split.
    """
    if "actor" in splits:
        return "actor"
    return next((name for name in splits if is_speaker_independent(name)), splits[0])


@cached_per_run
def missing_folds(run: SavedRun) -> pd.Series:
    """Describe the folds that each model misses.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Series of str, index (model, split)
        Empty for a complete model, else the status and the counts, such as ``failed 2/6``; ``unfinished`` for more than
        one status. A split has the folds for which any model has a row.
    """
    notes = {}
    for split in run.info.splits:
        fits = run.fits[run.fits["split"] == split]
        planned = len(fits[_FIT].drop_duplicates())
        for model in run.info.models:
            counts = fits.loc[fits["model"] == model, "status"].value_counts().to_dict()
            missing = planned - counts.pop("ok", 0)
            reason = next(iter(counts)) if list(counts.values()) == [missing] else "unfinished"
            notes[model, split] = f"{reason} {missing}/{planned}" if missing else "" if planned else "not run"
    return pd.Series(notes, dtype="object")


@cached_per_run
def transductive_models(run: SavedRun) -> tuple[str, ...]:
    """Return the models that predict a clip from the other test clips as well.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    tuple of str
        The models with a fit that ``fits.csv`` marks as transductive, in the order of the run.
    """
    if "transductive" not in run.fits:
        return ()
    marked = set(run.fits.loc[run.fits["transductive"] == "yes", "model"])
    return tuple(model for model in run.info.models if model in marked)


def models_with_copies(run: SavedRun) -> dict[str, tuple[float, ...]]:
    """Return the models that train on copies of clips at other speeds.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to tuple of float
        The speeds of the copies by model, in the order of the run; without the models that train on originals only.
        Empty where features come from a table, since there is no audio to change the speed of.
    """
    if run.info.corpus.recorded:
        return {}
    parameters = run.fits.drop_duplicates("model").set_index("model")["parameters"].map(json.loads)
    speeds = {model: tuple(parameters[model].get("speeds") or ()) for model in run.info.models if model in parameters}
    return {model: copies for model, copies in speeds.items() if copies}


def metrics_of(run: SavedRun) -> dict[str, Metric]:
    """Return the metrics of a run that can be computed.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to Metric
        A plugin's metric is missing unless the plugin is loaded.
    """
    return {name: METRICS[name] for name in run.metrics if name in METRICS}


def page_metrics(run: SavedRun) -> dict[str, str]:
    """Return the titles of the metrics that tables for readers show.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to str
        Titles by name; UAR, which ranks the models, comes first.
    """
    shown = [metric for metric in metrics_of(run).values() if metric.on_page]
    return {metric.name: metric.title for metric in sorted(shown, key=lambda metric: metric.name != "uar")}


@cached_per_run
def pooled_scores(run: SavedRun) -> pd.DataFrame:
    """Return every metric per model and split.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame of float64, index (model, split)
        A column per metric of :func:`metrics_of`; NaN where a fold is missing.
    """
    frame = run.predictions
    codes = pd.DataFrame({"true": frame["true"].cat.codes, "predicted": frame["predicted"].cat.codes})
    keys = [frame["model"].astype("str"), frame["split"].astype("str"), frame["repeat"]]
    rows = {key: metrics.evaluate(part["true"], part["predicted"]) for key, part in codes.groupby(keys)}
    names = [*_CELL, "repeat"]
    index = pd.MultiIndex.from_tuples(list(rows), names=names) if rows else _empty_index(names)
    table = pd.DataFrame(list(rows.values()), index=index, columns=list(metrics_of(run)), dtype="float64")
    notes = missing_folds(run)
    means = table.groupby(level=_CELL).mean().reindex(notes.index)
    return means.where(notes == "")


def scores_by_speaker(run: SavedRun, split: str) -> pd.DataFrame:
    """Return UAR per model and speaker.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame of float64, shape (models, speakers)
        Means over the classes that the speaker has clips of; NaN rows for models with a missing fold.
    """
    part = run.predictions[run.predictions["split"] == split]
    names = {name: part[name].astype("str") for name in ("model", "speaker", "true")}
    hits = pd.DataFrame({**names, "repeat": part["repeat"], "hit": part["true"] == part["predicted"]})
    recalls = hits.groupby(["model", "speaker", "repeat", "true"])["hit"].mean()
    table = recalls.groupby(["model", "speaker", "repeat"]).mean().groupby(["model", "speaker"]).mean().unstack()
    return blank_incomplete(table.reindex(index=list(run.info.models)), run, split)


def blank_incomplete(table: pd.DataFrame, run: SavedRun, split: str) -> pd.DataFrame:
    """Set the rows of models with a missing fold to NaN, in place.

    Parameters
    ----------
    table : DataFrame
        Its index has a level ``model``, or is the models.
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame
        The same table.
    """
    notes = missing_folds(run)
    models = table.index.get_level_values("model")
    table.loc[[notes[model, split] != "" for model in models]] = np.nan
    return table


def confusion_counts(run: SavedRun, model: str, split: str) -> npt.NDArray[np.int64]:
    """Count clips by recorded and predicted label, summed over repeats.

    Parameters
    ----------
    run : SavedRun
    model, split : str

    Returns
    -------
    ndarray of int64, shape (labels, labels)
        Rows are recorded labels, columns predicted ones.
    """
    frame = run.predictions
    part = frame[(frame["model"] == model) & (frame["split"] == split)]
    size = len(run.labels)
    if part.empty:
        return np.zeros((size, size), dtype="int64")
    return metrics.confusion(part["true"].cat.codes, part["predicted"].cat.codes, range(size))


def chance_levels(run: SavedRun) -> dict[str, float]:
    """Return the scores of a model that always predicts the most common label.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to float
        ``accuracy``, the share of the most common label, and ``uar``, one over the number of labels. Both count the
        labels of the test clips, or every label of a run without predictions.
    """
    counts = run.predictions["true"].value_counts()
    present = counts[counts > 0]
    if present.empty:
        return {"accuracy": 1 / len(run.labels), "uar": 1 / len(run.labels)}
    return {"accuracy": float(present.max() / present.sum()), "uar": 1 / len(present)}


def _empty_index(names: list[str]) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([[] for _ in names], names=names)
