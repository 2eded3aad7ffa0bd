"""Where models fail under the split that ranks them: by class, by group of clips, and clip by clip."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ser_bench.report.analysis.failures import (
    calibration_errors,
    comparable_attributes,
    group_gaps,
    group_scores,
    hardest_clips,
    recall_by_class,
    shared_classes,
    trained_models,
)
from ser_bench.report.analysis.scores import BASELINES, missing_folds, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.formatting import percent, plural, points
from ser_bench.report.page.audio import EmbeddedClips, embed_clips
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun

_UNKNOWN = "not known"


@dataclass(frozen=True)
class FailureTables:
    """The tables; None where there is nothing to tell. ``sound`` says what the page holds of the clips' audio."""

    split: str
    recalls: Table
    groups: tuple[Table, ...]
    clips: Table | None
    sound: str


def failure_tables(run: SavedRun, audio: Path | None) -> FailureTables:
    """Return where models fail; the hardest clips get players where ``audio``, the corpus's folder, holds them."""
    split = ranking_split(run.info.splits)
    hardest = hardest_clips(run, split)
    found = embed_clips(audio, hardest["path"]) if audio else EmbeddedClips({}, {})
    return FailureTables(
        split,
        _recalls(run, split),
        tuple(_groups(run, split, attribute) for attribute in comparable_attributes(run, split)),
        _clips(hardest, found, run, heard=audio is not None) if len(hardest) else None,
        _sound(run, found, asked=audio is not None),
    )


def _recalls(run: SavedRun, split: str) -> Table:
    """Return recall per model and class, and how far confidence is from accuracy."""
    table, errors, notes = recall_by_class(run, split), calibration_errors(run, split), missing_folds(run)
    columns = (
        Column("model", numeric=False),
        *(Column(label, under="recall %") for label in run.labels),
        Column("ECE", under="points"),
    )
    rows = []
    for model in summarise(run)["model"]:
        note = "baseline" if model in BASELINES else notes[model, split]
        cells = [number(table.at[model, label], percent(table.at[model, label])) for label in run.labels]
        error = float(errors.get(model, math.nan))
        told = Cell("") if model in BASELINES else number(error, percent(error))
        rows.append(Row((Cell(model, note=note), *cells, told), "quiet" if model in BASELINES else ""))
    return Table(f"Recall per class under the {split} split", columns, tuple(rows))


def _groups(run: SavedRun, split: str, attribute: str) -> Table:
    """Return each learner's UAR per group of one attribute, over the classes that all groups share."""
    table = group_scores(run, split)
    table = table[table["attribute"] == attribute]
    clips = table.drop_duplicates("group").set_index("group")["clips"]
    scores = table.pivot(index="model", columns="group", values="uar_shared")
    gaps = group_gaps(run, split)
    gaps = gaps[gaps["attribute"] == attribute].set_index("model")
    columns = (
        Column("model", numeric=False),
        *(Column(str(group), under=f"UAR %, {plural(int(clips[group]), 'clip')}") for group in scores.columns),
        Column("gap", under="points"),
        Column("worst", numeric=False),
    )
    rows = []
    for model in summarise(run)["model"]:
        if model in BASELINES:
            continue
        cells = [number(scores.at[model, group], percent(scores.at[model, group])) for group in scores.columns]
        gap = gaps.at[model, "gap"]
        shown = number(gap, points(gap).lstrip("+"))
        rows.append(Row((Cell(model), *cells, shown, Cell(str(gaps.at[model, "worst"])))))
    shared = shared_classes(run, split, attribute)
    over = "" if len(shared) == len(run.labels) else f", over the classes that all have: {', '.join(shared)}"
    name = "sentence" if attribute == "text" else attribute
    return Table(f"UAR by {name} under the {split} split{over}", columns, tuple(rows))


def _clips(hardest: pd.DataFrame, found: EmbeddedClips, run: SavedRun, *, heard: bool) -> Table:
    """Return the clips that most learners got wrong, with players where the audio is at hand."""
    columns = (
        Column("clip", numeric=False),
        Column("wrong", under="% of answers"),
        Column("true", numeric=False),
        Column("commonest answer", numeric=False),
        Column("speaker", numeric=False),
        Column("sentence", numeric=False),
        Column("intensity", numeric=False),
        *([Column("listen", numeric=False, kind="screen")] if heard else []),
    )
    rows = []
    for row in hardest.to_dict("records"):
        gender = f", {row['gender']}" if row["gender"] else ""
        cells = (
            Cell(row["clip"]),
            number(row["share_wrong"], percent(row["share_wrong"])),
            Cell(row["true"]),
            Cell(row["commonest_answer"], note=f"{percent(row['commonest_share'])} %"),
            Cell(f"{row['speaker']}{gender}"),
            Cell(row["text"] or _UNKNOWN),
            Cell(row["intensity"] or _UNKNOWN),
        )
        silent, player = found.silent.get(row["path"], ""), found.players.get(row["path"], "")
        sound = Cell(silent, kind="screen", sound=player, name=row["clip"])
        rows.append(Row((*cells, sound) if heard else cells))
    many = plural(len(trained_models(run)), "learner")
    return Table(f"The clips that most of {many} get wrong", columns, tuple(rows))


def _sound(run: SavedRun, found: EmbeddedClips, *, asked: bool) -> str:
    """Say what audio the page holds and what may be done with it; empty where the page should say how to get it."""
    if not asked:
        return ""
    if not found.players:
        return "None of these clips was found in the folder that was given, so the page holds no audio."
    if run.info.synthetic:
        return "The players hold synthetic clips, nobody’s voice."
    licence = run.info.corpus.licence or "not known here"
    return f"This page contains audio of the corpus: mind its licence ({licence}) before you pass it on."
