"""Tensors of an ONNX model: element types, declared shapes, and whether stored values fit their shape."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import TensorProto, ValueInfoProto

MAX_ELEMENTS = 2**28
"""The most values of a declared shape: 1 GiB of float32."""

MAX_AXES = 32
"""The most axes of a tensor."""

_TYPES = {
    "FLOAT": ("float32", 32),
    "DOUBLE": ("float64", 64),
    "COMPLEX64": ("complex64", 64),
    "COMPLEX128": ("complex128", 128),
    "INT16": ("int16", 16),
    "UINT16": ("uint16", 16),
    "FLOAT16": ("float16", 16),
    "BFLOAT16": ("bfloat16", 16),
    "INT32": ("int32", 32),
    "UINT32": ("uint32", 32),
    "INT64": ("int64", 64),
    "UINT64": ("uint64", 64),
    "INT4": ("int4", 4),
    "UINT4": ("uint4", 4),
    "FLOAT4E2M1": ("float4", 4),
    "INT2": ("int2", 2),
    "UINT2": ("uint2", 2),
    "STRING": ("string", 0),
}
"""numpy's name and number of bits by the name of an element type; other types have 8 bits."""

_PARTS = {"COMPLEX64": 2, "COMPLEX128": 2}
"""Stored numbers a value."""

_FIELDS = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data", "string_data")


@dataclass(frozen=True)
class Tensor:
    """An input or output of a network.

    Attributes
    ----------
    name : str
        Its name.
    dtype : str
        numpy's name of the type, such as ``float32``; ``string``, ``sequence``, ``map``, ``optional`` or ``unknown``.
    shape : tuple of int, str or None; or None
        Length of each axis: a number, the name of an unknown length, or None. None for an unknown number of axes.
    """

    name: str
    dtype: str
    shape: tuple[int | str | None, ...] | None


def declared_tensor(declared: ValueInfoProto) -> Tensor:
    """Return a declared input or output.

    Parameters
    ----------
    declared : onnx.ValueInfoProto
        The declaration.

    Returns
    -------
    Tensor
    """
    kind = declared.type.WhichOneof("value")
    if kind != "tensor_type":
        return Tensor(declared.name, (kind or "unknown").removesuffix("_type"), None)
    tensor = declared.type.tensor_type
    shape = tuple(map(_length, tensor.shape.dim)) if tensor.HasField("shape") else None
    return Tensor(declared.name, type_name(tensor.elem_type), shape)


def _length(axis: object) -> int | str | None:
    """Return the declared length of an axis."""
    kind = axis.WhichOneof("value")  # type: ignore[attr-defined]
    length: int | str | None = getattr(axis, kind) if kind else None
    return None if length == "" else length


def type_name(element_type: int) -> str:
    """Return numpy's name of an element type.

    Parameters
    ----------
    element_type : int
        The number of the type in ONNX.

    Returns
    -------
    str
        ``unknown`` for a number without a type.
    """
    name = _enum_name(element_type)
    return _TYPES[name][0] if name in _TYPES else name.lower()


def _enum_name(element_type: int) -> str:
    """Return ONNX's name of an element type."""
    from onnx import TensorProto

    names = {number: name for name, number in TensorProto.DataType.items()}
    return "unknown" if element_type == TensorProto.UNDEFINED else names.get(element_type, "unknown")


def shape_problem(shape: tuple[int | str | None, ...] | None) -> str:
    """Return what is wrong with a declared shape.

    Parameters
    ----------
    shape : tuple of int, str or None; or None
        As in :class:`Tensor`.

    Returns
    -------
    str
        One clause; empty for a valid shape.
    """
    if len(shape or ()) > MAX_AXES:
        return f"has {len(shape or ()):,} axes, the limit is {MAX_AXES}"
    known = [length for length in shape or () if isinstance(length, int)]
    if any(length <= 0 for length in known):
        return f"has an axis of length {min(known)}"
    if math.prod(known) > MAX_ELEMENTS:
        return f"has {amount(math.prod(known))} values, the limit is {MAX_ELEMENTS:,}"
    return ""


def stored_problem(tensor: TensorProto) -> str:
    """Return why the stored values of a tensor cannot be used.

    Parameters
    ----------
    tensor : onnx.TensorProto
        The tensor.

    Returns
    -------
    str
        One clause; empty for a valid tensor.
    """
    from onnx import TensorProto

    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        return "keeps its values in another file"
    if tensor.HasField("segment"):
        return "is stored in segments"
    if len(tensor.dims) > MAX_AXES:
        return f"has {len(tensor.dims):,} axes, the limit is {MAX_AXES}"
    if any(length < 0 for length in tensor.dims):
        return f"has an axis of length {min(tensor.dims)}"
    kind = _enum_name(tensor.data_type)
    if kind == "unknown":
        return f"has the unknown element type {tensor.data_type}"
    expected, stored = _sizes(tensor, kind)
    if stored == expected:
        return ""
    shape = " × ".join(map(str, tensor.dims))
    return f"has the shape {shape} but {stored:,} {_unit(tensor)}, expected {amount(expected)}"


def amount(count: int) -> str:
    """Write a number that may be far too large.

    Parameters
    ----------
    count : int
        The number.

    Returns
    -------
    str
        With commas, or in powers of ten.
    """
    return f"{count:,}" if count < 10**6 else f"{min(count, 10**99):.3g}"


def _unit(tensor: TensorProto) -> str:
    """Return what the sizes of a tensor count."""
    return "bytes" if tensor.HasField("raw_data") else "values"


def _sizes(tensor: TensorProto, kind: str) -> tuple[int, int]:
    """Return the number of bytes or values that the shape needs, and the number that is stored."""
    count = math.prod(tensor.dims)
    bits = _TYPES.get(kind, ("", 8))[1]
    if tensor.HasField("raw_data"):
        return -(-count * bits // 8), len(tensor.raw_data)
    packed = 8 // bits if 0 < bits < 8 else 1
    return -(-count * _PARTS.get(kind, 1) // packed), max(len(getattr(tensor, name)) for name in _FIELDS)
