"""A corpus for pictures: measurements, F0, nearest neighbours and a map of the features of its clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ser_bench import corpora
from ser_bench.core.errors import CorpusError
from ser_bench.core.labels import label_order
from ser_bench.core.progress import Progress
from ser_bench.core.text import plural, speaker_count
from ser_bench.explore.health import measure_clips
from ser_bench.explore.neighbours import NeighbourShare, neighbour_shares, standardise
from ser_bench.explore.projection import project, sample_clips
from ser_bench.features import DEFAULT, FEATURE_SETS
from ser_bench.features.speech.pitch import REFERENCE_HZ
from ser_bench.runs.extraction import extract_corpus
from ser_bench.runs.workers import available_cores
from ser_bench.store.matrix import assemble

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.corpora.base import Corpus
    from ser_bench.features.base import FeatureSet

GENDERS = ("female", "male", "")
"""The genders in their order in pictures and tables; the empty string is unknown."""

MEASURES = ("seconds", "level", "peak_level", "silence", "f0")
"""Measurements of each clip: length in seconds, levels in dBFS (RMS, peak), silence as a fraction of the clip, and
median F0 over voiced frames in Hz (NaN where no frame is voiced)."""

_MAX_COMPARED = 12_000
"""The most clips among which neighbours are searched: every pair is compared."""
_MAX_MAPPED = 2_500
"""The most clips on the map: more take minutes and hide each other."""


@dataclass(frozen=True)
class ExploredCorpus:
    """A corpus with measurements.

    Parameters
    ----------
    corpus : Corpus
    clips : DataFrame
        The clip table with :data:`MEASURES` and the position ``x`` and ``y`` on the map, NaN for clips off the map.
    dimension : int
        Number of features.
    shares : tuple of NeighbourShare
    compared, mapped : int
        Numbers of clips among which neighbours were searched, and on the map.
    method : str
        How the map was computed; empty where there is none.
    """

    corpus: Corpus
    clips: pd.DataFrame
    dimension: int
    shares: tuple[NeighbourShare, ...]
    compared: int
    mapped: int
    method: str

    @property
    def emotions(self) -> tuple[str, ...]:
        """The labels that occur, in their order."""
        return label_order(self.clips["emotion"])

    @property
    def genders(self) -> pd.Series:
        """The gender of each clip, empty for other values than ``female`` and ``male``."""
        return self.clips["gender"].where(self.clips["gender"].isin(("female", "male")), "")

    def f0_of(self, emotion: str, gender: str) -> np.ndarray:
        """Return the median F0 of clips.

        Parameters
        ----------
        emotion, gender : str

        Returns
        -------
        ndarray
            In Hz, of the clips of that emotion and gender with a voiced frame.
        """
        selected = (self.clips["emotion"] == emotion) & (self.genders == gender)
        return np.asarray(self.clips["f0"][selected].dropna())

    @property
    def summary(self) -> str:
        """Title and size of the corpus in a line."""
        corpus, clips = self.corpus, self.clips
        has_name = corpus.name.casefold() in corpus.title.casefold()
        return " · ".join(
            (
                corpus.title if has_name else f"{corpus.title} ({corpus.name})",
                plural(len(clips), "clip"),
                speaker_count(len(set(clips["speaker"]) - {""})),
                plural(len(self.emotions), "emotion"),
                f"{clips['seconds'].sum() / 3600:.2f} h of sound",
            )
        )


def explore_corpus(options: Options, progress: Progress) -> ExploredCorpus:
    """Open a corpus, extract its default features into the store, measure every clip and compute the map.

    Parameters
    ----------
    options : Options
    progress : Progress

    Returns
    -------
    ExploredCorpus

    Raises
    ------
    SerBenchError
        If the corpus or the store cannot be used.
    """
    if corpora.is_feature_table(options.corpus):
        raise CorpusError(f"cannot draw {options.corpus}: a table of features has no audio; give a corpus of clips")
    extracted = extract_corpus(options, _default_features, progress)
    opened, clips = extracted.opened, extracted.extraction.clips
    clips = clips.assign(**measure_clips(clips["path"].tolist(), options.jobs or available_cores(), progress))
    for clip, error in clips.loc[clips["error"] != "", ["clip", "error"]].itertuples(index=False):
        progress.warning(f"{clip} is left out: {error}")
    clips = clips[clips["error"] == ""].reset_index(drop=True)
    if clips.empty:
        raise CorpusError(f"no clip of {opened.name} can be read any more")
    X = assemble(clips, extracted.sets, extracted.store)
    clips = clips.assign(**_measures(clips, X))
    compared = sample_clips(len(clips), _MAX_COMPARED, options.seed)
    shares = neighbour_shares(clips.iloc[compared], standardise(X[compared]))
    clips, mapped, method = _add_map(clips, X, options.seed)
    return ExploredCorpus(
        corpus=replace(opened.corpus, name=opened.name, title=opened.title),
        clips=clips,
        dimension=X.shape[1],
        shares=tuple(shares),
        compared=len(compared),
        mapped=mapped,
        method=method,
    )


def _default_features(feature_sets: Mapping[str, FeatureSet]) -> tuple[FeatureSet, ...]:
    return (feature_sets[DEFAULT],)


def _measures(clips: pd.DataFrame, X: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns of :data:`MEASURES` that :func:`measure_clips` does not give."""
    semitones, voiced = (X[:, FEATURE_SETS[DEFAULT].columns.index(name)] for name in ("f0_p50", "voiced_share"))
    return {
        "level": 20 * np.log10(clips["rms"].to_numpy()),
        "peak_level": 20 * np.log10(clips["peak"].to_numpy()),
        "silence": (clips["silent"] / clips["seconds"]).to_numpy(),
        "f0": np.where(voiced > 0, REFERENCE_HZ * 2 ** (semitones.astype(np.float64) / 12), np.nan),
    }


def _add_map(clips: pd.DataFrame, X: np.ndarray, seed: int) -> tuple[pd.DataFrame, int, str]:
    """Return the clips with their positions on the map, the number of clips on it, and the method."""
    positions = np.full((len(clips), 2), np.nan)
    mapped, method = sample_clips(len(clips), _MAX_MAPPED, seed), ""
    if len(mapped) > 1:
        positions[mapped], method = project(standardise(X[mapped]), seed)
    return clips.assign(x=positions[:, 0], y=positions[:, 1]), len(mapped), method
