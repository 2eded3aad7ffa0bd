"""The panels of a clip's picture, each a function that draws one into axes, on scales that clips may share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from ser_bench.explore.clip import Clip
from ser_bench.features import filterbanks
from ser_bench.features.speech import framing, pitch
from ser_bench.features.speech import mel as speech
from ser_bench.report.charts.style import FAINT, RULE

RANGE_DB = speech.RANGE_DB
"""How far below the loudest spot spectrograms go."""

_LINE = "#0072b2"
_COLUMNS = 1500
"""More points than this along the time axis cannot be told apart."""
_MEL_TICKS = (100, 500, 1000, 2000, 4000, 8000)
_F0_TICKS = (75, 100, 150, 200, 300, 400, 600)
_CLASSES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")


@dataclass(frozen=True)
class Scales:
    """The limits of each panel: those of one clip, or what holds for several."""

    seconds: float
    amplitude: float
    nyquist: float
    loudest_bin: float
    loudest_band: float
    cepstrum: float
    f0: tuple[float, float]
    level: float
    crossings: float


def scales(clips: Sequence[Clip]) -> Scales:
    """Return limits that hold for all clips."""
    analyses = [clip.analysis for clip in clips]
    voiced = np.concatenate([clip.f0[~np.isnan(clip.f0)] for clip in clips])
    return Scales(
        seconds=max(clip.shown for clip in clips),
        amplitude=max(float(np.abs(clip.y).max()) for clip in clips) * 1.05,
        nyquist=max(clip.sr for clip in clips) / 2,
        loudest_bin=max(float(spectrogram(clip).max()) for clip in clips),
        loudest_band=max(float(a.log_mel.max()) for a in analyses),
        cepstrum=max(float(np.percentile(np.abs(a.speech_mfcc[:, 1:]), 99)) for a in analyses) or 1.0,
        f0=_octaves(voiced),
        level=max(float(a.levels.max()) for a in analyses),
        crossings=max(float(clip.zero_crossings.max()) for clip in clips) * 1.08 or 1.0,
    )


def _octaves(voiced: np.ndarray) -> tuple[float, float]:
    """Return limits in Hz with a margin, at least an octave apart; the tracker's own where nothing is voiced."""
    if not len(voiced):
        return pitch.FMIN, pitch.FMAX
    low, high = float(voiced.min()) / 1.12, float(voiced.max()) * 1.12
    widen = max(1.0, (2 * low / high) ** 0.5)
    return low / widen, high * widen


def spectrogram(clip: Clip) -> np.ndarray:
    """Return the mean square of each speech frame in each bin up to the Nyquist frequency in dB, ``(t, bins)``."""
    power, _ = speech.power(clip.analysis.frame_spectrum, clip.sr, 0.0, clip.sr / 2)
    return speech.to_db(power)


def draw_waveform(ax: Axes, clip: Clip, limits: Scales) -> None:
    """Draw the samples; of many, the highest and the lowest of each block."""
    step = -(-len(clip.y) // _COLUMNS)
    seconds = clip.start + np.arange(-(-len(clip.y) // step)) * step / clip.sr
    starts = np.arange(0, len(clip.y), step)
    low, high = np.minimum.reduceat(clip.y, starts), np.maximum.reduceat(clip.y, starts)
    ax.fill_between(seconds, low, high, color=_LINE, linewidth=0.6)
    ax.set_ylim(-limits.amplitude, limits.amplitude)
    for begun, ended in silent_ends(clip):
        ax.axvspan(begun, ended, color=RULE, linewidth=0, zorder=0)


def silent_ends(clip: Clip) -> list[tuple[float, float]]:
    """Return the silence at the ends that feature sets trim, where there is any."""
    first, last = clip.speech
    ends = [(clip.start, first), (last, clip.start + clip.shown)]
    return [(begun, ended) for begun, ended in ends if ended - begun > framing.HOP_SECONDS]


def draw_spectrogram(ax: Axes, clip: Clip, limits: Scales) -> AxesImage:
    """Draw the short-time Fourier transform."""
    values = spectrogram(clip)
    high = (values.shape[1] - 0.5) * clip.sr / speech.fft_length(clip.sr)
    image = _frames(ax, clip, values, (0.0, high), loudest=limits.loudest_bin)
    ax.set_ylim(0, limits.nyquist)
    ax.yaxis.set_major_formatter("{x:,.0f}")
    return image


def draw_mel(ax: Axes, clip: Clip, limits: Scales) -> AxesImage:
    """Draw the mel bands, those above the Nyquist frequency left out."""
    low, high = (float(filterbanks.hz_to_mel(hz)) for hz in (speech.FMIN, speech.FMAX))
    step = (high - low) / (speech.N_BANDS + 1)
    begins = filterbanks.mel_to_hz(low + step * np.arange(speech.N_BANDS))
    values = np.where(begins < clip.sr / 2, clip.analysis.log_mel, np.nan)
    image = _frames(ax, clip, values, (low + step / 2, high - step / 2), loudest=limits.loudest_band)
    top = min(speech.FMAX, limits.nyquist)
    ticks = [hz for hz in _MEL_TICKS if hz <= top]
    ax.set_yticks(filterbanks.hz_to_mel(np.asarray(ticks)), [f"{hz:,}" for hz in ticks])
    ax.set_ylim(low, float(filterbanks.hz_to_mel(top)))
    return image


def draw_mfcc(ax: Axes, clip: Clip, limits: Scales) -> AxesImage:
    """Draw the cosine coefficients but the first, which is the level."""
    values = clip.analysis.speech_mfcc[:, 1:]
    image = _frames(ax, clip, values, (0.5, values.shape[1] + 0.5), symmetric=limits.cepstrum)
    ax.set_yticks((1, 5, 10, 15, values.shape[1]))
    return image


def draw_chroma(ax: Axes, clip: Clip, limits: Scales) -> AxesImage:
    """Draw the pitch classes as shares of each frame's strongest; frames too quiet for the spectrogram stay white."""
    values, hop = _audible(clip), clip.chroma_hop
    along = (clip.start - hop / 2, clip.start + (len(values) - 0.5) * hop)
    image = _image(ax, values, along, (-0.5, 11.5), cmap="Greys", vmin=0, vmax=1)
    ax.set_yticks(range(0, 12, 2), _CLASSES[::2])
    return image


def _audible(clip: Clip) -> np.ndarray:
    peaks = clip.analysis.magnitude.max(axis=1, keepdims=True)
    return np.where(peaks > peaks.max() * 10 ** (-RANGE_DB / 20), clip.chroma, np.nan)


def draw_f0(ax: Axes, clip: Clip, limits: Scales) -> None:
    """Draw F0 where the frame is voiced, on a logarithmic scale."""
    ax.plot(clip.times, clip.f0, color=_LINE, linewidth=1.1, marker=".", markersize=1.5)
    ax.set_yscale("log")
    low, high = limits.f0
    ticks = [hz for hz in _F0_TICKS if low <= hz <= high]
    ax.set_yticks(ticks, [str(hz) for hz in ticks])
    ax.yaxis.set_minor_locator(_none())
    ax.set_ylim(low, high)
    ax.grid(axis="y")
    if np.isnan(clip.f0).all():
        ax.text(0.5, 0.5, "no frame is voiced", color=FAINT, ha="center", va="center", transform=ax.transAxes)


def draw_level(ax: Axes, clip: Clip, limits: Scales) -> None:
    """Draw the level of each frame."""
    ax.plot(clip.times, clip.analysis.levels, color=_LINE, linewidth=1.1)
    ax.set_ylim(limits.level - RANGE_DB, limits.level + 4)
    ax.grid(axis="y")


def draw_zero_crossings(ax: Axes, clip: Clip, limits: Scales) -> None:
    """Draw how often the sign changes."""
    ax.plot(clip.times, clip.zero_crossings, color=_LINE, linewidth=1.1)
    ax.set_ylim(0, limits.crossings)
    ax.yaxis.set_major_formatter("{x:,.0f}")
    ax.grid(axis="y")


def _none() -> Any:
    from matplotlib.ticker import NullLocator

    return NullLocator()


def _frames(
    ax: Axes,
    clip: Clip,
    values: np.ndarray,
    across: tuple[float, float],
    *,
    loudest: float = 0.0,
    symmetric: float | None = None,
) -> AxesImage:
    """Draw speech frames ``(t, d)``, in dB below the loudest or around zero."""
    half = framing.HOP_SECONDS / 2
    along = (float(clip.times[0]) - half, float(clip.times[-1]) + half)
    if symmetric:
        return _image(ax, values, along, across, cmap="RdBu_r", vmin=-symmetric, vmax=symmetric)
    return _image(ax, values, along, across, cmap="magma", vmin=loudest - RANGE_DB, vmax=loudest)


def _image(ax: Axes, values: np.ndarray, along: Sequence[float], across: Sequence[float], **style: Any) -> AxesImage:
    step = -(-len(values) // _COLUMNS)
    starts = np.arange(0, len(values), step)
    widths = np.diff(np.append(starts, len(values)))[:, None]
    means = np.add.reduceat(values, starts, axis=0) / widths if step > 1 else values
    box = (along[0], along[1], across[0], across[1])
    return ax.imshow(means.T, origin="lower", aspect="auto", extent=box, interpolation="nearest", **style)


@dataclass(frozen=True)
class Panel:
    """A panel: what it shows, its axis and colour bar in words, its height in inches, and what draws it."""

    title: str
    axis: str
    height: float
    draw: Callable[[Axes, Clip, Scales], AxesImage | None]
    bar: str = ""


PANELS = (
    Panel("waveform", "of full scale", 0.85, draw_waveform),
    Panel("spectrogram: STFT, 25 ms every 10 ms", "Hz", 1.5, draw_spectrogram, "dB of full scale"),
    Panel("mel spectrogram, 64 bands", "Hz", 1.25, draw_mel, "dB of full scale"),
    Panel("MFCC 1 to 19", "coefficient", 1.05, draw_mfcc, "dB"),
    Panel("chroma", "pitch class", 1.05, draw_chroma, "of the strongest"),
    Panel("F0, voiced frames", "Hz", 0.95, draw_f0),
    Panel("energy: level of each frame", "dB of full scale", 0.95, draw_level),
    Panel("zero-crossing rate, sound below {narrow:,.0f} Hz", "per second", 0.8, draw_zero_crossings),
)
"""From top to bottom."""
