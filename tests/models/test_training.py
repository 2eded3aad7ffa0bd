"""Training of networks: whole speakers held out, weights that do not depend on earlier fits."""

import random
import subprocess
import sys
import threading
from copy import copy

import numpy as np
import pytest

from ser_bench import models
from ser_bench.core.errors import ConfigError
from ser_bench.models.networks import compiled
from ser_bench.models.networks.augmentation import Augmentation
from ser_bench.models.networks.holdout import hold_out
from ser_bench.models.networks.sequences import BandScaler, chunked, clip_lengths, common_length, pooled, subtract_level

SMALL = {"filters": [4, 4], "epochs": 3, "pool": 1, "batch_size": 16, "refit": False}
PROBLEM = (
    "import numpy as np\n"
    "rng = np.random.default_rng(3)\n"
    "X = rng.normal(size=(48, 20, 8)).astype('float32')\n"
    "y = np.array(['angry', 'calm', 'sad'])[np.arange(48) % 3]\n"
    "groups = np.arange(48) // 8\n"
)


def problem():
    space = {}
    exec(PROBLEM, space)
    return space["X"], space["y"], space["groups"]


def test_speakers_held_out_are_never_trained_on():
    """The mask takes whole speakers, about the share asked for, and leaves every class to train on."""
    groups = np.repeat(np.arange(20), 6)
    codes = np.tile(np.arange(3), 40)
    held_out = hold_out(groups, codes, 0.15, seed=0)
    assert len(set(groups[held_out])) == 3
    assert not set(groups[held_out]) & set(groups[~held_out])
    assert set(codes[~held_out]) == {0, 1, 2}


def test_a_class_of_one_speaker_is_trained_on():
    """Where holding a speaker out would lose a class, another speaker is drawn."""
    groups = np.repeat(np.arange(4), 5)
    codes = np.where(groups == 2, 1, 0)
    for seed in range(20):
        held_out = hold_out(groups, codes, 0.25, seed=seed)
        assert 2 not in groups[held_out]
        assert held_out.any()


@pytest.mark.parametrize("groups", [None, np.repeat([0, 1, 2], 4)])
def test_nobody_is_held_out_without_enough_speakers(groups):
    assert not hold_out(groups, np.arange(12) % 2, 0.15, seed=0).any()


def takes_of(speakers: int, per_class: int, copies: int = 2):
    """Return speaker, class and take of each clip; each take was recorded as often as ``copies`` says."""
    takes = np.arange(speakers * 3 * per_class)
    speaker, codes = takes // (3 * per_class), takes % 3
    return tuple(np.repeat(column, copies) for column in (speaker, codes, takes))


@pytest.mark.parametrize(("speakers", "per_class"), [(6, 8), (40, 1), (12, 2)])
def test_takes_are_held_out_of_every_class_and_no_speaker_is_lost(speakers, per_class):
    """Takes are held out whole, in equal shares of the classes, and every speaker is trained on."""
    speaker, codes, takes = takes_of(speakers, per_class)
    for seed in range(20):
        held_out = hold_out(takes, codes, 0.15, seed, speaker)
        assert held_out.mean() == pytest.approx(0.15, abs=0.02)
        assert set(speaker[~held_out]) == set(speaker)
        assert not set(takes[held_out]) & set(takes[~held_out])
        shares = [held_out[codes == code].mean() for code in range(3)]
        assert max(shares) - min(shares) < 0.1


def test_the_takes_held_out_do_not_depend_on_their_names():
    speaker, codes, takes = takes_of(6, 8)
    renamed = np.random.default_rng(0).permutation(1000)[takes]
    expected = hold_out(takes, codes, 0.15, 3, speaker)
    np.testing.assert_array_equal(hold_out(renamed, codes, 0.15, 3, speaker), expected)


def test_no_take_is_held_out_where_each_speaker_has_one():
    speaker = np.arange(30)
    assert not hold_out(speaker, speaker % 3, 0.15, 0, speaker).any()


def test_held_out_speakers_change_neither_scaling_nor_weights():
    """Moving the validation clips changes the epoch that is kept at most, never what is learnt in one."""
    X, y, groups = problem()
    model = models.get("cnn1d")
    one_epoch = {**SMALL, "epochs": 1}
    first = models.fit(model, models.build(model, calibrate=False, **one_epoch), X, y, groups)
    held_out = first.held_out_
    assert held_out.any()
    moved = X.copy()
    moved[held_out] *= 50
    second = models.fit(model, models.build(model, calibrate=False, **one_epoch), moved, y, groups)
    for a, b in zip(first.weights_, second.weights_, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(first.scaler_.mean, second.scaler_.mean)
    assert first.history_["val_loss"] != second.history_["val_loss"]


def test_the_kept_weights_are_those_of_the_best_epoch():
    """The validation loss computed from the fitted estimator is the smallest of the history."""
    X, y, groups = problem()
    model = models.get("cnn1d")
    estimator = models.fit(model, models.build(model, calibrate=False, **{**SMALL, "epochs": 6}), X, y, groups)
    held_out = estimator.held_out_
    p = estimator.predict_proba(X[held_out])
    right = p[np.arange(len(p)), np.searchsorted(estimator.classes_, y[held_out])]
    assert -np.log(right).mean() == pytest.approx(min(estimator.history_["val_loss"]), rel=1e-4)


@pytest.mark.parametrize(("patience", "why"), [(30, "last epoch"), (1, "patience")])
def test_a_refit_trains_on_the_held_out_speakers_too(patience, why):
    """It starts anew; the probabilities of held-out clips stay those of the network that was not trained on them."""
    X, y, groups = problem()
    small = {"hidden": [8], "epochs": 20, "learning_rate": 0.05, "noise": 0.0, "mixup": 0.0, "patience": patience}
    build = [models.build("mlp-keras", calibrate=False, refit=refit, **small) for refit in (False, True)]
    once, twice = (estimator.fit(X[:, :, 0], y, groups) for estimator in build)
    assert (once.refitted_, twice.refitted_) == (False, True)
    np.testing.assert_array_equal(once.held_out_, twice.held_out_)
    np.testing.assert_array_equal(once.held_out_proba_, once.predict_proba(X[once.held_out_, :, 0]))
    np.testing.assert_array_equal(once.held_out_proba_, twice.held_out_proba_)
    assert (once.history_, once.ended_) == (twice.history_, twice.ended_)
    assert once.ended_["why"] == why
    epochs = once.ended_["best_epoch"] if why == "patience" else 20
    alone = models.build("mlp-keras", calibrate=False, **small | {"epochs": epochs}).fit(X[:, :, 0], y)
    for a, b in zip(alone.weights_, twice.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_members_differ_in_their_first_weights_and_their_probabilities_are_averaged():
    """The first member is the network without others; a refit gives each member its own number of epochs."""
    X, y, groups = problem()
    vectors, small = X[:, :, 0], {"hidden": [8], "epochs": 2, "refit": False}
    alone = models.build("mlp-keras", calibrate=False, **small, members=1).fit(vectors, y, groups)
    both = models.build("mlp-keras", calibrate=False, **small, members=2).fit(vectors, y, groups)
    half = len(both.weights_) // 2
    for a, b, c in zip(alone.weights_, both.weights_, both.weights_[half:], strict=False):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(b, c)
    assert (both.n_weights_, both.history_) == (2 * alone.n_weights_, alone.history_)
    second = copy(alone)
    second.weights_ = both.weights_[half:]
    mean = (alone.predict_proba(vectors) + second.predict_proba(vectors)) / 2
    np.testing.assert_allclose(both.predict_proba(vectors), mean)
    np.testing.assert_array_equal(both.held_out_proba_, both.predict_proba(vectors[both.held_out_]))


def test_weights_are_the_mean_of_those_of_the_last_epochs():
    """Training itself is the same with and without the mean."""
    X, y, _ = problem()
    small = {"hidden": [8], "schedule": "constant", "average": 1}
    two, three = (
        models.build("mlp-keras", calibrate=False, epochs=e, **small).fit(X[:, :, 0], y).weights_ for e in (2, 3)
    )
    averaged = models.build("mlp-keras", calibrate=False, epochs=3, **small | {"average": 2}).fit(X[:, :, 0], y)
    for a, b, mean in zip(two, three, averaged.weights_, strict=True):
        np.testing.assert_allclose(mean, (a + b) / 2, rtol=1e-5, atol=1e-7)


def test_the_trainable_weights_are_counted():
    X, y, _ = problem()
    assert (
        models.build("mlp-keras", calibrate=False, hidden=[8], epochs=1).fit(X[:, :, 0], y).n_weights_ == 21 * 8 + 9 * 3
    )


def trained_batches(monkeypatch, X, y, groups, **parameters):
    """Fit a network; return it and, per batch, inputs, targets, counted clips and the outputs before the step."""
    batches = []
    step = compiled.Program.train

    def watched(program, inputs, targets, weights, counted):
        batches.append((inputs, targets, counted, compiled.predict(program.model, inputs)))
        step(program, inputs, targets, weights, counted)

    monkeypatch.setattr(compiled.Program, "train", watched)
    parameters = {"hidden": [8], "epochs": 1, "dropout": 0.0, "noise": 0.0, "mixup": 0.0, "refit": False, **parameters}
    return models.build("mlp-keras", calibrate=False, **parameters).fit(X, y, groups), batches


@pytest.mark.parametrize(("groups", "trained"), [(np.arange(48) // 8, 32), (None, 48)])
def test_learning_curves_are_means_over_the_training_clips(monkeypatch, groups, trained):
    """They equal those of all batches' outputs; clips that only fill up the last batch do not count."""
    X, y, _ = problem()
    estimator, batches = trained_batches(monkeypatch, X[:, :, 0], y, groups, batch_size=20)
    assert 20 * len(batches) > trained
    targets, outputs = (np.concatenate([batch[i] for batch in batches])[:trained] for i in (1, 3))
    accuracy = (targets.argmax(axis=1) == outputs.argmax(axis=1)).mean()
    assert estimator.history_["accuracy"] == [pytest.approx(accuracy)]
    assert estimator.history_["loss"] == [pytest.approx(-np.log((targets * outputs).sum(axis=1)).mean(), rel=1e-5)]


def test_the_clean_accuracy_is_that_of_the_original_training_clips():
    """It equals the accuracy of the fitted network on these clips, where nothing is held out."""
    X, y, _ = problem()
    vectors = X[:, :, 0]
    louder = np.concatenate([vectors, 3 * vectors])
    model = models.get("mlp-keras")
    estimator = models.build(model, calibrate=False, hidden=[8], epochs=4, batch_size=32)
    models.fit(model, estimator, louder, np.tile(y, 2), originals=np.arange(96) < 48)
    assert estimator.history_["clean_accuracy"][-1] == pytest.approx((estimator.predict(vectors) == y).mean())
    assert estimator.history_["clean_accuracy"][-1] != estimator.history_["accuracy"][-1]


def test_training_stops_when_patience_ends():
    X, y, groups = problem()  # pure noise: the validation loss soon rises
    model = models.get("mlp-keras")
    build = models.build(
        model, calibrate=False, hidden=[32], epochs=200, patience=2, noise=0.0, mixup=0.0, learning_rate=0.01
    )
    estimator = models.fit(model, build, X[:, :, 0], y, groups)
    history = estimator.history_
    assert len(history["loss"]) < 200
    best = int(np.argmin(history["val_loss"])) + 1
    assert estimator.ended_ == {"epochs": best + 2, "best_epoch": best, "why": "patience"}
    assert int(np.argmin(history["val_loss"])) == len(history["loss"]) - 3
    assert len({len(values) for values in history.values()}) == 1


def test_without_groups_all_epochs_are_trained():
    """Validation values are NaN, one per epoch."""
    X, y, _ = problem()
    model = models.get("cnn1d")
    estimator = models.fit(model, models.build(model, calibrate=False, **SMALL), X, y)
    history = estimator.history_
    assert len(history["loss"]) == 3
    assert estimator.ended_ == {"epochs": 3, "best_epoch": 3, "why": "last epoch"}
    assert estimator.held_out_proba_.shape == (0, 3)
    assert np.all(np.isnan(history["val_loss"]))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> tuple[dict[str, np.ndarray], str, list[str]]:
    """A fresh process that fits a network: its weights, what it wrote on standard error, its numbers of threads."""
    path = tmp_path_factory.mktemp("elsewhere") / "weights.npz"
    code = PROBLEM + (
        "from ser_bench import models\n"
        f"e = models.build('cnn1d', calibrate=False, seed=1, **{SMALL!r})\n"
        "models.fit(models.get('cnn1d'), e, X, y, groups)\n"
        "e.predict(X)\n"
        f"np.savez({str(path)!r}, *e.weights_)\n"
        "import tensorflow as tf\n"
        "print(tf.config.threading.get_intra_op_parallelism_threads())\n"
        "print(tf.config.threading.get_inter_op_parallelism_threads())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    with np.load(path) as saved:
        return dict(saved), done.stderr, done.stdout.split()


def test_weights_are_the_same_in_another_process_and_after_other_fits(elsewhere):
    """A fresh process and one that has trained other networks, kept programs reused, agree bit for bit."""
    X, y, groups = problem()
    model = models.get("cnn1d")
    models.fit(model, models.build(model, calibrate=False, seed=5, **SMALL), X[:30], y[:30], groups[:30])
    models.fit(models.get("cnn2d"), models.build("cnn2d", calibrate=False, filters=[2], epochs=1), X, y, groups)
    here = models.fit(model, models.build(model, calibrate=False, seed=1, **SMALL), X, y, groups).weights_
    for there, weight in zip(elsewhere[0].values(), here, strict=True):
        np.testing.assert_array_equal(there, weight)


def test_a_fresh_process_that_trains_a_network_writes_nothing(elsewhere):
    assert elsewhere[1] == ""


def test_a_network_is_trained_on_one_thread(elsewhere):
    assert elsewhere[2] == ["1", "1"]


def test_other_seeds_give_other_weights():
    X, y, groups = problem()
    model = models.get("cnn1d")
    a, b = (
        models.fit(model, models.build(model, calibrate=False, seed=s, **SMALL), X, y, groups).weights_ for s in (0, 1)
    )
    assert not np.array_equal(a[0], b[0])


def test_fitting_leaves_the_callers_random_generators_alone():
    X, y, groups = problem()
    random.seed(0)
    np.random.seed(0)
    expected = (random.random(), np.random.rand())
    random.seed(0)
    np.random.seed(0)
    models.build("cnn1d", calibrate=False, **SMALL).fit(X, y, groups)
    assert (random.random(), np.random.rand()) == expected


def test_what_a_clip_says_does_not_depend_on_the_clips_beside_it():
    """One clip alone gets the probabilities it gets in a crowd, and longer padding changes nothing."""
    X, y, groups = problem()
    estimator = models.build("cnn1d", calibrate=False, **SMALL).fit(X, y, groups)
    p = estimator.predict_proba(X)
    wider = np.concatenate([X, np.full((48, 7, 8), np.nan, dtype=np.float32)], axis=1)
    np.testing.assert_array_equal(estimator.predict_proba(wider), p)
    np.testing.assert_allclose(estimator.predict_proba(X[5:6]), p[5:6], rtol=1e-5)


def test_a_network_over_frames_refuses_a_vector():
    X, y, groups = problem()
    with pytest.raises(ValueError, match=r"expected \(n, t, d\), got \(48, 20\)"):
        models.build("cnn2d", calibrate=False).fit(X[:, :, 0], y, groups)


def test_an_unknown_schedule_is_refused():
    with pytest.raises(ConfigError, match="'cosine', 'constant', got 'steps'"):
        models.build("cnn1d", calibrate=False, schedule="steps")


def test_pooling_averages_frames_and_marks_where_the_clip_ends():
    X = np.full((1, 7, 2), np.nan, dtype=np.float32)
    X[0, :5] = np.arange(10).reshape(5, 2)
    out = pooled(X, length=4, pool=2)
    np.testing.assert_array_equal(out[0], [[1, 2, 1], [5, 6, 1], [0, 0, 0], [0, 0, 0]])


def test_a_long_clip_keeps_its_middle_and_one_shorter_than_the_pool_one_step():
    X = np.full((2, 8, 1), np.nan, dtype=np.float32)
    X[0, :, 0] = np.arange(8)
    X[1, 0, 0] = 3
    out = pooled(X, length=2, pool=2)
    np.testing.assert_array_equal(out[0, :, 0], [2.5, 4.5])
    np.testing.assert_array_equal(out[1], [[3, 1], [0, 0]])


def test_a_clip_without_frames_is_all_padding():
    X = np.full((1, 4, 2), np.nan, dtype=np.float32)
    assert clip_lengths(X) == [0]
    assert not pooled(X, length=4, pool=2).any()


def test_a_louder_clip_is_the_same_without_its_level():
    """Other columns and the padding stay as they are."""
    X = np.random.default_rng(0).normal(size=(1, 6, 5)).astype(np.float32)
    X[0, 4:] = np.nan
    louder = X + np.array([9, 9, 9, 0, 0], dtype=np.float32)
    (quiet, loud) = (pooled(clip, length=4, pool=2) for clip in (X, louder))
    untouched = quiet[:, :, 3:].copy()
    for steps in (quiet, loud):
        subtract_level(steps, 3)
    np.testing.assert_allclose(quiet, loud, atol=1e-5)
    np.testing.assert_array_equal(quiet[:, :, 3:], untouched)
    assert not loud[0, 2:].any()
    assert quiet[0, :2, :3].mean() == pytest.approx(0, abs=1e-6)


def test_the_common_length_is_bounded_and_a_multiple_of_four():
    assert common_length(np.full(50, 130), pool=2, max_frames=300) == 68
    assert common_length(np.full(50, 900), pool=2, max_frames=300) == 152


def test_bands_are_standardised_by_sounding_frames_only():
    X = np.full((2, 6, 2), np.nan, dtype=np.float32)
    X[0, :6, 0], X[1, :3, 0] = np.arange(6), np.arange(3)
    X[:, :3, 1] = 4.0
    X[0, 3:, 1] = 4.0
    steps = pooled(X, length=6, pool=1)
    out = BandScaler().fit(steps).apply(steps.copy())
    real = out[steps[:, :, -1] > 0]
    np.testing.assert_allclose(real[:, 0].mean(), 0, atol=1e-6)
    np.testing.assert_allclose(real[:, 0].std(), 1, rtol=1e-5)
    assert not real[:, 1].any()
    assert not out[1, 3:].any()


def test_a_vector_becomes_a_sequence_of_its_features_in_order():
    out = chunked(np.arange(10, dtype=np.float32).reshape(2, 5), width=2)
    np.testing.assert_array_equal(out[0], [[0, 1, 1], [2, 3, 1], [4, 0, 1]])


def changed_by(augmentation, X, Y, seed=0):
    """Return all clips and targets, changed."""
    return augmentation(X, Y, np.arange(len(X)), np.random.default_rng(seed), np.empty((2, *X.shape), np.float32))


def test_augmentation_is_seeded_and_leaves_its_input_alone():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6, 12, 5)).astype(np.float32)
    X[:, :, -1] = np.arange(12) < 9
    X[:, 9:, :-1] = 0
    Y = np.eye(3, dtype=np.float32)[np.arange(6) % 3]
    before = X.copy()
    change = Augmentation(noise=0.5, gain=0.3, stretch=0.2, band_shift=1, mask_bands=2, mask_frames=3)
    (a, _), (b, _), (c, _) = (changed_by(change, X, Y, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)
    assert not a[a[:, :, -1] == 0].any()


def test_no_augmentation_changes_nothing():
    X = np.ones((2, 3, 4), dtype=np.float32)
    Y = np.eye(2, dtype=np.float32)
    changed, targets = changed_by(Augmentation(), X, Y)
    np.testing.assert_array_equal(changed, X)
    np.testing.assert_array_equal(targets, Y)


def test_bands_are_shifted_and_the_outermost_fills_up():
    """Beside the mask, which stays in its place."""
    X = np.array([[[1, 2, 3, 1]]], dtype=np.float32).repeat(20, axis=0)
    changed, _ = changed_by(Augmentation(band_shift=1), X, np.zeros((20, 1), np.float32))
    assert {tuple(clip[0]) for clip in changed} == {(1, 1, 2, 1), (1, 2, 3, 1), (2, 3, 3, 1)}


def test_noise_has_its_deviation_and_differs_between_batches():
    X = np.zeros((8, 2000), dtype=np.float32)
    first, second = (changed_by(Augmentation(noise=0.5), X, X[:, :1], seed)[0] for seed in (0, 1))
    assert first.std() == pytest.approx(0.5, rel=0.05)
    assert np.abs(np.corrcoef([first[0], first[1], second[0]]) - np.eye(3)).max() < 0.1


def test_mixup_blends_targets_as_it_blends_clips():
    """With one-hot clips the blended clip is its blended target, and its own class leads."""
    Y = np.eye(4, dtype=np.float32)
    X, targets = changed_by(Augmentation(mixup=0.5), Y, Y)
    np.testing.assert_allclose(X, targets)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(targets.argmax(axis=1), np.arange(4))
    assert targets.max(axis=1).min() < 1


def test_another_thread_that_draws_random_numbers_changes_no_weights():
    """Workers of a cluster talk to their scheduler beside the fit, and draw from Python's generator for it."""
    blueprint = compiled.Blueprint(
        network="cnn1d",
        architecture=models.build("cnn1d", calibrate=False, filters=[8, 8]).architecture,
        shape=(60, 40),
        classes=3,
    )

    def weights() -> list[np.ndarray]:
        return compiled._build(blueprint, 3).get_weights()

    alone, ended, interval = weights(), threading.Event(), sys.getswitchinterval()

    def draw() -> None:
        while not ended.is_set():
            random.random()

    other = threading.Thread(target=draw)
    sys.setswitchinterval(1e-5)
    other.start()
    try:
        beside = weights()
    finally:
        ended.set()
        other.join()
        sys.setswitchinterval(interval)
    assert all(np.array_equal(a, b) for a, b in zip(alone, beside, strict=True))


def test_an_epoch_takes_each_training_clip_once_and_fills_up_the_last_batch(monkeypatch):
    """All batches have one size, so that one compiled graph suffices; clips that fill up the last do not count."""
    X, y, groups = problem()
    estimator, batches = trained_batches(monkeypatch, X[:, :, 0], y, groups, batch_size=20, epochs=2)
    assert (~estimator.held_out_).sum() == 32
    assert [(len(inputs), counted) for inputs, _, counted, _ in batches] == 2 * [(20, 20), (20, 12)]


def test_a_program_that_is_used_again_trains_to_equal_weights_and_measures():
    """Neither weights nor moments nor sums of an earlier training are left over, also of one that was broken off."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(16, 4)).astype(np.float32), np.eye(2, dtype=np.float32)[rng.integers(0, 2, 16)]
    blueprint = compiled.Blueprint(
        network="mlp", architecture={"hidden": [4], "dropout": 0.5, "l2": 0.0}, shape=(4,), classes=2
    )
    outcomes = []
    for _ in range(2):
        program = compiled.fresh(blueprint, 1)
        for _ in range(3):
            program.train(X, Y, np.ones(16, dtype=np.float32), counted=10)
        outcomes.append((program.measured(), program.model.get_weights()))
        program.train(X, Y, np.ones(16, dtype=np.float32), counted=16)
    (sums, weights), (again, the_same) = outcomes
    assert sums[0] > 0
    np.testing.assert_array_equal(sums, again)
    for a, b in zip(weights, the_same, strict=True):
        np.testing.assert_array_equal(a, b)
