"""From controls to samples: a glottal source and the resonances of the vocal tract, many utterances at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ser_bench.audio.synthesis import portable
from ser_bench.audio.synthesis.controls import HOP, SR, Controls, utterance_controls
from ser_bench.audio.synthesis.utterances import Utterance

_SHAKE, _BREATH, _HISS, _FLOOR = 11, 12, 13, 14
_SECTIONS = 2 + 1 + 6
_BATCH = 90


def samples(utterances: Sequence[Utterance]) -> Iterator[tuple[Utterance, np.ndarray]]:
    """Synthesise utterances in batches.

    Parameters
    ----------
    utterances
        The utterances.

    Yields
    ------
    tuple of Utterance and numpy.ndarray
        An utterance and its int16 samples at 16 kHz, shape ``(n,)``.
    """
    for start in range(0, len(utterances), _BATCH):
        batch = utterances[start : start + _BATCH]
        controls = [utterance_controls(utterance) for utterance in batch]
        yield from zip(batch, synthesise(controls), strict=True)


def synthesise(batch: Sequence[Controls]) -> list[np.ndarray]:
    """Synthesise utterances.

    The filters run sample by sample over all utterances together. One NumPy call is then a step of every utterance and
    section, which is faster than a compiled filter per utterance, and bit-identical everywhere (see ``portable``).

    Parameters
    ----------
    batch
        Controls of the utterances. The samples of one do not depend on the others.

    Returns
    -------
    list of numpy.ndarray
        int16 samples at 16 kHz, shape ``(n,)`` each.
    """
    t = max(controls.frames for controls in batch)
    drive = np.zeros((4, len(batch), t * HOP))
    for lane, controls in enumerate(batch):
        drive[:, lane, : controls.frames * HOP] = _sources(controls)
    speech = _filtered(drive, _coefficients(batch, t))
    return [_quantised(y[: controls.frames * HOP], controls) for y, controls in zip(speech, batch, strict=True)]


def _sources(controls: Controls) -> np.ndarray:
    """Return hiss twice (for its two resonances), voice and breath before the tract, ``(4, samples)``.

    The voice is the derivative of the glottal flow of Klatt & Klatt (1990, J. Acoust. Soc. Am. 87(2)): a
    cubic pulse in the open phase of the cycle, zero in the closed phase.
    """
    f0, voice, breath, hiss, quotient = portable.upsample(controls.source, HOP)
    n = len(f0)
    phase, step, cycle = _cycles(f0, controls)
    shake = 1.0 + controls.shimmer * portable.normals((_SHAKE, 1, *controls.utterance.indices), cycle[-1] + 1)
    flow = _pulse(phase, step, quotient) * voice * shake[cycle]
    gate = np.where(phase < quotient, 1.0, np.where(voice > 0.0, 0.4, 1.0))
    breath = portable.noise((_BREATH, *controls.utterance.indices), n) * breath * gate
    hiss = portable.noise((_HISS, *controls.utterance.indices), n) * hiss
    return np.stack([hiss, hiss, flow, breath])


def _cycles(f0: np.ndarray, controls: Controls) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each sample's phase in [0, 1), phase increment and cycle number, with jitter on every cycle."""
    rough = np.floor(np.cumsum(f0 * (1.0 / SR))).astype(np.int64)
    shake = portable.normals((_SHAKE, 0, *controls.utterance.indices), rough[-1] + 1)
    step = f0 * (1.0 / SR) * (1.0 + controls.jitter * shake[rough])
    turns = np.cumsum(step)
    cycle = np.floor(turns)
    return turns - cycle, step, cycle.astype(np.int64)


def _pulse(phase: np.ndarray, step: np.ndarray, quotient: np.ndarray) -> np.ndarray:
    """Return the derivative of the flow, with its step at closure smoothed over two samples against aliasing."""
    x = phase / quotient
    naive = np.where(x < 1.0, x * (2.0 - 3.0 * x), 0.0)
    distance = (phase - quotient) / step
    near = 1.0 - np.abs(distance)
    blep = np.where(near > 0.0, near * near * 0.5, 0.0)
    return naive + np.where(distance < 0.0, blep, -blep)


def _coefficients(batch: Sequence[Controls], t: int) -> np.ndarray:
    """Return ``b, a1, a2`` of every section in every frame, ``(t, 3, sections, utterances)``.

    Sections are the two resonances of the hiss, with unit gain at their peak, the tilt, and the formants,
    with unit gain at 0 Hz.
    """
    out = np.zeros((t, 3, _SECTIONS, len(batch)))
    for lane, controls in enumerate(batch):
        _, a1, a2 = _resonances(np.stack([controls.hiss, controls.hiss * 1.35]), controls.hiss * 0.25)
        r = np.sqrt(-a2)
        peak = (1.0 - r) * np.sqrt((1.0 + r) * (1.0 + r) - a1 * a1 / r)
        out[: controls.frames, :, :2, lane] = np.stack([peak, a1, a2]).transpose(2, 0, 1)
        out[: controls.frames, :2, 2, lane] = _tilt(controls.tilt)
        tract = _resonances(controls.formants, controls.bandwidths)
        out[: controls.frames, :, 3:, lane] = tract.transpose(2, 0, 1)
    return out


def _resonances(frequency: np.ndarray, bandwidth: np.ndarray) -> np.ndarray:
    """Return ``b, a1, a2`` of Klatt's (1980) digital resonators, ``(3, ...)``, from Hz."""
    r = portable.exp(bandwidth * (-np.pi / SR))
    a1 = 2.0 * r * portable.cos_turns(np.minimum(frequency, 7600.0) * (1.0 / SR))
    a2 = -(r * r) + np.zeros_like(frequency)
    return np.stack([1.0 - a1 - a2, a1, a2])


def _tilt(level: float) -> tuple[float, float]:
    """Return gain and feedback of the low-pass that attenuates 3 kHz by ``level`` dB (TL of Klatt & Klatt)."""
    ratio = float(portable.db_to_amplitude(level))
    corner = 3000.0 / float(np.sqrt(ratio * ratio - 1.0))
    a = float(portable.exp(-2.0 * np.pi / SR * corner))
    return 1.0 - a, a


def _filtered(drive: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Run tilt and formants in cascade, and the two resonances of the hiss in parallel; ``(utterances, samples)``.

    A section reads the output of its neighbour from one sample ago, so all sections step at once; the cascade
    is delayed by six samples. Sections store their outputs (direct form I), since other forms click when
    coefficients change.
    """
    lanes, n = drive.shape[1:]
    out = np.empty((lanes, n))
    past = np.zeros((HOP + 2, _SECTIONS, lanes))
    x = np.zeros((_SECTIONS, lanes))
    fed_back = np.zeros((2, _SECTIONS, lanes))
    for frame, (b, a1, a2) in enumerate(coefficients):
        a = np.stack([a2, a1])
        span = slice(frame * HOP, (frame + 1) * HOP)
        for i, driven in enumerate(drive[:, :, span].transpose(2, 0, 1).copy()):
            x[:3] = driven[:3]
            x[3:] = past[i + 1, 2:-1]
            x[3] += driven[3]
            np.multiply(past[i : i + 2], a, out=fed_back)
            np.multiply(x, b, out=x)
            np.add(x, fed_back[1], out=x)
            np.add(x, fed_back[0], out=past[i + 2])
        out[:, span] = (past[2:, 0] + past[2:, 1] + past[2:, -1]).T
        past[:2] = past[HOP:]
    return out


def _quantised(y: np.ndarray, controls: Controls) -> np.ndarray:
    """Add background noise, compress peaks softly, and round to 16 bits."""
    y = y + controls.floor * portable.noise((_FLOOR, *controls.utterance.indices), len(y))
    rounded: np.ndarray = np.rint(y / np.sqrt(1.0 + y * y) * 32000.0)
    return rounded.astype("<i2")
