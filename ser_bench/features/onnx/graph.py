"""ONNX files that users bring: checked before use, and opened from the checked bytes only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench.core.errors import ConfigError
from ser_bench.core.files import open_regular
from ser_bench.core.text import escape_control
from ser_bench.features.onnx import checks, encoding
from ser_bench.features.onnx.limits import is_out_of_memory, limited_memory, memory_text
from ser_bench.features.onnx.tensors import Tensor, declared_tensor

if TYPE_CHECKING:
    from onnx import ModelProto
    from onnxruntime import InferenceSession

__all__ = ["MAX_BYTES", "Graph", "Tensor", "open_session", "read_graph"]

MAX_BYTES = 2**31 - 1
"""The largest file, which is also the limit of the format."""

_SOURCE = re.compile(
    r"\[ONNXRuntimeError\] : \d+ : \w+ : |/onnxruntime_src/\S+ |([\w:]+ )?\bonnxruntime::[\w:]+\([^()]*\)( const)? "
)
"""What is of interest only to the authors of onnxruntime."""

_SESSIONS = 8
"""Networks that a process keeps open."""

_OTHER_FORMATS = (
    (0, b"version https://git-lfs", "is a Git LFS pointer; fetch the file with git lfs pull"),
    (4, b"ORTM", "is in the ORT format; use the ONNX file from which it was made"),
    (4, b"TFL3", "is a TensorFlow Lite file; convert it with tf2onnx"),
    (0, b"PK\x03\x04", "is a ZIP archive, as PyTorch saves weights; export the network to ONNX"),
    (0, b"\x89HDF", "is an HDF5 file, as Keras saves weights; export the network to ONNX"),
    (0, b"\x80", "is a pickle; export the network to ONNX"),
    (8, b'{"', "is a safetensors file; export the network to ONNX"),
    (0, b"<", "is a web page; download the file itself"),
    (0, b"{", "is JSON; name the ONNX file"),
)
"""Offset and first bytes of what people save with the ending ``.onnx``."""


@dataclass(frozen=True)
class Graph:
    """A network that passed the checks.

    Attributes
    ----------
    path : Path
        The absolute path of the file.
    digest : str
        SHA-256 of its bytes, in hexadecimal digits.
    inputs, outputs : tuple of Tensor
        Its inputs without stored values, and its outputs.
    tensors : tuple of str
        Names of the outputs of its nodes, of any type.
    opset : int
        Version of the operators of ``ai.onnx``; 0 if it uses none.
    size : int
        Number of bytes.
    """

    path: Path
    digest: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    tensors: tuple[str, ...] = field(default=(), repr=False)
    opset: int = 0
    size: int = 0


def read_graph(path: Path) -> Graph:
    """Read and check an ONNX file without running it.

    Parameters
    ----------
    path : Path
        The file. No other file is read.

    Returns
    -------
    Graph

    Raises
    ------
    ConfigError
        If it is not an ONNX file, keeps values in another file, uses other operators than those of
        :data:`~ser_bench.features.onnx.checks.DOMAINS`, or states shapes that do not fit.
    """
    path = Path(path).absolute()
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from None
    return _read_graph(path, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@lru_cache(maxsize=16)
def _read_graph(path: Path, *_identity: int) -> Graph:
    """Read and check a file; again only if it has changed."""
    content = _read(path, str(path))
    model = _parse(path, content)
    reason = checks.problem(model)
    if reason:
        raise _refusal(path, reason)
    stored = {tensor.name for tensor in model.graph.initializer}
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    return Graph(
        path=path,
        digest=hashlib.sha256(content).hexdigest(),
        inputs=tuple(declared_tensor(value) for value in model.graph.input if value.name not in stored),
        outputs=tuple(map(declared_tensor, model.graph.output)),
        tensors=tuple(dict.fromkeys(name for node in model.graph.node for name in node.output if name)),
        opset=opsets.get("", opsets.get("ai.onnx", 0)),
        size=len(content),
    )


def _refusal(path: Path | str, reason: str) -> ConfigError:
    """Return the error of a file that is not used."""
    return ConfigError(f"ONNX file {escape_control(str(path))}: {reason}")


def _unreadable(path: Path | str, error: OSError) -> ConfigError:
    """Return the error of a file that cannot be read."""
    return ConfigError(f"cannot read ONNX file {escape_control(str(path))}: {error.strerror or error}")


def _read(path: Path, shown: str) -> bytes:
    """Return the bytes of a file of limited size; messages name it as ``shown``."""
    try:
        with open_regular(path) as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(shown, error) from None
    if len(content) > MAX_BYTES:
        raise _refusal(shown, f"has more than {MAX_BYTES:,} bytes; use a smaller network")
    if not content:
        raise _refusal(shown, "is empty; download or export it again")
    for offset, start, reason in _OTHER_FORMATS:
        if content.startswith(start, offset):
            raise _refusal(shown, reason)
    return content


def _parse(path: Path, content: bytes) -> ModelProto:
    """Return the parsed file, whose encoding is checked first."""
    from google.protobuf.message import DecodeError
    from onnx import ModelProto

    reason = encoding.problem(content)
    if reason:
        raise _refusal(path, reason)
    try:
        model: ModelProto = ModelProto.FromString(content)
    except DecodeError:
        raise _refusal(path, f"its {len(content):,} bytes are not ONNX; download or export it again") from None
    return model


def open_session(graph: Graph, outputs: Iterable[str] = ()) -> InferenceSession:
    """Open a checked network on one thread of the CPU; a process opens it once.

    Parameters
    ----------
    graph : Graph
        The checked network.
    outputs : iterable of str
        Names of intermediate tensors that become outputs, after its own.

    Returns
    -------
    onnxruntime.InferenceSession

    Raises
    ------
    ConfigError
        If the file has changed since the check, or if onnxruntime cannot open the network.
    """
    declared = {tensor.name for tensor in graph.outputs}
    return _open_session(graph.path, graph.digest, tuple(name for name in outputs if name not in declared))


@lru_cache(maxsize=_SESSIONS)
def _open_session(path: Path, digest: str, outputs: tuple[str, ...]) -> InferenceSession:
    """Open a network with further outputs."""
    import onnxruntime

    content = _read(path, path.name)  # messages of a worker are part of public files
    if hashlib.sha256(content).hexdigest() != digest:
        raise _refusal(path.name, "has changed since it was checked; start again")
    content = _with_outputs(content, outputs)
    try:
        with limited_memory(len(content)):
            return onnxruntime.InferenceSession(content, _options(), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has an exception for each status, without a common class
        if is_out_of_memory(error):
            raise _refusal(path.name, f"needs more than {memory_text(len(content))} to be opened") from None
        version = onnxruntime.__version__
        raise _refusal(path.name, f"onnxruntime {version} cannot open it: {one_line(error)}") from None


def one_line(error: Exception) -> str:
    """Return the reason of an exception of onnxruntime.

    Parameters
    ----------
    error : Exception
        The exception.

    Returns
    -------
    str
        At most 300 characters, without line breaks and places in the source of onnxruntime.
    """
    text = re.sub(_SOURCE, "", " ".join(str(error).split()) or type(error).__name__)
    return escape_control(text)[:300].rstrip()


def _with_outputs(content: bytes, outputs: tuple[str, ...]) -> bytes:
    """Add outputs to a serialised network: a parser joins messages that follow each other."""
    if not outputs:
        return content
    from onnx import GraphProto, ModelProto, ValueInfoProto

    further = ModelProto(graph=GraphProto(output=[ValueInfoProto(name=name) for name in outputs]))
    return content + bytes(further.SerializeToString())


def _options() -> Any:
    """Return options under which values depend on the input only, not on cores, cache lines or earlier clips."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.use_deterministic_compute = True
    options.enable_mem_pattern = options.enable_cpu_mem_arena = False  # memory of a long clip is returned
    options.log_severity_level = 4
    options.add_session_config_entry("session.load_model_format", "ONNX")  # bytes may pass for both formats
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
