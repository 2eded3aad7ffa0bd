"""A corpus, ready to be looked at: what was measured of each clip, its F0, its neighbours and its place on a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ser_bench import corpora
from ser_bench.core.errors import CorpusError
from ser_bench.core.labels import label_order
from ser_bench.core.progress import Progress
from ser_bench.explore import neighbours, projection
from ser_bench.explore.health import measured_columns
from ser_bench.explore.neighbours import Share
from ser_bench.features import DEFAULT, FEATURE_SETS
from ser_bench.report.formatting import plural
from ser_bench.runs.extraction import extract_corpus
from ser_bench.runs.workers import available_cores
from ser_bench.store.matrix import assemble

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.corpora.base import Corpus
    from ser_bench.features.base import FeatureSet

MOST_COMPARED = 12_000
"""Neighbours are looked for among so many clips at most: every pair is compared."""
MOST_MAPPED = 2_500
"""The map shows so many clips at most; more take minutes and hide one another."""

MEASURES = ("seconds", "level", "peak_level", "silence", "f0")
"""What is known of each clip: its length in seconds, levels in dB of full scale (RMS, peak), the share of it that is
silence, and its median F0 over voiced frames in Hz (NaN where no frame is voiced)."""


@dataclass(frozen=True)
class Explored:
    """A corpus's clips, its clip table with :data:`MEASURES` and, on the map, ``x`` and ``y`` (else NaN).

    ``shares`` are what neighbours share; ``compared`` and ``mapped`` how many clips they and the map are of, ``method``
    how the map was drawn, empty where there is none; ``seed`` drew both of a large corpus.
    """

    corpus: Corpus
    clips: pd.DataFrame
    features: int
    shares: tuple[Share, ...]
    compared: int
    mapped: int
    method: str
    seed: int

    @property
    def emotions(self) -> tuple[str, ...]:
        """The labels that are there, in their order."""
        return label_order(self.clips["emotion"])

    @property
    def genders(self) -> pd.Series:
        """Each clip's gender, empty for what is neither ``female`` nor ``male``."""
        return self.clips["gender"].where(self.clips["gender"].isin(("female", "male")), "")

    def f0_of(self, emotion: str, gender: str) -> np.ndarray:
        """Return the median F0 in Hz of the clips of an emotion and gender that have one."""
        chosen = (self.clips["emotion"] == emotion) & (self.genders == gender)
        return self.clips["f0"][chosen].dropna().to_numpy()

    @property
    def line(self) -> str:
        """Which corpus this is, and how large."""
        corpus, clips = self.corpus, self.clips
        named = corpus.name.casefold() in corpus.title.casefold()
        return " · ".join(
            (
                corpus.title if named else f"{corpus.title} ({corpus.name})",
                plural(len(clips), "clip"),
                plural(clips["speaker"].nunique(), "speaker"),
                plural(len(self.emotions), "emotion"),
                f"{clips['seconds'].sum() / 3600:.2f} h of sound",
            )
        )


def explore(options: Options, progress: Progress) -> Explored:
    """Open a corpus, fill the store with its default vectors, measure every clip, and draw its map.

    Raises :class:`SerBenchError` where the corpus or the store cannot be used.
    """
    if corpora.is_feature_table(options.corpus):
        raise CorpusError(f"{options.corpus} is a table of features, and has no audio to draw")
    filled = extract_corpus(options, _default_vector, progress)
    sounds = measured_columns(filled.extraction.clips["path"].tolist(), options.jobs or available_cores(), progress)
    clips = filled.extraction.clips.assign(**sounds)
    clips = clips[clips["error"] == ""].reset_index(drop=True)
    if clips.empty:
        raise CorpusError(f"no clip of {filled.opened.corpus.name} can be read any more")
    X = assemble(clips, filled.sets, filled.store)
    clips = clips.assign(**_measures(clips, X))
    compared = projection.sample(len(clips), MOST_COMPARED, options.seed)
    told = neighbours.shares(clips.iloc[compared], neighbours.standardised(X[compared]))
    clips, mapped, method = _mapped(clips, X, options.seed)
    return Explored(filled.opened.corpus, clips, X.shape[1], tuple(told), len(compared), mapped, method, options.seed)


def _default_vector(shelf: Mapping[str, FeatureSet]) -> tuple[FeatureSet, ...]:
    return (shelf[DEFAULT],)


def _measures(clips: pd.DataFrame, X: np.ndarray) -> dict[str, np.ndarray]:
    semitones, voiced = (X[:, FEATURE_SETS[DEFAULT].columns.index(name)] for name in ("f0_p50", "voiced_share"))
    return {
        "level": 20 * np.log10(clips["rms"].to_numpy()),
        "peak_level": 20 * np.log10(clips["peak"].to_numpy()),
        "silence": (clips["silent"] / clips["seconds"]).to_numpy(),
        "f0": np.where(voiced > 0, 150 * 2 ** (semitones.astype(np.float64) / 12), np.nan),
    }


def _mapped(clips: pd.DataFrame, X: np.ndarray, seed: int) -> tuple[pd.DataFrame, int, str]:
    places = np.full((len(clips), 2), np.nan)
    shown, method = projection.sample(len(clips), MOST_MAPPED, seed), ""
    if len(shown) > 1:
        places[shown], method = projection.project(neighbours.standardised(X[shown]), seed)
    return clips.assign(x=places[:, 0], y=places[:, 1]), len(shown), method
