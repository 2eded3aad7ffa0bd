"""Published figures of the same protocol, to stand beside a run's own; never across protocols."""

from __future__ import annotations

import json
from importlib import resources

import pandas as pd

from ser_bench.runs.results import SavedRun

PUBLISHED_CLIPS = {"ravdess": 1440}
"""A run of part of a corpus is another protocol; clips lost as copies do not make it one."""


def published_scores(run: SavedRun) -> pd.DataFrame:
    """Return ``system``, ``split``, ``uar``, ``accuracy`` (fractions) and ``source`` of what is comparable.

    The corpus, the split, the number of labels, the target and the normalisation must be the same.
    """
    columns = ["system", "split", "uar", "accuracy", "source"]
    text = resources.files("ser_bench").joinpath("data/published.json").read_text(encoding="utf-8")
    entries = pd.DataFrame(json.loads(text)["entries"])
    info = run.info
    name = info.corpus.name
    whole = info.corpus.clips + len(info.dropped) == PUBLISHED_CLIPS.get(name)
    same = (
        (entries["corpus"] == name)
        & entries["split"].isin(info.splits)
        & (entries["labels"] == len(run.labels))
        & (entries["normalize"] == info.normalize)
    )
    if info.target != "emotion" or info.synthetic or not whole:
        same = same & False
    return entries.loc[same, columns].sort_values("uar", ignore_index=True)
