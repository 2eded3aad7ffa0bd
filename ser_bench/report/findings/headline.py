"""The headline of a run: the model with the highest UAR, the largest gap, and what limits both."""

from __future__ import annotations

import pandas as pd

from ser_bench import statistics
from ser_bench.core.text import listed
from ser_bench.report.analysis.exposure import exposure, ranked_learners
from ser_bench.report.analysis.intervals import scores_of_few
from ser_bench.report.analysis.leakage import known_speaker_share, speakers_known
from ser_bench.report.analysis.models import BASELINES, transductive_models
from ser_bench.report.analysis.splits import is_speaker_independent, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.transfer import transfer_splits
from ser_bench.report.descriptions import (
    exposed_sentence,
    model_title,
    model_titles,
    normalisation_note,
    notes_of_marks,
)
from ser_bench.report.findings.conditions import worst_sentence
from ser_bench.report.findings.exposure import no_ranked_model
from ser_bench.report.findings.gaps import gap_sentences
from ser_bench.report.findings.leakage import untrained_sentence
from ser_bench.report.formatting import percent, percent_range
from ser_bench.runs.results import SavedRun


def headline(run: SavedRun) -> str:
    """State the highest UAR, the largest gap and loss under a recording condition, and what limits them.

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
    corpus = run.info.corpus.name + (" (synthetic speech)" if run.info.synthetic else "")
    if models.empty:
        return f"On {corpus}, the run has baselines only: there is no model to rank."
    if heard := no_ranked_model(run):
        return f"On {corpus}, no model takes a rank, because {heard}."
    ranked = _ranked(run, table)
    if ranked.empty:
        return f"On {corpus}, no model finished every fold of the {split} split; fits.csv holds the errors."
    incomplete = list(models.loc[models["status"] != "ok", "model"])
    sentences = [
        f"On {corpus}, {_best(run, table, split)}",
        exposed_sentence(run),
        "" if speakers_known(run) else "Speakers are unknown, so there is no score on new voices.",
        untrained_sentence(run, split),
        _best_inductive(run, ranked, split),
        *gap_sentences(run),
        transfer_sentence(run),
        worst_sentence(run),
        f"{normalisation_note(run)}." if normalisation_note(run) else "",
        f"Folds are missing for {listed(model_titles(run, incomplete))}." if incomplete else "",
    ]
    text = " ".join(filter(None, sentences))
    return " ".join([text, *(f"{note}." for note in notes_of_marks(text.replace(exposed_sentence(run), "")))])


def transfer_sentence(run: SavedRun) -> str:
    """State the UAR of the model with the highest UAR on speakers of other corpora than those it was trained on.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        One sentence, with the UAR on new speakers of its own training corpus where the run measured it under a split
        that does not rank the models; empty if the run tests no other corpus.
    """
    split, (within, across) = ranking_split(run.info.splits), transfer_splits(run)
    table = summarise(run)
    ranked = _ranked(run, table)
    if ranked.empty or not [name for name in across if name != split]:
        return ""
    row = ranked.iloc[0]
    unheard = [name for name in (*within, *across) if exposure(run, row["model"], name) != "heard"]
    scores = {name: _score(run, row, name) for name in unheard if name != split and row[f"{name}_uar"] >= 0}
    parts = [f"{scores[name]} on new speakers of its training corpus ({name})" for name in within if name in scores]
    parts += [f"{scores[name]} on corpora that it was not trained on ({name})" for name in across if name in scores]
    return f"{model_title(run, row['model'])} has a UAR of {listed(parts)}." if parts else ""


def _score(run: SavedRun, row: pd.Series, split: str) -> str:
    """Return the UAR of a row of the summary under a split, with its interval or the scores of few speakers."""
    few = scores_of_few(run).get((row["model"], split, "uar"), ())
    interval = percent_range(row[f"{split}_uar_low"], row[f"{split}_uar_high"], few)
    return f"{percent(row[f'{split}_uar'])} %" + (f" {interval}" if interval else "")


def _ranked(run: SavedRun, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the models that take a rank and have a score, the highest UAR first."""
    split = ranking_split(run.info.splits)
    return table[table["model"].isin(ranked_learners(run))].dropna(subset=[f"{split}_uar"])


def on_new_speakers(run: SavedRun) -> str:
    """Write that scores are on new speakers, with the split where it is not ``actor`` alone.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "on new speakers (actor split)"; another split with new speakers may have another best model.
    """
    split = ranking_split(run.info.splits)
    alone = [name for name in run.info.splits if is_speaker_independent(name)] == ["actor"]
    return "on new speakers" if alone else f"on new speakers ({split} split)"


def _best_inductive(run: SavedRun, ranked: pd.DataFrame, split: str) -> str:
    """State which model is the best of the others, if the one with the highest UAR is transductive."""
    transductive = transductive_models(run)
    others = ranked[~ranked["model"].isin(transductive)]
    if ranked["model"].iloc[0] not in transductive or others.empty:
        return ""
    best = others.iloc[0]
    title = model_title(run, best["model"])
    return f"Of the models without †, {title} has the highest UAR: {_score(run, best, split)}."


def _best(run: SavedRun, table: pd.DataFrame, split: str) -> str:
    """State the score of the model with the highest UAR and what its test speakers are; a baseline that beats it."""
    ranked = _ranked(run, table)
    uar = ranked[f"{split}_uar"].round(statistics.DECIMALS)
    row, leaders = ranked.iloc[0], list(ranked.loc[uar == uar.iloc[0], "model"])
    score = _score(run, row, split)
    known = known_speaker_share(run, split)
    condition = on_new_speakers(run) if known == 0 else f"under the {split} split"
    if known == 1:
        condition += ", with test speakers known from training"
    elif known > 0:
        condition += f", with {100 * known:.0f} % of the test clips by speakers known from training"
    names = listed(model_titles(run, leaders))
    sentence = f"{names} {'have' if len(leaders) > 1 else 'has'} the highest UAR {condition}: {score}"
    if len(ranked) == 1:
        sentence = f"{names} has a UAR of {score} {condition}"
    baselines = table[table["model"].isin(BASELINES) & (table[f"{split}_uar"] >= row[f"{split}_uar"])]
    below = [f"{name} ({percent(value)} %)" for name, value in baselines[["model", f"{split}_uar"]].to_numpy()]
    noun = "baseline" if len(below) == 1 else "baselines"
    return f"{sentence}{f', not above the {noun} {listed(below)}' if below else ''}."
