"""A frozen network as an ONNX file with its description, written only if both compute the same values."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench.core.errors import ConfigError, ExportError, FeatureError, MissingExtraError
from ser_bench.core.files import atomic_write, scratch_folder
from ser_bench.features.base import FeatureSet
from ser_bench.features.ssl.description import WINDOW_SECONDS, Network, read_network
from ser_bench.features.ssl.extraction import layer_numbers
from ser_bench.features.ssl.locating import locate
from ser_bench.features.ssl.naming import Choice, parse_choice
from ser_bench.features.ssl.resolving import NEEDS, resolve

if TYPE_CHECKING:
    from ser_bench.features.ssl.encoder import Encoder

TOLERANCE = 1e-3
"""Largest difference between both sets, relative to the largest value of the clip."""

_HEADER = "# Written by ser-bench features --convert"
_OPSET = 17
_LARGEST = 2_000_000_000
"""Bytes of weights that one ONNX file holds."""


@dataclass(frozen=True)
class Conversion:
    """A converted network.

    Attributes
    ----------
    description : Path
        The TOML file beside the ONNX file.
    seconds : tuple of float
        Lengths of the sounds that both sets were computed on.
    difference : float
        The largest difference, relative to the largest value of the sound.
    """

    description: Path
    seconds: tuple[float, ...]
    difference: float


def convert(text: str, path: Path) -> Conversion:
    """Write a layer of a frozen network as an ONNX file and its description.

    Parameters
    ----------
    text : str
        ``NAME_OR_FOLDER[#layer=N][#pool=POOLING]``.
    path : Path
        The ONNX file to write or replace; the description has the ending ``.toml``.

    Returns
    -------
    Conversion

    Raises
    ------
    ConfigError
        If the network cannot be converted, or the files cannot be written there.
    MissingExtraError
        If a library is not installed.
    ExportError
        If the conversion fails, or the ONNX file computes other values.
    """
    choice = parse_choice(text)
    _check_path(path)
    network = read_network(locate(choice.model))
    _check_convertible(network, choice)
    feature_set = resolve(text)
    for extra, needs in (("ssl", NEEDS), ("onnx", ("onnx", "onnxruntime"))):
        if any(find_spec(name) is None for name in needs):
            raise MissingExtraError("features --convert", extra)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(path.parent) as folder:
            written = folder / path.name
            _export(network, layer_numbers(network, choice)[0], written)
            written.with_suffix(".toml").write_text(_description(network, choice, feature_set), encoding="utf-8")
            seconds = _lengths(network)
            difference = max(_difference(feature_set, written, network, length) for length in seconds)
            for file in (written, written.with_suffix(".toml")):
                with atomic_write(path.with_suffix(file.suffix)) as temporary:
                    file.replace(temporary)
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror or error}") from None
    return Conversion(path.with_suffix(".toml"), seconds, difference)


def _check_path(path: Path) -> None:
    """Check that the files may be written."""
    if path.suffix != ".onnx":
        raise ConfigError(f"invalid output {path}: expected a file that ends in .onnx")
    description = path.with_suffix(".toml")
    try:
        is_own = not description.exists() or description.read_text(encoding="utf-8").startswith(_HEADER)
    except (OSError, ValueError):
        is_own = False
    if not is_own:
        raise ConfigError(f"{description} exists, and ser-bench did not write it; name another file with -o")


def _check_convertible(network: Network, choice: Choice) -> None:
    """Check that an ONNX file can hold the network."""
    title, label = network.architecture.title, network.folder.label
    if network.architecture.front_end != "waveform":
        raise ConfigError(
            f"ssl:{label} ({title}) reads a spectrogram of transformers; only networks that read samples"
            " can be converted"
        )
    if choice.all_layers:
        raise ConfigError("an ONNX file holds one layer; name it with #layer=N instead of #layers=all")
    if 4 * network.parameters > _LARGEST:
        raise ConfigError(
            f"ssl:{label} has {4 * network.parameters / 1e9:.1f} GB of weights; an ONNX file holds at most"
            f" {_LARGEST / 1e9:.0f} GB"
        )


def _export(network: Network, layer: int, path: Path) -> None:
    """Let torch write the network up to a layer."""
    import torch

    from ser_bench.features.ssl.encoder import Encoder, one_torch_thread

    encoder = Encoder(network)
    samples = torch.randn(1, max(network.rate, network.shortest), generator=torch.Generator().manual_seed(0))
    try:
        with warnings.catch_warnings(), torch.no_grad(), one_torch_thread():
            warnings.simplefilter("ignore")  # of the tracing; the comparison decides
            torch.onnx.export(
                _layer_module(encoder, layer),
                (samples,),
                str(path),
                dynamo=False,
                input_names=["waveform"],
                output_names=["frames"],
                dynamic_axes={"waveform": {1: "samples"}, "frames": {1: "frames"}},
                opset_version=_OPSET,
            )
    except Exception as error:  # of any type, from within torch
        reason = next(iter(str(error).strip().splitlines()), "")[:200]
        raise ExportError(
            f"torch cannot convert ssl:{network.folder.label} ({type(error).__name__}: {reason})"
        ) from None


def _layer_module(encoder: Encoder, layer: int) -> Any:
    """Return a module from samples to the frames of a layer."""
    import torch

    class Layer(torch.nn.Module):  # a class of torch, which is imported here
        def __init__(self) -> None:
            super().__init__()
            self.model = encoder.model

        def forward(self, samples: Any) -> Any:
            output = self.model(input_values=samples, output_hidden_states=True, return_dict=True)
            return output.last_hidden_state if layer == encoder.network.depth else output.hidden_states[layer]

    return Layer().eval()


def _description(network: Network, choice: Choice, feature_set: FeatureSet) -> str:
    """Return the TOML file of the converted network."""
    import torch
    import transformers

    from ser_bench.core.versions import __version__

    pretraining = feature_set.pretraining
    values: dict[str, Any] = {
        "sampling_rate": network.rate,
        "layout": "waveform",
        "normalize": bool(network.preprocessor["do_normalize"]),
        "longest": float(WINDOW_SECONDS),
        "pool": choice.pooling,
    }
    if feature_set.licence:
        values["licence"] = feature_set.licence
    if pretraining is not None and pretraining.corpora is not None:
        values |= {"corpora": list(pretraining.corpora), "complete": pretraining.complete}
    if pretraining is not None and pretraining.unheard:
        values["unheard"] = list(pretraining.unheard)
    origin = f"{feature_set.name}, {network.architecture.title}"
    values["source"] = f"{origin}; {pretraining.source}" if pretraining and pretraining.source else origin
    lines = [
        f"{_HEADER} (version {__version__}, torch {torch.__version__}, transformers {transformers.__version__}).",
        *(f"# {name}: {value}" for name, value in feature_set.parameters.items()),
        *(f"{name} = {json.dumps(value)}" for name, value in values.items()),
    ]
    return "\n".join(lines) + "\n"


def _lengths(network: Network) -> tuple[float, ...]:
    """Return the seconds of sound on which both sets are compared: from the shortest clip to one of two parts."""
    return (network.shortest / network.rate, 0.5, 1.7, 4.03, WINDOW_SECONDS + 1.0)


def _difference(feature_set: FeatureSet, path: Path, network: Network, seconds: float) -> float:
    """Return the relative difference between a set and that of the ONNX file; raise an error if it is too large."""
    import numpy as np

    from ser_bench.features.analysis import Analysis
    from ser_bench.features.onnx import resolving

    generator = np.random.default_rng(round(1000 * seconds))
    y = np.cumsum(generator.standard_normal(round(seconds * network.rate))).astype(np.float32)
    y *= 0.3 / np.abs(y).max()
    compute: Callable[[Analysis], np.ndarray] = resolving.resolve(str(path)).compute
    try:
        converted, original = compute(Analysis(y, network.rate)), feature_set.compute(Analysis(y, network.rate))
    except FeatureError as error:
        raise ExportError(f"the ONNX file fails on {seconds:g} s of sound ({error}); nothing was written") from None
    difference = np.inf
    if converted.shape == original.shape:
        difference = float(np.abs(converted - original).max() / np.abs(original).max())
    if not difference <= TOLERANCE:
        raise ExportError(
            f"the ONNX file computes other values on {seconds:g} s of sound: they differ by {difference:.1g} of the"
            f" largest, at most {TOLERANCE:g} is allowed; nothing was written"
        )
    return difference
