"""Whether a run's tables are those of one run: names that ``run.json`` lists, no row twice, clips as the fits tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ser_bench.runs.results.tables import FIT_KEY

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.runs.results.run_info import RunInfo

STATUSES = ("ok", "failed", "timeout", "skipped")
"""What may come of a fit."""

_FIT_KEY = list(FIT_KEY)
_FINITE = {"fits": 1e15, "audit": 1e15, "importance": 1e15}
"""What every number of a table is smaller than; curves of a network that diverged may have no end."""


def disagreement(info: RunInfo, tables: Mapping[str, pd.DataFrame], predictions: pd.DataFrame) -> str:
    """Return what is wrong, as the file's name and, after a colon, the reason; empty for tables of one run."""
    return (
        _strange(info, tables)
        or _twice({**tables, "predictions": predictions})
        or _no_values(tables)
        or _other_clips(tables["fits"], predictions)
    )


def _strange(info: RunInfo, tables: Mapping[str, pd.DataFrame]) -> str:
    allowed = {"status": STATUSES, "model": info.models, "split": info.splits}
    for name, table in tables.items():
        for column in (column for column in allowed if column in table):
            if strange := sorted(set(table[column]) - set(allowed[column])):
                return f"{name}.csv: unknown {column} {strange[0][:40]!r}"
    return ""


def _twice(tables: Mapping[str, pd.DataFrame]) -> str:
    keys = {"fits": _FIT_KEY, "clips": ["clip"], "audit": ["split", "repeat", "fold"]}
    keys |= {"predictions": [*_FIT_KEY, "clip"], "curves": [*_FIT_KEY, "epoch"], "importance": [*_FIT_KEY, "group"]}
    for name, key in keys.items():
        if tables[name].duplicated(key).any():
            return f"{name}.{'parquet' if name == 'predictions' else 'csv'}: a row stands twice"
    return ""


def _no_values(tables: Mapping[str, pd.DataFrame]) -> str:
    for name, most in _FINITE.items():
        if (tables[name].select_dtypes("number").astype("float64").abs() >= most).any(axis=None):
            return f"{name}.csv: a number is beyond all bounds"
    if (tables["audit"]["test_clips"] < 1).any():
        return "audit.csv: a fold tests no clip"
    for text in tables["fits"]["parameters"].unique():
        try:
            sound = isinstance(json.loads(text), dict)
        except (ValueError, RecursionError):
            sound = False
        if not sound:
            return "fits.csv: parameters are not what they should be"
    return ""


def _other_clips(fits: pd.DataFrame, predictions: pd.DataFrame) -> str:
    import numpy as np

    fitted = fits[fits["status"] == "ok"]
    planned = fitted.set_index(_FIT_KEY)["n_test"].astype("float64").sort_index()
    found = predictions.astype({"model": "str", "split": "str"}).groupby(_FIT_KEY).size().sort_index()
    if list(planned.index) != list(found.index) or (planned.to_numpy() != found.to_numpy()).any():
        return "predictions.parquet: its clips are not those of the fits in fits.csv"
    chances = predictions.select_dtypes("float32").to_numpy()
    return "" if np.isfinite(chances).all() else "predictions.parquet: a probability is no number"
