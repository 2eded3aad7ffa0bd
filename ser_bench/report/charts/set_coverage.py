"""For whom prediction sets hold the true label: a heat map of models by speakers."""

from __future__ import annotations

from matplotlib.figure import Figure

from ser_bench.report.analysis.calibration import (
    SET_COVERAGE,
    calibration_of,
    calibration_status,
    measured_models,
    set_coverage_by_speaker,
)
from ser_bench.report.analysis.ranking import ranked_models
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.heat_map import draw_heat_map
from ser_bench.report.descriptions import model_title
from ser_bench.report.findings.titles import set_coverage_title
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_WHITE = 0.7
"""The coverage that is white, so that values around the aim have different colours."""

_AIM = f"{100 * SET_COVERAGE:.0f} %"


def _draw(run: SavedRun) -> Figure:
    """Draw the share of each speaker's clips whose set holds the true label, the speaker with the lowest mean first."""
    split = ranking_split(run.info.splits)
    models = ranked_models(run)
    table = set_coverage_by_speaker(run, split).reindex(models)
    table = table[table.mean().sort_values(kind="stable").index]
    notes = calibration_status(run).xs(split, level=1).replace("ok", "")
    shown = f"{_AIM} sets: clips (%) whose set holds the true label, per speaker under the {split} split"
    return draw_heat_map(run, set_coverage_title(run), table, notes, split, shown=shown, lowest=_WHITE)


def _alt_text(run: SavedRun) -> str:
    split = ranking_split(run.info.splits)
    by_speaker, whole = set_coverage_by_speaker(run, split), calibration_of(run, split)["coverage"]
    texts = [
        f"{model_title(run, model)} {percent(whole[model])} %, from {percent(by_speaker.loc[model].min())} to "
        f"{percent(by_speaker.loc[model].max())} %"
        for model in measured_models(run, split)
        if by_speaker.loc[model].notna().any()
    ]
    return (
        "A cell per model and speaker: how many of the speaker's clips have a set that holds the true label; the aim "
        f"is {_AIM}. Over all clips, and from the lowest to the highest speaker: {'; '.join(texts) or 'unknown'}."
    )


CHART = Chart(
    name="set_coverage",
    title="Prediction sets: coverage per speaker",
    section=None,
    order=84,
    draw=_draw,
    finding=set_coverage_title,
    alt_text=_alt_text,
    applies_to=lambda run: bool(run.info.corpus.speakers and measured_models(run, ranking_split(run.info.splits))),
)
