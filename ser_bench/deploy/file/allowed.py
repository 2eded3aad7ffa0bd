"""The classes that a model file may contain; they are imported from this list, never by a name in a file."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping

from ser_bench import models
from ser_bench.core.errors import ModelFileError
from ser_bench.models.base import EstimatorClass


def classes() -> Mapping[str, EstimatorClass]:
    """Return the classes that the files of registered models may contain.

    Returns
    -------
    mapping of str to EstimatorClass
        Classes by name.
    """
    listed = (CALIBRATED, *(entry for model in models.MODELS.values() for entry in model.classes))
    return {entry.name: entry for entry in listed}


CALIBRATED = EstimatorClass(
    path="ser_bench.models.calibration:Calibrated", onnx="ser_bench.deploy.onnx.estimators:calibrated"
)
"""The class around the estimator of every model but baselines."""

NOT_SAVED = {
    "Calibrated": ("estimator", "out_of_fold_", "out_of_fold_proba_"),
    "BalancedLDA": ("covariance_",),
    "FixedEpochsMLP": ("_optimizer", "_random_state"),
    "Neighbours": ("_tree",),
    "ProbabilityMean": ("estimators", "held_out_", "held_out_proba_"),
    "KerasClassifier": ("held_out_", "held_out_proba_"),
}
"""Attributes that are not saved: no prediction depends on them, or they follow from the others."""

NETWORKS = ("mlp", "cnn1d", "cnn2d", "lstm")
"""The functions of :mod:`ser_bench.models.networks.architectures` that a file may name."""


def class_named(name: str) -> type:
    """Return a class of :func:`classes`.

    Parameters
    ----------
    name : str
        Its name in a file.

    Returns
    -------
    type
        The class.

    Raises
    ------
    ModelFileError
        For any other name.
    """
    if name not in classes():
        raise ModelFileError(f"it contains the unknown class {name[:60]!r}")
    cls: type = pkgutil.resolve_name(classes()[name].path)
    return cls


def name_of(instance: object) -> str:
    """Return the name of an object's class in a file.

    Parameters
    ----------
    instance : object
        Any object.

    Returns
    -------
    str
        A key of :func:`classes`.

    Raises
    ------
    ModelFileError
        For a class that is not listed.
    """
    name = type(instance).__name__
    if name not in classes() or class_named(name) is not type(instance):
        path = f"{type(instance).__module__}.{name}"
        raise ModelFileError(f"the model cannot be saved: it contains a {path}; a file holds models of ser-bench only")
    return name
