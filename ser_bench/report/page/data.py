"""The numbers of the page as one block of JSON, for the script that shows other measures and splits."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from ser_bench.report.analysis.exposure import heard_models
from ser_bench.report.analysis.intervals import scores_of_few
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.scores import chance_levels, clips_by_class, confusion_counts, metrics_of, missing_folds
from ser_bench.report.analysis.speakers import scores_of_speakers
from ser_bench.report.analysis.splits import gap_splits, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.descriptions import model_title
from ser_bench.report.formatting import percent
from ser_bench.report.page.looks import speaker_shapes
from ser_bench.runs.results import SavedRun


def measures(run: SavedRun) -> dict[str, str]:
    """Return the titles of the metrics that the pictures can show.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to str
        By name; UAR, which ranks the models, comes first.
    """
    metrics = metrics_of(run)
    return {name: metrics[name].title for name in sorted(metrics, key=lambda name: name != "uar")}


def page_data(run: SavedRun) -> str:
    """Return what the script reads, as JSON that is safe inside a ``script`` element.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Scores are whole tenths of a percent, null where unknown, so that the script writes the digits of the tables.
        ``corpus``; ``measures``: titles by metric, UAR first; ``ranking``: the split that ranks the models;
        ``splits``; ``gap``: the splits of the gap or null; ``models``: name, title and whether it is a baseline, in
        the order of the summary; ``heard[split]``: the models that take no rank, where there are any; ``labels``;
        ``chance[measure]``; ``scores[measure][split][model]``: value, low, high;
        ``missing[split][model]``: what stands for a score without every fold; ``few``: the splits with too few
        speakers for intervals; ``names[split]``: speakers; ``shapes[speaker]``: of a dot that is not round;
        ``speakers[measure][split][model]``: the positions of the lowest and the highest speaker, the median, and a
        score per speaker; ``clips[split]``: tested clips per label; ``confusions[split][model]``: counts of
        predictions, rows are true.
    """
    pair, table, metrics = gap_splits(run), summarise(run).set_index("model"), measures(run)
    content = {
        "corpus": run.info.corpus.name,
        "measures": metrics,
        "ranking": ranking_split(run.info.splits),
        "splits": list(run.info.splits),
        "gap": [pair.independent, pair.takes, pair.random] if pair else None,
        "models": [[model, model_title(run, model), model in BASELINES] for model in table.index],
        **_without_rank(run),
        "labels": list(run.labels),
        "chance": {metric: _tenths(level) for metric, level in chance_levels(run).items()},
        "scores": {
            metric: {
                split: {
                    model: [_tenths(table.at[model, f"{split}_{metric}{end}"]) for end in ("", "_low", "_high")]
                    for model in table.index
                }
                for split in run.info.splits
            }
            for metric in metrics
        },
        **_of_speakers(run),
        "clips": {split: clips_by_class(run, split) for split in run.info.splits},
        "confusions": {
            split: {
                model: confusion_counts(run, model, split).tolist()
                for model in table.index
                if not missing_folds(run)[model, split]
            }
            for split in run.info.splits
        },
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _without_rank(run: SavedRun) -> dict[str, Any]:
    """Return the models that take no rank by split, since their features have heard the tested corpus; often none."""
    by_split = {split: heard_models(run, split) for split in run.info.splits if heard_models(run, split)}
    return {"heard": by_split} if by_split else {}


def _of_speakers(run: SavedRun) -> dict[str, Any]:
    """Return what the script reads about speakers and missing folds."""
    splits, models, notes = run.info.splits, run.info.models, missing_folds(run)
    scores = {split: {model: scores_of_speakers(run, split, model) for model in models} for split in splits}
    tested = {split: next((cell["uar"] for cell in scores[split].values() if cell), {}) for split in splits}
    return {
        "missing": {split: {m: notes[m, split] for m in models if notes[m, split]} for split in splits},
        "few": sorted({split for _, split, _ in scores_of_few(run)}),
        "names": {split: list(speakers) for split, speakers in tested.items()},
        "shapes": {speaker: style for speaker, style in speaker_shapes(run).items() if style != "round"},
        "speakers": {
            metric: {
                split: {model: _extremes_and_scores(cell.get(metric, {})) for model, cell in scores[split].items()}
                for split in splits
            }
            for metric in measures(run)
        },
    }


def _extremes_and_scores(by_speaker: dict[str, float]) -> list[int | None]:
    """Return the positions of the lowest and the highest speaker, the median, and every score; empty without any."""
    values = np.array(list(by_speaker.values()))
    if not len(values) or np.isnan(values).all():
        return []
    return [int(np.nanargmin(values)), int(np.nanargmax(values)), _tenths(np.nanmedian(values)), *map(_tenths, values)]


def _tenths(value: float) -> int | None:
    """Return a fraction in tenths of a percent, rounded as :func:`~ser_bench.report.formatting.percent` rounds."""
    return None if math.isnan(value) else round(10 * float(percent(value)))
