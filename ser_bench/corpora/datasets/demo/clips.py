"""Demo clips as WAV files."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ser_bench.audio.synthesis.controls import SR
from ser_bench.audio.synthesis.synthesiser import samples
from ser_bench.audio.synthesis.utterances import EMOTIONS, INTENSITIES, SENTENCES, SPEAKERS, all_utterances


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
        The files in the order of the utterances.
    """
    paths = []
    for utterance, y in samples(list(all_utterances(speakers, emotions, intensities, sentences))):
        path = folder / utterance.speaker / f"{utterance}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, y)
        paths.append(path)
    return paths


def _write(path: Path, y: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SR)
        file.writeframes(y.tobytes())
