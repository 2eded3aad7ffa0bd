"""What early stopping may hold out of a fit, and what the fit was trained on in the end."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ser_bench.models.base import Model
    from ser_bench.runs.data import RunData
    from ser_bench.splits import Fold


@dataclass(frozen=True)
class StoppingGroups:
    """The groups of training clips that early stopping holds out whole.

    Attributes
    ----------
    groups : ndarray, shape (n_train,)
        Speakers (str) or takes (int) of the training clips.
    speakers : ndarray of str, shape (n_train,) or None
        Speakers of the training clips if the groups are takes, else None.
    """

    groups: np.ndarray
    speakers: np.ndarray | None = None

    @property
    def digest(self) -> str:
        """A hash of the division of the clips into takes, independent of their numbers; ``speakers`` for speakers."""
        if self.speakers is None:
            return "speakers"
        _, first, numbers = np.unique(self.groups, return_index=True, return_inverse=True)
        as_they_appear = np.argsort(np.argsort(first))[numbers]
        return f"takes {hashlib.sha256(as_they_appear.astype('<i8').tobytes()).hexdigest()}"


def stopping_groups(fold: Fold, data: RunData) -> StoppingGroups:
    """Return the groups that early stopping holds out whole in a fold.

    They are speakers in a fold that tests new speakers. In any other fold, they are takes: with whole speakers held
    out, the model would not know the voices that the split calls known.

    Parameters
    ----------
    fold : Fold
        The fold.
    data : RunData
        The usable clips with labels.

    Returns
    -------
    StoppingGroups
    """
    train = data.row_numbers(fold.train)
    speakers = data.groups[train]
    if data.speakers_of(fold.test).isdisjoint(speakers):
        return StoppingGroups(speakers)
    return StoppingGroups(data.takes[train], speakers)


def trained_clips(model: Model, estimator: Any, n_train: int, copies: int) -> np.ndarray | None:
    """Return which training clips a fitted estimator was trained on.

    Parameters
    ----------
    model : Model
        The model.
    estimator : object
        The fitted estimator.
    n_train : int
        Number of training clips.
    copies : int
        Number of rows per clip: the clips, then their copies at each speed.

    Returns
    -------
    ndarray of bool, shape (n_train,) or None
        A clip counts if any of its rows was trained on, and each clip where ``refitted_`` is true. None for a network,
        or a model that takes groups, without ``held_out_``.

    Raises
    ------
    ValueError
        If ``held_out_`` has another shape.
    """
    from ser_bench import models

    estimator = models.uncalibrated(estimator)
    held_out = getattr(estimator, "held_out_", None)
    if held_out is None:
        return None if model.takes_groups or model.kind == "network" else np.ones(n_train, dtype=bool)
    held_out = np.asarray(held_out, dtype=bool)
    if held_out.shape != (copies * n_train,):
        raise ValueError(f"invalid held_out_: expected shape ({copies * n_train},), got {held_out.shape}")
    if getattr(estimator, "refitted_", False):
        return np.ones(n_train, dtype=bool)
    return np.asarray(~held_out.reshape(copies, n_train).all(axis=0))
