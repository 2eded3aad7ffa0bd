"""A corpus of one's own: a CSV file with the columns ``path,speaker,emotion`` and, if known, more."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.errors import CorpusError
from ser_bench.core.labels import canonical_label
from ser_bench.corpora.base import Corpus, Listing, Problem, clip_table

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("path", "speaker", "emotion")
OPTIONAL = ("gender", "text", "intensity")


def corpus(manifest: Path) -> Corpus:
    """Return the corpus that a manifest, or a table of features, describes, named like the file.

    Raises :class:`CorpusError` where the file cannot be read or lacks a column.
    """
    if holds_features(manifest):
        from ser_bench.corpora import feature_table as recorded

        features = recorded.read(manifest)
        return _description(manifest, features, lambda folder: recorded.list_clips(features))
    table = read(manifest)
    return _description(manifest, table, lambda folder: list_clips(table, folder))


def holds_features(manifest: Path) -> bool:
    """Say whether a file is a table of features, and not a manifest of audio files, from its first line."""
    if manifest.suffix.lower() == ".parquet":
        return True
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as opened:
            head = [column.strip().lower() for column in next(csv.reader(opened), [])]
    except (OSError, ValueError, csv.Error):
        return False  # the manifest's reader says what is wrong
    return "clip" in head and "path" not in head


def _description(manifest: Path, table: pd.DataFrame, reader: Callable[[Path], Listing]) -> Corpus:
    return Corpus(
        name=manifest.stem,
        title=manifest.stem,
        licence="as its owner says",
        source=str(manifest),
        citation="",
        counts=Counter(canonical_label(label) for label in table["emotion"].dropna() if label.strip()),
        speakers=table["speaker"].nunique(),
        reader=reader,
    )


def read(manifest: Path) -> pd.DataFrame:
    """Read a manifest: every column as text, unknown columns left out."""
    import pandas as pd

    try:
        table = pd.read_csv(manifest, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except OSError as error:
        raise CorpusError(f"cannot read the manifest {manifest}: {error.strerror or error}") from None
    except (ValueError, pd.errors.ParserError) as error:  # UnicodeDecodeError is a ValueError
        first = str(error).strip().splitlines()[0]
        raise CorpusError(f"the manifest {manifest} is no CSV table in UTF-8: {first}") from None
    table.columns = [str(column).strip().lower() for column in table.columns]
    missing = [column for column in REQUIRED if column not in table]
    if missing:
        raise CorpusError(
            f"the manifest {manifest} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}\n"
            f"its first line must name {','.join(REQUIRED)} and may name {','.join(OPTIONAL)}"
        )
    named = [c for c in (*REQUIRED, *OPTIONAL) if c in table]
    if table[named].shape[1] > len(named):
        raise CorpusError(f"the manifest {manifest} names a column twice")
    return table[named].fillna("")  # rows that end early


def list_clips(table: pd.DataFrame, folder: Path) -> Listing:
    """List a manifest's clips; relative paths start at ``folder``. Bad rows become problems."""
    rows: dict[Path, dict[str, str]] = {}
    problems = []
    for row in table.to_dict("records"):
        path = (folder / row["path"]).absolute()
        said = {c: row.get(c, "").strip() for c in (*REQUIRED, *OPTIONAL)} | {
            "clip": row["path"],
            "path": str(path),
            "emotion": canonical_label(row["emotion"]),
        }
        if reason := _reason_against(said, path, rows):
            problems.append(Problem(row["path"] or "(no path)", reason))
        else:
            rows[path] = said
    if not rows:
        why = f"; {problems[0].path}: {problems[0].reason}" if problems else ""
        raise CorpusError(f"the manifest names no clip that can be used{why}")
    return Listing(clip_table(rows.values()), tuple(problems))


def _reason_against(said: dict[str, str], path: Path, rows: dict[Path, dict[str, str]]) -> str | None:
    if empty := [column for column in REQUIRED if not said["clip" if column == "path" else column].strip()]:
        return f"no {' and no '.join(empty)} given"
    if (first := rows.get(path)) is not None:
        same = all(first[c] == said[c] for c in ("speaker", "emotion"))
        return "listed twice" if same else "listed twice with different labels, the first row is used"
    try:
        return None if path.is_file() else "no such file"
    except OSError as error:
        return f"cannot be opened: {error.strerror or error}"
