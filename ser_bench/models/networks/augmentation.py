"""Random changes of training batches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np


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

    def __call__(
        self, X: np.ndarray, Y: np.ndarray, chosen: np.ndarray, rng: np.random.Generator, workspace: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return changed copies of clips.

        Parameters
        ----------
        X : ndarray of float32, shape (n, d) or (n, t, channels)
            Clips; the last channel of a sequence is 1 where the clip has frames.
        Y : ndarray of float32, shape (n, classes)
            Their one-hot targets.
        chosen : ndarray of int, shape (b,)
            Numbers of the clips.
        rng : numpy.random.Generator
            Generator of the changes.
        workspace : ndarray of float32, shape (2, b, ...)
            Memory for the copies, since most of the time to copy a batch is spent on new memory.

        Returns
        -------
        X : ndarray of float32, shape (b, ...)
            The copies, in ``workspace[0]``.
        Y : ndarray of float32, shape (b, classes)
            Their targets.
        """
        X, Y = self._copied(X, chosen, rng, workspace[0]), Y[chosen]
        mask = X[:, :, -1:].copy() if X.ndim == 3 else None
        if mask is not None:
            self._shade(X, rng)
        if self.noise:
            noise = _noise(self.noise, 1 << max(20, (2 * X.size).bit_length()))
            start = rng.integers(len(noise) - X.size)
            X += noise[start : start + X.size].reshape(X.shape)
        if mask is not None and (self.noise or self.gain):
            X *= mask  # nothing behind the clip's end
            X[:, :, -1:] = mask
        if self.mixup:
            Y = self._blend(X, Y, rng, workspace[1])
        return X, Y

    def _copied(self, X: np.ndarray, chosen: np.ndarray, rng: np.random.Generator, out: np.ndarray) -> np.ndarray:
        """Copy clips, time stretched and bands shifted by picking the nearest frame and band."""
        if X.ndim == 2 or not (self.stretch or self.band_shift):
            return X.take(chosen, axis=0, out=out, mode="clip")
        _, t, channels = X.shape
        tempo = 1 + rng.uniform(-self.stretch, self.stretch, size=(len(chosen), 1))
        frames = np.rint(np.arange(t) * tempo).astype(int)
        rows = chosen[:, None] * t + np.minimum(frames, t - 1)
        X.reshape(-1, channels).take(rows, axis=0, out=out, mode="clip")
        out[frames >= t] = 0.0
        if self.band_shift:
            shifts = rng.integers(-self.band_shift, self.band_shift + 1, size=(len(chosen),))
            for bands, shift in zip(out[:, :, :-1], shifts, strict=True):
                _shift(bands, max(2 - channels, min(shift, channels - 2)))
        return out

    def _shade(self, X: np.ndarray, rng: np.random.Generator) -> None:
        """Change the level and mask stripes in place."""
        b, t, channels = X.shape
        if self.gain:
            X += rng.normal(0, self.gain, size=(b, 1, 1)).astype(np.float32)
        for width, axis in ((self.mask_bands, 2), (self.mask_frames, 1)):
            if not width:
                continue
            size = t if axis == 1 else channels - 1
            lengths = rng.integers(0, min(width, size) + 1, size=b)
            starts = (rng.random(b) * (size - lengths + 1)).astype(int)
            for bands, start, length in zip(X[:, :, :-1], starts, lengths, strict=True):
                stripe = slice(start, start + length)
                bands[(slice(None), stripe) if axis == 2 else (stripe,)] = 0.0

    def _blend(self, X: np.ndarray, Y: np.ndarray, rng: np.random.Generator, out: np.ndarray) -> np.ndarray:
        """Blend each clip with another of the batch, in place, and return the blended targets."""
        share = rng.beta(self.mixup, self.mixup, size=len(X)).astype(np.float32)
        partner_share = 1 - np.maximum(share, 1 - share)
        partner = rng.permutation(len(X))
        difference = X.take(partner, axis=0, out=out, mode="clip")
        difference -= X
        difference *= partner_share.reshape(-1, *([1] * (X.ndim - 1)))
        X += difference
        return Y + partner_share[:, None] * (Y[partner] - Y)


@lru_cache(maxsize=4)
def _noise(deviation: float, size: int) -> np.ndarray:
    """Return Gaussian values; a batch takes a part of them, since drawing new ones is as slow as a small network."""
    return np.float32(deviation) * np.random.default_rng(0).standard_normal(size, dtype=np.float32)


def _shift(bands: np.ndarray, shift: int) -> None:
    """Shift bands in place, shape (t, bands); the outermost band fills up."""
    if shift > 0:
        bands[:, :-shift] = bands[:, shift:]
        bands[:, -shift:] = bands[:, -1:]
    elif shift < 0:
        bands[:, -shift:] = bands[:, :shift]
        bands[:, :-shift] = bands[:, :1]
