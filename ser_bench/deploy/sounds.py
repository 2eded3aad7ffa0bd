"""What clips sound like under each recording condition, and which condition a clip resembles.

The training clips give each condition a centre and a spread of every descriptor. A clip resembles the condition under
which its descriptors are most likely, as independent normal variables, and none of them beyond the distance of nearly
all training clips.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench.audio.conditions import CLEAN
from ser_bench.audio.descriptors import NAMES, VERSION, describe
from ser_bench.core.errors import ModelFileError

if TYPE_CHECKING:
    from ser_bench.deploy.manifest import ConditionScore, ConditionsInfo

QUANTILE = 0.99
"""Share of the training clips under a condition that resemble it."""
EVIDENCE = math.log(10.0)
"""A clip counts as clean unless another condition makes its descriptors ten times as likely."""

_LIMITS = (1.5, 2.5)
"""A distance within the first is never large, and beyond the second always; root mean square of standard deviations."""
_FINEST = {"low": 0.25, "high": 0.1, "tilt": 0.7, "snr": 1.5, "noise_tilt": 0.4, "clipped": 0.3, "decay": 15.0}
"""Smallest spread of each descriptor in its unit, about its error of measurement."""
_FLOOR = np.array([_FINEST[name] for name in NAMES])
_PARTS = 4
_LEAST_CLIPPED = 1e-4
_MEAN_TO_STANDARD_DEVIATION = math.sqrt(math.pi / 2)
_LEAST_KNOWN = 0.5
"""Share of the clips that must tell a descriptor."""
_RECOGNISED, _CLEAN_RECOGNISED = 0.5, 0.9
"""Least share of training clips that must be recognised as what they are."""


def vector(y: np.ndarray, sr: float, rate: int | None = None) -> np.ndarray:
    """Return the descriptors of a clip as numbers that are compared.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples.
    sr : float
        Sampling rate in Hz.
    rate : int or None
        Rate to which the model resamples clips, so that it hears nothing above half of it.

    Returns
    -------
    ndarray of float64, shape (7,)
        In the order of :data:`~ser_bench.audio.descriptors.NAMES`: band edges in octaves above 1 Hz, the clipped share
        as decimal logarithm, the others as they are; NaN where the clip does not tell.
    """
    values = dict(zip(NAMES, astuple(describe(y, sr)), strict=True))
    highest = math.inf if rate is None else rate / 2
    values |= {name: math.log2(min(values[name], highest)) for name in ("low", "high")}
    values["clipped"] = math.log10(values["clipped"] + _LEAST_CLIPPED)
    return np.array([values[name] for name in NAMES])


def in_units(name: str, value: float) -> float:
    """Return a compared number in the unit of its descriptor.

    Parameters
    ----------
    name : str
        The descriptor.
    value : float
        The number of :func:`vector`.

    Returns
    -------
    float
    """
    if name in ("low", "high"):
        return float(2**value)
    return max(0.0, float(10**value) - _LEAST_CLIPPED) if name == "clipped" else float(value)


@dataclass(frozen=True, eq=False)
class Sound:
    """The descriptors of clips under a condition.

    Parameters
    ----------
    centre, spread : ndarray of float64, shape (7,)
        Median and standard deviation of each number of :func:`vector`; NaN where most clips do not tell.
    limit : float
        Distance within which :data:`QUANTILE` of the training clips are.
    """

    centre: np.ndarray
    spread: np.ndarray
    limit: float

    def deviations(self, vectors: np.ndarray) -> np.ndarray:
        """Return how far clips are from the centre, in standard deviations.

        Parameters
        ----------
        vectors : ndarray of float64, shape (n, 7)
            The results of :func:`vector`.

        Returns
        -------
        ndarray of float64, shape (n, 7)
            NaN where the clip or the condition does not tell.
        """
        return np.asarray((vectors - self.centre) / self.spread)

    def distances(self, vectors: np.ndarray) -> np.ndarray:
        """Return the root mean square of the deviations.

        Parameters
        ----------
        vectors : ndarray of float64, shape (n, 7)
            The results of :func:`vector`.

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        squares = self.deviations(vectors) ** 2
        return np.asarray(np.sqrt(np.nansum(squares, axis=1) / np.maximum(1, np.isfinite(squares).sum(axis=1))))

    def log_likelihoods(self, vectors: np.ndarray) -> np.ndarray:
        """Return the logarithm of the likelihood of clips, up to a constant.

        Parameters
        ----------
        vectors : ndarray of float64, shape (n, 7)
            The results of :func:`vector`.

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        width = np.nansum(np.log(self.spread / _FLOOR))
        return np.asarray(-np.nansum(self.deviations(vectors) ** 2, axis=1) / 2 - width)

    def to_saved(self) -> dict[str, Any]:
        """Return the fields of :class:`ser_bench.deploy.manifest.ConditionSound`.

        Returns
        -------
        dict
        """
        known = np.flatnonzero(np.isfinite(self.centre))
        return {
            "centre": {NAMES[k]: round(float(self.centre[k]), 4) for k in known},
            "spread": {NAMES[k]: round(float(self.spread[k]), 4) for k in known},
            "limit": round(self.limit, 3),
        }


def fit(vectors: np.ndarray) -> Sound:
    """Describe what clips sound like.

    Parameters
    ----------
    vectors : ndarray of float64, shape (n, 7)
        The results of :func:`vector` for clips under one condition, ordered by speaker; ``n`` is at least 1.

    Returns
    -------
    Sound
        Its limit is for clips that centre and spread do not know: each quarter is measured from the others.
    """
    part = np.arange(len(vectors)) * _PARTS // len(vectors)
    distances = np.zeros(len(vectors))
    for number in np.unique(part):
        others = vectors[part != number]
        distances[part == number] = _fit(others if len(others) else vectors).distances(vectors[part == number])
    return _fit(vectors, float(np.clip(np.quantile(distances, QUANTILE), *_LIMITS)))


def _fit(vectors: np.ndarray, limit: float = 1.0) -> Sound:
    known = np.isfinite(vectors).mean(axis=0) >= _LEAST_KNOWN
    shown = np.where(np.isfinite(vectors).any(axis=0), vectors, 0.0)
    centre = np.nanmedian(shown, axis=0)
    spread = _MEAN_TO_STANDARD_DEVIATION * np.nanmean(np.abs(shown - centre), axis=0)
    return Sound(np.where(known, centre, np.nan), np.where(known, np.maximum(spread, _FLOOR), np.nan), limit)


def recognisable(vectors: Mapping[str, np.ndarray], order: Sequence[str]) -> list[str]:
    """Return the conditions that are recognised by the sound of a clip.

    Conditions are added as long as most training clips under each of them, and nearly all clean ones, are recognised.
    So a clip with a constant offset, which sounds clean, is not said to have one.

    Parameters
    ----------
    vectors : mapping of str to ndarray of float64, shape (n, 7)
        The results of :func:`vector` by condition.
    order : sequence of str
        The names except ``clean``; of two that sound alike, the first is kept.

    Returns
    -------
    list of str
        ``clean`` and names of ``order``.
    """
    names = [CLEAN, *order]
    sounds = {name: fit(vectors[name]) for name in names}
    likelihoods = {name: np.array([sounds[k].log_likelihoods(vectors[name]) for k in names]) for name in names}
    chosen = [0]
    for candidate in range(1, len(names)):
        trial = [*chosen, candidate]
        if all(
            _share(likelihoods[names[k]], trial, trial.index(k)) >= (_RECOGNISED if k else _CLEAN_RECOGNISED)
            for k in trial
        ):
            chosen = trial
    return [names[k] for k in chosen]


def _share(likelihoods: np.ndarray, columns: Sequence[int], own: int) -> float:
    """Return the share of clips that are recognised as their own condition among some of them."""
    return float(np.mean(_most_likely(likelihoods[list(columns)]) == own))


def _most_likely(likelihoods: np.ndarray) -> np.ndarray:
    """Return the row of the most likely condition; the first row is clean and wins without clear evidence."""
    best = np.argmax(likelihoods, axis=0)
    evidence = np.take_along_axis(likelihoods, best[np.newaxis], axis=0)[0] - likelihoods[0]
    return np.where(evidence > EVIDENCE, best, 0)


@dataclass(frozen=True)
class Resemblance:
    """The tested condition that a clip resembles most.

    Parameters
    ----------
    condition : ConditionScore
        The condition.
    like : bool
        Whether the clip resembles it as much as the training clips do.
    descriptor : str
        The descriptor that differs most from clips under the condition.
    value, low, high : float
        Its value for the clip, and the range of most clips under the condition, in its unit.
    """

    condition: ConditionScore
    like: bool
    descriptor: str
    value: float
    low: float
    high: float


class SoundDetector:
    """Tells which tested condition a clip resembles.

    Parameters
    ----------
    scores : ConditionsInfo
        The tested conditions of a model file.

    Raises
    ------
    ModelFileError
        If descriptors are unknown, missing, or do not fit together.
    """

    def __init__(self, scores: ConditionsInfo) -> None:
        self.tested = [tested for tested in scores.tested if tested.sound is not None and tested.recognisable]
        self._sounds = [_from_saved(tested) for tested in self.tested]

    @property
    def is_usable(self) -> bool:
        """Whether clean clips, to which every clip is compared, are described."""
        return bool(self.tested) and self.tested[0].name == CLEAN

    def nearest(self, clip: np.ndarray) -> Resemblance:
        """Return the condition that a clip resembles most.

        Parameters
        ----------
        clip : ndarray of float64, shape (7,)
            The result of :func:`vector`.

        Returns
        -------
        Resemblance
        """
        vectors = clip[np.newaxis]
        best = int(_most_likely(np.array([sound.log_likelihoods(vectors) for sound in self._sounds]))[0])
        sound = self._sounds[best]
        deviations = np.nan_to_num(np.abs(sound.deviations(vectors)[0]))
        widest = int(np.argmax(deviations))
        ends = (sound.centre[widest] - 2 * sound.spread[widest], sound.centre[widest] + 2 * sound.spread[widest])
        values = (in_units(NAMES[widest], value) for value in (clip[widest], *ends))
        return Resemblance(self.tested[best], bool(sound.distances(vectors)[0] <= sound.limit), NAMES[widest], *values)


def _from_saved(tested: ConditionScore) -> Sound:
    """Return the descriptors of a condition from an untrusted file."""
    saved = tested.sound
    assert saved is not None
    if not saved.centre or set(saved.centre) != set(saved.spread) or not set(saved.centre) <= set(NAMES):
        raise ModelFileError(f"the descriptors of the condition {tested.name!r} are inconsistent")
    centre, spread = (np.array([part.get(name, np.nan) for name in NAMES]) for part in (saved.centre, saved.spread))
    return Sound(centre, spread, saved.limit)


def detector(scores: ConditionsInfo | None) -> SoundDetector | None:
    """Return the detector of a model file.

    Parameters
    ----------
    scores : ConditionsInfo or None
        The tested conditions.

    Returns
    -------
    SoundDetector or None
        None for a file without descriptors, or with those of another version.

    Raises
    ------
    ModelFileError
        If the descriptors are inconsistent.
    """
    if scores is None or scores.descriptors != VERSION:
        return None
    sounds = SoundDetector(scores)
    return sounds if sounds.is_usable else None
