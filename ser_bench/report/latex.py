"""A run as ``summary.tex``, the table for a paper."""

from __future__ import annotations

import math
import re

import pandas as pd

from ser_bench.report.analysis.gaps import PARTS, gaps_of
from ser_bench.report.analysis.scores import BASELINES, GapSplits, gap_splits, missing_folds
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.findings import verdict
from ser_bench.report.formatting import SYNTHETIC, normalisation_note, percent, points, protocol
from ser_bench.runs.results import SavedRun

_SPECIAL = {
    **{c: f"\\{c}" for c in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "·": r"$\cdot$",
    "<": r"$<$",
    ">": r"$>$",
}


def latex(run: SavedRun) -> str:
    r"""Return a LaTeX table of UAR per split with 95 % intervals, and of the gap; the best score of a split is bold.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A ``table`` environment, which needs ``\\usepackage{booktabs}``.
    """
    splits, pair = list(run.info.splits), gap_splits(run)
    heads = [f"UAR, {escape(split)}" for split in splits]
    heads += ["gap" if part == "total" else part for part in _parts(pair)]
    facts = [protocol(run), normalisation_note(run), SYNTHETIC if run.info.synthetic else ""]
    caption = [
        *map(escape, filter(None, facts)),
        "UAR in percent with 95\\,\\% intervals over speakers",
        *_gap_caption(pair),
    ]
    # A label cannot hold escaped characters.
    label = re.sub(r"[^\w.+:-]", "-", run.info.corpus.name)
    lines = [
        "% needs \\usepackage{booktabs}",
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{'. '.join([*caption, escape(verdict(run))])}}}",
        f"\\label{{tab:ser-bench-{label}}}",
        f"\\begin{{tabular}}{{l{'r' * len(heads)}}}",
        "\\toprule",
        " & ".join(["model", *heads]) + r" \\",
        "\\midrule",
        *_rows(run, splits, pair),
        "\\bottomrule",
        "\\end{tabular}",
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Escape the special characters of LaTeX.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return "".join(_SPECIAL.get(character, character) for character in text)


def _rows(run: SavedRun, splits: list[str], pair: GapSplits | None) -> list[str]:
    """Return a line per model, with a rule above the baselines."""
    table, notes = summarise(run), missing_folds(run)
    models = table[~table["model"].isin(BASELINES)]
    best = {split: models[f"{split}_uar"].max() for split in splits}
    gaps = gaps_of(run, pair) if pair else pd.DataFrame()
    lines = []
    for row in table.to_dict("records"):
        cells = [escape(row["model"])]
        for split in splits:
            value = row[f"{split}_uar"]
            score = escape(notes[row["model"], split]) or percent(value)
            score = f"\\textbf{{{score}}}" if value == best[split] else score
            cells.append(score + _interval(row[f"{split}_uar_low"], row[f"{split}_uar_high"]))
        for part in _parts(pair):
            value = gaps.at[row["model"], part]
            cells.append("n/a" if math.isnan(value) else f"${points(value)}$")
        lines.append(" & ".join(cells) + r" \\")
    first = next((i for i, name in enumerate(table["model"]) if name in BASELINES), len(lines))
    return [*lines[:first], "\\midrule", *lines[first:]] if 0 < first < len(lines) else lines


def _gap_caption(pair: GapSplits | None) -> list[str]:
    """Describe the columns of the gap, escaped."""
    if pair is None:
        return []
    sentences = [f"Gap: {pair.random} minus {pair.independent}, in points"]
    if pair.takes:
        sentences.append(f"Takes: {pair.random} minus {pair.takes}. Voice: {pair.takes} minus {pair.independent}")
    return [escape(sentence) for sentence in sentences]


def _parts(pair: GapSplits | None) -> tuple[str, ...]:
    """Return the columns of the gap that a run has."""
    return () if pair is None else PARTS if pair.takes else ("total",)


def _interval(low: float, high: float) -> str:
    return "" if math.isnan(low) else f" {{\\footnotesize[{100 * low:.1f}, {100 * high:.1f}]}}"
