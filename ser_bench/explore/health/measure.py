"""What a clip's file holds: format, level, clipping, silence, and what tells its copies."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

FRAME_SECONDS = 0.02
SILENCE_DB = 40.0
"""A frame this far below the clip's loudest one is silence."""
FULL_SCALE = 0.9999
"""From here on a sample is at full scale: 16 bits end at 0.99997."""
CLIPPED_RUN = 3
"""So many samples at full scale in a row are clipping; a single one may be a peak that just fits."""


@dataclass(frozen=True, kw_only=True)
class Sound:
    """What was measured of a clip, its channels averaged as for features.

    ``rms``, ``peak`` and ``offset`` are shares of full scale; ``seconds``, ``silent``, ``lead`` and ``trail``
    (silence in all, before and after the sound) seconds; ``clipped`` the runs of samples at full scale,
    ``zeros`` the samples that are exactly 0, ``length`` and ``fingerprint`` those of
    :mod:`ser_bench.audio.fingerprint`.
    Where the clip cannot be used ``error`` says why, and the rest is nothing.
    """

    path: str
    error: str = ""
    file: str = ""
    digest: str = ""
    format: str = ""
    channels: int = 0
    sr: int = 0
    samples: int = 0
    seconds: float = 0.0
    rms: float = 0.0
    peak: float = 0.0
    offset: float = 0.0
    clipped: int = 0
    zeros: int = 0
    silent: float = 0.0
    lead: float = 0.0
    trail: float = 0.0
    length: float = 0.0
    fingerprint: bytes = b""


def measure_batch(paths: tuple[str, ...]) -> list[Sound]:
    """Measure clips by their paths."""
    return [measure(path) for path in paths]


def measure(path: str) -> Sound:
    """Decode a clip and measure it; one that cannot be used has its ``error`` only."""
    from ser_bench import audio
    from ser_bench.audio.fingerprint import fingerprint
    from ser_bench.core.errors import AudioError

    try:
        y, sr = audio.load(path)
        file = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except AudioError as error:
        return Sound(path=path, error=str(error))
    except OSError as error:
        return Sound(path=path, error=f"cannot be opened: {error.strerror or error}")
    form, channels = _header(path)
    silent, lead, trail = silence(y, sr)
    length, course = fingerprint(y, sr)
    return Sound(
        path=path,
        file=file,
        digest=audio.samples_digest(y, sr),
        format=form,
        channels=channels,
        sr=sr,
        samples=len(y),
        seconds=len(y) / sr,
        **levels(y),
        silent=silent,
        lead=lead,
        trail=trail,
        length=length,
        fingerprint=course,
    )


def levels(y: np.ndarray) -> dict:
    """Return ``rms``, ``peak``, ``offset``, ``clipped`` and ``zeros`` of samples in [-1, 1]."""
    import numpy as np

    loud = np.abs(y)
    return {
        "rms": float(np.sqrt(np.dot(y, y) / len(y))),
        "peak": float(loud.max()),
        "offset": float(y.mean(dtype=np.float64)),
        "clipped": _runs(loud >= FULL_SCALE, CLIPPED_RUN),
        "zeros": int(len(y) - np.count_nonzero(y)),
    }


def silence(y: np.ndarray, sr: int) -> tuple[float, float, float]:
    """Return the seconds of silence in all, before the first sound, and after the last."""
    import numpy as np

    step = max(1, round(FRAME_SECONDS * sr))
    frames = np.pad(y, (0, -len(y) % step)).reshape(-1, step)
    energy = np.einsum("ij,ij->i", frames, frames)
    quiet = energy < energy.max() * 10 ** (-SILENCE_DB / 10)
    sounding = np.flatnonzero(~quiet)
    ends = (len(quiet) - quiet.sum(), sounding[0], len(quiet) - 1 - sounding[-1])
    total, lead, trail = (float(frame_count) * step / sr for frame_count in ends)
    return max(0.0, len(y) / sr - total), lead, trail


def _runs(hit: np.ndarray, least: int) -> int:
    """Return how many runs of at least so many hits there are."""
    import numpy as np

    if not hit.any():
        return 0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], hit.view(np.int8), [0]))))
    return int(np.sum(edges[1::2] - edges[::2] >= least))


def _header(path: str) -> tuple[str, int]:
    """Return the file's format and its channels, 0 where its header is not one that libsndfile reads."""
    import soundfile

    try:
        info = soundfile.info(os.fsencode(path))
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError):
        return Path(path).suffix.lstrip(".").upper(), 0
    return f"{info.format} {info.subtype}", info.channels
