"""The training of networks: their weights, the epochs that they took, and why training ended."""

from __future__ import annotations

import pandas as pd

from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.models import model_parameters
from ser_bench.runs.results import SavedRun


@cached_per_run
def network_training(run: SavedRun) -> pd.DataFrame:
    """Summarise the training of each network under each split over its finished fits.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        A row per model and split, in the order of the run: ``model``, ``split``, ``fits``; ``n_weights``, the mean
        number of trainable weights; ``shortest``, ``longest``, the epochs of the fits; ``first``, ``median``, ``last``,
        the epochs whose weights were the best; ``patience`` and ``last_epoch``, the fits that ended so; ``at_end``, the
        fits whose last epoch was the best; ``held_out_clips``, ``held_out_speakers``, the means of those that
        the validation loss is measured on, NaN where unknown; ``validated``, whether there is such a loss;
        ``refitted``, whether the network was then trained on all training clips.
    """
    fits = run.fits[(run.fits["status"] == "ok") & (run.fits["n_weights"].fillna(0) > 0)]
    counts = ["n_weights", "epochs", "best_epoch", "calibration_clips", "calibration_speakers"]
    fits = fits.assign(**{name: fits[name].astype("float64") for name in counts})
    groups = fits.groupby(["model", "split"], sort=False)
    rows = [_row(run, str(model), str(split), part) for (model, split), part in groups]
    order = {name: position for position, name in enumerate([*run.info.models, *run.info.splits])}
    rows.sort(key=lambda row: (order[str(row["model"])], order[str(row["split"])]))
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    *("model", "split", "fits", "n_weights", "shortest", "longest", "first", "median", "last"),
    *("patience", "last_epoch", "at_end", "held_out_clips", "held_out_speakers", "validated", "refitted"),
]


def _row(run: SavedRun, model: str, split: str, fits: pd.DataFrame) -> dict[str, object]:
    curves = run.curves[(run.curves["model"] == model) & (run.curves["split"] == split)]
    epochs, best = fits["epochs"], fits["best_epoch"]
    ended = fits["ended"].value_counts()
    return {
        "model": model,
        "split": split,
        "fits": len(fits),
        "n_weights": fits["n_weights"].mean(),
        "shortest": epochs.min(),
        "longest": epochs.max(),
        "first": best.min(),
        "median": best.median(),
        "last": best.max(),
        "patience": int(ended.get("patience", 0)),
        "last_epoch": int(ended.get("last epoch", 0)),
        "at_end": int((best == epochs).sum()),
        "held_out_clips": fits["calibration_clips"].mean(),
        "held_out_speakers": fits["calibration_speakers"].mean(),
        "validated": bool(curves["val_loss"].notna().any()),
        "refitted": bool(model_parameters(run)[model].get("refit")),
    }


def best_epochs(run: SavedRun, table: pd.DataFrame) -> pd.DataFrame:
    """Return the best epoch of each fit.

    Parameters
    ----------
    run : SavedRun
    table : DataFrame
        Rows of ``curves.csv``.

    Returns
    -------
    DataFrame
        The rows of the best epochs, with ``ended``, why the training of the fit ended.
    """
    keys = ["model", "split", "repeat", "fold"]
    ends = run.fits.loc[run.fits["ended"] != "", [*keys, "best_epoch", "ended"]]
    return table.merge(ends.rename(columns={"best_epoch": "epoch"}).astype({"epoch": "int64"}), on=[*keys, "epoch"])


def means_by_epoch(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a measure by epoch over the fits, as long as at least half of them still train.

    Parameters
    ----------
    table : DataFrame
        Rows of ``curves.csv`` of one model and split.
    column : str

    Returns
    -------
    DataFrame of float64, index epoch
        ``mean``, ``min`` and ``max``; empty where the measure is unknown.
    """
    if column not in table:
        return pd.DataFrame(columns=["mean", "min", "max"], dtype="float64")
    fits = len(table[["repeat", "fold"]].drop_duplicates())
    epochs = table.groupby("epoch")[column].agg(["mean", "min", "max", "count"])
    return epochs.loc[epochs["count"] >= fits / 2, ["mean", "min", "max"]].astype("float64")
