"""The panels of a clip's picture, drawn on scales that several clips can share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from ser_bench.explore.clip import Clip
from ser_bench.explore.health.measure import SILENCE_DB
from ser_bench.features import DEFAULT, filterbanks
from ser_bench.features.speech import framing, pitch
from ser_bench.features.speech import mel as speech
from ser_bench.report.charts.style import FAINT, RULE

_LINE_COLOUR = "#0072b2"
_MAX_COLUMNS = 1500
"""The most points along the time axis that a reader can distinguish."""
_MEL_TICKS = (100, 500, 1000, 2000, 4000, 8000)
SILENT_STYLE: dict[str, Any] = {"facecolor": "#f2f2f2", "edgecolor": "#a6a6a6", "hatch": "/////"}
"""The look of silence in the panel of chroma, unlike that of any value."""
TRIMMED_STYLE: dict[str, Any] = {"facecolor": RULE}
"""The look of trimmed silence in the panel of the waveform."""

_F0_TICKS = (75, 100, 150, 200, 300, 400, 600)


@dataclass(frozen=True)
class Scales:
    """The limits of the panels, common to all clips of a picture.

    Parameters
    ----------
    seconds : float
        Length of the longest clip.
    amplitude : float
        Limit of the waveform in either direction.
    nyquist : float
        Limit of the spectrogram in Hz.
    loudest_bin, loudest_band : float
        Level of the loudest spot of spectrogram and mel spectrogram in dB.
    cepstrum : float
        Limit of the MFCC in either direction.
    f0 : tuple of float
        Limits of F0 in Hz.
    level : float
        Level of the loudest frame in dB.
    zero_crossings : float
        Limit of the zero-crossing rate per second.
    """

    seconds: float
    amplitude: float
    nyquist: float
    loudest_bin: float
    loudest_band: float
    cepstrum: float
    f0: tuple[float, float]
    level: float
    zero_crossings: float


def common_scales(clips: Sequence[Clip]) -> Scales:
    """Return limits that hold all clips.

    Parameters
    ----------
    clips : sequence of Clip

    Returns
    -------
    Scales
    """
    analyses = [clip.analysis for clip in clips]
    voiced = np.concatenate([clip.f0[~np.isnan(clip.f0)] for clip in clips])
    return Scales(
        seconds=max(clip.shown_seconds for clip in clips),
        amplitude=max(float(np.abs(clip.y).max()) for clip in clips) * 1.05,
        nyquist=max(clip.sr for clip in clips) / 2,
        loudest_bin=max(float(_spectrogram(clip).max()) for clip in clips),
        loudest_band=max(float(a.log_mel.max()) for a in analyses),
        cepstrum=max(float(np.percentile(np.abs(a.speech_mfcc[:, 1:]), 99)) for a in analyses) or 1.0,
        f0=_f0_limits(voiced),
        level=max(float(a.levels.max()) for a in analyses),
        zero_crossings=max(float(clip.zero_crossings.max()) for clip in clips) * 1.08 or 1.0,
    )


def _f0_limits(voiced: np.ndarray) -> tuple[float, float]:
    """Return limits in Hz with a margin, at least an octave apart; those of the tracker where nothing is voiced."""
    if not len(voiced):
        return pitch.FMIN, pitch.FMAX
    low, high = float(voiced.min()) / 1.12, float(voiced.max()) * 1.12
    margin = max(1.0, (2 * low / high) ** 0.5)
    return low / margin, high * margin


def _spectrogram(clip: Clip) -> np.ndarray:
    """Return the mean square of each speech frame and frequency bin in dB, shape ``(t, bins)``."""
    power, _ = speech.power(clip.analysis.frame_spectrum, clip.sr, 0.0, clip.sr / 2)
    return speech.to_db(power)


def _draw_waveform(ax: Axes, clip: Clip, scales: Scales) -> None:
    """Draw the samples; for a long clip, the highest and the lowest of each block."""
    step = -(-len(clip.y) // _MAX_COLUMNS)
    seconds = clip.start + np.arange(-(-len(clip.y) // step)) * step / clip.sr
    starts = np.arange(0, len(clip.y), step)
    low, high = np.minimum.reduceat(clip.y, starts), np.maximum.reduceat(clip.y, starts)
    ax.fill_between(seconds, low, high, color=_LINE_COLOUR, linewidth=0.6)
    ax.set_ylim(-scales.amplitude, scales.amplitude)
    for start, end in silent_ends(clip):
        ax.axvspan(start, end, linewidth=0, zorder=0, **TRIMMED_STYLE)


def silent_ends(clip: Clip) -> list[tuple[float, float]]:
    """Return the silence at the ends of a clip that feature sets trim.

    Parameters
    ----------
    clip : Clip

    Returns
    -------
    list of tuple of float
        Start and end in seconds of the recording; up to two.
    """
    first, last = clip.speech_bounds
    ends = [(clip.start, first), (last, clip.start + clip.shown_seconds)]
    return [(start, end) for start, end in ends if end - start > framing.HOP_SECONDS]


def _draw_spectrogram(ax: Axes, clip: Clip, scales: Scales) -> AxesImage:
    """Draw the short-time Fourier transform."""
    values = _spectrogram(clip)
    high = (values.shape[1] - 0.5) * clip.sr / speech.fft_length(clip.sr)
    image = _frames(ax, clip, values, (0.0, high), loudest=scales.loudest_bin)
    ax.set_ylim(0, scales.nyquist)
    ax.yaxis.set_major_formatter("{x:,.0f}")
    return image


def _draw_mel(ax: Axes, clip: Clip, scales: Scales) -> AxesImage:
    """Draw the mel bands below the Nyquist frequency."""
    low, high = (float(filterbanks.hz_to_mel(hz)) for hz in (speech.FMIN, speech.FMAX))
    step = (high - low) / (speech.N_BANDS + 1)
    lowest_hz = filterbanks.mel_to_hz(low + step * np.arange(speech.N_BANDS))
    values = np.where(lowest_hz < clip.sr / 2, clip.analysis.log_mel, np.nan)
    image = _frames(ax, clip, values, (low + step / 2, high - step / 2), loudest=scales.loudest_band)
    top = min(speech.FMAX, scales.nyquist)
    ticks = [hz for hz in _MEL_TICKS if hz <= top]
    ax.set_yticks(filterbanks.hz_to_mel(np.asarray(ticks)), [f"{hz:,}" for hz in ticks])
    ax.set_ylim(low, float(filterbanks.hz_to_mel(top)))
    return image


def _draw_mfcc(ax: Axes, clip: Clip, scales: Scales) -> AxesImage:
    """Draw the coefficients except the first, which is the level."""
    values = clip.analysis.speech_mfcc[:, 1:]
    image = _frames(ax, clip, values, (0.5, values.shape[1] + 0.5), symmetric=scales.cepstrum)
    ax.set_yticks((1, 5, 10, 15, values.shape[1]))
    return image


def _draw_chroma(ax: Axes, clip: Clip, scales: Scales) -> AxesImage:
    """Draw the pitch classes relative to the strongest of each frame, hatched where the clip is silent."""
    import librosa

    values, hop = _audible_chroma(clip), clip.chroma_hop_seconds
    along = (clip.start - hop / 2, clip.start + (len(values) - 0.5) * hop)
    ax.add_patch(Rectangle((along[0], -0.5), along[1] - along[0], 12, linewidth=0, zorder=0, **SILENT_STYLE))
    image = _image(ax, values, along, (-0.5, 11.5), cmap="Greys", vmin=0, vmax=1)
    ax.set_yticks(range(0, 12, 2), librosa.key_to_notes("C:maj")[::2])
    return image


def _audible_chroma(clip: Clip) -> np.ndarray:
    """Return the chroma, NaN for frames that are :data:`SILENCE_DB` below the loudest."""
    energy = np.square(clip.analysis.magnitude, dtype=np.float64).sum(axis=1, keepdims=True)
    return np.where(energy > energy.max() * 10 ** (-SILENCE_DB / 10), clip.chroma, np.nan)


def _has_silence(clip: Clip) -> bool:
    return bool(np.isnan(_audible_chroma(clip)).any())


def _draw_f0(ax: Axes, clip: Clip, scales: Scales) -> None:
    """Draw F0 where the frame is voiced, on a logarithmic scale."""
    ax.plot(clip.times, clip.f0, color=_LINE_COLOUR, linewidth=1.1, marker=".", markersize=1.5)
    ax.set_yscale("log")
    low, high = scales.f0
    ticks = [hz for hz in _F0_TICKS if low <= hz <= high]
    ax.set_yticks(ticks, [str(hz) for hz in ticks])
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_ylim(low, high)
    ax.grid(axis="y")
    if np.isnan(clip.f0).all():
        ax.text(0.5, 0.5, "no frame is voiced", color=FAINT, ha="center", va="center", transform=ax.transAxes)


def _draw_level(ax: Axes, clip: Clip, scales: Scales) -> None:
    """Draw the level of each frame."""
    ax.plot(clip.times, clip.analysis.levels, color=_LINE_COLOUR, linewidth=1.1)
    ax.set_ylim(scales.level - speech.RANGE_DB, scales.level + 4)
    ax.grid(axis="y")


def _draw_zero_crossings(ax: Axes, clip: Clip, scales: Scales) -> None:
    """Draw the zero-crossing rate of each frame."""
    ax.plot(clip.times, clip.zero_crossings, color=_LINE_COLOUR, linewidth=1.1)
    ax.set_ylim(0, scales.zero_crossings)
    ax.yaxis.set_major_formatter("{x:,.0f}")
    ax.grid(axis="y")


def _frames(
    ax: Axes,
    clip: Clip,
    values: np.ndarray,
    across: tuple[float, float],
    *,
    loudest: float = 0.0,
    symmetric: float | None = None,
) -> AxesImage:
    """Draw speech frames, shape ``(t, d)``, in dB below the loudest spot or around zero."""
    half = framing.HOP_SECONDS / 2
    along = (float(clip.times[0]) - half, float(clip.times[-1]) + half)
    if symmetric:
        return _image(ax, values, along, across, cmap="RdBu_r", vmin=-symmetric, vmax=symmetric)
    floor = max(loudest - speech.RANGE_DB, speech.FLOOR_DB)  # as in speech.to_db
    return _image(ax, values, along, across, cmap="magma", vmin=floor, vmax=loudest)


def _image(ax: Axes, values: np.ndarray, along: Sequence[float], across: Sequence[float], **style: Any) -> AxesImage:
    """Draw frames as columns of an image, means of neighbouring frames where there are too many."""
    step = -(-len(values) // _MAX_COLUMNS)
    starts = np.arange(0, len(values), step)
    widths = np.diff(np.append(starts, len(values)))[:, None]
    means = np.add.reduceat(values, starts, axis=0) / widths if step > 1 else values
    box = (along[0], along[1], across[0], across[1])
    return ax.imshow(means.T, origin="lower", aspect="auto", extent=box, interpolation="nearest", **style)


@dataclass(frozen=True)
class Key:
    """The meaning of a patch that hides a part of a panel.

    Parameters
    ----------
    text : str
    style : mapping
        Properties of the patch.
    is_needed : callable
        ``is_needed(clip)`` is true if the patch hides a part of the clip.
    """

    text: str
    style: Mapping[str, Any]
    is_needed: Callable[[Clip], Any]


@dataclass(frozen=True)
class Panel:
    """A panel of the picture.

    Parameters
    ----------
    title : str
    axis : str
        Name of the vertical axis.
    height : float
        In inches.
    draw : callable
        ``draw(ax, clip, scales)`` returns the image that needs a colour bar, or None.
    unit : str
        Unit of the colour bar.
    key : Key or None
        What hides a part of the panel.
    """

    title: str
    axis: str
    height: float
    draw: Callable[[Axes, Clip, Scales], AxesImage | None]
    unit: str = ""
    key: Key | None = None


_TRIMMED = Key(f"silence at the ends, trimmed for the feature set {DEFAULT}", TRIMMED_STYLE, silent_ends)
_SILENT = Key(f"silent: {SILENCE_DB:.0f} dB or more below the loudest frame, not shown", SILENT_STYLE, _has_silence)

PANELS = (
    Panel("waveform", "of full scale", 0.85, _draw_waveform, key=_TRIMMED),
    Panel("spectrogram: STFT, 25 ms every 10 ms", "Hz", 1.5, _draw_spectrogram, "dB of full scale"),
    Panel("mel spectrogram, 64 bands", "Hz", 1.25, _draw_mel, "dB of full scale"),
    Panel("MFCC 1 to 19", "coefficient", 1.05, _draw_mfcc, "dB"),
    Panel("chroma", "pitch class", 1.05, _draw_chroma, "of the strongest", key=_SILENT),
    Panel("F0, voiced frames", "Hz", 0.95, _draw_f0),
    Panel("energy: level of each frame", "dB of full scale", 0.95, _draw_level),
    Panel("zero-crossing rate, sound below {narrowband:,.0f} Hz", "per second", 0.8, _draw_zero_crossings),
)
"""The panels from top to bottom."""
