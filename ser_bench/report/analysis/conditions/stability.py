"""Stability of predictions: the share of labels that change under inaudible changes of a clip."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.conditions.counts import condition_counts, ends
from ser_bench.report.analysis.conditions.tested import heard_families
from ser_bench.report.analysis.intervals import speaker_draws
from ser_bench.runs.results import SavedRun

COLUMNS = ("model", "split", "condition", "changed", "changed_low", "changed_high", "heard_in_training", "clips")
"""The columns of ``stability.csv``."""


@cached_per_run
def changed_labels(run: SavedRun) -> pd.DataFrame:
    """Return the share of changed labels per model, split and inaudible condition, the table of ``stability.csv``.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`, in the order of the run. ``changed`` is the share of the clips under the condition
        whose predicted label is another one than that of the clip as recorded, over all repeats, with its 95 %
        interval over speakers; NaN where a fold is missing. ``heard_in_training`` is ``yes`` if the model heard an
        inaudible condition in training. Empty without an inaudible condition.
    """
    tested = [index for index, condition in enumerate(run.info.conditions, start=1) if not condition.audible]
    tables = [_table(run, split, tested) for split in run.info.splits] if tested else []
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS))


def _table(run: SavedRun, split: str, tested: list[int]) -> pd.DataFrame:
    """Return the rows of one split."""
    counts = condition_counts(run, split)
    differ = counts.label_changes[:, tested].sum(axis=2).astype(np.float64)
    clips = counts.changed.recorded[:, tested].sum(axis=(2, 4)).astype(np.float64)
    clips[~counts.complete] = np.nan
    draws = speaker_draws(counts.speakers).astype(np.float64)
    total, drawn = clips.sum(axis=-1), clips @ draws.T
    for denominator in (total, drawn):
        denominator[denominator == 0] = np.nan
    changed = differ.sum(axis=-1) / total
    low, high = ends(statistics.score_interval, differ @ draws.T / drawn, changed, counts.speaker_counts[:, tested])
    cells = pd.MultiIndex.from_product(
        [counts.models, [counts.conditions[index] for index in tested]], names=["model", "condition"]
    )
    numbers = {"changed": changed, "changed_low": low, "changed_high": high, "clips": counts.clips[:, tested]}
    columns = {name: part.ravel() for name, part in numbers.items()}
    table = cells.to_frame(index=False).assign(split=split, **columns)
    families = {condition.name: condition.family for condition in run.info.conditions}
    table["heard_in_training"] = [
        "yes" if families[row.condition] in heard_families(run, row.model) else "no" for row in table.itertuples()
    ]
    return table[list(COLUMNS)]
