"""How work grows with a corpus: extraction, planning, the search for near-identical clips.

    python benchmarks/scale.py extract [CLIPS …]    (default 1000 10000 100000)
    python benchmarks/scale.py plan                 up to 100,000 fits; nothing is fitted
    python benchmarks/scale.py audit [CLIPS …]      (default 2000 10000 50000)
    python benchmarks/scale.py run [CLIPS …]        (default 1000 10000 100000)

``extract`` prints time a clip, memory of the largest process and store size. Each clip is 0.25 s of noise at 16 kHz,
different from all others, listed in a CSV manifest; the feature set is ``mfcc``. Whole commands, two jobs, an empty
store each; then the same command again, when nothing is new. ``run`` is the whole command with its charts and page, on
a table of twenty random features instead of audio: 36 fits of cheap models, so that what is measured is everything
around them. The others print seconds of the processor.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser_bench.audio.copies.fingerprint import CODE_BITS, Codes, suggest_copies
from ser_bench.core.options import Options
from ser_bench.runs import plan
from ser_bench.runs.data import RunData
from ser_bench.runs.keys import fit_keys

if TYPE_CHECKING:
    import pandas as pd


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
    """Extract with the command and return its seconds."""
    words = ["--corpus", str(manifest), "--features", "mfcc", "--jobs", "2", "--store", str(store), "-q"]
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "ser_bench", "extract", *words], check=True)
    return time.perf_counter() - begun


def generate_table(file: Path, clips: int) -> None:
    """Write a feature table of 100 speakers and four emotions; only the first feature depends on the emotion."""
    import pandas as pd

    number = np.arange(clips)
    X = np.random.default_rng(0).normal(size=(clips, 20)).astype(np.float32)
    X[:, 0] += number // 100 % 4
    table = pd.DataFrame(X, columns=[f"f{i}" for i in range(20)])
    table.insert(0, "clip", [f"c{i:08d}" for i in number])
    table.insert(1, "speaker", [f"s{i % 100:02d}" for i in number])
    table.insert(2, "emotion", np.array(["angry", "happy", "neutral", "sad"])[number // 100 % 4])
    table.to_parquet(file)


def print_runs(sizes: Sequence[int]) -> None:
    """Print the time of a whole run and of its fits by number of clips."""
    print("  clips   seconds   processor time s   in fits s   peak MiB of any process")
    for clips in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            table, out = Path(scratch, "table.parquet"), Path(scratch, "out")
            generate_table(table, clips)
            words = ["--models", "chance,lda", "--splits", "actor,random", "--jobs", "1", "--out", str(out), "-q"]
            command = [sys.executable, "-m", "ser_bench", "run", "--corpus", str(table), "--store", f"{scratch}/store"]
            before, begun = processor_seconds(), time.perf_counter()
            subprocess.run([*command, *words], check=True, stdout=subprocess.DEVNULL)
            wall, used = time.perf_counter() - begun, processor_seconds() - before
            work = json.loads((out / "run.json").read_text(encoding="utf-8"))["work"]
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        inside = work["fit_share"] * work["worker_seconds"]
        print(f"{clips:7d} {wall:9.1f} {used:18.1f} {inside:11.1f} {peak:25.0f}", flush=True)


def processor_seconds() -> float:
    """Return the processor time of all commands so far, workers included, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def clip_table(clips: int) -> pd.DataFrame:
    """Return a clip table without audio: 100 speakers, ten sentences, four emotions."""
    import pandas as pd

    number = np.arange(clips)
    speaker, emotion = number % 100, number // 100 % 4
    table = {
        "clip": [f"{i:08d}" for i in number],
        "key": [f"{i:064x}" for i in number],
        "corpus": "generated",
        "speaker": [f"s{s:02d}" for s in speaker],
        "gender": np.where(speaker % 2, "male", "female"),
        "text": [f"t{t}" for t in number // 400 % 10],
        "emotion": np.array(["angry", "happy", "neutral", "sad"])[emotion],
    }
    return pd.DataFrame(table).assign(label=lambda t: t["emotion"])


def random_fingerprints(clips: int) -> list[Codes]:
    """Return fingerprints of 100 frames; a few codes are frequent, as in speech, so that clips have equal ones."""
    rng = np.random.default_rng(0)
    codes = (2**CODE_BITS * rng.random((clips, 100)) ** 3).astype(np.int32)
    return list(codes)


def plan_seconds(clips: int, fits: int) -> tuple[int, float, float]:
    """Return the number of fits, and the processor time of planning them and of computing their keys."""
    table = clip_table(clips)
    options = Options(corpus="ravdess", models=("all",), splits=("actor", "random"))  # the name is not opened
    models = plan.plan_models(options)
    repeats = max(1, round(fits / (len(models) * 2 * options.folds)))
    begun = time.process_time()
    folds = plan.make_all_folds(table, options.model_copy(update={"repeats": repeats}))
    planned = plan.plan_fits(models, folds, options.seed)
    planned_at = time.process_time()
    keys = fit_keys(planned, RunData(table.set_index("clip", drop=False), (), "", "none"))
    return len(keys), planned_at - begun, time.process_time() - planned_at


def audit_seconds(clips: int) -> float:
    """Return the processor time of the search for near-identical clips, in seconds."""
    fingerprints = random_fingerprints(clips)
    begun = time.process_time()
    suggest_copies(fingerprints)
    return time.process_time() - begun


def print_plans() -> None:
    """Print the time of planning by number of fits and clips."""
    print("   clips     fits   plan s   keys s")
    for clips, wanted in ((1000, 10_000), (1000, 100_000), (10_000, 10_000)):
        fits, planning, keying = plan_seconds(clips, wanted)
        print(f"{clips:8d} {fits:8d} {planning:8.1f} {keying:8.1f}", flush=True)


def print_audits(sizes: Sequence[int]) -> None:
    """Print the time of the search for near-identical clips by number of clips."""
    print("   clips   near-identical clips, s   peak MiB")
    for clips in sizes:
        seconds = audit_seconds(clips)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{clips:8d} {seconds:22.1f} {peak:10.0f}", flush=True)


def print_extractions(sizes: Sequence[int]) -> None:
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
    measurement, *counts = sys.argv[1:] or ["extract"]
    chosen = [int(word) for word in counts]
    match measurement:
        case "plan":
            print_plans()
        case "audit":
            print_audits(chosen or [2000, 10_000, 50_000])
        case "run":
            print_runs(chosen or [1000, 10_000, 100_000])
        case _:
            print_extractions(chosen or [1000, 10_000, 100_000])
