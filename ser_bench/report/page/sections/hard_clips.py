"""The clips of each class that models recognise least, with their audio where the page may hold it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_bench.report.analysis.failures import hardest_clips
from ser_bench.report.findings.titles import clips_title
from ser_bench.report.formatting import percent
from ser_bench.report.page.sections.audio import EmbeddedClips, embed_clips
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class HardClip:
    """A clip that models recognise badly.

    Parameters
    ----------
    name : str
    speaker, content : str
        Speaker with gender; sentence and intensity, as far as known.
    prediction : str
        The most common wrong prediction, with its share of all predictions.
    probability : str
        Mean probability of the true label, in percent.
    audio, reason : str
        A data URI to play; why there is none.
    """

    name: str
    speaker: str
    content: str
    prediction: str
    probability: str
    audio: str
    reason: str


@dataclass(frozen=True)
class HardClips:
    """The clips of each class that models recognise least.

    Parameters
    ----------
    title : str
        How many clips misled every model.
    by_label : tuple of (str, tuple of HardClip)
    audible : bool
        Whether one of them has audio.
    audio_note : str
        What audio the page holds; empty for a page that was made without audio.
    """

    title: str
    by_label: tuple[tuple[str, tuple[HardClip, ...]], ...]
    audible: bool
    audio_note: str


def hard_clips(run: SavedRun, split: str, audio: Path | None) -> HardClips | None:
    """Return the clips recognised least.

    Parameters
    ----------
    run : SavedRun
    split : str
    audio : Path or None
        The corpus folder, to embed clips; None for a page without audio.

    Returns
    -------
    HardClips or None
        None if every prediction is right.
    """
    hardest = hardest_clips(run, split)
    if hardest.empty:
        return None
    embedded = embed_clips(audio, hardest["path"]) if audio else None
    by_label = {
        str(label): tuple(_clip(row, embedded) for row in part.to_dict("records"))
        for label, part in hardest.groupby("true", sort=False)
    }
    note = _audio_note(run, embedded) if embedded else ""
    return HardClips(clips_title(run), tuple(by_label.items()), bool(embedded and embedded.players), note)


def _clip(row: dict[Any, Any], embedded: EmbeddedClips | None) -> HardClip:
    content = ", ".join(filter(None, (row["text"], row["intensity"])))
    return HardClip(
        row["clip"],
        ", ".join(filter(None, (row["speaker"] or "unknown", row["gender"]))),
        content,
        f"{row['most_common_error']} {percent(row['most_common_share'])} %",
        percent(row["probability"]),
        embedded.players.get(row["path"], "") if embedded else "",
        embedded.missing.get(row["path"], "").removeprefix("no audio: ") if embedded else "",
    )


def _audio_note(run: SavedRun, embedded: EmbeddedClips) -> str:
    """State what audio the page holds and what limits its use."""
    if not embedded.players:
        return "The page has no audio, because no clip was found in the corpus folder."
    if run.info.synthetic:
        return "The audio is synthetic speech."
    licence = run.info.corpus.licence or "unknown"
    return f"This page contains audio of the corpus; its licence ({licence}) applies to every copy of the page."
