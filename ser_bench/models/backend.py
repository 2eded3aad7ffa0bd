"""The one place that knows the backend below Keras: its threads, its determinism, and its chatter."""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from types import ModuleType

_ENVIRONMENT = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


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
