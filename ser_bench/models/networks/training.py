"""Training of a network: augmentation, early stopping on held-out speakers, the weights of the best epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ser_bench.models.networks.compiled import Program, predict

_MIN_SPEAKERS = 4


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random changes of training batches, as another speaker, room or take would cause; 0 switches a change off.

    Parameters
    ----------
    noise : float
        Standard deviation of Gaussian noise, in standard deviations of the input.
    mixup : float
        Alpha of the blend of two clips (Zhang et al., mixup, ICLR 2018).
    gain : float
        Standard deviation of a level added to every band.
    stretch : float
        Largest relative change of tempo.
    band_shift : int
        Largest shift along the bands, as by a longer or shorter vocal tract.
    mask_bands, mask_frames : int
        Widest stripe set to the mean, in bands and in steps (Park et al., SpecAugment, Interspeech 2019).
    """

    noise: float = 0.0
    mixup: float = 0.0
    gain: float = 0.0
    stretch: float = 0.0
    band_shift: int = 0
    mask_bands: int = 0
    mask_frames: int = 0

    def without_time(self) -> Augmentation:
        """Return the changes that also suit a vector in steps, whose positions are neither time nor bands.

        Returns
        -------
        Augmentation
        """
        return Augmentation(noise=self.noise, mixup=self.mixup)

    def __call__(self, X: np.ndarray, Y: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return a changed copy of a batch ``X`` and its one-hot targets ``Y``."""
        if X.ndim == 3:
            X = self._warp(X, rng)
            bands, mask = X[:, :, :-1], X[:, :, -1:]
            self._shade(bands, rng)
            bands *= mask
        else:
            X = bands = X.copy()
        if self.noise:
            bands += np.float32(self.noise) * rng.standard_normal(bands.shape, dtype=np.float32)
        if self.mixup:
            X, Y = self._blend(X, Y, rng)
        return X, Y

    def _warp(self, X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Stretch time and shift bands by picking the nearest frame and band; always a copy."""
        b, t, channels = X.shape
        if not self.stretch and not self.band_shift:
            return X.copy()
        tempo = 1 + rng.uniform(-self.stretch, self.stretch, size=(b, 1))
        frames = np.rint(np.arange(t) * tempo).astype(int)
        beyond = frames >= t
        out = X[np.arange(b)[:, None], np.minimum(frames, t - 1)]
        out[beyond] = 0.0
        if self.band_shift:
            shifts = rng.integers(-self.band_shift, self.band_shift + 1, size=(b,))
            for k in range(b):
                bands = np.clip(np.arange(channels - 1) + shifts[k], 0, channels - 2)
                out[k, :, :-1] = out[k][:, bands]
        return out

    def _shade(self, bands: np.ndarray, rng: np.random.Generator) -> None:
        """Change the level and mask stripes in place."""
        b, t, d = bands.shape
        if self.gain:
            bands += rng.normal(0, self.gain, size=(b, 1, 1)).astype(np.float32)
        for width, axis in ((self.mask_bands, 2), (self.mask_frames, 1)):
            if not width:
                continue
            size = t if axis == 1 else d
            lengths = rng.integers(0, min(width, size) + 1, size=b)
            starts = (rng.random(b) * (size - lengths + 1)).astype(int)
            for row, start, length in zip(bands, starts, lengths, strict=True):
                stripe = slice(start, start + length)
                row[(slice(None), stripe) if axis == 2 else (stripe,)] = 0.0

    def _blend(self, X: np.ndarray, Y: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Blend each clip with another of the batch."""
        share = rng.beta(self.mixup, self.mixup, size=len(X)).astype(np.float32)
        share = np.maximum(share, 1 - share)
        partner = rng.permutation(len(X))
        wide = share.reshape(-1, *([1] * (X.ndim - 1)))
        return wide * X + (1 - wide) * X[partner], share[:, None] * Y + (1 - share[:, None]) * Y[partner]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings of a training.

    Parameters
    ----------
    epochs, patience, batch_size, learning_rate, schedule
        As in :class:`ser_bench.models.networks.classifier.KerasClassifier`.
    augment : Augmentation
        Changes of the training batches.
    seed : int
        Seed of batches and augmentation.
    """

    epochs: int
    patience: int
    batch_size: int
    learning_rate: float
    schedule: str
    augment: Augmentation
    seed: int

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


def hold_out(groups: Any, codes: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Choose speakers to hold out for early stopping.

    Parameters
    ----------
    groups : array_like of shape (n,) or None
        Speaker of each clip.
    codes : ndarray of int, shape (n,)
        Class of each clip.
    share : float
        Share of the speakers: at least one, and at least two of six or more.
    seed : int
        Seed of the choice.

    Returns
    -------
    ndarray of bool, shape (n,)
        True for the clips held out. All False without groups, with fewer than four speakers, or where a class would
        have no training clip.
    """
    none = np.zeros(len(codes), dtype=bool)
    if groups is None or share <= 0:
        return none
    groups = np.asarray(groups)
    speakers = np.unique(groups)
    if len(speakers) < _MIN_SPEAKERS:
        return none
    size = max(round(share * len(speakers)), 2 if len(speakers) >= 6 else 1)
    rng = np.random.default_rng([seed, len(speakers)])
    for _ in range(20):
        held_out = np.isin(groups, rng.permutation(speakers)[:size])
        if len(np.unique(codes[~held_out])) == len(np.unique(codes)):
            return held_out
    return none


def train(
    program: Program,
    inputs: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    held_out: np.ndarray,
    plan: Plan,
) -> dict[str, list[float]]:
    """Train a network and leave the weights of its best epoch in it.

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
        Clips for early stopping.
    plan : Plan
        Settings.

    Returns
    -------
    dict of str to list of float
        ``loss``, ``accuracy``, ``val_loss`` and ``val_accuracy`` per epoch.
    """
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
        if best_weights is not None and epoch - best_epoch >= plan.patience:
            break
    if best_weights is not None:
        program.model.set_weights(best_weights)
    return history


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
    """Train on every clip once and return the epoch's mean loss and accuracy."""
    program.optimizer.learning_rate.assign(rate)
    program.model.reset_metrics()
    size = min(plan.batch_size, len(training))
    batches = math.ceil(len(training) / size)
    # the last batch is filled up from the start: batches of one size need only one compiled graph
    order = np.resize(rng.permutation(training), batches * size).reshape(batches, size)
    for chosen in order:
        X, Y = plan.augment(inputs[chosen], targets[chosen], rng)
        measured = program.model.train_on_batch(X, Y, weights[chosen], return_dict=True)
    return {"loss": float(measured["loss"]), "accuracy": float(measured["accuracy"])}


def _validate(model: Any, inputs: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Return the loss and accuracy on the held-out speakers; NaN where there are none."""
    if not len(inputs):
        return {"val_loss": math.nan, "val_accuracy": math.nan}
    p = predict(model, inputs)
    right = np.maximum((p * targets).sum(axis=1), 1e-7)
    hits = p.argmax(axis=1) == targets.argmax(axis=1)
    return {"val_loss": float(-np.log(right).mean()), "val_accuracy": float(hits.mean())}
