"""A run as ``summary.tex``, the table for a paper."""

from __future__ import annotations

import math
import re

import pandas as pd

from ser_bench.report.analysis.comparisons import comparison
from ser_bench.report.analysis.exposure import unranked_learners
from ser_bench.report.analysis.gaps import gaps_of
from ser_bench.report.analysis.intervals import scores_of_few
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.scores import missing_folds
from ser_bench.report.analysis.splits import GapSplits, gap_splits
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.descriptions import SYNTHETIC, mark_notes, model_title, normalisation_note, protocol
from ser_bench.report.findings.gaps import gap_limits
from ser_bench.report.findings.verdict import interval_notes, verdict
from ser_bench.report.formatting import percent, percent_range, points
from ser_bench.runs.results import SavedRun

_MAX_HEADS = 4
"""The most columns after the model that fit between the margins of a page; a wider table is scaled down."""

_SPECIAL = {
    **{c: f"\\{c}" for c in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "·": r"$\cdot$",
    "†": r"$\dagger$",
    "‡": r"$\ddagger$",
    "§": r"\S{}",
    "\N{NO-BREAK SPACE}": "~",
    "<": r"$<$",
    ">": r"$>$",
}


def latex(run: SavedRun) -> str:
    r"""Return a LaTeX table of UAR per split with 95 % intervals, and of the gap; a significantly best score is bold.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A ``table`` environment, which needs the packages that its first line names.
    """
    splits, pair = list(run.info.splits), gap_splits(run)
    heads = [f"UAR, {escape(split)}" for split in splits]
    parts = pair.parts if pair else ()
    heads += ["gap" if part == "total" else part for part in parts]
    best = {split: _significant_best(run, split) for split in splits}
    caption = [
        *(protocol(run), normalisation_note(run), *mark_notes(run), SYNTHETIC if run.info.synthetic else ""),
        "UAR in percent",
        *(note.replace("`", "").replace(", paired for the gap", "").removesuffix(".") for note in interval_notes(run)),
        _bold_note(run, best),
        *_gap_caption(run, pair),
        verdict(run),
    ]
    wide = len(heads) > _MAX_HEADS
    # A label cannot hold escaped characters.
    label = re.sub(r"[^\w.+:-]", "-", run.info.corpus.name)
    lines = [
        f"% needs \\usepackage{{{'booktabs,graphicx' if wide else 'booktabs'}}}",
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{'. '.join(map(escape, filter(None, caption)))}}}",
        f"\\label{{tab:ser-bench-{label}}}",
        *(["\\resizebox{\\textwidth}{!}{%"] if wide else []),
        f"\\begin{{tabular}}{{l{'r' * len(heads)}}}",
        "\\toprule",
        " & ".join(["model", *heads]) + r" \\",
        "\\midrule",
        *_rows(run, best, pair),
        "\\bottomrule",
        "\\end{tabular}" + ("}" if wide else ""),
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Escape the special characters of LaTeX; a line break or a tab becomes a space.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return "".join(_SPECIAL.get(character, character) for character in re.sub(r"[\n\r\t]", " ", text))


def _row_head(text: str) -> str:
    """Escape the head of a row; the row before it would take ``[`` and ``*`` for its own options."""
    return ("{}" if text.startswith(("[", "*")) else "") + escape(text)


def _significant_best(run: SavedRun, split: str) -> str:
    """Return the model that is significantly better than every other one under a split; empty without one."""
    compared = comparison(run, split)
    return compared.leader if compared and not compared.not_worse else ""


def _bold_note(run: SavedRun, best: dict[str, str]) -> str:
    """Describe what bold means, or why no score is bold."""
    heard = any(unranked_learners(run, split) for split in best)
    others = "the baselines and models without a rank" if heard else "the baselines"
    if any(best.values()):
        start = "Bold: significantly better than every other model of that column but"
        return f"{start} {others}, by tests over speakers"
    return f"No score is bold: none is significantly better than every other of its column but {others}"


def _rows(run: SavedRun, best: dict[str, str], pair: GapSplits | None) -> list[str]:
    """Return a line per model, with a rule above the baselines."""
    table, notes, few = summarise(run), missing_folds(run), scores_of_few(run)
    gaps = gaps_of(run, pair) if pair else pd.DataFrame()
    lines = []
    for row in table.to_dict("records"):
        cells = [_row_head(model_title(run, row["model"]))]
        for split, leader in best.items():
            value = row[f"{split}_uar"]
            score = escape(notes[row["model"], split]) or percent(value)
            score = f"\\textbf{{{score}}}" if row["model"] == leader else score
            each = few.get((row["model"], split, "uar"), ())
            ends = percent_range(row[f"{split}_uar_low"], row[f"{split}_uar_high"], each).replace("speakers ", "")
            cells.append(f"{score} {{\\footnotesize{ends}}}" if ends else score)
        for part in pair.parts if pair else ():
            value = gaps.at[row["model"], part]
            cells.append("n/a" if math.isnan(value) else f"${points(value)}$")
        lines.append(" & ".join(cells) + r" \\")
    first = next((i for i, name in enumerate(table["model"]) if name in BASELINES), len(lines))
    return [*lines[:first], "\\midrule", *lines[first:]] if 0 < first < len(lines) else lines


def _gap_caption(run: SavedRun, pair: GapSplits | None) -> list[str]:
    """Describe the columns of the gap, and what else they include."""
    if pair is None:
        return []
    sentences = [f"Gap: {pair.random} minus {pair.independent}, in points"]
    if pair.takes:
        sentences.append(f"Takes: {pair.random} minus {pair.takes}. Voice: {pair.takes} minus {pair.independent}")
    return [*sentences, *(note.removesuffix(".") for note in gap_limits(run))]
