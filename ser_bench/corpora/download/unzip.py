"""Unpacking of an untrusted ZIP archive: no path outside the folder, no links, no more bytes than expected."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from ser_bench.core.errors import DownloadError

_MOST_MEMBERS = 20_000
_LONGEST_NAME = 255
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Compression methods of published corpora; others may allocate gigabytes before the first byte."""
_FILE_TYPES = {0, stat.S_IFREG, stat.S_IFDIR}
"""File types to unpack; 0 where the archive states none."""


def unpack(archive: Path, folder: Path, *, limit: int) -> dict[str, int]:
    """Unpack a ZIP archive.

    All names and sizes are checked before the first file is written; each file is verified against its CRC.

    Parameters
    ----------
    archive
        Path of the archive.
    folder
        New folder to unpack into.
    limit
        Most bytes that the files may have together.

    Returns
    -------
    dict
        Size in bytes by path below ``folder``.

    Raises
    ------
    DownloadError
        If a name is unsafe, a member is a link, encrypted or compressed by another method, the files exceed
        ``limit``, or the archive is damaged. The folder may then hold some of the files.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            members = file.infolist()
            _check(members, archive.name, limit)
            folder.mkdir(parents=True)
            return {member.filename: _extract(file, member, folder) for member in members if not member.is_dir()}
    except _DAMAGE as error:
        raise DownloadError(f"{archive.name} is damaged: {error}") from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # EINVAL: the directory puts a member before the start of the file
            raise
        raise DownloadError(f"{archive.name} is damaged: invalid offset of a member") from None


def _check(members: list[zipfile.ZipInfo], name: str, limit: int) -> None:
    for member in members:
        if fault := _fault(member):
            raise DownloadError(f"unsafe archive {name}: member {member.filename!r} {fault}")
    names = {member.filename.removesuffix("/").casefold() for member in members}
    if len(names) < len(members):
        raise DownloadError(f"unsafe archive {name}: a member's name occurs twice")
    if len(members) > _MOST_MEMBERS:
        raise DownloadError(f"unsafe archive {name}: {len(members)} members; expected at most {_MOST_MEMBERS}")
    if nested := _inside_a_file(members):
        raise DownloadError(f"unsafe archive {name}: the parent of member {nested!r} is a file")
    if (total := sum(member.file_size for member in members)) > limit:
        raise DownloadError(f"unsafe archive {name}: unpacks to {total} bytes; expected at most {limit}")


def _inside_a_file(members: list[zipfile.ZipInfo]) -> str | None:
    """Return the first member whose parent folder is another member that is a file."""
    files = {member.filename.casefold() for member in members if not member.is_dir()}
    names = sorted(member.filename for member in members)
    return next((n for n in names if any(str(p) in files for p in PurePosixPath(n.casefold()).parents)), None)


def _fault(member: zipfile.ZipInfo) -> str | None:
    """Return why a member must not be unpacked, or None."""
    name = member.orig_filename
    if re.match(r"[/\\]|[A-Za-z]:", name) or ".." in re.split(r"[/\\]", name):
        return "leads out of the folder"
    if re.search(r"[\\:\0]", name):
        return "has a name with a backslash, colon or NUL"
    if any(part in ("", ".") or len(os.fsencode(part)) > _LONGEST_NAME for part in name.removesuffix("/").split("/")):
        return "has an invalid file name"
    if stat.S_IFMT(member.external_attr >> 16) not in _FILE_TYPES:
        return "is a link or a special file"
    if member.compress_type not in _METHODS:
        return "has an unsupported compression method"
    return "is encrypted" if member.flag_bits & 1 else None


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> int:
    """Write a member and return its size; zipfile stops at the stated size and verifies the CRC."""
    path = folder / member.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as packed, path.open("xb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)
        return file.tell()
