"""The file itself: a zip of three members whose sizes, names and digests are checked before any is used.

==================  ==================================================================================
member              content
==================  ==================================================================================
``manifest.json``   what the model is, for people and programs, and the digests of the other members
``state.json``      the fitted estimator as plain values (:mod:`ser_bench.deploy.file.state`)
``arrays.npy``      its arrays, one ``.npy`` after another (:mod:`ser_bench.deploy.file.arrays`)
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

FORMAT = 1
"""The number of this layout; a file of a higher one is refused."""

MANIFEST = "manifest.json"
_LIMITS = {MANIFEST: 4 << 20, "state.json": 64 << 20, "arrays.npy": 1 << 30}
"""The members, and the most bytes that each may have unpacked."""

_MOST_MEMBERS = 16
_MOST_DIRECTORY = 4096
_MOST_RATIO = 200
_SMALL = 1 << 20
_END = struct.Struct("<4s4H2LH")


def write(path: Path, manifest: Mapping[str, Any], members: Mapping[str, bytes]) -> int:
    """Write a file, whole or not at all, and return its size in bytes; the same content gives the same bytes.

    Raises :class:`ModelFileError` for a member over its limit, or where the file cannot be written.
    """
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    said = {"format": FORMAT, **manifest, "members": digests}
    text = json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    for name, data in {MANIFEST: text, **members}.items():
        if len(data) > _LIMITS[name]:
            raise ModelFileError(f"the model is too large to keep: {name} has {len(data) >> 20} MiB")
    try:
        with atomic_write(path) as temporary:
            with zipfile.ZipFile(temporary, "w") as opened:
                for name, data in {MANIFEST: text, **members}.items():
                    opened.writestr(_entry(name), data, zipfile.ZIP_DEFLATED, compresslevel=6)
            return temporary.stat().st_size
    except OSError as error:
        raise ModelFileError(f"cannot write {path}: {error.strerror or error}") from None


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o644) << 16
    return entry


def read(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a file's manifest and its other members, sizes, names and digests checked.

    Raises :class:`ModelFileError`, in a line, for a file that is missing, foreign, cut short, changed or too large,
    or of a newer format.
    """
    try:
        with path.open("rb") as opened:
            return _read(opened, path)
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ModelFileError(f"{path} is damaged: {error}") from None


def _read(opened: IO[bytes], path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    _check_ends(opened, path)
    with zipfile.ZipFile(opened) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        if len(entries) < len(archive.infolist()):
            raise ModelFileError(f"{path} is refused: it holds two members of one name")
        if MANIFEST not in entries:
            raise ModelFileError(f"{path} is no model file of ser-bench: it has no {MANIFEST}")
        _check_entry(entries[MANIFEST], path)
        manifest = parse(archive.read(MANIFEST), path)
        _check_format(manifest, path)
        if set(entries) != set(_LIMITS):
            other = min(set(entries) ^ set(_LIMITS))
            raise ModelFileError(f"{path} is refused: its members are not those of a model file ({other!r})")
        for entry in entries.values():
            _check_entry(entry, path)
        members = {name: archive.read(name) for name in _LIMITS if name != MANIFEST}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    if manifest.get("members") != digests:
        raise ModelFileError(f"{path} is damaged: its content does not match the digests in its manifest")
    return manifest, members


def _check_ends(opened: IO[bytes], path: Path) -> None:
    """Look at the first and last bytes before the archive's directory is read, whose length they tell."""
    status = os.fstat(opened.fileno())
    if not stat.S_ISREG(status.st_mode) or opened.read(4) != b"PK\x03\x04":
        raise ModelFileError(f"{path} is no model file of ser-bench")
    if status.st_size > sum(_LIMITS.values()):
        raise ModelFileError(f"{path} is refused: {status.st_size >> 20} MiB is more than a model file may have")
    opened.seek(max(0, status.st_size - _END.size))
    tail = opened.read(_END.size)
    if len(tail) < _END.size or tail[:4] != b"PK\x05\x06":
        raise ModelFileError(f"{path} is cut short, or no model file of ser-bench")
    _, _, _, here, count, length, start, _ = _END.unpack(tail)
    if here != count or count > _MOST_MEMBERS or length > _MOST_DIRECTORY:
        raise ModelFileError(f"{path} is refused: it has more members than a model file may have")
    if start + length + _END.size != status.st_size:
        raise ModelFileError(f"{path} is damaged: its directory is not where it should be")


def _check_entry(entry: zipfile.ZipInfo, path: Path) -> None:
    size, packed = entry.file_size, entry.compress_size
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG) or entry.flag_bits & 1 or entry.is_dir():
        raise ModelFileError(f"{path} is refused: {entry.filename} is not a plain file")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others ask for memory as they like
        raise ModelFileError(f"{path} is refused: {entry.filename} is packed by a method that is not read here")
    if size > _LIMITS[entry.filename] or (size > _SMALL and size > _MOST_RATIO * packed):
        raise ModelFileError(f"{path} is refused: {entry.filename} would unpack to {size >> 20} MiB")


def _check_format(manifest: Mapping[str, Any], path: Path) -> None:
    number = manifest.get("format")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ModelFileError(f"{path} is no model file of ser-bench: its manifest names no format")
    if number > FORMAT:
        made = str(manifest.get("ser_bench", "a newer version"))[:40]
        raise ModelFileError(
            f"{path} has file format {number}, this ser-bench reads up to {FORMAT}\n"
            f"it was made by ser-bench {made}; install that version or a later one"
        )


def parse(data: bytes, path: Path) -> dict[str, Any]:
    """Return a JSON object; raises :class:`ModelFileError` for anything else, NaN and boundless nesting among it."""
    try:
        parsed = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ModelFileError(f"{path} is damaged: a part of it is not the JSON that it should be") from None
    if not isinstance(parsed, dict):
        raise ModelFileError(f"{path} is damaged: a part of it is not the JSON that it should be")
    return parsed


def _no_constant(name: str) -> Any:
    raise ValueError(name)
