"""The preview of an import as text: sources, rows, counts, what is left out, and what to check."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ser_bench.core.labels import label_order
from ser_bench.core.text import plural
from ser_bench.corpora.checks.similar_names import similar_names
from ser_bench.corpora.clip_table import Problem
from ser_bench.corpora.importing.assembly import Imported
from ser_bench.corpora.importing.column import COLUMNS
from ser_bench.corpora.importing.files import counted

_ROWS = 10
_LISTED = 12
_CERTAINTY = {"stated": "", "known": "", "likely": "likely: ", "guess": "a guess, please check: "}
_WIDEST_CELL = 48


def preview(imported: Imported) -> str:
    """Return the preview.

    Parameters
    ----------
    imported
        The rows.

    Returns
    -------
    str
        Several lines.
    """
    others = f"files that are not audio: {counted(imported.others)}" if imported.others else ""
    sections = (_sources(imported), _rows(imported), _counts(imported), _left_out(imported.left_out), others)
    return "\n\n".join(filter(None, sections))


def warnings(imported: Imported) -> list[str]:
    """Return what the user should know before the manifest is used.

    Parameters
    ----------
    imported
        The rows.

    Returns
    -------
    list of str
        Sentences, the most important first.
    """
    unknown = sum("speaker" not in row for row in imported.rows)
    lines = [*filter(None, [_similar_speakers(imported.rows)]), *imported.warnings]
    if unknown == len(imported.rows):
        advice = "; if paths name speakers, say where with --pattern, else fill in the column"
        hint = "" if any("speaker may be" in line for line in lines) else advice
        lines.insert(0, f"no speaker is known, so the column speaker is empty and new speakers cannot be tested{hint}")
    elif unknown:
        lines.insert(0, f"the speaker of {unknown:,} of {len(imported.rows):,} clips is unknown; fill in the column")
    return lines


def _similar_speakers(rows: Sequence[Mapping[str, str]]) -> str:
    """Return a warning about speakers who are probably one person; empty if there are none."""
    genders = {row["speaker"]: row.get("gender", "") for row in rows if "speaker" in row and "person" not in row}
    groups = similar_names(genders)
    if not groups:
        return ""
    more = f"; {len(groups) - 1:,} more" if len(groups) > 1 else ""
    return (
        f"{' and '.join(groups[0])} count as different speakers, though only the spelling differs{more}; "
        "if they are one person, rename the files, or write one name into the column person"
    )


def _sources(imported: Imported) -> str:
    """Return where each column comes from, and the spellings of emotions."""
    speakers = {row["speaker"] for row in imported.rows if "speaker" in row}
    emotions = {row["emotion"] for row in imported.rows}
    lines = [
        f"{imported.folder}: {plural(len(imported.rows), 'clip')}, {plural(len(speakers), 'speaker')}, "
        f"{plural(len(emotions), 'emotion')}"
    ]
    for name in ("emotion", "speaker", *COLUMNS[2:]):
        if column := imported.columns.get(name):
            lines.append(f"  {name:<9} {_CERTAINTY[column.certainty]}{column.source}")
        elif name in ("speaker", "gender"):
            lines.append(f"  {name:<9} unknown")
    if spellings := _spellings(imported.spellings):
        lines.append(f"  spellings {spellings}")
    return "\n".join(lines)


def _spellings(spellings: Mapping[tuple[str, str], int]) -> str:
    words: dict[str, list[str]] = {}
    for text, emotion in sorted(spellings):
        words.setdefault(emotion, []).append(text)
    return ", ".join(f"{' '.join(_shortened(words[emotion], 6))} = {emotion}" for emotion in label_order(words))


def _rows(imported: Imported) -> str:
    """Return rows spread over the table."""
    columns = ["path", *(name for name in COLUMNS if name in imported.columns or name in ("speaker", "emotion"))]
    count = len(imported.rows)
    chosen = sorted({index * (count - 1) // max(1, min(_ROWS, count) - 1) for index in range(min(_ROWS, count))})
    base = imported.folder.absolute()
    rows = [columns]
    for row in (imported.rows[index] for index in chosen):
        path = Path(row["path"]).relative_to(base).as_posix()
        rows.append([_cell(path, start=True), *(_cell(row.get(name, "")) for name in columns[1:])])
    widths = [max(_columns_of(row[index]) for row in rows) for index in range(len(columns))]
    return "\n".join(_line(row, widths) for row in rows)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _columns_of(cell)) for cell, width in zip(cells, widths, strict=True))
    return "  " + "  ".join(padded).rstrip()


def _columns_of(text: str) -> int:
    """Return the columns that a text takes on a terminal; Chinese and Japanese characters take two."""
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


def _cell(text: str, *, start: bool = False) -> str:
    """Return a cell without its start, or without its end, if it is too long."""
    if len(text) <= _WIDEST_CELL:
        return text
    return f"…{text[1 - _WIDEST_CELL :]}" if start else f"{text[: _WIDEST_CELL - 1]}…"


def _counts(imported: Imported) -> str:
    """Return the clips per emotion and per speaker."""
    emotions = Counter(row["emotion"] for row in imported.rows)
    speakers = Counter(row["speaker"] for row in imported.rows if "speaker" in row)
    lines = ["clips per emotion: " + ", ".join(f"{name} {emotions[name]:,}" for name in label_order(emotions))]
    if speakers:
        listed = _shortened([f"{name} {count:,}" for name, count in sorted(speakers.items())], _LISTED)
        lines.append(f"clips per speaker: {', '.join(listed)}")
    return "\n".join(lines)


def _left_out(problems: Sequence[Problem]) -> str:
    """Return what is left out, by reason."""
    if not problems:
        return ""
    by_reason: dict[str, list[str]] = {}
    for problem in problems:
        by_reason.setdefault(problem.reason, []).append(problem.path)
    lines = [f"left out: {len(problems):,} {'file or row' if len(problems) == 1 else 'files and rows'}"]
    ordered = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    lines += [f"  {len(paths):,}: {reason}, for example {paths[0]}" for reason, paths in ordered[:_LISTED]]
    if more := sum(len(paths) for _, paths in ordered[_LISTED:]):
        lines.append(f"  {more:,}: other reasons; list all with -v")
    return "\n".join(lines)


def _shortened(words: Iterable[str], most: int) -> list[str]:
    """Return the first words, and how many more there are."""
    words = list(words)
    return words if len(words) <= most else [*words[:most], f"and {len(words) - most:,} more"]
