"""A run as ``summary.md`` and as a table for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pandas as pd
from tabulate import tabulate

from ser_bench.core.text import wrap_words
from ser_bench.report.analysis.calibration import SET_COVERAGE, calibration_of, measured_models
from ser_bench.report.analysis.gaps import gaps_of
from ser_bench.report.analysis.intervals import scores_of_few
from ser_bench.report.analysis.literature import published_note, published_scores
from ser_bench.report.analysis.scores import metrics_of, missing_folds, page_metrics
from ser_bench.report.analysis.splits import gap_pairs, gap_splits, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.transfer import transfer_matrix, transfer_models
from ser_bench.report.descriptions import (
    SYNTHETIC,
    losses_note,
    mark_notes,
    model_title,
    model_titles,
    normalisation_note,
    protocol,
    quick_parameters,
    shortened_title,
    speaker_note,
    warnings_note,
)
from ser_bench.report.findings.confidence import best_calibrated, confidence_sentences
from ser_bench.report.findings.gaps import excluded_classes, gap_notes, missing_gaps
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

_GAP = ""
"""Stands for the gap among the splits that are shown with intervals."""

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
    tables = [_aligned(_score_cells(run, between=" "), "github")]
    if cells := _further_gap_cells(run):
        tables.append("The gap between further pairs of splits, in points.")
        tables.append(_aligned(cells, "github"))
    if cells := _published_cells(run):
        tables.append(_aligned(cells, "github"))
    if cells := _transfer_cells(run):
        tables.append("Across corpora: UAR in percent by training corpora and tested corpus, on new speakers.")
        tables.append(_aligned(cells, "github", texts=2))
    if cells := _confidence_cells(run):
        split = ranking_split(run.info.splits)
        tables.append(
            f"Confidence under the `{split}` split: calibration error in points, log loss and prediction sets."
        )
        tables.append(_aligned(cells, "github"))
    notes = "\n".join(f"- {_on_one_line(note)}" for note in _notes(run))
    parts = [*map(_on_one_line, lines), *tables, notes]
    if run.info.warnings:
        warnings = "\n".join(f"- {_on_one_line(_sentence(warning))}" for warning in run.info.warnings)
        parts += ["## Warnings about the data", warnings]
    return safe_markdown("\n\n".join(parts) + "\n")


def _sentence(text: str) -> str:
    return text + ("" if text.endswith((".", "!", "?")) else ".")


def terminal_table(run: SavedRun, width: int = 100) -> str:
    """Return the protocol and the table of scores for a terminal.

    What does not fit is left out: metrics other than UAR first, then times, the intervals of splits other than the one
    that ranks the models, those of the gap, all intervals, the UAR of splits that neither rank the models nor make the
    gap, and the parts of the gap. The columns are named.

    Parameters
    ----------
    run : SavedRun
    width : int
        The most characters on a line.

    Returns
    -------
    str
    """
    splits = run.info.splits
    shown = [{*splits, _GAP}, {ranking_split(splits), _GAP}, {ranking_split(splits)}, set()]
    for intervals in shown:
        cells = _score_cells(run, between="\n", intervals=intervals)
        cells["model"] = [shortened_title(name) for name in cells["model"]]
        dropped = _drop_columns(cells, run, width, expendable_only=bool(intervals))
        if _width(cells) <= width:
            break
    notes = [SYNTHETIC] if run.info.synthetic else []
    notes += filter(None, [normalisation_note(run), *mark_notes(run)])
    notes += [*missing_gaps(run), *excluded_classes(run), *filter(None, (losses_note(run), warnings_note(run)))]
    notes += [f"Too wide for this table, see summary.csv: {', '.join(dropped)}"] if dropped else []
    head = [line for text in (protocol(run), *notes) for line in wrap_words(text, width)]
    return "\n".join([*head, "", _aligned(cells, "simple")])


def _width(cells: Cells) -> int:
    return max(map(len, _aligned(cells, "simple").splitlines()))


def _drop_columns(cells: Cells, run: SavedRun, width: int, *, expendable_only: bool) -> list[str]:
    """Remove columns, the least important first, until the table fits or only UARs are left; return their headings."""
    splits = list(run.info.splits)
    needed = {ranking_split(splits)}
    if pair := gap_splits(run):
        needed |= {pair.random, pair.independent}
    others = [title for name, title in page_metrics(run).items() if name != "uar"]
    removable = [[f"{split}\n{title} %" for split in splits] for title in reversed(others)]
    removable.append([f"{ranking_split(splits)}\nmean fit"])
    if not expendable_only:
        removable += [[f"{split}\nUAR %"] for split in reversed(splits) if split not in needed]
        removable += [[name] for name in ("gap:\ntakes", "gap:\nvoice") if name in cells]
    dropped = []
    while removable and _width(cells) > width:
        for name in removable.pop(0):
            dropped.append(name.replace("\n", " "))
            del cells[name]
    return dropped


def _score_cells(run: SavedRun, *, between: str, intervals: Collection[str] | None = None) -> Cells:
    """Return scores, gap and mean time of a fit under the ranking split; ``between`` separates the lines of a head.

    ``intervals`` are the splits shown with intervals, and :data:`_GAP` for the gap and its parts; None for all.
    """
    table, notes, splits = summarise(run), missing_folds(run), list(run.info.splits)
    intervals = {*splits, _GAP} if intervals is None else intervals
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
            cells |= _gap_cells(run, list(table["model"]), between=between, intervals=_GAP in intervals)
    cells[f"{ranking_split(splits)}{between}mean fit"] = [seconds(value) for value in table["fit_seconds"]]
    return cells


def _gap_cells(run: SavedRun, models: list[str], *, between: str, intervals: bool) -> Cells:
    """Return the columns of the gap and, if the run can tell them, of its parts."""
    pair = gap_splits(run)
    if pair is None:
        return {}
    heads = {"total": f"UAR{between}gap"}
    if pair.takes:
        heads |= {"takes": f"gap:{between}takes", "voice": f"gap:{between}voice"}
    table = gaps_of(run, pair).loc[models].reset_index()
    return {
        head: [
            _with_interval(points(value), points_interval(low, high) if intervals else "")
            for _, value, low, high in _rows(table, part)
        ]
        for part, head in heads.items()
    }


def _further_gap_cells(run: SavedRun) -> Cells:
    """Return the gaps of the pairs of splits beyond the first; empty without any."""
    models, pairs = list(summarise(run)["model"]), gap_pairs(run)[1:]
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
    table = calibration_of(run, split).loc[[model for model in summarise(run)["model"] if model in calibrated]]
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


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _aligned(cells: Cells, style: str, texts: int = 1) -> str:
    """Return a table whose first ``texts`` columns are aligned left and the others right."""
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
    notes += gap_notes(run)
    notes += [
        f"{title} (`{name}` in `fits.csv`) comes from a plugin; load the plugin to see its pooled score here."
        for name, title in run.metrics.items()
        if name not in metrics_of(run)
    ]
    notes += filter(None, [published_note(run), speaker_note(run)])
    if (missing_folds(run) != "").any():
        notes.append("A model with a missing fold has no score under that split; `fits.csv` holds the errors.")
    return notes
