"""Names of table columns: missing ones, and those that are not used."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from ser_bench.core.errors import CorpusError
from ser_bench.corpora.clip_table import Problem

_SYNONYMS = {
    "speaker": ("actor", "subject", "participant", "talker", "speaker_id", "speakerid", "spk", "spk_id"),
    "emotion": ("label", "class", "target", "category", "emo"),
    "path": ("file", "filename", "file_name", "filepath", "file_path", "audio", "wav", "clip", "name"),
    "clip": ("file", "filename", "file_name", "name", "id", "utterance", "path"),
    "gender": ("sex",),
    "text": ("sentence", "transcript", "transcription", "statement", "utterance"),
}
"""Usual names of columns in tables of other programs."""


def refuse_missing(columns: Iterable[str], required: Iterable[str], source: str, advice: str) -> None:
    """Raise if a table lacks a column.

    Parameters
    ----------
    columns
        Names of the table's columns.
    required
        Names that it must have, in lower case.
    source
        Kind and path of the file.
    advice
        The columns that such a file has.

    Raises
    ------
    CorpusError
        If a column is missing; the message names columns that may be the missing ones.
    """
    written = {name.lower(): name for name in columns if name}
    missing = [name for name in required if name not in written]
    if not missing:
        return
    free = [name for name in written if name not in required]
    likely = [(written[similar], name) for name in missing if (similar := _nearest(name, free))]
    hints = "".join(f"; rename {column!r} to {name} if it is that" for column, name in likely)
    if "speaker" in missing:
        hints += "; leave its cells empty if speakers are unknown"
    raise CorpusError(
        f"invalid {source}: missing column{'s' * (len(missing) > 1)} {', '.join(missing)}{hints}\n{advice}"
    )


def unused_column(column: str, reason: str, free: Collection[str] = ()) -> Problem:
    """Describe a column that is not used.

    Parameters
    ----------
    column
        Its name as written.
    reason
        Why it is not used.
    free
        Known names that the table does not have; a similar one is suggested.

    Returns
    -------
    Problem
        The column, with the reason.
    """
    similar = next((name for name in free if _nearest(name, [column.lower()])), None)
    return Problem(column, f"{reason}; did you mean {similar!r}?" if similar else reason, "column")


def _nearest(known: str, columns: Collection[str]) -> str | None:
    """Return the lower-case column that is likely to mean a known one, if any."""
    synonym = next((name for name in columns if name in _SYNONYMS.get(known, ())), None)
    return synonym or next(iter(difflib.get_close_matches(known, columns, n=1, cutoff=0.75)), None)
