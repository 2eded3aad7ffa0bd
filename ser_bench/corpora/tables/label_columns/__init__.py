"""Feature columns that hold the label: codes, one-hot columns, coarser codes, noisy codes and row numbers.

A model with such a column scores near 100 % on new voices, and recognises nothing. Real features of speech overlap
between the classes, even where they differ most: the tests below ask for more than a feature of speech can do. Each
column is judged alone, and columns of few values in pairs.

- *Few values*: the values tell a class from the rest with a balanced accuracy of 97 % on speakers whose rows were not
  counted; or each class has one value, of all speakers or of each, and not the same for all classes.
- *A wide gap*: two groups of classes lie far apart, compared with the width of the widest class.
- *A noisy code*: nearest class median tells three or more classes almost without error on other speakers.
  With one or two speakers, or unknown ones, it is four or more classes; of one or unknown ones, on other rows.
- *Ratings*: up to 11 values separate two classes without error.
- *Row numbers*: see :mod:`ser_bench.corpora.tables.label_columns.row_numbers`.
- *Pairs*: two columns of few values tell the label, or the difference of two columns does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ser_bench.corpora.clip_table import DEFAULT_SET
from ser_bench.corpora.tables.label_columns.pairs import differences
from ser_bench.corpora.tables.label_columns.row_numbers import LEAST_ROWS, find_row_numbers
from ser_bench.corpora.tables.label_columns.separation import LEAST_SEPARATED_ROWS, LEAST_SPEAKERS, separating_columns

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.corpora.clip_table import FeatureTable

_LEAST_ACCURACY = 0.97
"""Least balanced accuracy at which the values of a column tell a class."""

_ROWS_PER_VALUE = 3
"""A column has few values if each occurs in so many rows on average."""

_ROWS_PER_SPEAKER = 3
"""The most rows of a speaker that count as evidence for a gap, since one speaker's rows are alike."""

_REPEATED = 0.9
"""Least share of rows in values that occur so often."""

_MOST_PAIRED = 40
"""Columns of few values that are also judged in pairs."""

_COLUMNS_PER_STEP = 16
"""So many columns of few values add to the rows that each needs: one of many is right by chance."""

_MOST_STEPS = 8
"""The most times that the least rows are taken."""

_LEAST_CODED_SPEAKERS = 5
"""The least speakers in a table where a column counts as their code."""

_MOST_RATINGS = 11
"""The most values of a rating, such as 0 to 10."""

_MOST_NAMED = 5
"""The most columns that a message names."""

_LEAST_NOISY_ROWS = 20
"""The least rows of a class in the search for noisy codes."""

_LEAST_PAIRED_ROWS = 32
"""The least rows of a table in which pairs are judged."""


@dataclass(frozen=True)
class LabelColumn:
    """Columns that hold the label.

    Attributes
    ----------
    columns
        One name, or those of a pair.
    finding
        What they tell, as the end of a sentence.
    """

    columns: tuple[str, ...]
    finding: str


def describe_label_columns(table: FeatureTable, clips: pd.DataFrame, targets: Sequence[str]) -> str:
    """Describe the columns of a feature table that hold a label, a speaker, or row numbers.

    Parameters
    ----------
    table
        The features.
    clips
        The clips to judge by.
    targets
        Columns of ``clips`` that a model is to predict.

    Returns
    -------
    str
        A clause per column, joined by semicolons; empty if there is no such column.
    """
    columns = find_label_columns(*_inputs(table, clips, targets))
    clauses = [
        f"{'the pair ' * (len(column.columns) > 1)}{' and '.join(map(repr, column.columns))} {column.finding}"
        for column in columns
    ]
    more = f"; {len(clauses) - _MOST_NAMED:,} more columns" if len(clauses) > _MOST_NAMED else ""
    return "; ".join(clauses[:_MOST_NAMED]) + more


def describe_separating_columns(table: FeatureTable, clips: pd.DataFrame, targets: Sequence[str]) -> str:
    """Describe the columns that separate two classes without error, where real features seldom do.

    Parameters
    ----------
    table
        The features.
    clips
        The clips to judge by.
    targets
        Columns of ``clips`` that a model is to predict.

    Returns
    -------
    str
        A sentence; empty if there is no such column.
    """
    values, names, labels, speakers = _inputs(table, clips, targets)
    owners = np.unique(speakers, return_inverse=True)[1]
    for target in (_labels(rows, owners) for rows in labels.values() if len(set(rows)) == 2):
        if target.counts.min() < LEAST_SEPARATED_ROWS or (any(speakers) and target.speakers.min() < LEAST_SPEAKERS):
            continue
        if columns := separating_columns(values, target.codes):
            listed = ", ".join(repr(names[column]) for column in columns[:_MOST_NAMED])
            more = f" and {len(columns) - _MOST_NAMED:,} more" if len(columns) > _MOST_NAMED else ""
            several = len(columns) > 1
            return (
                f"the column{'s' * several} {listed}{more} separate{'s' * (not several)} {' from '.join(target.names)} "
                "without error; check that no rating or code of the label is among the features"
            )
    return ""


def _inputs(
    table: FeatureTable, clips: pd.DataFrame, targets: Sequence[str]
) -> tuple[np.ndarray, list[str], dict[str, np.ndarray], np.ndarray]:
    """Return values, names of columns, labels and speakers, with the rows in the order of the file."""
    rows = np.array([table.rows[clip] for clip in clips["clip"]])
    order = np.argsort(rows)
    single = [part.name for part in table.sets] == [DEFAULT_SET]
    names = [column if single else f"{part.name}.{column}" for part in table.sets for column in part.columns]
    values = table.values[rows[order]].astype(np.float64)
    for column, precise in table.precise.items():
        values[:, column] = precise[rows[order]]
    labels = {target: clips[target].to_numpy()[order] for target in targets}
    return values, names, labels, clips["speaker"].to_numpy()[order]


@dataclass(frozen=True, eq=False)
class _Labels:
    """One kind of label of all rows.

    Attributes
    ----------
    codes, names
        Code of each row's label, and the label by code.
    half
        Which half of the speakers a row belongs to; of one speaker, which half of the rows.
    cells, owners
        Code of each row's speaker and label, and the speaker by this code.
    least_rows
        The least rows of a class at which a column of few values is judged.
    """

    codes: np.ndarray
    names: tuple[str, ...]
    half: np.ndarray
    cells: np.ndarray
    owners: np.ndarray
    least_rows: int = LEAST_ROWS

    @property
    def counts(self) -> np.ndarray:
        """Rows of each label."""
        return np.bincount(self.codes, minlength=len(self.names))

    @property
    def speakers(self) -> np.ndarray:
        """Speakers of each label."""
        return np.bincount(self.codes[np.unique(self.cells, return_index=True)[1]], minlength=len(self.names))


def find_label_columns(
    values: np.ndarray,
    columns: Sequence[str],
    labels: Mapping[str, Sequence[str] | np.ndarray],
    speakers: Sequence[str] | np.ndarray,
) -> list[LabelColumn]:
    """Find the columns that hold a label, a speaker, or row numbers.

    Parameters
    ----------
    values
        Finite features, shape ``(rows, columns)``, in the order of the file.
    columns
        Names of the columns.
    labels
        Label of each row by the name of the target, such as ``emotion``.
    speakers
        Speaker of each row.

    Returns
    -------
    list of LabelColumn
        In the order of the columns, pairs last.
    """
    if len(values) < LEAST_ROWS:
        return []
    transposed = np.ascontiguousarray(values.T, dtype=np.float64)
    ordered = np.sort(transposed, axis=1)
    distinct = 1 + np.count_nonzero(np.diff(ordered, axis=1), axis=1)
    owners = np.unique(np.asarray(speakers), return_inverse=True)[1]
    codes = _codes_of_few_values(transposed, distinct)
    least_rows = LEAST_ROWS * min(_MOST_STEPS, 1 + len(codes) // _COLUMNS_PER_STEP)
    coded = [_labels(rows, owners, least_rows) for rows in labels.values() if 1 < len(set(rows)) <= len(rows) / 2]
    findings = find_row_numbers(transposed, ordered, [target.codes for target in coded], owners)
    findings |= {column: "is a code of the speaker" for column in codes if _is_code(codes[column], owners)}
    for target in coded:
        for column, finding in _judged(transposed, distinct, codes, target):
            if finding:
                findings.setdefault(column, finding)
    pairs = [*_pairs({column: codes[column] for column in codes if column not in findings}, coded)]
    linked = [pair for target in coded for pair in _linked(transposed, target) if not findings.keys() & pair[:2]]
    single = [LabelColumn((columns[column],), findings[column]) for column in sorted(findings)]
    return [*single, *(LabelColumn((columns[a], columns[b]), finding) for a, b, finding in (*pairs, *linked))]


def _judged(
    transposed: np.ndarray, distinct: np.ndarray, codes: Mapping[int, np.ndarray], target: _Labels
) -> Iterator[tuple[int, str]]:
    """Yield columns and what they show about a label; empty if nothing."""
    if len(target.codes) >= target.least_rows:
        for column in np.flatnonzero(distinct == len(target.names)).tolist():
            if len(np.unique(target.codes + 1j * transposed[column])) == len(target.names):
                yield column, "has one value per label"
    for column, values in codes.items():
        yield column, _few_values(values, target) or _rating(values, target)
    edges = _quantiles(transposed, target)
    yield from ((column, finding) for column, finding in _wide_gaps(edges, target) if column not in codes)
    yield from _noisy_codes(transposed, edges, target)


def _is_code(codes: np.ndarray, owners: np.ndarray) -> bool:
    """Return whether each speaker has one value, and no other speaker has it; features may separate few speakers."""
    speakers = owners.max() + 1
    return bool(
        speakers >= _LEAST_CODED_SPEAKERS and speakers == codes.max() + 1 == len(np.unique(owners * speakers + codes))
    )


def _rating(codes: np.ndarray, target: _Labels) -> str:
    """Return whether few ordered values separate two classes without error."""
    many = target.least_rows > LEAST_ROWS  # a table of rounded features
    if many or len(target.names) != 2 or codes.max() >= _MOST_RATINGS or target.counts.min() < LEAST_ROWS:
        return ""
    first, second = codes[target.codes == 0], codes[target.codes == 1]
    separated = first.max() < second.min() or second.max() < first.min()
    return f"tells {target.names[0]} from {target.names[1]} (100.0%)" if separated else ""


def _codes_of_few_values(transposed: np.ndarray, distinct: np.ndarray) -> dict[int, np.ndarray]:
    """Return the columns whose values occur several times each, as codes from 0."""
    rows = transposed.shape[1]
    codes = {}
    for column in np.flatnonzero((distinct > 1) & (distinct * _ROWS_PER_VALUE <= rows)).tolist():
        _, inverse, counts = np.unique(transposed[column], return_inverse=True, return_counts=True)
        if counts[counts >= _ROWS_PER_VALUE].sum() >= _REPEATED * rows:
            codes[column] = inverse
    return codes


def _labels(rows: Sequence[str] | np.ndarray, speakers: np.ndarray, least_rows: int = LEAST_ROWS) -> _Labels:
    names, codes = np.unique(np.asarray(rows), return_inverse=True)
    used, cells = np.unique(speakers * len(names) + codes, return_inverse=True)
    half = speakers // 2 % 2 if speakers.max() > 2 else speakers % 2  # women and men often alternate
    half = half if speakers.max() > 0 else _places_in_groups(codes) % 2
    return _Labels(codes, tuple(map(str, names)), half, cells, used // len(names), least_rows)


def _places_in_groups(codes: np.ndarray) -> np.ndarray:
    """Return the place of each row among the rows of its code."""
    order = np.argsort(codes, kind="stable")
    places = np.empty(len(codes), dtype=np.int64)
    places[order] = np.arange(len(codes)) - np.searchsorted(codes[order], codes[order])
    return places


def _tally(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Count pairs of codes."""
    return np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).reshape(shape)


def _few_values(codes: np.ndarray, target: _Labels) -> str:
    """Return what a column of few values tells; empty if nothing."""
    shape = (codes.max() + 1, len(target.names))
    table = np.stack([_tally(codes[rows], target.codes[rows], shape) for rows in (target.half == 0, target.half == 1)])
    return (
        _identified_class(table, target)
        or _separated_groups(table.sum(axis=0), target)
        or _identified_within_speakers(codes, target)
    )


def _identified_class(table: np.ndarray, target: _Labels) -> str:
    """Return the class that the values tell from the rest, by values counted on other speakers."""
    hits = np.zeros((len(target.names), len(target.names)))
    for half in (0, 1):
        counted = table[1 - half] if table[1 - half].any() else table[half]
        shares = counted / np.maximum(1, counted.sum(axis=0))
        guesses = np.where(counted.any(axis=1), shares.argmax(axis=1), -1)
        hits += table[half].T @ (guesses[:, None] == np.arange(len(target.names)))
    counts = target.counts
    right = np.diag(hits) / counts
    wrong = (hits.sum(axis=0) - np.diag(hits)) / (counts.sum() - counts)
    balanced = (right + 1 - wrong) / 2
    if is_binary := len(table[0]) == 2:  # an exact one-hot column needs fewer rows
        balanced[(counts < target.least_rows) & (balanced < 1)] = 0
    balanced[counts < (target.least_rows // 2 if is_binary else target.least_rows)] = 0
    classes = np.flatnonzero(balanced >= _LEAST_ACCURACY)
    if is_binary and classes.size and len(target.names) > 2:
        names = ", ".join(target.names[label] for label in classes)
        return f"tells {names} from the rest ({balanced[classes].min():.1%})"
    few = len(table[0]) <= 2 * len(target.names)  # of two classes, levels in small steps may tell both
    identifies_all = len(classes) == len(target.names) and (len(target.names) > 2 or few)
    return f"tells every label ({balanced.min():.1%})" if identifies_all else ""


def _separated_groups(table: np.ndarray, target: _Labels) -> str:
    """Return the groups of classes that the values tell, where each class has one value."""
    value = table.argmax(axis=0)
    groups = np.unique(value)
    if len(groups) < 2:
        return ""
    recalls = [table[group][value == group].sum() / table[:, value == group].sum() for group in groups]
    least = target.least_rows // 2 if min(recalls) == 1 else target.least_rows
    if min(recalls) < _LEAST_ACCURACY or min(table[:, value == group].sum() for group in groups) < least:
        return ""
    listed = " from ".join("+".join(np.asarray(target.names)[value == group]) for group in groups)
    return f"tells {listed} ({min(recalls):.1%})"


def _identified_within_speakers(codes: np.ndarray, target: _Labels) -> str:
    """Return whether each speaker has one value per class, and not the same for all classes."""
    table = _tally(target.cells, codes, (len(target.owners), codes.max() + 1))
    rows = table.sum(axis=1)
    repeated = rows >= 2
    if (
        rows[repeated].sum() < _REPEATED * len(codes)
        or table[repeated].max(axis=1).sum() < _LEAST_ACCURACY * rows[repeated].sum()
    ):
        return ""
    values = table.argmax(axis=1)
    by_speaker = _tally(target.owners[target.cells], codes, (target.owners.max() + 1, codes.max() + 1))
    if len(codes) - by_speaker.max(axis=1).sum() < target.least_rows:  # rows beside the usual value of their speaker
        return ""
    several = np.flatnonzero(np.bincount(target.owners) > 1)
    differ = [len(np.unique(values[target.owners == owner])) > 1 for owner in several]
    return "tells the labels within each speaker" if differ and np.mean(differ) >= _REPEATED else ""


def _quantiles(transposed: np.ndarray, target: _Labels) -> np.ndarray:
    """Return the 5 %, 25 %, 50 %, 75 % and 95 % quantiles of each class, shape ``(5, classes, columns)``."""
    edges = []
    for label in range(len(target.names)):
        ordered = np.sort(transposed[:, target.codes == label], axis=1)
        last = ordered.shape[1] - 1
        lower = [int(0.05 * last), int(0.25 * last)]
        edges.append(ordered[:, [*lower, last // 2, last - lower[1], last - lower[0]]].T)
    return np.stack(edges, axis=1)


def _wide_gaps(edges: np.ndarray, target: _Labels) -> Iterator[tuple[int, str]]:
    """Yield the columns with a gap between two groups of classes that is wide compared with the classes."""
    counts = target.counts
    if np.median(counts) < LEAST_ROWS:
        return
    order = np.argsort(edges[2], axis=0)
    low, high = (np.take_along_axis(edges[position], order, axis=0) for position in (0, 4))
    width = (high - low).max(axis=0)
    gaps = np.minimum.accumulate(low[::-1], axis=0)[::-1][1:] - np.maximum.accumulate(high, axis=0)[:-1]
    smaller, evidence = _smaller_group(order, target)
    wide = (gaps > _least_gap(evidence) * width) & (gaps > 0) & (smaller >= LEAST_ROWS)
    for column in np.flatnonzero(wide.any(axis=0)).tolist():
        split = int(wide[:, column].argmax()) + 1
        parts = (order[:split, column], order[split:, column])
        listed = " from ".join("+".join(target.names[label] for label in sorted(part)) for part in parts)
        yield column, f"tells {listed}, with a gap wider than the classes"


def _smaller_group(order: np.ndarray, target: _Labels) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the smaller group at each split of ordered classes, and those that count as evidence."""
    rows = np.cumsum(target.counts[order], axis=0)[:-1]
    speakers = target.speakers[order]
    below = np.maximum.accumulate(speakers, axis=0)[:-1]
    above = np.maximum.accumulate(speakers[::-1], axis=0)[::-1][1:]
    rows = np.minimum(rows, len(target.codes) - rows)
    return rows, np.minimum(rows, _ROWS_PER_SPEAKER * np.minimum(below, above))


def _least_gap(rows: np.ndarray) -> np.ndarray:
    """Return the least gap between groups of so many rows, in widths of a class; few rows show too small a width."""
    return 1.5 + 40 / rows


def _noisy_codes(transposed: np.ndarray, edges: np.ndarray, target: _Labels) -> Iterator[tuple[int, str]]:
    """Yield the columns that tell three or more classes by the nearest median of a class on other speakers."""
    counts = target.counts
    least_classes = 3 if len(set(target.owners)) > 2 else 4  # real features may tell three emotions of one voice
    if len(counts) < least_classes or np.median(counts) < _LEAST_NOISY_ROWS or len(set(target.half)) < 2:
        return
    order = np.argsort(edges[2], axis=0)
    low, high = (np.take_along_axis(edges[position], order, axis=0) for position in (1, 3))
    for column in np.flatnonzero((low[1:] > high[:-1]).all(axis=0)).tolist():
        uar = _uar_of_nearest_median(transposed[column], target)
        if uar >= _LEAST_ACCURACY:
            tested = "speakers" if target.owners.max() else "rows"
            yield column, f"tells every label on other {tested} ({uar:.1%})"


def _uar_of_nearest_median(column: np.ndarray, target: _Labels) -> float:
    """Return the UAR of the class with the nearest median, each half of the speakers with the other's medians."""
    guesses = np.full(len(column), -1)
    for half in (0, 1):
        tested, trained = target.half == half, target.half != half
        classes = np.unique(target.codes[trained])
        medians = np.array([np.median(column[trained & (target.codes == label)]) for label in classes])
        guesses[tested] = classes[np.abs(column[tested, None] - medians).argmin(axis=1)]
    return float(
        (np.bincount(target.codes[guesses == target.codes], minlength=len(target.names)) / target.counts).mean()
    )


def _pairs(codes: Mapping[int, np.ndarray], coded: Sequence[_Labels]) -> Iterator[tuple[int, int, str]]:
    """Yield the pairs of columns of few values that tell a label together."""
    for first, second in combinations(list(codes)[:_MOST_PAIRED], 2):
        if len(codes[first]) < _LEAST_PAIRED_ROWS:
            return
        joint = np.unique(codes[first] * (codes[second].max() + 1) + codes[second], return_inverse=True)[1]
        if (joint.max() + 1) * _ROWS_PER_VALUE > len(joint):
            continue
        finding = next((finding for target in coded if (finding := _few_values(joint, target))), "")
        if finding:
            yield first, second, finding


def _linked(transposed: np.ndarray, target: _Labels) -> Iterator[tuple[int, int, str]]:
    """Yield the pairs of columns whose difference tells the label."""
    if transposed.shape[1] < _LEAST_PAIRED_ROWS:
        return
    candidates = [*differences(transposed, target.codes)]
    if candidates:
        edges = _quantiles(np.stack([difference for *_, difference in candidates]), target)
        for number, finding in _wide_gaps(edges, target):
            yield *candidates[number][:2], f"{finding}, by their difference"
