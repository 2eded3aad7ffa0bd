"""Whether the lead of the best model is significant, and what intervals cover."""

from __future__ import annotations

from ser_bench.core.text import listed, plural
from ser_bench.report.analysis.comparisons import Comparison, comparison, folds_recur
from ser_bench.report.analysis.exposure import ranked_learners, unranked_learners
from ser_bench.report.analysis.intervals import MIN_SPEAKERS, intervals, scores_of_few
from ser_bench.report.analysis.leakage import speakers_known
from ser_bench.report.analysis.models import BASELINES, trained_models
from ser_bench.report.analysis.scores import missing_folds, pooled_scores
from ser_bench.report.analysis.splits import gap_splits, ranking_split
from ser_bench.report.descriptions import model_title, model_titles
from ser_bench.report.findings.exposure import every_other_model, no_ranked_model
from ser_bench.report.formatting import p_statement
from ser_bench.runs.results import SavedRun


def verdict(run: SavedRun) -> str:
    """State whether the model with the highest UAR is significantly better than the other models.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Up to three sentences. Baselines do not count as other models; one that is not below them is named.
    """
    compared = comparison(run)
    if compared is None:
        return _not_compared(run)
    uar = pooled_scores(run)["uar"].xs(compared.split, level=1)
    above = [name for name in BASELINES if uar.get(name, -1.0) >= uar[compared.leader]]
    if not above:
        return _verdict(run, compared)
    noun = "baseline" if len(above) == 1 else "baselines"
    model = "ranked model" if unranked_learners(run) else "model"
    return f"{_verdict(run, compared)} No {model} is above the {noun} {listed(above)}."


def _verdict(run: SavedRun, compared: Comparison) -> str:
    """State what the tests of all models find."""
    count, speakers = len(compared.models), compared.speakers
    sample = f"{plural(speakers, 'speaker')}, {compared.split} split"
    if compared.too_few_speakers:
        return _too_few_speakers(run, compared)
    if not compared.models_differ:
        return f"{_no_difference(run, compared, sample)} This does not mean that the models are equal."
    leader = model_title(run, compared.leader)
    if not compared.not_worse:
        others = every_other_model(run) if count > 2 else model_title(run, compared.others[0])
        return f"{leader} has the highest UAR and is significantly better than {others} ({sample})."
    if compared.tied:
        equal = listed(model_titles(run, [compared.leader, *compared.tied]))
        return f"{equal} have the same UAR, the highest, so none of them leads ({sample})."
    if compared.better_than_leader:
        names = listed(model_titles(run, compared.better_than_leader))
        verb = "is" if len(compared.better_than_leader) == 1 else "are"
        return (
            f"{leader} has the highest UAR over all clips, but {names} {verb} significantly better by UAR per speaker "
            f"({sample})."
        )
    return (
        f"{leader} has the highest UAR, but its lead over {listed(model_titles(run, compared.not_worse))} is not "
        f"significant ({sample})."
    )


def interval_notes(run: SavedRun) -> list[str]:
    """State what the intervals of a run are, and what they do not cover.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        A sentence each.
    """
    if not speakers_known(run):
        return ["Speakers are unknown, so scores have no interval."]
    few = list(dict.fromkeys(split for _, split, _ in scores_of_few(run)))
    paired = ", paired for the gap" if gap_splits(run) else ""
    notes = [f"Brackets hold 95 % t intervals over speakers{paired}."] if set(run.info.splits) - set(few) else []
    if few:
        several = any(len(scores) > 1 for scores in scores_of_few(run).values())
        shown = "; parentheses hold the score of each speaker" if several else ""
        notes.append(f"Fewer than {MIN_SPEAKERS} test speakers ({listed(few)}) give no interval{shown}.")
    notes.append("Other training sets would change the scores further; no interval over test speakers covers that.")
    if len(trained_models(run)) > 1:
        notes.append("The highest of several scores is too high on average, because chance helps to choose it.")
    if run.fits["repeat"].nunique() < 2:
        return [*notes, "More repeats, with folds drawn anew, show a part of that change."]
    recurring = [split for split in run.info.splits if folds_recur(run, split)]
    redrawn = [split for split in run.info.splits if split not in recurring]
    measured = [f"of folds and seeds under {listed(redrawn)}"] if redrawn else []
    measured += [f"of seeds only under {listed(recurring)}"] if recurring else []
    notes.append(f"The deviation over repeats, `uar_sd` in summary.csv, shows the effect {' and '.join(measured)}.")
    complete = [cell for cell, note in missing_folds(run).items() if not note and cell[0] not in BASELINES]
    if intervals(run)["uar_sd"].loc[complete].isna().any():
        notes.append("The deviation is empty where all repeats predict the same.")
    return notes


def _not_compared(run: SavedRun) -> str:
    """State why no difference is tested."""
    split = ranking_split(run.info.splits)
    models = ranked_learners(run)
    complete = [model for model in models if not missing_folds(run)[model, split]]
    if not trained_models(run):
        return "The run has baselines only, so no difference between models is tested."
    if not models:
        return f"No difference between models is tested, because {no_ranked_model(run)}."
    if len(models) == 1 and unranked_learners(run):
        return f"{model_title(run, models[0])} is the only model that takes a rank, so no difference is tested."
    if len(models) == 1:
        name = model_title(run, models[0])
        return f"Besides the baselines the run has {name} only: there is no other model to compare it with."
    if len(complete) == 1:
        return (
            f"Only {model_title(run, complete[0])} finished every fold of the {split} split: "
            "there is no other model to compare it with."
        )
    if not complete:
        return f"No model finished every fold of the {split} split, so no difference is tested."
    if not speakers_known(run):
        return "Speakers are unknown, so no difference between models is tested."
    return f"The {split} split tests one speaker, so no difference between models can be tested."


def _too_few_speakers(run: SavedRun, compared: Comparison) -> str:
    """State that no pair can differ significantly, and what Friedman's test finds nevertheless."""
    count, names = len(compared.models), listed(model_titles(run, sorted(compared.models)))
    ranked = "ranked " if unranked_learners(run) else ""
    pair = f"no two of the {count} {ranked}models can" if count > 2 else f"the models {names} cannot"
    sentence = (
        f"With {plural(compared.speakers, 'speaker')}, {pair} differ significantly: at least "
        f"{compared.needed_speakers} speakers are needed ({compared.split} split)."
    )
    if compared.friedman is None or not compared.models_differ:
        return sentence
    p = p_statement(compared.friedman.p)
    return f"{sentence} Friedman's permutation test finds that not all {ranked}models perform alike ({p})."


def _no_difference(run: SavedRun, compared: Comparison, sample: str) -> str:
    """State the test that finds no difference at all."""
    if compared.friedman is None:
        first, second = compared.leader, compared.others[0]
        p = p_statement(float(compared.p.at[first, second]))
        pair = listed(model_titles(run, [first, second]))
        return f"The difference between {pair} is not significant ({sample}; Wilcoxon's test, {p})."
    p = p_statement(compared.friedman.p)
    models = "the ranked models" if unranked_learners(run) else "the models"
    return f"No difference between {models} is significant ({sample}; Friedman's permutation test, {p})."
