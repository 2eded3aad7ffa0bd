"""Unpacking a ZIP archive from a stranger: nothing outside the folder, no links, no more bytes than announced."""

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
"""What corpora are packed with; the others may ask for gigabytes of memory before they give a byte."""
_REGULAR = {0, stat.S_IFREG, stat.S_IFDIR}
"""The kinds of file that may be unpacked; 0 where the archive does not say."""


def unpack(archive: Path, folder: Path, *, limit: int) -> dict[str, int]:
    """Unpack an archive into ``folder``, which is made; return the bytes of every file by its path below it.

    All names and sizes are looked at before the first file is written; each file is checked against its CRC.

    Raises
    ------
    DownloadError
        Where a name leads out of the folder or cannot be a file's, a member is a link, encrypted or packed by an odd
        method, the files have more than ``limit`` bytes together, or the archive is damaged. The folder may then hold
        some of the files.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            _check(members, archive.name, limit)
            folder.mkdir(parents=True)
            return {m.filename: _extract(opened, m, folder) for m in members if not m.is_dir()}
    except _DAMAGE as reason:
        raise DownloadError(f"{archive.name} is damaged: {reason}") from None
    except OSError as reason:
        if reason.errno != errno.EINVAL:  # a member before the file's begin
            raise
        raise DownloadError(f"{archive.name} is damaged: a member is not where it should be") from None


def _check(members: list[zipfile.ZipInfo], name: str, limit: int) -> None:
    for member in members:
        if fault := _fault(member):
            raise DownloadError(f"{name} is refused: its member {member.filename!r} {fault}")
    names = {member.filename.removesuffix("/").casefold() for member in members}
    if len(names) < len(members) or len(members) > _MOST_MEMBERS:
        raise DownloadError(f"{name} is refused: it holds a name twice, or more than {_MOST_MEMBERS} files")
    if inside := _inside_a_file(members):
        raise DownloadError(f"{name} is refused: its member {inside!r} lies in a file")
    if (total := sum(member.file_size for member in members)) > limit:
        raise DownloadError(f"{name} is refused: it unpacks to {total} bytes where at most {limit} are expected")


def _inside_a_file(members: list[zipfile.ZipInfo]) -> str | None:
    """Return the first name that has another member, which is a file, for a folder."""
    files = {member.filename.casefold() for member in members if not member.is_dir()}
    names = sorted(member.filename for member in members)
    return next((n for n in names if any(str(p) in files for p in PurePosixPath(n.casefold()).parents)), None)


def _fault(member: zipfile.ZipInfo) -> str | None:
    """Return what speaks against unpacking a member, or None."""
    name = member.orig_filename
    if re.match(r"[/\\]|[A-Za-z]:", name) or ".." in re.split(r"[/\\]", name):
        return "leads out of the folder"
    if re.search(r"[\\:\0]", name):
        return "has a name that means other things elsewhere"
    if any(part in ("", ".") or len(os.fsencode(part)) > _LONGEST_NAME for part in name.removesuffix("/").split("/")):
        return "has a name that no file has"
    if stat.S_IFMT(member.external_attr >> 16) not in _REGULAR:
        return "is a link or a special file"
    if member.compress_type not in _METHODS:
        return "is packed by a method that is not read here"
    return "is encrypted" if member.flag_bits & 1 else None


def _extract(opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> int:
    """Write a member to its place; zipfile stops at the announced size and compares the CRC."""
    path = folder / member.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member) as packed, path.open("xb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)
        return file.tell()
