"""Calibration in runs: results hold both probabilities, test clips change nothing, batches are checked before it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from ser_bench import models
from ser_bench.models import Model
from ser_bench.runs import fit as fitting
from ser_bench.runs.tasks import make_task
from ser_bench.store.matrix import save_matrix
from tests.conftest import clip_table
from tests.runs.planned import ORIGINALS, make_data, make_planned

EMOTIONS = ("angry", "happy", "neutral", "sad")


def make_fit(folder, model, split="actor", change_test_clips=False, **columns):
    """Return the task of a fit of eight speakers, with test clips that may differ from the others."""
    data = make_data(clip_table(speakers=8, emotions=EMOTIONS, repetitions=3).assign(**columns), EMOTIONS)
    rng = np.random.default_rng(0)
    codes = np.array([EMOTIONS.index(label) for label in data.y])
    X = rng.normal(codes[:, None], 1.5, size=(len(codes), 6)).astype(np.float32)
    planned = make_planned(split, data, model)[0]
    if change_test_clips:
        X[data.row_numbers(planned.fold.test)] *= -3
    return make_task(planned, data, {ORIGINALS: save_matrix(X, folder / "X.npy")})


@pytest.mark.parametrize("split", ["actor", "random"])
def test_a_result_holds_probabilities_before_and_after_calibration(split, tmp_path):
    model = models.get("tree").with_parameters({"min_samples_leaf": 2})
    task = make_fit(tmp_path, model, split)
    result = fitting.run_fit(task)
    plain = dataclasses.replace(task, parameters={**model.parameters, "calibrate": False})
    without = fitting.run_fit(plain)
    np.testing.assert_array_equal(result.predicted, without.predicted)
    np.testing.assert_array_equal(result.uncalibrated, without.probabilities)
    assert result.temperature > 0
    assert 0 < result.set_threshold <= 1
    clips_per_speaker = len(task.train) // len(set(task.groups if split == "actor" else task.speakers))
    assert result.calibration_speakers == (4 if split == "actor" else 8)
    assert result.calibration_clips == pytest.approx(4 * clips_per_speaker, rel=0.2)
    assert without.uncalibrated is without.temperature is without.set_threshold is without.calibration_clips is None
    assert result.probabilities.min() > 0
    assert without.probabilities.min() == 0


def test_no_test_clip_reaches_the_calibration(tmp_path):
    model = models.get("lda").with_parameters({"speeds": []})
    usual, strange = (fitting.run_fit(make_fit(tmp_path, model, change_test_clips=c)) for c in (False, True))
    assert (usual.temperature, usual.set_threshold) == (strange.temperature, strange.set_threshold)
    assert (usual.probabilities != strange.probabilities).any()


def test_probabilities_under_a_condition_have_the_calibration_of_the_fit(tmp_path):
    """A condition that changes nothing, tested on half of the clips; its probabilities have 12 significant bits."""
    task = make_fit(tmp_path, models.get("lda").with_parameters({"speeds": []}))
    positions = np.arange(0, len(task.test), 2)
    conditions = {"phone": fitting.ChangedClips(task.matrix, positions)}
    result = fitting.run_fit(dataclasses.replace(task, conditions=conditions))
    answers = result.conditions["phone"]
    np.testing.assert_array_equal(answers.predicted, result.predicted[positions])
    np.testing.assert_allclose(answers.probabilities, result.probabilities[positions], rtol=2**-11)
    assert np.abs(result.probabilities - result.uncalibrated).max() > 0.01


def test_copies_of_training_clips_do_not_take_part_in_the_calibration(tmp_path):
    task = make_fit(tmp_path, models.get("lda").with_parameters({"speeds": []}))
    copies = dataclasses.replace(task, augmented=(task.matrix, task.matrix))
    assert fitting.run_fit(copies).calibration_clips == fitting.run_fit(task).calibration_clips


def test_unknown_speakers_are_not_counted(tmp_path):
    model = models.get("lda").with_parameters({"speeds": []})
    result = fitting.run_fit(make_fit(tmp_path, model, "random", speaker=""))
    assert result.calibration_clips > 0
    assert result.calibration_speakers is None


class Crowded(ClassifierMixin, BaseEstimator):
    """Its probabilities, which say nothing of the clips, depend a little on the number of clips."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        p = np.full((len(X), len(self.classes_)), 0.01)
        p[:, 0] = 0.97 - 0.01 / len(X)
        return p

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


def test_calibration_does_not_hide_a_transductive_model(tmp_path, monkeypatch):
    crowded = Model(name="crowded", summary="", kind="classical", features="", build=lambda seed: Crowded())
    task = make_fit(tmp_path, crowded)
    monkeypatch.setattr(fitting, "run_alone", lambda function, task: function(task))
    result = fitting.run_fit(task)
    assert result.probabilities.max() < 0.3
    assert result.transductive


def test_a_model_of_a_plugin_is_calibrated_in_its_own_process(tmp_path):
    crowded = Model(name="crowded", summary="", kind="classical", features="", build=lambda seed: Crowded())
    assert crowded.is_external
    result = fitting.run_fit(make_fit(tmp_path, crowded))
    assert result.probabilities.max() < 0.3 < result.uncalibrated.max()
