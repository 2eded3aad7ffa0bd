"""Tiny networks in ONNX files for tests: random filters of a fixed seed, so that each name gives the same bytes.

Tests that import this module skip where onnx or onnxruntime is not installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="install onnx, or ser-bench[onnx], for the tests of networks")
pytest.importorskip("onnxruntime", reason="install onnxruntime, or ser-bench[onnx], for the tests of networks")

from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

WAVEFORM = 'sampling_rate = 16000\nlayout = "waveform"\n'
MEL = """sampling_rate = 16000
layout = "mel"

[mel]
n_fft = 512
hop_length = 160
n_mels = 40
log = "ln"
"""
FILTERS = 4
"""Values of a frame of the networks that take a waveform."""


def weights(*shape: int) -> np.ndarray:
    """Return fixed random weights."""
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def model(
    nodes: list[NodeProto], given: tuple, result: tuple, *, dtype: int = TensorProto.FLOAT, **stored: np.ndarray
) -> ModelProto:
    """Return a network from the input ``x`` to the output ``y`` with stored arrays."""
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", dtype, given)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, result)],
        [numpy_helper.from_array(array, name) for name, array in stored.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def _filtered(stride: int = 160) -> list[NodeProto]:
    """Return nodes from samples ``(batch, n)`` to energies ``filtered`` of shape ``(batch, 4, t)``."""
    return [
        helper.make_node("Unsqueeze", ["x", "axis"], ["channel"]),
        helper.make_node("Conv", ["channel", "filters"], ["response"], strides=[stride]),
        helper.make_node("Abs", ["response"], ["filtered"]),
    ]


def _stored() -> dict[str, np.ndarray]:
    return {"axis": np.array([1]), "filters": weights(FILTERS, 1, 400) / 20}


def waveform_to_frames(samples: int | str = "samples") -> ModelProto:
    """Return a network from ``(batch, samples)`` to ``(batch, t, 4)``, a frame every 10 ms at 16 kHz."""
    nodes = [*_filtered(), helper.make_node("Transpose", ["filtered"], ["y"], perm=[0, 2, 1])]
    return model(nodes, ("batch", samples), ("batch", "t", FILTERS), **_stored())


def waveform_to_bands() -> ModelProto:
    """Return a network from ``(batch, samples)`` to ``(batch, 4, t)``: the time last."""
    nodes = [*_filtered(), helper.make_node("Identity", ["filtered"], ["y"])]
    return model(nodes, ("batch", "samples"), ("batch", FILTERS, "t"), **_stored())


def waveform_to_vector() -> ModelProto:
    """Return a network from ``(batch, samples)`` to ``(batch, 4)``."""
    nodes = [*_filtered(), helper.make_node("ReduceMean", ["filtered"], ["y"], axes=[2], keepdims=0)]
    return model(nodes, ("batch", "samples"), ("batch", FILTERS), **_stored())


def mel_to_vector(frames: int | str = 50, bands: int = 40) -> ModelProto:
    """Return a network from ``(batch, frames, bands)`` to ``(batch, 3)``."""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["mean", "projection"], ["y"]),
    ]
    return model(nodes, ("batch", frames, bands), ("batch", 3), projection=weights(bands, 3))


def logarithm() -> ModelProto:
    """Return a network that gives NaN for samples below zero: ``(batch, samples)`` to ``(batch, samples, 1)``."""
    nodes = [helper.make_node("Log", ["x"], ["log"]), helper.make_node("Unsqueeze", ["log", "axis"], ["y"])]
    return model(nodes, ("batch", "samples"), ("batch", "samples", 1), axis=np.array([2]))


def saved(folder: Path, network: ModelProto | bytes, toml: str | None = WAVEFORM, name: str = "tiny") -> str:
    """Write a network and its description, and return the name of its feature set.

    Parameters
    ----------
    folder : Path
        Where to write ``NAME.onnx`` and ``NAME.toml``.
    network : ModelProto or bytes
        The network.
    toml : str or None
        The description; None for none.
    name : str
        Name of the files.

    Returns
    -------
    str
        ``onnx:FOLDER/NAME.onnx``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.onnx"
    path.write_bytes(network if isinstance(network, bytes) else network.SerializeToString())
    if toml is not None:
        path.with_suffix(".toml").write_text(toml, encoding="utf-8")
    return f"onnx:{path}"


def tiny_set(folder: Path, toml: str = WAVEFORM, name: str = "tiny") -> str:
    """Write a network that takes a waveform and gives 4 values every 10 ms, and return the name of its feature set.

    ``features.get(tiny_set(tmp_path))`` is the set ``onnx:tiny`` of 8 values, mean and standard deviation. Lines such
    as ``licence = "CC-BY-NC-4.0"`` or ``corpora = ["ravdess"]`` may follow ``WAVEFORM`` in ``toml``.
    """
    return saved(folder, waveform_to_frames(), toml, name)


@contextmanager
def probed_here() -> Iterator[None]:
    """Let the planning run networks in this process, because a child process for each takes half a second."""
    from ser_bench.features.onnx import probe

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probe, "limit_seconds", lambda seconds: None)
        patch.setattr(probe, "_run", lambda task: (0, probe._answer(task)))
        yield
