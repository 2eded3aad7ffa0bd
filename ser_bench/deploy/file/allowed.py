"""The only classes that a model file may name. Each is imported from here, never from a name in a file."""

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
"""Each class's module by its name: our own estimators, and what they are built of."""

PASSED_OVER = {
    "BalancedLDA": ("covariance_",),
    "FixedEpochsMLP": ("_optimizer", "_random_state"),
    "Neighbours": ("_tree",),
    "VotingClassifier": ("named_estimators_",),
    "KerasClassifier": ("validation_groups_",),
}
"""Attributes that no answer depends on, or that follow from the others and are made anew."""

NETWORKS = ("mlp", "cnn1d", "cnn2d", "lstm")
"""The functions of :mod:`ser_bench.models.networks` that a file may ask for."""


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


def name_of(thing: object) -> str:
    """Return the name under which an object's class is listed; raises :class:`ModelFileError` for one that is not."""
    name = type(thing).__name__
    if name not in CLASSES or class_named(name) is not type(thing):
        what = f"{type(thing).__module__}.{name}"
        raise ModelFileError(f"a model with a {what} in it cannot be kept; a file holds ser-bench's own models only")
    return name
