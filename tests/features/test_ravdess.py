"""The sets that equal librosa on all of RAVDESS, compared with values computed by librosa."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from ser_bench.features import compute, parse

pytestmark = pytest.mark.corpus


def test_classic_sets_equal_the_reference_on_every_clip():
    """Errors stay under a thousandth of a column's mean size."""
    import soundfile

    data = Path(os.environ.get("SER_BENCH_DATA", "missing"), "ravdess")
    golden = Path(os.environ.get("SER_BENCH_GOLDEN", "missing"), "classic_features_ravdess.npz")
    clips = {p.stem: p for p in data.rglob("*") if p.suffix in {".wav", ".flac"}}
    if not clips or not golden.exists():
        pytest.skip("needs SER_BENCH_DATA with ravdess and SER_BENCH_GOLDEN with its reference values")
    sets = parse("mfcc+chroma+mel+contrast+tonnetz")
    with np.load(golden) as file:
        names, reference = file["clips"], file["values"]
    worst = np.zeros(reference.shape[1])
    for name, expected in zip(names, reference, strict=True):
        y, sr = soundfile.read(clips[str(name)], dtype="float32", always_2d=True)
        values = compute(sets, y.mean(axis=1), sr)
        computed = np.concatenate([values[s.name] for s in sets])
        worst = np.maximum(worst, np.abs(computed - expected))
    assert (worst / np.abs(reference).mean(axis=0)).max() < 1e-3
