"""What a reader can choose: the measure, the split and the models of the pictures."""

from __future__ import annotations

from dataclasses import dataclass

from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.descriptions import model_title
from ser_bench.report.page.data import measures
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class Controls:
    """The choices of the bar of controls, and of the matrix.

    Parameters
    ----------
    measures : tuple of (str, str)
        Names and titles, the first one as shown without script.
    splits : tuple of str
    ranking : str
        The split shown without script.
    models : tuple of (str, str)
        Names and titles, the best first.
    baselines : bool
        Whether baselines can be hidden from other models.
    """

    measures: tuple[tuple[str, str], ...]
    splits: tuple[str, ...]
    ranking: str
    models: tuple[tuple[str, str], ...]
    baselines: bool


def controls(run: SavedRun) -> Controls:
    """Return what a reader of a run's page can choose.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Controls
    """
    models = all_models_ranked(run)
    return Controls(
        tuple(measures(run).items()),
        tuple(run.info.splits),
        ranking_split(run.info.splits),
        tuple((model, model_title(run, model)) for model in models),
        0 < sum(model in BASELINES for model in models) < len(models),
    )
