"""Sentences on what the test clips of each split share with training."""

from __future__ import annotations

import math
from functools import partial

import pandas as pd

from ser_bench.core.text import listed, plural
from ser_bench.report.analysis.classes import untrained_classes
from ser_bench.report.analysis.leakage import Takes, leakage_by_split, takes_of, training_speakers
from ser_bench.report.descriptions import model_titles
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun
from ser_bench.splits.takes import unknown_speakers


def leakage_sentences(run: SavedRun) -> list[str]:
    """State per split what its test clips share with training, who trained the models, and which clips are takes.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        Up to three sentences per split, one about the takes of the corpus, and one per split about classes without
        training clips.
    """
    trained, takes = training_speakers(run), takes_of(run)
    rows = leakage_by_split(run).to_dict("records")
    shared = [
        f"{row['split']}: {_shared(row, takes)}.{_trained_on(run, trained.loc[row['split']], row['known_speakers'])}"
        for row in rows
    ]
    untrained = filter(None, map(partial(untrained_sentence, run), run.info.splits))
    return [*shared, _takes(run, takes), *untrained] if rows else []


def untrained_sentence(run: SavedRun, split: str) -> str:
    """Name the classes that a split tests without a training clip of them.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    str
        Empty if there is none.
    """
    classes = untrained_classes(run).get(split, {})
    if not classes:
        return ""
    folds = len(run.audit[run.audit["split"] == split])
    parts = [f"{label} in {count} of {plural(folds, 'fold')}" for label, count in classes.items()]
    noun, verb = ("class", "is") if len(classes) == 1 else ("classes", "are")
    return (
        f"Under {split}, {len(classes)} {noun} {verb} tested without a training clip: {listed(parts)}. "
        f"{'Its' if len(classes) == 1 else 'Their'} recall is 0 there for any voice."
    )


def _takes(run: SavedRun, takes: Takes) -> str:
    """State how many clips have another take, or why that is unknown."""
    unknown = "speakers" if unknown_speakers(run.clips).any() else "sentences"
    if not takes.known:
        return f"Repeated takes are unknown, because {unknown} are and the corpus has no audio."
    if not takes.sentences:
        return f"Where {unknown} are unknown, only near-identical clips count as takes of one another."
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
        f"{listed(model_titles(run, part.index))} on {count:g}"
        for count, part in counts[counts != usual].groupby(counts)
    ]
    speakers = "1 speaker" if usual == 1 else f"{usual:g} speakers"
    sentences = [f"Models were trained on {speakers} per fold{''.join(f', {text}' for text in fewer)}."]
    unaware = stated[stated["known_voices"] < known_speakers - 1e-9]["known_voices"]
    if len(unaware):
        shares = listed(sorted({f"{percent(share)} %" for share in unaware}))
        verb = "knows" if len(unaware) == 1 else "know"
        sentences.append(f"{listed(model_titles(run, unaware.index))} {verb} the speakers of {shares} of test clips.")
    unstated = list(trained.index[trained["speakers"].isna() & (trained["fits"] > 0)])
    if unstated:
        sentences.append(f"Training speakers are unknown for {listed(model_titles(run, unstated))}.")
    return " " + " ".join(sentences)


def _shared(row: dict[str, float], takes: Takes) -> str:
    """List what the test clips of a split share with training; takes only where there are any."""
    known = row["known_speakers"]
    parts = ["speakers are unknown" if math.isnan(known) else _share(known, "a speaker from training"), _texts(row)]
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


def _texts(row: dict[str, float]) -> str:
    """State the share of test clips with a sentence from training, and the share where that is unknown."""
    if row["uncertain_texts"] == 1:
        return "sentences are unknown"
    if not row["uncertain_texts"]:
        return _share(row["known_texts"], "a sentence from training")
    known, uncertain = 100 * row["known_texts"], 100 * row["uncertain_texts"]
    return f"{known:.0f} % of the test clips have a sentence from training, and for {uncertain:.0f} % that is unknown"


def _share(share: float, noun: str) -> str:
    """State the share of test clips that have something in training, with enough digits to differ from none and all."""
    if share in (0, 1):
        return f"{'every' if share else 'no'} test clip has {noun}"
    digits = 0 if 0.005 <= share < 0.995 else 2
    return f"{100 * share:.{digits}f} % of the test clips have {noun}"
