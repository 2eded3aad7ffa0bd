"""The clip table, and what a listing returns: clips, skipped files, and features where a corpus has no audio."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from ser_bench.core.genders import canonical_genders
from ser_bench.core.spelling import canonical_text, is_missing, is_unknown

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ser_bench.features.base import FeatureSet

CLIP_COLUMNS = ("clip", "path", "speaker", "gender", "text", "intensity", "emotion")
"""The columns of every clip table, all strings; an unknown value is the empty string.

``clip`` is unique in its corpus and ``path`` absolute; labels in ``emotion`` are canonical.
"""

_OPTIONAL = ("person", "text", "intensity")

PREFIXED_COLUMNS = ("clip", "speaker", "text")
"""Columns whose values carry the corpus name in a pool of corpora, as in ``ravdess/01``."""


DEFAULT_SET = "table"
"""Name of the feature set of a table whose column names do not give one."""

PERSON_PREFIX = "person/"
"""Prefix of the speakers of several corpora who are declared as one person."""


def clip_table(rows: Iterable[Mapping[str, str]], columns: Iterable[str] = CLIP_COLUMNS) -> pd.DataFrame:
    """Build a clip table, sorted by clip.

    Parameters
    ----------
    rows
        One mapping per clip, from column to value. A missing key gives the empty string.
    columns
        Columns of the table, in order.

    Returns
    -------
    pandas.DataFrame
        One row per clip. ``path`` has dtype object, since a file name need not be UTF-8; all others are strings.
    """
    import pandas as pd

    ordered = sorted(rows, key=lambda row: row["clip"])
    table = {
        column: pd.Series([row.get(column, "") for row in ordered], dtype=object if column == "path" else str)
        for column in columns
    }
    return pd.DataFrame(table)


def with_canonical_text(clips: pd.DataFrame) -> pd.DataFrame:
    """Write equal names, labels and descriptions with equal characters.

    Parameters
    ----------
    clips
        A clip table.

    Returns
    -------
    pandas.DataFrame
        A copy. Invisible differences are gone (:func:`~ser_bench.core.spelling.canonical_text`), genders are canonical,
        and an unknown gender, person, sentence or intensity is empty (:func:`~ser_bench.core.spelling.is_unknown`). So
        is an unknown speaker where no speaker is known.
    """
    spellings: dict[str, Callable[[set[str]], dict[str, str]]] = {
        "emotion": lambda texts: {text: canonical_text(text) for text in texts},
        "speaker": lambda texts: {text: "" if all(map(is_unknown, texts)) else canonical_text(text) for text in texts},
        **dict.fromkeys(
            _OPTIONAL, lambda texts: {text: "" if is_unknown(text) else canonical_text(text) for text in texts}
        ),
        "gender": canonical_genders,
    }
    return clips.assign(
        **{
            column: clips[column].map(canonical(set(clips[column]))).astype(clips[column].dtype)
            for column, canonical in spellings.items()
            if column in clips
        }
    )


def without_unknown_speakers(listing: Listing) -> Listing:
    """Leave out the clips without a speaker where other clips have one.

    Parameters
    ----------
    listing
        A listing whose clips :func:`with_canonical_text` has written.

    Returns
    -------
    Listing
        Each clip that is left out is a problem.
    """
    unknown = [is_unknown(speaker) for speaker in listing.clips["speaker"]]
    if not any(unknown) or all(unknown):
        return listing
    reason = "has no speaker; clips of unknown speakers may be those of a known one"
    problems = tuple(Problem(clip, reason) for clip in listing.clips.loc[unknown, "clip"])
    clips = listing.clips[[not value for value in unknown]].reset_index(drop=True)
    return replace(listing, clips=clips, problems=(*listing.problems, *problems))


def with_corpus_prefix(clips: pd.DataFrame) -> pd.DataFrame:
    """Prefix the values of :data:`PREFIXED_COLUMNS` with each clip's corpus.

    Parameters
    ----------
    clips
        A clip table with the column ``corpus``.

    Returns
    -------
    pandas.DataFrame
        A copy; empty values stay empty.
    """

    def values(column: str) -> list[str]:
        pairs = zip(clips["corpus"], clips[column], strict=True)
        return [f"{corpus}/{value}" if corpus and value else value for corpus, value in pairs]

    return clips.assign(**{column: values(column) for column in PREFIXED_COLUMNS})


def missing_cells(columns: Sequence[str], cells: Sequence[str]) -> str:
    """Return the reason for skipping a table row with missing cells.

    Parameters
    ----------
    columns
        Names of the columns that a row needs.
    cells
        Their cells.

    Returns
    -------
    str
        As in ``column 'speaker' is empty``, or the empty string for a complete row.
    """
    empty = [column for column, cell in zip(columns, cells, strict=True) if not cell.strip()]
    if empty:
        names = ", ".join(map(repr, empty))
        return f"column {names} is empty" if len(empty) == 1 else f"columns {names} are empty"
    for column, cell in zip(columns, cells, strict=True):
        if is_missing(cell) or (column == "speaker" and is_unknown(cell)):
            return f"column {column!r} has no value; {cell.strip()!r} means missing, rename it if it is a name"
    return ""


def needed_columns(required: Sequence[str], speakers: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that each row of a table needs.

    Parameters
    ----------
    required
        Columns that the table has.
    speakers
        The cells of its column ``speaker``.

    Returns
    -------
    tuple of str
        Without ``speaker`` where no row has one: every speaker is then unknown. Where some rows have one, the others
        may be clips of a known speaker, and are problems.
    """
    unknown = all(map(is_unknown, speakers))
    return tuple(column for column in required if not (unknown and column == "speaker"))


ProblemKind = Literal["clip", "changed clip", "condition", "row", "column", "class", "speaker"]
"""What a :class:`Problem` is about, and the values of ``kind`` in ``losses.csv``."""

SAME_SAMPLES = "holds the same samples as"
"""Start of the reason for leaving out a copy of a clip."""


@dataclass(frozen=True)
class Problem:
    """Something in a corpus that is not used.

    Attributes
    ----------
    path
        The file or folder; the name of a clip, row, column, class or speaker.
    reason
        Why it is not used, in a few words.
    kind
        What it is.
    """

    path: str
    reason: str
    kind: ProblemKind = "clip"

    @property
    def group(self) -> str:
        """The reason without details of this file, for grouping."""
        names = r"^(same clip as|a copy of|a lossy version of) .*, which"
        reason = re.sub(names, r"\1 another file, which", self.reason)
        reason = re.sub(r"^holds the same (\w+) as .*", r"same \1 as another clip", reason)
        feature_set, rest = _of_feature_set(reason)
        return feature_set + re.split(r"[:;(]", rest)[0].strip()


def _of_feature_set(reason: str) -> tuple[str, str]:
    """Return ``SET: `` of a reason why a feature set cannot be computed, or an empty text, and the rest."""
    from ser_bench import features

    name, colon, rest = reason.partition(": ")
    is_set = colon and re.split("[@~]", name)[0] in features.sets_at_rate()
    return (name + colon, rest) if is_set else ("", reason)


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Precomputed features of a corpus without audio.

    Attributes
    ----------
    sets
        The feature sets of the table, in column order.
    values
        float32, shape ``(clips, columns)``: the columns of all sets side by side.
    rows
        Row number in ``values`` by clip.
    precise
        float64 values by column, of those that float32 rounds too much to show that they number the rows.
    """

    sets: tuple[FeatureSet, ...]
    values: np.ndarray
    rows: Mapping[str, int]
    precise: Mapping[int, np.ndarray] = field(default_factory=dict)

    def hashes(self, clips: Sequence[str]) -> list[str]:
        """Hash the values of clips; the store uses it in place of the hash of an audio file.

        Parameters
        ----------
        clips
            Names of clips.

        Returns
        -------
        list of str
            A SHA-256 per clip, in hexadecimal.
        """
        return [hashlib.sha256(b"recorded" + self.values[self.rows[clip]].tobytes()).hexdigest() for clip in clips]

    def values_of(self, feature_set: FeatureSet, clips: Sequence[str]) -> np.ndarray:
        """Select the values of one set.

        Parameters
        ----------
        feature_set
            One of :attr:`sets`.
        clips
            Names of clips.

        Returns
        -------
        numpy.ndarray
            float32, shape ``(len(clips), feature_set.dimension)``.
        """
        first = sum(s.dimension for s in self.sets[: self.sets.index(feature_set)])
        return self.values[[self.rows[clip] for clip in clips], first : first + feature_set.dimension]


@dataclass(frozen=True)
class Listing:
    """The clips of a corpus, as its reader lists them.

    Attributes
    ----------
    clips
        A clip table.
    problems
        What is not used, each with its reason.
    feature_table
        The features of a corpus without audio, else None.
    warnings
        What a reader of results must know about the data, a sentence each, without local folders.
    """

    clips: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    feature_table: FeatureTable | None = None
    warnings: tuple[str, ...] = ()
