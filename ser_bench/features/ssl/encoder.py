"""A network of transformers in memory: built from checked files, and run on one clip on one thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ser_bench.core.errors import FeatureError, SerBenchError
from ser_bench.features.parts import equal_parts, normalized
from ser_bench.features.ssl.description import WINDOW_SECONDS, Network
from ser_bench.features.ssl.locating import CONFIG

if TYPE_CHECKING:
    import numpy as np

_RENAMED = {
    "parametrizations.weight.original0": "weight_g",
    "parametrizations.weight.original1": "weight_v",
}
"""Ends of tensor names of recent versions of torch, and those in older files."""

_TRAINING_ONLY = ("masked_spec_embed", "num_batches_tracked")
"""Tensors that only training uses."""

_FRONT_END_VALUES = {
    "whisper": ("feature_size", "sampling_rate", "hop_length", "chunk_length", "n_fft", "padding_value"),
    "filterbank": ("feature_size", "sampling_rate", "num_mel_bins", "padding_value", "stride"),
}
"""The values of the preprocessor that decide a front end; its limits are checked for these."""


class Encoder:
    """A network and its front end.

    Parameters
    ----------
    network : Network
        The checked files.

    Attributes
    ----------
    model : torch.nn.Module
        The network, for evaluation.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.model = _load(network)
        self._extract = _feature_extractor(network)

    def frames(self, y: np.ndarray, layers: Sequence[int]) -> list[np.ndarray]:
        """Return the frames of some layers for a clip.

        Parameters
        ----------
        y : ndarray of float32, shape (n,)
            Samples at the network's rate.
        layers : sequence of int
            Numbers of the layers: 0 is the input of the first layer, and the last one is the output of the encoder,
            after its last normalisation.

        Returns
        -------
        list of ndarray of float32, shape (t, width)
            The frames of each layer; parts of a long clip follow each other.

        Raises
        ------
        FeatureError
            If the clip is too short, or the network computes values that are not finite.
        """
        import numpy as np

        network = self.network
        if len(y) < network.shortest:
            raise FeatureError(
                f"the clip has {len(y)} samples at {network.rate} Hz; {network.architecture.title} needs at least"
                f" {network.shortest} ({1000 * network.shortest / network.rate:.0f} ms)"
            )
        with one_torch_thread():
            parts = [self._part(part, layers) for part in equal_parts(y, WINDOW_SECONDS * network.rate)]
        if not all(np.isfinite(states).all() for part in parts for states in part):
            raise FeatureError(f"{network.architecture.title} computed values that are not finite")
        return parts[0] if len(parts) == 1 else [np.concatenate(states) for states in zip(*parts, strict=True)]

    def _part(self, y: np.ndarray, layers: Sequence[int]) -> list[np.ndarray]:
        """Return the frames of some layers for at most a window of samples."""
        import torch

        inputs, count = self._inputs(y)
        with torch.inference_mode():
            tensors = {name: torch.tensor(values) for name, values in inputs.items()}  # copies are aligned
            output = self.model(**tensors, output_hidden_states=True, return_dict=True)
        states = (*output.hidden_states[: self.network.depth], output.last_hidden_state)
        return [states[layer][0, :count].numpy().copy() for layer in layers]

    def _inputs(self, y: np.ndarray) -> tuple[dict[str, np.ndarray], int | None]:
        """Return the network's inputs, and how many frames are of the clip and not of its padding."""
        front_end, rate = self.network.architecture.front_end, self.network.rate
        if front_end == "waveform":
            samples = normalized(y) if self.network.preprocessor["do_normalize"] else y
            return {"input_values": samples[None]}, None
        values = self._extract(y, sampling_rate=rate, return_tensors="np")
        inputs = {"input_features": values["input_features"].astype("float32")}
        if front_end == "whisper":
            return inputs, max(1, -(-len(y) // self.network.hop))
        mask = values["attention_mask"]
        return {**inputs, "attention_mask": mask}, int(mask.sum())


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Let torch compute on one thread, since the number of threads changes how sums round."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _feature_extractor(network: Network) -> Any:
    """Return transformers' own front end; None for a network that takes samples."""
    front_end = network.architecture.front_end
    if front_end == "waveform":
        return None
    import transformers

    values = {key: value for key, value in network.preprocessor.items() if key in _FRONT_END_VALUES[front_end]}
    if front_end == "whisper":
        return transformers.WhisperFeatureExtractor(**values)
    return transformers.SeamlessM4TFeatureExtractor(**values)


def _load(network: Network) -> Any:
    """Build the network, and fill it from its safetensors files; nothing is left at random."""
    import torch

    model_class = _model_class(network)
    try:
        config = model_class.config_class.from_dict(dict(network.config))
        config._attn_implementation = "eager"
        with torch.device("meta"):  # without memory, so that a false size is found before it is allocated
            sources = _sources(network, model_class(config).state_dict())
        model = model_class(config).eval().float()
    except SerBenchError:
        raise
    except Exception as error:  # of any type, from within transformers
        raise FeatureError(
            f"{CONFIG} describes no network that transformers can build ({_first_line(error)})"
        ) from None
    _fill(network, model.state_dict(), sources)
    return model.requires_grad_(False)


def _first_line(error: Exception) -> str:
    """Return the type of an error and the first line of its message."""
    return f"{type(error).__name__}: {next(iter(str(error).strip().splitlines()), '')[:200]}".rstrip(": ")


def _model_class(network: Network) -> Any:
    """Return the class of transformers."""
    import transformers

    if network.architecture.front_end == "whisper":  # the encoder alone has no name at the top
        from transformers.models.whisper import modeling_whisper

        return modeling_whisper.WhisperEncoder
    return getattr(transformers, network.architecture.model_class)


def _sources(network: Network, tensors: Mapping[str, Any]) -> dict[str, str]:
    """Return the name in the files of each tensor of the network."""
    prefix = f"{network.prefix}encoder." if network.architecture.front_end == "whisper" else network.prefix
    sources = {}
    for name, tensor in tensors.items():
        if name.endswith(_TRAINING_ONLY):
            continue
        source = next((n for n in _spellings(prefix + name) if n in network.weights.shapes), None)
        if source is None:
            raise FeatureError(f"the weights lack {name}, which {CONFIG} describes")
        if network.weights.shapes[source] != tuple(tensor.shape):
            raise FeatureError(
                f"{name} has shape {network.weights.shapes[source]} in the weights, but {CONFIG} describes"
                f" {tuple(tensor.shape)}"
            )
        sources[name] = source
    return sources


def _spellings(name: str) -> Iterator[str]:
    """Yield a tensor's name and those of other versions of torch."""
    yield name
    for recent, older in _RENAMED.items():
        if name.endswith(recent):
            yield name.removesuffix(recent) + older
        elif name.endswith(older):
            yield name.removesuffix(older) + recent


def _fill(network: Network, tensors: Mapping[str, Any], sources: Mapping[str, str]) -> None:
    """Copy the weights from their files, one tensor after another."""
    import torch
    from safetensors import safe_open

    names_by_file: dict[str, list[str]] = {}
    for name, source in sources.items():
        names_by_file.setdefault(network.weights.files[source], []).append(name)
    for file, names in names_by_file.items():
        with torch.no_grad(), safe_open(network.folder.path / file, framework="pt") as content:
            for name in names:
                tensors[name].copy_(content.get_tensor(sources[name]))
