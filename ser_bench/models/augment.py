"""Light augmentation of training batches: what another speaker, room or take might have done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How far a training clip may be changed; zero switches a change off.

    Over sequences ``(b, t, d + 1)``: ``stretch`` is the largest relative change of tempo, ``band_shift``
    the largest shift along the bands (a longer or shorter vocal tract), ``gain`` the spread of a level
    added to every band, in standard deviations; ``mask_bands`` and ``mask_frames`` the widest stripes
    set to the mean, in bands and in steps, after SpecAugment (Park et al., 2019). Over any input:
    ``noise`` is the spread of Gaussian noise in standard deviations, ``mixup`` the alpha of a blend of
    two clips (Zhang et al., 2018).
    """

    noise: float = 0.0
    mixup: float = 0.0
    gain: float = 0.0
    stretch: float = 0.0
    band_shift: int = 0
    mask_bands: int = 0
    mask_frames: int = 0

    def without_time(self) -> Augmentation:
        """Return what also makes sense for a vector cut into steps, whose places are neither time nor bands."""
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
        """Change the level and mask stripes, in place."""
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
        other = rng.permutation(len(X))
        wide = share.reshape(-1, *([1] * (X.ndim - 1)))
        return wide * X + (1 - wide) * X[other], share[:, None] * Y + (1 - share[:, None]) * Y[other]
