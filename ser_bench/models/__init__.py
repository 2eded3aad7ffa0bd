"""The registry of models, and the few functions through which everything else uses them.

Importing this costs nothing: scikit-learn, XGBoost and Keras are imported when a model is built or fitted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.models.base import Model
from ser_bench.models.baselines import BASELINES
from ser_bench.models.classical import CLASSICAL
from ser_bench.models.ensemble import ENSEMBLE
from ser_bench.models.neural import NETWORKS
from ser_bench.models.parameters import merged

if TYPE_CHECKING:
    import numpy as np

__all__ = ["MODELS", "Model", "aligned_proba", "build", "fit", "get", "variant"]

MODELS: dict[str, Model] = {model.name: model for model in (*BASELINES, *CLASSICAL, ENSEMBLE, *NETWORKS)}
"""Every model by name, in the order of tables and charts."""


def get(name: str) -> Model:
    """Return the model of that name; :class:`~ser_bench.core.errors.UnknownNameError` names the nearest."""
    try:
        return MODELS[name]
    except KeyError:
        raise UnknownNameError("model", name, MODELS) from None


def build(model: str | Model, *, seed: int = 0, **parameters: Any) -> Any:
    """Return an unfitted estimator of a model, given by name or itself.

    ``parameters`` replace the model's defaults; an unknown one, or one of another type than its
    default, is a :class:`~ser_bench.core.errors.ConfigError`.
    """
    model = get(model) if isinstance(model, str) else model
    return model.estimator(seed, merged(model, parameters))


def variant(base: str | Model, name: str, parameters: Mapping[str, Any]) -> Model:
    """Return a model of another name whose defaults are those of ``base``, replaced by ``parameters``."""
    base = get(base) if isinstance(base, str) else base
    if name in MODELS and name != base.name:
        raise ConfigError(f"model {name!r} is there already; give the variant of {base.name!r} another name")
    said = ", ".join(f"{key}={value}" for key, value in parameters.items())
    return dataclasses.replace(
        base,
        name=name,
        summary=f"{base.name} with {said}" if said else base.summary,
        parameters=merged(base, parameters),
    )


def fit(model: Model, estimator: Any, X: np.ndarray, y: np.ndarray, groups: np.ndarray | None = None) -> Any:
    """Fit the estimator on one thread and return it; ``groups`` goes only to a model that takes it."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return estimator.fit(X, y, groups=groups) if model.grouped else estimator.fit(X, y)


def aligned_proba(estimator: Any, X: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """Return probabilities, float64 ``(n, len(labels))``, with a column per label in the given order.

    A label that the estimator was never shown gets zeros; one that it knows but that is not listed
    raises ValueError.
    """
    import numpy as np

    from ser_bench.core.threads import one_thread

    with one_thread():
        p = estimator.predict_proba(X)
    column = {label: k for k, label in enumerate(labels)}
    unlisted = [str(c) for c in estimator.classes_ if c not in column]
    if unlisted:
        raise ValueError(f"the model knows labels that are not listed: {', '.join(unlisted)}")
    aligned = np.zeros((len(X), len(labels)))
    aligned[:, [column[c] for c in estimator.classes_]] = p
    return aligned
