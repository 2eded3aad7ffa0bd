"""Titles on what models cost: time, weights and epochs, and the features that they use."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from ser_bench import statistics
from ser_bench.core.text import number_range, plural
from ser_bench.report.analysis.choice import MARGIN, cheaper_models, choice_of
from ser_bench.report.analysis.failures import feature_groups, feature_losses
from ser_bench.report.analysis.ranking import scored_models
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.training import network_training
from ser_bench.report.findings.titles.wording import all_models, name_of, no_model, on_clean, percents, short
from ser_bench.report.formatting import percent, seconds, weight_count
from ser_bench.runs.results import SavedRun


def cost_title(run: SavedRun) -> str:
    """State which model is the fastest of those that are little worse than the best one.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "lda (1.8 s a fit) is at most 2.3 points worse than ensemble (4.0 s)", by the 95 % interval.
    """
    models = scored_models(run)
    if not models:
        return no_model(run, "no cost is compared")
    times = summarise(run).set_index("model")["fit_seconds"].to_dict()
    choice = choice_of(run, models, times)
    if choice is None or math.isnan(times[choice.best]):
        return "UAR and time of a fit"
    best, time = name_of(run, choice.best), seconds(times[choice.best])
    if choice.cheapest != choice.best:
        cheapest = f"{name_of(run, choice.cheapest)} ({seconds(times[choice.cheapest])} a fit)"
        return f"{cheapest} is at most {percent(choice.loss)} points worse than {best} ({time}){on_clean(run)}"
    faster = cheaper_models(models, times)
    if len(models) == 1:
        return f"{best} takes {time} a fit"
    if not faster:
        return f"{best} has the highest UAR, and no model trains clearly faster ({time} a fit)"
    if not choice.tested:
        return f"{best} has the highest UAR and takes {time} a fit, longer than {plural(len(faster), 'model')}"
    count = len(faster)
    others = "the model that trains clearly faster" if count == 1 else f"the {count} clearly faster models"
    if set(faster) & set(choice.not_worse):
        return f"{best} takes {time} a fit; {others} may be over {100 * MARGIN:.0f} points worse"
    return f"{best} takes {time} a fit; {others} {'is' if count == 1 else 'are'} significantly worse"


def importance_title(run: SavedRun) -> str:
    """State which group of features costs models the most UAR when it is shuffled.

    The title counts the models with the same groups as the best model. The first group leads if the corrected
    resampled t-test over folds, with Bonferroni's correction for the pairs of groups, finds it above every other.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "Shuffling MFCC costs every model the most UAR on average, 18 points".
    """
    split = ranking_split(run.info.splits)
    groups = feature_groups(run, split)
    ranked = [model for model in scored_models(run) if model in groups]
    if not ranked:
        return "UAR that models lose when a group of features is shuffled"
    models = [model for model in ranked if groups[model] == groups[ranked[0]]]
    losses = feature_losses(run, split, models)
    means = losses.mean().sort_values(ascending=False, kind="stable")
    first, last = short(means.index[0]), short(means.index[-1])
    who = all_models(run, ranked) if len(models) == len(ranked) else f"{len(models)} of {len(ranked)} models"
    if means.iloc[0] > 0 and _leads(run, split, losses, models):
        (points,) = percents(means.iloc[0])
        average = " on average" if len(models) > 1 else ""
        return f"Shuffling {first} costs {who} the most UAR{average}, {points} points"
    most, least = percents(means.iloc[0], means.iloc[-1])
    if len(models) == 1:
        return f"Shuffling {first} costs {who} {most} points of UAR, {last} {least}"
    return f"Shuffling {first} costs {most} points of UAR, {last} {least} (means of {who})"


def _leads(run: SavedRun, split: str, losses: pd.DataFrame, models: Sequence[str]) -> bool:
    """Return whether the loss of one group is significantly above that of every other group."""
    fits = run.fits[(run.fits["split"] == split) & (run.fits["model"] == models[0])].set_index(["repeat", "fold"])
    sizes = fits.loc[losses.index, ["n_train", "n_test"]].astype("float64")
    first = losses.mean().idxmax()
    others = [name for name in losses if name != first]
    limit = statistics.ALPHA / math.comb(len(losses.columns), 2) if others else 0
    tests = [
        statistics.corrected_t_test(losses[first] - losses[name], sizes["n_train"], sizes["n_test"])[1]
        for name in others
    ]
    return bool(tests) and all(p <= limit for p in tests)


def curves_title(run: SavedRun, model: str) -> str:
    """State after how many epochs the validation loss of a network was the lowest.

    Parameters
    ----------
    run : SavedRun
    model : str

    Returns
    -------
    str
        Such as "cnn1d has its lowest validation loss after 14 to 32 epochs".
    """
    table = network_training(run)
    rows, name = table[(table["model"] == model) & table["validated"]], name_of(run, model)
    if rows.empty:
        return f"Loss and accuracy of {name} by epoch"
    fits, at_end = int(rows["fits"].sum()), int(rows["at_end"].sum())
    if 2 * at_end > fits:
        return f"The validation loss of {name} was lowest in the last epoch of {at_end} of {plural(fits, 'fit')}"
    low, high = rows["first"].min(), rows["last"].max()
    noun = "epoch" if high == 1 else "epochs"
    return f"{name} has its lowest validation loss after {number_range(low, high)} {noun}"


def architectures_title(run: SavedRun) -> str:
    """State which network has the fewest weights of those that are little worse than the best one.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "cnn2d (31k weights) is at most 2.3 points worse than cnn1d (65k)", by the 95 % interval.
    """
    split = ranking_split(run.info.splits)
    table = network_training(run)
    weights = table[table["split"] == split].set_index("model")["n_weights"].to_dict()
    networks = [model for model in scored_models(run) if model in weights]
    if not networks:
        return "No network finished"
    choice = choice_of(run, networks, weights)
    best = name_of(run, networks[0])
    count = weight_count(weights[networks[0]])
    if choice is not None and choice.cheapest != choice.best:
        smallest = f"{name_of(run, choice.cheapest)} ({weight_count(weights[choice.cheapest])} weights)"
        return f"{smallest} is at most {percent(choice.loss)} points worse than {best} ({count}){on_clean(run)}"
    if len(networks) == 1:
        return f"{best} has {count} weights"
    if choice is not None and choice.tested and not choice.not_worse:
        return f"{best}, with {count} weights, is significantly better than every other network"
    return f"{best} has the highest UAR of the networks, with {count} weights"
