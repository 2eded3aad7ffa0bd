"""Which sounds a model file flags as not reliable: the table of docs/decisions/74-reliability.md.

    python benchmarks/reliability.py RAVDESS [--other NAME=FOLDER ...] [--model lda] [--features functionals]

The model is trained on RAVDESS without four actors. The rows are the clips of the four actors as recorded, as in a
phone call and with white noise, the clips of other corpora, and sounds without speech. ``right`` is the accuracy among
clips whose emotion the model knows, ``set`` the share of them whose 90 % set holds it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import butter, resample_poly, sosfiltfilt
from tabulate import tabulate

import ser_bench
from ser_bench import audio
from ser_bench.core.console import Console
from ser_bench.core.options import Options
from ser_bench.deploy import TrainedModel
from ser_bench.deploy.train import train

ACTORS = ("03", "09", "14", "20")
Sound = tuple[np.ndarray, int]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ravdess", type=Path)
    parser.add_argument("--other", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--model", default="lda")
    parser.add_argument("--features", default="auto")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--every", type=int, default=1, help="use every n-th clip")
    arguments = parser.parse_args()
    started = time.process_time()
    model = trained(arguments)
    clips = ser_bench.load_corpus("ravdess", arguments.ravdess).clips
    held_out = clips[clips["speaker"].isin(ACTORS)][:: arguments.every]
    rows = [row(model, name, held_out, change) for name, change in CHANGES.items()]
    for corpus in arguments.other:
        name, _, folder = corpus.partition("=")
        rows.append(row(model, name, ser_bench.load_corpus(name, folder).clips[:: arguments.every]))
    rows += [sound_row(model, name, sounds) for name, sounds in sounds_without_speech().items()]
    print(tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True))
    print(f"\n{model.info.model.name} with {model.info.features[0].name}: {time.process_time() - started:.0f} CPU-s")


def trained(arguments: argparse.Namespace) -> TrainedModel:
    """Return the model of 20 actors."""
    options = Options(
        corpus="ravdess", data_dir=arguments.ravdess, features=arguments.features, store=arguments.store, jobs=1
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.ser")
        train(options, arguments.model, file, Console(), f"actor:{','.join(ACTORS)}", score=False)
        return ser_bench.load_model(file)


def row(
    model: TrainedModel, name: str, clips: Any, change: Callable[[np.ndarray, int], Sound] | None = None
) -> dict[str, str]:
    """Return a row about the clips of a corpus."""
    sounds = (audio.load(path) for path in clips["path"])
    predictions = model.predict([sound if change is None else change(*sound) for sound in sounds])
    flagged = np.array([not prediction.reliable for prediction in predictions])
    emotions = clips["emotion"].to_numpy(dtype=str)
    known = np.isin(emotions, model.labels)
    right = np.array([prediction.label for prediction in predictions]) == emotions
    held = [emotion in (p.prediction_set or ()) for p, emotion in zip(predictions, emotions, strict=True)]
    return {
        "clips": f"{name} ({len(clips)})",
        "flagged": percent(flagged),
        "right, not flagged": percent(right[known & ~flagged]),
        "right, flagged": percent(right[known & flagged]),
        "confidence": percent(np.array([prediction.confidence for prediction in predictions])),
        "set": percent(np.array(held)[known]),
    }


def sound_row(model: TrainedModel, name: str, sounds: list[Sound]) -> dict[str, str]:
    """Return a row about sounds without speech."""
    predictions = model.predict(sounds)
    flagged = percent(np.array([not prediction.reliable for prediction in predictions]))
    confidence = percent(np.array([prediction.confidence for prediction in predictions]))
    empty = dict.fromkeys(("right, not flagged", "right, flagged"), "")
    return {"clips": f"{name} ({len(sounds)})", "flagged": flagged, **empty, "confidence": confidence, "set": ""}


def percent(values: np.ndarray) -> str:
    """Return the mean in percent; empty without values."""
    return f"{100 * values.mean():.1f}" if len(values) else ""


def phone(y: np.ndarray, sr: int) -> Sound:
    """Return a clip at 8 kHz with 300 to 3,400 Hz."""
    low = resample_poly(y, 8000, sr)
    band = butter(6, [300, 3400], btype="band", fs=8000, output="sos")
    return sosfiltfilt(band, low).astype(np.float32), 8000


def noisy(snr: float) -> Callable[[np.ndarray, int], Sound]:
    """Return the function that adds white noise at a ratio in dB."""

    def add(y: np.ndarray, sr: int) -> Sound:
        noise = np.random.default_rng(len(y)).standard_normal(len(y))
        return (y + noise * np.sqrt(np.mean(y**2) / 10 ** (snr / 10))).astype(np.float32), sr

    return add


CHANGES: dict[str, Callable[[np.ndarray, int], Sound] | None] = {
    "4 held-out actors": None,
    "at half the level": lambda y, sr: (0.5 * y, sr),
    "phone": phone,
    "white noise, 30 dB": noisy(30),
    "white noise, 20 dB": noisy(20),
    "white noise, 10 dB": noisy(10),
}


def sounds_without_speech() -> dict[str, list[Sound]]:
    """Return sounds of 3 s at three rates and two levels."""
    kinds: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
        "white noise": lambda t, rng: rng.standard_normal(len(t)),
        "near silence": lambda t, rng: 1e-3 * rng.standard_normal(len(t)),
        "tone of 440 Hz": lambda t, rng: np.sin(880 * np.pi * t),
        "chords": lambda t, rng: np.concatenate(list(chords(t))),
    }
    return {
        name: [
            ((level * make(np.arange(3 * sr) / sr, np.random.default_rng(0))).astype(np.float32), sr)
            for sr in (16_000, 44_100, 48_000)
            for level in (0.01, 0.1)
        ]
        for name, make in kinds.items()
    }


def chords(t: np.ndarray) -> Iterator[np.ndarray]:
    """Yield four chords of three harmonic tones that decay."""
    roots = ((261.6, 329.6, 392.0), (220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7))
    for part, root in zip(np.array_split(t, 4), roots, strict=True):
        tones = [np.sin(2 * np.pi * f * h * part) / h for f in root for h in range(1, 8)]
        yield np.sum(tones, axis=0) * np.exp(-3 * (part - part[0]))


if __name__ == "__main__":
    main()
