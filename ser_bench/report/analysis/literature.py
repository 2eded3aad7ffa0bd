"""Published scores on the folds of a run, and how they were obtained."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pandas as pd

from ser_bench.corpora.clip_table import SAME_SAMPLES
from ser_bench.report.analysis.exposure import heard_models
from ser_bench.runs.results import SavedRun

PUBLISHED_CLIPS = {"ravdess": 1440}
"""The clips of the published folds: a part of a corpus has other folds, dropped duplicates do not."""


OWN_CHOICES = (
    "The default columns and parameters of ser-bench were chosen on inner folds that together cover all actors."
)
"""What limits the comparison on the side of ser-bench."""


def published_note(run: SavedRun) -> str:
    """State what published scores and those of a run do not have in common.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A few sentences; empty without published scores.
    """
    sources = published_scores(run)["source"].unique()
    recipes = _published()["recipes"]
    notes = [recipes[source] for source in sources if source in recipes]
    if not len(sources):
        return ""
    shared = "Published figures share the folds of this run, not its training."
    return " ".join(filter(None, [shared, _heard_note(run), *notes, OWN_CHOICES]))


def _heard_note(run: SavedRun) -> str:
    """State that some scores on the published folds prove nothing; empty without any."""
    splits = published_scores(run)["split"].unique()
    if not any(heard_models(run, split) for split in splits):
        return ""
    return "Scores of models that take no rank do not compare with them: the features have heard the corpus."


def published_scores(run: SavedRun) -> pd.DataFrame:
    """Return the published scores on the test clips of a run.

    Corpus, split, number of labels, target and normalisation must be the same.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        ``system``, ``split``, ``uar`` and ``accuracy`` (fractions), and ``source``, the lowest UAR first.
    """
    entries = pd.DataFrame(_published()["entries"])
    info = run.info
    copies = int(run.losses["reason"].str.startswith(SAME_SAMPLES).sum())
    whole = info.corpus.clips + copies == PUBLISHED_CLIPS.get(info.corpus.name)
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


def _published() -> dict[str, Any]:
    """Return the content of ``published.json``."""
    content: dict[str, Any] = json.loads(
        resources.files("ser_bench").joinpath("data/published.json").read_text(encoding="utf-8")
    )
    return content
