"""A small corpus and a model file, shared by all tests of the session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ser_bench.core.options import ModelTable, Options
from ser_bench.core.progress import NoProgress
from ser_bench.corpora.datasets.demo.clips import make_clips
from ser_bench.deploy import train

SPEAKERS = ("S01", "S02", "S03", "S04", "S05", "S06")
EMOTIONS = ("happy", "neutral", "sad")
TABLES = {
    "xgboost": {"n_estimators": 5},
    "mlp-keras": {"hidden": [8], "epochs": 2, "speeds": []},
    "cnn1d": {"filters": [4, 4], "epochs": 2, "batch_size": 16},
}
"""Parameters of models that are trained on the corpus."""


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Path:
    """Return the manifest of 36 demo clips: six speakers, three emotions, two sentences."""
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
    """Return ``options(**changes)``: the small corpus, small models and a shared store."""
    store = tmp_path_factory.mktemp("store")
    tables = {name: ModelTable(base=name, parameters=small) for name, small in TABLES.items()}

    def create(**changes) -> Options:
        defaults = {"corpus": str(corpus), "features": "mfcc", "jobs": 1, "store": store, "model_tables": tables}
        return Options(**defaults | changes)

    return create


@pytest.fixture(scope="session")
def svm(options, tmp_path_factory) -> Path:
    """Return the file of a support vector machine that was trained without two speakers."""
    path = tmp_path_factory.mktemp("models") / "svm.ser"
    train.train(options(), "svm", path, NoProgress(), "actor:S01,S02", score=False)
    return path


@pytest.fixture(scope="session")
def clip(corpus) -> Path:
    """Return a clip of the corpus."""
    return sorted(corpus.parent.rglob("*.wav"))[0]
