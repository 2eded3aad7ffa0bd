"""Rows that describe clips: names and labels as they are compared, and several rows of one clip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ser_bench.core.labels import canonical_label
from ser_bench.core.spelling import is_missing
from ser_bench.core.text import plural, shortened_list
from ser_bench.corpora.clip_table import with_canonical_text
from ser_bench.corpora.emotion_words import canonical_labels

if TYPE_CHECKING:
    import pandas as pd

_DESCRIPTION = ("speaker", "emotion", "gender", "text", "intensity", "person")
"""Columns in which rows of one clip may differ."""


def canonical_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Write names and labels as they are compared.

    Parameters
    ----------
    rows
        Cells of the columns of a clip table.

    Returns
    -------
    pandas.DataFrame
        A copy with canonical labels, in which words such as ``Wut`` join the label of their emotion; all other cells
        as :func:`~ser_bench.corpora.clip_table.with_canonical_text` writes them.
    """
    labels = canonical_labels(set(rows["emotion"]))
    return with_canonical_text(rows.assign(emotion=rows["emotion"].map(labels)))


def joined_labels_warning(written: Sequence[str]) -> str:
    """Name the words that count as another label.

    Parameters
    ----------
    written
        The label of each row.

    Returns
    -------
    str
        One sentence; empty if no word joins another label.
    """
    counts = Counter(canonical_label(label) for label in written if not is_missing(label))
    joined = [(word, label) for word, label in canonical_labels(list(counts)).items() if word != label]
    if not joined:
        return ""
    words = shortened_list(f"{word} ({plural(counts[word], 'row')}) as {label}" for word, label in sorted(joined))
    return f"labels of one emotion are joined: {words}"


def differing_columns(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the columns in which rows of one clip contradict each other.

    Parameters
    ----------
    rows
        Rows, as :func:`canonical_rows` writes them. An empty cell is unknown and contradicts nothing.

    Returns
    -------
    list of str
    """
    return [column for column in _DESCRIPTION if len({row.get(column, "") for row in rows} - {""}) > 1]


def joined_row(rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the first row of a clip with what its other rows add.

    Parameters
    ----------
    rows
        Rows that do not contradict each other.

    Returns
    -------
    dict of str to str
        The first row; its unknown cells are those of the first row that knows them.
    """
    first = rows[0]
    columns = [column for column in _DESCRIPTION if column in first]
    return {**first, **{column: next((row[column] for row in rows if row[column]), "") for column in columns}}
