"""Fitted models of a handful of clips, and files of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser_bench.core.options import ModelTable, Options
from ser_bench.core.progress import NoProgress
from ser_bench.corpora.datasets.demo.clips import make_clips
from ser_bench.deploy import train

SPEAKERS = ("S01", "S02", "S03", "S04", "S05", "S06")
EMOTIONS = ("happy", "neutral", "sad")
SMALL = {
    "xgboost": {"n_estimators": 5},
    "mlp-keras": {"hidden": [8], "epochs": 2},
    "cnn1d": {"filters": [4, 4], "epochs": 2, "batch_size": 16},
}


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Path:
    """A small demo as a manifest: six speakers, three emotions, two sentences."""
    folder = tmp_path_factory.mktemp("voices")
    paths = make_clips(folder, speakers=SPEAKERS, emotions=EMOTIONS, intensities=("normal",))
    codes = [path.stem.split("_") for path in paths]
    table = pd.DataFrame(codes, columns=["speaker", "emotion", "intensity", "text"])
    table["gender"] = ["male" if int(s[1:]) % 2 else "female" for s in table["speaker"]]
    table["path"] = [str(path.relative_to(folder)) for path in paths]
    table.to_csv(folder / "voices.csv", index=False)
    return folder / "voices.csv"


@pytest.fixture(scope="session")
def options(corpus, tmp_path_factory) -> Callable[..., Options]:
    """Return ``options(**others)``: the small corpus, small models, one store for all tests."""
    store = tmp_path_factory.mktemp("store")
    tables = {name: ModelTable(base=name, parameters=small) for name, small in SMALL.items()}

    def chosen(**others) -> Options:
        usual = {"corpus": str(corpus), "features": "mfcc", "jobs": 1, "store": store, "model_tables": tables}
        return Options(**usual | others)

    return chosen


@pytest.fixture(scope="session")
def svm(options, tmp_path_factory) -> Path:
    """A small support vector machine's file, trained without two speakers."""
    path = tmp_path_factory.mktemp("models") / "svm.ser"
    train.train(options(), "svm", path, NoProgress(), "actor:S01,S02")
    return path


@pytest.fixture(scope="session")
def clip(corpus) -> Path:
    """One of the corpus's clips."""
    return sorted(corpus.parent.rglob("*.wav"))[0]


def clusters(kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return 48 clips, labels and speakers: three clusters, as vectors or as frames padded with NaN."""
    rng = np.random.default_rng(7)
    codes = np.arange(48) % 3
    if kind == "vector":
        X = rng.normal(codes[:, None], 0.6, size=(48, 12))
    else:
        X = rng.normal(codes[:, None, None], 1.0, size=(48, 20, 8))
        X[:, :, 5] = 3.3  # a constant band
        for one, length in zip(X, rng.integers(9, 21, size=48), strict=True):
            one[length:] = np.nan
    return X.astype(np.float32), np.array(["angry", "calm", "sad"])[codes], np.array([f"s{k // 8}" for k in range(48)])
