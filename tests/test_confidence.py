"""Calibration, proper scores, selective prediction and prediction sets against independent references."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from ser_bench import statistics

SPEAKERS, CLIPS = 24, 60
rows = st.lists(st.tuples(st.integers(0, 10).map(lambda n: n / 10), st.booleans()), min_size=1, max_size=40)
"""Confidences with many ties, and whether the prediction is right."""


@pytest.fixture(scope="module")
def probabilities():
    """Probabilities of 200 clips of 7 speakers, some of them exactly 0, and their true classes."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(5, 0.3), 200)
    p[:20] = np.eye(5)[rng.integers(0, 5, 20)]
    return p, rng.integers(0, 5, 200), rng.integers(0, 7, 200)


def simulated(corpora, temperature, seed, deviation=0.5):
    """Return confidence and hits of corpora; temperature 1 is calibrated over speakers, and higher is overconfident."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.9, 1.4, (corpora, SPEAKERS, CLIPS))
    voice = deviation * rng.standard_normal((corpora, SPEAKERS, 1))
    chance = expit(logits * np.sqrt(1 + 0.346 * deviation**2) + voice)  # its mean over voices is about expit(logits)
    return expit(temperature * logits), rng.random(chance.shape) < chance


def true_error(temperature):
    logits = np.random.default_rng(9).normal(0.9, 1.4, 400_000)
    return np.abs(expit(logits) - expit(temperature * logits)).mean()


def expit(x):
    return 1 / (1 + np.exp(-x))


# Proper scores


def test_log_loss_and_brier_score_are_scikit_learns(probabilities):
    p, true, _ = probabilities
    assert statistics.log_losses(p, true).mean() == pytest.approx(log_loss(true, p, labels=range(5)))
    expected = brier_score_loss(true, p, labels=range(5), scale_by_half=False)
    assert statistics.brier_scores(p, true).mean() == pytest.approx(expected)


def test_a_mean_over_clips_has_students_interval_on_the_scale_of_its_numbers():
    """Speakers have equally many clips, so the mean over clips is the mean over speakers."""
    speakers = np.repeat(np.arange(24), 10)
    losses = np.random.default_rng(1).gamma(3, 0.4, 240)
    by_speaker = losses.reshape(24, 10).mean(axis=1)
    result = statistics.mean_over_speakers(losses, speakers, positive=True)
    assert result.value == pytest.approx(losses.mean())
    factor = np.exp(stats.t.ppf(0.975, 23) * stats.sem(by_speaker) / losses.mean())
    assert result[1:] == pytest.approx((losses.mean() / factor, losses.mean() * factor), rel=0.02)


def test_the_interval_of_a_loss_contains_the_true_mean_in_95_percent():
    rng = np.random.default_rng(2)
    mean = np.exp(0.4 * rng.standard_normal((600, 12)))
    losses = rng.gamma(2, mean[..., np.newaxis] / 2, (600, 12, 30))
    speakers = np.repeat(np.arange(12), 30)
    results = [statistics.mean_over_speakers(part.ravel(), speakers, positive=True) for part in losses]
    covered = np.mean([low <= np.exp(0.08) <= high for _, low, high in results])
    assert 0.92 <= covered <= 0.975
    assert min(low for _, low, _ in results) > 0


def test_means_of_draws_are_those_of_the_drawn_speakers_clips(probabilities):
    p, true, speakers = probabilities
    values = np.column_stack([statistics.log_losses(p, true), np.where(true > 1, p[:, 0], np.nan)])
    sums = statistics.sum_by_speaker(values, speakers, 7)
    np.testing.assert_allclose(statistics.means(sums), np.nanmean(values, axis=0))
    draws = statistics.speaker_draws(7, 20)
    drawn = statistics.bootstrap_means(sums, draws)
    for index, draw in enumerate(draws):
        clips = np.concatenate([values[speakers == s] for s, times in enumerate(draw) for _ in range(times)])
        np.testing.assert_allclose(drawn[:, index], np.nanmean(clips, axis=0))


def test_few_speakers_have_no_interval():
    speakers = np.repeat(np.arange(5), 4)
    confidence, right = np.linspace(0.2, 0.9, 20), np.arange(20) % 3 > 0
    assert np.isnan(statistics.mean_over_speakers(right, speakers)[1:]).all()
    assert np.isnan(statistics.calibration_error(confidence, right, speakers)[1:]).all()


def test_a_loss_of_zero_has_an_interval_without_width():
    assert statistics.mean_over_speakers(np.zeros(60), np.repeat(np.arange(6), 10), positive=True) == (0, 0, 0)


# Calibration


def brute_force_error(confidence, right, bins):
    """Return the error of bins of equally many clips, where no confidence occurs twice."""
    order = np.argsort(confidence)
    edges = [round(edge) for edge in np.arange(bins + 1) * len(order) / bins]
    parts = [order[first:last] for first, last in itertools.pairwise(edges)]
    return sum(abs(confidence[part].sum() - right[part].sum()) for part in parts) / len(order)


def test_the_calibration_error_equals_brute_force():
    confidence, right = (part[0].ravel() for part in simulated(1, 1.5, 3))
    result = statistics.reliability(confidence, right)
    assert result.ece == pytest.approx(brute_force_error(confidence, right, 10))
    assert set(result.count) == {144}
    assert result.ece == pytest.approx(np.average(abs(result.confidence - result.accuracy), weights=result.count))


@given(rows, st.integers(1, 12))
def test_bins_hold_every_clip_and_equal_confidences_together(clips, bins):
    confidence, right = map(np.array, zip(*clips, strict=True))
    result = statistics.reliability(confidence, right, bins)
    assert result.count.sum() == len(clips)
    assert not np.any(np.diff(result.confidence[result.count > 0]) <= 0)
    assert statistics.reliability(confidence, right, 1).ece == pytest.approx(abs(confidence.mean() - right.mean()))
    shuffled = np.random.default_rng(0).permutation(len(clips))
    assert statistics.reliability(confidence[shuffled], right[shuffled], bins).ece == pytest.approx(result.ece)
    many = [int((confidence == value).sum()) for value in np.unique(confidence)]
    assert result.count.max() <= len(clips) / bins + 2 * max(many)


@pytest.mark.parametrize(
    ("confidence", "right"), [([], []), ([0.5], [True, False]), ([1.1], [True]), ([np.nan], [True]), ([-0.1], [True])]
)
def test_calibration_refuses_invalid_confidences(confidence, right):
    with pytest.raises(ValueError, match=r"no clip|one length|between 0 and 1"):
        statistics.reliability(confidence, right)


@pytest.mark.parametrize("bins", [10, 15])
def test_a_perfectly_calibrated_model_has_the_error_that_chance_gives(bins):
    """1,440 clips, each right with the probability that is its confidence."""
    confidence, right = simulated(300, 1, 4, deviation=0)
    results = [statistics.reliability(c.ravel(), r.ravel(), bins) for c, r in zip(confidence, right, strict=True)]
    errors, perfect = (np.mean([getattr(result, name) for result in results]) for name in ("ece", "perfect"))
    assert errors == pytest.approx(perfect, rel=0.04)
    assert errors > 0.025


@pytest.mark.parametrize("temperature", [1, 1.2, 1.5, 3])
def test_the_interval_contains_the_true_calibration_error(temperature):
    """An interval around the value itself contains the error of a calibrated model, 0, in one of ten corpora."""
    speakers, error = np.repeat(np.arange(SPEAKERS), CLIPS), true_error(temperature)
    confidence, right = simulated(250, temperature, 5)
    results = [
        statistics.calibration_error(c.ravel(), r.ravel(), speakers) for c, r in zip(confidence, right, strict=True)
    ]
    assert np.mean([low <= error <= high for _, low, high in results]) >= 0.925
    assert all(low <= value <= high for value, low, high in results)
    if temperature == 1:
        assert np.mean([value for value, _, _ in results]) > 0.025
    if temperature == 3:
        assert np.mean([low > 0.05 for _, low, _ in results]) > 0.98
        assert np.mean([high - low for _, low, high in results]) < 0.06


def test_the_interval_of_several_repeats_is_that_of_their_mean():
    """The lower end subtracts the mean distance of a normal deviate in bins without a significant difference."""
    confidence, right = (part[0].ravel() for part in simulated(1, 1.3, 7))
    codes, draws = np.repeat(np.arange(SPEAKERS), CLIPS), statistics.speaker_draws(SPEAKERS)
    repeats = [statistics.excess_by_speaker(c, right, codes, SPEAKERS) for c in (confidence, confidence**1.2)]
    value, low, high = statistics.pooled_calibration_error(repeats, draws)
    each = [statistics.reliability(c, right).ece for c in (confidence, confidence**1.2)]
    assert value == pytest.approx(np.mean(each))
    drawn = [
        [np.abs(np.repeat(part.excess, draw, axis=0).sum(axis=0)).sum() / right.size for draw in draws]
        for part in repeats
    ]
    margin = stats.t.ppf(0.975, 23) * np.sqrt(24 / 23) * np.std(np.mean(drawn, axis=0), ddof=1)
    assert high == pytest.approx(value + margin)
    chance = 0
    for part in repeats:
        for column in part.excess.T:
            deviation = stats.sem(column) * len(column)
            if abs(column.sum()) <= 2 * deviation:
                chance += stats.foldnorm.mean(0, scale=deviation) / right.size / len(repeats)
    assert low == pytest.approx(max(0, value - chance - margin))


# Selective prediction


def orders(confidence, rng):
    """Return the clips from the most to the least confident, equal ones in random order."""
    return np.lexsort((rng.random(len(confidence)), -confidence))


@settings(deadline=None, max_examples=30)
@given(rows)
def test_accuracy_by_coverage_is_the_mean_over_all_orders_of_ties(clips):
    confidence, right = map(np.array, zip(*clips, strict=True))
    rng, n = np.random.default_rng(0), len(clips)
    curves = [np.cumsum(right[orders(confidence, rng)]) / np.arange(1, n + 1) for _ in range(400)]
    got = statistics.accuracy_by_coverage(confidence, right, np.arange(1, n + 1) / n)
    np.testing.assert_allclose(got, np.mean(curves, axis=0), atol=0.13)
    assert got[-1] == pytest.approx(right.mean())
    assert statistics.area_under_risk(confidence, right) == pytest.approx(1 - got.mean())


def test_accuracy_by_coverage_without_ties_counts_the_most_confident_clips():
    got = statistics.accuracy_by_coverage([0.9, 0.5, 0.8, 0.7], [True, False, True, False], [0.25, 0.5, 0.75, 1, 0.01])
    np.testing.assert_allclose(got, [1, 1, 2 / 3, 0.5, 1])


@given(rows)
def test_the_auroc_of_confidence_is_scikit_learns(clips):
    confidence, right = zip(*clips, strict=True)
    got = statistics.confidence_auroc(confidence, right)
    if len(set(right)) == 1:
        assert np.isnan(got)
    else:
        assert got == pytest.approx(roc_auc_score(right, confidence))


def test_scores_without_a_speaker_are_those_of_the_other_clips(probabilities):
    p, true, speakers = probabilities
    confidence, right = p.max(axis=1).round(2), p.argmax(axis=1) == true
    scores = statistics.selective_scores(confidence, right, speakers, 8, [1, 0.5])  # the eighth has no clip
    for row in range(9):
        others = speakers != row - 1
        c, r = confidence[others], right[others]
        expected = [*statistics.accuracy_by_coverage(c, r, [1, 0.5]), statistics.area_under_risk(c, r)]
        np.testing.assert_allclose(scores[row], [*expected, statistics.confidence_auroc(c, r)])
    alone = statistics.selective_scores(confidence, right, np.zeros(200, dtype=int), 1, [1, 0.5])
    assert np.isnan(alone[1]).all()


@pytest.mark.parametrize("speakers", [8, 24])
def test_jackknife_intervals_contain_the_true_accuracy_of_the_confident_half(speakers):
    def draw(rng, corpora, speakers):
        logits = rng.normal(0.9, 1.4, (corpora, speakers, CLIPS)) + 0.3 * rng.standard_normal((corpora, speakers, 1))
        chance = expit(logits + 0.5 * rng.standard_normal((corpora, speakers, 1)))
        return expit(logits), rng.random(chance.shape) < chance

    confidence, right = draw(np.random.default_rng(0), 1, 5000)
    shares = [1, 0.5]
    true = [*statistics.accuracy_by_coverage(confidence.ravel(), right.ravel(), shares)]
    true += [statistics.area_under_risk(confidence.ravel(), right.ravel())]
    true += [statistics.confidence_auroc(confidence.ravel(), right.ravel())]
    codes, covered = np.repeat(np.arange(speakers), CLIPS), []
    for c, r in zip(*draw(np.random.default_rng(1), 300, speakers), strict=True):
        scores = statistics.selective_scores(c.ravel(), r.ravel(), codes, speakers, shares)
        low, high = statistics.jackknife_interval(scores[1:].T, scores[0])
        covered.append((low <= true) & (true <= high))
    assert np.all(np.abs(np.mean(covered, axis=0) - 0.95) < 0.035)


def test_the_jackknife_of_a_mean_is_students_interval():
    values = np.random.default_rng(3).uniform(0.4, 0.6, 12)
    without = (values.sum() - values) / 11
    low, high = statistics.jackknife_interval(without, values.mean())
    center, margin = values.mean(), stats.t.ppf(0.975, 11) * stats.sem(values)
    scale = margin / (center * (1 - center))
    assert (low, high) == pytest.approx([expit(np.log(center / (1 - center)) + sign * scale) for sign in (-1, 1)])
    assert np.isnan(statistics.jackknife_interval(without[:5], values.mean())).all()


# Prediction sets


def test_a_set_holds_the_probable_labels_and_always_the_most_probable_one():
    p = [[0.5, 0.3, 0.2], [0.4, 0.35, 0.25], [0.98, 0.01, 0.01]]
    np.testing.assert_array_equal(statistics.prediction_sets(p, 0.7), [[1, 1, 0], [1, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(statistics.prediction_sets(p, [0.1, 0.65, 0.1]), [[1, 0, 0], [1, 1, 0], [1, 0, 0]])
    single = np.array([[1 / 3, 2 / 3]], dtype="float32")
    assert statistics.prediction_sets(single, 2 / 3).all()  # 1/3 in single precision is not below the limit


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 1), st.integers(0, 99))
def test_sets_from_saved_probabilities_are_those_of_the_model(threshold, seed):
    from ser_bench.models.calibration.sets import prediction_sets

    p = np.random.default_rng(seed).dirichlet(np.full(5, 0.5), 40)
    clear = np.abs(p - (1 - threshold)) > 2e-6  # closer probabilities may be rounded over the limit
    saved = statistics.prediction_sets(p.astype("float32"), threshold)
    np.testing.assert_array_equal(saved[clear], prediction_sets(p, threshold)[clear])


def test_sets_with_the_threshold_of_exchangeable_clips_hold_the_true_label_in_90_percent():
    rng = np.random.default_rng(8)
    p = rng.dirichlet(np.full(6, 0.5), 6000)
    true = np.array([rng.choice(6, p=row) for row in p])
    scores = 1 - p[np.arange(6000), true]
    threshold = np.quantile(scores[:3000], 0.9, method="higher")
    sets = statistics.prediction_sets(p[3000:], threshold)
    assert sets[np.arange(3000), true[3000:]].mean() == pytest.approx(0.9, abs=0.02)
    assert sets.any(axis=1).all()
