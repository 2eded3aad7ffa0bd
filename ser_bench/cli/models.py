"""``ser-bench models``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ser_bench import models
from ser_bench.cli.listing import describe, installed, needs, show, table
from ser_bench.cli.options import load_plugin, options_from
from ser_bench.models.base import Model


@click.command(name="models")
@click.argument("name", required=False)
@options_from("plugin")
def command(name: str | None, plugin: Path | None) -> int:
    """List the classifiers and baselines; with NAME describe one: parameters, defaults, tuned values, cost.

    \b
    Examples:
      ser-bench models
      ser-bench models svm
    """
    load_plugin(plugin)
    if name is not None:
        return _describe(models.get(name))
    rows = [
        (
            model.name,
            model.kind,
            model.summary,
            model.features,
            ", ".join(model.needs),
            installed(model.needs),
        )
        for model in models.MODELS.values()
    ]
    return show(
        ("model", "kind", "what", "features", "needs", "installed"),
        rows,
        "Parameters of a model and how to set them: ser-bench models NAME",
    )


def _describe(model: Model) -> int:
    """Print what a user should know of a model."""
    costs = sorted(known.cost for known in models.MODELS.values())
    facts = {
        "kind": model.kind,
        "features": f"{model.features} unless --features names others",
        "takes": " or ".join({"vector": "vectors", "frames": "frames"}[kind] for kind in model.accepts),
        "needs": needs(model.needs),
        "random": _randomness(model),
        "fit time": f"{model.cost:g} relative to other models, which range from {costs[0]:g} to {costs[-1]:g}",
        "example": f"ser-bench run --models {model.name} --splits actor",
    }
    return describe(f"{model.name}: {model.summary}", facts, _parameters(model), _configuration(model))


def _randomness(model: Model) -> str:
    """Return whether the seed changes the predictions."""
    if model.seeded:
        return "yes: --seed changes the predictions"
    conditions = [f"{name} = {_toml(value)}" for name, value in model.seeded_if.items()]
    return "no: every seed gives the same predictions" + (f", unless {' or '.join(conditions)}" if conditions else "")


def _parameters(model: Model) -> str:
    """Return a table of the parameters: default, meaning, allowed values and those of ser-bench tune."""
    rows = []
    for name, value in model.parameters.items():
        tuned = ", ".join(map(_toml, model.space.get(name, ())))
        meaning = f"{model.description(name)}: {model.allowed(name)}" + (f"\ntuned: {tuned}" if tuned else "")
        meaning += f"\nunder quick effort: {_toml(model.quick[name])}" if model.quick.get(name, value) != value else ""
        rows.append((name, _toml(value), meaning))
    return table(("parameter", "default", "meaning"), rows) if rows else "It has no parameters."


def _configuration(model: Model) -> str:
    """Return how to set a parameter in a configuration file, by the example of a tuned one."""
    tuned = [(name, value) for name, values in model.space.items() for value in values]
    changed = [(name, value) for name, value in tuned if value != model.parameters[name]]
    examples = sorted(changed, key=lambda item: isinstance(item[1], list)) or list(model.parameters.items())
    if not examples:
        return ""
    name, value = examples[0]
    return (
        "To set a parameter, write a configuration FILE.toml:\n\n"
        f"  [models.{model.name}]\n  {name} = {_toml(value)}\n\n"
        f"and use it: ser-bench run --models {model.name} --config FILE.toml"
    )


def _toml(value: Any) -> str:
    """Return a parameter as TOML."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value) if isinstance(value, str | bool) else f"{value}"
