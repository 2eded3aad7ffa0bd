"""Feature sets of single models, from the tables of a configuration."""

from __future__ import annotations

import pytest

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.core.options import ModelTable, Options
from ser_bench.features import FEATURE_SETS
from ser_bench.runs import plan, tuning
from ser_bench.runs.tuning import SearchSettings

JOINED = {"lda-joined": ModelTable(base="lda", parameters={}, features="mfcc+chroma")}


def planned(features="auto", tables=JOINED, available=None):
    options = Options(models=("lda", "lda-joined", "cnn2d"), features=features, model_tables=tables)
    return {model.name: model for model in plan.plan_models(options, available)}


@pytest.mark.parametrize(("features", "other"), [("auto", "functionals"), ("mel", "mel"), ("logmel", "logmel")])
def test_a_table_names_the_features_of_its_model_whatever_the_option_says(features, other):
    models = planned(features)
    assert (models["lda-joined"].features, models["lda"].features) == ("mfcc+chroma", other)
    assert not models["lda-joined"].skipped
    assert bool(models["lda"].skipped) == (features == "logmel")
    assert {"mfcc", "chroma", "mfcc@0.85"} <= {s.name for s in plan.required_sets(list(models.values()))}


def test_auto_in_a_table_gives_a_model_its_own_features():
    tables = {"lda-joined": ModelTable(base="lda", parameters={}, features="auto")}
    assert planned("mel", tables)["lda-joined"].features == "functionals"


def test_a_model_is_skipped_where_its_own_features_do_not_suit_it():
    tables = {"lda-joined": ModelTable(base="lda", parameters={}, features="logmel")}
    assert planned("mel", tables)["lda-joined"].skipped == "lda-joined takes vector, not frames"


@pytest.mark.parametrize("available", [None, {"mel": FEATURE_SETS["mel"]}])
def test_a_set_that_is_unknown_or_not_in_the_table_of_features_is_an_error(available):
    tables = {"lda-joined": ModelTable(base="lda", parameters={}, features="mel+mfc")}
    with pytest.raises(UnknownNameError, match="unknown feature set 'mfc'"):
        planned("mel", tables, available)


def test_an_ensemble_of_variants_is_not_tuned():
    tables = JOINED | {"ensemble": ModelTable(base="ensemble", parameters={"members": ["lda", "lda-joined"]})}
    with pytest.raises(ConfigError, match="ensemble cannot be tuned with variants as members"):
        tuning._plan_trials(SearchSettings("ensemble", trials=1), Options(model_tables=tables), FEATURE_SETS)


def test_trials_of_a_search_have_the_features_of_the_models_table():
    tables = {"lda": ModelTable(base="lda", parameters={}, features="mfcc+chroma")}
    trials = tuning._plan_trials(SearchSettings("lda", trials=1), Options(model_tables=tables), FEATURE_SETS)
    assert [trial.features for trial in trials] == ["mfcc+chroma"] * 2
