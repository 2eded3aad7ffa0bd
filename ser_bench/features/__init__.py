"""The registry of feature sets, and computing several of them on one clip.

Adding a set: write a file here with its ``FeatureSet`` constant, whose ``compute`` imports what it
needs inside, and enter the constant in ``_ALL``. The conformance test then covers it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.features.base import FeatureSet
from ser_bench.features.sets.classic import CHROMA, CONTRAST, MEL, MFCC, TONNETZ
from ser_bench.features.sets.functionals import FUNCTIONALS
from ser_bench.features.sets.logmel import LOGMEL
from ser_bench.features.sets.mfcc_frames import MFCC_FRAMES
from ser_bench.features.sets.prosody import PROSODY
from ser_bench.features.sets.treble import TREBLE

if TYPE_CHECKING:
    import numpy as np

__all__ = ["FEATURE_SETS", "FeatureSet", "column_groups", "compute", "parse", "set_key", "sets_at_rate"]

_ALL = (FUNCTIONALS, TREBLE, LOGMEL, PROSODY, MFCC_FRAMES, MFCC, CHROMA, MEL, CONTRAST, TONNETZ)

FEATURE_SETS: dict[str, FeatureSet] = {feature_set.name: feature_set for feature_set in _ALL}
"""Every registered set by name, the default vector first."""


def sets_at_rate(rate: int | None = None) -> dict[str, FeatureSet]:
    """Return every registered set by name, of clips brought to a sampling rate in Hz; None leaves each at its own."""
    return {name: feature_set.at_rate(rate) for name, feature_set in FEATURE_SETS.items()}


def parse(text: str, known: Mapping[str, FeatureSet] | None = None) -> tuple[FeatureSet, ...]:
    """Return the sets that ``text`` names, in its order; several are joined by ``+``.

    ``known`` are the sets to choose from, by name; by default those of the registry.

    Raises ``UnknownNameError`` for a name that nobody registered, ``ConfigError`` for a set named
    twice or for vectors joined with frames.
    """
    known = FEATURE_SETS if known is None else known
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
    """Return which columns of the joined sets are of one kind, by the kind's name, in order of appearance."""
    groups: dict[str, list[int]] = {}
    place = 0
    for feature_set in sets:
        for column in feature_set.columns:
            name = feature_set.group(column) if feature_set.group else feature_set.name
            groups.setdefault(name, []).append(place)
            place += 1
    return groups


def compute(sets: Iterable[FeatureSet], y: np.ndarray, sr: float) -> dict[str, np.ndarray]:
    """Return each set's values of one clip, by name; what they share is computed once.

    ``y`` is finite float32, mono, at least one sample, and is left as it is; ``sr`` is in Hz. Vectors
    have shape ``(d,)``, frames ``(t, d)``, both float32 and finite.
    """
    from ser_bench.audio.resample import resample
    from ser_bench.features.analysis import Analysis

    sets = tuple(sets)
    sounds = {rate: resample(y, sr, rate) for rate in {s.rate for s in sets}}
    kinds = {(s.rate, s.speed) for s in sets}
    analyses = {(rate, speed): Analysis(sounds[rate], (rate or sr) * speed) for rate, speed in kinds}
    return {s.name: s.compute(analyses[s.rate, s.speed]) for s in sets}


def set_key(feature_set: FeatureSet) -> str:
    """Return 16 hexadecimal digits that change with the set's name, version, parameters or columns."""
    identity = {
        "name": feature_set.name,
        "version": feature_set.version,
        "parameters": dict(feature_set.parameters),
        "columns": feature_set.columns,
    }
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
