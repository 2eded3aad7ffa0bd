"""Columns that number the rows of a table, or the rows of each speaker.

Row numbers are evenly spaced, and so are ranks of a real feature. In a table of ranks most columns are evenly spaced.
There only a column that follows the file or the labels is a row number: ranks of a feature of speech mix the labels,
while the numbers of a sorted table keep them in blocks. Blocks of speakers are no evidence: recording levels differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

LEAST_ROWS = 8
"""The least rows of a table, or of a speaker, that are judged."""

_MOST_NUMBERS = 2
"""Evenly spaced columns that count as row numbers in any order, where other columns are the most."""

_LEAST_EVEN_ROWS = 16
"""The least rows in which even steps alone are evidence; few rounded values may have them by chance."""

_BLOCKS = 0.18
"""Share of the changes in random order below which the labels come in blocks."""

_LEAST_CLASSES = 3
"""The least classes whose blocks are evidence, since one real feature may sort two."""

_LEAST_BLOCK_ROWS = 64
"""The least rows in which blocks are evidence, since one real feature may sort fewer."""


def find_row_numbers(
    transposed: np.ndarray, ordered: np.ndarray, labels: Sequence[np.ndarray], speakers: np.ndarray
) -> dict[int, str]:
    """Find the columns of row numbers.

    Parameters
    ----------
    transposed
        Features, shape ``(columns, rows)``, with the rows in the order of the file.
    ordered
        The same, with sorted rows.
    labels
        Codes of the labels of each row, for each kind of label.
    speakers
        Code of each row's speaker.

    Returns
    -------
    dict
        What the columns number, by position.
    """
    even = [column for column in range(len(ordered)) if _evenly_spaced(ordered[column])]
    of_speakers = [column for column in _even_in_speakers(transposed, speakers) if column not in even]
    numbers = len(even) + len(of_speakers)
    if numbers > _MOST_NUMBERS or 2 * numbers > len(ordered) or len(speakers) < _LEAST_EVEN_ROWS:
        even = [column for column in even if _follows(transposed[column], labels, np.zeros_like(speakers))]
        of_speakers = [column for column in of_speakers if _follows(transposed[column], labels, speakers)]
    findings = dict.fromkeys(of_speakers, "numbers the rows of each speaker")
    return findings | dict.fromkeys([*even, *_growing(transposed, labels)], "numbers the rows")


def _growing(transposed: np.ndarray, labels: Sequence[np.ndarray]) -> Iterator[int]:
    """Yield the columns that grow or fall from row to row, where the labels come in blocks."""
    if any(np.count_nonzero(np.diff(codes)) <= codes.max() for codes in labels):
        steps = np.diff(transposed, axis=1)
        yield from np.flatnonzero((steps > 0).all(axis=1) | (steps < 0).all(axis=1)).tolist()


def _even_in_speakers(transposed: np.ndarray, speakers: np.ndarray) -> list[int]:
    """Return the columns that are evenly spaced in the rows of two or more speakers, and of each with enough rows."""
    counts = np.bincount(speakers)
    tested = np.flatnonzero(counts >= LEAST_ROWS)
    if len(tested) < 2 or 2 * counts[tested].sum() < len(speakers):
        return []
    columns = [*range(len(transposed))]
    for speaker in tested:
        rows = np.sort(transposed[np.ix_(columns, np.flatnonzero(speakers == speaker))], axis=1)
        columns = [column for column, values in zip(columns, rows, strict=True) if _evenly_spaced(values)]
    return columns


def _follows(column: np.ndarray, labels: Sequence[np.ndarray], groups: np.ndarray) -> bool:
    """Return whether the values follow the order of the file within groups, or keep the labels in blocks."""
    order = np.lexsort((column, groups))
    inside = np.diff(groups[order]) == 0
    steps = np.diff(order)[inside]
    if (steps > 0).all() or (steps < 0).all():
        return True
    return len(column) >= _LEAST_BLOCK_ROWS and any(
        np.count_nonzero(np.diff(codes[order])[inside]) < _BLOCKS * _expected_changes(codes, groups)
        for codes in labels
        if codes.max() + 1 >= _LEAST_CLASSES
    )


def _expected_changes(codes: np.ndarray, groups: np.ndarray) -> float:
    """Return the expected number of changes between neighbours in random order within groups."""
    changes = 0.0
    for group in np.unique(groups):
        counts = np.bincount(codes[groups == group])
        changes += (counts.sum() ** 2 - (counts**2).sum()) / counts.sum()
    return changes


def _evenly_spaced(ordered: np.ndarray) -> bool:
    """Return whether sorted values have equal steps, some missing; so many distinct integers are not measured."""
    steps = np.diff(ordered.astype(np.float64))
    if steps.min() <= 0:
        return False
    multiples = steps / steps.min()
    close = np.abs(multiples - np.round(multiples)).max() < 0.05
    return bool(close and multiples.sum() < max(1.5 * len(ordered), len(ordered) ** 2 / 40))
