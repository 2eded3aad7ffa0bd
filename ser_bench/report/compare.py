"""Several runs side by side, as ``comparison.md`` and for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from tabulate import tabulate

from ser_bench.core.text import plural, wrap_words
from ser_bench.report.analysis.compared_runs import (
    ComparedRuns,
    compared_scores,
    differences,
    differing_settings,
    needed_speakers,
    own_settings,
    unequal_training,
    unpaired_runs,
)
from ser_bench.report.analysis.intervals import scores_of_few
from ser_bench.report.descriptions import (
    MARK_NOTES,
    SYNTHETIC,
    losses_note,
    marked_title,
    model_marks,
    model_sentences,
    normalisation_note,
    protocol,
    shortened_title,
    warnings_note,
)
from ser_bench.report.formatting import (
    markdown_cell,
    p_statement,
    percent,
    percent_range,
    points,
    points_interval,
    safe_markdown,
)
from ser_bench.statistics import ALPHA

_MAX_HEAD = 20
"""The most characters on a line of a head, since labels of runs are paths."""


def protocols(runs: ComparedRuns) -> list[str]:
    """Return the protocol of each run after its label.

    Parameters
    ----------
    runs : ComparedRuns

    Returns
    -------
    list of str
    """
    return [f"{label}: {protocol(run, (runs.split,))}" for label, run in zip(runs.labels, runs.runs, strict=True)]


def compared_titles(runs: ComparedRuns, models: Sequence[str]) -> list[str]:
    """Write the names of models, with the marks that they have in one of the runs.

    Parameters
    ----------
    runs : ComparedRuns
    models : sequence of str

    Returns
    -------
    list of str
    """
    marks = {model: "".join(model_marks(run).get(model, "") for run in runs.runs) for model in models}
    ordered = {model: "".join(mark for mark in MARK_NOTES if mark in marks[model]) for model in models}
    return [marked_title(model, {name: mark for name, mark in ordered.items() if mark}) for model in models]


def comparison_title(runs: ComparedRuns) -> str:
    """State how many differences to the first run are significant.

    Parameters
    ----------
    runs : ComparedRuns

    Returns
    -------
    str
        Without a full stop; what the comparison shows, where no run is paired with the first.
    """
    table, (first, *others) = differences(runs), runs.labels
    if table.empty:
        return f"UAR under the {runs.split} split, run by run"
    if needed := needed_speakers(runs):
        return f"Too few speakers to compare runs with {first}: at least {needed} are needed"
    significant = table.loc[table["p"] <= ALPHA, "difference"]
    if significant.empty and len(table) == 1:
        return f"The difference to {first} is not significant"
    if significant.empty:
        return f"None of {len(table)} differences to {first} is significant"
    run = others[0] if len(others) == 1 else "other runs"
    counts = {"higher": int((significant > 0).sum()), "lower": int((significant < 0).sum())}
    (word, count), *rest = [(word, count) for word, count in counts.items() if count]
    more = "".join(f", {count} {word}" for word, count in rest)
    return f"{run} against {first}: {count} of {plural(len(table), 'UAR')} significantly {word}{more}"


def run_notes(runs: ComparedRuns) -> list[str]:
    """State which runs are normalised by speaker, and which models have marks.

    Parameters
    ----------
    runs : ComparedRuns

    Returns
    -------
    list of str
        Each after the label of its run.
    """
    notes = []
    for label, run in zip(runs.labels, runs.runs, strict=True):
        if note := normalisation_note(run):
            notes.append(f"{label}: {note}")
        notes += [f"{label}: {text}" for text in model_sentences(run)]
    return notes


def as_text(runs: ComparedRuns, width: int = 100) -> str:
    """Return a comparison for the terminal.

    Parameters
    ----------
    runs : ComparedRuns
    width : int
        The most characters on a line. A table that is wider continues below, with the models again.

    Returns
    -------
    str
    """
    head = [SYNTHETIC] if runs.synthetic else []
    text = [*head, f"UAR under the {runs.split} split", *_notes(runs)]
    lines = [part for line in text for part in wrap_words(line, width, further="  ")]
    return "\n".join([*lines, "", "\n\n".join(_table(part, "simple") for part in _parts(_columns(runs), width))])


def _parts(columns: dict[str, list[str]], width: int) -> list[dict[str, list[str]]]:
    """Divide a table into tables that fit, each with the models; their long names and heads are shortened or broken."""
    models = {"model": [shortened_title(title) for title in columns["model"]]}
    parts = [dict(models)]
    for head, column in list(columns.items())[1:]:
        broken = "\n".join(textwrap.wrap(head, _MAX_HEAD))
        wider = parts[-1] | {broken: column}
        if len(parts[-1]) > 1 and max(map(len, _table(wider, "simple").splitlines())) > width:
            parts.append(models | {broken: column})
        else:
            parts[-1] = wider
    return parts


def as_markdown(runs: ComparedRuns) -> str:
    """Return a comparison as ``comparison.md``.

    Parameters
    ----------
    runs : ComparedRuns

    Returns
    -------
    str
    """
    title = f"# UAR under the {runs.split} split: {', '.join(runs.labels)}"
    title += f": {SYNTHETIC}" if runs.synthetic else ""
    shown = {markdown_cell(head): [*map(markdown_cell, column)] for head, column in _columns(runs).items()}
    lines = "\n".join(f"- {' '.join(line.split())}" for line in _notes(runs))
    return safe_markdown("\n\n".join([" ".join(title.split()), _table(shown, "github"), lines]) + "\n")


def _notes(runs: ComparedRuns) -> list[str]:
    """Return protocols, differing settings, and how the runs are paired."""
    lines = protocols(runs)
    lines += [
        f"{label}: {note}"
        for label, run in zip(runs.labels, runs.runs, strict=True)
        for note in (losses_note(run), warnings_note(run))
        if note
    ]
    lines += [*run_notes(runs), *(f"Differs in {line}." for line in differing_settings(runs))]
    lines += [
        f"{label} is not paired with {runs.labels[0]}: {reason}." for label, reason in unpaired_runs(runs).items()
    ]
    lines += [
        f"{label} and {runs.labels[0]} are not on equal terms: {reason}."
        for label, reason in unequal_training(runs).items()
    ]
    if needed := needed_speakers(runs):
        lines.append(f"No difference can be significant with so few speakers: at least {needed} are needed.")
    table = differences(runs)
    if len(table):
        speakers = "the speakers that both runs test"
        interval = f"with 95 % t intervals over {speakers}" if table["low"].notna().any() else f"over {speakers}"
        lines.append(
            f"Differences are in points of UAR, {interval}; p is that of Wilcoxon's signed-rank test over speakers, "
            "with Holm's correction over all rows."
        )
    return lines


def _columns(runs: ComparedRuns) -> dict[str, list[str]]:
    """Return the table as text: UAR with its interval per run, then the differences with interval and p."""
    table = compared_scores(runs).set_index(["model", "run"])
    models = list(dict.fromkeys(table.index.get_level_values("model")))
    columns, settings = {"model": compared_titles(runs, models)}, own_settings(runs)
    for label, run in zip(runs.labels, runs.runs, strict=True):
        rows, few = table.xs(label, level="run").reindex(models), scores_of_few(run)
        values = zip(models, rows["uar"], rows["uar_low"], rows["uar_high"], strict=True)
        columns[", ".join(filter(None, [f"{label} UAR %", settings[label]]))] = [
            f"{percent(v)} {percent_range(low, high, few.get((model, runs.split, 'uar'), ()))}".rstrip()
            for model, v, low, high in values
        ]
    changes = differences(runs).set_index(["model", "run"])
    for label in runs.labels[1:]:
        if label in changes.index.get_level_values("run"):
            rows = changes.xs(label, level="run").reindex(models)
            cells = zip(rows["difference"], rows["low"], rows["high"], rows["p"], strict=True)
            columns[f"{label} minus {runs.labels[0]}"] = [_difference(*cell) for cell in cells]
    return columns


def _difference(value: float, low: float, high: float, p: float) -> str:
    """Write a difference with its interval and p value; empty for NaN."""
    if np.isnan(value):
        return ""
    return " ".join(filter(None, [points(value), points_interval(low, high), p_statement(p)]))


def _table(columns: dict[str, list[str]], style: str) -> str:
    align = ["left", *["right"] * (len(columns) - 1)]
    return tabulate(columns, headers="keys", tablefmt=style, colalign=align, disable_numparse=True)
