"""Early stopping: what it may hold out of each fold, and what ``fits.csv`` says that models were trained on."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from ser_bench import models
from ser_bench.metrics import METRICS
from ser_bench.models import Model
from ser_bench.runs.data import RunData
from ser_bench.runs.early_stopping import stopping_groups
from ser_bench.runs.fit import run_fit, train_estimator
from ser_bench.runs.keys import fit_keys
from ser_bench.runs.rows import fit_rows
from ser_bench.runs.tasks import make_task
from ser_bench.runs.tuning import SearchSettings, _make_inner_folds
from ser_bench.splits import make_folds
from ser_bench.store.matrix import save_matrix
from tests.conftest import clip_table
from tests.runs.planned import ORIGINALS, make_data, make_planned

EMOTIONS = ("angry", "happy", "neutral", "sad")
TINY = {"hidden": [4], "epochs": 1, "speeds": [], "refit": False}


def twelve_speakers(**columns) -> RunData:
    """Return data of twelve speakers who say two sentences in four emotions, each twice."""
    clips = clip_table(speakers=12, emotions=EMOTIONS, texts=2, repetitions=2).assign(**columns)
    return make_data(clips, EMOTIONS)


def row_of(split: str, model: Model, folder):
    """Return a fold, the outcome of its fit, and the fit's row of ``fits.csv``."""
    data = twelve_speakers()
    X = np.random.default_rng(0).normal(size=(len(data.clips), 5)).astype(np.float32)
    fit = make_planned(split, data, model)[0]
    result = run_fit(make_task(fit, data, {ORIGINALS: save_matrix(X, folder / "X.npy")}))
    rows = fit_rows({fit: result}, {}, data, SimpleNamespace(target="emotion", normalize="none"), "generated")
    assert set(METRICS) <= set(rows.columns)
    return fit.fold, result, rows.iloc[0]


@pytest.mark.parametrize("split", ["random", "random-takes", "text", "random-80-20"])
def test_a_network_knows_every_speaker_of_a_split_with_known_speakers(split, tmp_path):
    """Early stopping holds out takes of all speakers, about the share that it holds out of new speakers."""
    fold, result, row = row_of(split, models.get("mlp-keras").with_parameters(TINY), tmp_path)
    assert row["trained_speakers"] == 12
    assert row["trained_voices"] == row["n_test"] == len(fold.test)
    assert row["trained_clips"] == result.trained.sum() == pytest.approx(0.85 * len(fold.train), rel=0.03)


@pytest.mark.parametrize("split", ["actor", "actor-text", "loso"])
def test_a_network_holds_out_whole_speakers_where_the_split_tests_new_ones(split, tmp_path):
    fold, result, row = row_of(split, models.get("mlp-keras").with_parameters(TINY), tmp_path)
    speakers = np.array([clip.split("-")[0] for clip in fold.train])
    assert not set(speakers[result.trained]) & set(speakers[~result.trained])
    assert row["trained_speakers"] == len(set(speakers)) - 2
    assert row["trained_voices"] == 0


@pytest.mark.parametrize("split", ["actor", "random"])
def test_a_refit_network_is_trained_on_every_clip(split, tmp_path):
    fold, _, row = row_of(split, models.get("mlp-keras").with_parameters({**TINY, "refit": True}), tmp_path)
    assert row["trained_clips"] == row["n_train"] == len(fold.train)
    assert row["trained_speakers"] == len({clip.split("-")[0] for clip in fold.train})


@pytest.mark.parametrize("split", ["actor", "random"])
def test_copies_at_other_speeds_are_held_out_with_their_clips(split, tmp_path):
    data = twelve_speakers()
    model = models.get("mlp-keras").with_parameters({**TINY, "speeds": [0.85, 1.17]})
    X = np.random.default_rng(0).normal(size=(len(data.clips), 5)).astype(np.float32)
    matrices = {sets: save_matrix(X, tmp_path / "X.npy") for sets in (ORIGINALS, (0.85,), (1.17,))}
    task = make_task(make_planned(split, data, model)[0], data, matrices)
    estimator, _ = train_estimator(task, X)
    clips, *copies = models.uncalibrated(estimator).held_out_.reshape(3, len(task.train))
    assert clips.any()
    for held_out in copies:
        np.testing.assert_array_equal(held_out, clips)


def test_the_inner_folds_of_tuning_hold_out_whole_speakers():
    """Tuning keeps whole training speakers for its scores, and early stopping inside it whole speakers of the rest."""
    data = twelve_speakers()
    outer = make_folds("actor", data.clips.reset_index(drop=True))[0]
    for fold in _make_inner_folds(outer, data.clips, SearchSettings("mlp-keras", inner_folds=3), 0):
        stopping = stopping_groups(fold, data)
        assert stopping.speakers is None
        assert set(stopping.groups).isdisjoint(data.speakers_of(fold.test))
        assert data.speakers_of(fold.train) | data.speakers_of(fold.test) == data.speakers_of(outer.train)


def test_a_classical_model_is_trained_on_all_clips(tmp_path):
    _, _, row = row_of("random", models.get("lda").with_parameters({"speeds": []}), tmp_path)
    assert (row["trained_clips"], row["trained_speakers"], row["trained_voices"]) == (row["n_train"], 12, row["n_test"])


class Silent:
    """Takes groups, and does not state which clips it held out."""

    def fit(self, X, y, groups=None):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


def test_columns_are_empty_for_a_model_that_does_not_state_what_it_held_out(tmp_path):
    silent = Model(
        name="silent", summary="", kind="network", features="", build=lambda seed: Silent(), takes_groups=True
    )
    _, result, row = row_of("random", silent, tmp_path)
    assert result.trained is None
    assert row[["trained_clips", "trained_speakers", "trained_voices"]].isna().all()


def test_repeated_takes_are_held_out_together_and_clips_without_a_sentence_alone():
    network = models.get("mlp-keras").with_parameters(TINY)
    for columns, takes in (({}, 96), ({"text": ""}, 192)):
        data = twelve_speakers(**columns)
        assert len(set(data.takes)) == takes
        task = make_task(make_planned("random", data, network)[0], data, {ORIGINALS: None})
        train = data.clips.iloc[task.train]
        assert (task.groups == train["take"]).all()
        assert (task.speakers == train["speaker"]).all()


def test_the_fold_decides_what_is_held_out_whatever_its_split_is_called():
    data = twelve_speakers()
    for split in ("actor", "random"):
        fit = make_planned(split, data, models.get("mlp-keras").with_parameters(TINY))[0]
        fit.split = "other"
        task = make_task(fit, data, {ORIGINALS: None})
        assert (task.speakers is None) == (split == "actor")
        assert (task.groups.dtype.kind == "U") == (split == "actor")


def test_the_key_of_a_fit_that_holds_out_clips_depends_on_the_division_into_takes():
    """Other numbers of the same takes change no key; other takes change those of networks and calibrated models."""
    data = twelve_speakers()
    renumbered, divided = (
        RunData(data.clips.assign(take=takes), data.labels, data.fingerprint, "none")
        for takes in (1000 - data.takes, np.arange(len(data.clips)))
    )

    def key(model, data):
        return next(iter(fit_keys(make_planned("random", data, model)[:1], data).values()))

    plain = [models.get(name).with_parameters({"calibrate": False, "speeds": []}) for name in ("mlp-keras", "tree")]
    for model in (models.get("tree"), plain[0]):
        assert key(model, data) == key(model, renumbered) != key(model, divided)
    assert key(plain[1], data) == key(plain[1], divided)
