"""Stretches of a recording with one most probable label, and the time that each label has."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ser_bench.core.text import listed
from ser_bench.deploy.predict.batch import ClipPrediction

State = Literal["sure", "several", "unreliable", "none"]
"""Of a window: one label in its prediction set, several, not reliable, or no prediction.

A model that is not calibrated has no sets; its reliable windows are ``sure``."""


@dataclass(frozen=True)
class Stretch:
    """Windows in a row with one label and state.

    Parameters
    ----------
    start, end : float
        In seconds.
    label : str
        The most probable label; empty without a prediction.
    state : {'sure', 'several', 'unreliable', 'none'}
    """

    start: float
    end: float
    label: str
    state: State

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.end - self.start


def window_borders(predictions: Sequence[ClipPrediction]) -> np.ndarray:
    """Return where the prediction of a window ends and the next begins: halfway between their middles.

    Parameters
    ----------
    predictions : sequence of ClipPrediction
        The predictions of all windows, in order.

    Returns
    -------
    ndarray, shape (n + 1,)
        In seconds, from the start of the first window to the end of the last.
    """
    middles = np.array([((window.start or 0.0) + (window.end or 0.0)) / 2 for window in predictions])
    between = (middles[1:] + middles[:-1]) / 2
    return np.concatenate([[predictions[0].start or 0.0], between, [predictions[-1].end or 0.0]])


def window_state(window: ClipPrediction) -> State:
    """Return how sure the prediction of a window is.

    Parameters
    ----------
    window : ClipPrediction

    Returns
    -------
    {'sure', 'several', 'unreliable', 'none'}
    """
    if window.prediction is None:
        return "none"
    if not window.prediction.reliable:
        return "unreliable"
    return "several" if len(window.prediction.prediction_set or ()) > 1 else "sure"


def find_stretches(predictions: Sequence[ClipPrediction]) -> list[Stretch]:
    """Join neighbouring windows with the same label and state.

    Parameters
    ----------
    predictions : sequence of ClipPrediction
        The predictions of all windows, in order.

    Returns
    -------
    list of Stretch
    """
    borders = window_borders(predictions)
    stretches = []
    keys = [(window.prediction.label if window.prediction else "", window_state(window)) for window in predictions]
    for (label, state), group in itertools.groupby(range(len(keys)), key=lambda index: keys[index]):
        indices = list(group)
        stretches.append(Stretch(float(borders[indices[0]]), float(borders[indices[-1] + 1]), label, state))
    return stretches


def longest_label(stretches: Sequence[Stretch]) -> str:
    """Say which label is the most probable for the longest time, among reliable windows.

    Parameters
    ----------
    stretches : sequence of Stretch

    Returns
    -------
    str
        Such as ``mostly angry, 7.5 of the 12.0 reliable seconds``.
    """
    seconds: dict[str, float] = {}
    for stretch in stretches:
        if stretch.state in ("sure", "several"):
            seconds[stretch.label] = seconds.get(stretch.label, 0.0) + stretch.seconds
    if not seconds:
        return "no reliable prediction"
    longest, total = max(seconds.values()), sum(seconds.values())
    labels = [label for label, length in seconds.items() if length > longest - 0.05]
    each = " each" if len(labels) > 1 else ""
    words = f"mostly {labels[0]}" if longest > 0.5 * total and not each else f"{listed(labels)} for longest"
    return f"{words}, {longest:.1f}{each} of the {total:.1f} reliable seconds"
