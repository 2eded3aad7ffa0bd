"""Demo clips as WAV files."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ser_bench.corpora.datasets.demo.codes import EMOTIONS, INTENSITIES, SENTENCES, SPEAKERS, Code, all_codes
from ser_bench.corpora.datasets.demo.score import SR, score
from ser_bench.corpora.datasets.demo.sound import render

_BATCH = 90


def make_clips(
    folder: Path,
    *,
    speakers: Sequence[str] = SPEAKERS,
    emotions: Sequence[str] = EMOTIONS,
    intensities: Sequence[str] = INTENSITIES,
    sentences: Sequence[str] = SENTENCES,
) -> list[Path]:
    """Write the demo clips of these speakers and emotions below `folder`, as ``S01/S01_angry_strong_A.wav``.

    Mono, 16 kHz, 16-bit PCM. Returns the paths in the order of writing. A clip's bytes depend on its
    name alone: a small corpus is a part of the whole one.
    """
    paths = []
    for code, y in samples(list(all_codes(speakers, emotions, intensities, sentences))):
        path = folder / code.speaker / f"{code}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, y)
        paths.append(path)
    return paths


def samples(codes: Sequence[Code]) -> Iterator[tuple[Code, np.ndarray]]:
    """Yield each code with its samples, int16 at 16 kHz, rendered a batch at a time."""
    for start in range(0, len(codes), _BATCH):
        batch = codes[start : start + _BATCH]
        yield from zip(batch, render([score(code) for code in batch]), strict=True)


def _write(path: Path, y: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SR)
        file.writeframes(y.tobytes())
