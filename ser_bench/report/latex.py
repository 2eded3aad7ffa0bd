"""``summary.tex``: the table of a run for a paper, in booktabs style."""

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
    """Return a ``table`` environment: UAR per split with its 95 % interval, and the gap; the best in bold.

    It needs ``\\usepackage{booktabs}``.
    """
    splits, pair = list(run.info.splits), gap_splits(run.info.splits)
    heads = [f"UAR, {escape(split)}" for split in splits] + (["gap"] if pair else [])
    caption = [protocol(run), *filter(None, [normalisation_note(run), SYNTHETIC if run.info.synthetic else ""])]
    text = ". ".join(
        [*map(escape, caption), "UAR in percent with 95\\,\\% intervals over speakers", escape(verdict(run))]
    )
    lines = [
        "% needs \\usepackage{booktabs}",
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{text}}}",
        f"\\label{{tab:ser-bench-{_anchor(run.info.corpus.name)}}}",
        f"\\begin{{tabular}}{{l{'r' * len(heads)}}}",
        "\\toprule",
        " & ".join(["model", *heads]) + r" \\",
        "\\midrule",
        *_rows(run, splits, gap=pair is not None),
        "\\bottomrule",
        "\\end{tabular}",
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _anchor(name: str) -> str:
    """Return a name as a label may hold it, where nothing can be escaped."""
    return re.sub(r"[^\w.+:-]", "-", name)


def escape(text: str) -> str:
    """Return text as LaTeX sets it."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def _rows(run: SavedRun, splits: list[str], *, gap: bool) -> list[str]:
    table, notes = summarise(run), missing_folds(run)
    learners = table[~table["model"].isin(BASELINES)]
    best = {split: learners[f"{split}_uar"].max() for split in splits}
    lines = []
    for row in table.to_dict("records"):
        cells = [escape(row["model"])]
        for split in splits:
            value = row[f"{split}_uar"]
            said = escape(notes[row["model"], split]) or percent(value)
            said = f"\\textbf{{{said}}}" if value == best[split] else said
            cells.append(said + _range(row[f"{split}_uar_low"], row[f"{split}_uar_high"]))
        if gap:
            cells.append(f"${points(row['uar_gap'])}$" if not math.isnan(row["uar_gap"]) else "n/a")
        lines.append(" & ".join(cells) + r" \\")
    first = next((i for i, name in enumerate(table["model"]) if name in BASELINES), len(lines))
    return [*lines[:first], "\\midrule", *lines[first:]] if 0 < first < len(lines) else lines


def _range(low: float, high: float) -> str:
    return "" if math.isnan(low) else f" {{\\footnotesize[{100 * low:.1f}, {100 * high:.1f}]}}"
