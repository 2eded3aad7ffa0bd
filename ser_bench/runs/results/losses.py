"""What a run does not use: the rows of ``losses.csv``, and a sentence that counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from ser_bench.core.private_paths import public_text
from ser_bench.core.public_names import relative_path
from ser_bench.core.text import escape_undecodable, listed, plural, shortened_list
from ser_bench.corpora.clip_table import Problem, ProblemKind

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.progress import Progress
    from ser_bench.corpora import OpenCorpus
    from ser_bench.runs.extraction import ExtractionResult

_MOST_LINES = 5
"""The most lines of warnings with one reason."""

_MOST_NAMED = 3
_MOST_REASONS = 3


def loss_table(opened: OpenCorpus, extraction: ExtractionResult | None = None) -> pd.DataFrame:
    """Return the rows of ``losses.csv``: one per clip, row, column, class or speaker that is not used.

    Parameters
    ----------
    opened : OpenCorpus
        The corpus.
    extraction : ExtractionResult, optional
        What extraction did, if features were extracted.

    Returns
    -------
    pandas.DataFrame
        Columns ``kind``, ``name``, ``reason``.
    """
    import pandas as pd

    from ser_bench.runs.results.tables import LOSSES

    unused = (*extraction.duplicates, *extraction.problems) if extraction else opened.problems
    problems = (*unused, *opened.unselected)
    rows = [(p.kind, _public_name(p, opened.folders), public_text(p.reason, opened.folders)) for p in problems]
    return pd.DataFrame(rows, columns=list(LOSSES.columns)).drop_duplicates(ignore_index=True)


def _public_name(problem: Problem, folders: Mapping[str, Path]) -> str:
    """Return a path relative to its corpus, or its last part if it is elsewhere; a name as it is."""
    path = Path(problem.path)
    if not path.is_absolute():
        return escape_undecodable(problem.path)
    for corpus, folder in folders.items():
        if path.is_relative_to(folder.absolute()):
            prefix = f"{corpus}/" if len(folders) > 1 else ""
            return prefix + relative_path(problem.path, folder.absolute())
    return escape_undecodable(path.name)


def loss_sentence(table: pd.DataFrame) -> str:
    """Count what is not used, by kind and reason.

    Parameters
    ----------
    table : DataFrame
        The rows of ``losses.csv``.

    Returns
    -------
    str
        Such as "12 clips (no such file) and 1 class (calm, not among --emotions: 96 clips) were not used", without a
        full stop; up to three of a kind are named. Empty if everything is used.
    """
    parts, count = [], 0
    for kind in get_args(ProblemKind):
        rows = table[table["kind"] == kind]
        problems = [Problem(name, reason, kind) for name, reason in zip(rows["name"], rows["reason"], strict=True)]
        if problems:
            parts.append(f"{plural(len(problems), kind)} ({_reasons(problems)})")
            count += len(problems)
    return f"{listed(parts)} {'was' if count == 1 else 'were'} not used" if parts else ""


def _reasons(problems: Sequence[Problem]) -> str:
    """Name a few things by their reasons, or count many by reason."""
    if len(problems) <= _MOST_NAMED:
        counted = problems[0].kind in ("class", "speaker")  # their reason holds the number of clips
        named: dict[str, list[str]] = {}
        for problem in problems:
            named.setdefault(problem.reason if counted else problem.group, []).append(problem.path)
        return "; ".join(f"{listed(paths)}{':' if paths[1:] else ','} {reason}" for reason, paths in named.items())
    groups = Counter(problem.group for problem in problems).most_common()
    if len(groups) == 1:
        return groups[0][0]
    return shortened_list([f"{count:,} {group}" for group, count in groups], _MOST_REASONS)


def report_problems(opened: OpenCorpus, extraction: ExtractionResult, progress: Progress) -> None:
    """Warn about what is left out, and about what a reader of results must know.

    Parameters
    ----------
    opened : OpenCorpus
        The corpus.
    extraction : ExtractionResult
        What extraction did.
    progress : Progress
        Receives the warnings.
    """
    groups: dict[str, list[str]] = {}
    for problems, verb in ((extraction.duplicates, " is left out"), (extraction.problems, "")):
        for problem in problems:
            name = problem.path if problem.kind in ("clip", "row") else f"{problem.kind} {problem.path}"
            groups.setdefault(problem.group, []).append(f"{name}{verb}: {problem.reason}")
    for group, lines in groups.items():
        more = len(lines) - _MOST_LINES
        for line in lines[:_MOST_LINES] if more > 1 else lines:
            progress.warning(line)
        if more > 1:
            progress.warning(f"{more:,} more are left out: {group}; losses.csv of a run names them")
    for warning in extraction.warnings:
        if warning not in opened.warnings:  # those were given when the corpus was opened
            progress.warning(warning)


def report_losses(opened: OpenCorpus, extraction: ExtractionResult, progress: Progress) -> None:
    """Count what is not used; a run counts it above its table instead.

    Parameters
    ----------
    opened : OpenCorpus
        The corpus.
    extraction : ExtractionResult
        What extraction did.
    progress : Progress
        Receives the sentence.
    """
    if sentence := loss_sentence(loss_table(opened, extraction)):
        progress.info(sentence)
