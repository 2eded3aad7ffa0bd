"""What the files of a model state, checked against each other without torch."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ser_bench.core.errors import ConfigError
from ser_bench.core.files import read_bytes
from ser_bench.features.ssl.architectures import ARCHITECTURES, Architecture
from ser_bench.features.ssl.locating import (
    CONFIG,
    INDEX,
    PREPROCESSOR,
    PROCESSOR,
    ModelFolder,
    missing_file,
    weights_file,
)
from ser_bench.features.ssl.weights import Weights, read_weights

WINDOW_SECONDS = 30
"""Longer clips are cut into equal parts, none longer than this."""

_LARGEST_JSON = 2_000_000
_LARGEST_NUMBER = 10_000_000
_LONGEST_LIST = 4096
_LARGEST = {"max_source_positions": 20_000, "num_conv_pos_embeddings": 4096}
"""Limits of numbers that size tables which are not among the weights."""

_TYPES: Mapping[str, tuple[type, ...]] = {
    "hidden_act": (str,),
    "feat_extract_activation": (str,),
    "activation_function": (str,),
    "layer_norm_eps": (int, float),
}
"""Types of values that transformers uses without a check."""

_UNUSED = ("id2label", "label2id", "dtype", "torch_dtype", "task_specific_params", "transformers_version")
_FOREIGN = {
    "auto_map": "code of the model's repository",
    "quantization_config": "quantised weights",
    "custom_pipelines": "code of the model's repository",
}
_LAST_NORM = re.compile(r"(?P<prefix>|.*\.)encoder\.layers\.(?P<layer>\d{1,4})\.final_layer_norm\.weight")


@dataclass(frozen=True)
class Network:
    """A checked model.

    Attributes
    ----------
    folder : ModelFolder
        Its folder.
    model_type : str
        A name in ``ARCHITECTURES``.
    config : mapping
        config.json without what the network does not need.
    weights : Weights
        The tensors.
    prefix : str
        What the names of the encoder's tensors begin with.
    preprocessor : mapping
        preprocessor_config.json.
    rate : int
        Sampling rate in Hz.
    files : tuple of str
        Names of the files that decide the values.
    origin : str
        The network from which it was tuned, as config.json claims; empty without a claim.
    """

    folder: ModelFolder
    model_type: str
    config: Mapping[str, Any] = field(repr=False)
    weights: Weights = field(repr=False)
    prefix: str
    preprocessor: Mapping[str, Any] = field(repr=False)
    rate: int
    files: tuple[str, ...]
    origin: str = ""

    @property
    def architecture(self) -> Architecture:
        """The architecture."""
        return ARCHITECTURES[self.model_type]

    @property
    def width(self) -> int:
        """Number of values of a frame."""
        return int(self.config[self.architecture.width])

    @property
    def depth(self) -> int:
        """Number of layers after the front end."""
        return int(self.config[self.architecture.depth])

    @property
    def parameters(self) -> int:
        """Number of parameters of the encoder."""
        return sum(math.prod(s) for name, s in self.weights.shapes.items() if name.startswith(self.prefix))

    @property
    def hop(self) -> int:
        """Number of samples from one frame to the next."""
        if self.architecture.front_end == "waveform":
            return math.prod(self.config["conv_stride"])
        return 2 * int(self.preprocessor.get("hop_length", 160))

    @property
    def shortest(self) -> int:
        """Number of samples of the shortest clip that gives a frame."""
        if self.architecture.front_end == "whisper":
            return self.hop
        if self.architecture.front_end == "filterbank":
            return 400 + 160  # two frames of 25 ms, which the network reads as one
        samples = int(self.config.get("squeeze_factor", 1))
        for kernel, stride in zip(
            reversed(self.config["conv_kernel"]), reversed(self.config["conv_stride"]), strict=True
        ):
            samples = (samples - 1) * stride + kernel
        return samples


def read_network(folder: ModelFolder) -> Network:
    """Read and check the files of a model.

    Parameters
    ----------
    folder : ModelFolder
        The model.

    Returns
    -------
    Network

    Raises
    ------
    ConfigError
        If a file is missing or invalid, or the files contradict each other.
    """
    config = _read_json(folder, CONFIG)
    if config is None:
        raise ConfigError(f"ssl:{folder.label} has no {CONFIG}; {missing_file(folder, CONFIG)}")
    model_type = _check_config(folder, config)
    architecture = ARCHITECTURES[model_type]
    weights_name = weights_file(folder)
    weights = read_weights(folder.path, weights_name)
    preprocessor_name, preprocessor = _read_preprocessor(folder)
    network = Network(
        folder,
        model_type,
        {name: value for name, value in config.items() if name not in _UNUSED and not name.startswith("_")},
        weights,
        _prefix(folder, weights, config[architecture.width], config[architecture.depth]),
        preprocessor,
        _integer(folder, preprocessor_name, preprocessor, "sampling_rate", 4000, 192_000),
        (CONFIG, preprocessor_name, *((INDEX,) if weights_name == INDEX else ()), *sorted(set(weights.files.values()))),
        str(config.get("_name_or_path", "")),
    )
    _check_front_end(network, preprocessor_name)
    return network


def _read_json(folder: ModelFolder, name: str) -> dict[str, Any] | None:
    """Return a table of a JSON file; None if the file is missing."""
    path = folder.path / name
    if not path.exists():
        return None
    try:
        content = read_bytes(path)
        if len(content) > _LARGEST_JSON:
            raise ConfigError(f"invalid {path}: {len(content)} bytes, at most {_LARGEST_JSON} expected")
        values = json.loads(content)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"invalid {path}: not JSON in UTF-8; fetch the file again") from None
    if not isinstance(values, dict):
        raise ConfigError(f"invalid {path}: expected a table of values")
    return values


def _check_config(folder: ModelFolder, config: dict[str, Any]) -> str:
    """Return the model type of a configuration that can be run."""
    for key, content in _FOREIGN.items():
        if config.get(key):
            raise ConfigError(f"ssl:{folder.label} needs {content} ({key} in {CONFIG}), which ser-bench does not use")
    if (folder.path / "adapter_config.json").exists():
        raise ConfigError(f"ssl:{folder.label} is an adapter of another model; merge it into the model and save that")
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or model_type not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise ConfigError(f"ssl:{folder.label} has model_type {str(model_type)[:80]!r} in {CONFIG}; known: {known}")
    architecture = ARCHITECTURES[model_type]
    _integer(folder, CONFIG, config, architecture.width, 1, 16_384)
    _integer(folder, CONFIG, config, architecture.depth, 1, 256)
    for key, largest in _LARGEST.items():
        if key in config:
            _integer(folder, CONFIG, config, key, 1, largest)
    for key, value in config.items():
        if not _is_small(value):
            raise ConfigError(f"invalid {key[:80]} in {folder.path / CONFIG}: a number or list is too large")
    for key, types in _TYPES.items():
        if key in config and (not isinstance(config[key], types) or isinstance(config[key], bool)):
            expected = "a name" if types == (str,) else "a number"
            raise ConfigError(
                f"invalid {key} in {folder.path / CONFIG}: expected {expected}, got {str(config[key])[:80]!r}"
            )
    config["add_adapter"] = False  # an adapter belongs to the task that a network was tuned for
    return model_type


def _is_small(value: Any, depth: int = 4) -> bool:
    """Return whether the numbers and lists of a value are so small that no network grows beyond its weights."""
    if isinstance(value, list | dict):
        parts = value.values() if isinstance(value, dict) else value
        return depth > 0 and len(value) <= _LONGEST_LIST and all(_is_small(part, depth - 1) for part in parts)
    return not isinstance(value, int | float) or abs(value) <= _LARGEST_NUMBER


def _integer(folder: ModelFolder, name: str, values: Mapping[str, Any], key: str, low: int, high: int) -> int:
    """Return an integer of a file after a check of its limits."""
    value = values.get(key)
    if type(value) is not int or not low <= value <= high:
        shown = "nothing" if value is None else repr(value)[:80]
        raise ConfigError(
            f"invalid {key} in {folder.path / name}: expected an integer from {low} to {high}, got {shown}"
        )
    return value


def _prefix(folder: ModelFolder, weights: Weights, width: int, depth: int) -> str:
    """Return what the encoder's tensors begin with, after a comparison of the layers with the configuration."""
    layers: dict[str, dict[int, tuple[int, ...]]] = {}
    for name, shape in weights.shapes.items():
        if match := _LAST_NORM.fullmatch(name):
            layers.setdefault(match["prefix"], {})[int(match["layer"])] = shape
    if len(layers) != 1:
        count = "no encoder" if not layers else f"{len(layers)} encoders"
        raise ConfigError(f"the weights of ssl:{folder.label} have {count}; expected one, with 'encoder.layers'")
    prefix, shapes = next(iter(layers.items()))
    if set(shapes) != set(range(depth)):
        raise ConfigError(f"the weights of ssl:{folder.label} have {len(shapes)} layers, but {CONFIG} states {depth}")
    if different := {shape for shape in shapes.values() if shape != (width,)}:
        size = next(iter(different))
        raise ConfigError(f"the weights of ssl:{folder.label} have layers of {size}, but {CONFIG} states {width}")
    return prefix


def _read_preprocessor(folder: ModelFolder) -> tuple[str, dict[str, Any]]:
    """Return the name and values of the file that describes the network's input."""
    if (values := _read_json(folder, PREPROCESSOR)) is not None:
        return PREPROCESSOR, values
    processor = _read_json(folder, PROCESSOR) or {}
    if isinstance(values := processor.get("feature_extractor"), dict):
        return PROCESSOR, values
    raise ConfigError(
        f"ssl:{folder.label} has no {PREPROCESSOR}, which states sampling rate and normalisation;"
        f" {missing_file(folder, PREPROCESSOR)}"
    )


def _check_front_end(network: Network, preprocessor_name: str) -> None:
    """Check that the configuration and the preprocessor describe one front end."""
    front_end, folder = network.architecture.front_end, network.folder
    values = network.preprocessor
    for key, value in values.items():
        if not _is_small(value):
            raise ConfigError(f"invalid {key[:80]} in {folder.path / preprocessor_name}: a number or list is too large")
    if front_end == "waveform":
        _check_convolutions(network)
        if not isinstance(values.get("do_normalize"), bool):
            raise ConfigError(f"invalid do_normalize in {folder.path / preprocessor_name}: expected true or false")
        return
    bands = _integer(folder, preprocessor_name, values, "feature_size", 1, 1024)
    if front_end == "filterbank":
        stride = _integer(folder, preprocessor_name, values, "stride", 2, 2)
        expected = {"feature_projection_input_dim": bands * stride}
    else:
        hop = _integer(folder, preprocessor_name, values, "hop_length", 1, 16_000)
        _integer(folder, preprocessor_name, values, "n_fft", 16, 16_384)
        seconds = _integer(folder, preprocessor_name, values, "chunk_length", 1, WINDOW_SECONDS)
        if values.get("dither"):
            raise ConfigError(f"{folder.path / preprocessor_name} adds random noise (dither); set it to 0")
        expected = {"num_mel_bins": bands, "max_source_positions": seconds * network.rate // hop // 2}
    for key, size in expected.items():
        if network.config.get(key) != size:
            raise ConfigError(
                f"{CONFIG} and {preprocessor_name} of ssl:{folder.label} differ:"
                f" {key} is {network.config.get(key)!r}, expected {size}"
            )


def _check_convolutions(network: Network) -> None:
    """Check the convolutions before the first layer."""
    lengths = set()
    for key, largest in (("conv_dim", 16_384), ("conv_kernel", 4096), ("conv_stride", 256)):
        values = network.config.get(key)
        sizes = values if isinstance(values, list) else []
        if not sizes or len(sizes) > 64 or not all(type(n) is int and 1 <= n <= largest for n in sizes):
            path = network.folder.path / CONFIG
            raise ConfigError(f"invalid {key} in {path}: expected a list of integers from 1 to {largest}")
        lengths.add(len(sizes))
    if len(lengths) != 1 or network.hop > network.rate:
        raise ConfigError(
            f"invalid {network.folder.path / CONFIG}: conv_dim, conv_kernel and conv_stride must have one length,"
            f" and the strides at most a second"
        )
