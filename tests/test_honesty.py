"""With labels permuted within speakers, every model is at chance under every split."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench import models
from ser_bench.metrics import UAR
from ser_bench.runs.fit import FitTask, run_fit
from ser_bench.splits import SPLITS, FoldSettings, make_folds
from ser_bench.store.matrix import save_matrix
from tests.conftest import clip_table

EMOTIONS = ("angry", "happy", "neutral", "sad")
TINY = {
    "forest": {"n_estimators": 20},
    "xgboost": {"n_estimators": 10},
    "mlp": {"hidden": [16], "epochs": 40, "learning_rate": 1e-2},
    "mlp-keras": {"hidden": [16], "epochs": 4},
    "cnn1d": {"filters": [8, 8], "epochs": 4},
    "cnn2d": {"filters": [4, 4], "units": 8, "epochs": 4},
    "lstm": {"filters": [8], "units": 4, "epochs": 4},
}
POSSIBLE = [name for name in SPLITS if name != "emobox"]  # it needs the clip names of RAVDESS


def corpus(kind: str, *, permuted: bool):
    """Return a clip table and features that depend on the emotion, and more on the speaker."""
    clips = clip_table(speakers=12, emotions=EMOTIONS, texts=2, repetitions=4)
    rng = np.random.default_rng(0)
    voice, mood = rng.normal(size=(12, 12)), rng.normal(size=(4, 12))
    speakers = clips["speaker"].astype("category").cat.codes.to_numpy()
    emotions = clips["label"].map(EMOTIONS.index).to_numpy()
    X = (voice[speakers] + 0.7 * mood[emotions] + 0.7 * rng.normal(size=(len(clips), 12))).astype(np.float32)
    if kind == "frames":
        X = X[:, None, :] + 0.1 * rng.normal(size=(len(X), 24, 12)).astype(np.float32)
    if permuted:
        clips["label"] = clips.groupby("speaker")["label"].transform(lambda own: rng.permutation(own.to_numpy()))
    return clips.set_index("clip", drop=False), X


def pooled_uar(name: str, split: str, tmp_path, *, permuted: bool) -> float:
    """Return the UAR of a model over all test clips of a split, with the fits of a run."""
    model = models.get(name)
    clips, X = corpus(model.accepts[-1], permuted=permuted)
    matrix = save_matrix(X, tmp_path / "X.npy")
    parameters = {**model.parameters, **TINY.get(name, {})}
    labels, groups = clips["label"].to_numpy(dtype=str), clips["speaker"].to_numpy(dtype=str)
    true, predicted = [], []
    for fold in make_folds(split, clips.reset_index(drop=True), FoldSettings(folds=4)):
        train, test = clips.index.get_indexer(fold.train), clips.index.get_indexer(fold.test)
        task = FitTask(model, parameters, 0, matrix, train, test, labels[train], groups[train], EMOTIONS)
        predicted.append(run_fit(task).predicted)
        true.append(labels[test])
    return UAR(np.concatenate(true), np.concatenate(predicted))


CLASSICAL = [m.name for m in models.MODELS.values() if m.kind != "network"]
NETWORKS = [m.name for m in models.MODELS.values() if m.kind == "network"]


def at_chance(score: float, clips: int) -> bool:
    """Return whether a UAR of four classes is within four standard errors of 0.25."""
    return abs(score - 0.25) < 4 * np.sqrt(0.25 * 0.75 / clips)


@pytest.mark.parametrize("split", ["actor", "random"])
@pytest.mark.parametrize("name", CLASSICAL)
def test_permuted_labels_leave_classical_models_at_chance(name, split, tmp_path):
    assert at_chance(pooled_uar(name, split, tmp_path, permuted=True), 384)


@pytest.mark.slow
@pytest.mark.parametrize("split", POSSIBLE)
@pytest.mark.parametrize("name", [*CLASSICAL, *NETWORKS])
def test_permuted_labels_leave_every_model_at_chance_under_every_split(name, split, tmp_path):
    tested = 384 if SPLITS[split].name in {"actor", "random", "loso", "text", "actor-text"} else 38
    assert at_chance(pooled_uar(name, split, tmp_path, permuted=True), tested)


@pytest.mark.parametrize("name", [name for name in CLASSICAL if models.get(name).kind == "classical"])
def test_classical_models_learn_the_same_data_without_permutation(name, tmp_path):
    """The tests above can fail: without permutation these models are far from chance."""
    assert pooled_uar(name, "random", tmp_path, permuted=False) > 0.4


def test_speakers_known_from_training_raise_the_score(tmp_path):
    """The gap shows on data where features depend more on the speaker than on the emotion."""
    scores = {split: pooled_uar("knn", split, tmp_path, permuted=False) for split in ("random", "actor")}
    assert scores["random"] > scores["actor"] + 0.05
