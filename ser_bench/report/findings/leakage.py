"""Sentences on what the test clips of each split share with training."""

from __future__ import annotations

import math

import pandas as pd

from ser_bench.core.text import listed, plural
from ser_bench.report.analysis.leakage import Takes, leakage_by_split, takes_of, training_speakers
from ser_bench.report.analysis.splits import is_speaker_independent
from ser_bench.report.descriptions import model_titles
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun


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
    return [f"{noun} of one speaker: {listed(classes)}. Where this speaker is new, no training clip has the class."]


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
