"""Temperature scaling of probabilities, with a floor under them."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

_LOG_TEMPERATURES = (np.log(0.02), np.log(100.0))
"""Bounds of the logarithm of the temperature."""

_FLOORS = 10.0 ** np.array([-9, -8, -7, -6, -5, -4.5, -4, -3.5, -3, -2.5, -2, -1.75, -1.5, -1.25, -1, -0.75, -0.5])
"""The floors that are tried. Trees and neighbours give probabilities of 0, whose log loss is infinite."""


def scaled(p: np.ndarray, temperature: float, floor: float) -> np.ndarray:
    """Return probabilities proportional to ``(p + floor) ** (1 / temperature)``.

    The most probable class stays the same, also where rounding makes it equal to another one.

    Parameters
    ----------
    p : ndarray of float, shape (n, classes)
        Probabilities.
    temperature : float
        Above 1, the probabilities become more equal.
    floor : float
        Added to each probability.

    Returns
    -------
    ndarray of float64, shape (n, classes)

    References
    ----------
    Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    p = np.asarray(p, dtype=np.float64)
    logits = _logits(p, floor) / temperature
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    q = odds / odds.sum(axis=1, keepdims=True)
    winners = p.argmax(axis=1)
    tied = np.flatnonzero(q.argmax(axis=1) != winners)
    q[tied, winners[tied]] = np.nextafter(q[tied].max(axis=1), 2.0)
    return np.asarray(q)


def fit_temperature(p: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Find the temperature and the floor with the least log loss.

    Parameters
    ----------
    p : ndarray of float, shape (n, classes)
        Probabilities of clips that the model was not trained on.
    codes : ndarray of int, shape (n,)
        The true class of each clip.
    weights : ndarray of float, shape (n,)
        Weight of each clip.

    Returns
    -------
    temperature, floor : float
        The same for any order of the clips.
    """
    best = (np.inf, 1.0, _FLOORS[0])
    for floor in _FLOORS:
        logits = _logits(p, floor)
        minimum = minimize_scalar(_log_loss, bounds=_LOG_TEMPERATURES, args=(logits, codes, weights), method="bounded")
        best = min(best, (float(minimum.fun), float(np.exp(minimum.x)), float(floor)))
    return best[1:]


def _logits(p: np.ndarray, floor: float) -> np.ndarray:
    with np.errstate(divide="ignore"):  # without calibration the floor is 0
        return np.asarray(np.log(np.maximum(p, 0.0) + floor))


def _log_loss(log_temperature: float, logits: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> float:
    """Return the weighted mean log loss of logits divided by a temperature."""
    scaled_logits = logits / np.exp(log_temperature)
    top = scaled_logits.max(axis=1)
    total = top + np.log(np.exp(scaled_logits - top[:, None]).sum(axis=1))
    losses = total - np.take_along_axis(scaled_logits, codes[:, None], axis=1)[:, 0]
    return float(np.average(losses, weights=weights))
