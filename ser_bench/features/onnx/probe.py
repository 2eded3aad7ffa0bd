"""One run of a network in a child process with limited memory and time, before it meets the clips."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ser_bench.core.errors import ConfigError
from ser_bench.core.text import escape_control
from ser_bench.features.onnx.graph import Graph, Tensor, one_line, open_session
from ser_bench.features.onnx.limits import is_out_of_memory, limit_seconds, limited_memory, memory_text

MAX_SECONDS = 60
"""Time for opening the network and two runs."""

_NO_MEMORY = "memory"
"""The answer of a child whose allocation failed."""

_CODE = "from ser_bench.features.onnx.probe import main; main()"

Shape = tuple[int, ...]


def probe(graph: Graph, shapes: Mapping[str, Shape], outputs: Iterable[str] = ()) -> dict[str, Shape]:
    """Run a network twice on noise in a child process, and return the shapes of its outputs.

    Parameters
    ----------
    graph : Graph
        The checked network.
    shapes : mapping of str to tuple of int
        A shape for each input.
    outputs : iterable of str
        Names of the outputs or intermediate tensors; by default the outputs of the network.

    Returns
    -------
    dict of str to tuple of int
        Shapes by name.

    Raises
    ------
    ConfigError
        If the network cannot be opened or run, needs more memory or time than the limits, gives something else than
        numbers, or gives other values when it runs again.
    """
    names = tuple(outputs) or tuple(tensor.name for tensor in graph.outputs)
    return dict(_probe(graph.path, graph.digest, graph.size, _described(graph, shapes), names))


def _described(graph: Graph, shapes: Mapping[str, Shape]) -> tuple[tuple[str, str, Shape], ...]:
    """Return name, element type and shape of each input."""
    types = {tensor.name: tensor.dtype for tensor in graph.inputs}
    return tuple((name, types.get(name, "float32"), tuple(shape)) for name, shape in shapes.items())


@lru_cache(maxsize=32)
def _probe(
    path: Path, digest: str, size: int, inputs: tuple[tuple[str, str, Shape], ...], outputs: tuple[str, ...]
) -> tuple[tuple[str, Shape], ...]:
    """Run the child, and return names and shapes."""
    task = {"path": str(path), "digest": digest, "size": size, "inputs": inputs, "outputs": outputs}
    lengths = ", ".join("×".join(map(str, shape)) for _, _, shape in inputs)
    subject = f"ONNX file {escape_control(path.name)}"
    try:
        code, answer = _run(task)
    except subprocess.TimeoutExpired:
        raise ConfigError(
            f"{subject}: takes more than {MAX_SECONDS} s for two inputs of {lengths}; use a smaller network"
        ) from None
    reason = answer.get("error")
    if reason is None and code == 0:
        return tuple((name, tuple(shape)) for name, shape in answer["shapes"])
    if reason is None:
        raise ConfigError(f"{subject}: ended its process ({code}) for an input of {lengths}; use another network")
    if reason == _NO_MEMORY:
        needs = f"needs more than {memory_text(size)} for an input of {lengths}"
        raise ConfigError(f"{subject}: {needs}; use a smaller network")
    raise ConfigError(reason if reason.startswith("ONNX file") else f"{subject}: {reason}")


def _run(task: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Start the child, and return its exit status and its answer."""
    path = os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path)
    ended = subprocess.run(
        [sys.executable, "-P", "-c", _CODE],
        input=json.dumps(task).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        timeout=MAX_SECONDS,
        check=False,
    )
    try:
        return ended.returncode, json.loads(ended.stdout)
    except ValueError:
        return ended.returncode or 1, {}


def main() -> None:
    """Read a task from standard input, carry it out within its limits, and write the answer to standard output."""
    task = json.loads(sys.stdin.buffer.read())
    with os.fdopen(os.dup(1), "w") as pipe:
        os.dup2(2, 1)  # what a library prints must not mix with the answer
        json.dump(_answer(task), pipe)
    os._exit(0)


def _answer(task: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out a task."""
    import onnxruntime  # noqa: F401 - before the limits, which are for the network

    limit_seconds(MAX_SECONDS)  # also if the parent is killed
    inputs = [Tensor(name, dtype, tuple(shape)) for name, dtype, shape in task["inputs"]]
    graph = Graph(path=Path(task["path"]), digest=task["digest"], inputs=tuple(inputs), outputs=())
    try:
        with limited_memory(task["size"]):
            return {"shapes": _shapes(graph, task["outputs"])}
    except Exception as error:  # onnxruntime has an exception for each status, without a common class
        if is_out_of_memory(error):
            return {"error": _NO_MEMORY}
        return {"error": str(error) if isinstance(error, ConfigError) else f"cannot run: {one_line(error)}"}


def _shapes(graph: Graph, outputs: list[str]) -> list[tuple[str, Shape]]:
    """Run a network twice on the same noise, and return names and shapes of its outputs."""
    import numpy as np

    session = open_session(graph, outputs)
    values = np.random.default_rng(0)
    sounds = {t.name: _noise(values, t) for t in graph.inputs}
    first, second = (session.run(outputs, sounds) for _ in range(2))
    for name, value, again in zip(outputs, first, second, strict=True):
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
            raise ConfigError(f"output {name[:80]!r} is not a tensor of numbers; name another output")
        if not isinstance(again, np.ndarray) or value.tobytes() != again.tobytes():
            raise ConfigError(f"output {name[:80]!r} changes when the network runs again; export it for inference")
    return [(name, value.shape) for name, value in zip(outputs, first, strict=True)]


def _noise(values: Any, tensor: Tensor) -> Any:
    """Return quiet noise of an input's type and shape; zeros for whole numbers."""
    import numpy as np

    dtype = np.dtype(tensor.dtype)
    if dtype.kind != "f":
        return np.zeros(tensor.shape, dtype)
    return (0.1 * values.standard_normal(tensor.shape)).astype(dtype)
