"""A user's own corpus: a CSV manifest with the columns ``path,speaker,emotion`` and optional others."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.errors import CorpusError
from ser_bench.core.labels import canonical_label
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.clip_table import CLIP_COLUMNS, Listing, Problem, clip_table, empty_columns

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("path", "speaker", "emotion")
OPTIONAL = ("gender", "text", "intensity", "person")
"""``person`` names who a speaker is, where a person has several speaker names or is in several corpora."""


def corpus(path: Path) -> Corpus:
    """Describe the corpus of a manifest or of a feature table.

    Parameters
    ----------
    path
        A CSV manifest, or a table of features as CSV or Parquet.

    Returns
    -------
    Corpus
        A corpus named like the file.

    Raises
    ------
    CorpusError
        If the file cannot be read or lacks a column.
    """
    if holds_features(path):
        from ser_bench.corpora import feature_table

        features = feature_table.read(path)
        return _description(path, features, lambda folder: feature_table.list_clips(features))
    table = _read(path)
    return _description(path, table, lambda folder: _list_clips(table, folder, path))


def holds_features(path: Path) -> bool:
    """Tell a feature table from a manifest of audio files by the first line.

    Parameters
    ----------
    path
        A CSV or Parquet file.

    Returns
    -------
    bool
        True for Parquet, and for CSV with the column ``clip`` and without ``path``.
    """
    if path.suffix.lower() == ".parquet":
        return True
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            columns = [column.strip().lower() for column in next(csv.reader(file), [])]
    except (OSError, ValueError, csv.Error):
        return False  # _read() reports the error
    return "clip" in columns and "path" not in columns


def line_numbers(path: Path) -> dict[str, int]:
    """Find the lines of the clips in a manifest or a feature table.

    Parameters
    ----------
    path
        A CSV file.

    Returns
    -------
    dict of str to int
        The last line of the first row of each clip, from 1. Empty for any other file.
    """
    lines: dict[str, int] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            columns = [column.strip().lower() for column in next(reader, [])]
            index = columns.index("path" if "path" in columns else "clip")
            for row in reader:
                if len(row) > index:
                    lines.setdefault(row[index], reader.line_num)
    except (OSError, ValueError, csv.Error):
        return {}
    return lines


def _description(path: Path, table: pd.DataFrame, reader: Callable[[Path], Listing]) -> Corpus:
    return Corpus(
        name=path.stem,
        title=path.stem,
        licence="as its owner says",
        source=str(path),
        citation="",
        counts=Counter(canonical_label(label) for label in table["emotion"].dropna() if label.strip()),
        speakers=table["speaker"].nunique(),
        reader=reader,
    )


def _read(path: Path) -> pd.DataFrame:
    """Read a manifest; the known columns, all strings."""
    import pandas as pd

    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except OSError as error:
        raise CorpusError(f"cannot read the manifest {path}: {error.strerror or error}") from None
    except (ValueError, pd.errors.ParserError) as error:  # UnicodeDecodeError is a ValueError
        reason = str(error).strip().splitlines()[0]
        raise CorpusError(f"invalid manifest {path}: expected a CSV table in UTF-8; {reason}") from None
    table.columns = [str(column).strip().lower() for column in table.columns]
    if missing := [column for column in REQUIRED if column not in table]:
        raise CorpusError(
            f"invalid manifest {path}: missing column{'s' * (len(missing) > 1)} {', '.join(missing)}\n"
            f"the first line must name {','.join(REQUIRED)} and may name {','.join(OPTIONAL)}"
        )
    columns = [column for column in (*REQUIRED, *OPTIONAL) if column in table]
    if table[columns].shape[1] > len(columns):
        raise CorpusError(f"invalid manifest {path}: a column occurs twice; rename or delete one")
    return table[columns].fillna("")  # short rows


def _list_clips(table: pd.DataFrame, folder: Path, manifest: Path) -> Listing:
    """List the clips of a manifest; relative paths start at ``folder``, and invalid rows are problems."""
    rows: dict[Path, dict[str, str]] = {}
    problems = []
    for number, values in enumerate(table.to_dict("records"), 2):
        path = (folder / values["path"]).absolute()
        row = {column: values.get(column, "").strip() for column in (*REQUIRED, *OPTIONAL)}
        row |= {"clip": values["path"], "path": str(path), "emotion": canonical_label(values["emotion"])}
        if reason := _fault(row, path, rows):
            problems.append(Problem(values["path"] or f"row {number}", reason))
        else:
            rows[path] = row
    if not rows:
        example = f", for example {problems[0].path}: {problems[0].reason}" if problems else ""
        raise CorpusError(
            f"no row of the manifest {manifest} can be used{example}\n"
            f"each row needs {','.join(REQUIRED)}; relative paths start at the folder {folder}"
        )
    columns = (*CLIP_COLUMNS, "person") if "person" in table else CLIP_COLUMNS
    return Listing(clip_table(rows.values(), columns), tuple(problems))


def _fault(row: dict[str, str], path: Path, rows: dict[Path, dict[str, str]]) -> str | None:
    """Return why a row cannot be used, or None."""
    empty = [column for column in REQUIRED if not row["clip" if column == "path" else column].strip()]
    if empty:
        return empty_columns(empty)
    if (first := rows.get(path)) is not None:
        same = all(first[column] == row[column] for column in ("speaker", "emotion"))
        return "duplicate row" if same else "duplicate row with different labels; the first row is used"
    try:
        return None if path.is_file() else "no such file"
    except OSError as error:
        return f"cannot be opened: {error.strerror or error}"
