"""Whether the features of a model have heard a tested corpus: then its score takes no rank."""

from __future__ import annotations

from collections.abc import Iterable

from ser_bench.features.pretraining import Exposure, Pretraining, worst
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.runs.results import SavedRun
from ser_bench.runs.results.run_info import PretrainedInfo


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


def ranked_learners(run: SavedRun, split: str | None = None) -> list[str]:
    """Return the models that take a rank, see :func:`ranked`, without the baselines.

    Parameters
    ----------
    run : SavedRun
    split : str or None
        The split that ranks them; None for the ranking split of the run.

    Returns
    -------
    list of str
        In the order of the run.
    """
    return ranked(run, trained_models(run), split)


def heard_last(run: SavedRun, models: Iterable[str], split: str | None = None) -> list[str]:
    """Return models in their order, those that take no rank after the others.

    Parameters
    ----------
    run : SavedRun
    models : iterable of str
    split : str or None
        The split that ranks them; None for the ranking split of the run.

    Returns
    -------
    list of str
    """
    models = list(models)
    ranking = ranked(run, models, split)
    return [*ranking, *(model for model in models if model not in ranking)]


def unranked_learners(run: SavedRun, split: str | None = None) -> list[str]:
    """Return the models that take no rank, because their features have heard a tested corpus.

    Parameters
    ----------
    run : SavedRun
    split : str or None
        The split that ranks them; None for the ranking split of the run.

    Returns
    -------
    list of str
        In the order of the run.
    """
    ranking = set(ranked_learners(run, split))
    return [model for model in trained_models(run) if model not in ranking]


def heard_corpora(run: SavedRun, model: str, split: str) -> list[str]:
    """Return the tested corpora that the networks behind a model's features name among their training corpora.

    Parameters
    ----------
    run : SavedRun
    model, split : str

    Returns
    -------
    list of str
        Empty if they name none.
    """
    audit = run.audit[run.audit["split"] == split]
    tested = sorted({name for names in audit["test_corpora"] for name in names.split("+")})
    used = run.info.features_of.get(model, "").split("+")
    networks = [network for name, network in run.info.pretrained.items() if name in used]
    return [name for name in tested if any(_has_heard(network, name) for network in networks)]


def _has_heard(network: PretrainedInfo, corpus: str) -> bool:
    listed = Pretraining(corpora=network.corpora).exposure(corpus, known=False)
    return "heard" in (listed, network.exposure.get(corpus))
