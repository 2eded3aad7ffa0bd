"""Sentences on gaps: the largest one, its parts, and what limits or prevents them."""

from __future__ import annotations

import math

import pandas as pd

from ser_bench.core.text import listed, plural, shortened_list
from ser_bench.report.analysis.classes import comparable_classes, untrained_classes
from ser_bench.report.analysis.exposure import unranked_learners
from ser_bench.report.analysis.gaps import LargestGap, classes_left_out, gaps_of, largest_gap, unequal_training
from ser_bench.report.analysis.intervals import MIN_SPEAKERS
from ser_bench.report.analysis.leakage import speakers_known, takes_of
from ser_bench.report.analysis.models import models_with_copies, variants_without_copies
from ser_bench.report.analysis.splits import (
    TAKES_SPLIT,
    GapSplits,
    gap_pairs,
    gap_partners,
    gap_splits,
    is_speaker_independent,
    random_of,
    random_splits,
    twin_of,
    unequal_terms,
)
from ser_bench.report.descriptions import model_title, model_titles
from ser_bench.report.formatting import capitalised, percent, points, points_interval
from ser_bench.runs.results import SavedRun
from ser_bench.splits.takes import unknown_sentences, unknown_speakers


def gap_sentences(run: SavedRun) -> list[str]:
    """State the largest gap between the random and the speaker-independent split, and its parts.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        Up to two sentences.
    """
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
    names, more = model_titles(run, largest.similar[:2]), len(largest.similar) - 2
    names += [f"{more} more"] if more > 0 else []
    return f", not significantly larger than that of {listed(names)}"


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
        Why there is no gap, or none in parts, and what to run; what else it includes; the models that train on fewer
        clips under one of the splits, or on copies at other speeds.
    """
    notes = [*missing_gaps(run), *gap_limits(run)]
    plain = any(note.startswith("Without copies") for note in notes)
    if gap_splits(run) and models_with_copies(run) and not plain:
        notes.append("A variant with speeds = [] in a configuration file shows the gap without them.")
    return notes


def gap_limits(run: SavedRun) -> list[str]:
    """State what else the gaps of a run include, without advice.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        Classes that are left out; other intensities and unknown takes; the models that train on fewer clips under one
        of the splits, or on copies at other speeds. Empty for a run without a gap.
    """
    pair = gap_splits(run)
    if pair is None:
        return []
    return [*excluded_classes(run), *_further_contents(run, pair), *_unequal_training(run, pair), *_copies(run, pair)]


def missing_gaps(run: SavedRun) -> list[str]:
    """Say which gaps or parts a reader may expect but the run cannot give, why, and what to run.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        A sentence each; empty if nothing is missing.
    """
    if not speakers_known(run):
        return ["No gap: speakers are unknown, so no split has new speakers; fill in the column speaker."]
    partners = {pair.random: pair for pair in gap_pairs(run)}
    sentences = [_missing_gap(run, random) for random in random_splits(run) if random not in partners]
    if not random_splits(run):
        sentences.append(_missing_random(run))
    return [*filter(None, sentences), *_undivided_gaps(run)]


def _gap(run: SavedRun, row: pd.Series, largest: LargestGap, pair: GapSplits) -> str:
    """State the largest gap, and whether it is significantly larger than the others."""
    gap, classes = f"{points(largest.gap)} points", without_classes(run, pair)
    without = f", {classes}," if classes else ""
    if ends := points_interval(row["total_low"], row["total_high"]):
        gap += f" {ends}"
    if not largest.others and not largest.tied:
        title = model_title(run, largest.model)
        return f"The gap between {pair.random} and {pair.independent}{without} is {gap} for {title}."
    if largest.gap <= 0:
        start = f"{capitalised(classes)}, no" if classes else "No"
        model = "ranked model" if unranked_learners(run, pair.independent) else "model"
        return f"{start} {model} has a higher UAR under {pair.random} than under {pair.independent}."
    names = listed(model_titles(run, [largest.model, *largest.tied]))
    sentence = f"The largest gap between {pair.random} and {pair.independent}{without} is that of {names}: {gap}"
    return f"{sentence}{comparison_of_gaps(run, largest)}."


def without_classes(run: SavedRun, pair: GapSplits) -> str:
    """Name the classes that a gap leaves out.

    Parameters
    ----------
    run : SavedRun
    pair : GapSplits

    Returns
    -------
    str
        Such as ``without disgust``; empty for most runs.
    """
    classes = classes_left_out(run, pair)
    return f"without {shortened_list(classes)}" if classes else ""


def excluded_classes(run: SavedRun) -> list[str]:
    """State which classes the gap leaves out, since their recalls are part of the UAR of a split.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        One sentence; empty for most runs.
    """
    pair = gap_splits(run)
    if pair is None or not (classes := classes_left_out(run, pair)):
        return []
    splits = [split for split in pair.names if split in untrained_classes(run)]
    noun = "class" if len(classes) == 1 else "classes"
    verb = "is" if len(classes) == 1 else "are"
    return [
        f"The gap leaves out the {noun} {listed(classes)}, which {verb} tested without a training clip under "
        f"{listed(splits)}."
    ]


def _further_contents(run: SavedRun, pair: GapSplits) -> list[str]:
    """State that a gap may include unknown takes, or includes the same sentence at another intensity."""
    takes = takes_of(run)
    part = "Voice" if pair.takes else "The gap"
    sentences = []
    if not takes.sentences:
        sentences.append(f"{part} may include repeated takes, because {_unknown_sentences(run)} unknown.")
    if takes.other_intensity:
        sentences.append(
            f"{part} includes other intensities: {percent(takes.other_intensity / takes.clips)} % of the clips have "
            "the same speaker, sentence and emotion at another intensity, which may be in training."
        )
    return sentences


def _unknown_sentences(run: SavedRun) -> str:
    """Name what is unknown about the takes: speakers, all sentences, or those of some clips."""
    if unknown_speakers(run.clips).any():
        return "speakers are"
    unknown = int(unknown_sentences(run.clips).sum())
    if unknown == len(run.clips):
        return "sentences are"
    return f"the sentences of {unknown:,} of {plural(len(run.clips), 'clip')} are"


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
    names = listed(model_titles(run, models))
    sentences = [f"{names} {verb} on copies of the training clips at other speeds, which can narrow the gap."]
    gaps = gaps_of(run, pair)
    for model, plain in variants_without_copies(run).items():
        values = [gaps.loc[name, ["total", "total_low", "total_high"]] for name in (plain, model)]
        if not any(math.isnan(value["total"]) for value in values):
            texts = [f"{points(total)} {points_interval(low, high)}".rstrip() for total, low, high in values]
            base, variant = model_title(run, model), model_title(run, plain)
            sentences.append(f"Without copies, as {variant}, the gap of {base} is {texts[0]} instead of {texts[1]}.")
    return sentences


def _undivided_gaps(run: SavedRun) -> list[str]:
    """Say how to divide gaps that include repeated takes; empty if a gap has parts or no takes are known."""
    pairs = gap_pairs(run)
    names = [pair.random for pair in pairs if _tests_known_takes(run, pair.random)]
    if not names or any(pair.takes for pair in pairs):
        return []
    if "random" in names:
        return [f"The gap is not divided into repeated takes and known voice; add {TAKES_SPLIT} to the splits."]
    gaps = f"The gap of {names[0]} includes" if len(names) == 1 else f"The gaps of {listed(names)} include"
    return [f"{gaps} repeated takes; add actor, {TAKES_SPLIT} and random to the splits to see how much."]


def _missing_gap(run: SavedRun, random: str) -> str:
    """Say why a random split has no partner on equal terms."""
    partners, twin = gap_partners(run, random), twin_of(random)
    if not partners:
        return f"No gap for {random}: the run has no speaker-independent split; add {twin} to the splits."
    # The reader expects the split with the name or the sizes of the random one.
    likely = f"actor{random.removeprefix('random')}"
    partner = likely if likely in partners else partners[0]
    advice = f"add {twin} to the splits" if twin != partner else "choose other folds"
    reason = f"No gap between {random} and {partner}: {unequal_terms(run, random, partner)}"
    return f"{reason}." if len(comparable_classes(run, (random, partner))) < 2 else f"{reason}; {advice}."


def _missing_random(run: SavedRun) -> str:
    """Say which random split a run with speaker-independent splits lacks."""
    independent = [name for name in run.info.splits if is_speaker_independent(name)]
    randoms = [random_of(name) for name in independent if name == "emobox" or twin_of(random_of(name)) == name]
    if not randoms:
        return ""
    random = "random" if "random" in randoms else randoms[0]
    return f"No gap: the run has no random split that tests the same clips; add {random} to the splits."


def _tests_known_takes(run: SavedRun, split: str) -> bool:
    """Return whether other takes of some test clips are in training."""
    counts = run.audit.loc[run.audit["split"] == split, "test_clips_of_known_takes"]
    return bool((counts.fillna(0) > 0).any())
