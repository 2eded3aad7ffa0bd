"""A run in a table and a sentence: a row per model, and how much the random split flattered."""

from __future__ import annotations

import textwrap

from tabulate import tabulate

from ser_bench.report.analysis.literature import published_scores
from ser_bench.report.analysis.scores import (
    gap_splits,
    metrics_of,
    missing_folds,
    page_metrics,
    ranking_split,
)
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.transfer import transfer_matrix, transfer_models
from ser_bench.report.findings import headline, leakage_sentences, verdict
from ser_bench.report.formatting import (
    SYNTHETIC,
    markdown_cell,
    normalisation_note,
    percent,
    percent_interval,
    points,
    points_interval,
    protocol,
    safe_markdown,
    seconds,
)
from ser_bench.runs.results import SavedRun


def markdown(run: SavedRun) -> str:
    """Return ``summary.md``: the headline, the protocol, the table in percent, and what to know of it."""
    corpus = run.info.corpus
    title = f"# ser-bench on {corpus.title or corpus.name}"
    title += f": {SYNTHETIC}" if run.info.synthetic else ""
    note = normalisation_note(run)
    lines = [title, f"**{headline(run)}**", protocol(run) + ("" if note else " · not normalised by speaker")]
    lines += [f"**{note}.**"] if note else []
    lines.append(_aligned(_cells(run, between=" "), "github"))
    beside = published_scores(run)
    if len(beside):
        cells = {
            "published, same protocol": list(beside["system"]),
            **{f"{s} UAR %": [percent(v) for v in beside["uar"]] for s in beside["split"].unique()},
            "accuracy %": [percent(v) for v in beside["accuracy"]],
            "source": list(beside["source"]),
        }
        lines.append(_aligned(cells, "github"))
    if across := _transfer_columns(run):
        lines.append("Across corpora: UAR in percent by training corpora and tested corpus, on new speakers.")
        lines.append(_aligned(across, "github", texts=2))
    lines = [line if line.startswith("|") else _on_one_line(line) for line in lines]
    notes = [f"- {_on_one_line(note)}" for note in _notes(run)]
    return safe_markdown("\n\n".join([*lines, "\n".join(notes)]) + "\n")


def terminal_table(run: SavedRun, width: int = 100) -> str:
    """Return the protocol and the table as plain text no wider than ``width`` characters.

    Columns that do not fit are left out and named: accuracies first, then times, then the UAR of
    splits that neither rank the models nor make the gap.
    """
    splits = list(run.info.splits)
    cells = _cells(run, between="\n", sure=len(splits) < 3)
    cells["model"] = [name if len(name) <= 24 else name[:23] + "…" for name in cells["model"]]
    kept = {ranking_split(splits), *(gap_splits(splits) or ())}
    spare = [[f"{split}\naccuracy %" for split in splits], ["mean\nfit"]]
    spare += [[f"{split}\nUAR %"] for split in reversed(splits) if split not in kept]
    left_out: list[str] = []
    while max(map(len, _aligned(cells, "simple").splitlines())) > width and spare:
        for name in spare.pop(0):
            left_out.append(name.replace("\n", " "))
            del cells[name]
    notes = [SYNTHETIC] if run.info.synthetic else []
    notes += [note for note in (normalisation_note(run),) if note]
    notes += [f"Too wide for this table, see summary.csv: {', '.join(left_out)}"] if left_out else []
    head = [line for text in (protocol(run), *notes) for line in textwrap.wrap(text, width)]
    return "\n".join([*head, "", _aligned(cells, "simple")])


def _cells(run: SavedRun, *, between: str, sure: bool = True) -> dict[str, list[str]]:
    """Write the table's numbers by column, with intervals where ``sure``; a split that fell short says how."""
    table, notes, splits = summarise(run), missing_folds(run), list(run.info.splits)
    cells = {"model": list(table["model"])}
    for measure, word in page_metrics(run).items():
        for split in splits:
            name = f"{split}_{measure}"
            rows = zip(table["model"], *(table[name + end] for end in ("", "_low", "_high")), strict=True)
            cells[f"{split}{between}{word} %"] = [
                notes[m, split] or f"{percent(v)} {percent_interval(low, high) if sure else ''}".rstrip()
                for m, v, low, high in rows
            ]
        if measure == "uar" and gap_splits(splits):
            rows = zip(*(table["uar_gap" + end] for end in ("", "_low", "_high")), strict=True)
            cells[f"UAR{between}gap"] = [
                f"{points(v)} {points_interval(low, high) if sure else ''}".rstrip() for v, low, high in rows
            ]
    cells[f"mean{between}fit"] = [seconds(value) for value in table["fit_seconds"]]
    return cells


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _aligned(cells: dict[str, list[str]], style: str, texts: int = 1) -> str:
    if style == "github":
        cells = {markdown_cell(head): [*map(markdown_cell, column)] for head, column in cells.items()}
    align = [*["left"] * texts, *["right"] * (len(cells) - texts)]
    return tabulate(cells, headers="keys", tablefmt=style, colalign=align, disable_numparse=True)


def _notes(run: SavedRun) -> list[str]:
    """Say how the columns came about, and what was left out."""
    pair = gap_splits(run.info.splits)
    notes = [
        "UAR is the mean recall over classes; it and accuracy are in percent, "
        "pooled over the clips of all test folds"
        + (", then averaged over repeats." if run.fits["repeat"].nunique() > 1 else "."),
        "In brackets: 95 % intervals by a bootstrap over speakers, paired for the gap.",
        verdict(run),
        *(f"What was known: {finding}" for finding in leakage_sentences(run)),
    ]
    if pair:
        notes.append(f"The gap is UAR under `{pair[0]}` minus UAR under `{pair[1]}`, in points: what known voices add.")
    notes += [
        f"{title} (`{name}` in `fits.csv`) comes from a plugin; load the plugin to see its pooled score here."
        for name, title in run.metrics.items()
        if name not in metrics_of(run)
    ]
    if (missing_folds(run) != "").any():
        notes.append("A model with a missing fold has no score under that split; `fits.csv` holds the reasons.")
    dropped, problems = run.info.dropped, run.info.problems
    if dropped:
        notes.append(f"Left out as identical to an earlier clip: {_few([clip.path for clip in dropped])}.")
    if problems:
        named = [f"{problem.path} ({problem.reason})" for problem in problems]
        notes.append(f"Left out as unusable: {_few(named)}.")
    return notes


def _few(items: list[str], most: int = 5) -> str:
    return ", ".join(items[:most]) + (f" and {len(items) - most:,} more" if len(items) > most else "")


def _transfer_columns(run: SavedRun) -> dict[str, list[str]]:
    """Return the table for readers: a row per training corpora and tested corpus, UAR in percent per learner."""
    models = transfer_models(run)
    if not models:
        return {}
    matrices = {model: transfer_matrix(run, model).stack() for model in models}
    places = list(dict.fromkeys(place for cells in matrices.values() for place in cells.index))
    return {
        "trained on": [trained for trained, _ in places],
        "tested on": [tested for _, tested in places],
        **{model: [percent(cells.get(place, float("nan"))) for place in places] for model, cells in matrices.items()},
    }
