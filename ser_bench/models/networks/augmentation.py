"""Random changes of training batches."""

from __future__ import annotations

from dataclasses import dataclass

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
