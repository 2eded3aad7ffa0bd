"""A run in a table and a sentence: a row per model, and how much the random split flattered."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from tabulate import tabulate

from ser_bench.report.analysis.comparisons import verdict
from ser_bench.report.analysis.intervals import MEASURES, gap_intervals, intervals
from ser_bench.report.analysis.leakage import findings
from ser_bench.report.analysis.literature import published
from ser_bench.report.analysis.scores import (
    BASELINES,
    gap_between,
    once_per_run,
    pooled_scores,
    random_like,
    ranking_split,
    shortfalls,
)
from ser_bench.report.analysis.transfer import cells_of, finding
from ser_bench.report.formatting import (
    SYNTHETIC,
    markdown_cell,
    normalisation,
    percent,
    percent_range,
    points,
    points_range,
    protocol,
    safe_markdown,
    seconds,
)
from ser_bench.runs.results import SavedRun


@once_per_run
def summarise(run: SavedRun) -> pd.DataFrame:
    """Return a row per model, the best first and the baselines last.

    Columns: ``model``; per split ``<split>_<measure>`` for accuracy, uar and macro_f1 (fractions, NaN where a
    fold is missing), each followed by ``_low`` and ``_high`` (95 %, bootstrap over speakers), and
    ``<split>_uar_sd`` over repeats; ``uar_gap`` (see :func:`ser_bench.report.analysis.scores.gap_between`) with its
    interval; ``fit_seconds``, ``predict_seconds`` (per clip) and ``model_bytes``, means over the fits that
    ended; ``status``, ``ok`` or which split fell short and how.
    """
    models, splits = list(run.info["models"]), list(run.info["splits"])
    notes = shortfalls(run)
    table = pd.DataFrame({"model": models} | _scores_with_intervals(run, models, splits))
    pair, gaps = gap_between(splits), gap_intervals(run)
    table["uar_gap"] = table[f"{pair[0]}_uar"] - table[f"{pair[1]}_uar"] if pair else float("nan")
    table["uar_gap_low"], table["uar_gap_high"] = gaps["low"].to_numpy(), gaps["high"].to_numpy()
    ended = run.fits[run.fits["status"] == "ok"]
    ended = ended.assign(predict_seconds=ended["predict_seconds"] / ended["n_test"].astype("float64"))
    costs = ended.groupby("model")[["fit_seconds", "predict_seconds", "model_bytes"]].mean().reindex(models)
    for name in costs.columns:
        table[name] = costs[name].to_numpy(dtype="float64")
    short = [[f"{split}: {notes[model, split]}" for split in splits if notes[model, split]] for model in models]
    table["status"] = ["; ".join(bad) or "ok" for bad in short]
    rank = table[f"{ranking_split(splits)}_uar"].fillna(-1)
    order = rank.to_frame("uar").assign(baseline=table["model"].isin(BASELINES))
    order = order.sort_values(["baseline", "uar"], ascending=[True, False], kind="stable")
    return table.loc[order.index].reset_index(drop=True)


def _scores_with_intervals(run: SavedRun, models: list[str], splits: list[str]) -> dict[str, np.ndarray]:
    scores, sure = pooled_scores(run), intervals(run)
    columns = {}
    for split in splits:
        cells = pd.MultiIndex.from_product([models, [split]])
        for measure in MEASURES:
            columns[f"{split}_{measure}"] = scores[measure].reindex(cells).to_numpy()
            for end in ("low", "high"):
                columns[f"{split}_{measure}_{end}"] = sure[f"{measure}_{end}"].reindex(cells).to_numpy()
        columns[f"{split}_uar_sd"] = sure["uar_sd"].reindex(cells).to_numpy()
    return columns


def headline(run: SavedRun) -> str:
    """Return one sentence: how much the random split flattered, and which model is best."""
    table, splits = summarise(run), list(run.info["splits"])
    learners = table[~table["model"].isin(BASELINES)]
    learners = table if learners.empty else learners
    where = f"On {run.info['corpus']['name']}"
    where += " (synthetic speech)" if run.info["synthetic"] else ""
    how = " (speakers normalised by their own clips: transductive)" if normalisation(run) else ""
    split = ranking_split(splits)
    ranked = learners.dropna(subset=[f"{split}_uar"])
    if ranked.empty:
        return f"{where} no model finished every fold of the {split} split; fits.csv holds the reasons."
    short = learners.loc[learners["status"] != "ok", "model"]
    how += "" if short.empty else f"; unfinished: {', '.join(short)}"
    best = ranked.iloc[0]
    how += f"; {carried}" if (carried := finding(run)) else ""
    pair = gap_between(splits)
    gaps = learners.dropna(subset=["uar_gap"])
    if pair is None or gaps.empty:
        return f"{where} {_best_alone(best, split)}{how}."
    return f"{where} {_flattery(gaps, pair)}; best on new voices: {_named(best, split)}{how}."


def markdown(run: SavedRun) -> str:
    """Return ``summary.md``: the headline, the protocol, the table in percent, and what to know of it."""
    corpus = run.info["corpus"]
    title = f"# ser-bench on {corpus.get('title') or corpus['name']}"
    title += f": {SYNTHETIC}" if run.info["synthetic"] else ""
    note = normalisation(run)
    lines = [title, f"**{headline(run)}**", protocol(run) + ("" if note else " · not normalised by speaker")]
    lines += [f"**{note}.**"] if note else []
    lines.append(_aligned(_cells(run, between=" "), "github"))
    beside = published(run)
    if len(beside):
        cells = {
            "published, same protocol": list(beside["system"]),
            **{f"{s} UAR %": [percent(v) for v in beside["uar"]] for s in beside["split"].unique()},
            "accuracy %": [percent(v) for v in beside["accuracy"]],
            "source": list(beside["source"]),
        }
        lines.append(_aligned(cells, "github"))
    if across := cells_of(run):
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
    splits = list(run.info["splits"])
    cells = _cells(run, between="\n", sure=len(splits) < 3)
    cells["model"] = [name if len(name) <= 24 else name[:23] + "…" for name in cells["model"]]
    kept = {ranking_split(splits), *(gap_between(splits) or ())}
    spare = [[f"{split}\naccuracy %" for split in splits], ["mean\nfit"]]
    spare += [[f"{split}\nUAR %"] for split in reversed(splits) if split not in kept]
    left_out: list[str] = []
    while max(map(len, _aligned(cells, "simple").splitlines())) > width and spare:
        for name in spare.pop(0):
            left_out.append(name.replace("\n", " "))
            del cells[name]
    notes = [SYNTHETIC] if run.info["synthetic"] else []
    notes += [note for note in (normalisation(run),) if note]
    notes += [f"Too wide for this table, see summary.csv: {', '.join(left_out)}"] if left_out else []
    head = [line for text in (protocol(run), *notes) for line in textwrap.wrap(text, width)]
    return "\n".join([*head, "", _aligned(cells, "simple")])


def _cells(run: SavedRun, *, between: str, sure: bool = True) -> dict[str, list[str]]:
    """Write the table's numbers by column, with intervals where ``sure``; a split that fell short says how."""
    table, notes, splits = summarise(run), shortfalls(run), list(run.info["splits"])
    cells = {"model": list(table["model"])}
    for measure, word in (("uar", "UAR"), ("accuracy", "accuracy")):
        for split in splits:
            name = f"{split}_{measure}"
            rows = zip(table["model"], *(table[name + end] for end in ("", "_low", "_high")), strict=True)
            cells[f"{split}{between}{word} %"] = [
                notes[m, split] or f"{percent(v)} {percent_range(low, high) if sure else ''}".rstrip()
                for m, v, low, high in rows
            ]
        if measure == "uar" and gap_between(splits):
            rows = zip(*(table["uar_gap" + end] for end in ("", "_low", "_high")), strict=True)
            cells[f"UAR{between}gap"] = [
                f"{points(v)} {points_range(low, high) if sure else ''}".rstrip() for v, low, high in rows
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


def _named(row: pd.Series, split: str) -> str:
    sure = percent_range(row[f"{split}_uar_low"], row[f"{split}_uar_high"])
    return f"{row['model']}, {percent(row[f'{split}_uar'])} %" + (f" {sure}" if sure else "")


def _flattery(gaps: pd.DataFrame, pair: tuple[str, str]) -> str:
    """Name the model that the random split flattered most."""
    worst = gaps.loc[gaps["uar_gap"].idxmax()]
    if worst["uar_gap"] <= 0:
        return f"the {pair[0]} split flattered no model"
    most = " most," if len(gaps) > 1 else ""
    fall = " % → ".join(percent(worst[f"{split}_uar"]) for split in pair)
    amount = points(worst["uar_gap"]).lstrip("+")
    return f"the {pair[0]} split flattered {worst['model']}{most} by {amount} points ({fall} % UAR)"


def _best_alone(best: pd.Series, split: str) -> str:
    """Name the best model where no gap can be told, and say what that leaves open."""
    if random_like(split):
        known = f"under the {split} split, whose voices are known from training"
        return f"the best model is {_named(best, split)} UAR, {known}"
    return f"the best model under the {split} split is {_named(best, split)} UAR"


def _notes(run: SavedRun) -> list[str]:
    """Say how the columns came about, and what was left out."""
    pair = gap_between(run.info["splits"])
    notes = [
        "UAR is the mean recall over classes; it and accuracy are in percent, "
        "pooled over the clips of all test folds"
        + (", then averaged over repeats." if run.fits["repeat"].nunique() > 1 else "."),
        "In brackets: 95 % intervals by a bootstrap over speakers, paired for the gap.",
        verdict(run),
        *(f"What was known: {finding}" for finding in findings(run)),
    ]
    if pair:
        notes.append(f"The gap is UAR under `{pair[0]}` minus UAR under `{pair[1]}`, in points: what known voices add.")
    if (shortfalls(run) != "").any():
        notes.append("A model with a missing fold has no score under that split; `fits.csv` holds the reasons.")
    dropped, problems = run.info.get("dropped") or [], run.info.get("problems") or []
    if dropped:
        notes.append(f"Left out as identical to an earlier clip: {_few([clip['path'] for clip in dropped])}.")
    if problems:
        named = [f"{problem['path']} ({problem['reason']})" for problem in problems]
        notes.append(f"Left out as unusable: {_few(named)}.")
    return notes


def _few(items: list[str], most: int = 5) -> str:
    return ", ".join(items[:most]) + (f" and {len(items) - most:,} more" if len(items) > most else "")
