"""The scores of a run as a table of text, and ``summary.md``."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pandas as pd
from tabulate import tabulate

from ser_bench.report.analysis.calibration import SET_COVERAGE, calibration_of, measured_models
from ser_bench.report.analysis.gaps import gaps_of
from ser_bench.report.analysis.intervals import scores_of_few
from ser_bench.report.analysis.literature import published_note, published_scores
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.scores import metrics_of, missing_folds, page_metrics
from ser_bench.report.analysis.splits import gap_pairs, gap_splits, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.transfer import transfer_matrix, transfer_models
from ser_bench.report.condition_tables import condition_cells, robust_cells, stability_cells
from ser_bench.report.descriptions import (
    HEARD_MARK,
    HEARD_NOTE,
    SYNTHETIC,
    losses_note,
    mark_notes,
    model_title,
    model_titles,
    normalisation_note,
    protocol,
    quick_parameters,
    speaker_note,
)
from ser_bench.report.findings.conditions import condition_notes, condition_sentences
from ser_bench.report.findings.confidence import best_calibrated, confidence_sentences
from ser_bench.report.findings.exposure import set_sentences
from ser_bench.report.findings.gaps import gap_notes
from ser_bench.report.findings.headline import headline
from ser_bench.report.findings.leakage import leakage_sentences
from ser_bench.report.findings.verdict import interval_notes, verdict
from ser_bench.report.formatting import (
    decimals,
    decimals_interval,
    markdown_cell,
    percent,
    percent_interval,
    percent_range,
    points,
    points_interval,
    safe_markdown,
    seconds,
)
from ser_bench.runs.results import SavedRun

GAP = ""
"""Stands for the gap among the splits that are shown with intervals."""
GAP_PARTS = "takes"
"""Stands for the parts of the gap among them."""

Cells = dict[str, list[str]]
"""A table as text, column by column under its heading."""


def markdown(run: SavedRun) -> str:
    """Return ``summary.md``: headline, protocol, the table of scores in percent, and notes.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
    """
    title = f"# ser-bench on {run.info.corpus.title or run.info.corpus.name}"
    title += f": {SYNTHETIC}" if run.info.synthetic else ""
    note = normalisation_note(run)
    lines = [title, f"**{headline(run)}**", protocol(run) + ("" if note else " · not normalised by speaker")]
    if losses := losses_note(run):
        lines.append(losses)
    lines += [f"**{text}.**" for text in (note, *mark_notes(run)) if text]
    tables = [aligned(score_cells(run, between=" "), "github")]
    if cells := _further_gap_cells(run):
        tables.append("The gap between further pairs of splits, in points.")
        tables.append(aligned(cells, "github"))
    if cells := _published_cells(run):
        tables.append(aligned(cells, "github"))
    if cells := _transfer_cells(run):
        tables.append("Across corpora: UAR in percent by training corpora and tested corpus, on new speakers.")
        tables.append(aligned(cells, "github", texts=2))
    tables += _condition_tables(run)
    if cells := _confidence_cells(run):
        split = ranking_split(run.info.splits)
        tables.append(
            f"Confidence under the `{split}` split: calibration error in points, log loss and prediction sets."
        )
        tables.append(aligned(cells, "github"))
    notes = "\n".join(f"- {_on_one_line(note)}" for note in _notes(run))
    parts = [*map(_on_one_line, lines), *tables, notes]
    if run.info.warnings:
        warnings = "\n".join(f"- {_on_one_line(_sentence(warning))}" for warning in run.info.warnings)
        parts += ["## Warnings about the data", warnings]
    return safe_markdown("\n\n".join(parts) + "\n")


def _sentence(text: str) -> str:
    return text + ("" if text.endswith((".", "!", "?")) else ".")


def score_cells(run: SavedRun, *, between: str, intervals: Collection[str] | None = None) -> Cells:
    """Return scores, gap and mean time of a fit under the split that ranks the models.

    Parameters
    ----------
    run : SavedRun
    between : str
        Separates the lines of a head.
    intervals : collection of str, optional
        The splits that are shown with intervals, :data:`GAP` for the gap and :data:`GAP_PARTS` for its parts. Default:
        all.

    Returns
    -------
    dict of str to list of str
        The columns by their heads.
    """
    table, notes, splits = summarise(run), missing_folds(run), list(run.info.splits)
    intervals = {*splits, GAP, GAP_PARTS} if intervals is None else intervals
    cells: Cells = {"model": model_titles(run, table["model"])}
    few = scores_of_few(run)
    for metric, title in page_metrics(run).items():
        for split in splits:
            cells[f"{split}{between}{title} %"] = [
                notes[model, split]
                or _with_interval(
                    percent(value),
                    percent_range(low, high, few.get((model, split, metric), ())) if split in intervals else "",
                )
                for model, value, low, high in _rows(table, f"{split}_{metric}")
            ]
        if metric == "uar":
            cells |= _gap_cells(run, list(table["model"]), between=between, intervals=intervals)
    cells[f"{ranking_split(splits)}{between}mean fit"] = [seconds(value) for value in table["fit_seconds"]]
    return cells


def _gap_cells(run: SavedRun, models: list[str], *, between: str, intervals: Collection[str]) -> Cells:
    """Return the columns of the gap and, if the run can tell them, of its parts."""
    pair = gap_splits(run)
    if pair is None:
        return {}
    heads = {"total": f"UAR{between}gap"}
    if pair.takes:
        heads |= {"takes": f"gap:{between}takes", "voice": f"gap:{between}voice"}
    table = gaps_of(run, pair).loc[models].reset_index()
    shown = {part for part in heads if (GAP if part == "total" else GAP_PARTS) in intervals}
    return {
        head: [
            _with_interval(points(value), points_interval(low, high) if part in shown else "")
            for _, value, low, high in _rows(table, part)
        ]
        for part, head in heads.items()
    }


def _further_gap_cells(run: SavedRun) -> Cells:
    """Return the gaps of the pairs of splits beyond the first; empty without any."""
    models, pairs = all_models_ranked(run), gap_pairs(run)[1:]
    columns = {
        f"{pair.random} minus {pair.independent}": gaps_of(run, pair).loc[models].reset_index() for pair in pairs
    }
    cells = {
        head: [_with_interval(points(v), points_interval(low, high)) for _, v, low, high in _rows(table, "total")]
        for head, table in columns.items()
    }
    return {"model": model_titles(run, models)} | cells if cells else {}


def _rows(table: pd.DataFrame, name: str) -> list[tuple[str, float, float, float]]:
    """Return model, value and ends of the interval per row."""
    return list(zip(table["model"], table[name], table[f"{name}_low"], table[f"{name}_high"], strict=True))


def _with_interval(value: str, interval: str) -> str:
    return f"{value} {interval}".rstrip()


def _published_cells(run: SavedRun) -> Cells:
    """Return the published scores on the same folds; empty if there are none."""
    published = published_scores(run)
    if published.empty:
        return {}
    cells = {"published, same folds": list(published["system"])}
    cells |= {f"{split} UAR %": [percent(v) for v in published["uar"]] for split in published["split"].unique()}
    return cells | {"accuracy %": [percent(v) for v in published["accuracy"]], "source": list(published["source"])}


def _transfer_cells(run: SavedRun) -> Cells:
    """Return UAR per training corpora and tested corpus, a column per model; empty for a run of one corpus."""
    matrices = {model: transfer_matrix(run, model).stack() for model in transfer_models(run)}
    if not matrices:
        return {}
    pairs = list(dict.fromkeys(pair for matrix in matrices.values() for pair in matrix.dropna().index))
    cells = {"trained on": [trained for trained, _ in pairs], "tested on": [tested for _, tested in pairs]}
    return cells | {
        model_title(run, model): [percent(matrix.get(pair, float("nan"))) for pair in pairs]
        for model, matrix in matrices.items()
    }


def _confidence_cells(run: SavedRun) -> Cells:
    """Return calibration error, log loss and prediction sets per calibrated model; empty if there is none."""
    split = ranking_split(run.info.splits)
    calibrated = measured_models(run, split)
    table = calibration_of(run, split).loc[[model for model in all_models_ranked(run) if model in calibrated]]
    if table.empty:
        return {}

    def ends(name: str, write: Callable[[float, float], str]) -> list[str]:
        return [write(low, high) for low, high in table[[f"{name}_low", f"{name}_high"]].to_numpy()]

    errors = zip(map(percent, table["ece"]), ends("ece", percent_interval), strict=True)
    losses = zip(map(decimals, table["log_loss"]), ends("log_loss", decimals_interval), strict=True)
    held = zip(map(percent, table["coverage"]), ends("coverage", percent_interval), strict=True)
    return {
        "model": model_titles(run, table.index),
        "ECE before": [percent(value) for value in table["ece_before"]],
        "ECE after": [_with_interval(*pair) for pair in errors],
        "log loss before": [decimals(value) for value in table["log_loss_before"]],
        "log loss after": [_with_interval(*pair) for pair in losses],
        f"true label in {100 * SET_COVERAGE:.0f} % sets %": [_with_interval(*pair) for pair in held],
        "labels per set": [decimals(value) for value in table["set_size"]],
    }


def _condition_tables(run: SavedRun) -> list[str]:
    """Return the tables of recording conditions with their headings; empty for a run without conditions."""
    split, tables = ranking_split(run.info.splits), list[str]()
    if cells := condition_cells(run):
        tables.append(f"Recording conditions under the `{split}` split: UAR in percent of models trained once.")
        tables.append(aligned(cells, "github", texts=2))
        tables += [f"{HEARD_NOTE}."] if HEARD_MARK in tables[-1] else []
    if cells := robust_cells(run):
        tables.append(f"Robust score under the `{split}` split: mean UAR over families not heard in training.")
        tables.append(aligned(cells, "github"))
    if cells := stability_cells(run):
        tables.append(f"Labels that change under inaudible changes, `{split}` split, in percent.")
        tables.append(aligned(cells, "github"))
    return tables


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def aligned(cells: Cells, style: str, texts: int = 1) -> str:
    """Write a table whose first columns are aligned left and the others right.

    Parameters
    ----------
    cells : dict of str to list of str
        The columns by their heads.
    style : str
        A table format of tabulate.
    texts : int
        The number of columns that are aligned left.

    Returns
    -------
    str
    """
    if style == "github":
        cells = {markdown_cell(head): [*map(markdown_cell, column)] for head, column in cells.items()}
    align = [*["left"] * texts, *["right"] * (len(cells) - texts)]
    return tabulate(cells, headers="keys", tablefmt=style, colalign=align, disable_numparse=True)


def _notes(run: SavedRun) -> list[str]:
    """Return the notes under the table: the findings, the columns, and what is missing."""
    pair = gap_splits(run)
    repeats = ", then averaged over repeats" if run.fits["repeat"].nunique() > 1 else ""
    notes = [
        verdict(run),
        *leakage_sentences(run),
        *(confidence_sentences(run) if best_calibrated(run) else []),
        "UAR is the mean recall over the classes. Scores are in percent, pooled over the test clips of all folds"
        f"{repeats}.",
        *interval_notes(run),
        *filter(None, [quick_parameters(run)]),
    ]
    if pair:
        notes += [
            f"The gap is UAR under `{pair.random}` minus UAR under `{pair.independent}`, in points. Both test the same "
            "clips and train on equally many, within 2 %.",
        ]
    if pair and pair.takes:
        notes.append(
            f"Of it, takes is `{pair.random}` minus `{pair.takes}`: other takes of the test clips are in training. "
            f"Voice is `{pair.takes}` minus `{pair.independent}`: other clips of the test speakers are in training."
        )
    notes += [*gap_notes(run), *condition_sentences(run), *condition_notes(run)]
    notes += [
        f"{title} (`{name}` in `fits.csv`) comes from a plugin; load the plugin to see its pooled score here."
        for name, title in run.metrics.items()
        if name not in metrics_of(run)
    ]
    notes += [*set_sentences(run), *filter(None, [published_note(run), speaker_note(run)])]
    if (missing_folds(run) != "").any():
        notes.append("A model with a missing fold has no score under that split; `fits.csv` holds the errors.")
    return notes
