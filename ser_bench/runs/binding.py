"""The feature sets of a model, and what the model takes from them: layers of a network, members of an ensemble."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from ser_bench import features, models
from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.models.base import CalibrationParameters, LearnerParameters
from ser_bench.models.ensemble import MEMBERS, MemberPlan, member_model

if TYPE_CHECKING:
    from ser_bench.core.options import Options
    from ser_bench.features.base import FeatureSet
    from ser_bench.models.base import Model

_OF_THE_ENSEMBLE = {*LearnerParameters.model_fields, *CalibrationParameters.model_fields}
"""Parameters that a member takes from its ensemble."""

_KINDS = {"baseline": "a baseline", "network": "a network"}


@dataclass(frozen=True)
class _Member:
    """A member of an ensemble: its name, the model with layers bound, and its feature sets."""

    name: str
    base: str
    model: Model
    sets: tuple[FeatureSet, ...]


def requested_features(name: str, options: Options) -> str:
    """Return the feature sets that the configuration asks for a model.

    Parameters
    ----------
    name : str
        The model.
    options : Options
        The options of the run.

    Returns
    -------
    str
        Those of the model's table, else those of the option ``features``; ``auto`` stands for the model's own.
    """
    table = options.model_tables.get(name)
    return (table and table.features) or options.features


def bind(
    model: Model, options: Options, available: Mapping[str, FeatureSet] | None
) -> tuple[Model, tuple[FeatureSet, ...]]:
    """Return the feature sets of a model, and the model with what it takes from them.

    Parameters
    ----------
    model : Model
        The model or variant.
    options : Options
        The options of the run.
    available : mapping of str to FeatureSet, or None
        The feature sets that the corpus has, by name; None for all registered ones.

    Returns
    -------
    model : Model
        With ``bound``.
    sets : tuple of FeatureSet
        The sets whose columns are joined.

    Raises
    ------
    UnknownNameError
        If a feature set or a member is unknown.
    ConfigError
        If sets do not join, or a model cannot be a member.
    """
    if "member_plans" in model.binds:
        return _bind_members(model, options, available)
    sets = _parse(model, requested_features(model.name, options), available)
    return _bind_layers(model, sets), sets


def distinct_sets(sets: Iterable[FeatureSet]) -> tuple[FeatureSet, ...]:
    """Return each feature set once.

    Parameters
    ----------
    sets : iterable of FeatureSet
        Sets; some may be equal.

    Returns
    -------
    tuple of FeatureSet
        In order of appearance.

    Raises
    ------
    ConfigError
        If two sets of one name have different values.
    """
    by_name: dict[str, FeatureSet] = {}
    for feature_set in sets:
        known = by_name.setdefault(feature_set.name, feature_set)
        if known != feature_set and features.set_key(known) != features.set_key(feature_set):
            raise ConfigError(
                f"two different feature sets are named {known.name!r}\nrename the file of one of them, since a run "
                "names a set by its file"
            )
    return tuple(by_name.values())


def _parse(model: Model, requested: str, available: Mapping[str, FeatureSet] | None) -> tuple[FeatureSet, ...]:
    """Return the requested feature sets; for ``auto`` those of the model, or all of a corpus that lacks them."""
    if requested == "auto":
        own = available is None or set(model.features.split("+")) <= set(available)
        requested = model.features if own else "+".join(available or ())
    return features.parse(requested, available)


def _bind_layers(model: Model, sets: Sequence[FeatureSet]) -> Model:
    """Return the model with the layers of its feature sets, if it learns their weights."""
    if "blocks" not in model.binds or all(feature_set.blocks == 1 for feature_set in sets):
        return model
    blocks = [[feature_set.blocks, feature_set.dimension // feature_set.blocks] for feature_set in sets]
    return dataclasses.replace(model, bound={"blocks": blocks})


def _bind_members(
    model: Model, options: Options, available: Mapping[str, FeatureSet] | None
) -> tuple[Model, tuple[FeatureSet, ...]]:
    """Return an ensemble with the plans of its members, and the union of their feature sets."""
    members = [_plan_member(name, model, options, available) for name in model.parameters["members"]]
    if len({member.sets[0].kind for member in members}) > 1:
        kinds = ", ".join(f"{member.name} ({member.sets[0].kind})" for member in members)
        raise ConfigError(f"members of {model.name} take vectors and frames: {kinds}; give them features of one kind")
    sets = distinct_sets(feature_set for member in members for feature_set in member.sets)
    plain = all(member.name in MEMBERS and not member.model.bound and member.sets == sets for member in members)
    if plain:
        return model, sets
    plans = {member.name: _member_plan(member, sets) for member in members}
    return dataclasses.replace(model, bound={"member_plans": plans}), sets


def _plan_member(name: str, ensemble: Model, options: Options, available: Mapping[str, FeatureSet] | None) -> _Member:
    """Return a member: a registered model with its defaults, or a variant of the configuration."""
    variants = {own: table for own, table in options.model_tables.items() if own not in models.MODELS}
    if name not in variants and name not in models.MODELS:
        raise UnknownNameError("member of an ensemble", name, [*MEMBERS, *variants])
    base = variants[name].base if name in variants else name
    if base not in MEMBERS:
        raise ConfigError(_refusal(name, base))
    requested = requested_features(ensemble.name, options)
    model = member_model(base)
    if name in variants:
        model = models.variant(base, name, variants[name].parameters)
        requested = variants[name].features or requested
    sets = _parse(model, requested, available)
    return _Member(name, base, _bind_layers(model, sets), sets)


def _refusal(name: str, base: str) -> str:
    """Say why a model cannot be a member of an ensemble."""
    model = models.get(base)
    kind = "an ensemble" if "member_plans" in model.binds else _KINDS.get(model.kind, "a model of a plugin")
    subject = f"{name!r} is {kind}" if name == base else f"{name!r} is a variant of {base!r}, {kind}"
    return f"invalid member of an ensemble: {subject}\nname classical models or variants of them: {', '.join(MEMBERS)}"


def _member_plan(member: _Member, sets: Sequence[FeatureSet]) -> MemberPlan:
    """Return the plan of a member as plain values."""
    ends = accumulate((feature_set.dimension for feature_set in sets), initial=0)
    ranges = {feature_set.name: [start, end] for feature_set, (start, end) in zip(sets, pairwise(ends), strict=True)}
    columns = [ranges[feature_set.name] for feature_set in member.sets]
    parameters = {name: value for name, value in member.model.parameters.items() if name not in _OF_THE_ENSEMBLE}
    return {
        "base": member.base,
        "parameters": parameters,
        "bound": dict(member.model.bound),
        "columns": [] if columns == list(ranges.values()) else columns,
    }
