"""The scores of a run as a table for the terminal, which leaves out what does not fit in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ser_bench.core.text import listed, plural, wrap_words
from ser_bench.report.analysis.intervals import scores_of_few
from ser_bench.report.analysis.scores import page_metrics
from ser_bench.report.analysis.splits import gap_splits, ranking_split
from ser_bench.report.condition_tables import family_cells, tested_models
from ser_bench.report.descriptions import (
    HEARD_MARK,
    HEARD_NOTE,
    SYNTHETIC,
    losses_note,
    mark_notes,
    normalisation_note,
    protocol,
    shortened_title,
    warnings_note,
)
from ser_bench.report.findings.conditions import collapse_sentences, ranking_sentence, robust_sentences
from ser_bench.report.findings.gaps import excluded_classes, missing_gaps
from ser_bench.report.summary import GAP, GAP_PARTS, Cells, aligned, score_cells
from ser_bench.runs.results import SavedRun

_LONGEST_NAME, _SHORTENED_NAME = 24, 14
"""The most characters of the name of a model, and those on a narrow terminal."""


@dataclass(frozen=True)
class _Omission:
    """What a narrow table leaves out at one step: columns, the intervals in some, or the ends of long names."""

    kind: str
    name: str = ""
    columns: tuple[str, ...] = ()
    intervals: frozenset[str] = frozenset()
    longest_name: int = _LONGEST_NAME


def terminal_table(run: SavedRun, width: int = 100) -> str:
    """Return the protocol and the table of scores for a terminal, and what the table leaves out.

    A narrow table leaves out, in this order: metrics other than UAR, the intervals of splits that do not rank the
    models, those of the parts of the gap, times, the UAR of splits outside the gap, the parts of the gap, the ends of
    long names, the UAR of the gap's random split, the interval of the gap, and that of the split that ranks.

    Parameters
    ----------
    run : SavedRun
    width : int
        The most characters on a line.

    Returns
    -------
    str
    """
    table, omitted = _fitting_table(run, width)
    notes = [SYNTHETIC] if run.info.synthetic else []
    notes += filter(None, [normalisation_note(run), *mark_notes(run)])
    notes += [*missing_gaps(run), *excluded_classes(run), *filter(None, (losses_note(run), warnings_note(run)))]
    head = [line for text in (protocol(run), *notes) for line in wrap_words(text, width)]
    below = ["", *wrap_words(_omission_note(run, omitted, width), width)] if omitted else []
    return "\n".join([*head, "", table, *below])


def condition_lines(run: SavedRun, width: int = 100) -> str:
    """Return the mean UAR per family of recording conditions for a terminal, and what the conditions show.

    A narrow table leaves out models, the lowest UAR first.

    Parameters
    ----------
    run : SavedRun
    width : int
        The most characters on a line.

    Returns
    -------
    str
        Empty for a run without conditions, or without a model that finished every fold.
    """
    models = tested_models(run)
    if not models:
        return ""
    shown = len(models)
    while shown > 1 and _width(aligned(family_cells(run, models[:shown]), "simple")) > width:
        shown -= 1
    table = aligned(family_cells(run, models[:shown]), "simple")
    left_out = f", also of {plural(len(models) - shown, 'model')} left out here" if shown < len(models) else ""
    marked = f"{HEARD_NOTE}. " if HEARD_MARK in table else ""
    head = f"Recording conditions, {ranking_split(run.info.splits)} split"
    below = f"{marked}Every condition{left_out}: conditions.csv."
    findings = [*collapse_sentences(run)[:1], *robust_sentences(run), ranking_sentence(run)]
    lines = [line for text in filter(None, (below, *findings)) for line in wrap_words(text, width)]
    return "\n".join([*wrap_words(head, width), "", table, *lines])


def _fitting_table(run: SavedRun, width: int) -> tuple[str, list[_Omission]]:
    """Return the table after as few steps as fit the width, or after all, and the steps that changed it."""
    intervals, dropped, longest = {*run.info.splits, GAP, GAP_PARTS}, set[str](), _LONGEST_NAME
    table, omitted = _table(run, intervals, dropped, longest), list[_Omission]()
    for omission in _omissions(run):
        if _width(table) <= width:
            break
        intervals -= omission.intervals
        dropped.update(omission.columns)
        longest = min(longest, omission.longest_name)
        narrower = _table(run, intervals, dropped, longest)
        omitted += [omission] if narrower != table else []
        table = narrower
    return table, omitted


def _table(run: SavedRun, intervals: set[str], dropped: set[str], longest_name: int) -> str:
    cells: Cells = {
        head: column
        for head, column in score_cells(run, between="\n", intervals=intervals).items()
        if head not in dropped
    }
    shortened = [shortened_title(name, longest_name) for name in cells["model"]]
    distinct = len(set(shortened)) == len(shortened)
    cells["model"] = shortened if distinct else [shortened_title(name, _LONGEST_NAME) for name in cells["model"]]
    return aligned(cells, "simple")


def _width(table: str) -> int:
    return max(map(len, table.splitlines()))


def _omissions(run: SavedRun) -> Iterator[_Omission]:
    """Yield the steps that make the table narrower, the least important first."""
    splits, ranking, pair = list(run.info.splits), ranking_split(run.info.splits), gap_splits(run)
    for metric, title in reversed(page_metrics(run).items()):
        if metric != "uar":
            yield _Omission("", title, columns=tuple(f"{split}\n{title} %" for split in splits))
    others = [split for split in splits if split != ranking]
    yield _Omission(f"{_ranges(run, others)} of", "the other splits", intervals=frozenset(others))
    yield _Omission("intervals of", "the parts of the gap", intervals=frozenset({GAP_PARTS}))
    yield _Omission("", "mean fit", columns=(f"{ranking}\nmean fit",))
    of_gap = [split for split in others if pair and split in (pair.random, pair.independent)]
    yield from (_uar_omission(split) for split in reversed(others) if split not in of_gap)
    yield _Omission("", "the parts of the gap", columns=("gap:\ntakes", "gap:\nvoice"))
    yield _Omission("", "the ends of long names", longest_name=_SHORTENED_NAME)
    yield from (_uar_omission(split) for split in of_gap)
    yield _Omission("intervals of", "the gap", intervals=frozenset({GAP}))
    yield _Omission(f"{_ranges(run, [ranking])} of", ranking, intervals=frozenset({ranking}))


def _uar_omission(split: str) -> _Omission:
    return _Omission("UAR under", split, columns=(f"{split}\nUAR %",))


def _ranges(run: SavedRun, splits: Sequence[str]) -> str:
    """Return what follows the scores of splits: intervals, or the scores of each speaker where these are few."""
    few = {split for _, split, _ in scores_of_few(run)}
    names = ["intervals"] if set(splits) - few else []
    return " and ".join([*names, *(["scores by speaker"] if few & set(splits) else [])])


def _omission_note(run: SavedRun, omitted: Sequence[_Omission], width: int) -> str:
    """State what a table of this width leaves out, in the order of the steps, and which files hold it."""
    groups: list[tuple[str, list[str]]] = []
    for omission in omitted:
        if omission.kind and groups and groups[-1][0] == omission.kind:
            groups[-1][1].append(omission.name)
        else:
            groups.append((omission.kind, [omission.name]))
    texts = [f"{kind} {listed(names)}" if kind else names[0] for kind, names in groups]
    parts = any(GAP_PARTS in omission.intervals or "gap:\ntakes" in omission.columns for omission in omitted)
    files = "summary.csv and gap.csv have" if parts else "summary.csv has"
    return f"Left out at {width} columns, the least important first: {', '.join(texts)}; {files} everything."
