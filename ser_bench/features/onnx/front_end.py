"""What the first network of a chain takes: a waveform at its rate, or a mel spectrogram."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ser_bench.core.errors import FeatureError
from ser_bench.features.onnx.description import Description, Mel
from ser_bench.features.parts import equal_parts, normalized

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


def parts(analysis: Analysis, description: Description, window: int | None) -> Iterator[np.ndarray]:
    """Return the input of the first network, for each part of a clip.

    Parameters
    ----------
    analysis : Analysis
        The clip.
    description : Description
        Sampling rate, layout, longest part, and what happens to short clips.
    window : int or None
        Samples or frames that the first network needs.

    Yields
    ------
    ndarray of float32
        Samples of shape ``(n,)`` or mel frames of shape ``(t, n_mels)``.
    """
    from ser_bench.audio.resample import resample

    rate = description.sampling_rate
    y = resample(analysis.speech if description.trim else analysis.y, analysis.sr, rate)
    least = _samples(window or 1, description.mel) if description.short == "pad" else 0
    for part in equal_parts(y, round(description.longest * rate)):
        samples = _padded(_waveform(part, description.normalize), least)
        yield _spectrogram(samples, rate, description.mel) if description.mel else samples


def _samples(window: int, mel: Mel | None) -> int:
    """Return the number of samples of a window."""
    if mel is None:
        return window
    return (window - 1) * mel.hop_length + (1 if mel.center else mel.n_fft)


def _waveform(y: np.ndarray, normalize: bool) -> np.ndarray:
    """Return samples, with zero mean and unit variance if ``normalize``."""
    import numpy as np

    return normalized(y) if normalize else np.asarray(y, dtype=np.float32)


def _padded(y: np.ndarray, least: int) -> np.ndarray:
    """Return samples with silence at the end, so that they are at least ``least``."""
    import numpy as np

    return np.pad(y, (0, max(0, least - len(y))))


def _spectrogram(y: np.ndarray, rate: int, mel: Mel) -> np.ndarray:
    """Return the mel frames of samples."""
    from ser_bench.features.onnx.mel import mel_frames

    least = mel.n_fft // 2 + 1 if mel.pad_mode == "reflect" else 1
    least = least if mel.center else mel.n_fft
    if len(y) < least:
        raise FeatureError(f"the clip is too short for a spectrogram: {len(y):,} of {least:,} samples at {rate} Hz")
    return mel_frames(y, rate, mel)
