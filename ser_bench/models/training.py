"""How a network is trained: speakers held out, batches drawn, the best epoch kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ser_bench.core.errors import ConfigError
from ser_bench.models import programs
from ser_bench.models.augment import Augmentation

_FEWEST_SPEAKERS = 4
SCHEDULES = ("cosine", "constant")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a training does, but for the data; the words are those of ``KerasClassifier``."""

    epochs: int
    interruptible: int
    batch_size: int
    learning_rate: float
    schedule: str
    augment: Augmentation
    seed: int

    def __post_init__(self) -> None:
        if self.schedule not in SCHEDULES:
            raise ConfigError(f"schedule must be one of {', '.join(SCHEDULES)}, not {self.schedule!r}")

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 0; the first is a warm-up at a third."""
        if self.schedule == "constant":
            return self.learning_rate
        if epoch == 0:
            return self.learning_rate / 3
        return self.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * epoch / self.epochs)))


def hold_out(groups: Any, codes: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Return a mask of the clips of the speakers held out, bool ``(n,)``; all false where none can be.

    ``groups`` is a speaker per clip or None. About ``share`` of the speakers are drawn, at least one
    and, of six or more, at least two, such that every class is still trained on.
    """
    nobody = np.zeros(len(codes), dtype=bool)
    if groups is None or share <= 0:
        return nobody
    groups = np.asarray(groups)
    speakers = np.unique(groups)
    if len(speakers) < _FEWEST_SPEAKERS:
        return nobody
    size = max(round(share * len(speakers)), 2 if len(speakers) >= 6 else 1)
    rng = np.random.default_rng([seed, len(speakers)])
    for _ in range(20):
        held_out = np.isin(groups, rng.permutation(speakers)[:size])
        if len(np.unique(codes[~held_out])) == len(np.unique(codes)):
            return held_out
    return nobody


def train(
    program: programs.Program,
    inputs: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    held_out: np.ndarray,
    plan: Plan,
) -> dict[str, list[float]]:
    """Train the program, leave the best epoch's weights in it, and return a list per measure."""
    history: dict[str, list[float]] = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    rng = np.random.default_rng(plan.seed)
    training = np.flatnonzero(~held_out)
    best, best_epoch, best_weights = math.inf, 0, None
    for epoch in range(plan.epochs):
        measured = _epoch(program, inputs, targets, weights, training, plan, plan.rate(epoch), rng)
        measured |= _validate(program.model, inputs[held_out], targets[held_out])
        for name, values in history.items():
            values.append(measured[name])
        if measured["val_loss"] < best:
            best, best_epoch, best_weights = measured["val_loss"], epoch, program.model.get_weights()
        if best_weights is not None and epoch - best_epoch >= plan.interruptible:
            break
    if best_weights is not None:
        program.model.set_weights(best_weights)
    return history


def _epoch(
    program: programs.Program,
    inputs: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    training: np.ndarray,
    plan: Plan,
    rate: float,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Train on every clip once and return the epoch's mean loss and accuracy."""
    program.optimizer.learning_rate.assign(rate)
    program.model.reset_metrics()
    size = min(plan.batch_size, len(training))
    batches = math.ceil(len(training) / size)
    # The last batch is filled up from the start: batches of one size need only one compiled graph.
    order = np.resize(rng.permutation(training), batches * size).reshape(batches, size)
    for chosen in order:
        X, Y = plan.augment(inputs[chosen], targets[chosen], rng)
        measured = program.model.train_on_batch(X, Y, weights[chosen], return_dict=True)
    return {"loss": float(measured["loss"]), "accuracy": float(measured["accuracy"])}


def _validate(model: Any, inputs: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Return the loss and accuracy on the held-out speakers; NaN where there are none."""
    if not len(inputs):
        return {"val_loss": math.nan, "val_accuracy": math.nan}
    p = programs.predict(model, inputs)
    right = np.maximum((p * targets).sum(axis=1), 1e-7)
    hits = p.argmax(axis=1) == targets.argmax(axis=1)
    return {"val_loss": float(-np.log(right).mean()), "val_accuracy": float(hits.mean())}
