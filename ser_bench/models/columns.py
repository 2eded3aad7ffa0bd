"""A choice of columns in front of a classifier; imported only when a model is built that has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted


class ColumnSelector(TransformerMixin, BaseEstimator):
    """Pass on some columns of joined feature sets.

    Parameters
    ----------
    ranges : sequence of (int, int)
        First column and end of each range, in the order of the output.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns of the input.
    """

    def __init__(self, ranges: Sequence[tuple[int, int]]) -> None:
        self.ranges = ranges

    def fit(self, X: Any, y: Any = None) -> ColumnSelector:
        """Check that the input has the columns.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a column is missing.
        """
        self.n_features_in_ = np.shape(X)[1]
        if (last := max(end for _, end in self.ranges)) > self.n_features_in_:
            raise ValueError(f"X has {self.n_features_in_} columns, but column {last} is chosen")
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the chosen columns.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of shape (n, chosen columns)
        """
        check_is_fitted(self)
        X = np.asarray(X)
        if X.shape[1] != self.n_features_in_:
            raise ValueError(f"X has {X.shape[1]} columns, but {self.n_features_in_} in training")
        return X[:, self.columns()]

    def columns(self) -> np.ndarray:
        """Return the numbers of the chosen columns.

        Returns
        -------
        ndarray of int64
        """
        return np.concatenate([np.arange(start, end) for start, end in self.ranges])
