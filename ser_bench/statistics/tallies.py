"""Clips counted by speaker and class, and scores of all speakers, of each, and of draws of speakers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Score = Callable[[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]], npt.NDArray[np.float64]]
"""Clips recognised, recorded and predicted per class, of shape ``(..., classes)``, to scores of shape ``(...)``."""


@dataclass(frozen=True, eq=False)
class Tallies:
    """Numbers of clips, int64 of shape ``(..., speakers, classes)``; leading axes may be models, splits and repeats.

    Parameters
    ----------
    hits : ndarray
        Clips of the class that were recognised.
    recorded : ndarray
        Clips of the class.
    predicted : ndarray
        Clips predicted as the class.
    """

    hits: np.ndarray
    recorded: np.ndarray
    predicted: np.ndarray


def speaker_draws(speakers: int, draws: int = 2000, seed: int = 0) -> np.ndarray:
    """Draw speakers with replacement.

    Parameters
    ----------
    speakers : int
        Number of speakers.
    draws : int
        Number of draws.
    seed : int
        Seed of the draws.

    Returns
    -------
    ndarray of int64, shape (draws, speakers)
        How often each speaker is drawn; rows sum to ``speakers``.

    Raises
    ------
    ValueError
        For fewer than one speaker or draw.
    """
    if speakers < 1 or draws < 1:
        raise ValueError(f"speakers and draws must be at least 1; got {speakers} speakers and {draws} draws")
    # the stream of RandomState does not change between releases of NumPy, but it depends on the type
    drawn = np.random.RandomState(seed).randint(speakers, size=(draws, speakers), dtype=np.int64)
    cells = drawn + speakers * np.arange(draws)[:, np.newaxis]
    return np.bincount(cells.ravel(), minlength=draws * speakers).reshape(draws, speakers)


def tally(
    speaker_codes: npt.ArrayLike, true_codes: npt.ArrayLike, predicted_codes: npt.ArrayLike, speakers: int, classes: int
) -> Tallies:
    """Count clips by speaker and class.

    Parameters
    ----------
    speaker_codes, true_codes, predicted_codes : array_like of int, shape (clips,)
        Speaker, recorded class and predicted class of each clip.
    speakers, classes : int
        Number of speakers and of classes.

    Returns
    -------
    Tallies
        Of shape ``(speakers, classes)``.

    Raises
    ------
    ValueError
        For unequal lengths or a code outside its range.
    """
    speaker = _codes(speaker_codes, speakers, "speaker")
    true = _codes(true_codes, classes, "true")
    predicted = _codes(predicted_codes, classes, "predicted")
    if not len(speaker) == len(true) == len(predicted):
        raise ValueError(
            f"codes must have one length; got {len(speaker)} speakers, {len(true)} labels, {len(predicted)} predictions"
        )

    def count(cells: np.ndarray) -> np.ndarray:
        return np.bincount(cells, minlength=speakers * classes).reshape(speakers, classes)

    recorded_cells, predicted_cells = speaker * classes + true, speaker * classes + predicted
    return Tallies(
        hits=count(recorded_cells[true == predicted]), recorded=count(recorded_cells), predicted=count(predicted_cells)
    )


def stack(tallies: Sequence[Tallies]) -> Tallies:
    """Join tallies along a new first axis.

    Parameters
    ----------
    tallies : sequence of Tallies
        At least one, of equal shapes.

    Returns
    -------
    Tallies

    Raises
    ------
    ValueError
        For unequal shapes or an empty sequence.
    """
    return Tallies(
        hits=np.stack([part.hits for part in tallies]),
        recorded=np.stack([part.recorded for part in tallies]),
        predicted=np.stack([part.predicted for part in tallies]),
    )


def scores_of(tallies: Tallies, scores: Mapping[str, Score]) -> dict[str, np.ndarray]:
    """Score all speakers' clips together.

    Parameters
    ----------
    tallies : Tallies
        Counts of shape ``(..., speakers, classes)``.
    scores : mapping of str to callable
        A function per name, of counts of shape ``(..., classes)``; see :class:`ser_bench.metrics.Metric`.

    Returns
    -------
    dict of str to ndarray of float64, shape (...)
        NaN where there is no clip.
    """
    counts = [part.sum(axis=-2) for part in (tallies.hits, tallies.recorded, tallies.predicted)]
    return {name: score(*counts) for name, score in scores.items()}


def scores_by_speaker(tallies: Tallies, scores: Mapping[str, Score]) -> dict[str, np.ndarray]:
    """Score the clips of each speaker.

    Parameters
    ----------
    tallies : Tallies
        Counts of shape ``(..., speakers, classes)``.
    scores : mapping of str to callable
        As for :func:`scores_of`.

    Returns
    -------
    dict of str to ndarray of float64, shape (..., speakers)
        NaN where there is no clip.
    """
    return {name: score(tallies.hits, tallies.recorded, tallies.predicted) for name, score in scores.items()}


def bootstrap_scores(tallies: Tallies, draws: np.ndarray, scores: Mapping[str, Score]) -> dict[str, np.ndarray]:
    """Score each draw of speakers.

    Parameters
    ----------
    tallies : Tallies
        Counts of shape ``(..., speakers, classes)``.
    draws : ndarray of int64, shape (draws, speakers)
        How often each speaker is drawn, from :func:`speaker_draws`.
    scores : mapping of str to callable
        As for :func:`scores_of`.

    Returns
    -------
    dict of str to ndarray of float64, shape (..., draws)

    Raises
    ------
    ValueError
        If the number of speakers differs.
    """
    leading = tallies.recorded.shape[:-2]
    weights = np.asarray(draws, dtype=np.float64)  # a product of integers would not use BLAS; these are exact too
    drawn = {name: np.empty((*leading, len(weights))) for name in scores}
    for cell in np.ndindex(leading):  # one at a time: sums of all cells together would need a hundred times the memory
        sums = [weights @ part[cell] for part in (tallies.hits, tallies.recorded, tallies.predicted)]
        for name, score in scores.items():
            drawn[name][cell] = score(*sums)
    return drawn


def _codes(values: npt.ArrayLike, size: int, name: str) -> np.ndarray:
    codes = np.asarray(values, dtype=np.int64)
    if codes.ndim != 1 or np.any((codes < 0) | (codes >= size)):
        raise ValueError(f"{name} codes must be integers from 0 to {size - 1}, in one dimension")
    return codes
