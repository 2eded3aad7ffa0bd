"""How many altered copies of clips are found, and how many other clips are taken for copies.

    python benchmarks/copies.py [--corpus NAME] [--data-dir DIR] [--clips N]    (default demo, 60 clips; 1 min)

Each of N clips is altered in eight ways and searched among all clips of the corpus, once whole and once as its first
words: 0.3, 0.45 and 0.6 s from the first sound. Columns: copies that the fingerprints suggest, copies that the
alignment confirms, and other pairs of clips that it takes for copies. Pairs of identical samples are left out.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import soundfile
from scipy import signal
from tabulate import tabulate

from ser_bench import audio
from ser_bench.audio.copies.alignment import is_copy
from ser_bench.audio.copies.fingerprint import Codes, fingerprint, suggest_copies
from ser_bench.audio.resample import resample
from ser_bench.corpora import open_corpus

Samples = npt.NDArray[np.float32]
Clip = tuple[Samples, int]

WORDS = (0.3, 0.45, 0.6)


def quieter(y: Samples, sr: int) -> Clip:
    """Return the clip at a quarter of its level, as 16 bits."""
    return as_16_bits(0.25 * y), sr


def mp3(y: Samples, sr: int) -> Clip:
    """Return the clip after MP3 at 32 kbit/s and 22,050 Hz."""
    quality = {"bitrate_mode": "CONSTANT", "compression_level": 0.85}
    return coded(resample(y, sr, 22_050), 22_050, "MP3", "MPEG_LAYER_III", **quality)


def highpass(y: Samples, sr: int) -> Clip:
    """Return the clip without frequencies below 300 Hz."""
    return as_16_bits(filtered(y, sr, 300, "highpass")), sr


def telephone(y: Samples, sr: int) -> Clip:
    """Return the clip from 300 to 3,400 Hz at 8 kHz, in mu-law."""
    band = filtered(resample(y, sr, 8000), 8000, (300, 3400), "bandpass")
    return coded(band / max(1.0, np.abs(band).max()), 8000, "WAV", "ULAW")


def resampled(y: Samples, sr: int) -> Clip:
    """Return the clip at 16 kHz, or at 11,025 Hz where that is its own rate."""
    rate = 16_000 if sr != 16_000 else 11_025
    return as_16_bits(resample(y, sr, rate)), rate


def cut(y: Samples, sr: int) -> Clip:
    """Return the clip without its first 200 ms, or without the first third of a word."""
    return y[min(sr // 5, len(y) // 3) :], sr


def noisy(y: Samples, sr: int) -> Clip:
    """Return the clip with white noise 30 dB below its level."""
    noise = np.random.default_rng(1).standard_normal(y.size).astype(np.float32)
    return y + noise * np.sqrt(np.mean(y**2)) * np.float32(10 ** (-30 / 20)), sr


def ogg(y: Samples, sr: int) -> Clip:
    """Return the clip after Ogg Vorbis."""
    return coded(y, sr, "OGG", "VORBIS")


ALTERATIONS: tuple[Callable[[Samples, int], Clip], ...] = (
    *(quieter, mp3, highpass, telephone, resampled, cut, noisy, ogg),
)


def as_16_bits(y: Samples) -> Samples:
    """Return the samples rounded to 16 bits."""
    return (np.clip(np.round(y * 32_768), -32_768, 32_767) / 32_768).astype(np.float32)


def filtered(y: Samples, sr: int, edges: float | tuple[float, float], kind: str) -> Samples:
    """Return the samples after a Butterworth filter of order 4."""
    return signal.sosfilt(signal.butter(4, edges, kind, fs=sr, output="sos"), y).astype(np.float32)


def coded(y: Samples, sr: int, container: str, subtype: str, **quality: object) -> Clip:
    """Return the clip written to a file and read again."""
    file = io.BytesIO()
    soundfile.write(file, y, sr, format=container, subtype=subtype, **quality)
    file.seek(0)
    return soundfile.read(file, dtype="float32")


def first_word(clip: Clip, seconds: float) -> Clip:
    """Return the first sound above 300 Hz of a clip, of the given length."""
    y, sr = clip
    step = sr // 100
    energy = np.add.reduceat(filtered(y, sr, 300, "highpass") ** 2, np.arange(0, len(y), step))
    start = int(np.flatnonzero(energy > 1e-2 * energy.max())[0]) * step
    return y[start : start + int(seconds * sr)], sr


def search(clips: Sequence[Clip], codes: Sequence[Codes], chosen: Sequence[int], alter: Callable) -> tuple[int, ...]:
    """Return how many altered copies are suggested and confirmed, and how many other pairs are confirmed."""
    copies = [alter(*clips[number]) for number in chosen]
    truth = {(number, len(clips) + i) for i, number in enumerate(chosen)}
    everything = [*clips, *copies]
    suggested = suggest_copies([*codes, *(fingerprint(*copy) for copy in copies)])
    confirmed = {(i, j) for i, j in suggested if is_copy(*everything[i], *everything[j])}
    return len(truth & set(suggested)), len(truth & confirmed), len(confirmed - truth - twins(truth, confirmed))


def twins(truth: set[tuple[int, int]], confirmed: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return the pairs that follow from clips with identical copies."""
    first = {copy: number for number, copy in truth}
    return {(i, j) for i, j in confirmed if j in first and tuple(sorted((i, first[j]))) in confirmed}


def rows_of(clips: Sequence[Clip], chosen: Sequence[int], name: str) -> list[list[object]]:
    """Return a row per alteration, for whole clips or words."""
    codes = [fingerprint(*clip) for clip in clips]
    rows = []
    for alter in ALTERATIONS:
        begun = time.perf_counter()
        suggested, confirmed, false = search(clips, codes, chosen, alter)
        seconds = time.perf_counter() - begun
        rows.append([name, alter.__name__, len(chosen), suggested, confirmed, false, f"{seconds:.1f}"])
    return rows


@click.command()
@click.option("--corpus", default="demo", help="Name of a corpus, or a manifest.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the corpus.")
@click.option("--clips", "count", default=60, help="Clips to alter.")
def main(corpus: str, data_dir: Path | None, count: int) -> None:
    """Print the table."""
    paths = open_corpus(corpus, data_dir).clips["path"]
    distinct = {audio.samples_digest(*clip): clip for clip in map(audio.load, paths)}
    clips = list(distinct.values())
    chosen = np.unique(np.linspace(0, len(clips) - 1, count).astype(int)).tolist()
    rows = rows_of(clips, chosen, "whole")
    for seconds in WORDS:
        rows += rows_of([first_word(clip, seconds) for clip in clips], chosen, f"{seconds} s")
    headers = (f"{corpus}, {len(clips):,} clips", "alteration", "copies", "suggested", "confirmed", "false", "s")
    print(tabulate(rows, headers, tablefmt="github"))


if __name__ == "__main__":
    main()
