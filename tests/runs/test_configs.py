"""The configurations that come with ser-bench: each can be planned, and the command line names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_bench.cli.options import common_options
from ser_bench.core.options import find_config, load
from ser_bench.runs import plan

CONFIGS = sorted(path.stem for path in (Path(__file__).parents[2] / "configs").glob("*.toml"))


@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_can_be_planned(name):
    options = load(find_config(name), {})
    planned = plan.plan_models(options)
    assert [model.name for model in planned if model.skipped] == []
    members = {name for table in options.model_tables.values() for name in table.parameters.get("members", ())}
    assert set(options.model_tables) <= {model.name for model in planned} | members


def test_the_help_names_every_configuration():
    parameters = common_options(lambda **values: None).__click_params__
    (help_text,) = (parameter.help for parameter in parameters if parameter.name == "config_file")
    assert [name for name in CONFIGS if name not in help_text] == []


def test_the_architectures_are_networks_that_differ():
    planned = plan.plan_models(load(find_config("architectures"), {}))
    networks = [model.definition for model in planned if model.definition.kind == "network"]
    settings = [(model.build, *sorted(model.parameters.items(), key=str)) for model in networks]
    assert len(networks) >= 6
    assert len({str(setting) for setting in settings}) == len(networks)


def test_the_robust_models_differ_from_their_bases_in_the_copies_alone_and_leave_two_families_unheard():
    options = load(find_config("robust"), {})
    planned = {model.name: model for model in plan.plan_models(options)}
    heard = set()
    for base in ("lda", "ensemble"):
        robust = planned[f"{base}-robust"]
        differing = {
            k for k, v in robust.definition.parameters.items() if planned[base].definition.parameters.get(k) != v
        }
        assert differing == {"conditions"}
        heard |= {condition.family for condition in robust.trained_under}
    audible = {condition.family for condition in plan.tested_conditions(options) if condition.kind.audible}
    assert audible - heard == {"noise", "codecs"}
