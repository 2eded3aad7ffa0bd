"""The tables of a run's folder: which columns each has, how it becomes CSV and is read back.

Rows are keyed by name (model, split, repeat, fold, clip), never by position. ``predictions.parquet`` is
written in :mod:`ser_bench.runs.results`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FIT_KEY = ("model", "split", "repeat", "fold")
"""What tells a fit of a run from the others."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A CSV file of a run: its columns with their types, and a row's place after model, split, repeat and fold.

    ``texts`` are never guessed at, since models and speakers may be called "1" or "NA"; ``integers``
    have a value in every row, ``counts`` may lack it; the rest are floats, written with ``digits``
    significant digits.
    """

    name: str
    columns: tuple[str, ...]
    texts: tuple[str, ...]
    integers: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    digits: int | None = None

    @property
    def file(self) -> str:
        """The file's name."""
        return f"{self.name}.csv"

    def shaped(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return exactly this table's columns; one without rows need not have them."""
        return table.reindex(columns=list(self.columns)) if table.empty else table[list(self.columns)]

    def to_csv(self, table: pd.DataFrame) -> bytes:
        """Return the file's bytes."""
        whole = dict.fromkeys(self.counts, "Int64")
        style = f"%.{self.digits}g" if self.digits else None
        return table.astype(whole).to_csv(index=False, lineterminator="\n", float_format=style).encode()

    def from_csv(self, data: bytes) -> pd.DataFrame:
        """Return the table; raises ValueError or KeyError for what this never wrote."""
        import pandas as pd

        if not data.endswith(b"\n"):
            raise ValueError("it ends within a line")
        blanks = {name: [""] for name in self.columns if name not in self.texts}
        texts = dict.fromkeys(self.texts, str)
        table = pd.read_csv(io.BytesIO(data), dtype=texts, keep_default_na=False, na_values=blanks)
        kinds = dict.fromkeys(self.integers, "int64") | dict.fromkeys(self.counts, "Int64")
        return table[list(self.columns)].astype({name: kinds.get(name, "float64") for name in blanks})


FITS = Table(
    name="fits",
    columns=(
        *("corpus", "target", "features", "normalize", *FIT_KEY, "seed", "status", "error"),
        *("n_train", "n_test", "accuracy", "uar", "macro_f1", "fit_seconds", "predict_seconds", "parameters"),
        *("model_bytes", "key"),
    ),
    texts=("corpus", "target", "features", "normalize", "model", "split", "status", "error", "parameters", "key"),
    integers=("repeat", "fold", "seed"),
    counts=("n_train", "n_test", "model_bytes"),
)
"""A row per fit that the run planned, whatever came of it; with the metrics of the package alone."""


def fits_table(metrics: Iterable[str]) -> Table:
    """Return :data:`FITS` with the columns of further metrics behind ``macro_f1``."""
    place = FITS.columns.index("macro_f1") + 1
    more = tuple(name for name in metrics if name not in FITS.columns)
    return replace(FITS, columns=(*FITS.columns[:place], *more, *FITS.columns[place:]))


CURVES = Table(
    name="curves",
    columns=(*FIT_KEY, "epoch", "loss", "accuracy", "val_loss", "val_accuracy"),
    texts=("model", "split"),
    integers=("repeat", "fold", "epoch"),
    last=("epoch",),
    digits=6,  # looked at, not computed with: halves the largest text file
)
"""A row per epoch of each fit that learns by epochs."""

CLIPS = Table(
    name="clips",
    columns=("clip", "speaker", "gender", "text", "intensity", "emotion", "path"),
    texts=("clip", "speaker", "gender", "text", "intensity", "emotion", "path"),
    last=("clip",),
)
"""A row per clip of the corpus as it was used; ``path`` is below the corpus's folder."""

AUDIT = Table(
    name="audit",
    columns=(
        *("split", "repeat", "fold", "train_clips", "test_clips", "train_speakers", "test_speakers", "shared_speakers"),
        *("test_clips_of_known_speakers", "test_texts", "shared_texts", "test_clips_of_known_texts"),
        *("identical_clips", "near_identical_clips", "train_corpora", "test_corpora"),
    ),
    texts=("split", "train_corpora", "test_corpora"),
    integers=(
        *("repeat", "fold", "train_clips", "test_clips", "train_speakers", "test_speakers", "shared_speakers"),
        *("test_clips_of_known_speakers", "test_texts", "shared_texts", "test_clips_of_known_texts"),
        "identical_clips",
    ),
    counts=("near_identical_clips",),
)
"""A row per fold: what its training and test clips share."""

IMPORTANCE = Table(
    name="importance",
    columns=(*FIT_KEY, "group", "columns", "uar", "uar_shuffled"),
    texts=("model", "split", "group"),
    integers=("repeat", "fold", "columns"),
    digits=6,
)
"""A row per fit and group of features: UAR as it was, and with the group shuffled among the test clips."""


def tables_with(metrics: Iterable[str]) -> tuple[Table, ...]:
    """Return the tables of a run that has these metrics."""
    return (fits_table(metrics), *TABLES[1:])


TABLES = (FITS, CURVES, CLIPS, AUDIT, IMPORTANCE)
