"""Training of a network: early stopping on held-out clips, averaged weights, the weights of the best epoch."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import numpy as np

from ser_bench.models.networks.augmentation import Augmentation
from ser_bench.models.networks.compiled import Program, predict

CLEAN_CLIPS = 512
"""Most training clips that the clean accuracy of an epoch is measured on."""

MEASURES = ("loss", "accuracy", "clean_accuracy", "val_loss", "val_accuracy")
"""The learning curves of a network."""


class Ended(TypedDict):
    """How a training ended: epochs trained, the number of the epoch whose weights are kept, from 1, and why."""

    epochs: int
    best_epoch: int
    why: Literal["patience", "last epoch"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings of a training.

    Parameters
    ----------
    epochs, patience, batch_size, learning_rate, schedule, average
        As in :class:`ser_bench.models.networks.classifier.KerasClassifier`.
    augment : Augmentation
        Changes of the training batches.
    seed : int
        Seed of batches and augmentation.
    curves : bool
        Whether the clean accuracy of each epoch is measured; otherwise it is NaN.
    """

    epochs: int
    patience: int
    batch_size: int
    learning_rate: float
    schedule: str
    average: int
    augment: Augmentation
    seed: int
    curves: bool = True

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch; that of the first is a third of the highest.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.

        Returns
        -------
        float
        """
        if self.schedule == "constant":
            return self.learning_rate
        if epoch == 0:
            return self.learning_rate / 3
        return self.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * epoch / self.epochs)))


def train(
    program: Program,
    inputs: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    held_out: np.ndarray,
    plan: Plan,
    originals: np.ndarray | None = None,
) -> tuple[dict[str, list[float]], Ended]:
    """Train a network and leave the weights of its best epoch in it.

    The weights of an epoch are the mean of those after it and after the epochs before it, as many as ``plan.average``.

    Parameters
    ----------
    program : Program
        The compiled network.
    inputs : ndarray of float32, shape (n, ...)
        Input of each clip.
    targets : ndarray of float32, shape (n, classes)
        One-hot classes.
    weights : ndarray of float32, shape (n,)
        Weight of each clip.
    held_out : ndarray of bool, shape (n,)
        Clips for early stopping. Without any, the last epoch is the best.
    plan : Plan
        Settings.
    originals : ndarray of bool, shape (n,), optional
        False for copies at other speeds.

    Returns
    -------
    history : dict of str to list of float
        :data:`MEASURES` per epoch. Each loss is the cross-entropy without class weights, label smoothing or penalty.
        ``loss`` and ``accuracy`` are means over the training clips as the network was trained on them: with
        augmentation and dropout, each clip once, while the weights change. ``clean_accuracy`` is the accuracy after the
        epoch on at most :data:`CLEAN_CLIPS` original training clips, without either.
    ended : Ended
        How the training ended.
    """
    history: dict[str, list[float]] = {name: [] for name in MEASURES}
    rng = np.random.default_rng(plan.seed)
    training = np.flatnonzero(~held_out)
    clean = training if originals is None else training[originals[training]]
    clean = _evenly_spaced(clean, CLEAN_CLIPS if plan.curves else 0)
    averaged = _Averaged(program.model, plan.average)
    best, best_epoch, best_weights = math.inf, 0, None
    for epoch in range(plan.epochs):
        averaged.resume()
        measured = _epoch(program, inputs, targets, weights, training, plan, plan.rate(epoch), rng)
        averaged.pause()
        measured["clean_accuracy"] = _evaluate(program.model, inputs[clean], targets[clean])[1]
        measured["val_loss"], measured["val_accuracy"] = _evaluate(program.model, inputs[held_out], targets[held_out])
        for name, values in history.items():
            values.append(measured[name])
        if measured["val_loss"] < best:
            best, best_epoch, best_weights = measured["val_loss"], epoch, program.model.get_weights()
        if best_weights is not None and epoch - best_epoch >= plan.patience:
            break
    if best_weights is None:
        return history, Ended(epochs=plan.epochs, best_epoch=plan.epochs, why="last epoch")
    program.model.set_weights(best_weights)
    stopped = epoch - best_epoch >= plan.patience
    return history, Ended(epochs=epoch + 1, best_epoch=best_epoch + 1, why="patience" if stopped else "last epoch")


class _Averaged:
    """Swaps the weights of a network for their mean over the last epochs, and back."""

    def __init__(self, model: Any, epochs: int) -> None:
        self._model = model
        self._recent: deque[list[np.ndarray]] = deque(maxlen=epochs)

    def pause(self) -> None:
        """Put the mean into the network, after an epoch."""
        self._recent.append([np.array(w) for w in self._model.get_weights()])
        if len(self._recent) > 1:
            self._model.set_weights([np.mean(values, axis=0) for values in zip(*self._recent, strict=True)])

    def resume(self) -> None:
        """Put the weights of the last epoch into the network."""
        if len(self._recent) > 1:
            self._model.set_weights(self._recent[-1])


def _epoch(
    program: Program,
    inputs: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    training: np.ndarray,
    plan: Plan,
    rate: float,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Train on every clip and return loss and accuracy, means over the clips."""
    program.optimizer.learning_rate.assign(rate)
    size = min(plan.batch_size, len(training))
    batches = math.ceil(len(training) / size)
    # the last batch is filled up from the start: batches of one size need only one compiled graph
    order = np.resize(rng.permutation(training), batches * size).reshape(batches, size)
    workspace = np.empty((2, size, *inputs.shape[1:]), dtype=np.float32)
    for number, chosen in enumerate(order):
        X, Y = plan.augment(inputs, targets, chosen, rng, workspace)
        program.train(X, Y, weights[chosen], counted=min(size, len(training) - number * size))
    loss, accuracy = program.measured() / len(training)
    return {"loss": float(loss), "accuracy": float(accuracy)}


def _evenly_spaced(values: np.ndarray, count: int) -> np.ndarray:
    """Return at most so many values."""
    return values if len(values) <= count else values[np.linspace(0, len(values) - 1, count).astype(int)]


def _evaluate(model: Any, inputs: np.ndarray, targets: np.ndarray) -> tuple[float, float]:
    """Return loss and accuracy without augmentation and dropout; NaN without clips."""
    if not len(inputs):
        return math.nan, math.nan
    p = predict(model, inputs)
    right = np.maximum((p * targets).sum(axis=1), 1e-7)
    hits = p.argmax(axis=1) == targets.argmax(axis=1)
    return float(-np.log(right).mean()), float(hits.mean())
