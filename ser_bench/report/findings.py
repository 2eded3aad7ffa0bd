"""Sentences that state what a run found, each derived from its numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.comparisons import ALPHA, Comparison, comparison, folds_recur
from ser_bench.report.analysis.gaps import (
    LargestGap,
    gaps_of,
    largest_gap,
    missing_gaps,
    unequal_training,
    variants_without_copies,
)
from ser_bench.report.analysis.intervals import MIN_SPEAKERS, scores_of_few
from ser_bench.report.analysis.leakage import Takes, known_speaker_share, leakage_by_split, takes_of, training_speakers
from ser_bench.report.analysis.scores import (
    BASELINES,
    GapSplits,
    gap_splits,
    is_speaker_independent,
    missing_folds,
    models_with_copies,
    pooled_scores,
    ranking_split,
    transductive_models,
)
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.transfer import transfer_scores
from ser_bench.report.formatting import (
    TRANSDUCTIVE_MARK,
    model_title,
    model_titles,
    normalisation_note,
    p_value,
    percent,
    percent_range,
    plural,
    points,
    points_interval,
    transductive_note,
)
from ser_bench.runs.results import SavedRun


def headline(run: SavedRun) -> str:
    """State the model with the highest UAR, the largest gap and its parts, and what limits both.

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
    ranked = models.dropna(subset=[f"{split}_uar"])
    if ranked.empty:
        return f"On {corpus}, no model finished every fold of the {split} split; fits.csv holds the errors."
    incomplete = list(models.loc[models["status"] != "ok", "model"])
    sentences = [
        f"On {corpus}, {_best(run, table, split)}",
        _best_inductive(run, ranked, split),
        *_gap_sentences(run),
        transfer_sentence(run),
        f"{normalisation_note(run)}." if normalisation_note(run) else "",
        f"Folds are missing for {_listed(model_titles(run, incomplete))}." if incomplete else "",
    ]
    text = " ".join(filter(None, sentences))
    return f"{text} {transductive_note(run)}." if TRANSDUCTIVE_MARK in text else text


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
    return f"{_verdict(run, compared)} No model is above the {noun} {_listed(above)}."


def _verdict(run: SavedRun, compared: Comparison) -> str:
    """State what the tests of all models find."""
    count, speakers = len(compared.models), compared.speakers
    sample = f"{speakers} speakers, {compared.split} split"
    if compared.too_few_speakers:
        return _too_few_speakers(run, compared)
    if not compared.models_differ:
        return f"{_no_difference(run, compared, sample)} This does not mean that the models are equal."
    leader = model_title(run, compared.leader)
    if not compared.not_worse:
        others = "every other model" if count > 2 else model_title(run, compared.others[0])
        return f"{leader} has the highest UAR and is significantly better than {others} ({sample})."
    if compared.tied:
        equal = _listed(model_titles(run, [compared.leader, *compared.tied]))
        return f"{equal} have the same UAR, the highest, so none of them leads ({sample})."
    return (
        f"{leader} has the highest UAR, but its lead over {_listed(model_titles(run, compared.not_worse))} is not "
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
    few = list(dict.fromkeys(split for _, split, _ in scores_of_few(run)))
    paired = ", paired for the gap" if gap_splits(run) else ""
    notes = [f"Brackets hold 95 % t intervals over speakers{paired}."] if set(run.info.splits) - set(few) else []
    if few:
        notes.append(
            f"Fewer than {MIN_SPEAKERS} test speakers ({_listed(few)}) give no interval; parentheses hold the score of "
            "each speaker."
        )
    notes.append("Other training sets would change the scores further; intervals over test speakers do not cover that.")
    if run.fits["repeat"].nunique() < 2:
        return [*notes, "Repeats (--repeats) with folds drawn anew show part of it."]
    recurring = [split for split in run.info.splits if folds_recur(run, split)]
    redrawn = [split for split in run.info.splits if split not in recurring]
    measured = [f"of folds and seeds under {_listed(redrawn)}"] if redrawn else []
    measured += [f"of seeds only under {_listed(recurring)}"] if recurring else []
    return [*notes, f"The deviation over repeats, `uar_sd` in summary.csv, shows the effect {' and '.join(measured)}."]


def _not_compared(run: SavedRun) -> str:
    """State why no difference is tested."""
    split = ranking_split(run.info.splits)
    models = [model for model in run.info.models if model not in BASELINES]
    complete = [model for model in models if not missing_folds(run)[model, split]]
    if not models:
        return "The run has baselines only, so no difference between models is tested."
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
    return f"The {split} split tests one speaker, so no difference between models can be tested."


def _too_few_speakers(run: SavedRun, compared: Comparison) -> str:
    """State that no pair can differ significantly, and what Friedman's test finds nevertheless."""
    count, names = len(compared.models), _listed(model_titles(run, sorted(compared.models)))
    pair = f"no two of the {count} models" if count > 2 else f"the models {names} cannot"
    sentence = (
        f"With {compared.speakers} speakers, {pair}{' can' if count > 2 else ''} differ significantly: at least "
        f"{statistics.needed_speakers(count, ALPHA)} speakers are needed ({compared.split} split)."
    )
    if compared.friedman is None or not compared.models_differ:
        return sentence
    p = p_value(compared.friedman.p)
    equals = "" if p.startswith("<") else "= "
    return f"{sentence} Friedman's permutation test finds that not all models perform alike (p {equals}{p})."


def _no_difference(run: SavedRun, compared: Comparison, sample: str) -> str:
    """State the test that finds no difference at all."""
    if compared.friedman is None:
        first, second = compared.leader, compared.others[0]
        p = p_value(float(compared.p.at[first, second]))
        pair = _listed(model_titles(run, [first, second]))
        return f"The difference between {pair} is not significant ({sample}; Wilcoxon's test, p = {p})."
    p = p_value(compared.friedman.p)
    return f"No difference between the models is significant ({sample}; Friedman's permutation test, p = {p})."


def leakage_sentences(run: SavedRun) -> list[str]:
    """State per split what its test clips share with training, who trained the models, and which clips are takes.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        Up to three sentences per split, one about the takes of the corpus, and one about classes of one speaker.
    """
    trained, takes = training_speakers(run), takes_of(run)
    rows = leakage_by_split(run).to_dict("records")
    shared = [
        f"{row['split']}: {_shared(row, takes)}.{_trained_on(run, trained.loc[row['split']], row['known_speakers'])}"
        for row in rows
    ]
    return [*shared, _takes(takes), *_classes_of_one_speaker(run)] if rows else []


def _classes_of_one_speaker(run: SavedRun) -> list[str]:
    """Name the classes that no model can learn where their only speaker is new."""
    tested = run.predictions[["speaker", "true"]].drop_duplicates()
    speakers = tested.groupby(tested["true"].astype("str"))["speaker"].nunique()
    classes = [label for label in run.labels if speakers.get(label) == 1]
    if not classes or not any(map(is_speaker_independent, run.info.splits)):
        return []
    noun = "Class" if len(classes) == 1 else "Classes"
    return [f"{noun} of one speaker: {_listed(classes)}. Where this speaker is new, no training clip has the class."]


def _takes(takes: Takes) -> str:
    """State how many clips have another take, or why that is unknown."""
    if not takes.known:
        return "Repeated takes are unknown, because sentences are and the corpus has no audio."
    if not takes.sentences:
        return "Where sentences are unknown, only near-identical clips count as takes of one another."
    if not takes.repeated:
        return "No clip has another take: no speaker repeats a sentence with the same emotion and intensity."
    share = f"{takes.repeated:,} of {takes.clips:,} clips have"
    return f"{share} another take: the same speaker, sentence, emotion and, if known, intensity."


def _trained_on(run: SavedRun, trained: pd.DataFrame, known_speakers: float) -> str:
    """State the most speakers per fold that models were trained on, and the models with fewer speakers or voices."""
    stated = trained.dropna()
    if stated.empty:
        return ""
    counts = stated["speakers"].round(1)
    usual = counts.max()
    fewer = [
        f"{_listed(model_titles(run, part.index))} on {count:g}"
        for count, part in counts[counts != usual].groupby(counts)
    ]
    speakers = "1 speaker" if usual == 1 else f"{usual:g} speakers"
    sentences = [f"Models were trained on {speakers} per fold{''.join(f', {text}' for text in fewer)}."]
    unaware = stated[stated["known_voices"] < known_speakers - 1e-9]["known_voices"]
    if len(unaware):
        shares = " and ".join(sorted({f"{percent(share)} %" for share in unaware}))
        verb = "knows" if len(unaware) == 1 else "know"
        sentences.append(f"{_listed(model_titles(run, unaware.index))} {verb} the speakers of {shares} of test clips.")
    unstated = list(trained.index[trained["speakers"].isna() & (trained["fits"] > 0)])
    if unstated:
        sentences.append(f"Training speakers are unknown for {_listed(model_titles(run, unstated))}.")
    return " " + " ".join(sentences)


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
        f"Trained on one corpus, {model_title(run, model)} has {percent(own[model])} % UAR on new speakers of that "
        f"corpus and {percent(across[model])} % on speakers of another."
    )


def _best_inductive(run: SavedRun, ranked: pd.DataFrame, split: str) -> str:
    """State which model is the best of the others, if the one with the highest UAR is transductive."""
    transductive = transductive_models(run)
    others = ranked[~ranked["model"].isin(transductive)]
    if ranked["model"].iloc[0] not in transductive or others.empty:
        return ""
    best, score = others["model"].iloc[0], percent(others[f"{split}_uar"].iloc[0])
    return f"Of the models without †, {best} has the highest UAR: {score} %."


def _best(run: SavedRun, table: pd.DataFrame, split: str) -> str:
    """State the score of the model with the highest UAR and what its test speakers are; a baseline that beats it."""
    ranked = table[~table["model"].isin(BASELINES)].dropna(subset=[f"{split}_uar"])
    uar = ranked[f"{split}_uar"].round(statistics.DECIMALS)
    row, leaders = ranked.iloc[0], list(ranked.loc[uar == uar.iloc[0], "model"])
    few = scores_of_few(run).get((row["model"], split, "uar"), ())
    interval = percent_range(row[f"{split}_uar_low"], row[f"{split}_uar_high"], few)
    score = f"{percent(row[f'{split}_uar'])} %" + (f" {interval}" if interval else "")
    known = known_speaker_share(run, split)
    new = "on new speakers" if split == "actor" else f"on new speakers ({split} split)"
    condition = new if known == 0 else f"under the {split} split"
    if known == 1:
        condition += ", with test speakers known from training"
    elif known > 0:
        condition += f", with {100 * known:.0f} % of the test clips by speakers known from training"
    names = _listed(model_titles(run, leaders))
    sentence = f"{names} {'have' if len(leaders) > 1 else 'has'} the highest UAR {condition}: {score}"
    if len(ranked) == 1:
        sentence = f"{names} has a UAR of {score} {condition}"
    baselines = table[table["model"].isin(BASELINES) & (table[f"{split}_uar"] >= row[f"{split}_uar"])]
    below = [f"{name} ({percent(value)} %)" for name, value in baselines[["model", f"{split}_uar"]].to_numpy()]
    noun = "baseline" if len(below) == 1 else "baselines"
    return f"{sentence}{f', not above the {noun} {_listed(below)}' if below else ''}."


def _gap_sentences(run: SavedRun) -> list[str]:
    """State the largest gap between the random and the speaker-independent split, and its parts."""
    pair = gap_splits(run)
    largest = largest_gap(run, pair) if pair else None
    if pair is None or largest is None:
        return []
    row = gaps_of(run, pair).loc[largest.model]
    parts = parts_of_gap(run, row)
    return [
        _gap(run, row, largest, pair),
        f"It has two parts: {parts}." if parts and largest.gap > 0 and not largest.tied else "",
    ]


def _gap(run: SavedRun, row: pd.Series, largest: LargestGap, pair: GapSplits) -> str:
    """State the largest gap, and whether it is significantly larger than the others."""
    gap = f"{points(largest.gap)} points"
    if ends := points_interval(row["total_low"], row["total_high"]):
        gap += f" {ends}"
    if not largest.others and not largest.tied:
        return f"The gap between {pair.random} and {pair.independent} is {gap} for {model_title(run, largest.model)}."
    if largest.gap <= 0:
        return f"No model has a higher UAR under {pair.random} than under {pair.independent}."
    names = _listed(model_titles(run, [largest.model, *largest.tied]))
    sentence = f"The largest gap between {pair.random} and {pair.independent} is that of {names}: {gap}"
    return f"{sentence}{comparison_of_gaps(run, largest)}."


def comparison_of_gaps(run: SavedRun, largest: LargestGap) -> str:
    """State whether the largest gap is significantly larger than the others.

    Parameters
    ----------
    run : SavedRun
    largest : LargestGap

    Returns
    -------
    str
        A clause that begins with a comma; empty for a single model.
    """
    if not largest.others:
        return ""
    if not largest.tested:
        return f", not tested against others below {plural(MIN_SPEAKERS, 'speaker')}"
    if not largest.similar:
        return f", significantly larger than {'that of the other model' if largest.others == 1 else 'every other'}"
    listed, more = model_titles(run, largest.similar[:2]), len(largest.similar) - 2
    names = [*listed, f"{more} more"] if more > 0 else listed
    return f", not significantly larger than that of {_listed(names)}"


def voice_title(run: SavedRun) -> str:
    """Return the name of the part of a gap that is not of repeated takes.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        With the intensities where speakers say a sentence with one emotion at several.
    """
    return "known voice and other intensities" if takes_of(run).other_intensity else "known voice"


def parts_of_gap(run: SavedRun, row: pd.Series) -> str:
    """State the two parts of a gap.

    Parameters
    ----------
    run : SavedRun
    row : Series
        A row of :func:`~ser_bench.report.analysis.gaps.gap_table`.

    Returns
    -------
    str
        A clause such as ``repeated takes +11.4 [+9.8, +13.0], known voice +6.0 [+3.9, +8.1]``; empty without parts.
    """
    if math.isnan(row["takes"]) or math.isnan(row["voice"]):
        return ""
    parts = {"repeated takes": "takes", voice_title(run): "voice"}
    return ", ".join(
        f"{title} {points(row[name])} {points_interval(row[f'{name}_low'], row[f'{name}_high'])}".rstrip()
        for title, name in parts.items()
    )


def gap_notes(run: SavedRun) -> list[str]:
    """State what limits the gaps of a run.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        Why there is no gap, or none in parts, and what to run; whether it includes other intensities; the models that
        train on fewer clips under one of the splits, or on copies at other speeds.
    """
    pair = gap_splits(run)
    limits = [*_other_intensities(run, pair), *_unequal_training(run, pair), *_copies(run, pair)] if pair else []
    return [*missing_gaps(run), *limits]


def _other_intensities(run: SavedRun, pair: GapSplits) -> list[str]:
    """State that a gap includes the same sentence and emotion at another intensity."""
    takes = takes_of(run)
    if not takes.other_intensity:
        return []
    part = "Voice" if pair.takes else "The gap"
    return [
        f"{part} includes other intensities: {percent(takes.other_intensity / takes.clips)} % of the clips have the "
        "same speaker, sentence and emotion at another intensity, which may be in training."
    ]


def _unequal_training(run: SavedRun, pair: GapSplits) -> list[str]:
    """State which models train on unequal numbers of clips under the splits of the gap."""
    return [
        f"Early stopping holds out clips; {model_title(run, model)} trains on {sizes[0]:,.0f} per fold under "
        f"{pair.random} and on {sizes[1]:,.0f} under {pair.independent}."
        for model, sizes in unequal_training(run, pair).items()
    ]


def _copies(run: SavedRun, pair: GapSplits) -> list[str]:
    """State which models train on copies at other speeds, and the gaps without them where the run has variants."""
    models = list(models_with_copies(run))
    if not models:
        return []
    verb = "trains" if len(models) == 1 else "train"
    names = _listed(model_titles(run, models))
    sentences = [f"{names} {verb} on copies of the training clips at other speeds, which can narrow the gap."]
    gaps = gaps_of(run, pair)
    for model, plain in variants_without_copies(run).items():
        values = [gaps.loc[name, ["total", "total_low", "total_high"]] for name in (plain, model)]
        if not any(math.isnan(value["total"]) for value in values):
            texts = [f"{points(total)} {points_interval(low, high)}".rstrip() for total, low, high in values]
            base, variant = model_title(run, model), model_title(run, plain)
            sentences.append(f"Without copies, as {variant}, the gap of {base} is {texts[0]} instead of {texts[1]}.")
    if len(sentences) == 1:
        sentences.append("A variant with speeds = [] in a configuration file shows the gap without them.")
    return sentences


def _shared(row: dict[str, float], takes: Takes) -> str:
    """List what the test clips of a split share with training; takes only where there are any."""
    parts = [_share(row["known_speakers"], "a speaker from training")]
    if not math.isnan(row["known_texts"]):
        parts.append(_share(row["known_texts"], "a sentence from training"))
    if takes.known and (takes.repeated or row["known_takes"]):
        parts.append(_share(row["known_takes"], "another take in training"))
    unchecked = math.isnan(row["near_identical"])
    copies = round(row["identical"] + (0 if unchecked else row["near_identical"]))
    if copies:
        verb = "is" if copies == 1 else "are"
        parts.append(f"{plural(copies, 'test clip')} {verb} identical or nearly identical to a training clip")
    if unchecked:
        parts.append("near-identical clips are not checked, because the corpus has no audio")
    return "; ".join(parts)


def _share(share: float, noun: str) -> str:
    """State the share of test clips that have something in training, with enough digits to differ from none and all."""
    if share in (0, 1):
        return f"{'every' if share else 'no'} test clip has {noun}"
    digits = 0 if 0.005 <= share < 0.995 else 2
    return f"{100 * share:.{digits}f} % of the test clips have {noun}"


def _listed(names: Sequence[str]) -> str:
    """Join names as text: ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
