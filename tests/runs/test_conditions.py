"""Runs under recording conditions: one training, cached predictions, clips that a condition cannot change."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser_bench import features, plugins
from ser_bench.audio import conditions, load
from ser_bench.cli import call
from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.core.options import Options
from ser_bench.runs import plan, results, runner, tasks
from ser_bench.runs.condition_cache import ConditionCache, ConditionTest
from ser_bench.runs.fit import ChangedAnswers
from tests.conftest import clip_table
from tests.runs.in_process import no_workers
from tests.runs.planned import Planned, make_data
from tests.runs.test_runner import PLUGIN, recorder, records

SR = 8000
MFCC = features.FEATURE_SETS["mfcc"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Tones of four speakers and two emotions as a manifest; the clip d-sad-1 has 0.6 s, the others 1.5 s."""
    folder = tmp_path_factory.mktemp("tones")
    rows = []
    for number, speaker in enumerate("abcd"):
        for emotion, hz in (("happy", 900), ("sad", 300)):
            for take in range(2):
                name, short = f"{speaker}-{emotion}-{take}", (speaker, emotion, take) == ("d", "sad", 1)
                t = np.arange(round((0.6 if short else 1.5) * SR)) / SR
                y = np.sin(2 * np.pi * (hz + 20 * number + 7 * take) * t) * np.abs(np.sin(2 * np.pi * 3 * t))
                soundfile.write(folder / f"{name}.wav", 0.3 * y, SR)
                rows.append((f"{name}.wav", speaker, emotion))
    pd.DataFrame(rows, columns=["path", "speaker", "emotion"]).to_csv(folder / "tones.csv", index=False)
    return folder / "tones.csv"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One store for the module, so that features are extracted once."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def seen(tmp_path):
    """The folder in which the model ``recorder`` saves what it sees; of several predictions the last one."""
    folder = tmp_path / "seen"
    folder.mkdir()
    return folder


@pytest.fixture
def go(corpus, store, tmp_path):
    """Return ``go(**options)``, which runs without worker processes and returns the outcome and the saved run."""

    def run(**options):
        chosen = {"corpus": str(corpus), "features": "mfcc", "models": ("knn",), "folds": 2, "splits": ("actor",)}
        with no_workers():
            outcome = runner.run(Options(**(chosen | {"store": store, "out": tmp_path / "out"} | options)))
        return outcome, results.read_run(outcome.folder)

    return run


def labels_of(run) -> pd.Series:
    key = ["model", "fold", "condition", "clip"]
    return run.under_conditions.astype(dict.fromkeys(("model", "condition", "clip", "predicted"), "str")).set_index(
        key
    )["predicted"]


def test_each_model_is_trained_once_and_predicts_the_features_of_changed_clips(go, seen, corpus):
    plugins.load(PLUGIN)
    _, run = go(**recorder(seen), conditions=("phone", "white-10"), fresh=True)
    assert len(records(seen)) == 2
    assert run.under_conditions.groupby(["model", "condition"], observed=True).size().to_dict() == {
        (model, name): 16 for model in ("recorder", "chance", "majority") for name in ("white-10", "phone")
    }
    phone = MFCC.under(conditions.get("phone"))
    expected = {features.compute([phone], *load(path))[phone.name].tobytes() for path in corpus.parent.glob("*.wav")}
    last = [{row.tobytes() for row in record["X_test"]} for record in records(seen)]
    assert set.union(*last) == expected
    assert not set.intersection(*last)


def test_training_copies_under_conditions_follow_the_training_clips(go, seen, corpus):
    plugins.load(PLUGIN)
    options = recorder(seen)
    options["model_tables"]["recorder"]["parameters"] |= {"speeds": [0.9], "conditions": ["phone"]}
    _, run = go(**options, fresh=True)
    changed = MFCC.under(conditions.get("phone"))
    values = [features.compute([MFCC, changed], *load(path)) for path in corpus.parent.glob("*.wav")]
    phone = {value["mfcc"].tobytes(): value[changed.name].tobytes() for value in values}
    for record in records(seen):
        third = len(record["X"]) // 3
        rows = [row.tobytes() for row in record["X"]]
        assert rows[2 * third :] == [phone[row] for row in rows[:third]]
        assert not {phone[row.tobytes()] for row in record["X_test"]} & set(rows)
    assert run.info.trained_under == {"recorder": {"phone": "telephone"}}


def test_a_further_condition_keeps_the_fit_and_the_other_conditions(go, tmp_path):
    own = {"store": tmp_path / "store"}
    first = go(conditions=("phone",), **own)[1]
    outcome, second = go(conditions=("phone", "white-10"), out=tmp_path / "second", **own)
    assert outcome.work.computed == 6
    pd.testing.assert_series_equal(second.fits["fit_seconds"], first.fits["fit_seconds"])
    before, after = labels_of(first), labels_of(second)
    pd.testing.assert_series_equal(after[after.index.isin(before.index)].sort_index(), before.sort_index())
    third = {"conditions": ("white-10",), "out": tmp_path / "third", **own}
    assert go(**third)[0].work.computed == 0
    assert go(**third)[0].unchanged


def test_all_conditions_are_those_of_one_training(go, seen, tmp_path):
    """The model, which predicts one class, trains again for a further condition and then predicts another one."""
    plugins.load(PLUGIN)
    options = {**recorder(seen, "fickle"), "store": tmp_path / "store"}
    predicted = []
    for number, names in enumerate([("phone",), ("phone", "white-10"), ("phone",)]):
        _, run = go(**options, conditions=names, out=tmp_path / str(number))
        rows = [frame[frame["model"] == "fickle"]["predicted"] for frame in (run.predictions, run.under_conditions)]
        predicted.append([set(part.astype(str)) for part in rows])
    assert predicted == [[{"happy"}, {"happy"}], [{"sad"}, {"sad"}], [{"sad"}, {"sad"}]]


def test_predictions_do_not_depend_on_the_order_of_conditions_or_on_the_cache(go, tmp_path):
    one = go(conditions=("white-10", "phone"), fresh=True)[1]
    other = go(conditions=("phone", "white-10", "clean"), fresh=True, out=tmp_path / "other")[1]
    pd.testing.assert_frame_equal(one.under_conditions, other.under_conditions)
    cached = go(conditions=("phone", "white-10"), out=tmp_path / "cached")[1]
    pd.testing.assert_frame_equal(one.under_conditions, cached.under_conditions)


def test_a_clip_that_is_too_short_misses_under_that_condition_alone_and_is_named(go):
    _, run = go(conditions=("middle-1", "phone"))
    counts = run.under_conditions.groupby(["model", "condition"], observed=True).size()
    assert counts["knn", "middle-1"] == 15
    assert counts["knn", "phone"] == len(run.clips) == 16
    (row,) = run.losses.to_dict("records")
    assert (row["kind"], row["name"]) == ("changed clip", "d-sad-1.wav")
    assert row["reason"].startswith("not tested under middle-1: ")


def test_a_copy_that_cannot_be_made_is_the_clip_as_recorded(go, seen, corpus):
    plugins.load(PLUGIN)
    options = recorder(seen)
    options["model_tables"]["recorder"]["parameters"] |= {"conditions": ["middle-1"]}
    go(**options, fresh=True)
    short = features.compute([MFCC], *load(corpus.parent / "d-sad-1.wav"))["mfcc"].tobytes()
    counts = sorted([row.tobytes() for row in record["X"]].count(short) for record in records(seen))
    assert counts == [0, 2]


def test_a_run_that_no_longer_tests_a_condition_keeps_the_earlier_one(go, tmp_path):
    go(conditions=("phone",))
    go()
    earlier = results.read_run(tmp_path / "out-earlier-1")
    assert [condition.name for condition in earlier.info.conditions] == ["phone"]


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        (("phon",), UnknownNameError, "did you mean 'phone'"),
        (("white-loud",), ConfigError, "expected a number of dB SNR after white-, such as white-20"),
        (("white-900",), ConfigError, "expected -20 to 60 dB SNR"),
    ],
)
def test_a_wrong_condition_is_refused_before_any_file_is_opened(names, error, message):
    with pytest.raises(error, match=message):
        plan.check_names(Options(conditions=names, corpus="missing.csv"))
    table = {"lda": {"base": "lda", "parameters": {"conditions": list(names)}}}
    with pytest.raises(error, match=f"conditions of model 'lda': .*{message}"):
        plan.check_names(Options(models=("lda",), model_tables=table))


def test_a_condition_whose_program_is_missing_is_an_error_by_name_and_left_out_of_a_family(monkeypatch):
    monkeypatch.setattr(plan, "_missing", lambda condition: "no coder" if condition.name == "phone" else "")
    with pytest.raises(ConfigError, match="condition 'phone' cannot be tested here: no coder"):
        plan.tested_conditions(Options(conditions=("phone",)))
    monkeypatch.setattr(plan, "_missing", lambda condition: "no coder" if condition.kind.name == "amr" else "")
    with pytest.raises(ConfigError, match="condition 'amr' cannot be tested here: no coder"):
        plan.tested_conditions(Options(conditions=("amr",)))
    monkeypatch.setattr(plan, "_missing", lambda condition: "no coder" if condition.name == "phone" else "")
    tested = plan.tested_conditions(Options(conditions=("telephone",)))
    assert [condition.name for condition in tested] == ["phone-alaw", "wideband"]
    assert plan.missing_conditions(Options(conditions=("telephone",))) == {"phone": "no coder"}
    table = {"x": {"base": "lda", "parameters": {"conditions": ["phone"]}}}
    with pytest.raises(ConfigError, match="model 'x' cannot be trained under 'phone' here: no coder"):
        plan.plan_models(Options(models=("x",), model_tables=table))


def test_damaged_predictions_under_conditions_are_computed_again(go, tmp_path):
    store = tmp_path / "store"
    before = go(conditions=("phone",), store=store)[1]
    for saved in (store / "conditions").rglob("*.npz"):
        saved.write_bytes(saved.read_bytes()[:90])
    assert any(ConditionCache(store).verify())
    outcome, after = go(conditions=("phone",), store=store, out=tmp_path / "again")
    assert outcome.work.computed == 6
    pd.testing.assert_frame_equal(before.under_conditions, after.under_conditions)
    assert not any(ConditionCache(store).verify())


def test_predictions_of_other_features_clips_or_labels_are_not_taken(tmp_path):
    cache, labels = ConditionCache(tmp_path), ("happy", "sad")
    answers = ChangedAnswers(np.array(["sad", "happy"]), np.array([[0.25, 0.75], [0.5, 0.5]], dtype=np.float32))
    cache.save("ab" * 32, {"phone": answers}, {"phone": ConditionTest("x", 2)}, labels)
    loaded = cache.load("ab" * 32, {"phone": ConditionTest("x", 2)}, labels)["phone"]
    assert loaded.predicted.tolist() == ["sad", "happy"]
    np.testing.assert_array_equal(loaded.probabilities, answers.probabilities)
    for test in (ConditionTest("y", 2), ConditionTest("x", 3)):
        assert cache.load("ab" * 32, {"phone": test}, labels) == {}
    assert cache.load("ab" * 32, {"phone": ConditionTest("x", 2)}, ("calm", "sad")) == {}


def test_the_model_gets_changed_clips_in_the_order_of_the_clips_as_recorded(go, monkeypatch):
    built = []
    make_task = tasks.make_task
    monkeypatch.setattr(tasks, "make_task", lambda *args: built.append(make_task(*args)) or built[-1])
    go(conditions=("middle-1",), models=("majority",), fresh=True)
    for task in built:
        positions = task.conditions["middle-1"].positions
        assert len(positions) in (len(task.test) - 1, len(task.test))
        assert (np.diff(positions) > 0).all()


def test_extract_computes_features_under_conditions_which_a_run_then_finds(corpus, tmp_path, capsys):
    options = ["--corpus", str(corpus), "--store", str(tmp_path / "store"), "--features", "mfcc"]
    with no_workers():
        assert call(["extract", *options, "--conditions", "phone,white-10"]) == 0
        assert "mfcc (40) and under 2 recording conditions: 16 computed" in capsys.readouterr().out
        assert call(["extract", *options, "--conditions", "phone"]) == 0
    assert "0 computed, 16 in the store before" in capsys.readouterr().out


def test_speakers_are_standardised_by_their_own_clips_under_the_same_condition(tmp_path, monkeypatch):
    data = replace(make_data(clip_table(speakers=3), ("neutral", "happy", "sad")), normalize="speaker")
    phone, rng = conditions.get("phone"), np.random.default_rng(0)
    sets, changed = (MFCC,), (MFCC.under(phone),)
    values = {own: rng.normal(level, 2.0, (len(data.clips), 3)) for own, level in ((sets, 5.0), (changed, -3.0))}
    monkeypatch.setattr(tasks, "assemble", lambda clips, own, store: values[own])
    fit = Planned(model=SimpleNamespace(sets=sets, all_sets=(sets,), tested_sets={phone: changed}))
    with tasks.map_matrices({fit: ("phone",)}, data, tmp_path) as paths:
        for own in (sets, changed):
            X = np.load(paths[own])
            for speaker in np.unique(data.groups):
                rows = X[data.groups == speaker]
                np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-6)
                np.testing.assert_allclose(rows.std(axis=0), 1, atol=1e-6)
