"""Measurements of a clip: format, levels, clipping, silence, and checksums and fingerprint that identify copies."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ser_bench import audio
from ser_bench.audio.bandwidth import bandwidth
from ser_bench.audio.copies.fingerprint import fingerprint
from ser_bench.core.errors import AudioError

FRAME_SECONDS = 0.02
SILENCE_DB = 40.0
"""A frame this far below the clip's loudest frame is silent."""
FULL_SCALE = 0.9999
"""A sample from this magnitude on is at full scale: the largest 16-bit value is 0.99997."""
CLIPPED_RUN = 3
"""This many samples in a row at full scale are clipping; a single one may be a peak that just fits."""


@dataclass(frozen=True, kw_only=True)
class ClipMeasures:
    """Measurements of a clip, whose channels are averaged as for features.

    Parameters
    ----------
    path : str
    error : str
        Why the clip cannot be used; the other fields are then empty.
    file : str
        SHA-256 of the file.
    digest : str
        Digest of samples and sampling rate.
    format : str
        Format of the file by its content.
    channels : int
        0 if unknown.
    warnings : tuple of str
        What of the file was not used.
    sr : int
        Sampling rate in Hz.
    samples : int
    seconds : float
    rms, peak, offset : float
        Levels and mean relative to full scale.
    clipped : int
        Runs of samples at full scale.
    zeros, padding : int
        Samples that are exactly 0, in all and at the end.
    bandwidth : float
        Highest frequency in Hz with more than rounding noise.
    silent, lead, trail : float
        Seconds of silence in all, before the first sound and after the last.
    fingerprint : bytes
        Codes of :func:`ser_bench.audio.copies.fingerprint.fingerprint`, 4 bytes each.
    """

    path: str
    error: str = ""
    file: str = ""
    digest: str = ""
    format: str = ""
    channels: int = 0
    warnings: tuple[str, ...] = ()
    sr: int = 0
    samples: int = 0
    seconds: float = 0.0
    rms: float = 0.0
    peak: float = 0.0
    offset: float = 0.0
    clipped: int = 0
    zeros: int = 0
    padding: int = 0
    bandwidth: float = 0.0
    silent: float = 0.0
    lead: float = 0.0
    trail: float = 0.0
    fingerprint: bytes = b""


def measure_batch(paths: tuple[str, ...]) -> list[ClipMeasures]:
    """Measure several clips, as one task of a worker.

    Parameters
    ----------
    paths : tuple of str

    Returns
    -------
    list of ClipMeasures
    """
    return [measure_clip(path) for path in paths]


def measure_clip(path: str) -> ClipMeasures:
    """Decode and measure a clip.

    Parameters
    ----------
    path : str

    Returns
    -------
    ClipMeasures
        With only ``error`` set if the clip cannot be used.
    """
    try:
        recording = audio.read(path)
        file = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except AudioError as error:
        return ClipMeasures(path=path, error=str(error))
    except OSError as error:
        return ClipMeasures(path=path, error=f"cannot be opened: {error.strerror or error}")
    y, sr = recording.y, recording.sr
    silent, lead, trail = measure_silence(y, sr)
    return ClipMeasures(
        path=path,
        file=file,
        digest=audio.samples_digest(y, sr),
        format=recording.format,
        channels=recording.channels,
        warnings=recording.warnings,
        sr=sr,
        samples=len(y),
        seconds=len(y) / sr,
        **measure_levels(y),
        bandwidth=bandwidth(y, sr),
        silent=silent,
        lead=lead,
        trail=trail,
        fingerprint=fingerprint(y, sr).tobytes(),
    )


def measure_levels(y: np.ndarray) -> dict[str, Any]:
    """Measure levels and clipping.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Samples in [-1, 1].

    Returns
    -------
    dict
        ``rms``, ``peak`` and ``offset`` (mean) relative to full scale; ``clipped``, the number of runs at full
        scale; ``zeros`` and ``padding``, the numbers of samples that are exactly 0, in all and at the end.
    """
    magnitude = np.abs(y)
    sounding = np.flatnonzero(magnitude)
    return {
        "rms": float(np.sqrt(np.dot(y, y) / len(y))),
        "peak": float(magnitude.max()),
        "offset": float(y.mean(dtype=np.float64)),
        "clipped": _count_runs(magnitude >= FULL_SCALE, CLIPPED_RUN),
        "zeros": len(y) - len(sounding),
        "padding": int(len(y) - 1 - sounding[-1]) if len(sounding) else len(y),
    }


def measure_silence(y: np.ndarray, sr: int) -> tuple[float, float, float]:
    """Measure silence, in frames of :data:`FRAME_SECONDS`.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
    sr : int
        Sampling rate in Hz.

    Returns
    -------
    total, lead, trail : float
        Seconds of silence in all, before the first sound and after the last.
    """
    step = max(1, round(FRAME_SECONDS * sr))
    frames = np.pad(y, (0, -len(y) % step)).reshape(-1, step)
    energy = np.einsum("ij,ij->i", frames, frames)
    silent = energy < energy.max() * 10 ** (-SILENCE_DB / 10)
    sounding = np.flatnonzero(~silent)
    counts = (len(silent) - silent.sum(), sounding[0], len(silent) - 1 - sounding[-1])
    sound, lead, trail = (float(count) * step / sr for count in counts)
    return max(0.0, len(y) / sr - sound), lead, trail


def _count_runs(mask: np.ndarray, min_length: int) -> int:
    """Return the number of runs of True that have at least the given length."""
    if not mask.any():
        return 0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.view(np.int8), [0]))))
    return int(np.sum(edges[1::2] - edges[::2] >= min_length))
