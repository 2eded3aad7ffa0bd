"""Demo clips as WAV files."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ser_bench.corpora.datasets.demo.codes import EMOTIONS, INTENSITIES, SENTENCES, SPEAKERS, Code, all_codes
from ser_bench.corpora.datasets.demo.controls import SR, clip_controls
from ser_bench.corpora.datasets.demo.synthesis import synthesise

_BATCH = 90


def make_clips(
    folder: Path,
    *,
    speakers: Sequence[str] = SPEAKERS,
    emotions: Sequence[str] = EMOTIONS,
    intensities: Sequence[str] = INTENSITIES,
    sentences: Sequence[str] = SENTENCES,
) -> list[Path]:
    """Write demo clips as mono 16-bit PCM at 16 kHz, such as ``S01/S01_angry_strong_A.wav``.

    The bytes of a clip depend on its name alone, so a small corpus is a subset of the whole one.

    Parameters
    ----------
    folder
        Folder to write into.
    speakers, emotions, intensities, sentences
        Values to combine, by default all.

    Returns
    -------
    list of Path
        The files in the order of their codes.
    """
    paths = []
    for code, y in samples(list(all_codes(speakers, emotions, intensities, sentences))):
        path = folder / code.speaker / f"{code}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, y)
        paths.append(path)
    return paths


def samples(codes: Sequence[Code]) -> Iterator[tuple[Code, np.ndarray]]:
    """Synthesise clips in batches.

    Parameters
    ----------
    codes
        Codes of the clips.

    Yields
    ------
    tuple of Code and numpy.ndarray
        A code and its int16 samples at 16 kHz, shape ``(n,)``.
    """
    for start in range(0, len(codes), _BATCH):
        batch = codes[start : start + _BATCH]
        yield from zip(batch, synthesise([clip_controls(code) for code in batch]), strict=True)


def _write(path: Path, y: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SR)
        file.writeframes(y.tobytes())
