"""Archives of plain arrays that end with a checksum of themselves and of the key under which they are saved.

An archive is a NumPy ``.npz``; nothing is unpickled. Its last 64 bytes, the ZIP comment, are a SHA-256 of the key and
the bytes before them. The checksum finds damage only, because anyone can compute it, so callers validate the content.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping

import numpy as np

_CHECKSUM_BYTES = 64
_COMMENT_LENGTH_BYTES = 2


def seal(key: str, arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the content of an archive.

    Parameters
    ----------
    key : str
        The key under which it is saved.
    arrays : mapping of str to ndarray
        Arrays of numbers or text by name.

    Returns
    -------
    bytes
    """
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    # a ZIP file ends with the length of its comment
    archive = stream.getvalue()[:-_COMMENT_LENGTH_BYTES] + _CHECKSUM_BYTES.to_bytes(_COMMENT_LENGTH_BYTES, "little")
    return archive + _checksum(key, archive)


def unseal(key: str, content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of an archive.

    Parameters
    ----------
    key : str
        The key under which it is saved.
    content : bytes
        The content of the file.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    ValueError
        If the checksum differs, or the content is not an archive of plain arrays.
    """
    if content[-_CHECKSUM_BYTES:] != _checksum(key, content[:-_CHECKSUM_BYTES]):
        raise ValueError("checksum mismatch")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception as error:  # hostile content can make NumPy raise anything
        raise ValueError(f"invalid content ({type(error).__name__})") from None


def _checksum(key: str, archive: bytes) -> bytes:
    return hashlib.sha256(key.encode() + archive).hexdigest().encode()
