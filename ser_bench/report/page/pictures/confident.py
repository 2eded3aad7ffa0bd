"""Accuracy against the share of the clips that are kept, the most confident ones."""

from __future__ import annotations

from ser_bench.report.analysis.calibration import accuracy_by_share, measured_models
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.descriptions import model_title
from ser_bench.report.formatting import percent
from ser_bench.report.page.pictures.series import MOST_SERIES, series
from ser_bench.report.page.plots.axes import Axis, linear_axis
from ser_bench.report.page.plots.marks import Line, Mark
from ser_bench.report.page.plots.names import Name
from ser_bench.report.page.plots.picture import Plot
from ser_bench.runs.results import SavedRun

_SHARES = tuple(share / 20 for share in range(2, 21))
"""From a tenth of the clips, as fewer say little, to all of them."""

_HALF = _SHARES.index(0.5)


def confident_plot(run: SavedRun) -> Plot | None:
    """Prepare the accuracy among the most confident clips, a line per model.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Plot or None
        None if no confidence is measured.
    """
    split = ranking_split(run.info.splits)
    known = measured_models(run, split, calibrated=False)
    models = [model for model in all_models_ranked(run) if model in known]
    if not models:
        return None
    curves = 100 * accuracy_by_share(run, split, _SHARES)
    y = linear_axis("accuracy (%)", list(curves.loc[models].to_numpy().ravel()), lowest=0, highest=100)
    marks, names = list[Mark](), list[Name]()
    for index, model in reversed(list(enumerate(models))):
        points = tuple((100 * share, float(value)) for share, value in zip(_SHARES, curves.loc[model], strict=True))
        title = model_title(run, model)
        coloured, tip = index < MOST_SERIES, _tip(title, points)
        marks.append(Line(points, series(index).kind if coloured else "other", model, tip=tip, clear=coloured))
        if coloured:
            names.insert(0, Name(points[::2], title, series(index).colour, model))
    return Plot(
        name="confident",
        title="Accuracy of the most confident clips",
        words=f"Accuracy on all clips and on the most confident half: {'; '.join(_halves(run, split, models))}.",
        x=Axis("clips kept (%), the most confident ones", 10, 100),
        y=y,
        marks=tuple(marks),
        names=tuple(names),
    )


def _tip(title: str, points: tuple[tuple[float, float], ...]) -> str:
    return f"{title}: {points[-1][1]:.1f} % of all clips right, {points[_HALF][1]:.1f} % of the most confident half"


def _halves(run: SavedRun, split: str, models: list[str]) -> list[str]:
    table = accuracy_by_share(run, split, (1.0, 0.5)).loc[models]
    rows = zip(models, table[1.0], table[0.5], strict=True)
    return [f"{model_title(run, model)} {percent(whole)} and {percent(half)} %" for model, whole, half in rows]
