"""A clip for pictures: its samples, its file's header and name, and what the feature sets measure of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ser_bench import audio
from ser_bench.audio.conditions.base import Condition
from ser_bench.core.errors import AudioError, ConditionError
from ser_bench.core.text import escape_undecodable
from ser_bench.explore.titles import ClipTitle, title_from_name
from ser_bench.features.analysis import Analysis
from ser_bench.features.librosa_compat import spectrum
from ser_bench.features.librosa_compat.chroma import chroma
from ser_bench.features.speech import framing

MAX_SHOWN_SECONDS = 60.0
"""Pictures show the middle of a longer recording: more is too fine to see and takes memory."""


@dataclass(frozen=True)
class Clip:
    """The part of a recording that a picture shows.

    Parameters
    ----------
    path : Path
    y : ndarray of float32, shape (n,)
        Mono samples.
    sr : int
        Sampling rate in Hz.
    start : float
        Start of the part in seconds of the recording.
    seconds : float
        Length of the whole recording.
    channels : int
        Channels of the file, 0 if unknown.
    format : str
        Format of the file.
    title : ClipTitle or None
        The facts in the file name.
    condition : Condition or None
        The recording condition that changed the samples; None for a clip as recorded.
    """

    path: Path
    y: np.ndarray
    sr: int
    start: float
    seconds: float
    channels: int
    format: str
    title: ClipTitle | None
    condition: Condition | None = None

    @property
    def name(self) -> str:
        """File name as text."""
        return escape_undecodable(self.path.name)

    @property
    def description(self) -> str:
        """File name, and the condition in words."""
        return f"{self.name} {self.condition.phrase}" if self.condition else self.name

    @property
    def shown_seconds(self) -> float:
        """Length of the part."""
        return len(self.y) / self.sr

    @cached_property
    def analysis(self) -> Analysis:
        """What the feature sets measure, with the silence at the ends left in."""
        return Analysis(self.y, self.sr, trim=False)

    @cached_property
    def times(self) -> np.ndarray:
        """Centre of each speech frame in seconds of the recording, shape ``(t,)``."""
        frames = np.arange(len(self.analysis.levels))
        return self.start + frames * framing.HOP_SECONDS + framing.WINDOW_SECONDS / 2

    @cached_property
    def speech_bounds(self) -> tuple[float, float]:
        """Start and end of the speech, as feature sets trim silence, in seconds of the recording."""
        first, last = framing.speech_bounds(self.y, self.sr)
        return self.start + first / self.sr, self.start + last / self.sr

    @cached_property
    def f0(self) -> np.ndarray:
        """F0 of each speech frame in Hz, NaN where it is not voiced, shape ``(t,)``."""
        track = self.analysis.pitch
        return np.where(track.voiced, track.hz, np.nan)

    @property
    def zero_crossings(self) -> np.ndarray:
        """Sign changes per second of each speech frame, of the sound below ``narrowband_hz``, shape ``(t,)``."""
        return self.analysis.zero_crossing_rate

    @property
    def narrowband_hz(self) -> float:
        """Highest frequency in the measurement of F0 and zero crossings."""
        return self.analysis.narrowband[1] / 2

    @cached_property
    def chroma(self) -> np.ndarray:
        """Pitch classes of each frame of the classic features, shape ``(1 + n // 512, 12)``."""
        return chroma(self.analysis.magnitude, self.sr)

    @property
    def chroma_hop_seconds(self) -> float:
        """Seconds from one frame of ``chroma`` to the next."""
        return spectrum.HOP / self.sr


def read_clip(path: Path, condition: Condition | None = None) -> Clip:
    """Read a clip; of a recording longer than :data:`ser_bench.audio.MAX_SECONDS`, the middle.

    Parameters
    ----------
    path : Path
    condition : Condition, optional
        The recording condition that changes the samples, as it changes them for the features.

    Returns
    -------
    Clip

    Raises
    ------
    AudioError
        If the file cannot be used; the message names it.
    ConditionError
        If the condition cannot change the clip; the message names both.
    """
    recording = _read(path)
    y, sr = _changed(recording, condition, path)
    frames = len(y) + round((recording.total - len(recording.y)) * sr / recording.sr)
    limit = int(MAX_SHOWN_SECONDS * sr)
    first = max(0, (len(y) - limit) // 2)
    part = y[first : first + limit].copy() if len(y) > limit else y
    return Clip(
        path=path,
        y=part,
        sr=sr,
        start=(frames - len(part)) // 2 / sr,
        seconds=frames / sr,
        channels=recording.channels,
        format=recording.format,
        title=title_from_name(path),
        condition=condition,
    )


def all_samples(clip: Clip) -> tuple[np.ndarray, int]:
    """Read a clip again, with the samples that are beyond the part in a picture.

    Parameters
    ----------
    clip : Clip

    Returns
    -------
    y : ndarray of float32, shape (n,)
        Mono samples under the condition of the clip; values beyond full scale are possible.
    sr : int
        Sampling rate in Hz.

    Raises
    ------
    AudioError, ConditionError
        As :func:`read_clip`.
    """
    return _changed(_read(clip.path), clip.condition, clip.path)


def _read(path: Path) -> audio.Recording:
    try:
        return audio.read(path)
    except AudioError as error:
        raise AudioError(f"{escape_undecodable(str(path))}: {error}") from None


def _changed(recording: audio.Recording, condition: Condition | None, path: Path) -> tuple[np.ndarray, int]:
    """Return the samples of a recording under a condition, if there is one."""
    if condition is None:
        return recording.y, recording.sr
    try:
        return condition.apply(recording.y, recording.sr)
    except ConditionError as error:
        raise ConditionError(f"{escape_undecodable(str(path))}: condition {condition.name}: {error}") from None
