"""What a search found, in words and a table."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pandas as pd
from tabulate import tabulate

from ser_bench import statistics
from ser_bench.metrics import UAR
from ser_bench.report.formatting import SYNTHETIC, percent, percent_interval, points, points_interval
from ser_bench.runs.tuning import TuningResult

MOST_ROWS = 15


def nested_scores(found: TuningResult) -> pd.DataFrame:
    """Return UAR of the defaults, of the search, and their difference, each with its 95 % interval over speakers."""
    rows = found.predictions
    labels, true = np.unique(rows["true"].astype(str), return_inverse=True)
    names, speakers = np.unique(rows["speaker"].astype(str), return_inverse=True)
    counts = statistics.speaker_draws(len(names), seed=zlib.crc32("\n".join(names).encode()))
    draws = {}
    for column in ("default", "tuned"):
        codes = np.searchsorted(labels, rows[column].astype(str))
        draws[column] = statistics.bootstrap_scores(
            statistics.tally(speakers, true, codes, len(names), len(labels)), counts, {"uar": UAR.score}
        )["uar"]
    draws["difference"] = draws["tuned"] - draws["default"]
    values = {"default": found.default_uar, "tuned": found.tuned_uar, "difference": found.tuned_uar - found.default_uar}
    ends = {name: statistics.interval(draw) for name, draw in draws.items()}
    table = [(name, values[name], float(ends[name][0]), float(ends[name][1])) for name in values]
    return pd.DataFrame(table, columns=["what", "uar", "low", "high"]).set_index("what")


def trial_summary(found: TuningResult) -> pd.DataFrame:
    """Return a row per trial: mean inner UAR over outer folds, in how many folds it was chosen, what it changed."""
    defaults = json.loads(found.trials.loc[found.trials["trial"] == 0, "parameters"].iloc[0])
    groups = found.trials.groupby("trial")
    table = groups.agg(uar=("uar", "mean"), chosen=("chosen", "sum"), inner_folds=("inner_folds", "mean"))
    table["failed"] = groups["status"].agg(lambda status: int((status != "ok").sum()))
    changed = [_changes(json.loads(p), defaults) for p in groups["parameters"].first()]
    table["changes"] = [text if trial else "the defaults" for trial, text in zip(table.index, changed, strict=True)]
    order = table.assign(short=-table["inner_folds"]).sort_values(["short", "uar"], ascending=[True, False])
    return table.loc[order.index].reset_index()


def _changes(parameters: dict[str, object], defaults: dict[str, object]) -> str:
    parts = [f"{name} {json.dumps(value)}" for name, value in parameters.items() if value != defaults[name]]
    return ", ".join(parts).replace('"', "") or "nothing"


def headline(found: TuningResult) -> str:
    """Say what the search is worth on speakers that no choice has seen."""
    scores = nested_scores(found)
    tuned, gain = scores.loc["tuned"], scores.loc["difference"]
    note = f"{SYNTHETIC}. " if found.synthetic else ""
    how = ", speakers normalised by their own clips (transductive)" if found.normalize == "speaker" else ""
    return (
        f"{note}{found.model} tuned inside the training speakers of {found.corpus} ({found.split} split{how}): "
        f"{percent(tuned['uar'])} % UAR {percent_interval(tuned['low'], tuned['high'])} on speakers it never saw, "
        f"{points(gain['uar'])} points {points_interval(gain['low'], gain['high'])} against the defaults."
    )


def table(found: TuningResult, style: str = "simple") -> str:
    """Return the headline and the best trials."""
    rows = trial_summary(found)
    shown = rows.head(MOST_ROWS)
    cells = {
        "trial": [str(trial) for trial in shown["trial"]],
        "inner UAR %": [percent(value) for value in shown["uar"]],
        "inner folds": [f"{value:.3g}" for value in shown["inner_folds"]],
        "chosen in": [f"{int(count)} of {found.trials['outer_fold'].nunique()} folds" for count in shown["chosen"]],
        "what it changes": [text if len(text) < 61 else text[:60] + "…" for text in shown["changes"]],
    }
    align = ("right", "right", "right", "right", "left")
    lines = [headline(found), tabulate(cells, headers="keys", tablefmt=style, colalign=align, disable_numparse=True)]
    if len(rows) > len(shown):
        lines.append(f"and {len(rows) - len(shown)} more in trials.csv")
    return "\n\n".join(lines)
