"""The encoding of an ONNX file, walked before it is parsed: a message of two bytes takes two hundred once parsed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

MAX_FIELDS = 1_000_000
"""The most fields of a file; large transformers have 100,000. A million take up to 200 MB once parsed."""

MAX_NESTING = 64
"""The deepest nesting of messages; a graph inside a node is three deeper."""

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_AGAIN = "download or export it again"


class _CutError(Exception):
    """A field that does not end inside its message."""


def problem(content: bytes) -> str:
    """Return why bytes are not parsed.

    Parameters
    ----------
    content : bytes
        The content of the file.

    Returns
    -------
    str
        What is wrong, a semicolon, and what to do; empty for bytes that may be parsed.
    """
    from onnx import ModelProto

    count = 0
    waiting = [(0, len(content), ModelProto.DESCRIPTOR, 0)]
    try:
        while waiting and count <= MAX_FIELDS and waiting[-1][3] <= MAX_NESTING:
            start, end, message, depth = waiting.pop()
            fields = _message_fields(message)
            for number, first, last in islice(_walk(content, start, end), MAX_FIELDS + 1 - count):
                count += 1
                if number not in fields:
                    return f"has the unknown field {number} of {message.name}; upgrade onnx, or {_AGAIN}"
                inner = fields[number]
                if inner is not None and last >= 0:
                    waiting.append((first, last, inner, depth + 1))
    except _CutError as error:
        return f"its {len(content):,} bytes are not ONNX, or are cut ({error}); {_AGAIN}"
    limit = f"has more than {MAX_FIELDS:,} fields" if count > MAX_FIELDS else f"nests more than {MAX_NESTING} deep"
    return f"{limit}; export the network again for inference" if waiting or count > MAX_FIELDS else ""


@lru_cache(maxsize=64)
def _message_fields(message: Descriptor) -> Mapping[int, Descriptor | None]:
    """Return the type of each field by number; None for numbers and texts."""
    return {field.number: field.message_type for field in message.fields}


def _walk(content: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, start and end of each field of a message; -1 as the end of a field that is a number."""
    position = start
    while position < end:
        tag, first = _varint(content, position)
        kind = tag & 7
        last = -1
        if kind == _BYTES:
            length, first = _varint(content, first)
            position = last = first + length
        elif kind == _VARINT:
            position = _varint(content, first)[1]
        elif kind in (_EIGHT, _FOUR):
            position = first + (8 if kind == _EIGHT else 4)
        else:
            raise _CutError(f"byte {position:,}")
        if position > end:
            raise _CutError(f"a field at byte {first:,} ends after its message")
        yield tag >> 3, first, last


def _varint(content: bytes, position: int) -> tuple[int, int]:
    """Return the number at a position, and the position after it."""
    value = shift = 0
    for byte in content[position : position + 10]:
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise _CutError(f"byte {position:,}")
