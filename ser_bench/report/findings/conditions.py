"""Sentences on recording conditions: the largest loss, collapsed predictions, robustness, ranking and stability.

Every function returns an empty text or list for a run without conditions. Claims are on the model with the highest UAR
on clips as recorded, under the split that ranks the models, unless they name others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from ser_bench.core.text import listed, plural, shortened_list
from ser_bench.report.analysis.conditions.counts import condition_counts
from ser_bench.report.analysis.conditions.robustness import (
    RobustLeader,
    robust_families,
    robust_gains,
    robust_leader,
    robust_scores,
)
from ser_bench.report.analysis.conditions.scores import scores_under
from ser_bench.report.analysis.conditions.stability import changed_labels
from ser_bench.report.analysis.conditions.tested import audible_conditions, has_conditions, heard_families
from ser_bench.report.analysis.conditions.weaknesses import WorstCondition, overtaken, worst_against, worst_common
from ser_bench.report.analysis.intervals import MIN_SPEAKERS
from ser_bench.report.analysis.ranking import best_model
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.descriptions import model_title, model_titles
from ser_bench.report.findings.titles.wording import name_of, percents
from ser_bench.report.formatting import capitalised, percent, percent_interval, points, points_interval
from ser_bench.runs.results import SavedRun

_MOST = 3
"""The most conditions or models that a sentence lists."""

_RELATIVES = (
    "Families have relatives, such as phone and gsm, or bits-4 and white-10: training under one may help under the "
    "other."
)


def condition_sentences(run: SavedRun) -> list[str]:
    """Return every finding on recording conditions.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        Without :func:`worst_sentence`, which is part of the headline.
    """
    sentences = [*collapse_sentences(run), *robust_sentences(run), ranking_sentence(run), stability_sentence(run)]
    return [sentence for sentence in sentences if sentence]


def worst_sentence(run: SavedRun) -> str:
    """State the largest loss of the best model under a common condition.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "On the telephone, the UAR of lda falls from 66.5 to 20.3 %, the largest loss under 7 common recording
        conditions." Of several splits it names the split that ranks the models. It says so where nothing is lost, where
        no loss is significant, and where a loss is not tested.
    """
    worst = worst_common(run)
    if worst is None:
        return ""
    model, phrase = model_title(run, worst.model), capitalised(worst.condition.phrase)
    clean, uar = percent(worst.clean), percent(worst.uar)
    limits = "".join(f", {limit}" for limit in _limits(worst))
    split = f" ({ranking_split(run.info.splits)} split)" if len(run.info.splits) > 1 else ""
    if worst.uar >= worst.clean:
        return f"{phrase}, the UAR of {model} is {uar} %{split}, not lower than {clean} % on clips as recorded{limits}."
    if worst.low > 0:
        return f"{phrase}, the UAR of {model} falls from {clean} to {uar} %{split}{limits}."
    tested = f"below {plural(MIN_SPEAKERS, 'speaker')} no loss is tested" if math.isnan(worst.low) else ""
    instead = f"{phrase}, the UAR of {model} is {uar} % instead of {clean} %{split}{limits}"
    return f"{instead}; {tested or 'the loss is not significant'}."


def loss_answer(run: SavedRun, model: str) -> str:
    """State for readers who do not know the field what a common condition costs a model.

    Parameters
    ----------
    run : SavedRun
    model : str

    Returns
    -------
    str
        Such as "On the telephone, lda recognises 20 % instead of 67 %, and lda-robust, which heard telephone in
        training, 62 %." The other model is the best one of those that are significantly better under the condition.
        Empty without a significant loss.
    """
    worst = worst_common(run, model)
    if worst is None or not worst.low > 0:
        return ""
    uar, clean = percents(worst.uar, worst.clean)
    sentence = f"{capitalised(worst.condition.phrase)}, {name_of(run, model)} recognises {uar} % instead of {clean} %"
    better = overtaken(run) if model == best_model(run) else overtaken(run).iloc[:0]
    better = better[better["condition"] == worst.condition.name]
    if better.empty:
        return f"{sentence}."
    row = better.loc[better["difference"].idxmax()]
    (best,) = percents(worst.uar + row["difference"])
    heard = f", which heard {worst.condition.family} in training," if row["heard"] else ""
    return f"{sentence}, and {name_of(run, row['model'])}{heard} {best} %."


def replacement_answer(run: SavedRun, best: str, model: str, time: str) -> str:
    """State the common condition under which a cheaper model is most below the best one.

    Parameters
    ----------
    run : SavedRun
    best, model : str
    time : str
        The time of a fit of ``model``.

    Returns
    -------
    str
        Such as "On the telephone, lda, trained in 1.9 s, recognises 18 %, and ensemble-robust, which heard telephone in
        training, 64 %." Empty where it is not significantly worse under any.
    """
    condition = worst_against(run, best, model)
    if condition is None:
        return ""
    uar = scores_under(run, ranking_split(run.info.splits))["uar"]
    low, high = percents(uar[model, condition.name], uar[best, condition.name])
    heard = f", which heard {condition.family} in training," if condition.family in heard_families(run, best) else ""
    return (
        f"{capitalised(condition.phrase)}, {name_of(run, model)}, trained in {time}, recognises {low} %, "
        f"and {name_of(run, best)}{heard} {high} %."
    )


def collapse_sentences(run: SavedRun) -> list[str]:
    """State to which label the predictions of the best model collapse, and under which conditions.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        Up to two sentences, such as "In white noise at 20 dB SNR, lda calls 48 % of the clips calm (recorded: 13 %)."
    """
    best = best_model(run) if has_conditions(run) else None
    if best is None:
        return []
    phrases = {condition.name: condition.phrase for condition in audible_conditions(run)}
    rows = scores_under(run, ranking_split(run.info.splits)).loc[best]
    rows = rows[(rows["collapsed"] == "yes") & rows.index.isin(list(phrases))]
    rows = rows.sort_values("predicted_share", ascending=False, kind="stable")
    if rows.empty:
        return []
    title, first, others = model_title(run, best), rows.iloc[0], rows.iloc[1:]
    shares = f"{100 * first['predicted_share']:.0f} % of the clips {first['excess_label']}"
    sentences = [
        f"{capitalised(phrases[str(first.name)])}, {title} calls {shares} (recorded: "
        f"{100 * first['recorded_share']:.0f} %)."
    ]
    if len(others):
        names = [f"{name} ({row.excess_label}, {100 * row.predicted_share:.0f} %)" for name, row in others.iterrows()]
        sentences.append(
            f"Its predictions collapse to one label under {plural(len(others), 'further condition')}: {_some(names)}."
        )
    return sentences


def robust_sentences(run: SavedRun) -> list[str]:
    """State the highest robust score, and what training under conditions adds to it.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        What the score is, the highest one, and a sentence per model that heard conditions in training and has a variant
        that did not; why there is no robust score where every tested family was heard.
    """
    families, split = robust_families(run), ranking_split(run.info.splits)
    if not families.counted:
        named = {family: shortened_list(model_titles(run, names), _MOST) for family, names in families.heard.items()}
        heard = [f"{family} by {names}" for family, names in named.items()]
        return [f"No robust score: every tested family was heard in training ({'; '.join(heard)})."] if heard else []
    leader = robust_leader(run, split)
    if leader is None:
        return []
    row = robust_scores(run, split).loc[leader.model]
    score = f"{percent(row['robust'])} % {percent_interval(row['robust_low'], row['robust_high'])}".rstrip()
    verb = "has the highest robust score:" if leader.others else "has a robust score of"
    sentences = [
        f"The robust score is the mean UAR over {_counted(run)}.",
        f"{model_title(run, leader.model)} {verb} {score}{_lead(run, leader)}.",
    ]
    gains = robust_gains(run, split)
    return [*sentences, *(_gain(run, row) for _, row in gains.iterrows())]


def ranking_sentence(run: SavedRun) -> str:
    """State which models are significantly better than the best model under some conditions.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Empty if no model is.
    """
    table, best = overtaken(run), best_model(run)
    if table.empty or best is None:
        return ""
    counts = table.groupby("model", sort=False)["heard"].agg(["size", "sum"])
    counts = counts.sort_values("size", ascending=False, kind="stable")
    names = []
    for model, row in counts.iterrows():
        heard = f", {row['sum']} of a family that it heard in training" if row["sum"] else ""
        names.append(f"{model_title(run, str(model))} ({row['size']}{heard})")
    names_there, tested = list(table["condition"].unique()), len(audible_conditions(run))
    which = f" ({listed(names_there)})" if len(names_there) <= _MOST else ""
    verb = "another model is" if len(counts) == 1 else "other models are"
    return (
        f"Under {len(names_there)} of {plural(tested, 'audible condition')}{which}, {verb} significantly better than "
        f"{model_title(run, best)}: {_some(names)}."
    )


def stability_sentence(run: SavedRun) -> str:
    """State how many labels of the best model change under inaudible changes.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Empty without an inaudible condition.
    """
    table, best = changed_labels(run), best_model(run)
    if table.empty or best is None:
        return ""
    rows = table[(table["model"] == best) & (table["split"] == ranking_split(run.info.splits))].dropna(subset="changed")
    shares = [
        f"{percent(row.changed)} % {percent_interval(row.changed_low, row.changed_high)}".rstrip()
        + f" under {row.condition}"
        for row in rows.itertuples()
    ]
    changes = "an inaudible change" if len(shares) == 1 else "inaudible changes"
    return f"Labels of {model_title(run, best)} that change under {changes}: {listed(shares)}." if shares else ""


def condition_notes(run: SavedRun) -> list[str]:
    """State what the numbers on recording conditions are, and what they leave out.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        Empty for a run without conditions.
    """
    if not has_conditions(run):
        return []
    notes = ["A loss is UAR on clips as recorded minus UAR under the condition, of the same clips."]
    worst = worst_common(run)
    if worst is not None and worst.conditions > 1:
        notes.append("The largest of several losses is too large on average, because chance helps to choose it.")
    listeners: dict[tuple[str, ...], list[str]] = {}
    for model in run.info.models:
        listeners.setdefault(heard_families(run, model), []).append(model_title(run, model))
    heard = [f"{listed(own)} by {_some(models)}" for own, models in listeners.items() if own]
    if heard:
        notes.append(f"Families of conditions heard in training: {'; '.join(heard)}.")
    families = robust_families(run)
    if families.counted:
        notes.append("The robust score counts each family equally, and no inaudible changes.")
    if families.counted and families.heard:
        notes.append(_RELATIVES)
    if run.info.normalize == "speaker":
        notes.append("The changed clips of a speaker are normalised by that speaker's clips under the same condition.")
    return [*notes, *_missing_clips(run)]


def _limits(worst: WorstCondition) -> list[str]:
    """Return clauses on what the largest loss includes: the clips, the training, and the choice of the condition."""
    limits = []
    if worst.clips < worst.all_clips:
        limits.append(f"on the {plural(worst.clips, 'clip')} that both have")
    if worst.heard:
        conjunction = "although" if worst.uar < worst.clean else "and"
        limits.append(f"{conjunction} it heard {worst.condition.family} in training")
    if worst.conditions > 1:
        largest = "the largest loss under" if worst.uar < worst.clean else "as under all"
        limits.append(f"{largest} {worst.conditions} common recording conditions")
    return limits


def _counted(run: SavedRun) -> str:
    """Name the families of the robust score, and count their conditions."""
    families = robust_families(run)
    number = plural(sum(map(len, families.counted.values())), "condition")
    kinds = f"{'family' if len(families.counted) == 1 else 'families'} {listed(list(families.counted))} ({number})"
    return f"the {kinds}{', which no model heard in training' if families.heard else ''}"


def _lead(run: SavedRun, leader: RobustLeader) -> str:
    """State whether the highest robust score is significantly higher than the others."""
    if not leader.others:
        return ""
    if not leader.tested:
        return f", not tested against others below {plural(MIN_SPEAKERS, 'speaker')}"
    if leader.similar:
        return f", not significantly higher than that of {_some(model_titles(run, leader.similar))}"
    return f", significantly higher than {'that of the other model' if leader.others == 1 else 'every other'}"


def _some(names: Sequence[str]) -> str:
    """Join names as in a sentence; of many, the first ones and the number of the others."""
    return listed(names) if len(names) <= _MOST else shortened_list(names, _MOST)


def _gain(run: SavedRun, row: pd.Series) -> str:
    """State how the robust score of a model differs from that of its variant without conditions."""
    model, plain = model_titles(run, [row["model"], row["plain"]])
    heard = listed(heard_families(run, row["model"]))
    gain = f"{points(row['gain'])} points {points_interval(row['low'], row['high'])}".rstrip()
    subject = f"The robust score of {model}, which heard {heard} in training,"
    if math.isnan(row["low"]):
        return f"{subject} minus that of {plain} is {gain}; below {plural(MIN_SPEAKERS, 'speaker')} it is not tested."
    if row["low"] > 0 or row["high"] < 0:
        higher = "higher" if row["gain"] > 0 else "lower"
        return f"{subject} is significantly {higher} than that of {plain}: {gain}."
    return f"{subject} is not significantly different from that of {plain}: {gain}."


def _missing_clips(run: SavedRun) -> list[str]:
    """State which conditions lack clips under the split that ranks the models."""
    counts = condition_counts(run, ranking_split(run.info.splits))
    lacking = (counts.clips[:, :1] - counts.clips).max(axis=0)
    names = [f"{name} {missing:,}" for name, missing in zip(counts.conditions, lacking, strict=True) if missing]
    if not names:
        return []
    return [f"Clips that a condition could not change are missing under it (losses.csv): {listed(names)}."]
