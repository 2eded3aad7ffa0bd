"""One clip, ready to be looked at: its samples, what its file and its name say, and what features hear in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ser_bench import audio
from ser_bench.core.errors import AudioError
from ser_bench.core.text import escape_undecodable
from ser_bench.explore.titles import Told, told_by_name
from ser_bench.features.analysis import Analysis
from ser_bench.features.librosa_compat import spectrum
from ser_bench.features.librosa_compat.chroma import chroma
from ser_bench.features.speech import framing

MOST_SECONDS = 60.0
"""Of a longer recording the middle is shown: more would be too fine to see, and costs memory."""


@dataclass(frozen=True)
class Clip:
    """The part of a recording that is shown: ``y``, float32 mono at ``sr`` Hz, from ``start`` seconds on.

    ``seconds`` is the length of the whole recording, ``channels`` what the file has (0: not known), ``form`` its
    format, ``told`` what its name says.
    """

    path: Path
    y: np.ndarray
    sr: int
    start: float
    seconds: float
    channels: int
    form: str
    told: Told | None

    @property
    def name(self) -> str:
        """The file's name as text."""
        return escape_undecodable(self.path.name)

    @property
    def shown(self) -> float:
        """How many seconds are shown."""
        return len(self.y) / self.sr

    @cached_property
    def analysis(self) -> Analysis:
        """What feature sets measure, with the silence at the ends left in."""
        return Analysis(self.y, self.sr, trim=False)

    @cached_property
    def times(self) -> np.ndarray:
        """The middle of each speech frame in seconds of the recording, shape ``(t,)``."""
        frames = np.arange(len(self.analysis.levels))
        return self.start + frames * framing.HOP_SECONDS + framing.WINDOW_SECONDS / 2

    @cached_property
    def speech(self) -> tuple[float, float]:
        """Where in the recording the speech begins and ends for the feature sets that trim silence, in seconds."""
        first, last = framing.speech_bounds(self.y, self.sr)
        return self.start + first / self.sr, self.start + last / self.sr

    @cached_property
    def f0(self) -> np.ndarray:
        """F0 of each speech frame in Hz, NaN where it is not voiced, shape ``(t,)``."""
        track = self.analysis.pitch
        return np.where(track.voiced, track.hz, np.nan)

    @cached_property
    def zero_crossings(self) -> np.ndarray:
        """Sign changes per second of each speech frame, of the sound below ``narrow_hz``, shape ``(t,)``."""
        return self.analysis.zero_crossing_rate

    @property
    def narrow_hz(self) -> float:
        """Up to which frequency pitch and zero crossings hear."""
        return self.analysis.narrowband[1] / 2

    @cached_property
    def chroma(self) -> np.ndarray:
        """Pitch classes of each classic frame, shape ``(1 + n // 512, 12)``."""
        return chroma(self.analysis.magnitude, self.sr)

    @property
    def chroma_hop(self) -> float:
        """Seconds from one frame of ``chroma`` to the next."""
        return spectrum.HOP / self.sr


def read(path: Path) -> Clip:
    """Read a clip, of a recording longer than :data:`ser_bench.audio.MAX_SECONDS` the middle.

    Raises :class:`AudioError`, with the file's name, where it cannot be used.
    """
    try:
        y, sr = audio.load(path)
    except AudioError as error:
        raise AudioError(f"{escape_undecodable(str(path))}: {error}") from None
    frames, channels, form = _header(path)
    whole = max(frames, len(y))
    most = int(MOST_SECONDS * sr)
    first = max(0, (len(y) - most) // 2)
    part = y[first : first + most].copy() if len(y) > most else y
    return Clip(
        path=path,
        y=part,
        sr=sr,
        start=(whole - len(part)) // 2 / sr,
        seconds=whole / sr,
        channels=channels,
        form=form,
        told=told_by_name(path),
    )


def _header(path: Path) -> tuple[int, int, str]:
    """Return frames, channels and format, as far as libsndfile can tell them."""
    import soundfile

    try:
        info = soundfile.info(os.fsencode(path))
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError):
        return 0, 0, path.suffix.lstrip(".").upper()
    return info.frames, info.channels, f"{info.format} {info.subtype}"
