"""A run's charts: a function per chart, from a saved run to a figure, and which of them a run gets."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from ser_bench.core.errors import RunError
from ser_bench.report.analysis.failures import comparable_attributes, feature_importance, trained_models
from ser_bench.report.analysis.scores import gap_splits, ranking_split
from ser_bench.report.analysis.transfer import transfer_models as transferred
from ser_bench.report.charts.bars import accuracy, uar
from ser_bench.report.charts.calibration import calibration
from ser_bench.report.charts.confusion import confusion
from ser_bench.report.charts.cost import cost
from ser_bench.report.charts.curves import curves
from ser_bench.report.charts.gap import leakage_gap
from ser_bench.report.charts.groups import groups
from ser_bench.report.charts.importance import importance
from ser_bench.report.charts.render import render
from ser_bench.report.charts.significance import significance
from ser_bench.report.charts.speakers import speakers
from ser_bench.report.charts.transfer import heat_map
from ser_bench.runs.results import SavedRun, write_file

FORMATS = ("png", "svg")
"""What charts may be drawn as."""

_LONGEST = 200

_OURS = re.compile(
    r"(accuracy|uar|leakage_gap|significance|transfer|cost|speakers|calibration|importance|groups|confusion_.+|curves_.+)"
    r"\.(png|svg)"
)


def charts_of(run: SavedRun) -> dict[str, Callable[[SavedRun], Figure]]:
    """Return the charts that a run has, by the names of their files."""
    models, splits = run.info["models"], run.info["splits"]
    charts: dict[str, Callable[[SavedRun], Figure]] = {"accuracy": accuracy, "uar": uar}
    if gap_splits(splits):
        charts["leakage_gap"] = leakage_gap
    if transferred(run):
        charts["transfer"] = heat_map
    charts |= {"significance": significance, "cost": cost, "speakers": speakers} | _failures(run)
    for model in models:
        for split in splits:
            charts[_file_name(f"confusion_{model}_{split}")] = partial(confusion, model=model, split=split)
    charts |= {name: partial(curves, model=model) for name, model in curve_names(run).items()}
    return charts


def curve_names(run: SavedRun) -> dict[str, str]:
    """Return the models that learn by epochs, by the names of their charts of curves."""
    learnt = set(run.curves["model"])
    return {_file_name(f"curves_{model}"): model for model in run.info["models"] if model in learnt}


def draw_charts(run: SavedRun, folder: Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Draw a run's charts into ``folder/charts``, removing those of an earlier run; return the files.

    The same run gives the same bytes. Raises :class:`ser_bench.core.errors.RunError` where the folder
    cannot be written.
    """
    written = []
    for name, draw in charts_of(run).items():
        figure = draw(run)
        for kind in formats:
            path = folder / "charts" / f"{name}.{kind}"
            write_file(path, render(figure, kind), sync=False)
            written.append(path)
    _remove_others(folder / "charts", written)
    return written


def _failures(run: SavedRun) -> dict[str, Callable[[SavedRun], Figure]]:
    """Return the charts of where models fail that have something to show under the split that ranks models."""
    split = ranking_split(run.info["splits"])
    shown: dict[str, Callable[[SavedRun], Figure]] = {"calibration": calibration} if trained_models(run) else {}
    if not feature_importance(run, split).empty:
        shown["importance"] = importance
    if comparable_attributes(run, split):
        shown["groups"] = groups
    return shown


def _remove_others(folder: Path, written: Sequence[Path]) -> None:
    """Remove the charts that an earlier run left, and nothing else."""
    for path in folder.iterdir():
        if path not in written and _OURS.fullmatch(path.name):
            try:
                path.unlink()
            except OSError as error:
                raise RunError(f"cannot remove the outdated chart {path}: {error.strerror}") from error


def _file_name(name: str) -> str:
    """Keep what every file system takes; ``cross:emodb`` becomes ``cross-emodb``."""
    said = re.sub(r"[^\w.+-]", "-", name)
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return said if len(said.encode()) < _LONGEST else f"{said[:40]}-{digest}"
