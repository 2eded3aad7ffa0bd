"""From an utterance's parameters to the controls of the synthesiser, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser_bench.audio.synthesis import portable
from ser_bench.audio.synthesis.phones import ACCENTS, PAUSE_BEFORE, PHONES, SENTENCES, Phone
from ser_bench.audio.synthesis.speakers import Voice, utterance_parameters, voice
from ser_bench.audio.synthesis.utterances import Utterance

SR = 16000
HOP = 40
"""Samples per control frame: 2.5 ms."""

_SCHWA = (500.0, 1500.0, 2500.0)
_UPPER = (3500.0, 4500.0, 5600.0)
_BANDWIDTH = (70.0, 95.0, 130.0, 220.0, 280.0, 450.0)
_LENGTHS, _MARGINS, _TONES = 4, 5, 6


@dataclass(frozen=True)
class Controls:
    """The controls of one utterance of ``t`` frames.

    Attributes
    ----------
    utterance
        The utterance.
    source
        F0 in Hz; amplitudes of voice, breath and hiss; open quotient; shape ``(5, t + 1)``.
    formants
        Frequencies in Hz, shape ``(6, t)``.
    bandwidths
        Bandwidths of the formants in Hz, shape ``(6, t)``.
    hiss
        Resonance of the frication in Hz, shape ``(t,)``.
    tilt
        Spectral tilt, in dB at 3 kHz.
    jitter
        Standard deviation of the period, as a ratio.
    shimmer
        Standard deviation of the amplitude, as a ratio.
    floor
        Amplitude of the background noise.
    """

    utterance: Utterance
    source: np.ndarray
    formants: np.ndarray
    bandwidths: np.ndarray
    hiss: np.ndarray
    tilt: float
    jitter: float
    shimmer: float
    floor: float

    @property
    def frames(self) -> int:
        """Number of control frames."""
        return len(self.hiss)


def utterance_controls(utterance: Utterance) -> Controls:
    """Compute the controls of an utterance.

    Parameters
    ----------
    utterance
        The utterance.

    Returns
    -------
    Controls
        The controls of its sentence, speaker and emotion.
    """
    p, speaker_voice = utterance_parameters(utterance), voice(utterance.speaker)
    names = SENTENCES[utterance.sentence]
    phones = [PHONES[name] for name in names]
    edges = _edges(utterance, names, phones, p)
    margins = 0.10 + 0.10 * portable.uniforms((_MARGINS, *utterance.indices), 2)
    t = int((edges[-1] + margins[0] + margins[1]) * SR) // HOP
    time = np.arange(t + 1) * (HOP / SR) - margins[0]
    levels = _levels(time, edges, phones, p)
    f0 = speaker_voice.f0 * portable.semitones_to_ratio(_tone(time, utterance, names, edges, p))
    formants, bandwidths = _tract(time[:-1], edges, phones, p, speaker_voice)
    return Controls(
        utterance=utterance,
        source=np.stack([f0, *levels, np.full(t + 1, p["open"] / 100.0)]),
        formants=formants,
        bandwidths=bandwidths,
        hiss=_held(time[:-1], edges, [phone.hiss_hz for phone in phones]),
        tilt=p["tilt"],
        jitter=p["jitter"] / 100.0,
        shimmer=p["shimmer"] / 100.0,
        floor=speaker_voice.floor,
    )


def _edges(utterance: Utterance, names: list[str], phones: list[Phone], p: dict[str, float]) -> np.ndarray:
    """Return the start times of the phones in seconds, and the end of the last.

    Speaking rate stretches long phones more than closures and bursts (Klatt, 1976), the last syllable is
    lengthened, and every phone varies at random.
    """
    chance = portable.normals((_LENGTHS, *utterance.indices), len(phones))
    speed = float(portable.exp(p["rate"] / 100.0))
    edges = [0.0]
    for i, (name, phone) in enumerate(zip(names, phones, strict=True)):
        elastic = 1.0 if phone.seconds > 0.06 else 0.6
        seconds = phone.seconds * (1.0 + 0.08 * float(chance[i])) * (1.0 - elastic + elastic / speed)
        if i >= len(phones) - 2:
            seconds *= 1.35
        if name == PAUSE_BEFORE:
            seconds += p["pause"] / 1000.0
        edges.append(edges[-1] + seconds)
    return np.array(edges)


def _tone(
    time: np.ndarray, utterance: Utterance, names: list[str], edges: np.ndarray, p: dict[str, float]
) -> np.ndarray:
    """Return the F0 contour in semitones relative to the speaker: accents on a declination line, and an ending."""
    nuclei = [i for i, name in enumerate(names) if PHONES[name].nucleus]
    chance = portable.normals((_TONES, *utterance.indices), len(nuclei) + 2)
    middles = (edges[nuclei] + edges[[i + 1 for i in nuclei]]) * 0.5
    accents = np.array(ACCENTS[utterance.sentence]) + 0.2 * chance[: len(nuclei)]
    knots = np.concatenate([[0.0], middles, [edges[-1]]])
    heights = np.concatenate([[0.0], accents * p["range"], [accents[-1] * p["range"] * 0.3 + p["ending"]]])
    line = p["slope"] * (time / edges[-1] - 0.5)
    wobble = portable.cos_turns(_triangle(time * (5.5 + 0.4 * chance[-1]) + chance[-2]))
    accented = _smooth(portable.interpolate(time, knots, heights))
    tone: np.ndarray = p["pitch"] + accented + line + p["tremor"] * wobble
    return tone


def _levels(time: np.ndarray, edges: np.ndarray, phones: list[Phone], p: dict[str, float]) -> list[np.ndarray]:
    """Return the amplitudes of voice, breath and hiss; attack shortens ramps and strengthens consonants."""
    ramp = 0.022 - 0.014 * p["attack"]
    loud = float(portable.db_to_amplitude(p["loud"])) * 0.09
    crisp = float(portable.db_to_amplitude(6.0 * (p["attack"] - 0.5)))
    under = float(portable.db_to_amplitude(p["breath"]))
    voiced = [_amplitude(phone.voice) for phone in phones]
    breath = [max(_amplitude(phone.breath) * crisp, v * under) for phone, v in zip(phones, voiced, strict=True)]
    hiss = [_amplitude(phone.hiss) * crisp for phone in phones]
    drift = 1.0 - 0.25 * np.clip(time / edges[-1], 0.0, 1.0)
    return [_ramped(time, edges, np.array(track), ramp) * drift * loud for track in (voiced, breath, hiss)]


def _tract(
    time: np.ndarray, edges: np.ndarray, phones: list[Phone], p: dict[str, float], speaker_voice: Voice
) -> tuple[np.ndarray, np.ndarray]:
    """Return formants and bandwidths in Hz, ``(6, t)``: constant targets with glides of 50 ms between them."""
    targets = np.array([phone.formants for phone in phones]).T
    schwa = np.array(_SCHWA)[:, None]
    lower = _ramped(time, edges, schwa + (targets - schwa) * (p["clarity"] / 100.0), 0.025, outside=schwa[:, 0])
    upper = np.array(_UPPER)[:, None] + np.zeros(len(time))
    formants = np.concatenate([lower, upper]) * (speaker_voice.formants * (1.0 + p["smile"] / 100.0))[:, None]
    bandwidths = np.array(_BANDWIDTH)[:, None] * (0.6 + 0.4 * speaker_voice.formants[:, None]) + np.zeros(len(time))
    damping = np.array([phone.damping for phone in phones])
    bandwidths[0] = bandwidths[0] * _ramped(time, edges, damping, 0.01, outside=1.0)
    return np.clip(formants, 150.0, 7400.0), bandwidths


def _ramped(
    time: np.ndarray, edges: np.ndarray, values: np.ndarray, ramp: float, outside: np.ndarray | float = 0.0
) -> np.ndarray:
    """Hold each phone's value, shape ``(..., phones)``, with linear ramps of ``ramp`` seconds around each edge.

    In a phone too short for two ramps, they meet in the middle.
    """
    lengths = np.diff(edges)
    reach = np.minimum(ramp, 0.49 * lengths)
    knots = np.empty(2 * len(lengths))
    knots[0::2], knots[1::2] = edges[:-1] + reach, edges[1:] - reach
    held = np.repeat(values, 2, axis=-1)
    ends = np.broadcast_to(np.asarray(outside)[..., None], (*held.shape[:-1], 1))
    padded = np.concatenate([ends, held, ends], axis=-1)
    return portable.interpolate(time, np.concatenate([[-ramp], knots, [edges[-1] + 2 * ramp]]), padded)


def _held(time: np.ndarray, edges: np.ndarray, values: list[float]) -> np.ndarray:
    return np.array(values)[np.clip(np.searchsorted(edges, time, side="right") - 1, 0, len(values) - 1)]


def _amplitude(level: float | None) -> float:
    return 0.0 if level is None else float(portable.db_to_amplitude(level))


def _smooth(x: np.ndarray, times: int = 3, reach: int = 4) -> np.ndarray:
    """Average with neighbours ``reach`` frames away, ``times`` times, to round the corners of the contour."""
    for _ in range(times):
        padded = np.concatenate([x[:1].repeat(reach), x, x[-1:].repeat(reach)])
        x = (padded[: -2 * reach] + padded[2 * reach :]) * 0.25 + x * 0.5
    return x


def _triangle(turns: np.ndarray) -> np.ndarray:
    """Fold turns into [0, 0.5], where the cosine is the same."""
    part = turns - np.floor(turns)
    folded: np.ndarray = np.minimum(part, 1.0 - part)
    return folded
