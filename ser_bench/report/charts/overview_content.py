"""What the overview shows of a run: scores, speakers, gap, similar models and published figures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ser_bench.report.analysis.comparisons import Comparison, comparison
from ser_bench.report.analysis.exposure import ranked
from ser_bench.report.analysis.gaps import gap_scores
from ser_bench.report.analysis.literature import published_scores
from ser_bench.report.analysis.scores import chance_levels, scores_by_speaker
from ser_bench.report.analysis.splits import GapSplits, gap_splits, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.runs.results import SavedRun

_MOST_TICKS = 60
"""With more speakers, the strip shows this many quantiles of their scores."""


@dataclass(frozen=True, eq=False)
class Overview:
    """The content of the overview; scores are in percent, and rows are models, the best first.

    Parameters
    ----------
    run : SavedRun
    split : str
        The split that ranks the models.
    table : DataFrame
        The summary of the run.
    speakers : ndarray of float64, shape (models, ticks)
        Scores of each speaker, or their quantiles; no columns for fewer than two known speakers.
    speaker_count : int
    pair : GapSplits or None
        The splits of the gap.
    gap : DataFrame, index model
        UAR per split of the pair.
    compared : Comparison or None
    published : DataFrame
        Published scores on the folds of the run.
    """

    run: SavedRun
    split: str
    table: pd.DataFrame
    speakers: npt.NDArray[np.float64]
    speaker_count: int
    pair: GapSplits | None
    gap: pd.DataFrame
    compared: Comparison | None
    published: pd.DataFrame

    @property
    def models(self) -> list[str]:
        """The models in the order of the rows."""
        return list(self.table["model"])

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        """UAR under the split that ranks the models and its interval, shape ``(models, 3)``."""
        names = [f"{self.split}_uar{end}" for end in ("", "_low", "_high")]
        return np.asarray(100 * self.table[names], dtype="float64")

    @property
    def has_intervals(self) -> bool:
        """Whether any model has an interval."""
        return bool(np.isfinite(self.scores[:, 1:]).any())

    @property
    def has_quantiles(self) -> bool:
        """Whether the strip shows quantiles."""
        return bool(self.speaker_count > self.speakers.shape[1] > 0)

    @property
    def published_splits(self) -> list[str]:
        """The splits with published scores, a row each below the models."""
        return list(self.published["split"].unique())

    def best_under(self, split: str) -> float:
        """Return the UAR of the first row's model under a split.

        Parameters
        ----------
        split : str

        Returns
        -------
        float
            A fraction; NaN where a fold is missing, and for a model whose features have heard the tested corpus.
        """
        takes_rank = ranked(self.run, self.models[:1], split)
        return float(self.table[f"{split}_uar"].iloc[0]) if takes_rank else math.nan

    @property
    def bracketed(self) -> list[str]:
        """The best model and those that do not differ significantly from it; empty without such a model or a test."""
        return list(self.compared.similar_to_leader) if self.compared else []

    @property
    def has_whole_gaps(self) -> bool:
        """Whether a model has a gap whose parts are unknown, though the run has the split that tells them apart."""
        if self.pair is None or self.pair.takes is None:
            return False
        whole = self.gap[self.gap[self.pair.takes].isna()]
        return bool(whole[[self.pair.random, self.pair.independent]].notna().all(axis=1).any())

    @property
    def limits(self) -> tuple[float, float]:
        """Ends of the axis, in steps of five; dots, unlike bars, need not start from zero."""
        drawn = [
            self.scores,
            self.speakers,
            self.gap,
            100 * self.published["uar"],
            100 * chance_levels(self.run)["uar"],
        ]
        values = np.concatenate([np.ravel(part).astype("float64") for part in drawn])
        values = values[np.isfinite(values)]
        low, high = 5 * np.floor(values.min() / 5) - 2, 5 * np.ceil(values.max() / 5) + 2
        return float(max(low, -2.0)), float(min(max(high, low + 30), 102.0))


def overview_of(run: SavedRun) -> Overview:
    """Return the content of the overview of a run.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Overview
    """
    split, table, pair = ranking_split(run.info.splits), summarise(run), gap_splits(run)
    by_speaker = scores_by_speaker(run, split).reindex(list(table["model"]))
    ticks, count = 100 * by_speaker.to_numpy("float64"), by_speaker.shape[1]
    if count > _MOST_TICKS:
        ticks = np.nanquantile(ticks, np.linspace(0, 1, _MOST_TICKS), axis=1).T
    gap = 100 * gap_scores(run, pair) if pair else pd.DataFrame(index=list(run.info.models))
    shown = ticks if count > 1 and np.isfinite(ticks).any() else ticks[:, :0]
    return Overview(run, split, table, shown, count, pair, gap, comparison(run), published_scores(run))
