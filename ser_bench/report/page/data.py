"""The numbers of the page as one block of JSON, for the script that shows other measures and splits."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.intervals import each_speakers_scores, speaker_tallies
from ser_bench.report.analysis.literature import published_scores
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.scores import (
    confusion_counts,
    metrics_of,
    missing_folds,
    page_metrics,
)
from ser_bench.report.analysis.splits import gap_splits, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.descriptions import model_title
from ser_bench.report.page.strips import Scale
from ser_bench.runs.results import SavedRun

_DIGITS = 4


@cached_per_run
def scores_of_speakers(run: SavedRun, split: str, model: str) -> dict[str, dict[str, float]]:
    """Return the scores of each speaker of a model, by metric and speaker.

    Parameters
    ----------
    run : SavedRun
    split, model : str

    Returns
    -------
    dict of str to dict of str to float
        Means over repeats; empty for a model with a missing fold, and without speakers where they are unknown.
    """
    if missing_folds(run)[model, split]:
        return {}
    tallies = speaker_tallies(run, model, split)
    scores = each_speakers_scores(tallies, metrics_of(run))
    return {
        metric: {speaker: value for speaker, value in zip(tallies[0], values, strict=True) if speaker}
        for metric, values in scores.items()
    }


@cached_per_run
def clips_by_class(run: SavedRun, split: str) -> list[int]:
    """Count the distinct clips of each class that a split tests.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    list of int
        In the order of the labels.
    """
    part = run.predictions.loc[run.predictions["split"] == split, ["clip", "true"]].astype("str").drop_duplicates()
    counts = part["true"].value_counts()
    return [int(counts.get(label, 0)) for label in run.labels]


@cached_per_run
def score_scale(run: SavedRun) -> Scale:
    """Return the scale of scores that all pictures of a page share: it holds every measure, split and speaker.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Scale
    """
    return Scale.of([*_scores(run), *_speakers(run), *published_scores(run)["uar"]])


def _scores(run: SavedRun) -> Iterable[float]:
    table = summarise(run)
    names = [
        f"{split}_{metric}{end}"
        for split in run.info.splits
        for metric in page_metrics(run)
        for end in ("", "_low", "_high")
    ]
    yield from table[names].to_numpy().ravel()


def _speakers(run: SavedRun) -> Iterable[float]:
    for model in run.info.models:
        if model in BASELINES:
            continue
        for split in run.info.splits:
            yield from scores_of_speakers(run, split, model).get("uar", {}).values()


def page_data(run: SavedRun) -> str:
    """Return what the script reads, as JSON that is safe inside a ``script`` element.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        ``measures``: titles by metric; ``ranking``: the split that ranks the models; ``splits``; ``gap``: the splits of
        the gap or null; ``models``: name, title and whether it is a baseline, in the order of the summary;
        ``labels``; ``scores[measure][split][model]``: value, low, high (null where unknown);
        ``speakers[measure][split][model]``: a score per speaker; ``clips[split]``: tested clips per label;
        ``confusions[split][model]``: counts of predictions, rows are true.
    """
    pair, table = gap_splits(run), summarise(run).set_index("model")
    content = {
        "measures": dict(page_metrics(run)),
        "ranking": ranking_split(run.info.splits),
        "splits": list(run.info.splits),
        "gap": [pair.independent, pair.takes, pair.random] if pair else None,
        "models": [[model, model_title(run, model), model in BASELINES] for model in table.index],
        "labels": list(run.labels),
        "scores": {
            metric: {
                split: {
                    model: [_number(table.at[model, f"{split}_{metric}{end}"]) for end in ("", "_low", "_high")]
                    for model in table.index
                }
                for split in run.info.splits
            }
            for metric in page_metrics(run)
        },
        "speakers": {
            metric: {
                split: {
                    model: list(map(_number, scores_of_speakers(run, split, model).get(metric, {}).values()))
                    for model in table.index
                }
                for split in run.info.splits
            }
            for metric in page_metrics(run)
        },
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


def _number(value: Any) -> float | None:
    return None if math.isnan(value) else round(float(value), _DIGITS)
