"""Metrics equal those of scikit-learn, and score counts as they score labels."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_bench import metrics

LABELS = ("neutral", "calm", "happy", "sad")
pairs = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=60)


def reference(name, *args, **kwargs):
    """Return the score of scikit-learn without its warnings about absent classes."""
    import sklearn.metrics

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(sklearn.metrics, name)(*args, **kwargs)


@settings(deadline=None)
@given(pairs)
def test_scores_equal_scikit_learns_on_any_labels(rows):
    y_true, y_pred = zip(*rows, strict=True)
    scores = metrics.evaluate(y_true, y_pred)
    assert scores["accuracy"] == pytest.approx(reference("accuracy_score", y_true, y_pred))
    assert scores["uar"] == pytest.approx(reference("balanced_accuracy_score", y_true, y_pred))
    assert scores["macro_f1"] == pytest.approx(reference("f1_score", y_true, y_pred, average="macro"))


@settings(deadline=None)
@given(pairs)
def test_confusion_and_recalls_equal_scikit_learns_in_the_order_of_the_labels(rows):
    y_true, y_pred = zip(*rows, strict=True)
    expected = reference("confusion_matrix", y_true, y_pred, labels=list(LABELS))
    np.testing.assert_array_equal(metrics.confusion(y_true, y_pred, LABELS), expected)
    recalls = metrics.recall_per_class(y_true, y_pred, LABELS)
    present = [label in y_true for label in LABELS]
    expected = reference("recall_score", y_true, y_pred, labels=list(LABELS), average=None)
    np.testing.assert_allclose(recalls[present], expected[present])


def test_a_class_without_recorded_clips_has_no_recall_and_does_not_change_uar():
    y_true, y_pred = ["sad", "sad", "calm"], ["sad", "happy", "calm"]
    assert metrics.UAR(y_true, y_pred) == pytest.approx((1 / 2 + 1) / 2)
    assert np.isnan(metrics.recall_per_class(y_true, y_pred, LABELS)[LABELS.index("happy")])


def test_predicting_a_class_without_recorded_clips_lowers_macro_f1():
    assert metrics.MACRO_F1(["sad", "sad"], ["sad", "happy"]) < metrics.MACRO_F1(["sad", "sad"], ["sad", "sad"])


def test_pandas_columns_are_scored_as_the_lists_they_hold():
    import pandas as pd

    y_true, y_pred = ["sad", "calm", "sad"], ["sad", "sad", "sad"]
    columns = pd.Series(y_true, dtype="category"), pd.Series(y_pred, dtype="category")
    assert metrics.evaluate(*columns) == metrics.evaluate(y_true, y_pred)


@pytest.mark.parametrize("score", [metrics.ACCURACY, metrics.UAR, metrics.MACRO_F1])
@pytest.mark.parametrize(("y_true", "y_pred"), [(["sad"], ["sad", "calm"]), ([], []), ([["sad"]], [["sad"]])])
def test_unequal_empty_and_nested_lists_are_refused(score, y_true, y_pred):
    with pytest.raises(ValueError, match=r"one length|no clip"):
        score(y_true, y_pred)


def test_a_label_outside_the_order_is_refused_by_name():
    with pytest.raises(ValueError, match="bored"):
        metrics.confusion(["sad"], ["bored"], LABELS)


def test_a_label_named_twice_is_refused():
    with pytest.raises(ValueError, match="distinct"):
        metrics.confusion(["sad"], ["sad"], ("sad", "sad"))


def test_metrics_are_listed_in_the_order_of_the_columns_of_fits_csv():
    assert list(metrics.METRICS) == ["accuracy", "uar", "macro_f1"]


@settings(deadline=None)
@given(pairs)
def test_scores_of_counts_over_all_labels_equal_those_of_the_labels(rows):
    counts = metrics.confusion(*zip(*rows, strict=True), LABELS)
    hits, recorded, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    for metric in metrics.METRICS.values():
        scores = metric.score(*(np.stack([part, part]) for part in (hits, recorded, predicted)))
        np.testing.assert_allclose(scores, metric(*zip(*rows, strict=True)), rtol=1e-12)


def test_a_score_without_clips_is_nan():
    nothing = np.zeros((2, 3), dtype=int)
    for metric in metrics.METRICS.values():
        assert np.isnan(metric.score(nothing, nothing, nothing)).all()


@pytest.mark.parametrize("name", ["", "F1", "macro-f1", "2nd"])
def test_a_metric_whose_name_cannot_be_a_column_is_refused(name):
    with pytest.raises(ValueError, match="invalid metric name"):
        metrics.Metric(name=name, title="F", summary="", score=metrics.UAR.score)
