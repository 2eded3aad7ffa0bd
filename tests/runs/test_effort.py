"""Quick and full effort: which parameters a run uses, and what it writes about them."""

from __future__ import annotations

import dataclasses

import pytest

from ser_bench import models
from ser_bench.core.console import Console
from ser_bench.core.errors import ConfigError
from ser_bench.core.options import ModelTable, Options
from ser_bench.runs import plan

QUICK = {"epochs": 2, "patience": 1}


@pytest.fixture(autouse=True)
def network(monkeypatch):
    """A registered network with quick values."""
    changed = dataclasses.replace(models.get("mlp-keras"), quick=QUICK)
    monkeypatch.setitem(models.MODELS, "mlp-keras", changed)
    return changed


def planned(name="mlp-keras", **options):
    chosen = Options(models=(name,), **options)
    return next(model for model in plan.plan_models(chosen) if model.name == name)


@pytest.mark.parametrize(
    ("corpus", "effort", "expected"),
    [
        ("demo", "auto", "quick"),
        ("demo", "full", "full"),
        ("demo,emodb", "auto", "full"),
        ("emodb", "auto", "full"),
        ("emodb", "quick", "quick"),
    ],
)
def test_the_effort_follows_the_corpus_unless_it_is_given(network, corpus, effort, expected):
    options = Options(corpus=corpus, effort=effort)
    assert plan.effort_of(options) == expected
    model = planned(corpus=corpus, effort=effort)
    assert model.effort == expected
    assert model.definition.parameters["epochs"] == (2 if expected == "quick" else network.parameters["epochs"])


def test_a_plan_keeps_the_values_under_full_effort(network):
    full = {name: network.parameters[name] for name in QUICK}
    assert planned(effort="quick").full == full
    assert planned(effort="full").full == {}


def test_a_model_without_quick_values_is_at_full_effort():
    assert planned("svm", effort="quick").effort == "full"


def test_a_parameter_of_the_user_wins_over_quick_effort(network):
    own = {"mlp-keras": ModelTable(base="mlp-keras", parameters={"epochs": 7})}
    model = planned(effort="quick", model_tables=own)
    assert (model.definition.parameters["epochs"], model.definition.parameters["patience"]) == (7, 1)
    assert model.full == {"patience": network.parameters["patience"]}


def test_a_variant_has_the_quick_values_of_its_base(network):
    tables = {"wide": ModelTable(base="mlp-keras", parameters={"hidden": [8, 8]})}
    model = planned("wide", effort="quick", model_tables=tables)
    assert model.definition.parameters == {**network.parameters, **QUICK, "hidden": [8, 8]}
    full = planned("wide", effort="full", model_tables=tables)
    assert full.definition.parameters == {**network.parameters, "hidden": [8, 8]}


def test_the_defaults_of_a_search_follow_the_effort(network):
    assert plan.default_parameters("mlp-keras", Options(effort="quick"))["epochs"] == 2
    assert plan.default_parameters("mlp-keras", Options(effort="full")) == network.parameters


def test_quick_values_are_validated(network):
    with pytest.raises(ConfigError, match="has no parameter 'epoch'"):
        dataclasses.replace(network, quick={"epoch": 2})
    with pytest.raises(ConfigError, match="invalid value for epochs"):
        dataclasses.replace(network, quick={"epochs": 0})


def test_a_misspelt_key_of_a_model_table_is_named():
    with pytest.raises(ConfigError, match="no parameter 'feature'; did you mean 'features'"):
        models.get("lda").with_parameters({"feature": "mfcc"})


def test_a_command_says_which_models_train_with_quick_effort(capsys):
    console = Console()
    plan.report_effort([planned("svm", effort="quick"), planned(effort="quick")], console)
    plan.report_effort([planned("svm", effort="quick"), planned(effort="full")], console)
    text = "mlp-keras trains with quick effort; train to the end with --effort full"
    assert capsys.readouterr().out.count(text) == 1
