"""``ser-bench features``."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click

from ser_bench import features
from ser_bench.cli.listing import describe, installed, needs, show
from ser_bench.cli.options import PATH, load_plugin, options_from
from ser_bench.core.errors import ConfigError
from ser_bench.features.base import FeatureSet, FeatureSetFamily
from ser_bench.features.pretraining import Pretraining


@click.command(name="features")
@click.argument("name", required=False)
@click.option("--ledger", is_flag=True, help="List what well-known networks were trained on.")
@click.option(
    "--convert",
    metavar="NAME",
    help="Write the frozen network ssl:NAME as an ONNX file, for machines without torch; with -o.",
)
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="FILE.onnx",
    help="The file of --convert; its description has the ending .toml. Existing files are replaced.",
)
@options_from("plugin")
def command(name: str | None, ledger: bool, convert: str | None, output: Path | None, plugin: Path | None) -> int:
    """List the feature sets: size and content; with NAME describe one. Sets of one kind join with +.

    \b
    Examples:
      ser-bench features
      ser-bench features mfcc
      ser-bench features onnx:network.onnx
      ser-bench features --ledger
      ser-bench features --ledger wavlm
      ser-bench features --convert facebook/wav2vec2-base-960h#layer=9 -o layer9.onnx
    """
    if convert is not None or output is not None:
        return _convert(name, convert, output)
    load_plugin(plugin)
    if ledger:
        return _ledger(name)
    if name is not None:
        family = features.FAMILIES.get(name.rstrip(":"))
        return _describe_family(family) if family else _describe(features.get(name), name)
    return _list()


def _list() -> int:
    """Print every set in a line, then what is not installed, and the licences of other projects."""
    sets, families = features.FEATURE_SETS.values(), features.FAMILIES.values()
    entries: list[FeatureSet | FeatureSetFamily] = [*sets, *families]
    states = {entry.extra or entry.name: installed(entry.needs, entry.extra) for entry in entries}
    absent = [
        f"Not installed, {name}: {state.removeprefix('no: ')}" for name, state in states.items() if state != "yes"
    ]
    licences = {s.licence: [t.name for t in sets if t.licence == s.licence] for s in sets if s.licence}
    return show(
        ("feature set", "size", "content"),
        [
            *((s.name, _size(s), s.summary) for s in sets),
            *((family.form, "of the network", family.summary) for family in families),
        ],
        "\n".join(
            [
                *(f"{', '.join(names)}: {licence}" for licence, names in licences.items()),
                *absent,
                "Columns, source and licence of a set: ser-bench features NAME",
                "What well-known networks were trained on: ser-bench features --ledger",
            ]
        ),
    )


def _ledger(name: str | None) -> int:
    """Print what well-known networks were trained on: all of them, one, or those whose names contain a text."""
    from ser_bench.features.ledger import entries, lookup

    if name is not None and (entry := lookup(name)):
        facts = {"trained on": _trained_on(entry.pretraining), "note": entry.note, "licence": entry.licence}
        return describe(name, {**facts, "source": entry.pretraining.source})
    text = (name or "").casefold()
    chosen = [entry for entry in entries() if text in " ".join(entry.names).casefold()]
    if not chosen:
        raise ConfigError(f"the ledger has no network {name!r}\nlist all networks: ser-bench features --ledger")
    rows = [(", ".join(e.names), _trained_on(e.pretraining), e.licence, e.pretraining.source) for e in chosen]
    return show(("networks", "trained on", "licence", "source"), rows, "Other networks are unknown until you state it")


def _trained_on(pretraining: Pretraining) -> str:
    """Name the corpora of a network's training."""
    if pretraining.corpora is None:
        return "unknown"
    corpora = ", ".join(pretraining.corpora) or "no recordings"
    return corpora if pretraining.complete else f"{corpora}, and others that are not listed"


def _convert(name: str | None, convert: str | None, output: Path | None) -> int:
    """Write a network as an ONNX file, and print how far its values differ."""
    if convert is None or output is None:
        raise ConfigError("--convert NAME and -o FILE.onnx belong together; give both or neither")
    if name is not None:
        raise ConfigError(f"--convert takes no further name, got {name!r}; describe it in a command of its own")
    from ser_bench.features.ssl.converting import convert as write

    written = write(convert.removeprefix("ssl:"), output)
    sounds = ", ".join(f"{seconds:g}" for seconds in written.seconds)
    click.echo(
        f"network: {output}\ndescription: {written.description}\n"
        f"largest difference from ssl:{convert.removeprefix('ssl:')}: {written.difference:.1g} of the largest value, on"
        f" sounds of {sounds} s\nuse it: ser-bench run --features {shlex.quote(f'onnx:{output}')}"
    )
    return 0


def _describe_family(family: FeatureSetFamily) -> int:
    """Print what a user should know of a family of sets."""
    facts = {
        "needs": needs(family.needs, family.extra),
        "source": family.source,
        "licence": family.licence,
        "example": f"ser-bench run --features {family.form}",
    }
    return describe(f"{family.form}: {family.summary}", facts, family.example)


def _describe(feature_set: FeatureSet, name: str) -> int:
    """Print what a user should know of a feature set, which the user calls ``name``."""
    columns, groups = feature_set.columns, feature_set.groups
    others = [s.name for s in features.FEATURE_SETS.values() if s.kind == feature_set.kind and s is not feature_set]
    facts = {
        "kind": "vector: one per clip" if feature_set.kind == "vector" else "frames: a sequence per clip",
        "size": _size(feature_set),
        "columns": ", ".join(columns) if len(columns) <= 6 else f"{', '.join(columns[:3])}, …, {columns[-1]}",
        "groups": ", ".join(f"{group} ({len(members)})" for group, members in groups.items()),
        **_parameters(feature_set),
        "needs": needs(feature_set.needs, feature_set.extra),
        "source": feature_set.source,
        "licence": feature_set.licence,
        "heard": _heard(feature_set),
        "joins with": ", ".join(others),
        "example": f"ser-bench run --features {shlex.quote(name)}",
    }
    return describe(f"{feature_set.name}: {feature_set.summary}", facts)


def _parameters(feature_set: FeatureSet) -> dict[str, str]:
    """Return the parameters of a set, and those of each network of a chain and of its spectrogram, as texts."""
    grouped: dict[str, list[str]] = {"parameters": []}
    for name, value in feature_set.parameters.items():
        part = re.match(r"(network \d+|mel) ", name)
        text = f"{name[part.end() :] if part else name} {value}"
        grouped.setdefault(part[1] if part else "parameters", []).append(text)
    return {name: ", ".join(texts) or "none" for name, texts in grouped.items()}


def _heard(feature_set: FeatureSet) -> str:
    """Return the corpora that the network of a set was trained on; empty for a set without a network."""
    pretraining = feature_set.pretraining
    if pretraining is None:
        return ""
    corpora = _trained_on(pretraining)
    return f"{corpora} (source: {pretraining.source})" if pretraining.source else corpora


def _size(feature_set: FeatureSet) -> str:
    """Return the size of a vector or of a frame."""
    dimension = feature_set.dimension
    return f"{dimension:,} values" if feature_set.kind == "vector" else f"frames of {dimension}"
