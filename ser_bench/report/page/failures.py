"""Where models fail under the split that ranks them: by class and by clip."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ser_bench.core.text import plural
from ser_bench.report.analysis.failures import MIN_PROBABILITY, hardest_clips, misclassified_clips, recall_by_class
from ser_bench.report.analysis.models import BASELINES, trained_models
from ser_bench.report.analysis.scores import missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.descriptions import model_title
from ser_bench.report.formatting import percent
from ser_bench.report.page.audio import EmbeddedClips, embed_clips
from ser_bench.report.page.confusion import Matrices, matrices
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun

_UNKNOWN = "unknown"


@dataclass(frozen=True)
class EmotionReport:
    """The section on classes, confusions and clips.

    Parameters
    ----------
    split : str
        The split of every table.
    matrices : Matrices
    recalls : Table
        Recall per class.
    clips : Table or None
        The hardest clips; None if every prediction is right.
    audio_note : str
        What audio the page holds; empty for a page that was made without audio.
    min_probability : float
        The least probability that the loss of a clip takes into account.
    """

    split: str
    matrices: Matrices
    recalls: Table
    clips: Table | None
    audio_note: str
    min_probability: float = MIN_PROBABILITY


def emotion_report(run: SavedRun, audio: Path | None) -> EmotionReport:
    """Return which classes and clips models recognise least, and what they take them for.

    Parameters
    ----------
    run : SavedRun
    audio : Path or None
        The corpus folder, to embed the hardest clips; None for a page without audio.

    Returns
    -------
    EmotionReport
    """
    split = ranking_split(run.info.splits)
    hardest = hardest_clips(run, split)
    embedded = embed_clips(audio, hardest["path"]) if audio else None
    return EmotionReport(
        split,
        matrices(run),
        _recalls(run, split),
        _clips(hardest, embedded, run) if len(hardest) else None,
        _audio_note(run, embedded) if embedded else "",
    )


def _recalls(run: SavedRun, split: str) -> Table:
    """Return recall per model and class."""
    table, notes = recall_by_class(run, split), missing_folds(run)
    columns = (
        Column("model", numeric=False),
        *(Column(label, under="recall %") for label in run.labels),
    )
    rows = []
    for model in summarise(run)["model"]:
        baseline = model in BASELINES
        note = "baseline" if baseline else notes[model, split]
        cells = [number(table.at[model, label], percent(table.at[model, label])) for label in run.labels]
        rows.append(Row((Cell(model_title(run, model), note=note), *cells), "quiet" if baseline else ""))
    return Table(f"Recall per class under the {split} split", columns, tuple(rows))


def _clips(hardest: pd.DataFrame, embedded: EmbeddedClips | None, run: SavedRun) -> Table:
    """Return the clips with the highest loss, with players for those that are embedded."""
    columns = (
        Column("clip", numeric=False),
        Column("loss", under="mean over models"),
        Column("wrong", under="% of predictions"),
        Column("true", numeric=False),
        Column("most common prediction", numeric=False),
        Column("speaker", numeric=False),
        Column("sentence", numeric=False),
        Column("intensity", numeric=False),
        *([Column("audio", numeric=False, kind="screen")] if embedded else []),
    )
    rows = []
    for row in hardest.to_dict("records"):
        gender = f", {row['gender']}" if row["gender"] else ""
        cells = [
            Cell(row["clip"]),
            number(row["loss"], f"{row['loss']:.2f}"),
            number(row["share_wrong"], percent(row["share_wrong"])),
            Cell(row["true"]),
            Cell(row["most_common_prediction"], note=f"{percent(row['most_common_share'])} %"),
            Cell(f"{row['speaker']}{gender}"),
            Cell(row["text"] or _UNKNOWN),
            Cell(row["intensity"] or _UNKNOWN),
        ]
        if embedded:
            reason, player = embedded.missing.get(row["path"], ""), embedded.players.get(row["path"], "")
            cells.append(Cell(reason, kind="screen", audio=player, name=row["clip"]))
        rows.append(Row(tuple(cells)))
    split = ranking_split(run.info.splits)
    complete = [model for model in trained_models(run) if not missing_folds(run)[model, split]]
    models = plural(len(complete), "model")
    total, most = misclassified_clips(run, split), int(hardest["speaker"].value_counts().max())
    caption = f"{len(rows):,} of {plural(total, 'clip')} that a model gets wrong: the highest loss of {models}"
    spread = f", at most {most} of a speaker" if len(rows) < total else ""
    return Table(caption + spread, columns, tuple(rows))


def _audio_note(run: SavedRun, embedded: EmbeddedClips) -> str:
    """State what audio the page holds and what limits its use."""
    if not embedded.players:
        return "The page has no audio, because no clip was found in the corpus folder."
    if run.info.synthetic:
        return "The audio is synthetic speech."
    licence = run.info.corpus.licence or "unknown"
    return f"This page contains audio of the corpus; its licence ({licence}) applies to every copy of the page."
