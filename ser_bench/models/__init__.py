"""The registry of models, and the few functions through which everything else uses them.

Importing this costs nothing: scikit-learn, XGBoost and Keras are imported when a model is built or fitted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.core.registry import definitions
from ser_bench.models import baselines, ensemble, knn, lda, linear, mlp, networks, ridge, svm, trees
from ser_bench.models.base import LearnerParameters, Model, Parameters, parameter

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "MODELS",
    "LearnerParameters",
    "Model",
    "Parameters",
    "aligned_proba",
    "build",
    "check_parameters",
    "fit",
    "get",
    "parameter",
    "uncalibrated",
    "variant",
]

MODELS: dict[str, Model] = definitions((baselines, svm, linear, ridge, knn, trees, lda, mlp, ensemble, networks), Model)
"""Every model that the module of a family defines, by name, in the order of tables and charts."""


def get(name: str) -> Model:
    """Return a registered model.

    Parameters
    ----------
    name : str
        The model's name.

    Returns
    -------
    Model

    Raises
    ------
    UnknownNameError
        For a name outside :data:`MODELS`; the message suggests the nearest.
    """
    try:
        return MODELS[name]
    except KeyError:
        raise UnknownNameError("model", name, MODELS) from None


def build(model: str | Model, *, seed: int = 0, **parameters: Any) -> Any:
    """Return an unfitted estimator.

    Parameters
    ----------
    model : str or Model
        A registered model's name, or a model.
    seed : int
        Seed of everything random in the fit.
    **parameters
        Values that replace the model's own.

    Returns
    -------
    estimator
        A scikit-learn classifier.

    Raises
    ------
    ConfigError
        For a parameter that the model lacks or a value that it does not take.
    """
    model = (get(model) if isinstance(model, str) else model).with_parameters(parameters)
    return model.estimator(seed, model.parameters)


def check_parameters(model: Model) -> None:
    """Check the parameters of a model that is defined elsewhere, as scikit-learn does at the start of a fit.

    Parameters
    ----------
    model : Model
        The model; those of this package state all limits in their schema.

    Raises
    ------
    ConfigError
        For a value that an estimator does not take.
    """
    if not model.is_external:
        return
    from sklearn.utils._param_validation import InvalidParameterError

    try:
        estimator = uncalibrated(model.estimator(0, model.parameters))
        parts = [estimator, *estimator.get_params(deep=True).values()]
        for part in parts:
            getattr(part, "_validate_params", lambda: None)()
    except InvalidParameterError as error:
        raise ConfigError(f"invalid parameter of model {model.name!r}: {error}") from None
    except KeyboardInterrupt:
        raise
    except BaseException:  # the model may fail in any way; its fits then fail with the reason
        return


def variant(base: str | Model, name: str, parameters: Mapping[str, Any]) -> Model:
    """Return a model under another name with other default parameters.

    Parameters
    ----------
    base : str or Model
        The model to start from.
    name : str
        Name of the variant: a new one, or that of ``base``.
    parameters : mapping
        Values that replace those of ``base``.

    Returns
    -------
    Model

    Raises
    ------
    ConfigError
        For another model's name, a parameter that ``base`` lacks, or a value that it does not take.
    """
    base = get(base) if isinstance(base, str) else base
    if name in MODELS and name != base.name:
        raise ConfigError(f"model {name!r} exists already; give the variant of {base.name!r} another name")
    changes = ", ".join(f"{key}={value}" for key, value in parameters.items())
    summary = f"{base.name} with {changes}" if changes else base.summary
    return dataclasses.replace(base, name=name, summary=summary).with_parameters(parameters)


def fit(
    model: Model,
    estimator: Any,
    X: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray | None = None,
    speakers: np.ndarray | None = None,
    originals: np.ndarray | None = None,
) -> Any:
    """Fit an estimator on one thread.

    Parameters
    ----------
    model : Model
        The model that built the estimator.
    estimator : estimator
        What :func:`build` returned.
    X : ndarray of float32, shape (n, d) or (n, t, d)
        Features, as the model accepts.
    y : ndarray of str, shape (n,)
        Labels.
    groups : ndarray, shape (n,), optional
        Groups of clips, for a model that holds some out whole for early stopping or calibration: speakers, or takes.
    speakers : ndarray of str, shape (n,), optional
        Speakers, where the groups are takes.
    originals : ndarray of bool, shape (n,), optional
        False for copies of clips at other speeds and under recording conditions.

    Returns
    -------
    estimator
        The same, fitted.
    """
    from threadpoolctl import threadpool_limits

    from ser_bench.models.calibration import Calibrated, fit_arguments

    takes_groups = model.takes_groups or isinstance(estimator, Calibrated)
    extra = fit_arguments(estimator, groups, speakers, originals) if takes_groups else {}
    with threadpool_limits(1):
        return estimator.fit(X, y, **extra)


def uncalibrated(estimator: Any) -> Any:
    """Return the classifier inside a calibrated one, or any other estimator itself.

    A subclass counts as another estimator: what it does to probabilities is unknown, so they are checked as they are.

    Parameters
    ----------
    estimator : estimator
        A classifier, fitted or not.

    Returns
    -------
    estimator
    """
    from ser_bench.models.calibration import Calibrated

    if type(estimator) is not Calibrated:
        return estimator
    return getattr(estimator, "estimator_", estimator.estimator)


def aligned_proba(estimator: Any, X: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """Return probabilities with a column per label in the given order.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier.
    X : ndarray of float32, shape (n, d) or (n, t, d)
        Features.
    labels : sequence of str
        The labels of the columns.

    Returns
    -------
    ndarray of float64, shape (n, len(labels))
        Zero for a label that the estimator was not trained on.

    Raises
    ------
    ValueError
        If the estimator knows a label outside ``labels``.
    """
    import numpy as np

    from ser_bench.core.threads import one_thread

    with one_thread():
        p = estimator.predict_proba(X)
    column = {label: k for k, label in enumerate(labels)}
    unlisted = [str(c) for c in estimator.classes_ if c not in column]
    if unlisted:
        raise ValueError(f"labels do not include {', '.join(unlisted)}, which the estimator was trained on")
    aligned = np.zeros((len(X), len(labels)))
    aligned[:, [column[c] for c in estimator.classes_]] = p
    return aligned
