"""A run as ``summary.tex``, the table for a paper."""

from __future__ import annotations

import math
import re

from ser_bench.report.analysis.scores import BASELINES, gap_splits, missing_folds
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
    r"""Return a LaTeX table of UAR per split with 95 % intervals, and the gap; the best score of a split is bold.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A ``table`` environment, which needs ``\\usepackage{booktabs}``.
    """
    splits, gap = list(run.info.splits), gap_splits(run) is not None
    heads = [f"UAR, {escape(split)}" for split in splits] + (["gap"] if gap else [])
    facts = [protocol(run), normalisation_note(run), SYNTHETIC if run.info.synthetic else ""]
    caption = [*map(escape, filter(None, facts)), "UAR in percent with 95\\,\\% intervals over speakers"]
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
        *_rows(run, splits, gap=gap),
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


def _rows(run: SavedRun, splits: list[str], *, gap: bool) -> list[str]:
    """Return a line per model, with a rule above the baselines."""
    table, notes = summarise(run), missing_folds(run)
    models = table[~table["model"].isin(BASELINES)]
    best = {split: models[f"{split}_uar"].max() for split in splits}
    lines = []
    for row in table.to_dict("records"):
        cells = [escape(row["model"])]
        for split in splits:
            value = row[f"{split}_uar"]
            score = escape(notes[row["model"], split]) or percent(value)
            score = f"\\textbf{{{score}}}" if value == best[split] else score
            cells.append(score + _interval(row[f"{split}_uar_low"], row[f"{split}_uar_high"]))
        if gap:
            cells.append(f"${points(row['uar_gap'])}$" if not math.isnan(row["uar_gap"]) else "n/a")
        lines.append(" & ".join(cells) + r" \\")
    first = next((i for i, name in enumerate(table["model"]) if name in BASELINES), len(lines))
    return [*lines[:first], "\\midrule", *lines[first:]] if 0 < first < len(lines) else lines


def _interval(low: float, high: float) -> str:
    return "" if math.isnan(low) else f" {{\\footnotesize[{100 * low:.1f}, {100 * high:.1f}]}}"
