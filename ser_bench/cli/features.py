"""``ser-bench features``."""

from __future__ import annotations

from pathlib import Path

import click

from ser_bench import features
from ser_bench.cli.listing import describe, installed, needs, show
from ser_bench.cli.options import load_plugin, options_from
from ser_bench.core.errors import UnknownNameError
from ser_bench.features.base import FeatureSet


@click.command(name="features")
@click.argument("name", required=False)
@options_from("plugin")
def command(name: str | None, plugin: Path | None) -> int:
    """List the feature sets: size and content; with NAME describe one. Sets of one kind join with +.

    \b
    Examples:
      ser-bench features
      ser-bench features mfcc
    """
    load_plugin(plugin)
    if name is not None:
        if name not in features.FEATURE_SETS:
            raise UnknownNameError("feature set", name, features.FEATURE_SETS)
        return _describe(features.FEATURE_SETS[name])
    rows = [
        (known.name, _size(known), known.summary, installed(known.needs), known.source)
        for known in features.FEATURE_SETS.values()
    ]
    return show(
        ("feature set", "size", "what", "installed", "source"),
        rows,
        "Columns and parameters of a set: ser-bench features NAME",
    )


def _describe(feature_set: FeatureSet) -> int:
    """Print what a user should know of a feature set."""
    columns, groups = feature_set.columns, feature_set.groups
    others = [s.name for s in features.FEATURE_SETS.values() if s.kind == feature_set.kind and s is not feature_set]
    facts = {
        "kind": "vector: one per clip" if feature_set.kind == "vector" else "frames: a sequence per clip",
        "size": _size(feature_set),
        "columns": ", ".join(columns) if len(columns) <= 6 else f"{', '.join(columns[:3])}, …, {columns[-1]}",
        "groups": ", ".join(f"{group} ({len(members)})" for group, members in groups.items()),
        "parameters": ", ".join(f"{name} {value}" for name, value in feature_set.parameters.items()) or "none",
        "needs": needs(feature_set.needs),
        "source": feature_set.source,
        "joins with": ", ".join(others),
        "example": f"ser-bench run --features {feature_set.name}",
    }
    return describe(f"{feature_set.name}: {feature_set.summary}", facts)


def _size(feature_set: FeatureSet) -> str:
    """Return the size of a vector or of a frame."""
    dimension = feature_set.dimension
    return f"{dimension} values" if feature_set.kind == "vector" else f"frames of {dimension}"
