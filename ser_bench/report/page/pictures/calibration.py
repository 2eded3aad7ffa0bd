"""Accuracy against confidence before and after calibration: the best models together, every model on its own."""

from __future__ import annotations

from ser_bench.report.analysis.calibration import calibration_of, measured_models, model_reliability
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.descriptions import model_title
from ser_bench.report.formatting import percent
from ser_bench.report.page.pictures.series import MOST_SERIES, Series, series
from ser_bench.report.page.plots.axes import Axis
from ser_bench.report.page.plots.marks import Dots, Line, Mark
from ser_bench.report.page.plots.names import Name
from ser_bench.report.page.plots.picture import Plot
from ser_bench.runs.results import SavedRun
from ser_bench.statistics import Reliability


def calibration_plot(run: SavedRun) -> Plot | None:
    """Prepare accuracy against confidence of the models with the highest UAR.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Plot or None
        None if no confidence is measured.
    """
    models = _measured(run)[:MOST_SERIES]
    return _plot(run, models, "calibration") if models else None


def further_calibration_plots(run: SavedRun) -> dict[str, Plot]:
    """Prepare accuracy against confidence of every other model.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to Plot
        By model, the highest UAR first; without the models of :func:`calibration_plot`.
    """
    others = enumerate(_measured(run)[MOST_SERIES:])
    return {model: _plot(run, [model], f"calibration-{index}") for index, model in others}


def _measured(run: SavedRun) -> list[str]:
    """Return the models whose confidence is measured, the highest UAR first."""
    known = measured_models(run, ranking_split(run.info.splits), calibrated=False)
    return [model for model in all_models_ranked(run) if model in known]


def _plot(run: SavedRun, models: list[str], name: str) -> Plot:
    split = ranking_split(run.info.splits)
    marks: list[Mark] = [Line(((0, 0), (100, 100)), "diagonal", tip="confidence equals accuracy")]
    names = []
    for index, model in enumerate(models):
        before = model_reliability(run, model, split, before=True)
        after = model_reliability(run, model, split)
        looks, title = series(index), model_title(run, model)
        if before is not None:
            marks += _bins(before, model, title, looks, before=True)
        if after is not None:
            marks += _bins(after, model, title, looks, before=False)
        shown = before if after is None else after
        if shown is not None and len(models) > 1:
            names.append(Name(_points(shown), title, looks.colour, model))
    return Plot(
        name=name,
        title=f"Accuracy against confidence: {', '.join(model_title(run, model) for model in models)}",
        words=_words(run, models, split),
        x=Axis("confidence (%)", 0, 100),
        y=Axis("accuracy (%)", 0, 100),
        marks=tuple(marks),
        names=tuple(names),
    )


def _bins(bins: Reliability, model: str, title: str, looks: Series, *, before: bool) -> list[Mark]:
    """Return a line and a dot per bin that has clips; faint and hollow before calibration."""
    points = _points(bins)
    when = "before calibration" if before else "after calibration"
    tips = tuple(f"{title}, {when}: {x:.1f} % confident, {y:.1f} % right" for x, y in points)
    faint = " faint" if before else ""
    dots = Dots(points, looks.colour + (" faint hollow" if before else ""), model, looks.shape, tips, 3.0)
    return [Line(points, looks.kind + faint, model), dots]


def _points(bins: Reliability) -> tuple[tuple[float, float], ...]:
    used = bins.count > 0
    pairs = zip(100 * bins.confidence[used], 100 * bins.accuracy[used], strict=True)
    return tuple((float(x), float(y)) for x, y in pairs)


def _words(run: SavedRun, models: list[str], split: str) -> str:
    """Describe a picture by the calibration errors."""
    table, parts = calibration_of(run, split), []
    for model in models:
        before, after = (percent(float(table.at[model, name])) for name in ("ece_before", "ece"))
        parts.append(f"{model_title(run, model)} {before} points before and {after} after calibration")
    return f"On the diagonal, confidence equals accuracy. Expected calibration error: {'; '.join(parts)}."
