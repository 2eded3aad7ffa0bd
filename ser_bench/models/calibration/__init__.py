"""Calibrated probabilities and prediction sets of any classifier, fitted on held-out training clips."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from ser_bench.models.calibration.groups import group_parts
from ser_bench.models.calibration.sets import prediction_sets, score_threshold, speaker_weights
from ser_bench.models.calibration.temperature import fit_temperature, scaled

PARTS = 8
"""Parts of the training clips for cross-fitting. With fewer, copies of the classifier know too few speakers: their
probabilities are then less often right than those of the classifier, which becomes underconfident."""

HELD_OUT_PARTS = 4
"""Parts that are held out, one after the other."""

FEWER_HELD_OUT_PARTS = 2
"""Parts that are held out where a fit takes long."""

_FEWEST_GROUPS = 3


def fit_arguments(estimator: Any, groups: Any, speakers: Any, originals: Any) -> dict[str, Any]:
    """Return the keywords of ``fit`` for an estimator that takes groups.

    Parameters
    ----------
    estimator : estimator
        The estimator.
    groups, speakers, originals : array_like or None
        Values per clip; the last two are left out where ``fit`` lacks them.

    Returns
    -------
    dict
    """
    optional = {"speakers": speakers, "originals": originals}
    return {"groups": groups} | {name: v for name, v in optional.items() if has_fit_parameter(estimator, name)}


class Calibrated(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """A classifier whose probabilities are scaled by a temperature that is fitted on held-out training clips.

    The labels are those of the classifier. Held-out probabilities are those of the classifier where it holds clips out
    itself (``held_out_`` and, if it is refitted afterwards, ``held_out_proba_``). For any other one they come from
    cross-fitting: parts of whole groups are predicted by copies of the classifier that are fitted on all other parts.

    Parameters
    ----------
    estimator : estimator
        The classifier.
    takes_groups : bool
        Whether its ``fit`` takes ``groups``.
    held_out_parts : int
        How many of eight parts of the training clips cross-fitting holds out; each costs a fit.

    Attributes
    ----------
    estimator_ : estimator
        The classifier, fitted on all clips.
    classes_ : ndarray of shape (classes,)
        The labels.
    temperature_, floor_ : float
        The parameters of :func:`ser_bench.models.calibration.temperature.scaled`; 1 and 0 without calibration, which
        leaves probabilities as they are.
    scores_ : ndarray of shape (n_held_out,)
        1 minus the calibrated probability of the true label of each held-out clip, in ascending order; empty where
        fewer than three groups can be held out.
    score_weights_ : ndarray of shape (n_held_out,)
        Weights of the scores; each speaker counts the same.
    out_of_fold_ : ndarray of int, shape (n_held_out,)
        Row numbers of the held-out clips.
    out_of_fold_proba_ : ndarray of shape (n_held_out, classes)
        Their calibrated probabilities.
    """

    def __init__(self, estimator: Any, takes_groups: bool = False, held_out_parts: int = HELD_OUT_PARTS) -> None:
        self.estimator = estimator
        self.takes_groups = takes_groups
        self.held_out_parts = held_out_parts

    def fit(self, X: Any, y: Any, groups: Any = None, speakers: Any = None, originals: Any = None) -> Calibrated:
        """Fit the classifier on all clips, and the calibration on clips that a fit did not see.

        Parameters
        ----------
        X : array_like of shape (n, d) or (n, t, d)
            Features.
        y : array_like of shape (n,)
            Labels.
        groups : array_like of shape (n,), optional
            Groups of clips that are held out whole: speakers, or takes. Without them, each clip is one.
        speakers : array_like of shape (n,), optional
            Speaker of each clip where the groups are takes.
        originals : array_like of bool, shape (n,), optional
            False for copies of clips at other speeds, which are held out with their clip and do not calibrate.

        Returns
        -------
        self
        """
        clips = _Clips.of(X, y, groups, speakers, originals)
        unfitted = _copied(self.estimator)
        self.estimator_ = self._fitted(self.estimator if unfitted is None else _copied(unfitted), clips)
        self.classes_ = self.estimator_.classes_
        try:
            rows, p = self._held_out(clips, unfitted)
        except Exception as error:  # some classifiers cannot be fitted on fewer clips, or predict few of them
            warnings.warn(f"the probabilities are not calibrated ({type(error).__name__}: {error})", stacklevel=2)
            rows, p = _nothing(self.classes_)
        self._calibrate(rows, p, clips)
        return self

    @property
    def is_calibrated(self) -> bool:
        """Whether enough groups could be held out."""
        return len(self.scores_) > 0

    def uncalibrated_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of the classifier.

        Parameters
        ----------
        X : array_like of shape (n, d) or (n, t, d)
            Features.

        Returns
        -------
        ndarray of float, shape (n, classes)
        """
        check_is_fitted(self)
        return np.asarray(self.estimator_.predict_proba(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return calibrated probabilities.

        Parameters
        ----------
        X : array_like of shape (n, d) or (n, t, d)
            Features.

        Returns
        -------
        ndarray of float64, shape (n, classes)
        """
        return self.calibrated(self.uncalibrated_proba(X))

    def calibrated(self, p: np.ndarray) -> np.ndarray:
        """Calibrate probabilities of the classifier.

        Parameters
        ----------
        p : ndarray of float, shape (n, classes)
            What :meth:`uncalibrated_proba` returns.

        Returns
        -------
        ndarray of float64, shape (n, classes)
        """
        return scaled(p, self.temperature_, self.floor_) if self.is_calibrated else p

    def predict(self, X: Any) -> np.ndarray:
        """Return the labels that the classifier predicts; calibration does not change them.

        Parameters
        ----------
        X : array_like of shape (n, d) or (n, t, d)
            Features.

        Returns
        -------
        ndarray of shape (n,)
        """
        check_is_fitted(self)
        return np.asarray(self.estimator_.predict(X))

    def threshold(self, coverage: float = 0.9) -> float:
        """Return the threshold of prediction sets that hold the true label for a share of clips of new speakers.

        Parameters
        ----------
        coverage : float
            The share.

        Returns
        -------
        float
            A label is in the set if its probability is at least 1 minus the threshold.
        """
        check_is_fitted(self)
        return score_threshold(self.scores_, self.score_weights_, coverage)

    def prediction_sets(self, p: np.ndarray, coverage: float = 0.9) -> np.ndarray:
        """Return which labels the prediction set of each clip holds.

        Parameters
        ----------
        p : ndarray of float, shape (n, classes)
            Calibrated probabilities.
        coverage : float
            Share of clips of new speakers whose set holds the true label.

        Returns
        -------
        ndarray of bool, shape (n, classes)
            The most probable label is always in the set.
        """
        return prediction_sets(p, self.threshold(coverage))

    def _fitted(self, estimator: Any, clips: _Clips) -> Any:
        extra = fit_arguments(estimator, clips.groups, clips.speakers, clips.originals) if self.takes_groups else {}
        return estimator.fit(clips.X, clips.y, **extra)

    def _held_out(self, clips: _Clips, unfitted: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return row numbers of held-out clips, and their probabilities; none where nothing can be held out."""
        held_out = np.asarray(getattr(self.estimator_, "held_out_", np.zeros(len(clips.y))), dtype=bool)
        usable = clips.original & np.isin(clips.y, self.classes_)
        rows = np.flatnonzero(held_out & usable)
        p = getattr(self.estimator_, "held_out_proba_", None)
        if len(rows) and p is not None:
            return rows, np.asarray(p)[usable[held_out]]
        if len(rows) and not getattr(self.estimator_, "refitted_", False):
            return rows, np.asarray(self.estimator_.predict_proba(clips.X[rows]))
        return self._cross_fitted(clips, unfitted)

    def _cross_fitted(self, clips: _Clips, unfitted: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the clips whose class is among the other parts, and their probabilities by copies fitted on those."""
        rows, p = ([part] for part in _nothing(self.classes_))
        if unfitted is None or not clips.can_be_held_out:
            return rows[0], p[0]
        codes = _codes(self.classes_, clips.y)
        part = group_parts(clips.parted_groups, codes, PARTS, named=clips.speakers is None)
        for number in range(self.held_out_parts):
            trained = np.unique(codes[part != number])
            held = np.flatnonzero((part == number) & clips.original & np.isin(codes, trained))
            if len(held) == 0 or len(trained) < min(2, len(self.classes_)):
                continue
            estimator = self._fitted(_copied(unfitted), clips.rows(part != number))
            p.append(np.zeros((len(held), len(self.classes_))))
            p[-1][:, _codes(self.classes_, estimator.classes_)] = estimator.predict_proba(clips.X[held])
            rows.append(held)
        order = np.argsort(np.concatenate(rows))
        return np.concatenate(rows)[order], np.concatenate(p)[order]

    def _calibrate(self, rows: np.ndarray, p: np.ndarray, clips: _Clips) -> None:
        """Fit temperature and scores on held-out clips."""
        self.temperature_, self.floor_ = 1.0, 0.0
        self.out_of_fold_, self.out_of_fold_proba_ = rows, p
        self.scores_, self.score_weights_ = np.array([]), np.array([])
        if len(rows) == 0 or not np.isfinite(p).all():
            return
        codes, weights = _codes(self.classes_, clips.y[rows]), speaker_weights(clips.names[rows])
        self.temperature_, self.floor_ = fit_temperature(p, codes, weights)
        self.out_of_fold_proba_ = scaled(p, self.temperature_, self.floor_)
        scores = 1 - np.take_along_axis(self.out_of_fold_proba_, codes[:, None], axis=1)[:, 0]
        order = np.lexsort((weights, scores))
        self.scores_, self.score_weights_ = scores[order], weights[order]


@dataclass(frozen=True)
class _Clips:
    """The arguments of a fit, with a value per row."""

    X: np.ndarray
    y: np.ndarray
    groups: np.ndarray | None
    speakers: np.ndarray | None
    originals: np.ndarray | None

    @classmethod
    def of(cls, *values: Any) -> _Clips:
        """Return arguments as arrays."""
        return cls(*(None if value is None else np.asarray(value) for value in values))  # type: ignore[arg-type]

    def rows(self, chosen: np.ndarray) -> _Clips:
        """Return the arguments of some rows."""
        return _Clips.of(*(None if v is None else v[chosen] for v in (getattr(self, f.name) for f in fields(self))))

    @property
    def original(self) -> np.ndarray:
        """Whether each row is a clip as recorded."""
        return np.ones(len(self.y), dtype=bool) if self.originals is None else self.originals.astype(bool)

    @property
    def parted_groups(self) -> np.ndarray:
        """The groups that are held out whole; each row is one where nothing is known."""
        return np.arange(len(self.y)) if self.groups is None else self.groups

    @property
    def names(self) -> np.ndarray:
        """The speaker of each row; its group where the groups are speakers."""
        return self.parted_groups if self.speakers is None else self.speakers

    @property
    def can_be_held_out(self) -> bool:
        """Whether there are enough groups, which also say whose copy a row is."""
        copies_known = self.groups is not None or bool(self.original.all())
        return copies_known and len(np.unique(self.parted_groups)) >= _FEWEST_GROUPS


def _nothing(classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.array([], dtype=int), np.zeros((0, len(classes)))


def _codes(classes: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the position of each label in ``classes``, which a plugin need not sort."""
    position = {label: number for number, label in enumerate(classes)}
    return np.array([position[label] for label in y], dtype=int)


def _copied(estimator: Any) -> Any:
    """Return a copy of an unfitted estimator; None where it cannot be copied, as some plugins' cannot."""
    try:
        return copy.deepcopy(estimator)
    except Exception:
        return None
