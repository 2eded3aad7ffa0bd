"""The registry of feature sets, and the computation of several of them on one clip.

To add a feature set, write a module in ``ser_bench/features/sets`` that defines ``FEATURE_SET``, or
``FEATURE_SET_FAMILY`` for sets that are named by a file. Import libraries only inside its ``compute``. The conformance
tests then cover it.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ser_bench.core.errors import ConfigError, MissingExtraError, UnknownNameError
from ser_bench.core.registry import definitions
from ser_bench.features import sets as _sets
from ser_bench.features.base import FeatureSet, FeatureSetFamily

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "DEFAULT",
    "FAMILIES",
    "FEATURE_SETS",
    "FeatureSet",
    "FeatureSetFamily",
    "check_installed",
    "column_groups",
    "compute",
    "get",
    "parse",
    "set_key",
    "sets_at_rate",
    "stored_name",
]

DEFAULT = "functionals"
"""Name of the default vector."""

_MODULES = [
    importlib.import_module(f"{_sets.__name__}.{module.name}") for module in pkgutil.iter_modules(_sets.__path__)
]


def _order(feature_set: FeatureSet) -> tuple[object, ...]:
    """Sort the default first, then the other vectors, then sequences; each by extra and name."""
    return (feature_set.name != DEFAULT, feature_set.kind != "vector", feature_set.extra, feature_set.name)


FEATURE_SETS: dict[str, FeatureSet] = {
    feature_set.name: feature_set for feature_set in sorted(definitions(_MODULES, FeatureSet).values(), key=_order)
}
"""Every registered set by name, the default vector first."""

FAMILIES: dict[str, FeatureSetFamily] = definitions(_MODULES, FeatureSetFamily)
"""Every family of sets by its prefix."""


class _KnownSets(Mapping[str, FeatureSet]):
    """The registered sets by name, and on demand those of families, for clips of a common rate."""

    def __init__(self, rate: int | None) -> None:
        self._rate = rate

    def __getitem__(self, name: str) -> FeatureSet:
        prefix, colon, text = name.partition(":")
        if name not in FEATURE_SETS and colon and prefix in FAMILIES:
            return FAMILIES[prefix].resolve(text).at_rate(self._rate)
        return FEATURE_SETS[name].at_rate(self._rate)

    def __contains__(self, name: object) -> bool:
        return name in FEATURE_SETS or (isinstance(name, str) and ":" in name and name.partition(":")[0] in FAMILIES)

    def __iter__(self) -> Iterator[str]:
        return iter(FEATURE_SETS)

    def __len__(self) -> int:
        return len(FEATURE_SETS)


def sets_at_rate(rate: int | None = None) -> Mapping[str, FeatureSet]:
    """Return every registered set, for clips that are resampled to a common rate.

    Parameters
    ----------
    rate : int, optional
        Sampling rate in Hz; None keeps each clip's own rate.

    Returns
    -------
    mapping of str to FeatureSet
        The sets by name. It also gives the sets of families by name, without listing them.
    """
    return _KnownSets(rate)


def get(name: str) -> FeatureSet:
    """Return a feature set by name.

    Parameters
    ----------
    name : str
        A registered name, or the prefix of a family and a file, such as ``onnx:network.onnx``.

    Returns
    -------
    FeatureSet

    Raises
    ------
    UnknownNameError
        If the name is unknown.
    ConfigError
        If the file cannot be used.
    """
    known = _KnownSets(None)
    if name not in known:
        raise _unknown(name, known)
    return known[name]


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
    MissingExtraError
        If a library of a set is not installed.
    """
    known = _KnownSets(None) if known is None else known
    has_files = ":" in text
    if "," in text:
        hint = "; rename a file with a comma in its name" if has_files else ""
        raise ConfigError(f"invalid features {text!r}: join feature sets with +, as in {text.replace(',', '+')}{hint}")
    names = [name.strip() for name in text.split("+")]
    for name in names:
        if name not in known and has_files and ":" not in name and "." in name:
            raise ConfigError(f"unknown feature set {name!r} in {text!r}; rename a file with + in its name")
        if not name:
            raise ConfigError(f"invalid features {text!r}: a name is missing; join sets as in egemaps+mfcc")
        if name not in known:
            raise _unknown(name, known)
    sets = tuple(known[name] for name in names)
    _check_joined(text, sets)
    check_installed(sets)
    return sets


def _unknown(name: str, known: Mapping[str, FeatureSet]) -> ConfigError:
    """Return the error for a name that no set has; a file without the prefix of its family is recognised."""
    plain, hash_sign, _ = name.partition("#")
    if not isinstance(known, _KnownSets):
        return UnknownNameError("feature set", name, known)
    if plain.lower().endswith((".onnx", ".toml")):
        return ConfigError(f"unknown feature set {name!r}; a network has a prefix: onnx:{name}")
    if hash_sign and plain in known:
        return ConfigError(f"feature set {plain!r} has no options, got {name!r}; only networks of a file have")
    return UnknownNameError("feature set", name, [*known, *(family.form for family in FAMILIES.values())])


def _check_joined(text: str, sets: Sequence[FeatureSet]) -> None:
    """Raise :class:`ConfigError` if feature sets do not join."""
    by_name: dict[str, FeatureSet] = {}
    for feature_set in sets:
        first = by_name.setdefault(feature_set.name, feature_set)
        if first is not feature_set and set_key(first) != set_key(feature_set):
            raise ConfigError(f"two sets are named {first.name!r}: state another name in the .toml file of one")
    for name in by_name:
        if [feature_set.name for feature_set in sets].count(name) > 1:
            raise ConfigError(f"features {text!r} name {name!r} twice; name each set once")
    if len({feature_set.kind for feature_set in sets}) > 1:
        kinds = ", ".join(f"{feature_set.name} ({feature_set.kind})" for feature_set in sets)
        raise ConfigError(f"features {text!r} join vectors with frames: {kinds}; join sets of one kind")
    if sets[0].kind == "frames" and len({feature_set.grid for feature_set in sets}) > 1:
        grids = ", ".join(f"{feature_set.name} ({feature_set.grid})" for feature_set in sets)
        raise ConfigError(f"features {text!r} join sequences of different frames: {grids}; join sets of one grid")


def column_groups(sets: Iterable[FeatureSet]) -> dict[str, list[int]]:
    """Return the column indices of each group of features in a joined matrix.

    Parameters
    ----------
    sets : iterable of FeatureSet
        The joined sets, in order.

    Returns
    -------
    dict of str to list of int
        Column indices by the group's name, in order of appearance. Where several sets have several groups, each of
        these is named ``SET: GROUP``, since two sets may have a group of one name.
    """
    names = [(s.name, [s.group_of(column) for column in s.columns]) for s in sets]
    grouped = {feature_set for feature_set, own in names if len(set(own)) > 1}
    prefixes = {feature_set: f"{feature_set}: " for feature_set in grouped} if len(grouped) > 1 else {}
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(prefixes.get(feature_set, "") + group for feature_set, own in names for group in own):
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


def stored_name(feature_set: FeatureSet) -> str:
    """Return the name of a feature set's folder in the store.

    Parameters
    ----------
    feature_set : FeatureSet
        The set.

    Returns
    -------
    str
        The name of the set with only letters, digits and ``. @ ~ # = -``, then its key.
    """
    name = re.sub(r"[^\w.@~#=-]+", "-", feature_set.name, flags=re.ASCII)[:100]
    return f"{name}-{set_key(feature_set)}"


def check_installed(sets: Iterable[FeatureSet]) -> None:
    """Check that the libraries of feature sets are installed, without importing them.

    Parameters
    ----------
    sets : iterable of FeatureSet
        The sets.

    Raises
    ------
    MissingExtraError
        If a library of an extra is absent.
    """
    for feature_set in sets:
        if feature_set.extra and any(find_spec(name) is None for name in feature_set.needs):
            raise MissingExtraError(f"feature set {feature_set.name}", feature_set.extra)
