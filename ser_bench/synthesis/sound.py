"""From scores to samples: the glottal source and the resonances of the vocal tract, many clips at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ser_bench.synthesis import portable
from ser_bench.synthesis.score import HOP, SR, Score

_SHAKE, _BREATH, _HISS, _FLOOR = 11, 12, 13, 14
_FORMANTS = 6
_SECTIONS = 1 + _FORMANTS + 2


def render(scores: Sequence[Score]) -> list[np.ndarray]:
    """Return each score's samples as int16 at 16 kHz; what else is rendered with it changes nothing.

    The filters run sample by sample over all clips together: one NumPy call is then a step of every
    clip and section, which is faster than a compiled filter for each, and exact (see ``portable``).
    """
    t = max(score.frames for score in scores)
    drive = np.zeros((3, t * HOP, len(scores)))
    for lane, score in enumerate(scores):
        drive[:, : score.frames * HOP, lane] = _sources(score)
    speech = _filtered(drive, _coefficients(scores, t))
    return [_quantised(speech[: score.frames * HOP, lane], score) for lane, score in enumerate(scores)]


def _sources(score: Score) -> np.ndarray:
    """Return voice, breath and hiss before the tract, ``(3, samples)``.

    The voice is the derivative of the flow of Klatt & Klatt (1990, J. Acoust. Soc. Am. 87(2)): a
    cubic pulse over the open part of the cycle, nothing over the closed part.
    """
    f0, voice, breath, hiss, quotient = portable.upsample(score.source, HOP)
    n = len(f0)
    phase, step, cycle = _cycles(f0, score)
    shake = 1.0 + score.shimmer * portable.bells((_SHAKE, 1, *score.code.indices), cycle[-1] + 1)
    flow = _pulse(phase, step, quotient) * voice * shake[cycle]
    gate = np.where(phase < quotient, 1.0, np.where(voice > 0.0, 0.4, 1.0))
    return np.stack([
        flow,
        portable.noise((_BREATH, *score.code.indices), n) * breath * gate,
        portable.noise((_HISS, *score.code.indices), n) * hiss,
    ])  # fmt: skip


def _cycles(f0: np.ndarray, score: Score) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each sample's phase in [0, 1), its step, and its cycle's number, with jitter on every cycle."""
    rough = np.floor(np.cumsum(f0 * (1.0 / SR))).astype(np.int64)
    shake = portable.bells((_SHAKE, 0, *score.code.indices), rough[-1] + 1)
    step = f0 * (1.0 / SR) * (1.0 + score.jitter * shake[rough])
    turns = np.cumsum(step)
    cycle = np.floor(turns)
    return turns - cycle, step, cycle.astype(np.int64)


def _pulse(phase: np.ndarray, step: np.ndarray, quotient: np.ndarray) -> np.ndarray:
    """Return the flow's derivative, its jump at closure smoothed over two samples against aliasing."""
    x = phase / quotient
    naive = np.where(x < 1.0, x * (2.0 - 3.0 * x), 0.0)
    distance = (phase - quotient) / step
    near = 1.0 - np.abs(distance)
    blep = np.where(near > 0.0, near * near * 0.5, 0.0)
    return naive + np.where(distance < 0.0, blep, -blep)


def _coefficients(scores: Sequence[Score], t: int) -> np.ndarray:
    """Return ``b, a1, a2`` of every section in every frame, ``(t, 3, sections, clips)``."""
    out = np.zeros((t, 3, _SECTIONS, len(scores)))
    for lane, score in enumerate(scores):
        f = np.concatenate([score.formants, score.hiss[None], score.hiss[None] * 1.35])
        bw = np.concatenate([score.bandwidths, 0.25 * f[-2:]])
        r = portable.exp(bw * (-np.pi / SR))
        c = portable.cos_turn(np.minimum(f, 7600.0) * (1.0 / SR))
        a1, a2 = 2.0 * r * c, -(r * r)
        b = 1.0 - a1 - a2
        # the noise's resonances have unit gain at their peak, those of the tract at 0 Hz
        peak = (1.0 - r) * np.sqrt(1.0 - 2.0 * r * (2.0 * (c * c) - 1.0) + r * r)
        b[_FORMANTS:] = peak[_FORMANTS:]
        out[: score.frames, :, 1:, lane] = np.stack([b, a1, a2]).transpose(2, 0, 1)
        out[: score.frames, :2, 0, lane] = _tilt(score.tilt)
    return out


def _tilt(level: float) -> tuple[float, float]:
    """Return gain and feedback of the low-pass that takes `level` dB off at 3 kHz (TL of Klatt & Klatt)."""
    ratio = float(portable.decibels(level))
    corner = 3000.0 / float(np.sqrt(ratio * ratio - 1.0))
    a = float(portable.exp(-2.0 * np.pi / SR * corner))
    return 1.0 - a, a


def _filtered(drive: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Run tilt and formants in cascade and the noise's two resonances beside them; ``(samples, clips)``.

    A section reads what its neighbour gave one sample ago, so that all sections step at once; the
    cascade's output is thereby late by six samples, which nobody hears.
    """
    n, clips = drive.shape[1:]
    out = np.empty((n, clips))
    x, old, older, part = (np.zeros((_SECTIONS, clips)) for _ in range(4))
    for frame in range(len(coefficients)):
        b, a1, a2 = coefficients[frame]
        for i in range(frame * HOP, (frame + 1) * HOP):
            voice, breath, hiss = drive[0, i], drive[1, i], drive[2, i]
            x[0] = voice
            x[1 : _FORMANTS + 1] = old[:_FORMANTS]
            x[1] += breath
            x[_FORMANTS + 1 :] = hiss
            older *= a2
            x *= b
            x += older
            np.multiply(old, a1, out=part)
            x += part
            x, old, older = older, x, old
            np.add(old[_FORMANTS], old[_FORMANTS + 1], out=out[i])
            out[i] += old[_FORMANTS + 2]
    return out


def _quantised(y: np.ndarray, score: Score) -> np.ndarray:
    """Add the recording's own noise, bend what is too loud, and round to 16 bits."""
    y = y + score.floor * portable.noise((_FLOOR, *score.code.indices), len(y))
    return np.rint(y / np.sqrt(1.0 + y * y) * 32000.0).astype("<i2")
