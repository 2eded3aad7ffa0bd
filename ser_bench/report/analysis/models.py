"""The models of a run: which ones learn, what they train on, which are transductive, and which quick effort trained."""

from __future__ import annotations

import json
from typing import Any

from ser_bench.models import MODELS
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.runs.results import SavedRun

BASELINES = tuple(name for name, model in MODELS.items() if model.kind == "baseline")
"""Models that ignore the features. Tables list them last, and no sentence names them the best model."""


def trained_models(run: SavedRun) -> list[str]:
    """Return the run's models without the baselines.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        In the order of the run.
    """
    return [model for model in run.info.models if model not in BASELINES]


@cached_per_run
def model_parameters(run: SavedRun) -> dict[str, dict[str, Any]]:
    """Return the parameters of each model.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to dict
        Parameters by model, in the order of the run; models without a fit are missing.
    """
    texts = run.fits.drop_duplicates("model").set_index("model")["parameters"]
    return {model: json.loads(texts[model]) for model in run.info.models if model in texts}


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
    marked = set(run.fits.loc[run.fits["transductive"] == "yes", "model"])
    return tuple(model for model in run.info.models if model in marked)


@cached_per_run
def quick_models(run: SavedRun) -> tuple[str, ...]:
    """Return the models that quick effort trained with other parameters than full effort does.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    tuple of str
        In the order of the run.
    """
    marked = set(run.fits.loc[run.fits["effort"] == "quick", "model"])
    return tuple(model for model in run.info.models if model in marked)


@cached_per_run
def models_with_copies(run: SavedRun) -> dict[str, tuple[float, ...]]:
    """Return the models that train on copies of clips at other speeds.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to tuple of float
        The speeds of the copies by model, in the order of the run; without the models that train on originals only.
        Empty for features from a table, which has no audio.
    """
    if run.info.corpus.recorded:
        return {}
    speeds = {model: tuple(values.get("speeds") or ()) for model, values in model_parameters(run).items()}
    return {model: copies for model, copies in speeds.items() if copies}


def settings_except(run: SavedRun, model: str, parameter: str) -> tuple[str, str, dict[str, Any]]:
    """Return what makes up a model, except one parameter, to find variants that differ in that one alone.

    Parameters
    ----------
    run : SavedRun
    model : str
        A model with a fit.
    parameter : str
        The parameter to leave out.

    Returns
    -------
    tuple of str, str and dict
        The registered model, the feature sets and the other parameters.
    """
    table = run.info.options.model_tables.get(model)
    values = {name: value for name, value in model_parameters(run)[model].items() if name != parameter}
    return table.base if table else model, run.info.features_of.get(model, ""), values


def variants_without_copies(run: SavedRun) -> dict[str, str]:
    """Find the models that differ from another one only in training on no copies at other speeds.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to str
        The model without copies by the model with copies, which has the same base and features and otherwise equal
        parameters.
    """
    copies = models_with_copies(run)
    settings = {model: settings_except(run, model, "speeds") for model in model_parameters(run)}
    variants: dict[str, str] = {}
    for model in copies:
        plain = [name for name in settings if name not in copies and settings[name] == settings[model]]
        if plain:
            variants[model] = plain[0]
    return variants
