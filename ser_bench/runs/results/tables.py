"""The CSV tables of a run folder: their columns, and how they are written and read.

Rows are identified by names (model, split, repeat, fold, clip), never by position.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FIT_KEY = ("model", "split", "repeat", "fold")
"""The columns that identify a fit of a run."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A CSV file of a run folder.

    Attributes
    ----------
    name : str
        Name of the file without ``.csv``.
    columns : tuple of str
        All columns in order. Those without a type below hold floats.
    texts : tuple of str
        Columns of strings; they are read as they are, because a speaker may be called "1" or "NA".
    integers : tuple of str
        Columns of integers without missing values.
    counts : tuple of str
        Columns of integers that may be missing.
    last : tuple of str
        Columns that order the rows of one fit.
    digits : int or None
        Significant digits of floats; None for all.
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
        """The name of the file."""
        return f"{self.name}.csv"

    def select_columns(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of this table in order; a table without rows may lack some.

        Parameters
        ----------
        table : pandas.DataFrame
            The rows.

        Returns
        -------
        pandas.DataFrame
        """
        return table.reindex(columns=list(self.columns)) if table.empty else table[list(self.columns)]

    def to_csv(self, table: pd.DataFrame) -> bytes:
        """Return the content of the file.

        Parameters
        ----------
        table : pandas.DataFrame
            The rows.

        Returns
        -------
        bytes
        """
        number_format = f"%.{self.digits}g" if self.digits else None
        table = table.astype(dict.fromkeys(self.counts, "Int64"))
        text: str = table.to_csv(index=False, lineterminator="\n", float_format=number_format)
        return text.encode()

    def from_csv(self, data: bytes) -> pd.DataFrame:
        """Read the content of the file.

        Parameters
        ----------
        data : bytes
            Content of the file.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        ValueError or KeyError
            If a column is missing or a value has the wrong type.
        """
        import pandas as pd

        if not data.endswith(b"\n"):
            raise ValueError("the last line is cut off")
        missing_values = {name: [""] for name in self.columns if name not in self.texts}
        texts = dict.fromkeys(self.texts, str)
        table = pd.read_csv(io.BytesIO(data), dtype=texts, keep_default_na=False, na_values=missing_values)
        dtypes = dict.fromkeys(self.integers, "int64") | dict.fromkeys(self.counts, "Int64")
        return table[list(self.columns)].astype({name: dtypes.get(name, "float64") for name in missing_values})


FITS = Table(
    name="fits",
    columns=(
        *("corpus", "target", "features", "normalize", *FIT_KEY, "seed", "status", "error"),
        *("n_train", "n_test", "trained_clips", "trained_speakers", "trained_voices"),
        *("accuracy", "uar", "macro_f1", "fit_seconds", "predict_seconds", "parameters"),
        *("model_bytes", "key", "transductive", "batch_difference", "finished", "commit"),
        *("effort", "temperature", "set_threshold", "calibration_clips", "calibration_speakers"),
        *("n_weights", "epochs", "best_epoch", "ended"),
    ),
    texts=(
        *("corpus", "target", "features", "normalize", "model", "split", "status", "error", "parameters", "key"),
        *("transductive", "finished", "commit", "effort", "ended"),
    ),
    integers=("repeat", "fold", "seed"),
    counts=(
        *("n_train", "n_test", "trained_clips", "trained_speakers", "trained_voices", "model_bytes"),
        *("calibration_clips", "calibration_speakers", "n_weights", "epochs", "best_epoch"),
    ),
)
"""A row per planned fit; only with the metrics of the package.

``trained_clips`` and ``trained_speakers`` count those that the weights were trained on, without those held out for
early stopping; ``trained_voices`` counts the test clips whose speaker is one of them. ``transductive`` is "yes" where
predictions of a clip depended on the clips predicted with it, else "no"; ``batch_difference`` is the largest change of
a probability. ``finished`` is the time at which the fit was computed, by the code of ``commit``.

``effort`` is "full", or "quick" where the model had the parameters that make its fits quick. ``temperature`` and
``set_threshold`` (of prediction sets of 90 % coverage) were fitted on ``calibration_clips`` held-out training clips of
``calibration_speakers``; all four are missing where a model is not calibrated. A network has ``n_weights`` trainable
weights, those of ``best_epoch`` out of ``epochs``; training ended by "patience" or with the "last epoch".
"""


def fits_table(metrics: Iterable[str]) -> Table:
    """Return :data:`FITS` with the columns of further metrics after ``macro_f1``.

    Parameters
    ----------
    metrics : iterable of str
        Names of metrics.

    Returns
    -------
    Table
    """
    position = FITS.columns.index("macro_f1") + 1
    further = tuple(name for name in metrics if name not in FITS.columns)
    return replace(FITS, columns=(*FITS.columns[:position], *further, *FITS.columns[position:]))


CURVES = Table(
    name="curves",
    columns=(*FIT_KEY, "epoch", "loss", "accuracy", "clean_accuracy", "val_loss", "val_accuracy"),
    texts=("model", "split"),
    integers=("repeat", "fold", "epoch"),
    last=("epoch",),
    digits=6,  # only drawn, never computed with; halves the largest CSV file
)
"""A row per epoch of each fit of a neural network.

``loss`` and ``accuracy`` are means over the training clips as the network saw them, with augmentation and dropout.
``clean_accuracy`` is measured after the epoch on at most 512 original training clips, without either.
"""

CLIPS = Table(
    name="clips",
    columns=("clip", "speaker", "gender", "text", "intensity", "emotion", "path"),
    texts=("clip", "speaker", "gender", "text", "intensity", "emotion", "path"),
    last=("clip",),
)
"""A row per usable clip; ``path`` is relative to the folder of the corpus."""

AUDIT = Table(
    name="audit",
    columns=(
        *("split", "repeat", "fold", "train_clips", "test_clips", "train_speakers", "test_speakers", "shared_speakers"),
        *("test_clips_of_known_speakers", "test_texts", "shared_texts", "test_clips_of_known_texts"),
        *("test_clips_of_uncertain_texts", "test_clips_of_known_takes", "identical_clips", "near_identical_clips"),
        *("train_corpora", "test_corpora", "untrained_classes"),
    ),
    texts=("split", "train_corpora", "test_corpora", "untrained_classes"),
    integers=("repeat", "fold", "train_clips", "test_clips", "test_clips_of_uncertain_texts", "identical_clips"),
    counts=(
        *("train_speakers", "test_speakers", "shared_speakers", "test_clips_of_known_speakers"),
        *("test_texts", "shared_texts", "test_clips_of_known_texts"),
        *("test_clips_of_known_takes", "near_identical_clips"),
    ),
)
"""A row per fold of the leakage audit: what its training and test clips share.

Counts are missing where nothing is known: those of speakers where a clip's speaker is unknown, those of texts where no
text is known. Of texts, ``shared_texts`` and ``test_clips_of_known_texts`` count what is certain, and
``test_clips_of_uncertain_texts`` the test clips whose text may be in training, because it or training texts are
unknown. ``untrained_classes`` is a JSON list of the classes that are tested although no training clip has them.
"""

IMPORTANCE = Table(
    name="importance",
    columns=(*FIT_KEY, "group", "columns", "uar", "uar_shuffled"),
    texts=("model", "split", "group"),
    integers=("repeat", "fold", "columns"),
    digits=6,
)
"""A row per fit and group of features: the UAR, and the UAR with the group shuffled among the test clips."""


LOSSES = Table(
    name="losses",
    columns=("kind", "name", "reason"),
    texts=("kind", "name", "reason"),
    last=("kind", "name"),
)
"""What the run did not use: clips, rows, columns, classes and speakers, each with the reason."""


def tables_with(metrics: Iterable[str]) -> tuple[Table, ...]:
    """Return the tables of a run that has these metrics.

    Parameters
    ----------
    metrics : iterable of str
        Names of metrics.

    Returns
    -------
    tuple of Table
    """
    return (fits_table(metrics), *TABLES[1:])


TABLES = (FITS, CURVES, CLIPS, AUDIT, IMPORTANCE, LOSSES)
