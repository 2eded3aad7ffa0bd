"""The registry of feature sets, and the computation of several of them on one clip.

To add a feature set, write a module in ``ser_bench/features/sets`` that defines ``FEATURE_SET``, and import libraries
only inside its ``compute``. The conformance tests then cover it.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.features import sets as _sets
from ser_bench.features.base import FeatureSet

if TYPE_CHECKING:
    import numpy as np

__all__ = ["DEFAULT", "FEATURE_SETS", "FeatureSet", "column_groups", "compute", "parse", "set_key", "sets_at_rate"]

DEFAULT = "functionals"
"""Name of the default vector."""


def _discover() -> dict[str, FeatureSet]:
    """Return the feature set of each module in ``sets``: the default, the other vectors, then sequences of frames."""
    names = [module.name for module in pkgutil.iter_modules(_sets.__path__)]
    feature_sets = [importlib.import_module(f"{_sets.__name__}.{name}").FEATURE_SET for name in names]
    feature_sets.sort(key=lambda s: (s.name != DEFAULT, s.kind != "vector", s.name))
    return {feature_set.name: feature_set for feature_set in feature_sets}


FEATURE_SETS: dict[str, FeatureSet] = _discover()
"""Every registered set by name, the default vector first."""


def sets_at_rate(rate: int | None = None) -> dict[str, FeatureSet]:
    """Return every registered set, for clips that are resampled to a common rate.

    Parameters
    ----------
    rate : int, optional
        Sampling rate in Hz; None keeps each clip's own rate.

    Returns
    -------
    dict of str to FeatureSet
        The sets by name.
    """
    return {name: feature_set.at_rate(rate) for name, feature_set in FEATURE_SETS.items()}


def parse(text: str, known: Mapping[str, FeatureSet] | None = None) -> tuple[FeatureSet, ...]:
    """Return the feature sets that an option names.

    Parameters
    ----------
    text : str
        Names joined by ``+``.
    known : mapping of str to FeatureSet, optional
        The sets to choose from; by default those of the registry.

    Returns
    -------
    tuple of FeatureSet
        The sets in the order of ``text``.

    Raises
    ------
    UnknownNameError
        If a name is unknown.
    ConfigError
        If a set is named twice, or vectors are joined with frames.
    """
    known = FEATURE_SETS if known is None else known
    if "," in text:
        raise ConfigError(f"invalid features {text!r}: join feature sets with +, as in {text.replace(',', '+')}")
    names = [name.strip() for name in text.split("+")]
    for name in names:
        if name not in known:
            raise UnknownNameError("feature set", name, known)
        if names.count(name) > 1:
            raise ConfigError(f"features {text!r} name {name!r} twice; name each set once")
    sets = tuple(known[name] for name in names)
    if len({feature_set.kind for feature_set in sets}) > 1:
        kinds = ", ".join(f"{feature_set.name} ({feature_set.kind})" for feature_set in sets)
        raise ConfigError(f"features {text!r} join vectors with frames: {kinds}; join sets of one kind")
    return sets


def column_groups(sets: Iterable[FeatureSet]) -> dict[str, list[int]]:
    """Return the column indices of each group of features in a joined matrix.

    Parameters
    ----------
    sets : iterable of FeatureSet
        The joined sets, in order.

    Returns
    -------
    dict of str to list of int
        Column indices by the group's name, in order of appearance.
    """
    groups: dict[str, list[int]] = {}
    names = (feature_set.group_of(column) for feature_set in sets for column in feature_set.columns)
    for index, name in enumerate(names):
        groups.setdefault(name, []).append(index)
    return groups


def compute(sets: Iterable[FeatureSet], y: np.ndarray, sr: float, digest: str = "") -> dict[str, np.ndarray]:
    """Compute several feature sets on one clip; what they share is computed once.

    Parameters
    ----------
    sets : iterable of FeatureSet
        The sets to compute.
    y : ndarray of float32, shape (n,)
        Finite mono samples, at least one; not modified.
    sr : float
        Sampling rate in Hz.
    digest : str
        The result of :func:`~ser_bench.audio.samples_digest` if known; seeds recording conditions.

    Returns
    -------
    dict of str to ndarray of float32
        Finite values by the set's name: shape ``(d,)`` for a vector, ``(t, d)`` for frames.

    Raises
    ------
    ConditionError
        If a recording condition cannot change the clip.
    """
    from ser_bench.audio import samples_digest

    sets = tuple(sets)
    computed: dict[str, np.ndarray] = {}
    if not digest and any(s.condition for s in sets):
        digest = samples_digest(y, round(sr))
    for condition in dict.fromkeys(s.condition for s in sets):  # one after another, so that memory stays small
        changed = condition.apply(y, round(sr), digest) if condition else (y, sr)
        computed |= _compute_unchanged([s for s in sets if s.condition == condition], *changed)
    return {s.name: computed[s.name] for s in sets}


def _compute_unchanged(sets: Sequence[FeatureSet], y: np.ndarray, sr: float) -> dict[str, np.ndarray]:
    """Compute the sets of one condition on the changed clip."""
    from ser_bench.audio.resample import resample
    from ser_bench.features.analysis import Analysis

    samples = {rate: resample(y, sr, rate) for rate in {s.rate for s in sets}}
    variants = {(s.rate, s.speed) for s in sets}
    analyses = {(rate, speed): Analysis(samples[rate], (rate or sr) * speed) for rate, speed in variants}
    return {s.name: s.compute(analyses[s.rate, s.speed]) for s in sets}


def set_key(feature_set: FeatureSet) -> str:
    """Return the key of a feature set in the store.

    Parameters
    ----------
    feature_set : FeatureSet
        The set.

    Returns
    -------
    str
        16 hexadecimal digits that depend on name, version, parameters and columns.
    """
    identity = {
        "name": feature_set.name,
        "version": feature_set.version,
        "parameters": dict(feature_set.parameters),
        "columns": feature_set.columns,
    }
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
