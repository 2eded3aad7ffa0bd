"""Checks that the tables of a run folder belong together: known names, unique rows, the clips of the fits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ser_bench.audio.conditions import CLEAN
from ser_bench.runs.results.predictions import PREDICTIONS_FILE, UNCALIBRATED
from ser_bench.runs.results.run_info import COMMIT_PATTERN, FINISHED_PATTERN
from ser_bench.runs.results.tables import FIT_KEY

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.runs.results.run_info import RunInfo

STATUSES = ("ok", "failed", "timeout", "skipped")
"""The values of ``status`` in ``fits.csv``."""

TRANSDUCTIVE = ("yes", "no", "")
"""The values of ``transductive`` in ``fits.csv``; empty where it is unknown."""

EFFORTS = ("full", "quick")
"""The values of ``effort`` in ``fits.csv``."""

ENDINGS = ("patience", "last epoch", "")
"""The values of ``ended`` in ``fits.csv``; empty for a model without epochs."""

_FIT_KEY = list(FIT_KEY)
_UNIQUE = {
    "fits": _FIT_KEY,
    "clips": ["clip"],
    "audit": ["split", "repeat", "fold"],
    "predictions": [*_FIT_KEY, "condition", "clip"],
    "curves": [*_FIT_KEY, "epoch"],
    "importance": [*_FIT_KEY, "group"],
}
_MAX_NUMBER = 1e15
_PATTERNS = {"finished": FINISHED_PATTERN, "commit": COMMIT_PATTERN}
_BOUNDED = ("fits", "audit", "importance")  # not the curves: a network may diverge


@dataclass(frozen=True)
class Fault:
    """A file of a run folder that does not fit the others, and why.

    Attributes
    ----------
    file : str
        Name of the file.
    reason : str
        What is wrong.
    """

    file: str
    reason: str


def find_fault(info: RunInfo, tables: Mapping[str, pd.DataFrame], predictions: pd.DataFrame) -> Fault | None:
    """Return the first fault of the tables of a run; None if they belong together.

    Parameters
    ----------
    info : RunInfo
        The content of ``run.json``.
    tables : mapping of str to DataFrame
        The tables by name, without the predictions.
    predictions : DataFrame
        The predictions.

    Returns
    -------
    Fault or None
    """
    return (
        _find_unknown_name(info, tables)
        or _find_duplicate(tables, predictions)
        or _find_invalid_value(tables)
        or _find_invalid_predictions(tables["fits"], predictions[predictions["condition"] == CLEAN])
        or _find_invalid_conditions(predictions)
    )


def _find_unknown_name(info: RunInfo, tables: Mapping[str, pd.DataFrame]) -> Fault | None:
    known = {
        **{"status": STATUSES, "transductive": TRANSDUCTIVE, "effort": EFFORTS, "ended": ENDINGS},
        **{"model": info.models, "split": info.splits},
    }
    for name, table in tables.items():
        for column in (column for column in known if column in table):
            if unknown := set(table[column]) - set(known[column]):
                return Fault(f"{name}.csv", f"unknown {column} {min(unknown)[:40]!r}")
    return None


def _find_duplicate(tables: Mapping[str, pd.DataFrame], predictions: pd.DataFrame) -> Fault | None:
    for name, key in _UNIQUE.items():
        table = predictions if name == "predictions" else tables[name]
        if table.duplicated(key).any():
            file = PREDICTIONS_FILE if name == "predictions" else f"{name}.csv"
            return Fault(file, f"duplicate row for {', '.join(key)}")
    return None


def _find_invalid_value(tables: Mapping[str, pd.DataFrame]) -> Fault | None:
    for name in _BOUNDED:
        if (tables[name].select_dtypes("number").astype("float64").abs() >= _MAX_NUMBER).any(axis=None):
            return Fault(f"{name}.csv", f"expected numbers below {_MAX_NUMBER:g}")
    if (tables["audit"]["test_clips"] < 1).any():
        return Fault("audit.csv", "a fold has no test clip")
    for text in tables["audit"]["untrained_classes"].unique():
        if text and not _is_json(text, list):
            return Fault("audit.csv", f"untrained_classes: expected a JSON list, got {text[:40]!r}")
    reason = _invalid_fit_value(tables["fits"])
    return Fault("fits.csv", reason) if reason else None


def _invalid_fit_value(fits: pd.DataFrame) -> str:
    for text in fits["parameters"].unique():
        if not _is_json(text, dict):
            return f"parameters: expected a JSON object, got {text[:40]!r}"
    bounds = (("trained_clips", "n_train"), ("trained_voices", "n_test"), ("calibration_clips", "n_train"))
    for smaller, larger in (*bounds, ("best_epoch", "epochs")):
        if (fits[smaller] > fits[larger]).any():
            return f"{smaller} exceeds {larger}"
    if ((fits["batch_difference"] < 0) | (fits["batch_difference"] > 1)).any():
        return "batch_difference: expected a number from 0 to 1"
    if (fits["temperature"] <= 0).any():
        return "temperature: expected a positive number"
    if ((fits["set_threshold"] < 0) | (fits["set_threshold"] > 1)).any():
        return "set_threshold: expected a number from 0 to 1"
    for name, pattern in _PATTERNS.items():
        invalid = fits[name][~fits[name].str.fullmatch(pattern)]
        if len(invalid):
            return f"{name}: unexpected value {invalid.iloc[0][:40]!r}"
    return ""


def _is_json(text: str, kind: type) -> bool:
    try:
        return isinstance(json.loads(text), kind)
    except (ValueError, RecursionError):
        return False


def _find_invalid_predictions(fits: pd.DataFrame, predictions: pd.DataFrame) -> Fault | None:
    import numpy as np

    expected = fits[fits["status"] == "ok"].set_index(_FIT_KEY)["n_test"].astype("float64").sort_index()
    actual = predictions.astype({"model": "str", "split": "str"}).groupby(_FIT_KEY).size().sort_index()
    if list(expected.index) != list(actual.index) or (expected.to_numpy() != actual.to_numpy()).any():
        return Fault(PREDICTIONS_FILE, "the number of clips per fit differs from n_test in fits.csv")
    if not np.isfinite(predictions.filter(regex="^p_").to_numpy()).all():
        return Fault(PREDICTIONS_FILE, "a probability is not finite")
    return _find_invalid_scores(fits, predictions)


def _find_invalid_conditions(predictions: pd.DataFrame) -> Fault | None:
    """Check that each fit predicts the same clips under a condition as without one; some may be missing."""
    import numpy as np
    import pandas as pd

    clean = predictions["condition"] == CLEAN
    changed = predictions[~clean]
    if changed.empty:
        return None
    if not np.isfinite(changed.filter(regex="^p_").to_numpy()).all():
        return Fault(PREDICTIONS_FILE, "a probability is not finite")
    if changed[list(UNCALIBRATED)].notna().any(axis=None):
        return Fault(PREDICTIONS_FILE, "a clip under a condition has scores before calibration")
    columns = [*_FIT_KEY, "clip", "speaker", "true"]
    codes = pd.DataFrame({name: pd.factorize(predictions[name])[0] for name in columns}, index=predictions.index)
    rows = pd.factorize(pd.MultiIndex.from_frame(codes))[0]
    if not np.isin(rows[~clean], rows[clean]).all():
        return Fault(PREDICTIONS_FILE, "a clip under a condition is not a test clip of its fit")
    return None


def _find_invalid_scores(fits: pd.DataFrame, predictions: pd.DataFrame) -> Fault | None:
    """Check that the scores before calibration are there for the clips of calibrated fits, and for no others."""
    import numpy as np

    scores = predictions[list(UNCALIBRATED)]
    if np.isinf(scores.to_numpy()).any() or (scores < 0).any(axis=None):
        return Fault(PREDICTIONS_FILE, "a score before calibration is infinite or negative")
    names = predictions[_FIT_KEY].astype({"model": "str", "split": "str"})
    counts = scores.notna().groupby([names[name] for name in _FIT_KEY]).sum()
    ok = fits[fits["status"] == "ok"].set_index(_FIT_KEY)
    expected = ok["n_test"].astype("float64").where(ok["temperature"].notna(), 0).reindex(counts.index)
    if (counts.sub(expected, axis=0) != 0).any(axis=None):
        return Fault(PREDICTIONS_FILE, "scores before calibration do not fit temperature in fits.csv")
    return None
