"""What the model with the highest UAR costs besides training, and the fastest model that can replace it."""

from __future__ import annotations

import pandas as pd

from ser_bench.report.analysis.choice import choice_of
from ser_bench.report.analysis.exposure import ranked_learners
from ser_bench.report.analysis.intervals import speaker_tallies, uar_difference
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.descriptions import model_title
from ser_bench.report.findings.exposure import no_ranked_model
from ser_bench.report.formatting import byte_size, percent, percent_interval, seconds
from ser_bench.runs.results import SavedRun


def cost_sentences(run: SavedRun) -> str:
    """State what the model with the highest UAR costs, beside the fastest one that is little worse.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        One or two sentences. Where no difference can be tested, they state the fastest model of all and its UAR.
    """
    split = ranking_split(run.info.splits)
    table = summarise(run).set_index("model")
    table = table[table.index.isin(ranked_learners(run))].dropna(subset=[f"{split}_uar", "fit_seconds"])
    choice = choice_of(run, list(table.index), table["fit_seconds"].to_dict())
    if choice is None and (heard := no_ranked_model(run)):
        return f"No cost is compared, because {heard}."
    if choice is None:
        return f"No model finished every fold of the {split} split, so no cost is compared."
    fastest = choice.cheapest if choice.tested else str(table["fit_seconds"].idxmin())
    if fastest == choice.best:
        return f"{model_title(run, fastest)} {_use(table, fastest)}."
    if not choice.tested:
        time, uar = seconds(table.at[fastest, "fit_seconds"]), percent(table.at[fastest, f"{split}_uar"])
        first = f"The fastest model, {model_title(run, fastest)}, takes {time} a fit and has a UAR of {uar} %."
    else:
        first = f"The UAR of {model_title(run, fastest)} is {_lower(run, choice.best, fastest)} points lower."
    uses = [f"{model_title(run, model)} {_use(table, model)}" for model in (fastest, choice.best)]
    return f"{first} {uses[0]}; {uses[1]}."


def _lower(run: SavedRun, best: str, model: str) -> str:
    """Write the loss of UAR of a model with its interval."""
    split = ranking_split(run.info.splits)
    value, low, high = uar_difference(*(speaker_tallies(run, name, split) for name in (best, model)))
    return f"{percent(value)} {percent_interval(low, high)}".rstrip()


def _use(table: pd.DataFrame, model: str) -> str:
    """Write the time of a prediction and the size of a model."""
    row = table.loc[model]
    return f"predicts a clip in {seconds(row['predict_seconds'])} and takes {byte_size(row['model_bytes'])}"
