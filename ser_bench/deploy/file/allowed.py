"""The classes that a model file may contain; they are imported from this list, never by a name in a file."""

from __future__ import annotations

import importlib
from functools import cache

from ser_bench.core.errors import ModelFileError

_OWN = "ser_bench.models.estimators"

CLASSES = {
    "BalancedLDA": _OWN,
    "Chance": _OWN,
    "FixedEpochsMLP": _OWN,
    "LabelEncoded": _OWN,
    "Neighbours": _OWN,
    "Oversampled": _OWN,
    "SoftmaxSVC": _OWN,
    "Standardizer": _OWN,
    "NystroemSVC": "ser_bench.models.approximate",
    "BandScaler": "ser_bench.models.sequences",
    "Blueprint": "ser_bench.models.programs",
    "KerasClassifier": "ser_bench.models.keras_classifier",
    "DecisionTreeClassifier": "sklearn.tree",
    "DummyClassifier": "sklearn.dummy",
    "LabelBinarizer": "sklearn.preprocessing",
    "LabelEncoder": "sklearn.preprocessing",
    "LinearSVC": "sklearn.svm",
    "Nystroem": "sklearn.kernel_approximation",
    "Pipeline": "sklearn.pipeline",
    "RandomForestClassifier": "sklearn.ensemble",
    "VotingClassifier": "sklearn.ensemble",
    "XGBClassifier": "xgboost",
}
"""The module of each class by its name: our estimators and their parts."""

NOT_SAVED = {
    "BalancedLDA": ("covariance_",),
    "FixedEpochsMLP": ("_optimizer", "_random_state"),
    "Neighbours": ("_tree",),
    "VotingClassifier": ("named_estimators_",),
    "KerasClassifier": ("validation_groups_",),
}
"""Attributes that are not saved: no prediction depends on them, or they follow from the others."""

NETWORKS = ("mlp", "cnn1d", "cnn2d", "lstm")
"""The functions of :mod:`ser_bench.models.networks` that a file may name."""


@cache
def class_named(name: str) -> type:
    """Return a class of :data:`CLASSES`.

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
    if name not in CLASSES:
        raise ModelFileError(f"it contains the unknown class {name[:60]!r}")
    cls: type = getattr(importlib.import_module(CLASSES[name]), name)
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
        A key of :data:`CLASSES`.

    Raises
    ------
    ModelFileError
        For a class that is not listed.
    """
    name = type(instance).__name__
    if name not in CLASSES or class_named(name) is not type(instance):
        path = f"{type(instance).__module__}.{name}"
        raise ModelFileError(f"the model cannot be saved: it contains a {path}; a file holds models of ser-bench only")
    return name
