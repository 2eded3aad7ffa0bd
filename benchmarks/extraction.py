"""Time of extraction per feature set and step, beside the classic librosa recipe.

    python benchmarks/extraction.py DATA_DIR [CLIPS]

Prints milliseconds per clip and the speed-up over the recipe, in one thread, as medians over clips. Every set and the
recipe run on the same clips in turn, so that a busy machine slows all alike. Compilation and caches are excluded. Sets
of other programs, such as openSMILE, are measured where their extra is installed.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from ser_bench.core.errors import MissingExtraError
from ser_bench.features import FEATURE_SETS, check_installed, compute
from ser_bench.features.analysis import Analysis

CLASSIC = "mfcc+chroma+mel+contrast+tonnetz"
Times = dict[str, list[float]]


def clock(times: Times, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function, record its seconds and return its result."""
    start = time.perf_counter()
    result = function(*arguments)
    times[name].append(time.perf_counter() - start)
    return result


def decode(path: Path) -> tuple[np.ndarray, int]:
    """Read a clip as float32, mono."""
    y, sr = soundfile.read(path, dtype="float32")
    return (y.mean(axis=1) if y.ndim > 1 else y), sr


def recipe(y: np.ndarray, sr: int) -> np.ndarray:
    """Return the 193 values of the tutorials' recipe: one librosa call per feature."""
    import librosa

    magnitude = np.abs(librosa.stft(y))
    blocks = (
        librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40),
        librosa.feature.chroma_stft(S=magnitude, sr=sr),
        librosa.feature.melspectrogram(y=y, sr=sr),
        librosa.feature.spectral_contrast(S=magnitude, sr=sr),
        librosa.feature.tonnetz(y=librosa.effects.harmonic(y), sr=sr),
    )
    return np.concatenate([block.mean(axis=1) for block in blocks])


def classic_parts(times: Times, y: np.ndarray, sr: int) -> None:
    """Time the steps of the five classic sets separately."""
    from ser_bench.features.kernels.median import running_median
    from ser_bench.features.librosa_compat import chroma, constantq, pitch_tuning, spectral, spectrum
    from ser_bench.features.librosa_compat.harmonic import harmonic_spectrum

    stft = clock(times, "STFT", spectrum.stft, y)
    magnitude = clock(times, "magnitude", np.abs, stft)
    mel = clock(times, "mel bands", spectral.mel_spectrogram, magnitude, float(sr))
    clock(times, "mfcc of mel bands", spectral.mfcc_mean, mel)
    clock(times, "contrast of magnitude", spectral.contrast_mean, magnitude, float(sr))
    clock(times, "chroma of magnitude", chroma.chroma_mean, magnitude, float(sr))
    out = np.empty_like(magnitude)
    clock(times, "  median over time", running_median, magnitude, out)
    clock(times, "  median over frequency", running_median, magnitude.T, out.T)
    masked = clock(times, "harmonic: medians and mask", harmonic_spectrum, stft, magnitude)
    y = clock(times, "harmonic: inverse STFT", spectrum.istft, masked, len(y))
    stft = clock(times, "tuning: STFT again", spectrum.stft, y)
    deviation = clock(times, "tuning: peaks", pitch_tuning.estimate, np.abs(stft), float(sr), constantq.BINS)
    clock(times, "constant-Q chroma", constantq.pitch_classes, y, float(sr), deviation)


def speech_parts(times: Times, y: np.ndarray, sr: int) -> None:
    """Time the steps of the speech sets in the order of their dependencies."""
    analysis = Analysis(y, sr)
    for part in ("speech", "band_energies", "log_mel", "speech_mfcc", "narrowband", "levels", "pitch"):
        clock(times, f"speech: {part}", getattr, analysis, part)
    clock(times, "speech: statistics", FEATURE_SETS["functionals"].compute, analysis)


def installed_sets() -> list[str]:
    """Return the names of the sets that can be computed here; print what the others need."""
    names = []
    for name, feature_set in FEATURE_SETS.items():
        try:
            check_installed([feature_set])
            names.append(name)
        except MissingExtraError as error:
            print(f"not measured: {error}")
    return names


def measure(clips: list[Path]) -> tuple[Times, Times]:
    """Return seconds per clip of whole sets and of parts, by name."""
    sets: Times = defaultdict(list)
    parts: Times = defaultdict(list)
    own = installed_sets()
    names = [*own, CLASSIC, "functionals+logmel"]
    y, sr = decode(clips[0])
    compute([FEATURE_SETS[name] for name in own], y, sr)
    recipe(y, sr)
    for clip in clips:
        y, sr = clock(sets, "decode", decode, clip)
        clock(sets, "recipe", recipe, y, sr)
        for name in names:
            chosen = [FEATURE_SETS[part] for part in name.split("+")]
            clock(sets, name, compute, chosen, y, sr)
        classic_parts(parts, y, sr)
        speech_parts(parts, y, sr)
    return sets, parts


def main(data_dir: Path, count: int) -> None:
    """Measure ``count`` clips spread over the corpus and print two tables."""
    warnings.filterwarnings("ignore")
    from threadpoolctl import threadpool_limits

    clips = sorted(p for p in data_dir.rglob("*") if p.suffix in {".wav", ".flac"})
    clips = clips[:: max(1, len(clips) // count)][:count]
    with threadpool_limits(1):
        sets, parts = measure(clips)
    decoding = statistics.median(sets["decode"])
    whole = statistics.median(sets["recipe"]) + decoding
    print(f"{len(clips)} clips, medians; ratios with decoding on both sides\n")
    for name, seconds in sets.items():
        own = statistics.median(seconds)
        ratio = "" if name == "decode" else f"{whole / (own + decoding):8.1f} x"
        print(f"{name:40s}{own * 1e3:9.2f} ms{ratio}")
    print()
    for name, seconds in parts.items():
        print(f"{name:40s}{statistics.median(seconds) * 1e3:9.2f} ms")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 24)
