"""Whether the features of a model have heard a tested corpus: then its score takes no rank."""

from __future__ import annotations

from collections.abc import Iterable

from ser_bench.features.pretraining import Exposure, worst
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.runs.results import SavedRun


def exposure(run: SavedRun, model: str, split: str | None = None) -> Exposure:
    """Return whether the networks behind a model's features were trained or tuned on a tested corpus.

    Parameters
    ----------
    run : SavedRun
    model : str
    split : str or None
        The split whose tested corpora count; None for the worst of all splits.

    Returns
    -------
    {'no', 'unknown', 'heard'}
        Of several feature sets, members and corpora the worst; ``no`` for features without a network.
    """
    by_split = run.info.exposure.get(model, {})
    return worst(by_split.values()) if split is None else by_split.get(split, "no")


def heard_models(run: SavedRun, split: str | None = None) -> list[str]:
    """Return the models whose features have heard a tested corpus.

    Parameters
    ----------
    run : SavedRun
    split : str or None
        The split whose tested corpora count; None for any split.

    Returns
    -------
    list of str
        In the order of the run.
    """
    return [model for model in run.info.models if exposure(run, model, split) == "heard"]


def unknown_models(run: SavedRun, split: str | None = None) -> list[str]:
    """Return the models for whose features it is unknown whether they have heard a tested corpus.

    Parameters
    ----------
    run : SavedRun
    split : str or None
        The split whose tested corpora count; None for the worst of all splits.

    Returns
    -------
    list of str
        In the order of the run.
    """
    return [model for model in run.info.models if exposure(run, model, split) == "unknown"]


def ranked(run: SavedRun, models: Iterable[str], split: str | None = None) -> list[str]:
    """Return the models that take a rank: those whose features have not heard a tested corpus, as far as is known.

    Parameters
    ----------
    run : SavedRun
    models : iterable of str
    split : str or None
        The split that ranks them; None for the ranking split of the run.

    Returns
    -------
    list of str
        In the order of ``models``.
    """
    split = split or ranking_split(run.info.splits)
    return [model for model in models if exposure(run, model, split) != "heard"]
