"""Runs: fits see no test clip, finished fits are cached, failed fits are rows, scores are those of the predictions."""

from __future__ import annotations

import json
import signal
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
import soundfile

from ser_bench import features, plugins
from ser_bench.audio import load
from ser_bench.core.errors import SplitError, UnknownNameError
from ser_bench.core.options import Options
from ser_bench.corpora.datasets.demo.clips import make_clips
from ser_bench.report.page.sections.provenance import provenance
from ser_bench.runs import plan, results, runner, tasks
from ser_bench.splits import Fold
from tests.runs.in_process import no_workers

PLUGIN = Path(__file__).parents[1] / "plugins" / "plugin_recorder.py"
SPEAKERS = ("S01", "S02", "S03", "S04", "S05", "S06")
EMOTIONS = ("happy", "neutral", "sad")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A small demo as a manifest: six speakers, three emotions, two sentences."""
    folder = tmp_path_factory.mktemp("small")
    paths = make_clips(folder, speakers=SPEAKERS, emotions=EMOTIONS, intensities=("normal",))
    codes = [path.stem.split("_") for path in paths]
    table = pd.DataFrame(codes, columns=["speaker", "emotion", "intensity", "text"])
    table["gender"] = ["male" if int(s[1:]) % 2 else "female" for s in table["speaker"]]
    table["path"] = [str(path.relative_to(folder)) for path in paths]
    table.to_csv(folder / "small.csv", index=False)
    return folder / "small.csv"


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    """One store for the module, so that features are extracted once."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def go(data, store, tmp_path):
    """Return ``go(workers=False, **options)``, which runs and returns the outcome and the saved run."""

    def run(*, workers: bool = False, **options):
        chosen = {"corpus": str(data), "features": "mfcc", "models": ("knn",), "folds": 3, "jobs": 2}
        chosen |= {"store": store, "out": tmp_path / "out"} | options
        with nullcontext() if workers else no_workers():
            outcome = runner.run(Options(**chosen))
        return outcome, results.read_run(outcome.folder)

    return run


@pytest.fixture
def plugin():
    """Register the plugin's models for one test."""
    return plugins.load(PLUGIN)


@pytest.fixture
def seen(tmp_path) -> Path:
    """The folder in which the model ``recorder`` saves what it sees."""
    folder = tmp_path / "seen"
    folder.mkdir()
    return folder


def recorder(folder: Path, *names: str) -> dict:
    names = names or ("recorder",)
    return {
        "models": names,
        "model_tables": {name: {"base": name, "parameters": {"folder": str(folder)}} for name in names},
    }


def records(folder: Path) -> list:
    return [np.load(path) for path in folder.glob("*.npz")]


def rows_of(X: np.ndarray) -> set[bytes]:
    return {row.tobytes() for row in X}


def test_no_fit_sees_a_test_clip(go, plugin, seen):
    """A model is fitted on the training clips of its fold, recognised by their features, and on no other clip."""
    splits = ("actor", "random", "loso", "text", "actor-text", "random-80-20", "actor-80-20", "actor-twin-75-25")
    _, saved = go(**recorder(seen), splits=splits, fresh=True)
    fits = saved.fits.query("model == 'recorder'")
    assert set(fits["split"]) == set(splits)
    # splits may share a fold, which is fitted once
    recorded = records(seen)
    assert len(recorded) == fits["key"].nunique()
    for record in recorded:
        assert len(record["X"])
        assert len(record["X_test"])
        assert not rows_of(record["X"]) & rows_of(record["X_test"])
        assert len(record["y"]) == len(record["groups"]) == len(record["X"])
    sizes = fits.drop_duplicates("key")[["n_train", "n_test"]].astype(int)
    assert sorted(map(tuple, sizes.to_numpy().tolist())) == sorted((len(r["X"]), len(r["X_test"])) for r in recorded)


def test_augmented_copies_are_those_of_the_training_clips(go, plugin, seen, data):
    """Copies at another speed follow the training clips in their order; there is none of a test clip."""
    options = recorder(seen)
    options["model_tables"]["recorder"]["parameters"]["speeds"] = [0.9]
    go(**options, splits=("actor",), fresh=True)
    mfcc = features.FEATURE_SETS["mfcc"]
    original, faster = ({} for _ in range(2))
    for path in sorted(data.parent.rglob("*.wav")):
        values = features.compute([mfcc, mfcc.at_speed(0.9)], *load(path))
        original[values["mfcc"].tobytes()] = path
        faster[values["mfcc@0.9"].tobytes()] = path
    recorded = records(seen)
    assert len(recorded) == 3
    for record in recorded:
        half = len(record["X"]) // 2
        train = [original[row.tobytes()] for row in record["X"][:half]]
        assert [faster[row.tobytes()] for row in record["X"][half:]] == train
        assert not {original[row.tobytes()] for row in record["X_test"]} & set(train)
        assert (record["y"][:half] == record["y"][half:]).all()
        assert (record["groups"][:half] == record["groups"][half:]).all()


def test_held_out_speakers_are_not_among_the_groups_of_a_fit(go, plugin, seen):
    _, saved = go(**recorder(seen), splits=("actor",), fresh=True)
    train = {tuple(sorted(set(record["groups"]))) for record in records(seen)}
    test = saved.predictions.query("model == 'recorder'").groupby("fold")["speaker"].unique()
    assert train == {tuple(sorted(set(SPEAKERS) - set(speakers))) for speakers in test}


def test_a_corrected_description_is_written_without_a_new_fit(go, data, tmp_path):
    table = pd.read_csv(data).assign(intensity="weak", path=lambda t: [str(data.parent / path) for path in t["path"]])
    own = tmp_path / "own.csv"
    table.to_csv(own, index=False)
    options = {"corpus": str(own), "splits": ("actor",)}
    go(**options)
    assert go(**options)[0].unchanged
    table.assign(intensity="strong").to_csv(own, index=False)
    outcome, saved = go(**options)
    assert (outcome.unchanged, outcome.work.computed) == (False, 0)
    assert set(saved.clips["intensity"]) == {"strong"}
    go(**options, seed=1, models=("lda",))
    assert results.read_run(tmp_path / "out-earlier-1").info.identity == saved.info.identity


@pytest.fixture(scope="module")
def saved(data, store, tmp_path_factory):
    """A finished run of two splits."""
    out = tmp_path_factory.mktemp("saved")
    with no_workers():
        options = Options(corpus=str(data), features="mfcc", models=("knn",), folds=3, store=store, out=out)
        return runner.run(options.model_copy(update={"splits": ("actor", "random")})).saved


def test_scores_equal_those_of_scikit_learn_on_the_saved_predictions(saved):
    fits = saved.fits.set_index(["model", "split", "fold"])
    for key, rows in saved.predictions.groupby(["model", "split", "fold"], observed=True):
        true, predicted = rows["true"].astype(str), rows["predicted"].astype(str)
        fit = fits.loc[key]
        assert fit["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(true, predicted))
        assert fit["uar"] == pytest.approx(sklearn.metrics.balanced_accuracy_score(true, predicted))
        expected = sklearn.metrics.f1_score(true, predicted, average="macro", zero_division=0)
        assert fit["macro_f1"] == pytest.approx(expected)


def test_every_clip_is_predicted_once_per_model_and_split_with_probabilities(saved):
    counts = saved.predictions.groupby(["model", "split", "clip"], observed=True).size()
    assert set(counts) == {1}
    assert len(counts) == 3 * 2 * 36  # knn and the two baselines
    proba = saved.predictions[[f"p_{label}" for label in saved.info.corpus.labels]]
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, atol=1e-5)


def predictions(saved) -> pd.DataFrame:
    keys = ["model", "split", "repeat", "fold", "clip"]
    return saved.predictions.astype(dict.fromkeys(keys, str)).sort_values(keys, ignore_index=True)


def test_predictions_do_not_depend_on_workers_or_on_the_run(go, tmp_path):
    small = {"forest": {"base": "forest", "parameters": {"n_estimators": 5}}}
    chosen = {"models": ("forest", "svm", "tree"), "model_tables": small, "splits": ("random",), "fresh": True}
    alone = predictions(go(**chosen, out=tmp_path / "one")[1])
    parallel = predictions(go(**chosen, workers=True, jobs=2, out=tmp_path / "two")[1])
    pd.testing.assert_frame_equal(alone, parallel)


def with_takes(data: Path, columns: list[str]) -> Path:
    """Write a manifest in which every clip has a quieter copy as its second take; return its path."""
    table = pd.read_csv(data)
    copies = []
    for path in table["path"]:
        y, sr = load(data.parent / path)
        copies.append(f"{path.removesuffix('.wav')}-2.wav")
        soundfile.write(data.parent / copies[-1], 0.5 * y, sr)
    manifest = data.parent / f"takes-{len(columns)}.csv"
    pd.concat([table, table.assign(path=copies)])[["path", "speaker", "emotion", *columns]].to_csv(
        manifest, index=False
    )
    return manifest


@pytest.mark.parametrize("columns", [["gender", "text", "intensity"], ["gender"]])
def test_the_corpus_decides_the_default_splits(go, data, columns):
    """Takes are told by their sentences, or else by near-identical audio."""
    _, saved = go(models=("majority",))
    assert saved.info.splits == ("actor", "random")
    assert (saved.audit["test_clips_of_known_takes"] == 0).all()
    _, saved = go(models=("majority",), corpus=str(with_takes(data, columns)))
    assert saved.info.options.splits == ("actor", "random-takes", "random")
    known = saved.audit.groupby("split")[["test_clips_of_known_takes", "test_clips"]].sum()
    assert known["test_clips_of_known_takes"].drop("random").tolist() == [0, 0]
    assert known.loc["random", "test_clips_of_known_takes"] > known.loc["random", "test_clips"] / 2


def test_fewer_speakers_than_six_folds_have_a_fold_each(go, data):
    table = pd.read_csv(data, dtype=str)
    few = data.parent / "few.csv"
    table[table["speaker"].isin(sorted(set(table["speaker"]))[:4])].to_csv(few, index=False)
    _, saved = go(models=("majority",), corpus=str(few), folds=None)
    assert saved.info.options.folds == 4
    assert saved.audit.groupby("split")["fold"].nunique().to_dict() == {"actor": 4, "random": 4}
    with pytest.raises(SplitError, match="use fewer with --folds 4"):
        go(models=("majority",), corpus=str(few), folds=6)


def test_another_seed_draws_other_folds(go):
    first, second = (predictions(go(models=("majority",), splits=("random",), seed=seed)[1]) for seed in (0, 1))
    assert not first["clip"].equals(second["clip"])


def test_finished_fits_are_read_from_the_cache(go, tmp_path):
    go(splits=("actor",))
    again, _ = go(splits=("actor",))
    assert again.unchanged
    assert again.work.computed == 0
    elsewhere, _ = go(splits=("actor",), out=tmp_path / "other")
    assert not elsewhere.unchanged
    assert (elsewhere.work.computed, elsewhere.work.reused) == (0, 9)


def test_reused_fits_keep_their_times_and_the_commit_of_their_code(go, tmp_path, monkeypatch):
    columns = ["fit_seconds", "predict_seconds", "finished", "commit", "key"]
    monkeypatch.setattr(tasks, "source_commit", lambda: "a" * 40)
    monkeypatch.setattr(tasks, "utc_time", lambda: "2026-01-01T00:00:00+00:00")
    first, before = go(splits=("actor",), seed=5)
    assert set(before.fits["commit"]) == {"a" * 40}
    assert set(before.fits["finished"]) == {"2026-01-01T00:00:00+00:00"}
    monkeypatch.undo()
    monkeypatch.setattr("ser_bench.runs.rows.source_commit", lambda: "b" * 40)
    outcome, after = go(splits=("actor",), seed=5, out=tmp_path / "other")
    assert after.info.commit == "b" * 40
    assert after.info.identity == before.info.identity
    pd.testing.assert_frame_equal(after.fits[columns], before.fits[columns])
    total = after.fits.drop_duplicates("key")[["fit_seconds", "predict_seconds"]].to_numpy().sum()
    assert outcome.work.all_fits_seconds == pytest.approx(total, abs=1e-3)
    assert outcome.work.reused_fits_seconds == outcome.work.all_fits_seconds
    assert (first.work.all_fits_seconds, first.work.reused_fits_seconds) == (outcome.work.all_fits_seconds, 0)
    assert "in earlier runs" in dict(dict(provenance(after).groups)["Time and work"])["time inside all fits"]


def test_the_order_of_test_clips_differs_between_folds_and_depends_on_no_name_or_label(go, monkeypatch):
    built = []
    make_task = tasks.make_task
    monkeypatch.setattr(tasks, "make_task", lambda *args: built.append((*args[:2], make_task(*args))) or built[-1][2])
    go(splits=("actor", "random"), models=("majority",), fresh=True)
    by_fold = {fit.fold: task.order_seed for fit, _, task in built}
    assert len(by_fold) == 6
    assert len(set(by_fold.values())) == 6
    fit, data, task = built[0]
    assert sorted(task.test_order) == list(range(len(task.test)))
    assert list(task.test_order) != sorted(task.test_order)
    names = [f"other-{i}" for i in range(len(data.clips))]
    renamed = dict(zip(data.clips.index, names, strict=True))
    other_clips = data.clips.assign(clip=names, label=data.clips["label"].to_numpy()[::-1]).set_index(
        "clip", drop=False
    )
    fold = Fold(*(tuple(renamed[clip] for clip in side[::-1]) for side in (fit.fold.train, fit.fold.test)))
    assert replace(data, clips=other_clips).order_seed(fold) == task.order_seed


def test_a_damaged_saved_fit_is_computed_again(go, store, tmp_path):
    before = predictions(go(splits=("actor",))[1])
    for saved in (store / "fits").rglob("*.npz"):
        saved.write_bytes(saved.read_bytes()[:100])
    outcome, after = go(splits=("actor",), out=tmp_path / "again")
    assert outcome.work.computed == 9
    pd.testing.assert_frame_equal(predictions(after), before)


def test_a_failed_fit_is_a_row_with_its_reason_and_is_repeated(go, plugin):
    for _ in range(2):
        outcome, saved = go(models=("failing", "knn"), splits=("actor",))
        rows = saved.fits.query("model == 'failing'")
        assert set(rows["status"]) == {"failed"}
        assert set(rows["error"]) == {"ValueError: failing on purpose"}
        assert outcome.work.failed == 3
        assert set(saved.fits.query("model == 'knn'")["status"]) == {"ok"}


@pytest.mark.slow  # its parts are tests of workers and of failed fits
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals and limits are POSIX's")
def test_a_fold_that_crashes_runs_out_of_memory_or_hangs_is_a_row_and_is_repeated(go, plugin, seen):
    reasons = {
        "crashing": ("failed", "its worker process died twice by SIGSEGV (crash in C code)"),
        "hungry": ("failed", "MemoryError"),
        "hanging": ("timeout", "timed out after 6 s"),
    }
    go(models=("majority",), splits=("actor",))  # so that no baseline, which loads more, is slow under the limit
    (seen / "fail").touch()
    options = recorder(seen, *reasons) | {"splits": ("actor",), "fit_timeout": 6.0}
    outcome, saved = go(**options, workers=True)
    ill = saved.fits.query("status != 'ok'").set_index("model")
    assert {name: tuple(ill.loc[name, ["status", "error"]]) for name in ill.index} == reasons
    assert (len(ill), outcome.work.failed, saved.info.work.failed) == (3, 3, 3)
    went_well = len(list(seen.glob("*.npz")))
    (seen / "fail").unlink()
    again, mended = go(**options | {"fit_timeout": 60.0}, workers=True)  # a busy machine may take 6 s to import
    assert (again.work.computed, again.work.failed, len(list(seen.glob("*.npz"))) - went_well) == (3, 0, 3)
    key = ["model", "fold", "clip"]
    before, after = (run.predictions.astype(str).set_index(key) for run in (saved, mended))
    pd.testing.assert_frame_equal(after.loc[before.index], before)


def test_a_model_that_cannot_take_the_features_is_skipped_with_the_reason(go):
    outcome, saved = go(models=("cnn2d", "knn"), splits=("actor",))
    rows = saved.fits.query("model == 'cnn2d'")
    assert set(rows["status"]) == {"skipped"}
    assert "takes frames" in rows["error"].iloc[0]
    assert outcome.work.failed == 0


def test_speaker_normalisation_uses_no_other_speaker(go, plugin, seen):
    """Each speaker's clips, test speakers' too, have mean 0 and deviation 1 over that speaker's own clips."""
    _, saved = go(**recorder(seen), splits=("loso",), normalize="speaker", fresh=True)
    assert saved.info.normalize == "speaker"
    for record in records(seen):
        held_out = record["X_test"]
        np.testing.assert_allclose(held_out.mean(axis=0), 0, atol=1e-4)
        np.testing.assert_allclose(held_out.std(axis=0), 1, atol=1e-3)


def test_variants_of_a_model_have_their_own_parameters(go):
    table = {"knn-one": {"base": "knn", "parameters": {"n_neighbors": 1}}}
    _, saved = go(models=("knn", "knn-one"), model_tables=table, splits=("actor",))
    parameters = saved.fits.drop_duplicates("model").set_index("model")["parameters"].map(json.loads)
    assert parameters["knn-one"]["n_neighbors"] == 1
    assert parameters["knn"]["n_neighbors"] != 1


@pytest.mark.parametrize(("target", "labels"), [("gender", 2), ("emotion+gender", 6)])
def test_other_targets_can_be_predicted(go, target, labels):
    _, saved = go(models=("majority",), target=target, splits=("actor",))
    assert len(saved.info.corpus.labels) == labels
    assert set(saved.predictions["true"]) == set(saved.info.corpus.labels)


def test_invalid_options_are_refused_before_anything_is_computed(go, tmp_path):
    with pytest.raises(SplitError, match="there are 6\nuse fewer with --folds 6"):
        go(folds=7, store=tmp_path / "new")
    with pytest.raises(UnknownNameError, match="did you mean 'forest'"):
        go(models=("forrest",), store=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_baselines_are_always_included():
    planned = plan.plan_models(Options(models=("svm",)))
    assert {model.name for model in planned} == {"svm", "chance", "majority"}


def test_every_model_accepts_its_default_feature_sets():
    for model in plan.plan_models(Options()):
        assert not model.skipped
        assert features.parse(model.features) == model.sets
