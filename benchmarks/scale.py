"""How extraction grows: generated corpora of short clips, time a clip, memory of the largest process, store size.

    python benchmarks/scale.py [CLIPS …]        (default 1000 10000 100000)

Each clip is 0.25 s of noise at 16 kHz, different from all others, listed in a CSV manifest; the feature set
is ``mfcc``. Whole commands, two jobs, an empty store each; then the same command again, when nothing is new.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy as np


def generate(folder: Path, clips: int) -> Path:
    """Write a corpus and its manifest; return the manifest."""
    rng = np.random.default_rng(0)
    rows = ["path,speaker,emotion"]
    for i in range(clips):
        name = f"{i // 1000:03d}/{i:06d}.wav"
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16000)
            file.writeframes(rng.integers(-3000, 3000, 4000, dtype=np.int16).tobytes())
        rows.append(f"{name},s{i % 100},{('happy', 'sad')[i % 2]}")
    manifest = folder / "generated.csv"
    manifest.write_text("\n".join(rows), encoding="utf-8")
    return manifest


def extract(manifest: Path, store: Path) -> float:
    """Return the seconds that the whole command took."""
    words = ["--corpus", str(manifest), "--features", "mfcc", "--jobs", "2", "--store", str(store), "-q"]
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "ser_bench", "extract", *words], check=True)
    return time.perf_counter() - begun


def main(sizes: list[int]) -> None:
    """Print a row per corpus size."""
    print("  clips    ms/clip   again s   peak MiB of any process   store MiB")
    for clips in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder, store = Path(scratch, "clips"), Path(scratch, "store")
            folder.mkdir()
            manifest = generate(folder, clips)
            first, again = extract(manifest, store), extract(manifest, store)
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            size = sum(path.stat().st_size for path in store.rglob("*") if path.is_file()) / 2**20
        print(f"{clips:7d} {1e3 * first / clips:10.2f} {again:9.2f} {peak:25.0f} {size:11.1f}", flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [1000, 10_000, 100_000])
