"""A corpus without audio: a table, CSV or Parquet, whose columns are features already, a row per clip.

What ``ser-bench export`` writes, or any table with the columns ``clip,speaker,emotion`` and numbers. Where columns
are named ``SET.COLUMN``, as in an export, those are the features, by set; else every column of numbers is one, and
the set is called ``table``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ser_bench.core.errors import CorpusError
from ser_bench.core.labels import canonical_label
from ser_bench.corpora.base import CLIP_COLUMNS, MARKED, Listing, Problem, clip_table, marked
from ser_bench.features import FEATURE_SETS
from ser_bench.features.base import FeatureSet

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUIRED = ("clip", "speaker", "emotion")
TEXTS = (*REQUIRED, "corpus", "gender", "text", "intensity", "path", "file", "label")
"""Columns that are never features."""
SET = "table"
"""What the features are called where their names do not tell a set."""

_INDEX = re.compile(r"(unnamed: \d+|index|row|)")
_NAMED = re.compile(r"([A-Za-z][\w@:-]*)\.(.+)")


@dataclass(frozen=True, eq=False)
class Recorded:
    """The features of a table: its sets, float32 values ``(n, d)`` with the sets' columns in order, rows by clip."""

    sets: tuple[FeatureSet, ...]
    values: np.ndarray
    rows: dict[str, int]

    def keys(self, clips: Sequence[str]) -> list[str]:
        """Return for each clip a hash of its values, which stands for the hash of its file."""
        return [hashlib.sha256(b"recorded" + self.values[self.rows[clip]].tobytes()).hexdigest() for clip in clips]

    def of(self, feature_set: FeatureSet, clips: Sequence[str]) -> np.ndarray:
        """Return a set's values of some clips, ``(clips, columns)``."""
        first = sum(s.dimension for s in self.sets[: self.sets.index(feature_set)])
        return self.values[[self.rows[clip] for clip in clips], first : first + feature_set.dimension]


def read(path: Path) -> pd.DataFrame:
    """Read a table; texts as text, column names stripped. Raises :class:`CorpusError` where it is none."""
    try:
        if path.suffix.lower() == ".parquet":
            table = pd.read_parquet(path)
        else:
            head = [str(c) for c in pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns]
            texts = {c: str for c in head if c.strip().lower() in TEXTS}
            table = pd.read_csv(path, dtype=texts, na_values=[""], keep_default_na=False, encoding="utf-8-sig")
    except OSError as error:
        raise CorpusError(f"cannot read the table {path}: {error.strerror or error}") from None
    except Exception as error:  # pandas and pyarrow raise whatever they like on nonsense
        said = str(error).strip() or type(error).__name__
        raise CorpusError(f"{path} is no table that can be read: {said.splitlines()[0][:200]}") from None
    names = [str(column).strip() for column in table.columns]
    table.columns = pd.Index([name.lower() if name.lower() in TEXTS else name for name in names])
    if missing := [column for column in REQUIRED if column not in table]:
        raise CorpusError(
            f"the table {path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}\n"
            f"a table of features names {','.join(REQUIRED)} and may name corpus,gender,text,intensity"
        )
    if len(set(table.columns)) < len(table.columns):
        raise CorpusError(f"the table {path} has two columns called {table.columns[table.columns.duplicated()][0]}")
    return table.assign(**{name: _as_text(table[name]) for name in TEXTS if name in table})


def _as_text(column: pd.Series) -> pd.Series:
    """Return what a Parquet file may hold in a column of names, numbers or lists among it, as texts."""
    return column.astype(object).map(lambda value: value if isinstance(value, str) else str(value), na_action="ignore")


def list_clips(table: pd.DataFrame) -> Listing:
    """Return a table's clips and features. A row without a value, or with a clip named before, is a problem.

    Raises :class:`CorpusError` where no row or no feature is left, or a feature gives the labels away.
    """
    sets = feature_sets(table)
    columns = _columns(table)
    texts = _texts(table)
    texts["emotion"] = [canonical_label(label) for label in texts["emotion"]]
    values = table[columns].to_numpy(dtype=np.float32)
    reasons = list(_reasons(texts, values, columns))
    good = np.array([not reason for reason in reasons])
    rows = range(2, len(table) + 2)
    problems = tuple(
        Problem(clip or f"row {row}", reason)
        for row, clip, reason in zip(rows, texts["clip"], reasons, strict=True)
        if reason
    )
    if not good.any():
        why = f"; {problems[0].path}: {problems[0].reason}" if problems else ""
        raise CorpusError(f"the table has no row that can be used{why}")
    texts, values = texts[good].reset_index(drop=True), values[good]
    _refuse_labels(texts, values, columns)
    texts = _told_apart(texts)
    recorded = Recorded(sets, values, {clip: row for row, clip in enumerate(texts["clip"])})
    clips = clip_table(texts.to_dict("records"), (*CLIP_COLUMNS, "corpus"))
    return Listing(clips if (clips["corpus"] != "").all() else clips.drop(columns="corpus"), problems, recorded)


def _texts(table: pd.DataFrame) -> pd.DataFrame:
    """Return what is told of each clip, as stripped text; what is not there is empty."""
    names = (*(name for name in CLIP_COLUMNS if name != "path"), "corpus")
    found = {name: table[name].astype(object).where(table[name].notna(), "") for name in names if name in table}
    return pd.DataFrame({name: [str(v).strip() for v in found.get(name, [""] * len(table))] for name in names})


def _told_apart(texts: pd.DataFrame) -> pd.DataFrame:
    """Mark clips, speakers and sentences of several corpora by the corpus, unless all of them are, as in an export."""
    if texts["corpus"].nunique() < 2:
        return texts
    rows = texts[["corpus", *MARKED]].itertuples(index=False)
    done = all(not value or value.startswith(f"{corpus}/") for corpus, *values in rows for value in values)
    return texts if done else marked(texts)


def feature_sets(table: pd.DataFrame) -> tuple[FeatureSet, ...]:
    """Return the sets that a table's columns make up, in their order."""
    columns: dict[str, list[str]] = {}
    by_set = _is_export(table)
    for column in _columns(table):
        name, _, own = column.partition(".") if by_set else (SET, "", column)
        columns.setdefault(name, []).append(own)
    return tuple(_feature_set(name, tuple(own)) for name, own in columns.items())


def _columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that are features, those of a set together; raises where there is none."""
    numbers = [
        str(column)
        for column in table.columns
        if column not in TEXTS
        and not _INDEX.fullmatch(str(column).lower())
        and pd.api.types.is_numeric_dtype(table[column])
    ]
    if _is_export(table):
        numbers = [column for column in numbers if _NAMED.fullmatch(column)]
        order: dict[str, int] = {}
        numbers.sort(key=lambda column: order.setdefault(column.partition(".")[0], len(order)))
    if not numbers:
        others = ", ".join([str(column) for column in table.columns if column not in TEXTS][:3])
        there = f"; there are {others}" if others else ""
        raise CorpusError(f"the table has no column of numbers that could be a feature{there}")
    return numbers


def _is_export(table: pd.DataFrame) -> bool:
    """Say whether most columns are named ``SET.COLUMN``; single names of other programs may have a dot, too."""
    named = sum(bool(_NAMED.fullmatch(str(column))) for column in table.columns)
    return named > len(table.columns) / 2


def _feature_set(name: str, columns: tuple[str, ...]) -> FeatureSet:
    known = FEATURE_SETS.get(name)
    return FeatureSet(
        name=name,
        kind="vector",
        summary="as a table recorded them",
        source="the table",
        columns=columns,
        compute=_no_sound,
        parameters={"recorded": True},
        group=known.group if known and known.columns == columns else None,
        precomputed=True,
    )


def _no_sound(analysis: object) -> np.ndarray:
    raise CorpusError("features of a table cannot be computed; it has no audio")


def _reasons(texts: pd.DataFrame, values: np.ndarray, columns: Sequence[str]) -> Iterator[str]:
    """Yield why a row cannot be used, empty where it can."""
    seen = set()
    finite = np.isfinite(values)
    whole = finite.all(axis=1)
    for row, told in enumerate(texts[list(REQUIRED)].itertuples(index=False, name=None)):
        clip, absent = told[0], [name for name, value in zip(REQUIRED, told, strict=True) if not value]
        if absent:
            yield f"no {' and no '.join(absent)} given"
        elif clip in seen:
            yield "listed twice, the first row is used"
        elif not whole[row]:
            yield f"no finite number for {columns[int(np.argmin(finite[row]))]}"
        else:
            yield ""
        seen.add(clip)


def _refuse_labels(texts: pd.DataFrame, values: np.ndarray, columns: Sequence[str]) -> None:
    """Raise where a feature has one value per emotion, or per speaker, and another for each: a code, not a feature."""
    for name in ("emotion", "speaker"):
        codes, labels = pd.factorize(texts[name])
        if len(labels) < 2 or len(labels) > len(codes) / 2:
            continue
        first = values[[int(np.argmax(codes == code)) for code in range(len(labels))]]
        told = (values == first[codes]).all(axis=0)
        for place in np.flatnonzero(told).tolist():
            if len(set(first[:, place].tolist())) == len(labels):
                raise CorpusError(f"the column {columns[place]} of the table is another name for the {name}; remove it")
