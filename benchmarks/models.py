"""Time of fit and prediction per model on data of RAVDESS's shape, as multiples of the time to fit svm.

    python benchmarks/models.py [MODEL …]

The clips are generated: 1,200 for training, with copies for every speed of a model, and 240 for prediction; vectors
of 1,067 features, or 115 to 455 frames of 77 columns. A second fit is timed too, since the first fit of a process
compiles the network.
"""

from __future__ import annotations

import os
import sys
import time

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # before NumPy is imported

import numpy as np

from ser_bench import models
from ser_bench.core.labels import EMOTIONS

TRAINED = 1200


def generated() -> dict[str, np.ndarray]:
    """Return vectors and frames of 24 speakers and eight emotions, shifted by speaker and emotion."""
    rng = np.random.default_rng(0)
    n = 1440
    emotion, speaker = np.arange(n) % 8, np.arange(n) // 60
    shift = 0.3 * rng.normal(size=(8, 1067))[emotion] + rng.normal(size=(24, 1067))[speaker]
    frames = rng.normal(size=(n, 455, 77)).astype(np.float32) + shift[:, None, :77].astype(np.float32)
    for clip, length in zip(frames, np.clip(rng.normal(222, 60, size=n), 115, 455).astype(int), strict=True):
        clip[length:] = np.nan
    vector = (rng.normal(size=(n, 1067)) + shift).astype(np.float32)
    labels = np.array(EMOTIONS[:8])[emotion]
    return {"vector": vector, "frames": frames, "y": labels, "groups": speaker}


def timed(model: models.Model, data: dict[str, np.ndarray]) -> tuple[float, float]:
    """Return the seconds of one fit and of one prediction, without imports."""
    X = data["vector" if model.features == "functionals" else "frames"]
    estimator = models.build(model)
    start = time.perf_counter()
    rows = np.tile(np.arange(TRAINED), 1 + len(model.speeds))  # copies at other speeds are as many clips again
    models.fit(model, estimator, X[rows], data["y"][rows], data["groups"][rows])
    fitted = time.perf_counter()
    estimator.predict_proba(X[TRAINED:])
    return fitted - start, time.perf_counter() - fitted


def main(names: list[str]) -> None:
    """Print a line per model."""
    data = generated()
    wanted = [models.get(name) for name in names or models.MODELS]
    if any(model.kind == "network" for model in wanted):
        from ser_bench.models.networks.compiled import load_keras

        load_keras()
    svm, _ = min(timed(models.get("svm"), data) for _ in range(2))
    print(f"svm fits in {svm:.2f} s on this machine; all figures are multiples of it\n")
    print(f"{'model':12}{'fit':>8}{'again':>8}{'predict':>9}")
    for model in wanted:
        first, _ = timed(model, data)
        again, predicted = timed(model, data)
        print(f"{model.name:12}{first / svm:8.1f}{again / svm:8.1f}{predicted / svm:9.2f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
