"""What the clips of the training data sound like, and in what a clip to predict differs from them.

A model answers any sound. These warnings name the differences that make its answer doubtful: rate, duration, level,
clipping, a missing upper band as from a telephone, and noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench import audio
from ser_bench.core.errors import AudioError

if TYPE_CHECKING:
    from ser_bench.audio import Recording
    from ser_bench.deploy.manifest import TrainingAudio

_SAMPLED_CLIPS = 64
"""Number of training clips whose level, clipping and treble are measured."""
RATE_RATIO = 1.25
"""Rates that differ by less are not worth a warning, such as 44.1 and 48 kHz."""
_DURATION_RATIO = 2.0
_LEVEL_MARGIN_DB = 20.0
_TREBLE_MARGIN_DB = 20.0
"""Clips of one corpus differ by less; a telephone recording at 16 kHz lies 40 dB below them."""
_NOISE_MARGIN_DB = 10.0
_QUIET, _LOUD = 5, 95
"""Percentiles of frame levels."""
_MIN_CLIPPED = 0.05
_FULL_SCALE = 0.9999
_TREBLE_HZ = 4000.0
_TREBLE_RATE = 10_000
"""Treble is measured from this rate on."""
_FRAME_SECONDS = 0.04
_TINY = 1e-20

UNRELIABLE = ("band", "treble", "noise")
"""Kinds of difference that make a prediction unreliable: a phone call, and noise."""


def measure_training_audio(paths: Sequence[str], metadata: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Describe the audio of the training clips.

    Parameters
    ----------
    paths : sequence of str
        Their files; some of them are measured.
    metadata : iterable of mapping
        ``sr`` and ``total`` or ``samples`` of each clip, from the feature store.

    Returns
    -------
    dict
        The fields of :class:`ser_bench.deploy.manifest.TrainingAudio`.
    """
    rows = list(metadata)
    seconds = [(row["total"] or row["samples"]) / row["sr"] for row in rows]
    sample = [paths[i] for i in np.unique(np.linspace(0, len(paths) - 1, _SAMPLED_CLIPS).astype(int))]
    levels, clipped, trebles, ranges = [], [0.0], [], []
    for path in sample:
        try:
            y, sr = audio.load(path)
        except AudioError:  # extraction has read it, but it is gone
            continue
        levels.append(_level(y))
        clipped.append(_clipped(y))
        ranges.append(_level_range(y, sr))
        trebles += [_treble(y, sr)] if sr >= _TREBLE_RATE else []
    return {
        "rates": sorted({int(row["sr"]) for row in rows}),
        "shortest": round(min(seconds), 3),
        "longest": round(max(seconds), 3),
        "quietest": round(min(levels, default=0.0), 1),
        "clipped": round(max(clipped), 4),
        "treble": round(min(trebles), 1) if trebles else None,
        "level_range": round(min(ranges), 1) if ranges else None,
    }


def differences(
    trained: TrainingAudio | None, rate: int | None, recording: Recording, *, whole: bool = True
) -> dict[str, str]:
    """Return in what a clip differs from the training clips.

    Parameters
    ----------
    trained : TrainingAudio or None
        The training clips; None for a model file that does not describe them.
    rate : int or None
        Rate to which the model resamples clips; None for the rate of each clip.
    recording : Recording
        The clip.
    whole : bool
        Whether it is a whole clip and no window of a recording, which may be without a pause.

    Returns
    -------
    dict of str to str
        Sentences without the name of the clip, by kind: ``rate``, ``band`` (a rate without sound above 5 kHz),
        ``duration``, ``level``, ``clipping``, ``treble`` and ``noise``. Empty if it resembles them.
    """
    if trained is None:
        return {}
    y, sr, seconds = recording.y, recording.sr, recording.total / recording.sr
    level, clipped = _level(y), _clipped(y)
    texts = {}
    if text := _rate_difference(trained.rates, rate, sr):
        texts["band" if sr < _TREBLE_RATE <= min(trained.rates) else "rate"] = text
    if not trained.shortest / _DURATION_RATIO <= seconds <= trained.longest * _DURATION_RATIO:
        expected = f"{trained.shortest:.1f} to {trained.longest:.1f} s"
        texts["duration"] = f"{seconds:,.1f} s long; the training clips have {expected}"
    if level < trained.quietest - _LEVEL_MARGIN_DB:
        texts["level"] = f"level of {level:.0f} dBFS; the quietest training clips have {trained.quietest:.0f} dBFS"
    if clipped > max(_MIN_CLIPPED, 2 * trained.clipped):
        texts["clipping"] = f"{100 * clipped:.0f} % of its samples are clipped"
    hears_treble = trained.treble is not None and min(sr, rate or sr) >= _TREBLE_RATE
    if hears_treble and _treble(y, sr) < (trained.treble or 0.0) - _TREBLE_MARGIN_DB:
        texts["treble"] = (
            f"hardly any sound above {_TREBLE_HZ:,.0f} Hz, as in a phone call; the training clips have more"
        )
    quiet = _level_range(y, sr)
    if whole and trained.level_range is not None and quiet < trained.level_range - _NOISE_MARGIN_DB:
        texts["noise"] = (
            f"quiet parts {quiet:.0f} dB below loud ones, as with background noise or without a pause; the training "
            f"clips have at least {trained.level_range:.0f} dB"
        )
    return texts


def _rate_difference(trained: Sequence[int], rate: int | None, sr: int) -> str:
    """Describe a sampling rate that is unlike those of the training clips; empty for one that is not."""
    own = f"sampling rate of {sr:,} Hz"
    if rate is not None:
        below = sr * RATE_RATIO < min(rate, *trained)
        return f"{own}, below the model's {rate:,} Hz; sound above {sr / 2:,.0f} Hz is missing" if below else ""
    if trained and all(max(sr, known) > RATE_RATIO * min(sr, known) for known in trained):
        return f"{own}; the training clips have {' and '.join(f'{known:,}' for known in trained[:3])} Hz"
    return ""


def _level(y: np.ndarray) -> float:
    """Return the level in dBFS."""
    return float(10 * np.log10(np.mean(np.square(y, dtype=np.float64)) + _TINY))


def _level_range(y: np.ndarray, sr: int) -> float:
    """Return the difference between loud and quiet frames in dB."""
    power = np.square(_frames(y, sr), dtype=np.float64).mean(axis=1)
    quiet, loud = np.percentile(10 * np.log10(power + _TINY), [_QUIET, _LOUD])
    return float(loud - quiet)


def _frames(y: np.ndarray, sr: int) -> np.ndarray:
    """Return frames of 40 ms without overlap; the rest at the end is left out."""
    length = min(len(y), round(_FRAME_SECONDS * sr))
    return y[: len(y) // length * length].reshape(-1, length)


def _clipped(y: np.ndarray) -> float:
    """Return the share of samples at full scale."""
    return float(np.mean(np.abs(y) >= _FULL_SCALE))


def _treble(y: np.ndarray, sr: int) -> float:
    """Return the energy from 4 to 8 kHz relative to that from 0.2 to 3.4 kHz, in dB."""
    frames = _frames(y, sr)
    length = frames.shape[1]
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(length)))).sum(axis=0)
    hz = np.fft.rfftfreq(length, 1 / sr)
    high, low = power[(hz >= _TREBLE_HZ) & (hz <= 8000)].sum(), power[(hz >= 200) & (hz <= 3400)].sum()
    return float(10 * np.log10((high + _TINY) / (low + _TINY)))
