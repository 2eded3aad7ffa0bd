"""The result of a hyper-parameter search, in numbers and as a table of its best trials."""

from __future__ import annotations

import json

import pandas as pd
from tabulate import tabulate

from ser_bench.core.text import wrap_words
from ser_bench.metrics import UAR
from ser_bench.report.analysis.intervals import (
    SpeakerTallies,
    each_speakers_scores,
    scores_with_intervals,
    tally_labels,
    uar_difference,
)
from ser_bench.report.descriptions import (
    EXPOSED_MARK,
    QUICK_MARK,
    SYNTHETIC,
    TRANSDUCTIVE_MARK,
    UNKNOWN_MARK,
    marked_title,
    notes_of_marks,
)
from ser_bench.report.formatting import percent, percent_range, points, points_interval
from ser_bench.runs.tuning import TuningResult

_PREDICTED = ("default", "tuned", "written")

MAX_ROWS = 15
"""The most trials that the table lists; trials.csv lists every one."""
_MAX_CHANGES = 60
_OTHER_COLUMNS = 41
"""Characters of all columns but the changes on a terminal."""


def nested_scores(tuned: TuningResult) -> pd.DataFrame:
    """Return UAR on the outer test clips: of the defaults, of the search and their difference, and of what it wrote.

    Parameters
    ----------
    tuned : TuningResult

    Returns
    -------
    DataFrame of float64, index ``default``, ``tuned``, ``written`` and ``difference``
        ``uar``, ``low`` and ``high``: 95 % intervals over speakers, paired for the difference; NaN for few speakers.
    """
    counts = _tallies(tuned)
    rows = {name: scores_with_intervals(cell, {"uar": UAR})["uar"] for name, cell in counts.items()}
    rows["difference"] = uar_difference(counts["tuned"], counts["default"])
    return pd.DataFrame.from_dict(rows, orient="index", columns=["uar", "low", "high"])


def _tallies(tuned: TuningResult) -> dict[str, SpeakerTallies]:
    """Return the clips counted for the defaults and for the search."""
    rows = tuned.predictions
    labels = sorted(set(rows[["true", *_PREDICTED]].to_numpy(dtype=str).ravel()))
    return {name: tally_labels(rows["speaker"], rows["true"], rows[name], labels) for name in _PREDICTED}


def trial_summary(tuned: TuningResult) -> pd.DataFrame:
    """Summarise the trials, the best first.

    Parameters
    ----------
    tuned : TuningResult

    Returns
    -------
    DataFrame
        A row per trial: ``trial``, mean inner ``uar`` over outer folds, ``chosen`` (in how many outer folds), mean
        number of ``inner_folds``, ``failed`` fits, and ``changes`` from the defaults as text.
    """
    defaults = json.loads(tuned.trials.loc[tuned.trials["trial"] == 0, "parameters"].iloc[0])
    groups = tuned.trials.groupby("trial")
    table = groups.agg(uar=("uar", "mean"), chosen=("chosen", "sum"), inner_folds=("inner_folds", "mean"))
    table["failed"] = groups["status"].agg(lambda status: int((status != "ok").sum()))
    changes = [_changes(json.loads(p), defaults) for p in groups["parameters"].first()]
    table["changes"] = [text if trial else "the defaults" for trial, text in zip(table.index, changes, strict=True)]
    order = table.assign(short=-table["inner_folds"]).sort_values(["short", "uar"], ascending=[True, False])
    return table.loc[order.index].reset_index()


def headline(tuned: TuningResult) -> str:
    """State the UAR of the search on new speakers, and its gain over the defaults.

    Parameters
    ----------
    tuned : TuningResult

    Returns
    -------
    str
        One sentence, and one for each mark of the model.
    """
    scores = nested_scores(tuned)
    best, gain = scores.loc["tuned"], scores.loc["difference"]
    note = f"{SYNTHETIC}. " if tuned.synthetic else ""
    condition = ", features normalised per speaker (transductive)" if tuned.normalize == "speaker" else ""
    each = each_speakers_scores(_tallies(tuned)["tuned"], {"uar": UAR})["uar"]
    score = f"{percent(best['uar'])} % UAR {percent_range(best['low'], best['high'], each)}".rstrip()
    difference = f"{points(gain['uar'])} points {points_interval(gain['low'], gain['high'])}".rstrip()
    title = marked_model(tuned)
    sentence = (
        f"{note}{title} tuned on the training speakers of {tuned.corpus} "
        f"({tuned.split} split{condition}): {score} on new speakers, {difference} against the defaults."
    )
    return " ".join([sentence, *(f"{note}." for note in notes_of_marks(title))])


def marked_model(tuned: TuningResult) -> str:
    """Return the name of the model with the marks that its search gives it.

    Parameters
    ----------
    tuned : TuningResult

    Returns
    -------
    str
    """
    applying = {
        TRANSDUCTIVE_MARK: tuned.transductive,
        QUICK_MARK: tuned.quick,
        EXPOSED_MARK: tuned.exposure == "heard",
        UNKNOWN_MARK: tuned.exposure == "unknown",
    }
    marks = "".join(mark for mark, applies in applying.items() if applies)
    return marked_title(tuned.model, {tuned.model: marks} if marks else {})


def written(tuned: TuningResult) -> str:
    """State the UAR of the parameters in ``tuned.toml``.

    Parameters
    ----------
    tuned : TuningResult

    Returns
    -------
    str
        A sentence or two.
    """
    uar, low, high = nested_scores(tuned).loc["written"]
    each = each_speakers_scores(_tallies(tuned)["written"], {"uar": UAR})["uar"]
    score = f"{percent(uar)} % UAR {percent_range(low, high, each)}".rstrip()
    return (
        f"The parameters of tuned.toml have {score} on the same clips. Their choice has seen every speaker, "
        "so this score is optimistic."
    )


def markdown(tuned: TuningResult) -> str:
    """Return the headline and the best trials as ``tuned.md``.

    Parameters
    ----------
    tuned : TuningResult

    Returns
    -------
    str
    """
    return f"# Tuning {tuned.model}\n\n" + "\n\n".join(_sections(tuned, "github", _MAX_CHANGES)) + "\n"


def terminal_table(tuned: TuningResult, width: int) -> str:
    """Return the headline and the best trials as text for a terminal.

    Parameters
    ----------
    tuned : TuningResult
    width : int
        The most characters on a line; changes from the defaults are cut to fit, to at least 16 characters.

    Returns
    -------
    str
    """
    headline, written, table, *notes = _sections(tuned, "simple", max(16, width - _OTHER_COLUMNS))
    texts = ["\n".join(wrap_words(text, width)) for text in (headline, written)]
    return "\n\n".join([*texts, table, *notes])


def _sections(tuned: TuningResult, style: str, longest: int) -> list[str]:
    """Return the headline, the written parameters, the best trials in a format of tabulate, and notes."""
    rows, between = trial_summary(tuned), " " if style == "github" else "\n"
    shown = rows.head(MAX_ROWS)
    cells = {
        "trial": [str(trial) for trial in shown["trial"]],
        f"inner{between}UAR %": [percent(value) for value in shown["uar"]],
        f"inner{between}folds": [f"{value:.3g}" for value in shown["inner_folds"]],
        f"chosen{between}in": [
            f"{int(count)} of {tuned.trials['outer_fold'].nunique()} folds" for count in shown["chosen"]
        ],
        "changes": [text if len(text) <= longest else text[: longest - 1] + "…" for text in shown["changes"]],
    }
    align = ("right", "right", "right", "right", "left")
    lines = [
        headline(tuned),
        written(tuned),
        tabulate(cells, headers="keys", tablefmt=style, colalign=align, disable_numparse=True),
    ]
    if len(rows) > len(shown):
        lines.append(f"and {len(rows) - len(shown)} more in trials.csv")
    if nested_scores(tuned)["low"].notna().any():
        lines.append("Brackets hold 95 % t intervals over speakers.")
    return lines


def _changes(parameters: dict[str, object], defaults: dict[str, object]) -> str:
    parts = [f"{name} {json.dumps(value)}" for name, value in parameters.items() if value != defaults[name]]
    return ", ".join(parts).replace('"', "") or "nothing"
