"""Sentences that state what a run found, each derived from its numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from ser_bench.report.analysis.comparisons import ALPHA, comparison
from ser_bench.report.analysis.leakage import leakage_by_split
from ser_bench.report.analysis.scores import (
    BASELINES,
    GapSplits,
    gap_splits,
    is_random,
    is_speaker_independent,
    ranking_split,
)
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.transfer import transfer_scores
from ser_bench.report.formatting import normalisation_note, p_value, percent, percent_interval, plural, points
from ser_bench.runs.results import SavedRun


def headline(run: SavedRun) -> str:
    """State the best model, the optimism of the random split, and what limits both.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A few sentences on one line.
    """
    table, split = summarise(run), ranking_split(run.info.splits)
    models = table[~table["model"].isin(BASELINES)]
    models = table if models.empty else models
    corpus = run.info.corpus.name + (" (synthetic speech)" if run.info.synthetic else "")
    ranked = models.dropna(subset=[f"{split}_uar"])
    if ranked.empty:
        return f"On {corpus}, no model finished every fold of the {split} split; fits.csv holds the errors."
    incomplete = list(models.loc[models["status"] != "ok", "model"])
    sentences = [
        f"On {corpus}, {_best(ranked.iloc[0], split)}",
        _optimism(models, gap_splits(run)),
        transfer_sentence(run),
        f"{normalisation_note(run)}." if normalisation_note(run) else "",
        f"Folds are missing for {_listed(incomplete)}." if incomplete else "",
    ]
    return " ".join(filter(None, sentences))


def verdict(run: SavedRun) -> str:
    """State which model ranks best and from which models it does not differ significantly.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        One sentence.
    """
    compared = comparison(run)
    if compared is None:
        return "Differences are not tested: the tests need three models with every fold, and two test speakers."
    sample = f"{compared.speakers} speakers, {compared.split} split"
    if compared.friedman.p > ALPHA:
        return (
            f"The models do not differ significantly ({sample}; Friedman's test, p = {p_value(compared.friedman.p)})."
        )
    first, *similar = compared.best
    if not similar:
        return f"{first} has the best mean rank and differs significantly from every other model ({sample})."
    return f"{first} has the best mean rank but does not differ significantly from {_listed(similar)} ({sample})."


def leakage_sentences(run: SavedRun) -> list[str]:
    """State per split what its test clips share with training.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        A sentence per split.
    """
    return [f"{row['split']}: {_shared(row)}." for row in leakage_by_split(run).to_dict("records")]


def transfer_sentence(run: SavedRun) -> str:
    """State the UAR of the best model trained on one corpus, within that corpus and on others.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        One sentence; empty if the run lacks either score.
    """
    table = transfer_scores(run)
    table = table[~table["model"].isin(BASELINES) & ~table["trained_on"].str.contains("+", regex=False)]
    within = (table["trained_on"] == table["tested_on"]).to_numpy()
    own, across = (table[chosen].groupby("model")["uar"].mean() for chosen in (within, ~within))
    if own.empty or across.empty:
        return ""
    model = str(own.idxmax())
    return (
        f"Trained on one corpus, {model} has {percent(own[model])} % UAR on new speakers of that corpus "
        f"and {percent(across[model])} % on speakers of another."
    )


def _best(row: pd.Series, split: str) -> str:
    """State the score of the best model and what its test speakers are."""
    interval = percent_interval(row[f"{split}_uar_low"], row[f"{split}_uar_high"])
    score = f"{percent(row[f'{split}_uar'])} %" + (f" {interval}" if interval else "")
    condition = f"under the {split} split"
    if is_speaker_independent(split):
        condition = "on new speakers"
    elif is_random(split):
        condition += ", with test speakers known from training"
    return f"{row['model']} has the highest UAR {condition}: {score}."


def _optimism(models: pd.DataFrame, pair: GapSplits | None) -> str:
    """State the largest gap between the random and the speaker-independent split."""
    gaps = models.dropna(subset=["uar_gap"])
    if pair is None or gaps.empty:
        return ""
    random, independent = pair.random, pair.independent
    row = gaps.loc[gaps["uar_gap"].idxmax()]
    if row["uar_gap"] <= 0:
        return f"The {random} split is not optimistic: no model has a higher UAR than under the {independent} split."
    most = "most " if len(gaps) > 1 else ""
    return (
        f"The {random} split is {most}optimistic for {row['model']}: {percent(row[f'{random}_uar'])} % UAR, "
        f"{points(row['uar_gap']).lstrip('+')} points above the {percent(row[f'{independent}_uar'])} % on new speakers."
    )


def _shared(row: dict[str, float]) -> str:
    """List what the test clips of a split share with training."""
    parts = [_share(row["known_speakers"], "a speaker")]
    if not math.isnan(row["known_texts"]):
        parts.append(_share(row["known_texts"], "a sentence"))
    unchecked = math.isnan(row["near_identical"])
    copies = round(row["identical"] + (0 if unchecked else row["near_identical"]))
    if copies:
        verb = "is" if copies == 1 else "are"
        parts.append(f"{plural(copies, 'test clip')} {verb} identical or nearly identical to a training clip")
    if unchecked:
        parts.append("near-identical clips are not checked, because the corpus has no audio")
    return "; ".join(parts)


def _share(share: float, noun: str) -> str:
    """State the share of test clips whose speaker or sentence is in training."""
    if share in (0, 1):
        return f"{'every' if share else 'no'} test clip has {noun} from training"
    return f"{100 * share:.0f} % of the test clips have {noun} from training"


def _listed(names: Sequence[str]) -> str:
    """Join names as text: ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
