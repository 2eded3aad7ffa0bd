"""From the text after ``ssl:`` to a feature set, without torch."""

from __future__ import annotations

from typing import Any

from ser_bench.core.errors import ConfigError
from ser_bench.core.versions import installed_version
from ser_bench.features.base import FeatureSet
from ser_bench.features.pooling import POOLINGS
from ser_bench.features.ssl.description import WINDOW_SECONDS, Network, read_network
from ser_bench.features.ssl.extraction import FrozenNetwork, columns, layer_numbers
from ser_bench.features.ssl.identity import identity
from ser_bench.features.ssl.locating import locate
from ser_bench.features.ssl.naming import Choice, parse_choice
from ser_bench.features.ssl.statement import statement_of

NEEDS = ("torch", "transformers", "safetensors")
"""Libraries of the extra ``ssl``."""


def resolve(text: str) -> FeatureSet:
    """Return the feature set of a frozen network.

    Parameters
    ----------
    text : str
        ``NAME_OR_FOLDER[#layer=N|#layers=all][#pool=POOLING]``.

    Returns
    -------
    FeatureSet

    Raises
    ------
    ConfigError
        If the model is not on this machine, or its files cannot be used.
    """
    choice = parse_choice(text)
    network = read_network(locate(choice.model))
    _check_choice(network, choice)
    statement = statement_of(network)
    parameters = _parameters(network, choice)
    folder, commit = str(network.folder.path), network.folder.commit
    layers = layer_numbers(network, choice)
    return FeatureSet(
        name=f"ssl:{network.folder.label}{choice.options}",
        kind="frames" if choice.pooling == "none" else "vector",
        summary=_summary(network, choice),
        source=f"transformers, {network.architecture.title}",
        columns=columns(network, choice),
        compute=FrozenNetwork(folder, commit, commit or parameters["sha256"], layers, choice.pooling),
        parameters=parameters,
        needs=NEEDS,
        extra="ssl",
        licence=statement.licence,
        pretraining=statement.pretraining,
        files=tuple(str(network.folder.path / name) for name in network.files),
        blocks=len(layers),
        group=_layer if choice.all_layers else None,
        grid=f"{network.model_type}, {network.hop} samples at {network.rate} Hz",
    )


def _layer(column: str) -> str:
    """Return the layer of a column, as a group of features."""
    return f"layer {int(column.partition('_')[0].removeprefix('layer'))}"


def _check_choice(network: Network, choice: Choice) -> None:
    """Check that the network has the chosen layers."""
    if choice.layer is not None and choice.layer > network.depth:
        raise ConfigError(
            f"ssl:{network.folder.label} has no layer {choice.layer}; expected 0 (input of the first layer)"
            f" to {network.depth} (output)"
        )
    if choice.all_layers and choice.pooling == "none" and network.config.get("squeeze_factor", 1) != 1:
        raise ConfigError(
            f"the layers of ssl:{network.folder.label} have frames of several lengths; choose one with #layer=N"
        )


def _parameters(network: Network, choice: Choice) -> dict[str, Any]:
    """Return what decides the values."""
    return {
        **identity(network),
        "layers": "all" if choice.all_layers else layer_numbers(network, choice)[0],
        "pool": choice.pooling,
        "sampling_rate": network.rate,
        "longest": WINDOW_SECONDS,
        **{name: ".".join(installed_version(name).split(".")[:2]) for name in ("torch", "transformers")},
    }


def _summary(network: Network, choice: Choice) -> str:
    """Return what the set measures, and the size of the network."""
    layers = "every layer" if choice.all_layers else f"layer {layer_numbers(network, choice)[0]}"
    statistics = ", ".join(POOLINGS[choice.pooling])
    frames = f"{statistics} over the frames" if statistics else "the frames"
    size = f"{network.parameters:,} parameters, {4 * network.parameters / 1e6:,.1f} MB of weights in each worker"
    return f"{frames} of {layers} of {network.architecture.title} ({network.depth} layers of {network.width}; {size})"
