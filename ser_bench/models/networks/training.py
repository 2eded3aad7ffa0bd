"""Training of a network: augmentation, early stopping on held-out clips, the weights of the best epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ser_bench.models.networks.compiled import Program, predict

_MIN_GROUPS = 4

CLEAN_CLIPS = 512
"""Most training clips that the clean accuracy of an epoch is measured on."""

MEASURES = ("loss", "accuracy", "clean_accuracy", "val_loss", "val_accuracy")
"""The learning curves of a network."""


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
        frames = X.ndim == 3
        X = self._warp(X, rng) if frames else X.copy()
        bands = X[:, :, :-1] if frames else X
        if frames:
            self._shade(bands, rng)
        if self.noise:
            bands += np.float32(self.noise) * rng.standard_normal(bands.shape, dtype=np.float32)
        if frames:
            bands *= X[:, :, -1:]  # nothing behind the clip's end
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


def hold_out(groups: Any, codes: np.ndarray, share: float, seed: int, speakers: Any = None) -> np.ndarray:
    """Choose whole groups of clips to hold out for early stopping.

    Without ``speakers`` the groups are speakers, and some speakers are held out whole. With ``speakers`` the groups are
    takes: the share is held out of every class and every speaker, and no speaker loses all takes.

    Parameters
    ----------
    groups : array_like of shape (n,) or None
        Group of each clip.
    codes : ndarray of int, shape (n,)
        Class of each clip.
    share : float
        Share of the groups: at least one, and at least two of six or more speakers.
    seed : int
        Seed of the choice.
    speakers : array_like of shape (n,), optional
        Speaker of each clip, where the groups are takes.

    Returns
    -------
    ndarray of bool, shape (n,)
        True for the clips held out. All False without groups, with fewer than four, or where a class or a speaker would
        have no training clip.
    """
    none = np.zeros(len(codes), dtype=bool)
    if groups is None or share <= 0:
        return none
    groups = np.asarray(groups)
    names, first, numbers = np.unique(groups, return_index=True, return_inverse=True)
    if len(names) < _MIN_GROUPS:
        return none
    if speakers is not None:
        order = np.argsort(np.argsort(first))  # numbered as they appear, so that names do not matter
        _, held_by = np.unique(np.asarray(speakers)[np.sort(first)], return_inverse=True)
        chosen = _choose_takes(codes[np.sort(first)], held_by, share, seed)
        held_out = chosen[order][numbers]
        return held_out if _keeps_classes(codes, held_out) else none
    size = max(round(share * len(names)), 2 if len(names) >= 6 else 1)
    rng = np.random.default_rng([seed, len(names)])
    for _ in range(20):
        held_out = np.isin(groups, rng.permutation(names)[:size])
        if _keeps_classes(codes, held_out):
            return held_out
    return none


def _keeps_classes(codes: np.ndarray, held_out: np.ndarray) -> bool:
    return len(np.unique(codes[~held_out])) == len(np.unique(codes))


def _choose_takes(codes: np.ndarray, speakers: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Return a mask of takes; each class and each speaker gives its share, rounded up, and keeps at least one take."""
    chosen = np.zeros(len(codes), dtype=bool)
    left_of_class, left_of_speaker = (_most_held_out(np.bincount(column), share) for column in (codes, speakers))
    rng = np.random.default_rng([seed, len(codes)])
    size = max(1, round(share * len(codes)))
    for take in rng.permutation(len(codes)):
        if size and left_of_class[codes[take]] and left_of_speaker[speakers[take]]:
            chosen[take] = True
            size -= 1
            left_of_class[codes[take]] -= 1
            left_of_speaker[speakers[take]] -= 1
    return chosen


def _most_held_out(takes: np.ndarray, share: float) -> np.ndarray:
    """Return how many of so many takes may be held out."""
    return np.minimum(np.ceil(share * takes), np.maximum(takes - 1, 0)).astype(int)


def train(
    program: Program,
    inputs: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    held_out: np.ndarray,
    plan: Plan,
    originals: np.ndarray | None = None,
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
    originals : ndarray of bool, shape (n,), optional
        False for copies at other speeds.

    Returns
    -------
    dict of str to list of float
        :data:`MEASURES` per epoch. Each loss is the cross-entropy without class weights, label smoothing or penalty.
        ``loss`` and ``accuracy`` are means over the training clips as the network was trained on them: with
        augmentation and dropout, each clip once, while the weights change. ``clean_accuracy`` is the accuracy after the
        epoch on at most :data:`CLEAN_CLIPS` original training clips, without either.
    """
    history: dict[str, list[float]] = {name: [] for name in MEASURES}
    rng = np.random.default_rng(plan.seed)
    training = np.flatnonzero(~held_out)
    clean = _evenly_spaced(training if originals is None else training[originals[training]], CLEAN_CLIPS)
    best, best_epoch, best_weights = math.inf, 0, None
    for epoch in range(plan.epochs):
        measured = _epoch(program, inputs, targets, weights, training, plan, plan.rate(epoch), rng)
        measured["clean_accuracy"] = _evaluate(program.model, inputs[clean], targets[clean])[1]
        measured["val_loss"], measured["val_accuracy"] = _evaluate(program.model, inputs[held_out], targets[held_out])
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
    """Train on every clip and return loss and accuracy, means over the clips."""
    program.optimizer.learning_rate.assign(rate)
    size = min(plan.batch_size, len(training))
    batches = math.ceil(len(training) / size)
    # the last batch is filled up from the start: batches of one size need only one compiled graph
    order = np.resize(rng.permutation(training), batches * size).reshape(batches, size)
    sums = np.zeros(2)
    for number, chosen in enumerate(order):
        X, Y = plan.augment(inputs[chosen], targets[chosen], rng)
        sums += program.train(X, Y, weights[chosen], counted=min(size, len(training) - number * size))
    loss, accuracy = sums / len(training)
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
