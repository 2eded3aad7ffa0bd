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
from collections.abc import Callable, Iterable, Iterator, Mapping
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
"""Hold it while a program is in use; its weights are shared."""

_MAX_PROGRAMS = 16
_BATCH = 128
_programs: OrderedDict[str, Program] = OrderedDict()


@contextmanager
def quiet() -> Iterator[None]:
    """Discard what native code writes to file descriptor 2; write it after all if the block raises."""
    try:
        saved = os.dup(2)
    except OSError:  # no standard error
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
    """Import Keras with a deterministic backend on one thread of the processor.

    The thread pools of TensorFlow ignore OMP settings, and trained weights depend on their size. The graphics card is
    not used, because these networks are small and several workers would share it.

    Returns
    -------
    module
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with quiet():
        import keras

        if keras.backend.backend() == "tensorflow":
            _pin_tensorflow()
        keras.ops.convert_to_numpy(keras.ops.zeros((1,)) + 1)  # the runtime writes a message at its first use
    return keras


def _pin_tensorflow() -> None:
    import tensorflow as tf

    # each raises once the runtime has started, for example by the caller's own use of TensorFlow
    with suppress(RuntimeError, ValueError):
        tf.config.threading.set_intra_op_parallelism_threads(1)
    with suppress(RuntimeError, ValueError):
        tf.config.threading.set_inter_op_parallelism_threads(1)
    with suppress(RuntimeError, ValueError):
        tf.config.set_visible_devices([], "GPU")
    tf.config.experimental.enable_op_determinism()


@contextmanager
def _own_seeds(seed: int) -> Iterator[None]:
    """Let layers draw their seeds from a generator that no other thread uses, with the numbers of the global one.

    A thread of a cluster's worker draws from Python's global generator at any time, which would change the weights.
    """
    from keras.src.random import seed_generator

    shared = seed_generator.python_random
    seed_generator.python_random = random.Random(seed)
    try:
        yield
    finally:
        seed_generator.python_random = shared


def _forget_outlined() -> None:
    """Drop variables of a stateless scope that have no values; Keras would do so later."""
    from keras.src.backend.common import global_state

    global_state.set_global_attribute("uninitialized_variables", [])


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """Everything but the weights that determines a compiled network.

    Parameters
    ----------
    network : str
        Name of a function of :mod:`ser_bench.models.networks.architectures`.
    architecture : mapping
        Its keywords.
    shape : tuple of int
        Shape of one clip's input.
    classes : int
        Number of classes.
    weight_decay, label_smoothing : float
        Weight decay of AdamW, and share of the target spread evenly over all classes.
    """

    network: str
    architecture: Mapping[str, Any]
    shape: tuple[int, ...]
    classes: int
    weight_decay: float = 0.0
    label_smoothing: float = 0.0

    def key(self) -> str:
        """Return a string that only equal blueprints share.

        Returns
        -------
        str
        """
        return json.dumps([self.__dict__[k] for k in sorted(self.__dict__)], sort_keys=True)


class Program:
    """A compiled network that can be reset to initial weights.

    Parameters
    ----------
    blueprint : Blueprint
        What the network is.
    model : keras.Model
        The network, not compiled yet.
    """

    def __init__(self, blueprint: Blueprint, model: Any) -> None:
        keras = load_keras()
        self.model = model
        self._sums = _sums_of_clips(keras)
        self.optimizer = keras.optimizers.AdamW(weight_decay=blueprint.weight_decay)
        with quiet():
            model.compile(
                optimizer=self.optimizer,
                loss=keras.losses.CategoricalCrossentropy(label_smoothing=blueprint.label_smoothing),
                weighted_metrics=[],
                metrics=[self._sums],
                jit_compile=False,
            )
            self.optimizer.build(model.trainable_variables)
            _create_metrics(model, blueprint)
        self._step = _step_of(keras, model)
        self._counted = 0
        self._optimizer_start = _values(self.optimizer.variables)

    def restart(self, state: list[np.ndarray]) -> None:
        """Set every variable to its value in a new model, including the random state of dropout.

        Parameters
        ----------
        state : list of ndarray
            The values.
        """
        for variable, value in zip(_state(self.model), state, strict=True):
            variable.assign(value)
        for variable, value in zip(self.optimizer.variables, self._optimizer_start, strict=True):
            variable.assign(value)
        self.model.reset_metrics()
        self._sums.clear()

    def train(self, X: np.ndarray, Y: np.ndarray, weights: np.ndarray, counted: int) -> None:
        """Train on one batch, and add its clips to the sums of :meth:`measured`.

        Parameters
        ----------
        X : ndarray of float32, shape (b, ...)
            Inputs.
        Y : ndarray of float32, shape (b, classes)
            Targets.
        weights : ndarray of float32, shape (b,)
            Weights of the clips in the loss.
        counted : int
            Number of first clips of the batch to measure; the others only fill it up.
        """
        if counted != self._counted:
            self._sums.counted.assign(counted)
            self._counted = counted
        self._step(X, Y, weights)

    def measured(self) -> np.ndarray:
        """Return what the batches since the last call measured.

        Returns
        -------
        ndarray of float64, shape (2,)
            Sums of cross-entropy and of hits over the counted clips, each before the step of its batch.
        """
        sums = [float(total) for total in (self._sums.loss, self._sums.hits)]
        self._sums.clear()
        return np.array(sums)


def _step_of(keras: Any, model: Any) -> Callable[[np.ndarray, np.ndarray, np.ndarray], Any]:
    """Return ``train_on_batch`` of a model, without its reset and reading of metrics, which take up to 0.5 ms."""
    if keras.backend.backend() == "jax":  # its function of a step also takes and returns the weights
        return model.train_on_batch
    model.make_train_function()
    return lambda *batch: model.train_function(iter([batch]))


def _state(model: Any) -> list[Any]:
    metrics = {id(v) for v in model.metrics_variables}
    return [v for v in model.variables if id(v) not in metrics]


def _sums_of_clips(keras: Any) -> Any:
    """Return a metric: sums of cross-entropy and hits over the first ``counted`` clips of each batch until cleared."""
    ops = keras.ops

    class SumsOfClips(keras.metrics.Metric):
        def __init__(self) -> None:
            super().__init__(name="sums_of_clips")
            self.counted = self.add_variable((), "zeros", name="counted")
            self.loss, self.hits = (self.add_variable((), "zeros", name=name) for name in ("loss", "hits"))

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            position = ops.arange(ops.shape(y_true)[0], dtype="float32")
            counts = ops.cast(position < self.counted, "float32")
            self.loss.assign_add(ops.sum(counts * keras.losses.categorical_crossentropy(y_true, y_pred)))
            self.hits.assign_add(ops.sum(counts * keras.metrics.categorical_accuracy(y_true, y_pred)))

        def reset_state(self) -> None:
            """Keep the sums: Keras resets metrics at other times than the end of an epoch."""

        def clear(self) -> None:
            self.loss.assign(0.0)
            self.hits.assign(0.0)

        def result(self) -> dict[str, Any]:
            return {"clip_loss": self.loss + 0.0, "clip_hits": self.hits + 0.0}

    return SumsOfClips()


def _create_metrics(model: Any, blueprint: Blueprint) -> None:
    """Create the variables of the metrics; a training step that creates variables is traced twice."""
    x = np.zeros((1, *blueprint.shape), dtype=np.float32)
    y = np.full((1, blueprint.classes), 1 / blueprint.classes, dtype=np.float32)
    weight = np.ones(1, dtype=np.float32)
    model.compute_loss(x=x, y=y, y_pred=y, sample_weight=weight)
    model.compute_metrics(x=x, y=y, y_pred=y, sample_weight=weight)


def _values(variables: Iterable[Any]) -> list[np.ndarray]:
    to_numpy = load_keras().ops.convert_to_numpy
    return [np.array(to_numpy(v)) for v in variables]  # a copy, because a backend may return its own memory


def _build(blueprint: Blueprint, seed: int) -> Any:
    """Build a model whose weights depend on the seed only; global random states do not change."""
    from ser_bench.models.networks import architectures

    keras = load_keras()
    ours, theirs = random.getstate(), np.random.get_state()
    try:
        keras.utils.set_random_seed(seed)
        build = getattr(architectures, blueprint.network)
        with quiet(), _own_seeds(seed):
            return build(keras, blueprint.shape, blueprint.classes, **blueprint.architecture)
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)


def outline(blueprint: Blueprint) -> list[tuple[int, ...]]:
    """Return the shapes of a network's weights without allocating them.

    Parameters
    ----------
    blueprint : Blueprint
        What the network is.

    Returns
    -------
    list of tuple of int
    """
    keras = load_keras()
    with keras.StatelessScope(initialize_variables=False):
        model = _build(blueprint, 0)
    shapes = [tuple(weight.shape) for weight in model.weights]
    _forget_outlined()
    return shapes


def fresh(blueprint: Blueprint, seed: int) -> Program:
    """Return a compiled network with the initial weights of a seed, which do not depend on earlier fits.

    Parameters
    ----------
    blueprint : Blueprint
        What the network is.
    seed : int
        Seed of the weights.

    Returns
    -------
    Program
    """
    model = _build(blueprint, seed)
    state = _values(_state(model))
    program = _program(blueprint, model)
    program.restart(state)
    return program


def loaded(blueprint: Blueprint, weights: list[np.ndarray]) -> Any:
    """Return a network with given weights.

    Parameters
    ----------
    blueprint : Blueprint
        What the network is.
    weights : list of ndarray
        Its weights.

    Returns
    -------
    keras.Model
    """
    program = _program(blueprint, None)
    program.model.set_weights(weights)
    return program.model


def _program(blueprint: Blueprint, model: Any | None) -> Program:
    key = blueprint.key()
    if key not in _programs:
        _programs[key] = Program(blueprint, model if model is not None else _build(blueprint, 0))
        while len(_programs) > _MAX_PROGRAMS:
            _programs.popitem(last=False)
    _programs.move_to_end(key)
    return _programs[key]


def predict(model: Any, inputs: np.ndarray) -> np.ndarray:
    """Return the output of a network, in batches of one size, so that one compiled graph suffices.

    Parameters
    ----------
    model : keras.Model
        The network.
    inputs : ndarray of float32, shape (n, ...)
        Input of each clip.

    Returns
    -------
    ndarray of float32, shape (n, classes)
    """
    outputs = []
    for start in range(0, len(inputs), _BATCH):
        batch = inputs[start : start + _BATCH]
        filled = np.zeros((_BATCH, *inputs.shape[1:]), dtype=np.float32)
        filled[: len(batch)] = batch
        outputs.append(np.asarray(model.predict_on_batch(filled))[: len(batch)])
    return np.concatenate(outputs)
