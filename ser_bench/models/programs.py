"""Compiled networks, kept and used again: tracing one costs seconds, resetting its weights milliseconds."""

from __future__ import annotations

import json
import random
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ser_bench.models.backend import forget_outlined, load_keras, own_seeds, quiet

LOCK = threading.RLock()
"""Held by whoever uses a program, since its weights belong to whoever set them last."""

_KEPT = 16
_BATCH = 128
_programs: OrderedDict[str, Program] = OrderedDict()


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """All that decides what a program computes, but for the weights."""

    network: str
    architecture: Mapping[str, Any]
    shape: tuple[int, ...]
    classes: int
    weight_decay: float = 0.0
    label_smoothing: float = 0.0

    def key(self) -> str:
        """Return a string that is the same for equal blueprints only."""
        return json.dumps([self.__dict__[k] for k in sorted(self.__dict__)], sort_keys=True)


class Program:
    """A compiled model with what it takes to make it as good as new."""

    def __init__(self, blueprint: Blueprint, model: Any) -> None:
        keras = load_keras()
        self.model = model
        self.optimizer = keras.optimizers.AdamW(weight_decay=blueprint.weight_decay)
        with quiet():
            model.compile(
                optimizer=self.optimizer,
                loss=keras.losses.CategoricalCrossentropy(label_smoothing=blueprint.label_smoothing),
                weighted_metrics=[],
                metrics=["accuracy"],
                jit_compile=False,
            )
            self.optimizer.build(model.trainable_variables)
            _create_metrics(model, blueprint)
        self._optimizer_start = _values(self.optimizer.variables)

    def restart(self, state: list[np.ndarray]) -> None:
        """Set every variable, the dropout's random state included, to what a fresh model has."""
        for variable, value in zip(_state(self.model), state, strict=True):
            variable.assign(value)
        for variable, value in zip(self.optimizer.variables, self._optimizer_start, strict=True):
            variable.assign(value)
        self.model.reset_metrics()


def _state(model: Any) -> list[Any]:
    metrics = {id(v) for v in model.metrics_variables}
    return [v for v in model.variables if id(v) not in metrics]


def _create_metrics(model: Any, blueprint: Blueprint) -> None:
    """Let the metrics create their variables now: a step that creates variables is traced twice."""
    x = np.zeros((1, *blueprint.shape), dtype=np.float32)
    y = np.full((1, blueprint.classes), 1 / blueprint.classes, dtype=np.float32)
    weight = np.ones(1, dtype=np.float32)
    model.compute_loss(x=x, y=y, y_pred=y, sample_weight=weight)
    model.compute_metrics(x=x, y=y, y_pred=y, sample_weight=weight)


def _values(variables: Iterable[Any]) -> list[np.ndarray]:
    to_numpy = load_keras().ops.convert_to_numpy
    return [np.array(to_numpy(v)) for v in variables]  # a copy, for a backend may lend its own memory


def _build(blueprint: Blueprint, seed: int) -> Any:
    """Build a model whose weights follow from the seed alone; the caller's random generators stay put."""
    from ser_bench.models import networks

    keras = load_keras()
    ours, theirs = random.getstate(), np.random.get_state()
    try:
        keras.utils.set_random_seed(seed)
        build = getattr(networks, blueprint.network)
        with quiet(), own_seeds(seed):
            return build(keras, blueprint.shape, blueprint.classes, **blueprint.architecture)
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)


def outline(blueprint: Blueprint) -> list[tuple[int, ...]]:
    """Return the shapes of the weights that a blueprint's network has, without giving it any memory."""
    keras = load_keras()
    with keras.StatelessScope(initialize_variables=False):
        model = _build(blueprint, 0)
    shapes = [tuple(weight.shape) for weight in model.weights]
    forget_outlined()
    return shapes


def fresh(blueprint: Blueprint, seed: int) -> Program:
    """Return a program with the initial weights of this seed, the same whatever ran before."""
    model = _build(blueprint, seed)
    state = _values(_state(model))
    program = _kept(blueprint, model)
    program.restart(state)
    return program


def loaded(blueprint: Blueprint, weights: list[np.ndarray]) -> Any:
    """Return a model with the given weights."""
    program = _kept(blueprint, None)
    program.model.set_weights(weights)
    return program.model


def _kept(blueprint: Blueprint, model: Any | None) -> Program:
    key = blueprint.key()
    if key not in _programs:
        _programs[key] = Program(blueprint, model if model is not None else _build(blueprint, 0))
        while len(_programs) > _KEPT:
            _programs.popitem(last=False)
    _programs.move_to_end(key)
    return _programs[key]


def predict(model: Any, inputs: np.ndarray) -> np.ndarray:
    """Return the model's output per clip, by batches of one size so that one compiled graph serves all."""
    outputs = []
    for start in range(0, len(inputs), _BATCH):
        batch = inputs[start : start + _BATCH]
        filled = np.zeros((_BATCH, *inputs.shape[1:]), dtype=np.float32)
        filled[: len(batch)] = batch
        outputs.append(np.asarray(model.predict_on_batch(filled))[: len(batch)])
    return np.concatenate(outputs)
