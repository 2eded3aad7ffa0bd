"""The header of safetensors files: names, types and shapes of the tensors, read without torch."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_bench.core.errors import ConfigError
from ser_bench.core.files import open_regular, read_bytes

_LARGEST_HEADER = 50_000_000
_LARGEST_INDEX = 20_000_000
_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
_SHARD = re.compile(r"[\w.-]+\.safetensors", re.ASCII)


@dataclass(frozen=True)
class Weights:
    """The tensors of a model.

    Attributes
    ----------
    shapes : mapping of str to tuple of int
        The shape of each tensor, by name.
    files : mapping of str to str
        The file of each tensor, by name.
    """

    shapes: Mapping[str, tuple[int, ...]]
    files: Mapping[str, str]


def read_weights(folder: Path, name: str) -> Weights:
    """Read the headers of a safetensors file, or of all that an index names.

    Parameters
    ----------
    folder : Path
        Folder of the model.
    name : str
        Name of the file or index.

    Returns
    -------
    Weights

    Raises
    ------
    ConfigError
        If a file cannot be read or is invalid.
    """
    names = _shards(folder / name) if name.endswith(".json") else [name]
    shapes: dict[str, tuple[int, ...]] = {}
    files: dict[str, str] = {}
    for file in names:
        for tensor, shape in read_shapes(folder / file).items():
            if tensor in shapes:
                raise ConfigError(f"invalid weights {folder / file}: tensor {tensor} is in {files[tensor]}, too")
            shapes[tensor], files[tensor] = shape, file
    return Weights(shapes, files)


def _shards(path: Path) -> list[str]:
    """Return the files that an index names."""
    try:
        content = read_bytes(path)
        files = json.loads(content)["weight_map"].values() if len(content) <= _LARGEST_INDEX else ()
        names = sorted({str(file) for file in files})
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        names = []
    if not names or not all(_SHARD.fullmatch(name) for name in names):
        raise ConfigError(f"invalid index {path}: expected 'weight_map' with names of safetensors files")
    return names


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Read the header of a safetensors file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict of str to tuple of int
        The shape of each tensor, by name.

    Raises
    ------
    ConfigError
        If the file cannot be read, is incomplete or is invalid.
    """
    try:
        with open_regular(path) as file:
            size = file.seek(0, 2)
            file.seek(0)
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, _LARGEST_HEADER):
                raise ConfigError(f"invalid weights {path}: the header exceeds the file; fetch the file again")
            header = json.loads(file.read(length))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"invalid weights {path}: the header is not JSON; fetch the file again") from None
    if not isinstance(header, dict):
        raise ConfigError(f"invalid weights {path}: the header is not a table of tensors; fetch the file again")
    header.pop("__metadata__", None)
    sizes = {name: _size(path, name, entry) for name, entry in header.items()}
    if sum(sizes.values()) != size - 8 - length:
        raise ConfigError(
            f"invalid weights {path}: {size - 8 - length} bytes of data, expected {sum(sizes.values())};"
            " fetch the file again"
        )
    return {name: tuple(entry["shape"]) for name, entry in header.items()}


def _size(path: Path, name: str, entry: Any) -> int:
    """Return the bytes of a tensor of a header."""
    shape = entry.get("shape") if isinstance(entry, dict) else None
    if not isinstance(shape, list) or not all(type(n) is int and 0 <= n <= 2**32 for n in shape) or len(shape) > 8:
        raise ConfigError(f"invalid weights {path}: tensor {name[:80]} has no valid shape")
    dtype, offsets = entry.get("dtype"), entry.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in _BYTES:
        raise ConfigError(f"invalid weights {path}: tensor {name[:80]} has type {dtype!r}; known: {', '.join(_BYTES)}")
    size = math.prod(shape) * _BYTES[dtype]
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(type(n) is int and n >= 0 for n in offsets):
        raise ConfigError(f"invalid weights {path}: tensor {name[:80]} has no valid place in the file")
    if offsets[1] - offsets[0] != size:
        raise ConfigError(f"invalid weights {path}: tensor {name[:80]} of shape {shape} does not have {size} bytes")
    return size
