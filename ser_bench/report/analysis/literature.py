"""Published scores of the protocol of a run."""

from __future__ import annotations

import json
from importlib import resources

import pandas as pd

from ser_bench.runs.results import SavedRun

PUBLISHED_CLIPS = {"ravdess": 1440}
"""The clips of the published protocol: a part of a corpus is another protocol, dropped duplicates are not."""


def published_scores(run: SavedRun) -> pd.DataFrame:
    """Return the published scores that are comparable with a run.

    Corpus, split, number of labels, target and normalisation must be the same.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        ``system``, ``split``, ``uar`` and ``accuracy`` (fractions), and ``source``, the lowest UAR first.
    """
    text = resources.files("ser_bench").joinpath("data/published.json").read_text(encoding="utf-8")
    entries = pd.DataFrame(json.loads(text)["entries"])
    info = run.info
    whole = info.corpus.clips + len(info.dropped) == PUBLISHED_CLIPS.get(info.corpus.name)
    comparable = info.target == "emotion" and not info.synthetic and whole
    same = (
        (entries["corpus"] == info.corpus.name)
        & entries["split"].isin(info.splits)
        & (entries["labels"] == len(run.labels))
        & (entries["normalize"] == info.normalize)
        & comparable
    )
    columns = ["system", "split", "uar", "accuracy", "source"]
    return entries.loc[same, columns].sort_values("uar", ignore_index=True)
