"""From the name that a user gives to a feature set: its files, description, columns and parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ser_bench.core.errors import ConfigError
from ser_bench.core.toml_file import read_toml
from ser_bench.features.base import FeatureSet, numbered_columns
from ser_bench.features.onnx import files, options
from ser_bench.features.onnx.chain import Chain, Step
from ser_bench.features.onnx.description import Description, Network, parse, parse_networks, with_networks
from ser_bench.features.onnx.graph import read_graph
from ser_bench.features.onnx.inference import completed, example
from ser_bench.features.onnx.planning import plan
from ser_bench.features.pooling import DEFAULT_POOLING, pooled_columns
from ser_bench.features.pretraining import Pretraining


def resolve(text: str) -> FeatureSet:
    """Return the feature set of a network.

    Parameters
    ----------
    text : str
        ``FILE`` or ``FILE#key=value``; see :func:`ser_bench.features.onnx.files.find`.

    Returns
    -------
    FeatureSet

    Raises
    ------
    ConfigError
        If the file, its description or its graph cannot be used.
    """
    file, chosen = options.split(text)
    toml, network = files.find(file)
    origin = f"{toml}{'' if files.is_file(toml) else ' (to be written)'}"
    origin += f" with {options.suffix(chosen)}" if chosen else ""
    content = with_networks((read_toml(toml) if files.is_file(toml) else {}) | chosen, origin)
    networks = parse_networks(content, origin)
    graphs = tuple(read_graph(path) for path in _paths(networks, toml, network))
    content = completed(content, graphs[0])
    description = parse(content, origin, example(content))
    name = description.name or _plain(toml.stem)
    return _feature_set(f"onnx:{name}{options.suffix(chosen)}", name, description, plan(description, graphs))


def _paths(networks: Sequence[Network], toml: Path, beside: Path | None) -> list[Path]:
    """Return the files of the networks of a description."""
    paths = [
        files.locate(network.file, toml) if network.file else beside or toml.with_suffix(".onnx")
        for network in networks
    ]
    if absent := next((path for path in paths if not files.is_file(path)), None):
        raise ConfigError(f'{toml} states no file, and there is no {absent.name} beside it; add file = "NAME.onnx"')
    if beside and beside not in paths:
        raise ConfigError(f"{toml} describes other networks than {beside.name}; name the description: onnx:{toml.name}")
    return paths


def _plain(stem: str) -> str:
    """Return the name of a file as the name of a set: letters, digits and ``. _ -``."""
    return re.sub(r"[^\w.-]+", "-", stem)[:60].strip("-.") or "network"


def _feature_set(name: str, prefix: str, description: Description, steps: tuple[Step, ...]) -> FeatureSet:
    """Return the set of a chain."""
    is_single = steps[-1].is_single
    pooling = description.pool or ("mean" if is_single else DEFAULT_POOLING)
    columns = numbered_columns(prefix, steps[-1].dimension)
    return FeatureSet(
        name=name,
        kind="frames" if pooling == "none" else "vector",
        summary=_summary(description, steps, pooling),
        source=description.source or ", ".join(step.file for step in steps),
        columns=columns if is_single and pooling == "mean" else pooled_columns(columns, pooling),
        compute=Chain(description, steps, pooling),
        parameters=_parameters(description, steps, pooling),
        needs=("onnx", "onnxruntime"),
        extra="onnx",
        licence=description.licence,
        pretraining=_pretraining(description),
        files=tuple(str(step.graph.path) for step in steps),
        grid=name,
    )


def _pretraining(description: Description) -> Pretraining:
    """Return what the networks of a description were trained on, with the source of that statement."""
    is_stated = description.corpora is not None or bool(description.unheard)
    return Pretraining(
        corpora=description.corpora,
        complete=description.complete,
        unheard=description.unheard,
        source=description.source if is_stated else "",
    )


def _summary(description: Description, steps: Sequence[Step], pooling: str) -> str:
    """Return what a set measures, in one line."""
    front = "waveform" if description.mel is None else f"{description.mel.n_mels} mel bands"
    labels = ", ".join(step.file for step in steps)
    return f"{labels} on the {front} at {description.sampling_rate} Hz, pooling {pooling}"


def _parameters(description: Description, steps: Sequence[Step], pooling: str) -> dict[str, Any]:
    """Return everything that decides the values of a set."""
    from importlib.metadata import version

    front = description.model_dump(include={"sampling_rate", "layout", "normalize", "trim", "longest", "short"})
    mel = description.mel.model_dump() if description.mel else {}
    networks = {
        f"network {number} {key}": value
        for number, step in enumerate(steps, 1)
        for key, value in step.parameters.items()
    }
    return {
        **front,
        **{f"mel {key}": list(value) if isinstance(value, tuple) else value for key, value in mel.items()},
        **networks,
        "pool": pooling,
        "onnxruntime": ".".join(version("onnxruntime").split(".")[:2]),
    }
