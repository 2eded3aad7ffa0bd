"""The findings of a run in sentences."""

from __future__ import annotations

import math

import pandas as pd

from ser_bench.report.analysis.comparisons import ALPHA, comparison
from ser_bench.report.analysis.leakage import leakage_by_split
from ser_bench.report.analysis.scores import BASELINES, gap_splits, is_random, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.transfer import transfer_scores
from ser_bench.report.formatting import normalisation_note, p_value, percent, percent_interval, points
from ser_bench.runs.results import SavedRun


def headline(run: SavedRun) -> str:
    """Return one sentence: how much the random split flattered, and which model is best."""
    table, splits = summarise(run), list(run.info.splits)
    learners = table[~table["model"].isin(BASELINES)]
    learners = table if learners.empty else learners
    where = f"On {run.info.corpus.name}"
    where += " (synthetic speech)" if run.info.synthetic else ""
    how = " (speakers normalised by their own clips: transductive)" if normalisation_note(run) else ""
    split = ranking_split(splits)
    ranked = learners.dropna(subset=[f"{split}_uar"])
    if ranked.empty:
        return f"{where} no model finished every fold of the {split} split; fits.csv holds the reasons."
    short = learners.loc[learners["status"] != "ok", "model"]
    how += "" if short.empty else f"; unfinished: {', '.join(short)}"
    best = ranked.iloc[0]
    how += f"; {carried}" if (carried := transfer_sentence(run)) else ""
    pair = gap_splits(splits)
    gaps = learners.dropna(subset=["uar_gap"])
    if pair is None or gaps.empty:
        return f"{where} {_best_alone(best, split)}{how}."
    return f"{where} {_flattery(gaps, pair)}; best on new voices: {_named(best, split)}{how}."


def _named(row: pd.Series, split: str) -> str:
    sure = percent_interval(row[f"{split}_uar_low"], row[f"{split}_uar_high"])
    return f"{row['model']}, {percent(row[f'{split}_uar'])} %" + (f" {sure}" if sure else "")


def _flattery(gaps: pd.DataFrame, pair: tuple[str, str]) -> str:
    """Name the model that the random split flattered most."""
    worst = gaps.loc[gaps["uar_gap"].idxmax()]
    if worst["uar_gap"] <= 0:
        return f"the {pair[0]} split flattered no model"
    most = " most," if len(gaps) > 1 else ""
    fall = " % → ".join(percent(worst[f"{split}_uar"]) for split in pair)
    amount = points(worst["uar_gap"]).lstrip("+")
    return f"the {pair[0]} split flattered {worst['model']}{most} by {amount} points ({fall} % UAR)"


def _best_alone(best: pd.Series, split: str) -> str:
    """Name the best model where no gap can be told, and say what that leaves open."""
    if is_random(split):
        known = f"under the {split} split, whose voices are known from training"
        return f"the best model is {_named(best, split)} UAR, {known}"
    return f"the best model under the {split} split is {_named(best, split)} UAR"


def verdict(run: SavedRun) -> str:
    """Say in a sentence which models are the best that can be told apart on these speakers."""
    compared = comparison(run)
    if compared is None:
        return "Too few models finished, or too few speakers were tested, to tell models apart."
    where = f"on {compared.speakers} speakers ({compared.split} split)"
    if compared.friedman.p > ALPHA:
        return f"The models cannot be told apart {where}: Friedman's test, p = {p_value(compared.friedman.p)}."
    rivals = [model for model in compared.best[1:] if model not in BASELINES]
    first = compared.models[0]
    if not rivals:
        return f"{first} can be told from every other model, and is the best, {where}."
    return f"{first} ranks best but cannot be told from {_listed(rivals)} {where}."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def leakage_sentences(run: SavedRun) -> list[str]:
    """Return a sentence per split: what a model tested under it already knew."""
    sentences = []
    for row in leakage_by_split(run).to_dict("records"):
        known = []
        if row["known_speakers"]:
            known.append(f"{_share(row['known_speakers'])} come from speakers heard in training")
        if row["known_texts"] > 0:
            known.append(f"{_share(row['known_texts'])} say a sentence heard in training")
        copies = round(row["identical"] + (0 if math.isnan(row["near_identical"]) else row["near_identical"]))
        if copies:
            known.append(f"{copies} sound like an altered copy of a training clip")
        said = "; ".join(known) if known else "share neither speaker nor sentence with training"
        unheard = "; altered copies were not looked for, without audio" if math.isnan(row["near_identical"]) else ""
        sentences.append(f"{row['split']}: of the test clips, {said}{unheard}.")
    return sentences


def _share(part: float) -> str:
    return "all" if part == 1 else f"{100 * part:.0f} %"


def transfer_sentence(run: SavedRun) -> str:
    """Say how far the best learner's UAR falls from its own corpora to others; empty where either was not tried."""
    table = transfer_scores(run)
    table = table[~table["model"].isin(BASELINES) & ~table["trained_on"].str.contains("+", regex=False)]
    home = (table["trained_on"] == table["tested_on"]).to_numpy()
    own, other = (table[chosen].groupby("model")["uar"].mean() for chosen in (home, ~home))
    if own.empty or other.empty:
        return ""
    model = str(own.idxmax())
    return (
        f"trained on one corpus, {model} has {percent(own[model])} % UAR on new speakers of the same "
        f"and {percent(other[model])} % on those of another"
    )
