"""With labels permuted within speakers, every model is at chance under every split.

Each score pools at least 384 test clips. A score is at chance below 0.25 plus four standard errors, so an estimator
that sees a quarter of the test labels passes less than once in 1,000 times; two such estimators are among the tests.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from ser_bench import models
from ser_bench.metrics import UAR
from ser_bench.models import LearnerParameters, Model, parameter
from ser_bench.runs.fit import FitTask, run_fit
from ser_bench.runs.tasks import make_task
from ser_bench.splits import SPLITS, FoldSettings
from ser_bench.store.matrix import save_matrix
from tests.conftest import clip_table
from tests.runs.planned import ORIGINALS, make_data, make_planned

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
EVERY_SPLIT = [*SPLITS, "cross:two"]
LONG_SPLIT = "actor-twin-90-10"
"""It takes about as long as all other splits together."""

MARKED_SPLITS = [pytest.param(split, marks=pytest.mark.slow) if split == LONG_SPLIT else split for split in EVERY_SPLIT]
"""Every split; the long one is tested with the slow tests."""

SEVERAL_CORPORA = ("within", "cross", "loco", "cross:two")
TESTED = 384
"""The fewest test clips of a score; splits that hold out fewer are drawn again, on other data."""

SEEN = 0.25
"""The share of test labels that the adversaries see."""


@dataclasses.dataclass(frozen=True)
class Corpus:
    """A clip table, its features, and copies of them as at other speeds."""

    clips: pd.DataFrame
    X: np.ndarray
    copies: tuple[np.ndarray, ...]


def published_names() -> pd.DataFrame:
    """Return 24 speakers and clips with the names of RAVDESS, whose folds are published."""
    clips = clip_table(speakers=24, emotions=EMOTIONS, texts=2, repetitions=2)
    codes = clips["clip"].str.extract(r"s(\d\d)-\w+-(\d)-(\d)").astype(int) + 1
    speaker, text, take = (codes[column].map("{:02d}".format) for column in codes)
    emotion = clips["emotion"].map({name: f"{code:02d}" for code, name in enumerate(EMOTIONS, start=1)})
    return clips.assign(speaker=speaker, clip="03-01-" + emotion + "-01-" + text + "-" + take + "-" + speaker)


def make_corpus(kind: str, split: str, *, permuted: bool, seed: int = 0) -> Corpus:
    """Return speakers whose features depend on the emotion, and more on the speaker."""
    twelve = clip_table(speakers=12, emotions=EMOTIONS, texts=2, repetitions=4)
    clips = published_names() if split == "emobox" else twelve
    rng = np.random.default_rng(seed)
    speakers = clips["speaker"].astype("category").cat.codes.to_numpy()
    voice, mood = rng.normal(size=(1 + speakers.max(), 12)), rng.normal(size=(4, 12))
    emotions = clips["label"].map(EMOTIONS.index).to_numpy()
    X = (voice[speakers] + 0.7 * mood[emotions] + 0.7 * rng.normal(size=(len(clips), 12))).astype(np.float32)
    if kind == "frames":
        X = X[:, None, :] + 0.1 * rng.normal(size=(len(X), 24, 12)).astype(np.float32)
    copies = tuple(X + 0.05 * rng.normal(size=X.shape).astype(np.float32) for _ in range(2))
    if permuted:
        clips["label"] = clips.groupby("speaker")["label"].transform(lambda own: rng.permutation(own.to_numpy()))
    if split in SEVERAL_CORPORA:
        clips["corpus"] = np.where(speakers < 6, "one", "two")
    return Corpus(clips, X, copies)


def pooled_uar(model: Model, split: str, folder: Path, *, permuted: bool, change=lambda task: task) -> float:
    """Return the UAR of a model over the test clips of a split, with the tasks and fits of a run."""
    true, predicted = [], []
    while sum(map(len, true)) < TESTED:
        repeat = len(true)
        corpus = make_corpus(model.accepts[-1], split, permuted=permuted, seed=repeat)
        data = make_data(corpus.clips, EMOTIONS)
        matrices = {ORIGINALS: save_matrix(corpus.X, folder / "X.npy")}
        for speed, X in zip(model.speeds, corpus.copies, strict=False):
            matrices[(speed,)] = save_matrix(X, folder / f"{speed}.npy")
        save_labels(folder, data.y, corpus.X)
        for fit in make_planned(split, data, model, FoldSettings(folds=4, repeat=repeat)):
            predicted.append(run_fit(change(make_task(fit, data, matrices))).predicted)
            true.append(data.true_labels(fit.fold))
    return UAR(np.concatenate(true), np.concatenate(predicted))


def save_labels(folder: Path, y: np.ndarray, X: np.ndarray) -> None:
    """Write the features and labels of all clips, for the adversary that reads files."""
    np.savez(folder / "labels.npz", X=X, y=y)


def tiny(name: str) -> Model:
    """Return a registered model, small enough for a test."""
    return models.get(name).with_parameters(TINY.get(name, {}))


CLASSICAL = [m.name for m in models.MODELS.values() if m.kind != "network"]
NETWORKS = [m.name for m in models.MODELS.values() if m.kind == "network"]
LIMIT = 0.25 + 4 * np.sqrt(0.25 * 0.75 / TESTED)
"""The highest UAR of four classes at chance. Scores below 0.25 are no leak: folds that hold out more clips of a class
train on fewer of them."""


def test_an_estimator_that_sees_a_quarter_of_the_test_labels_is_caught_999_times_in_1000():
    hits = np.floor(LIMIT * TESTED)
    assert binom.cdf(hits, TESTED, SEEN + (1 - SEEN) * 0.25) < 1e-3
    assert binom.sf(hits, TESTED, 0.25) < 1e-4


@pytest.mark.parametrize("split", ["actor", "random"])
@pytest.mark.parametrize("name", CLASSICAL)
def test_permuted_labels_leave_classical_models_at_chance(name, split, tmp_path):
    """Models that train on copies at other speeds get them here, as in a run."""
    assert pooled_uar(tiny(name), split, tmp_path, permuted=True) < LIMIT


@pytest.mark.parametrize("split", MARKED_SPLITS)
@pytest.mark.parametrize("name", ["knn", "lda"])
def test_permuted_labels_leave_fast_models_at_chance_under_every_split(name, split, tmp_path):
    """The tests of other models calibrate; here that would take most of the time, and temperatures change no label."""
    model = models.get(name).with_parameters({"speeds": [0.85, 1.17], "calibrate": False})
    assert pooled_uar(model, split, tmp_path, permuted=True) < LIMIT


@pytest.mark.parametrize("split", ["actor", "random-takes", "random"])
def test_permuted_labels_leave_a_network_at_chance(split, tmp_path):
    """Early stopping on held-out speakers or takes does not help to predict the test clips."""
    assert pooled_uar(tiny("mlp-keras"), split, tmp_path, permuted=True) < LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("split", EVERY_SPLIT)
@pytest.mark.parametrize("name", [*CLASSICAL, *NETWORKS])
def test_permuted_labels_leave_every_model_at_chance_under_every_split(name, split, tmp_path):
    assert pooled_uar(tiny(name), split, tmp_path, permuted=True) < LIMIT


class FileParameters(LearnerParameters):
    """Parameters of :class:`Peeking`."""

    file: str = parameter("", "file of features and labels")


class Peeking:
    """An adversary: reads the labels of a quarter of all clips from a file, and guesses the others."""

    def __init__(self, file: str, seed: int) -> None:
        self.file, self.seed = file, seed

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        with np.load(self.file) as saved:
            rows, labels = saved["X"], saved["y"]
        drawn = np.random.default_rng(self.seed)
        seen = drawn.random(len(rows)) < SEEN
        guesses = np.where(seen, labels, drawn.choice(EMOTIONS, len(rows)))
        self.label_of = {row.tobytes(): label for row, label in zip(rows, guesses, strict=True)}
        return self

    def predict_proba(self, X):
        return np.array([self.classes_ == self.label_of[row.tobytes()] for row in np.asarray(X)], dtype=float)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@pytest.mark.parametrize("split", MARKED_SPLITS)
def test_an_adversary_that_reads_a_quarter_of_the_labels_fails_every_test_above(split, tmp_path, monkeypatch):
    monkeypatch.setattr(Model, "is_external", False)  # no process of its own per fit, which takes seconds
    adversary = Model(
        name="peeking",
        summary="for tests",
        kind="classical",
        features="",
        build=lambda seed, file: Peeking(file, seed),
        schema=FileParameters,
        parameters={"file": str(tmp_path / "labels.npz"), "calibrate": False},
    )
    assert pooled_uar(adversary, split, tmp_path, permuted=True) > LIMIT


@pytest.mark.parametrize("split", ["actor", "random", "random-80-20"])
@pytest.mark.parametrize("name", ["knn", "forest"])
def test_copies_of_a_quarter_of_the_test_clips_in_training_fail_the_tests_above(name, split, tmp_path):
    """The adversary adds copies of test clips at other speeds, with their labels, to the training clips."""

    def leak(task: FitTask) -> FitTask:
        with np.load(tmp_path / "labels.npz") as saved:
            leaked = np.random.default_rng(0).permutation(task.test)[: round(SEEN * len(task.test))]
            y = np.concatenate([task.y, saved["y"][leaked]])
        copies = [np.load(path) for path in task.augmented]
        originals = np.load(task.matrix)
        rows = np.concatenate([task.train, len(originals) + np.arange(len(leaked))])
        paths = [
            save_matrix(np.concatenate([X, copies[0][leaked]]), tmp_path / f"leaked-{number}.npy")
            for number, X in enumerate([originals, *copies])
        ]
        groups = np.concatenate([task.groups, task.groups[: len(leaked)]])
        return dataclasses.replace(task, matrix=paths[0], augmented=tuple(paths[1:]), train=rows, y=y, groups=groups)

    model = tiny(name).with_parameters({"speeds": [0.85, 1.17], "calibrate": False})
    assert pooled_uar(model, split, tmp_path, permuted=True, change=leak) > LIMIT


@pytest.mark.parametrize("name", [name for name in CLASSICAL if models.get(name).kind == "classical"])
def test_classical_models_learn_the_same_data_without_permutation(name, tmp_path):
    """The tests above can fail: without permutation these models are far from chance."""
    assert pooled_uar(tiny(name), "random", tmp_path, permuted=False) > 0.4


def test_speakers_known_from_training_raise_the_score(tmp_path):
    """The gap shows on data where features depend more on the speaker than on the emotion."""
    scores = {split: pooled_uar(tiny("knn"), split, tmp_path, permuted=False) for split in ("random", "actor")}
    assert scores["random"] > scores["actor"] + 0.05
