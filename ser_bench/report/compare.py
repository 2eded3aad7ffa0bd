"""Several runs side by side: their scores, and paired differences where they tested the same clips."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tabulate import tabulate

from ser_bench import statistics
from ser_bench.core.errors import RunError
from ser_bench.report.analysis.intervals import bootstrap_uar
from ser_bench.report.analysis.scores import BASELINES, is_speaker_independent, scores_by_speaker
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.formatting import (
    SYNTHETIC,
    markdown_cell,
    normalisation_note,
    p_value,
    percent,
    percent_interval,
    points,
    points_interval,
    protocol,
    safe_markdown,
)
from ser_bench.runs.results import SavedRun, read_run


@dataclass(frozen=True, eq=False)
class ComparedRuns:
    """Runs to compare under one split, each with a short label; the first is what the others are held against."""

    runs: tuple[SavedRun, ...]
    labels: tuple[str, ...]
    split: str

    @property
    def synthetic(self) -> bool:
        """Whether any of them is of made-up speech."""
        return any(run.info.synthetic for run in self.runs)


def read_runs(folders: Sequence[Path], split: str | None = None) -> ComparedRuns:
    """Read runs and choose what they are compared under: ``split``, else the first that all have, new speakers first.

    Raises :class:`RunError` for fewer than two runs, a run named twice, or no split in common.
    """
    places = [folder.resolve() for folder in folders]
    if len(set(places)) < max(2, len(places)):
        raise RunError("compare needs two or more different runs\nname their folders, as in `ser-bench compare A B`")
    runs = tuple(read_run(folder) for folder in folders)
    shared = [name for name in runs[0].info.splits if all(name in run.info.splits for run in runs)]
    if split is not None and split not in shared:
        raise RunError(f"not every run has the split {split}; all have: {', '.join(shared) or 'none'}")
    if not shared:
        had = "; ".join(f"{f.name}: {', '.join(r.info.splits)}" for f, r in zip(folders, runs, strict=True))
        raise RunError(f"the runs have no split in common ({had})\nrun one of them again with the other's --splits")
    chosen = split or next((name for name in shared if is_speaker_independent(name)), shared[0])
    return ComparedRuns(runs, _labels(places), chosen)


def _labels(places: Sequence[Path]) -> tuple[str, ...]:
    """Return the shortest ends of the folders' paths that tell them apart."""
    for depth in range(1, max(len(place.parts) for place in places) + 1):
        labels = tuple("/".join(place.parts[-depth:]) for place in places)
        if len(set(labels)) == len(labels):
            break
    return labels


def compared_scores(runs: ComparedRuns) -> pd.DataFrame:
    """Return ``model``, ``run``, ``uar``, ``uar_low``, ``uar_high`` and the same of accuracy, best models first."""
    measures = [f"{measure}{end}" for measure in ("uar", "accuracy") for end in ("", "_low", "_high")]
    parts = []
    for label, run in zip(runs.labels, runs.runs, strict=True):
        table = summarise(run)[["model", *(f"{runs.split}_{name}" for name in measures)]]
        parts.append(table.set_axis(["model", *measures], axis=1).assign(run=label))
    table = pd.concat(parts, ignore_index=True)
    best = table.groupby("model")["uar"].max().fillna(-1)
    order = sorted(best.index, key=lambda model: (model in BASELINES, -best[model], model))
    place = {model: i for i, model in enumerate(order)}
    rows = table.assign(place=table["model"].map(place)).sort_values("place", kind="stable")
    return rows[["model", "run", *measures]].reset_index(drop=True)


def unpaired_reasons(runs: ComparedRuns) -> list[str]:
    """Say of each run that cannot be paired with the first why not."""
    first, said = _tested(runs.runs[0], runs.split), []
    for label, run in zip(runs.labels[1:], runs.runs[1:], strict=True):
        other = _tested(run, runs.split)
        if first.equals(other):
            continue
        shared = len(first.index.intersection(other.index))
        if run.info.corpus.name != runs.runs[0].info.corpus.name:
            why = f"it is of {run.info.corpus.name}, not of {runs.runs[0].info.corpus.name}"
        elif shared < len(first) or shared < len(other):
            why = f"it tested {len(other):,} clips, the other {len(first):,}, and only {shared:,} are the same"
        else:
            why = "its clips have other labels"
        said.append(f"{label} is not paired with {runs.labels[0]}: {why}; their scores stand side by side only.")
    return said


def differences(runs: ComparedRuns) -> pd.DataFrame:
    """Return per model and later run the difference of UAR to the first run, where both tested the same clips.

    Columns ``model``, ``run``, ``difference``, ``low`` and ``high`` (95 %, the same speakers drawn for both),
    ``p`` (Wilcoxon's signed-rank test over speakers, Holm's correction over all rows). Baselines are left out.
    """
    base = runs.runs[0]
    tested, scores = _tested(base, runs.split), scores_by_speaker(base, runs.split)
    rows, first = [], summarise(base).set_index("model")[f"{runs.split}_uar"]
    for label, run in zip(runs.labels[1:], runs.runs[1:], strict=True):
        if not tested.equals(_tested(run, runs.split)):
            continue
        others = scores_by_speaker(run, runs.split)
        second = summarise(run).set_index("model")[f"{runs.split}_uar"]
        for model in (m for m in first.index if m in second.index and m not in BASELINES):
            if np.isnan(first[model]) or np.isnan(second[model]):
                continue
            low, high = statistics.interval(
                bootstrap_uar(run, model, runs.split) - bootstrap_uar(base, model, runs.split)
            )
            pair = np.column_stack([scores.loc[model], others.loc[model, scores.columns]])
            p = statistics.wilcoxon_holm(pair)[0, 1]
            rows.append((model, label, second[model] - first[model], float(low), float(high), p))
    table = pd.DataFrame(rows, columns=["model", "run", "difference", "low", "high", "p"])
    return table.assign(p=statistics.holm(table["p"])) if len(table) else table


def differing_settings(runs: ComparedRuns) -> list[str]:
    """Return a line per setting in which the runs differ, with each run's."""
    told = [_settings(run) for run in runs.runs]
    lines = []
    for name in told[0]:
        values = [settings[name] for settings in told]
        if any(one != other for one, other in pairwise(values)):
            lines.append(f"{name}: " + ", ".join(f"{v} ({k})" for k, v in zip(runs.labels, values, strict=True)))
    return [*lines, *_parameters_that_differ(runs)]


def _parameters_that_differ(runs: ComparedRuns) -> list[str]:
    """Return a line per model that several runs have with other parameters; one that a run lacks is not named there."""
    told: dict[str, dict[str, dict[str, Any]]] = {}
    for label, run in zip(runs.labels, runs.runs, strict=True):
        for model, text in run.fits.drop_duplicates("model").set_index("model")["parameters"].items():
            told.setdefault(str(model), {})[label] = json.loads(text)
    lines = []
    for model, by_run in told.items():
        names = dict.fromkeys(name for parameters in by_run.values() for name in parameters)
        # a parameter that a run lacks is one of another version, and was off
        values = {name: {k: json.dumps(p.get(name) or "off") for k, p in by_run.items()} for name in names}
        changed = {name: by for name, by in values.items() if len(set(by.values())) > 1}
        if changed:
            parts = (
                f"{n} {', '.join(f'{v} ({k})' for k, v in by.items())}".replace('"', "") for n, by in changed.items()
            )
            lines.append(f"parameters of {model}: {'; '.join(parts)}")
    return lines


def _settings(run: SavedRun) -> dict[str, str]:
    info = run.info
    return {
        "corpus": info.corpus.name + (" (synthetic)" if info.synthetic else ""),
        "clips": f"{info.corpus.clips:,}",
        "labels": str(len(run.labels)),
        "target": info.target,
        "features": info.features,
        "normalisation": "by speaker (transductive)" if normalisation_note(run) else "none",
        "repeats": str(info.options.repeats),
        "seed": str(info.options.seed),
        "ser-bench": info.versions.get("ser-bench", "unknown"),
        "Python": info.versions.get("python", "unknown"),
    }


def _tested(run: SavedRun, split: str) -> pd.Series:
    """Return the true label of each clip that a split tested, by clip."""
    frame = run.predictions[run.predictions["split"] == split]
    first = frame.drop_duplicates("clip")
    return pd.Series(first["true"].astype("str").to_numpy(), index=first["clip"].astype("str")).sort_index()


def cells(runs: ComparedRuns) -> dict[str, list[str]]:
    """Return the table's columns as text: UAR with its interval per run, then differences with theirs and p."""
    table = compared_scores(runs).set_index(["model", "run"])
    models = list(dict.fromkeys(table.index.get_level_values("model")))
    columns = {"model": models}
    for label in runs.labels:
        rows = table.xs(label, level="run").reindex(models)
        values = zip(rows["uar"], rows["uar_low"], rows["uar_high"], strict=True)
        columns[f"{label} UAR %"] = [f"{percent(v)} {percent_interval(low, high)}".rstrip() for v, low, high in values]
    gaps = differences(runs).set_index(["model", "run"])
    for label in runs.labels[1:]:
        if label in gaps.index.get_level_values("run"):
            rows = gaps.xs(label, level="run").reindex(models)
            gap = zip(rows["difference"], rows["low"], rows["high"], rows["p"], strict=True)
            columns[f"{label} minus {runs.labels[0]}"] = [
                "" if np.isnan(v) else f"{points(v)} {points_interval(low, high)} p {_sign(p)}"
                for v, low, high, p in gap
            ]
    return columns


def _sign(p: float) -> str:
    said = p_value(p)
    return said if said.startswith("<") else f"= {said}"


def notes(runs: ComparedRuns) -> list[str]:
    """Return what the reader has to know: protocols, what differs, what could not be paired."""
    lines = [f"{label}: {protocol(run, (runs.split,))}" for label, run in zip(runs.labels, runs.runs, strict=True)]
    lines += [f"Differs in {line}." for line in differing_settings(runs)]
    lines += unpaired_reasons(runs)
    if len(differences(runs)):
        lines.append(
            "Differences in points of UAR, 95 % intervals by a bootstrap that draws the same speakers for both; p of "
            "Wilcoxon's signed-rank test over speakers, Holm's correction over all rows."
        )
    return lines


def as_text(runs: ComparedRuns, width: int = 100) -> str:
    """Return the comparison for a terminal."""
    head = [SYNTHETIC] if runs.synthetic else []
    lines = [
        part for line in [*head, f"UAR under the {runs.split} split", *notes(runs)] for part in _wrapped(line, width)
    ]
    return "\n".join([*lines, "", _table(cells(runs), "simple")])


def as_markdown(runs: ComparedRuns) -> str:
    """Return ``comparison.md``."""
    title = f"# UAR under the {runs.split} split: {', '.join(runs.labels)}"
    title += f": {SYNTHETIC}" if runs.synthetic else ""
    shown = {markdown_cell(head): [*map(markdown_cell, column)] for head, column in cells(runs).items()}
    lines = "\n".join(f"- {' '.join(line.split())}" for line in notes(runs))
    return safe_markdown("\n\n".join([" ".join(title.split()), _table(shown, "github"), lines]) + "\n")


def _table(columns: dict[str, list[str]], style: str) -> str:
    align = ["left", *["right"] * (len(columns) - 1)]
    return tabulate(columns, headers="keys", tablefmt=style, colalign=align, disable_numparse=True)


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, subsequent_indent="  ")
