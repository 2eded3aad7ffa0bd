"""Models that cheat gain nothing, or are marked as transductive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser_bench import models
from ser_bench.cli import call
from ser_bench.metrics import UAR
from ser_bench.runs.results import SavedRun, read_run

PLUGIN = Path(__file__).parents[1] / "plugins" / "plugin_adversaries.py"
CHEATS = ("blocks", "batch", "memory")
EMOTIONS = ("angry", "calm", "happy", "sad")


def feature_table() -> pd.DataFrame:
    """Return clips whose names sort by emotion, as those of RAVDESS, and whose features depend on emotion and voice."""
    rng = np.random.default_rng(0)
    names = [(e, s, t) for e in range(4) for s in range(6) for t in range(6)]
    moods, voices = rng.normal(size=(4, 6)), rng.normal(size=(6, 6))
    X = np.array([0.7 * moods[e] + 0.5 * voices[s] for e, s, _ in names]) + rng.normal(size=(len(names), 6))
    clips = {
        "clip": [f"{e}-{s}-{t}" for e, s, t in names],
        "speaker": [f"s{s}" for _, s, _ in names],
        "emotion": [EMOTIONS[e] for e, _, _ in names],
    }
    return pd.DataFrame(clips | {f"f{i}": X[:, i].astype(np.float32) for i in range(6)})


@pytest.fixture(scope="module")
def own_models():
    """Remove the models of the plugin after the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "MODELS", dict(models.MODELS))
        yield


@pytest.fixture(scope="module")
def cheated(own_models, tmp_path_factory) -> SavedRun:
    """A run of the cheating models, with worker processes."""
    folder = tmp_path_factory.mktemp("cheated")
    feature_table().to_csv(folder / "table.csv", index=False)
    options = {
        "corpus": folder / "table.csv",
        "plugin": PLUGIN,
        "models": ",".join(("lda", *CHEATS)),
        "splits": "actor",
        "folds": 2,
        "jobs": 1,
        "store": folder / "store",
        "out": folder / "out",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ser_bench.report.write_report", lambda run, **options: None)  # no test here looks at it
        assert call(["run", "-q", *words]) == 0
    return read_run(folder / "out")


def predicted(run: SavedRun, model: str) -> pd.DataFrame:
    return run.predictions[run.predictions["model"] == model].sort_values("clip", ignore_index=True)


def score(run: SavedRun, model: str) -> float:
    rows = predicted(run, model)
    return UAR(rows["true"].astype(str), rows["predicted"].astype(str))


def marks(run: SavedRun, model: str) -> set[str]:
    return set(run.fits.loc[run.fits["model"] == model, "transductive"])


def test_a_model_that_assumes_blocks_of_labels_gains_nothing_and_is_marked(cheated):
    assert score(cheated, "blocks") < score(cheated, "lda")
    assert marks(cheated, "blocks") == {"yes"}


def test_a_model_that_standardises_its_batch_is_marked(cheated):
    assert marks(cheated, "batch") == {"yes"}
    assert (cheated.fits.loc[cheated.fits["model"] == "batch", "batch_difference"] > 0.01).all()


def test_a_model_that_remembers_labels_of_other_folds_gains_nothing(cheated):
    assert predicted(cheated, "memory")["predicted"].tolist() == predicted(cheated, "lda")["predicted"].tolist()


def test_other_models_are_not_marked(cheated):
    for model in ("lda", "memory", "chance", "majority"):
        assert marks(cheated, model) == {"no"}, model
    honest = cheated.fits[cheated.fits["model"].isin(["lda", "chance", "majority"])]
    assert (honest["batch_difference"] < 1e-6).all()
