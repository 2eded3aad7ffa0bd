"""What models take from their feature sets: members of ensembles with their own sets, and layers of networks."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest

from ser_bench import models
from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.core.options import ModelTable, Options
from ser_bench.features import FEATURE_SETS
from ser_bench.runs import keys, plan
from ser_bench.splits import Fold


def table(base, features=None, **parameters):
    return ModelTable(base=base, parameters=parameters, features=features)


TABLES = {
    "lda-mfcc": table("lda", "mfcc", shrinkage=0.5),
    "both": table("ensemble", members=["lda", "lda-mfcc"]),
}


def planned(name, tables=TABLES, available=None, **options):
    chosen = Options(models=(name,), model_tables=tables, **options)
    return next(model for model in plan.plan_models(chosen, available) if model.name == name)


def test_members_that_are_registered_models_need_no_plan():
    """The ensemble of every earlier configuration is built as before."""
    for model in (planned("ensemble"), planned("ensemble", features="mfcc+chroma")):
        assert model.definition.bound == {}
    assert planned("ensemble", features="mfcc+chroma").features == "mfcc+chroma"


def test_an_ensemble_gets_the_union_of_the_sets_of_its_members():
    model = planned("both", features="chroma+mfcc")
    assert model.features == "chroma+mfcc"
    widths = [FEATURE_SETS[name].dimension for name in ("chroma", "mfcc")]
    plans = model.definition.bound["member_plans"]
    assert plans["lda"]["columns"] == []
    assert plans["lda-mfcc"]["columns"] == [[widths[0], sum(widths)]]
    assert plans["lda-mfcc"]["parameters"]["shrinkage"] == 0.5
    assert plans["lda"]["parameters"]["shrinkage"] == models.get("lda").parameters["shrinkage"]
    assert planned("both").features == "functionals+mfcc"
    assert len(model.augmented_sets) == len(models.get("ensemble").speeds)


def test_a_member_without_features_gets_those_of_the_table_of_its_ensemble():
    tables = TABLES | {"both": table("ensemble", "chroma", members=["ridge", "lda-mfcc"])}
    model = planned("both", tables, features="mel")
    assert model.features == "chroma+mfcc"
    assert model.definition.bound["member_plans"]["ridge"]["parameters"]["alpha"] == 0.03


def test_a_table_of_a_registered_model_changes_no_member():
    tables = {"lda": table("lda", "mfcc", shrinkage=0.9)}
    assert planned("ensemble", tables).definition.bound == {}
    assert planned("ensemble", tables).features == "functionals"


@pytest.mark.parametrize(
    ("members", "error", "message"),
    [
        (["lda", "ld-mfcc"], UnknownNameError, "unknown member of an ensemble 'ld-mfcc'; did you mean 'lda-mfcc'"),
        (["lda", "majority"], ConfigError, "'majority' is a baseline\nname classical models or variants of them: svm"),
        (["lda", "deep"], ConfigError, "'deep' is a variant of 'cnn1d', a network"),
        (["lda", "ensemble"], ConfigError, "'ensemble' is an ensemble"),
        (["lda", "both"], ConfigError, "'both' is a variant of 'ensemble', an ensemble"),
        (["lda", "lda-frames"], ConfigError, r"take vectors and frames: lda \(vector\), lda-frames \(frames\)"),
    ],
)
def test_a_model_that_cannot_be_a_member_is_refused(members, error, message):
    tables = TABLES | {
        "both": table("ensemble", members=members),
        "deep": table("cnn1d"),
        "lda-frames": table("lda", "logmel"),
    }
    with pytest.raises(error, match=message):
        planned("both", tables)


def test_an_ensemble_on_frames_alone_is_skipped():
    assert planned("ensemble", features="logmel").skipped == "ensemble takes vector, not frames"


def facts(model):
    fit = plan.PlannedFit(model, "actor", 0, 0, Fold(("a",), ("b",)), 0)
    data = SimpleNamespace(unchanged={}, normalize="none", labels=("calm",), fingerprint="")
    return json.dumps(keys._model_facts(fit, data))


def test_the_parameters_of_members_are_part_of_the_key():
    other = TABLES | {"lda-mfcc": table("lda", "mfcc", shrinkage=0.6)}
    assert facts(planned("both")) == facts(planned("both"))
    assert facts(planned("both")) != facts(planned("both", other))
    assert "bound" not in facts(planned("lda-mfcc"))


def test_the_cost_of_pairs_is_that_of_the_parameters_of_members():
    tables = TABLES | {
        "fast": table("svm", kernel="nystroem"),
        "quick": table("ensemble", members=["lda", "fast"]),
        "slow": table("ensemble", members=["lda", "svm"]),
    }
    costs = {}
    for name in ("quick", "slow"):
        model = planned(name, tables).definition
        costs[name] = model.pairwise_cost({**model.parameters, **model.bound})
    assert costs["quick"] is None
    assert costs["slow"].seconds > 0


def test_each_member_is_fitted_on_its_columns_alone():
    rng = np.random.default_rng(0)
    y = np.array(["calm", "happy", "sad"])[np.arange(60) % 3]
    speakers = np.array([f"s{k}" for k in np.arange(60) // 10])
    small = {name: dataclasses.replace(FEATURE_SETS[name], columns=("a", "b", "c", "d")) for name in ("mfcc", "chroma")}
    X = rng.normal(np.arange(60)[:, None] % 3, 2.0, size=(60, 8)).astype(np.float32)
    model = planned(
        "both", TABLES | {"both": table("ensemble", members=["lda-mfcc", "ridge"])}, small, features="chroma"
    )
    ensemble = models.fit(model.definition, models.build(model.definition, calibrate=False), X, y, speakers)
    members = [("lda", {"shrinkage": 0.5}, X[:, :4]), ("ridge", {"alpha": 0.03, "gamma": 0.2}, X[:, 4:])]
    alone = [models.build(name, **own).fit(part, y, speakers).predict_proba(part) for name, own, part in members]
    assert model.features == "mfcc+chroma"
    np.testing.assert_array_equal(ensemble.predict_proba(X), np.mean(alone, axis=0))


def test_a_linear_model_gets_the_layers_of_its_sets():
    layered = dataclasses.replace(FEATURE_SETS["mfcc"], blocks=4)
    available = {"mfcc": layered, "chroma": FEATURE_SETS["chroma"]}
    width, chroma = layered.dimension // 4, FEATURE_SETS["chroma"].dimension
    linear = planned("linear", {}, available, features="mfcc+chroma").definition
    assert linear.bound == {"blocks": [[4, width], [1, chroma]]}
    assert models.uncalibrated(models.build(linear))[-1].blocks == ((4, width), (1, chroma))
    assert planned("linear", {}, available, features="chroma").definition.bound == {}
    assert planned("lda", {}, available, features="mfcc").definition.bound == {}
    tables = {"both": table("ensemble", members=["lda", "probe"]), "probe": table("linear", "mfcc")}
    both = planned("both", tables, available, features="chroma").definition
    assert both.bound["member_plans"]["probe"]["bound"] == {"blocks": [[4, width]]}


def test_two_different_sets_of_one_name_are_refused():
    """Sets from files of one name in two folders."""
    sets = {
        "a/x": FEATURE_SETS["mfcc"],
        "b/x": dataclasses.replace(FEATURE_SETS["mfcc"], parameters={"sha256": "1"}),
        "c/x": dataclasses.replace(FEATURE_SETS["mfcc"], files=("/c/x",)),
    }
    tables = {"one": table("lda", "a/x"), "two": table("lda", "b/x"), "three": table("lda", "c/x")}
    with pytest.raises(ConfigError, match="two different feature sets are named 'mfcc'"):
        plan.plan_models(Options(models=("one", "two"), model_tables=tables, features="a/x"), sets)
    plan.plan_models(Options(models=("one", "three"), model_tables=tables, features="a/x"), sets)
