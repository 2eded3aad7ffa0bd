"""UAR per speaker: a heat map of models by speakers."""

from __future__ import annotations

from matplotlib.figure import Figure

from ser_bench.report.analysis.exposure import ranked_learners, unranked_learners
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.scores import missing_folds, scores_by_speaker
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.heat_map import draw_heat_map
from ser_bench.report.findings.titles import speakers_title
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun


def _draw(run: SavedRun) -> Figure:
    """Draw UAR per model (rows) and speaker (columns, hardest first) under the split that ranks models."""
    split = ranking_split(run.info.splits)
    table = scores_by_speaker(run, split).reindex(all_models_ranked(run))
    table = table[table.mean().sort_values(kind="stable").index]
    notes = missing_folds(run).xs(split, level=1)
    shown = f"UAR (%) per speaker under the {split} split, the hardest speaker first"
    return draw_heat_map(run, speakers_title(run), table, notes, split, shown=shown)


def _alt_text(run: SavedRun) -> str:
    split = ranking_split(run.info.splits)
    table = scores_by_speaker(run, split)
    ranking = ranked_learners(run, split)
    means = table.reindex(ranking or trained_models(run)).mean().dropna().sort_values(kind="stable")
    if means.empty:
        return "No model finished."
    first, last = means.index[0], means.index[-1]
    models = "ranked models" if ranking and unranked_learners(run, split) else "models"
    return (
        f"A cell of UAR per model and speaker under the {split} split. Mean over {models} without baselines: "
        f"the hardest speaker is {first} with {percent(means[first])} %, the easiest {last} with "
        f"{percent(means[last])} %."
    )


CHART = Chart(
    name="speakers",
    title="UAR per speaker",
    order=70,
    section=None,
    draw=_draw,
    finding=speakers_title,
    alt_text=_alt_text,
    applies_to=lambda run: bool(run.info.corpus.speakers),
)
