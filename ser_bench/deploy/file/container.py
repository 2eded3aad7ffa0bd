"""The container: a zip of three members, whose sizes, names and checksums are verified before use.

==================  ==================================================================================
member              content
==================  ==================================================================================
``manifest.json``   the description of the model, and the SHA-256 of the other members
``state.json``      estimator and novelty detector as plain values (:mod:`ser_bench.deploy.file.parts`)
``arrays.npy``      their arrays as a stream of ``.npy`` files (:mod:`ser_bench.deploy.file.arrays`)
==================  ==================================================================================
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from ser_bench.core.errors import ModelFileError
from ser_bench.core.files import atomic_write

FORMAT = 2
"""The version of the layout; a file with a higher one is refused. Format 1 had the estimator alone in its state."""

MANIFEST = "manifest.json"
_LIMITS = {MANIFEST: 4 << 20, "state.json": 64 << 20, "arrays.npy": 1 << 30}
"""The members, with their largest size in bytes."""

_MAX_MEMBERS = 16
_MAX_DIRECTORY_BYTES = 4096
_MAX_RATIO = 200
_UNCHECKED_RATIO_BYTES = 1 << 20
_END = struct.Struct("<4s4H2LH")


def write(path: Path, manifest: Mapping[str, Any], members: Mapping[str, bytes]) -> None:
    """Write a model file atomically; equal content gives equal bytes.

    Parameters
    ----------
    path : Path
        The file.
    manifest : mapping
        The description of the model.
    members : mapping of str to bytes
        The other members.

    Raises
    ------
    ModelFileError
        For a member above its limit, or a file that cannot be written.
    """
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    content = {"format": FORMAT, **manifest, "members": digests}
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    for name, data in {MANIFEST: text, **members}.items():
        if len(data) > _LIMITS[name]:
            raise ModelFileError(
                f"the model is too large: {name} has {len(data) >> 20} MiB, the limit is {_LIMITS[name] >> 20} MiB"
            )
    try:
        with atomic_write(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            for name, data in {MANIFEST: text, **members}.items():
                archive.writestr(_entry(name), data, zipfile.ZIP_DEFLATED, compresslevel=6)
    except OSError as error:
        raise ModelFileError(f"cannot write {path}: {error.strerror or error}") from None


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o644) << 16
    return entry


def read(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the manifest and the other members of a file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    manifest : dict
        The parsed manifest.
    members : dict of str to bytes
        The other members, verified.

    Raises
    ------
    ModelFileError
        For a file that is missing, foreign, truncated, changed or too large, or of a newer format.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ModelFileError(f"{path} is damaged: {error}") from None


def _read(file: IO[bytes], path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    _check_ends(file, path)
    with zipfile.ZipFile(file) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        if len(entries) < len(archive.infolist()):
            raise ModelFileError(f"{path} is refused: two members have the same name")
        if MANIFEST not in entries:
            raise ModelFileError(f"{path} is not a model file of ser-bench: it has no {MANIFEST}")
        _check_entry(entries[MANIFEST], path)
        manifest = parse(archive.read(MANIFEST), path)
        _check_format(manifest, path)
        if set(entries) != set(_LIMITS):
            unexpected = min(set(entries) ^ set(_LIMITS))
            raise ModelFileError(f"{path} is refused: unexpected or missing member {unexpected!r}")
        for entry in entries.values():
            _check_entry(entry, path)
        members = {name: archive.read(name) for name in _LIMITS if name != MANIFEST}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    if manifest.get("members") != digests:
        raise ModelFileError(f"{path} is damaged: checksum mismatch")
    return manifest, members


def _check_ends(file: IO[bytes], path: Path) -> None:
    """Check the first and last bytes, which give the length of the directory, before the directory is read."""
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode) or file.read(4) != b"PK\x03\x04":
        raise ModelFileError(f"{path} is not a model file of ser-bench; give a file that `ser-bench train` wrote")
    if status.st_size > sum(_LIMITS.values()):
        raise ModelFileError(f"{path} is refused: {status.st_size >> 20} MiB is above the limit of a model file")
    file.seek(max(0, status.st_size - _END.size))
    tail = file.read(_END.size)
    if len(tail) < _END.size or tail[:4] != b"PK\x05\x06":
        raise ModelFileError(f"{path} is truncated, or not a model file of ser-bench")
    _, _, _, entries, count, length, start, _ = _END.unpack(tail)
    if entries != count or count > _MAX_MEMBERS or length > _MAX_DIRECTORY_BYTES:
        raise ModelFileError(f"{path} is refused: it has too many members")
    if start + length + _END.size != status.st_size:
        raise ModelFileError(f"{path} is damaged: its directory is misplaced")


def _check_entry(entry: zipfile.ZipInfo, path: Path) -> None:
    size, packed = entry.file_size, entry.compress_size
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG) or entry.flag_bits & 1 or entry.is_dir():
        raise ModelFileError(f"{path} is refused: {entry.filename} is not a plain file")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # other methods need unlimited memory
        raise ModelFileError(f"{path} is refused: {entry.filename} uses an unsupported compression method")
    if size > _LIMITS[entry.filename] or (size > _UNCHECKED_RATIO_BYTES and size > _MAX_RATIO * packed):
        raise ModelFileError(f"{path} is refused: {entry.filename} would unpack to {size >> 20} MiB")


def _check_format(manifest: Mapping[str, Any], path: Path) -> None:
    number = manifest.get("format")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ModelFileError(f"{path} is not a model file of ser-bench: its manifest has no format")
    if number > FORMAT:
        version = str(manifest.get("ser_bench", "of a newer version"))[:40]
        raise ModelFileError(
            f"{path} has file format {number}; this ser-bench reads up to {FORMAT}\n"
            f"it was written by ser-bench {version}; install that version or a later one"
        )


def parse(data: bytes, path: Path) -> dict[str, Any]:
    """Parse a JSON object.

    Parameters
    ----------
    data : bytes
        The text.
    path : Path
        The model file, for messages.

    Returns
    -------
    dict
        The object.

    Raises
    ------
    ModelFileError
        For anything else, NaN and deep nesting included.
    """
    try:
        parsed = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ModelFileError(f"{path} is damaged: invalid JSON in its manifest") from None
    if not isinstance(parsed, dict):
        raise ModelFileError(f"{path} is damaged: invalid JSON in its manifest")
    return parsed


def _no_constant(name: str) -> Any:
    raise ValueError(name)
