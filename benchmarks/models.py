"""Time of fits and of training steps on data of RAVDESS's shape.

    python benchmarks/models.py fits [MODEL …]
    python benchmarks/models.py steps [NETWORK …]
    python benchmarks/models.py parts [NETWORK …]

``fits`` prints the time of fit and prediction per model, as multiples of the time to fit svm. A second fit is timed
too, since the first fit of a process compiles the network.

``steps`` compares the training loop of each network with two bare Keras loops over the same network, with the same
optimizer, loss, batches and threads: ``model.fit`` on the prepared arrays, and ``model.train_on_batch`` in a loop.
Neither augments, weights clips, measures more than the accuracy, or keeps the weights of an epoch, as ser-bench's loop
does. All three take the same number of steps in turn, in one process on one core; the ratio is to the faster bare loop.

``parts`` prints which parts of a whole fit take how much of its time.

The clips are generated: 1,200 for training, with copies for every speed of a model, and 240 for prediction; vectors
of 1,067 features, or 115 to 455 frames of 77 columns (64 for cnn2d).
"""

from __future__ import annotations

import os
import sys
import time

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # before NumPy is imported

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import numpy as np

from ser_bench import models
from ser_bench.core.labels import EMOTIONS

TRAINED = 1200
ROUNDS = 7
STEPS = 50
"""Steps of a loop in a round, at least."""


def generated() -> dict[str, np.ndarray]:
    """Return vectors and frames of 24 speakers and eight emotions, shifted by speaker and emotion."""
    rng = np.random.default_rng(0)
    n = 1440
    emotion, speaker = np.arange(n) % 8, np.arange(n) // 60
    shift = 0.3 * rng.normal(size=(8, 1067))[emotion] + rng.normal(size=(24, 1067))[speaker]
    frames = rng.normal(size=(n, 455, 77)).astype(np.float32) + shift[:, None, :77].astype(np.float32)
    for clip, length in zip(frames, np.clip(rng.normal(222, 60, size=n), 115, 455).astype(int), strict=True):
        clip[length:] = np.nan
    vector = (rng.normal(size=(n, 1067)) + shift).astype(np.float32)
    labels = np.array(EMOTIONS[:8])[emotion]
    return {"vector": vector, "frames": frames, "y": labels, "groups": speaker}


def features(model: models.Model, data: dict[str, np.ndarray]) -> np.ndarray:
    """Return the features that a model takes by default."""
    if "frames" not in model.accepts:
        return data["vector"]
    return data["frames"][:, :, :64] if model.features == "logmel" else data["frames"]


def fitted(model: models.Model, data: dict[str, np.ndarray], copies: int, **parameters: Any) -> Any:
    """Fit a model on all training clips, and as many clips again for each copy at another speed."""
    rows = np.tile(np.arange(TRAINED), 1 + copies)
    X = features(model, data)[rows]
    originals = np.arange(len(rows)) < TRAINED
    estimator = models.build(model, **parameters)
    return models.fit(model, estimator, X, data["y"][rows], data["groups"][rows], None, originals)


def timed(model: models.Model, data: dict[str, np.ndarray]) -> tuple[float, float]:
    """Return the seconds of one fit and of one prediction, without imports."""
    start = time.perf_counter()
    estimator = fitted(model, data, len(model.speeds))
    end = time.perf_counter()
    estimator.predict_proba(features(model, data)[TRAINED:])
    return end - start, time.perf_counter() - end


def print_fits(wanted: list[models.Model], data: dict[str, np.ndarray]) -> None:
    """Print a line per model."""
    svm, _ = min(timed(models.get("svm"), data) for _ in range(2))
    print(f"svm fits in {svm:.2f} s on this machine; all figures are multiples of it\n")
    print(f"{'model':12}{'fit':>8}{'again':>8}{'predict':>9}")
    for model in wanted:
        first, _ = timed(model, data)
        again, predicted = timed(model, data)
        print(f"{model.name:12}{first / svm:8.1f}{again / svm:8.1f}{predicted / svm:9.2f}", flush=True)


@contextmanager
def watched_training() -> Iterator[tuple[Counter[str], list[dict[str, Any]]]]:
    """Collect the CPU seconds of the parts of a fit, and the arguments of its trainings."""
    from ser_bench.models.networks import augmentation, classifier, compiled, training

    seconds: Counter[str] = Counter()
    trainings: list[dict[str, Any]] = []

    def watch(owner: Any, name: str, part: str) -> Any:
        function = getattr(owner, name)

        def call(*args: Any, **keywords: Any) -> Any:
            start = time.process_time()
            try:
                return function(*args, **keywords)
            finally:
                seconds[part] += time.process_time() - start
                if name == "train" and owner is classifier:
                    names = ("program", "inputs", "targets", "weights", "held_out", "plan")
                    trainings.append(dict(zip(names, args, strict=False)))
                    seconds["refit"] += (not args[4].any()) * (time.process_time() - start)

        return mock.patch.object(owner, name, call)

    with ExitStack() as stack:
        for owner, name, part in (
            (classifier.KerasClassifier, "_prepared", "preparation"),
            (compiled, "fresh", "first weights"),
            (classifier, "train", "training"),
            (augmentation.Augmentation, "__call__", "augmentation"),
            (compiled.Program, "train", "steps"),
            (training, "_evaluate", "evaluation"),
        ):
            stack.enter_context(watch(owner, name, part))
        yield seconds, trainings


def bare_network(blueprint: Any, plan: Any) -> Any:
    """Return the network of a blueprint, compiled as a Keras user does."""
    from ser_bench.models.networks import architectures
    from ser_bench.models.networks.compiled import load_keras

    keras = load_keras()
    build = getattr(architectures, blueprint.network)
    network = build(keras, blueprint.shape, blueprint.classes, **blueprint.architecture)
    network.compile(
        optimizer=keras.optimizers.AdamW(plan.learning_rate, weight_decay=blueprint.weight_decay),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=blueprint.label_smoothing),
        metrics=["accuracy"],
    )
    return network


def loops(blueprint: Any, arguments: dict[str, Any], epochs: int) -> dict[str, Callable[[], Any]]:
    """Return the three loops, each of ``epochs`` epochs on the same arrays, a whole number of batches."""
    from ser_bench.models.networks import training

    plan = dataclasses.replace(arguments["plan"], epochs=epochs, curves=False)
    n = len(arguments["inputs"]) // plan.batch_size * plan.batch_size
    arrays = {name: arguments[name][:n] for name in ("inputs", "targets", "weights")}
    nothing = np.zeros(n, dtype=bool)
    X, Y = arrays["inputs"], arrays["targets"]
    by_fit, by_batch = (bare_network(blueprint, plan) for _ in range(2))

    def train_batches() -> None:
        rng = np.random.default_rng(0)
        for _ in range(epochs):
            for chosen in rng.permutation(n).reshape(-1, plan.batch_size):
                by_batch.train_on_batch(X[chosen], Y[chosen])

    return {
        "ser-bench": lambda: training.train(arguments["program"], **arrays, held_out=nothing, plan=plan),
        "fit": lambda: by_fit.fit(X, Y, batch_size=plan.batch_size, epochs=epochs, verbose=0),
        "train_on_batch": train_batches,
    }


def compared(functions: dict[str, Callable[[], Any]]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return CPU and wall seconds of each function in each round, after one to compile."""
    cpu: dict[str, list[float]] = {name: [] for name in functions}
    wall: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function()
    for number in range(ROUNDS):
        names = list(functions)
        for name in names[number % 3 :] + names[: number % 3]:
            start = time.process_time(), time.perf_counter()
            functions[name]()
            cpu[name].append(time.process_time() - start[0])
            wall[name].append(time.perf_counter() - start[1])
    return cpu, wall


def ratios(seconds: dict[str, list[float]]) -> np.ndarray:
    """Return the speed of ser-bench's loop as a share of that of the faster bare loop, per round."""
    return np.minimum(seconds["fit"], seconds["train_on_batch"]) / np.array(seconds["ser-bench"])


def print_steps(wanted: list[models.Model], data: dict[str, np.ndarray]) -> None:
    """Print for each network its steps per second, beside those of bare loops."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # as a worker that has one core
    print(f"{'':12}{'':>7}{'steps per CPU second':>36}   {'ratio, median [all rounds]':34}")
    print(
        f"{'network':12}{'batch':>7}{'ser-bench':>12}{'fit':>8}{'train_on_batch':>16}   {'CPU time':22}{'wall time':22}"
    )
    for model in wanted:
        with watched_training() as (_, trainings):
            estimator = models.uncalibrated(
                fitted(model, data, len(model.speeds), epochs=1, refit=False, calibrate=False)
            )
        per_epoch = len(trainings[0]["inputs"]) // estimator.batch_size
        epochs = -(-STEPS // per_epoch)
        cpu, wall = compared(loops(estimator.blueprint_, trainings[0], epochs))
        print(f"{model.name:12}{estimator.batch_size:7}", end="")
        for name, width in (("ser-bench", 12), ("fit", 8), ("train_on_batch", 16)):
            print(f"{epochs * per_epoch / np.median(cpu[name]):{width}.0f}", end="")
        for seconds in (cpu, wall):
            r = ratios(seconds)
            print(f"   {np.median(r):.2f} [{r.min():.2f}, {r.max():.2f}]   ", end="")
        print(flush=True)


def print_parts(wanted: list[models.Model], data: dict[str, np.ndarray]) -> None:
    """Print the CPU seconds of a fit, the shares of its parts, and the CPU seconds to predict the test clips."""
    names = ("preparation", "first weights", "steps", "augmentation", "evaluation", "refit")
    print("The first fit of the process: CPU seconds, and the share of its parts in % (a refit repeats the others)")
    print(f"{'network':12}{'fit, s':>8}" + "".join(f"{name:>15}" for name in names) + f"{'240 clips, s':>15}")
    for model in wanted:
        start = time.process_time()
        with watched_training() as (seconds, _):
            estimator = fitted(model, data, len(model.speeds))
        end = time.process_time()
        estimator.predict_proba(features(model, data)[TRAINED:])
        predicted = time.process_time() - end
        shares = "".join(f"{100 * seconds[name] / (end - start):15.1f}" for name in names)
        print(f"{model.name:12}{end - start:8.1f}{shares}{predicted:15.2f}", flush=True)


def main(what: str, *names: str) -> None:
    """Print fits, steps or parts."""
    wanted = [models.get(name) for name in names or models.MODELS]
    if what != "fits":
        wanted = [model for model in wanted if model.kind == "network"]
    if any(model.kind == "network" for model in wanted):
        from ser_bench.models.networks.compiled import load_keras

        load_keras()
    {"fits": print_fits, "steps": print_steps, "parts": print_parts}[what](wanted, generated())


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["fits"]))
