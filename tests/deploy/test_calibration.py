"""Calibration in model files: prediction sets, coverage, hostile values, and files of the first format."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from ser_bench.core.errors import ConfigError, ModelFileError
from ser_bench.deploy import describe, load_model
from ser_bench.deploy.coverage import EXPORTED
from ser_bench.deploy.file import container, parts, state
from ser_bench.deploy.onnx import export
from tests.deploy.fitted_models import LABELS, fitted, manifest_of, trained


@pytest.fixture(scope="module")
def lda():
    """Return a calibrated model and the features of its clips."""
    return trained("lda")


def test_a_prediction_set_begins_with_the_label_and_grows_with_the_coverage(lda):
    model, X = lda
    for row in X[:8]:
        sizes = []
        for coverage in (0.5, 0.9, 0.99):
            (prediction,) = model.predict_features([row], coverage)
            assert prediction.prediction_set[0] == prediction.label
            assert prediction.confidence == max(prediction.probabilities.values())
            p = [prediction.probabilities[name] for name in prediction.prediction_set]
            assert p == sorted(p, reverse=True)
            assert min(p) >= 1 - model.threshold(coverage) - 1e-9 or len(p) == 1
            sizes.append(len(p))
        assert sizes == sorted(sizes)


def test_a_model_that_is_not_calibrated_has_no_sets():
    model, X = trained("lda", parameters={"calibrate": False})
    assert model.predict_features([X[0]])[0].prediction_set is None
    assert "not calibrated" in describe.coverage_warning(model.info, 0.8)
    assert describe.coverage_warning(model.info, 0.9) == ""
    assert export.metadata(model)["set_thresholds"] == "{}"


def test_baselines_are_not_calibrated():
    model, X = trained("majority")
    assert model.predict_features([X[0]])[0].prediction_set is None


@pytest.mark.parametrize("coverage", [0.49, 1.0, -1, float("nan")])
def test_a_coverage_out_of_range_is_an_error(lda, coverage):
    with pytest.raises(ConfigError, match=r"--coverage: expected 0\.5 to below 1"):
        lda[0].predict_features([lda[1][0]], coverage)


def test_a_coverage_that_few_clips_do_not_support_gives_sets_of_all_labels_and_a_warning(svm, clip):
    model = load_model(svm)
    highest = model.info.calibration.clips / (model.info.calibration.clips + 1)
    (prediction,) = model.predict(clip, 0.999)
    assert set(prediction.prediction_set) == set(model.labels)
    assert "every set holds all labels; choose at most 0.9" in describe.coverage_warning(model.info, 0.999)
    for coverage in (0.9, highest - 1e-3, highest + 1e-3):
        assert bool(describe.coverage_warning(model.info, coverage)) == (model.threshold(coverage) == 1)


def test_metadata_of_onnx_hold_the_thresholds(lda):
    thresholds = json.loads(export.metadata(lda[0])["set_thresholds"])
    assert list(thresholds) == [f"{coverage:g}" for coverage in EXPORTED]
    assert thresholds["0.9"] == lda[0].threshold(0.9)
    assert list(thresholds.values()) == sorted(thresholds.values())


def test_held_out_rows_are_not_saved():
    estimator, X = fitted("lda")
    copied = state.unpack(state.pack(estimator))
    assert not {"out_of_fold_", "out_of_fold_proba_"} & set(vars(copied))
    assert copied.threshold(0.9) == estimator.threshold(0.9)
    np.testing.assert_array_equal(copied.uncalibrated_proba(X), estimator.uncalibrated_proba(X))


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature_": 0.0},
        {"temperature_": 1e9},
        {"temperature_": float("nan")},
        {"temperature_": -1.0},
        {"temperature_": "1"},
        {"floor_": -0.1},
        {"floor_": 2.0},
        {"floor_": np.zeros(3)},
        {"scores_": np.array([0.5, 0.1])},
        {"scores_": np.array([0.5, 7.0]), "score_weights_": np.array([0.5, 0.5])},
        {"scores_": np.zeros((2, 2)), "score_weights_": np.zeros((2, 2))},
        {"scores_": np.array(["a"]), "score_weights_": np.array(["b"])},
        {"score_weights_": np.array([1.0])},
        {"classes_": np.array(["x", "y", "z"])},
        {"estimator_": None},
    ],
)
def test_a_calibration_out_of_range_is_refused(changes):
    changed = copy.copy(fitted("lda")[0])
    vars(changed).update(changes)
    with pytest.raises(ModelFileError):
        state.unpack(state.pack(changed))


def test_weights_that_do_not_sum_to_one_are_refused():
    changed = copy.copy(fitted("lda")[0])
    changed.score_weights_ = changed.score_weights_ * 2
    with pytest.raises(ModelFileError, match="Calibrated in it is inconsistent"):
        state.unpack(state.pack(changed))


@pytest.mark.parametrize("content", [[], {"estimator": 1}, {"estimator": 1, "novelty": None, "more": 1}, 3])
def test_other_parts_than_estimator_and_detector_are_refused(content):
    with pytest.raises(ModelFileError, match="unexpected parts"):
        parts.unpack(state.pack(content))


def test_a_file_of_the_first_format_is_read_and_said_to_be_uncalibrated(svm, clip, tmp_path, monkeypatch):
    content, members = container.read(svm)
    for name in ("cross_validation", "no_score", "calibration", "novelty"):
        content.pop(name)
    estimator, _ = parts.unpack(members)
    monkeypatch.setattr(container, "FORMAT", 1)
    container.write(tmp_path / "old.ser", {**content, "format": 1}, state.pack(estimator.estimator_))
    monkeypatch.undo()
    model = load_model(tmp_path / "old.ser")
    (prediction,) = model.predict(clip)
    assert (prediction.prediction_set, prediction.reliable) == (None, True)
    assert prediction.label == load_model(svm).predict(clip)[0].label
    text = "\n".join(describe.about(model.info))
    assert "probabilities: not calibrated" in text
    assert "does not recognise features outside the training data" in text


def test_the_description_names_the_calibration(svm):
    info = load_model(svm).info
    held_out = f"{info.calibration.clips} held-out clips of {info.calibration.speakers} speakers"
    assert describe.probabilities(info).startswith(f"calibrated on {held_out} (temperature ")
    assert 0 < info.calibration.clips <= 24
    assert any("calibrated on held-out speakers" in limit for limit in info.limits)
    assert not any("not calibrated" in limit for limit in info.limits)
    uncalibrated = manifest_of("svm", "vector", 3, LABELS)
    assert describe.probabilities(uncalibrated) == "not calibrated"
