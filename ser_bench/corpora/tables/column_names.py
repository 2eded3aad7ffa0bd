"""Names of table columns: missing ones, and those that are not used."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from ser_bench.core.errors import CorpusError
from ser_bench.corpora.clip_table import Problem

USUAL_NAMES = {
    "path": (
        *("path", "file_name", "filename", "file", "file_path", "filepath", "wav", "wav_path", "wav_file", "audio"),
        *("audio_path", "audio_filepath", "audio_file", "audiofile", "clip", "clip_path", "fname", "name", "id"),
        *("utterance_id", "utt_id"),
    ),
    "speaker": (
        *("speaker", "speaker_id", "speakerid", "spk", "spk_id", "spkid", "speaker_name", "actor", "actor_id"),
        *("actorid", "client_id", "sprecher", "subject", "subject_id", "participant", "participant_id", "talker"),
        *("voice_id",),
    ),
    "emotion": (
        *("emotion", "emotion_label", "emotion_name", "emo", "label", "labels", "class", "category", "target"),
        *("emotion_id", "major_emotion", "feeling"),
    ),
    "gender": ("gender", "sex", "speaker_gender", "geschlecht"),
    "text": ("text", "sentence", "transcript", "transcription", "utterance", "sentence_id", "statement"),
    "intensity": ("intensity", "emotion_intensity", "emotional_intensity", "level"),
}
"""Usual names of the columns of a manifest in tables of other programs, the best first."""

_CLIP_NAMES = ("file", "filename", "file_name", "name", "id", "utterance", "path")
"""Usual names of the column ``clip`` of a feature table."""


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
    usual = _CLIP_NAMES if known == "clip" else USUAL_NAMES.get(known, ())
    synonym = next((name for name in columns if name in usual), None)
    return synonym or next(iter(difflib.get_close_matches(known, columns, n=1, cutoff=0.75)), None)
