"""Training: the same fit as the benchmark, its manifest, and options that are refused."""

from __future__ import annotations

import csv
import io
import json
import pickle
import re
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile

import ser_bench
from ser_bench import audio, corpora, features, plugins
from ser_bench.audio import conditions
from ser_bench.cli import call
from ser_bench.core.errors import AudioError, ConfigError, CorpusError, ModelFileError, UnknownNameError
from ser_bench.core.options import ModelTable, Options
from ser_bench.core.progress import NoProgress
from ser_bench.deploy import content, describe, load_model, manifest, scores, train
from ser_bench.deploy.file import container
from ser_bench.deploy.serve import openapi, server, worker
from ser_bench.deploy.serve.settings import Settings
from ser_bench.runs import results, runner
from ser_bench.runs.tasks import FitFailure
from ser_bench.splits import Fold
from tests.conftest import clip_table
from tests.deploy.conftest import EMOTIONS, SPEAKERS

RECORDER = Path(__file__).parents[1] / "plugins" / "plugin_recorder.py"


CLASSICAL = ("svm", "lda", "xgboost")


def run_of(options, names, features, folder):
    """Return the options and the results of a run."""
    chosen = options(models=names, features=features, splits=("actor",), folds=3, out=folder)
    return chosen, results.read_run(runner.run(chosen).folder)


@pytest.fixture(scope="module")
def classical_run(options, tmp_path_factory):
    """Return the options and the results of a run of the classical models."""
    return run_of(options, CLASSICAL, "mfcc+chroma", tmp_path_factory.mktemp("run"))


def assert_predicts_as_a_run(run, folder, tmp_path, name):
    """Train without the test speakers of a fold, and compare the predictions for them with those of the run."""
    chosen, saved = run
    rows = saved.predictions.query("model == @name and fold == 0")
    speakers = ",".join(sorted(set(rows["speaker"])))
    file = train.train(chosen, name, tmp_path / "model.ser", NoProgress(), f"actor:{speakers}", score=False)
    paths = saved.clips.set_index("clip").loc[rows["clip"].astype(str), "path"]
    predictions = load_model(tmp_path / "model.ser").predict([folder / path for path in paths])
    p = np.array([list(prediction.probabilities.values()) for prediction in predictions])
    expected = rows[[f"p_{label}" for label in file.info.labels]].to_numpy()
    np.testing.assert_allclose(p, expected, rtol=0, atol=1e-6)
    assert [prediction.label for prediction in predictions] == rows["predicted"].astype(str).tolist()
    fold = saved.fits.query("model == @name and fold == 0").iloc[0]
    assert file.info.held_out.scores["uar"].value == pytest.approx(fold["uar"])
    assert file.info.held_out.scores["accuracy"].value == pytest.approx(fold["accuracy"])


@pytest.mark.parametrize("name", CLASSICAL)
def test_a_trained_model_predicts_as_in_a_run(classical_run, corpus, tmp_path, name):
    assert_predicts_as_a_run(classical_run, corpus.parent, tmp_path, name)


def test_an_ensemble_of_members_with_other_features_predicts_as_in_a_run(options, corpus, tmp_path):
    tables = {
        "lda-chroma": ModelTable(base="lda", parameters={"shrinkage": 0.5}, features="chroma"),
        "both": ModelTable(base="ensemble", parameters={"members": ["ridge", "lda-chroma"], "speeds": []}),
    }
    run = run_of(partial(options, model_tables=tables), ("both",), "mfcc", tmp_path / "run")
    assert_predicts_as_a_run(run, corpus.parent, tmp_path, "both")
    info = load_model(tmp_path / "model.ser").info
    assert [s.name for s in info.features] == ["mfcc", "chroma"]
    assert info.model.parameters["member_plans"]["lda-chroma"]["parameters"]["shrinkage"] == 0.5


@pytest.mark.slow
@pytest.mark.parametrize(("name", "features"), [("mlp-keras", "mfcc"), ("cnn1d", "logmel+prosody"), ("cnn1d", "mfcc")])
def test_a_trained_network_predicts_as_in_a_run(options, corpus, tmp_path, name, features):
    run = run_of(options, (name,), features, tmp_path / "run")
    assert_predicts_as_a_run(run, corpus.parent, tmp_path, name)


def test_samples_give_the_prediction_of_their_file(svm, clip):
    y, sr = soundfile.read(clip, dtype="float32")
    model = load_model(svm)
    assert model.predict((y, sr)) == model.predict(clip) == model.predict([str(clip)])
    stereo = np.stack([y, y], axis=1)
    assert model.predict([(stereo, sr)]) == model.predict(clip)


@pytest.mark.parametrize("y", [np.zeros(16000, np.float32), np.ones(9, np.float32), np.ones(16000, np.int16)])
def test_silent_short_and_integer_samples_are_refused(svm, y):
    with pytest.raises(AudioError):
        load_model(svm).predict((y, 16000))


def test_the_manifest_describes_the_model(svm):
    info = load_model(svm).info
    assert info.labels == ["neutral", "happy", "sad"]
    assert (info.model.name, info.target, info.rate) == ("svm", "emotion", None)
    assert info.speeds == info.model.parameters["speeds"] != []
    assert [s.name for s in info.features] == ["mfcc"]
    assert (info.corpus.clips, info.corpus.speakers) == (24, 4)
    assert info.corpus.by_label == {label: {"clips": 8, "speakers": 4} for label in info.labels}
    assert (info.held_out.speakers, info.held_out.clips) == (["S01", "S02"], 12)
    uar = info.held_out.scores["uar"]
    assert list(uar.by_speaker) == ["S01", "S02"]
    assert min(uar.by_speaker.values()) <= uar.value <= max(uar.by_speaker.values())
    assert "scikit-learn" in info.versions


def test_clips_held_out_for_early_stopping_are_not_called_training_clips(svm):
    clips = clip_table(speakers=6).set_index("clip", drop=False)
    data = SimpleNamespace(clips=clips, labels=("neutral", "happy", "sad"), fingerprint="")
    fit = SimpleNamespace(fold=Fold(tuple(clips.index), ()))
    opened = SimpleNamespace(corpus=corpora.CORPORA["demo"], name="demo", title="demo")
    counts = content._corpus_info(fit, data, opened, (clips["speaker"] != "s00").to_numpy())
    assert (counts["clips"], counts["speakers"], counts["stopping_clips"]) == (30, 5, 6)
    assert counts["by_label"]["sad"] == {"clips": 10, "speakers": 5}
    info = load_model(svm).info
    info = info.model_copy(update={"corpus": info.corpus.model_copy(update={"stopping_clips": 6})})
    assert "24 clips by 4 speakers (voices), 6 more for early stopping" in "\n".join(describe.about(info))


def test_the_same_training_writes_the_same_bytes(options, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    files = [tmp_path / "one.ser", tmp_path / "two.ser"]
    for path in files:
        train.train(options(), "tree", path, NoProgress(), score=False)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_without_a_score_the_file_says_so(options, tmp_path):
    info = train.train(options(), "tree", tmp_path / "t.ser", NoProgress(), score=False).info
    assert (info.held_out, info.cross_validation) == (None, None)
    assert describe.scores(info) == {"score": "none (--no-score); ser-bench run measures it"}
    assert (info.corpus.clips, info.corpus.speakers) == (len(SPEAKERS) * len(EMOTIONS) * 2, len(SPEAKERS))


def test_two_held_out_speakers_have_a_score_each_and_no_interval(svm):
    """Percentiles of two speakers' draws, shown before, contained the true score half of the time."""
    info = load_model(svm).info
    uar = info.held_out.scores["uar"]
    assert (uar.low, uar.high) == (None, None)
    text = describe.scores(info)["held out"]
    assert f"(by speaker {', '.join(f'{100 * value:.1f}' for value in uar.by_speaker.values())})" in text
    assert "interval" not in text
    assert "[" not in text


def test_brackets_of_a_score_are_explained(svm):
    info = load_model(svm).info
    scores = {
        name: score.model_copy(update={"low": 0.25, "high": 0.75}) for name, score in info.held_out.scores.items()
    }
    held_out = info.held_out.model_copy(update={"scores": scores})
    text = describe.scores(info.model_copy(update={"held_out": held_out}))["held out"]
    assert "[25.0, 75.0] (95 % intervals over speakers) on " in text


HEARD = ModelTable(base="lda", parameters={"conditions": ["phone"]})
"""A model that is also trained on copies of telephone speech."""


@pytest.fixture(scope="module")
def scored(options, tmp_path_factory):
    """Return a store, and the manifest of a model that was trained with a score in it."""
    store = tmp_path_factory.mktemp("store")
    chosen = options(store=store, conditions=("phone", "white-0", "level-3"), model_tables={"lda-phone": HEARD})
    file = train.train(chosen, "lda-phone", store / "m.ser", NoProgress())
    return store, file.info


def test_the_score_is_that_of_a_run_with_the_same_store(options, scored, tmp_path):
    """The run finds every fit of the cross-validation in the store."""
    store, info = scored
    chosen = options(store=store, models=("lda-phone",), model_tables={"lda-phone": HEARD}, splits=("actor",))
    outcome = runner.run(
        chosen.model_copy(update={"conditions": ("phone", "white-0", "level-3"), "out": tmp_path / "run"})
    )
    fits = outcome.saved.fits.query("model == 'lda-phone'")
    assert outcome.work.reused == len(fits) == info.cross_validation.folds == 6
    predictions = outcome.saved.predictions.query("model == 'lda-phone'")
    right = predictions["true"].astype(str) == predictions["predicted"].astype(str)
    scores = info.cross_validation.scores
    assert scores["accuracy"].value == pytest.approx(right.mean())
    assert (info.cross_validation.speakers, info.cross_validation.clips) == (6, 36)
    p_true = [row[f"p_{row['true']}"] for _, row in predictions.iterrows()]
    assert scores["log_loss"].value == pytest.approx(-np.log(p_true).mean(), rel=1e-4)
    assert scores["uar"].low < scores["uar"].value < scores["uar"].high
    assert set(scores["coverage"].by_speaker) == set(SPEAKERS)
    assert scores["coverage"].value > 0.7  # 0.9 on average over corpora; 36 clips deviate
    assert np.mean(list(scores["coverage"].by_speaker.values())) == pytest.approx(scores["coverage"].value)
    rows = outcome.saved.under_conditions.query("model == 'lda-phone'")
    for tested in info.conditions.tested[1:]:
        under = rows[rows["condition"] == tested.name]
        right = under["true"].astype(str) == under["predicted"].astype(str)
        assert tested.uar == pytest.approx(right.groupby(under["true"].astype(str)).mean().mean())
        assert tested.clips == len(under) == 36
        assert tested.low <= tested.uar <= tested.high


@dataclass(frozen=True)
class Planned:
    """A planned fit."""

    fold: Fold


def test_clips_that_a_condition_cannot_change_do_not_count():
    """Answers are those of the changed test clips, in the order of the fold."""
    rows = [("a", "sad"), ("a", "happy"), ("b", "sad"), ("b", "happy"), ("b", "sad")]
    clips = pd.DataFrame(rows, columns=["speaker", "label"], index=[f"c{k}" for k in range(5)])
    data = SimpleNamespace(
        clips=clips,
        labels=("happy", "sad"),
        is_changed=lambda name: np.array([True, False, True, True, True]),
        row_numbers=lambda keys: np.array([int(key[1]) for key in keys]),
    )

    def tested(keys, predicted):
        return Planned(Fold((), tuple(keys))), SimpleNamespace(
            conditions={"phone": SimpleNamespace(predicted=np.array(predicted))}
        )

    first, second = tested(["c1", "c0"], ["sad"]), tested(["c4", "c3", "c2"], ["sad", "happy", "happy"])
    results = dict([first, second])
    measured = scores._under_condition("phone", results, data)
    assert (measured["name"], measured["clips"]) == ("phone", 4)
    assert measured["uar"] == pytest.approx((1 + 2 / 3) / 2)
    assert scores._under_condition("white-0", results, data) is None


def test_the_file_describes_the_tested_conditions_without_inaudible_changes(scored):
    clean, white, phone = scored[1].conditions.tested
    assert (clean.name, phone.name, white.name) == ("clean", "phone", "white-0")
    assert clean.uar == scored[1].cross_validation.scores["uar"].value
    assert (phone.family, phone.phrase, phone.heard) == ("telephone", "on the telephone", True)
    assert (white.family, white.heard) == ("noise", False)
    assert phone.recognisable
    assert phone.sound.rates == [8000]
    assert phone.sound.clips == 36


def test_a_model_says_what_it_was_tested_under(scored):
    info = scored[1]
    assert re.fullmatch(
        r"tested under 2 recording conditions: UAR from [\d.]+ % \((phone|white-0)\) to [\d.]+ % \((phone|white-0)\)",
        describe.scores(info)["conditions"],
    )
    noise, telephone, note = describe.by_condition(info)
    assert re.fullmatch(r"noise: white-0 [\d.]+ %", noise)
    assert re.fullmatch(r"telephone•: phone [\d.]+ %", telephone)
    assert note.startswith("•")
    lines = describe.about(info)
    trained = next(line for line in lines if line.startswith("trained on: "))
    assert trained.endswith(", also at speeds 0.85, 1.17 and under phone")
    first = next(k for k, line in enumerate(lines) if line.startswith("by condition: "))
    assert [line[15:] for line in lines[first : first + 3]] == [noise, telephone, note]


def test_predictions_name_the_condition_that_a_clip_sounds_like(scored, clip):
    model = load_model(scored[0] / "m.ser")
    y, sr = audio.load(clip)
    as_recorded = (y, sr)
    sounds = [as_recorded, *(conditions.get(name).apply(y, sr) for name in ("phone", "white-0", "clipped"))]
    clean, phone, white, clipped = model.predict(sounds)
    nearest = [prediction.condition for prediction in (clean, phone, white, clipped)]
    assert [(near.condition.name, near.like) for near in nearest[:3]] == [
        ("clean", True),
        ("phone", True),
        ("white-0", True),
    ]
    assert not nearest[3].like
    assert not any("sounds like" in text or "unlike every" in text for text in clean.warnings)
    assert phone.warnings[0].startswith("sounds like speech on the telephone: UAR ")
    assert white.reasons[0].startswith("sounds like speech in white noise at 0 dB SNR: UAR ")
    assert clipped.reasons[0].startswith("unlike every recording condition that the model was tested under ")
    assert "at the peak" in clipped.reasons[0]
    assert not any("clipped" in text or "quiet parts" in text for text in (*clipped.warnings, *white.warnings))


def test_programs_get_the_condition_and_its_score(scored, clip, tmp_path, capsys):
    file, path = scored[0] / "m.ser", tmp_path / "phone.wav"
    soundfile.write(path, *conditions.get("phone").apply(*audio.load(clip)))
    phone = scored[1].conditions.tested[2]
    named = {"name": "phone", "speech": "speech on the telephone", "like": True}
    values = {**named, **{name: getattr(phone, name) for name in ("uar", "low", "high", "heard")}}
    assert call(["predict", str(file), str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["condition"] == values
    assert call(["predict", str(file), str(path), "--csv"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    cells = [row["condition"], row["condition_like"], float(row["condition_uar"])]
    assert cells == ["phone", "true", pytest.approx(phone.uar)]
    assert call(["predict", str(file), str(path), "--json", "--window", "1"]) == 0
    assert {window["condition"] for window in json.loads(capsys.readouterr().out)} == {None}


def test_the_service_describes_the_condition_of_its_answers(scored, clip):
    answer = worker._predict(load_model(scored[0] / "m.ser"), clip.read_bytes(), 60.0, 0.9)
    schema = openapi.describe(scored[1], Settings(Path("m.ser")))["components"]["schemas"]["Answer"]
    condition = schema["properties"]["condition"]["oneOf"][0]
    assert condition["required"] == list(answer["condition"])
    assert condition["properties"]["name"]["enum"] == ["clean", "white-0", "phone"]
    untested = openapi.describe(scored[1].model_copy(update={"conditions": None}), Settings(Path("m.ser")))
    assert untested["components"]["schemas"]["Answer"]["properties"]["condition"]["type"] == "null"


def test_a_file_whose_conditions_do_not_fit_together_is_refused(scored, tmp_path):
    content, members = container.read(scored[0] / "m.ser")
    content["conditions"]["tested"][2]["sound"]["centre"]["pitch"] = 1.0
    container.write(tmp_path / "m.ser", {k: v for k, v in content.items() if k not in ("format", "members")}, members)
    with pytest.raises(
        ModelFileError, match=r"m\.ser is refused: the descriptors of the condition 'phone' are inconsistent"
    ):
        load_model(tmp_path / "m.ser")


@pytest.mark.parametrize(("field", "value"), [("uar", 1.5), ("clips", 0), ("phrase", "x" * 201), ("heard", "yes")])
def test_an_invalid_score_of_a_condition_is_refused(scored, field, value):
    content = scored[1].model_dump()
    content["conditions"]["tested"][1][field] = value
    with pytest.raises(ModelFileError, match=f"invalid value for conditions.tested.1.{field}"):
        manifest.validate(content, Path("m.ser"))


def test_without_a_score_conditions_are_not_computed(options, tmp_path):
    chosen = options(store=tmp_path / "store", conditions=("phone",))
    warnings = []
    progress = NoProgress()
    progress.warning = warnings.append
    info = train.train(chosen, "lda", tmp_path / "m.ser", progress, score=False).info
    assert warnings == ["conditions are tested with a score only; --no-score leaves them out"]
    assert info.conditions is None
    assert not list((tmp_path / "store").rglob("*phone*"))
    assert "conditions" not in describe.scores(info)


def test_the_description_says_what_was_scored(scored):
    _, info = scored
    lines = describe.scores(info)
    assert "cross-validated on new speakers: 6 speakers in 6 folds, models trained on 5/6 of them" in lines["score"]
    assert re.fullmatch(r"[\d.]+ % \[.*\] of the 90 % sets hold the true label; .* on average", lines["sets"])
    assert re.search(
        r"calibrated on \d+ held-out clips of \d speakers .*; ECE .* %.*; log loss", describe.probabilities(info)
    )


def test_with_held_out_speakers_the_others_are_cross_validated(options, tmp_path):
    info = train.train(options(), "tree", tmp_path / "t.ser", NoProgress(), "actor:S01").info
    assert (info.held_out.speakers, info.cross_validation.speakers) == (["S01"], 5)
    entries = describe.scores(info)
    assert list(entries) == ["score", "sets", "conditions", "held out"]
    assert entries["conditions"] == "tested on clean speech only; --conditions phone,noise tests others"
    assert describe.by_condition(info) == []


@pytest.mark.parametrize("speaker", ["", "S01"])
def test_one_or_unknown_speakers_give_no_score_but_a_reason(options, corpus, tmp_path, speaker):
    table = pd.read_csv(corpus).assign(
        speaker=speaker, gender="", path=lambda t: [str(corpus.parent / p) for p in t["path"]]
    )
    table.to_csv(tmp_path / "one.csv", index=False)
    info = train.train(options(corpus=str(tmp_path / "one.csv")), "lda", tmp_path / "l.ser", NoProgress()).info
    assert info.cross_validation is None
    assert "speaker" in info.no_score
    assert describe.scores(info)["score"].startswith(f"none ({info.no_score})")
    assert info.novelty is None


def test_a_failed_fit_gives_no_score_but_a_reason(monkeypatch, options, tmp_path):
    def fail(planned, *_):
        return {fit: FitFailure("failed", "out of memory") for fit in planned}, None

    monkeypatch.setattr(scores, "carry_out_fits", fail)
    info = train.train(options(), "tree", tmp_path / "t.ser", NoProgress()).info
    assert info.no_score == "6 of 6 fits failed (out of memory)"


def test_a_single_held_out_speaker_has_a_score_without_an_interval(options, tmp_path):
    held_out = train.train(options(), "tree", tmp_path / "t.ser", NoProgress(), "actor:S03", score=False).info.held_out
    assert (held_out.speakers, held_out.scores["uar"].low, held_out.scores["accuracy"].high) == (["S03"], None, None)


def test_classes_that_only_held_out_speakers_have_are_named():
    labels = pd.Series({"a": "sad", "b": "happy", "c": "disgust", "d": "sad"})
    assert not train.unlearned_classes_warning(labels, Fold(("a", "b", "c"), ("d",)))
    assert "have clips of disgust" in train.unlearned_classes_warning(labels, Fold(("a", "b"), ("c", "d")))


def test_clips_are_resampled_to_the_rate_of_the_model(options, tmp_path, clip):
    train.train(options(sample_rate=8000), "lda", tmp_path / "l.ser", NoProgress(), score=False)
    model = load_model(tmp_path / "l.ser")
    assert (model.info.rate, {s.rate for s in model.sets}) == (8000, {8000})
    assert model.predict(clip)[0].label in model.labels


def test_a_model_can_predict_gender(options, tmp_path, clip):
    train.train(options(target="gender"), "lda", tmp_path / "g.ser", NoProgress(), score=False)
    assert load_model(tmp_path / "g.ser").predict(clip)[0].label in ("female", "male")


def test_a_model_of_a_plugin_whose_class_is_not_listed_is_refused_before_the_corpus_is_read(options, tmp_path):
    plugins.load(RECORDER)
    with pytest.raises(ModelFileError, match=r"models of ser-bench only; list its classes in Model\(classes=...\)"):
        train.train(options(corpus="nowhere.csv"), "recorder", tmp_path / "x.ser", NoProgress(), score=False)
    assert list(tmp_path.iterdir()) == []


PLUGIN = """
import kit_estimator
import numpy as np
from kit_estimator import Nearest
from ser_bench.features.base import FeatureSet
from ser_bench.models.base import EstimatorClass, Model

def compute(analysis):
    return np.array([len(analysis.y), np.abs(analysis.y).mean()], dtype=np.float32)

SET = FeatureSet(name="simple", kind="vector", summary="", source="", columns=("a", "b"), compute=compute)
NEAREST = Model(
    name="nearest", summary="", kind="classical", features="simple", build=lambda seed: Nearest(1),
    classes=(EstimatorClass(path="kit_estimator:Nearest"),),
)
OWN = Model(
    name="own", summary="", kind="classical", features="simple", build=lambda seed: Nearest(1),
    classes=(EstimatorClass(path="ser_bench_plugin_simple:Nearest"),),
)
AVERAGING = Model(
    name="averaging", summary="", kind="classical", features="simple", build=lambda seed: kit_estimator.Averaging(1),
    classes=(EstimatorClass(path="kit_estimator:Averaging"),),
)
"""
HELPER = """
from sklearn.neighbors import KNeighborsClassifier

class Nearest(KNeighborsClassifier):
    pass

class Averaging(Nearest):
    def predict_proba(self, X):
        p = super().predict_proba(X)
        return (p + p.mean(axis=0)) / 2
"""


@pytest.fixture
def simple(tmp_path, monkeypatch) -> Path:
    """A plugin with a feature set, and with a model whose class is in a helper module."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "kit_estimator.py").write_text(HELPER)
    (tmp_path / "simple.py").write_text(PLUGIN)
    yield tmp_path / "simple.py"
    sys.modules.pop("kit_estimator", None)


def test_files_with_a_plugins_feature_set_are_read_with_the_plugin(options, tmp_path, simple, clip, capsys):
    file = str(tmp_path / "x.ser")
    with plugins.registered(plugins.read(simple)):
        train.train(options(features="simple"), "tree", tmp_path / "x.ser", NoProgress(), score=False)
    assert call(["predict", file, str(clip), "--json"]) == 2
    assert "needs the feature set 'simple' of a plugin; name its file with --plugin" in capsys.readouterr().err
    assert call(["predict", file, str(clip), "--json", "--plugin", str(simple)]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["emotion"] == ser_bench.load_model(file, plugin=simple).predict(clip)[0].label
    simple.write_text(PLUGIN + "# changed")
    assert call(["predict", file, str(clip), "--plugin", str(simple)]) == 2
    assert "another version of the plugin that defines simple; train it again" in capsys.readouterr().err


def test_workers_of_the_service_register_the_plugin(simple, monkeypatch):
    started = []
    monkeypatch.setattr(server, "serve", lambda settings, announce: started.append(settings))
    monkeypatch.setattr(features, "FEATURE_SETS", dict(features.FEATURE_SETS))
    assert call(["serve", "x.ser", "--plugin", str(simple)]) == 0
    assert "simple" not in features.FEATURE_SETS
    pickle.loads(pickle.dumps(started[0].prepare))()
    assert "simple" in features.FEATURE_SETS


def test_a_class_of_the_plugin_file_itself_is_refused_before_the_fit(options, tmp_path, simple):
    refused = pytest.raises(ModelFileError, match="defines Nearest; define it in a module that the plugin imports")
    with plugins.registered(plugins.read(simple)), refused:
        train.train(options(corpus="nowhere.csv"), "own", tmp_path / "x.ser", NoProgress(), score=False)


def test_a_plugins_model_is_saved_with_the_classes_that_it_lists(options, tmp_path, simple, clip):
    with plugins.registered(plugins.read(simple)):
        train.train(options(features="mfcc"), "nearest", tmp_path / "x.ser", NoProgress(), score=False)
    with pytest.raises(ModelFileError, match="unknown class 'Nearest'\nthe model nearest is of a plugin; name it with"):
        load_model(tmp_path / "x.ser")
    assert ser_bench.load_model(tmp_path / "x.ser", simple).predict(clip)[0].label in EMOTIONS
    simple.write_text(PLUGIN + "# changed")
    with pytest.raises(ModelFileError, match="another version of the plugin that defines nearest"):
        ser_bench.load_model(tmp_path / "x.ser", simple)


@pytest.mark.parametrize(
    ("hold_out", "score"), [pytest.param("", True, marks=pytest.mark.slow), ("actor:S01,S02", False)]
)
def test_a_model_that_uses_the_other_test_clips_has_no_score_but_a_reason(options, tmp_path, simple, hold_out, score):
    """A file predicts single clips, so a score on clips that are predicted together would not hold."""
    chosen = options(features="mfcc", store=tmp_path / "store")
    with plugins.registered(plugins.read(simple)):
        info = train.train(chosen, "averaging", tmp_path / "x.ser", NoProgress(), hold_out, score=score).info
    assert (info.cross_validation, info.held_out) == (None, None)
    assert describe.scores(info)["score"].startswith("none (the model is transductive")


@pytest.mark.parametrize(
    ("changes", "name", "hold_out", "error", "reason"),
    [
        ({"normalize": "speaker"}, "svm", "", ConfigError, "needs all clips of a speaker"),
        ({}, "smv", "", UnknownNameError, "did you mean 'svm'"),
        ({}, "cnn2d", "", ConfigError, "takes frames, not vector"),
        ({}, "svm", "actor:S99", UnknownNameError, "unknown speaker 'S99'"),
        ({}, "svm", "S01", ConfigError, "actor:01,02"),
        ({}, "svm", "actor:", ConfigError, "actor:01,02"),
        ({}, "svm", "actor:" + ",".join(SPEAKERS), ConfigError, "fewer than two classes"),
        ({"emotions": ("sad",)}, "svm", "", CorpusError, "at least two classes"),
    ],
)
def test_an_invalid_request_is_an_error_and_writes_no_file(options, tmp_path, changes, name, hold_out, error, reason):
    with pytest.raises(error, match=reason):
        train.train(options(**changes), name, tmp_path / "x.ser", NoProgress(), hold_out, score=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("use", [("svm",), ("svm", "majority"), ("lda-robust",)])
def test_the_only_model_of_a_configuration_is_trained_without_being_named(use):
    assert train.only_model(Options(models=use)) == use[0]


@pytest.mark.parametrize(
    ("use", "choice"),
    [
        (("all",), "such as ensemble"),
        (("lda", "lda-robust", "knn"), "lda, lda-robust or knn"),
        (("majority",), "majority"),
    ],
)
def test_several_models_or_none_need_a_name(use, choice):
    with pytest.raises(ConfigError, match=f"a file holds one model; name it with --model: {choice}"):
        train.only_model(Options(models=use))


def test_a_file_that_cannot_be_written_is_an_error_before_the_fit(options, tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "x.ser", tmp_path):
        with pytest.raises(ModelFileError, match="cannot write"):
            train.train(options(corpus="nowhere.csv"), "svm", path, NoProgress(), score=False)
