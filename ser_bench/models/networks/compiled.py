"""Keras and its compiled networks: one thread, deterministic and quiet.

Compiling a network takes seconds and resetting its weights milliseconds, so compiled networks are kept for reuse.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

_ENVIRONMENT = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


LOCK = threading.RLock()
"""Held by whoever uses a program, since its weights belong to whoever set them last."""

_KEPT = 16
_BATCH = 128
_programs: OrderedDict[str, Program] = OrderedDict()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what native code writes to file descriptor 2 off the terminal; replay it when the block raises."""
    try:
        saved = os.dup(2)
    except OSError:  # no standard error at all: nothing to keep quiet
        yield
        return
    with tempfile.TemporaryFile() as log:
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(log.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            log.seek(0)
            os.write(2, log.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


@cache
def load_keras() -> ModuleType:
    """Import Keras once and return it, its backend on one processor thread and deterministic.

    TensorFlow's thread pools ignore OMP settings and its trained weights change with their size, so
    both are pinned to one thread; a graphics card is left alone, since these networks are small and
    several workers would share it.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with quiet():
        import keras

        if keras.backend.backend() == "tensorflow":
            _pin_tensorflow()
        keras.ops.convert_to_numpy(keras.ops.zeros((1,)) + 1)  # the runtime greets at its first use
    return keras


def _pin_tensorflow() -> None:
    import tensorflow as tf

    # Each raises once the runtime has started, as when the caller's own program used TensorFlow first.
    with suppress(RuntimeError, ValueError):
        tf.config.threading.set_intra_op_parallelism_threads(1)
    with suppress(RuntimeError, ValueError):
        tf.config.threading.set_inter_op_parallelism_threads(1)
    with suppress(RuntimeError, ValueError):
        tf.config.set_visible_devices([], "GPU")
    tf.config.experimental.enable_op_determinism()


@contextmanager
def own_seeds(seed: int) -> Iterator[None]:
    """Have layers draw their seeds from a generator of their own, with the numbers that the global one would give.

    Another thread of the process, such as the one by which a cluster's worker talks to its scheduler, would draw
    from Python's global generator in between, and give the network other weights.
    """
    from keras.src.random import seed_generator

    shared = seed_generator.python_random
    seed_generator.python_random = random.Random(seed)
    try:
        yield
    finally:
        seed_generator.python_random = shared


def forget_outlined() -> None:
    """Drop variables that were declared in a stateless scope and never given values; Keras would do so later."""
    from keras.src.backend.common import global_state

    global_state.set_global_attribute("uninitialized_variables", [])


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
    from ser_bench.models.networks import architectures

    keras = load_keras()
    ours, theirs = random.getstate(), np.random.get_state()
    try:
        keras.utils.set_random_seed(seed)
        build = getattr(architectures, blueprint.network)
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
