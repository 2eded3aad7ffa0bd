"""A vote among classical models of different kinds, which err on different clips."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.models.base import SLOWER_AND_FASTER, SPEEDS, Model, Pairs
from ser_bench.models.classical import CLASSICAL

_MEMBERS = {model.name: model for model in CLASSICAL}


def build_ensemble(*, seed: int, members: Sequence[str]) -> Any:
    """Return a classifier whose probabilities are the mean of its members', each a classical model as it stands.

    Raises ``UnknownNameError`` for a member that is no classical model, ``ConfigError`` for none or one named twice.
    """
    from sklearn.ensemble import VotingClassifier

    for name in members:
        if name not in _MEMBERS:
            raise UnknownNameError("member of an ensemble", name, _MEMBERS)
    if not members or len(set(members)) < len(members):
        raise ConfigError(f"an ensemble needs members, each once; members is {list(members)}")
    estimators = [(name, _MEMBERS[name].estimator(seed, _MEMBERS[name].parameters)) for name in members]
    return VotingClassifier(estimators, voting="soft")


def ensemble_pairs(parameters: Mapping[str, Any]) -> Pairs | None:
    """Return what its member with the costliest pairs takes, None where no member has any."""
    members = [_MEMBERS[name] for name in parameters["members"] if name in _MEMBERS]
    found = [pairs for member in members if (pairs := member.pairs(member.parameters))]
    if not found:
        return None
    worst = max(found, key=lambda pairs: (not pairs.tested, pairs.seconds))
    return dataclasses.replace(worst, instead="name other `members` under [models.{name}]", instead_seconds=0.0)


ENSEMBLE = Model(
    name="ensemble",
    summary="mean of the probabilities of several classical models",
    kind="classical",
    features="functionals",
    build=build_ensemble,
    parameters={"members": ["lda", "svm"], "speeds": [*SLOWER_AND_FASTER]},
    space={"members": (["lda", "svm"], ["lda", "mlp"], ["svm", "mlp"], ["lda", "svm", "mlp"]), "speeds": SPEEDS},
    cost=0.6,
    pairs=ensemble_pairs,
    source=("ser_bench.models.classical", "ser_bench.models.ensemble", "ser_bench.models.estimators"),
)
