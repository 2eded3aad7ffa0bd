"""Download of published corpora: from archives at the publisher to verified clips in a folder."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from urllib3 import Retry

from ser_bench.core.errors import ConfigError, DownloadError
from ser_bench.core.files import ensure_writable, remove_stale, scratch_folder
from ser_bench.core.places import expand_home
from ser_bench.core.progress import NoProgress, Progress
from ser_bench.core.text import plural
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.download.http import RETRIES, TIMEOUT, RemoteFile, fetch
from ser_bench.corpora.download.unzip import unpack
from ser_bench.corpora.published import Archive

RECORD = ".ser-bench-download.json"
"""File in the folder of an unpacked archive with its origin and the size of every file."""


def download(
    corpus: Corpus,
    folder: Path,
    *,
    part: str | None = None,
    base_url: str | None = None,
    retries: Retry = RETRIES,
    timeout: float = TIMEOUT,
    progress: Progress | None = None,
) -> None:
    """Download a corpus's archives, verify them, and unpack each into a subfolder of ``folder``.

    Complete earlier downloads are checked and not repeated; partial ones are resumed. Archives stay in a hidden
    folder beside ``folder`` until they are unpacked, so ``folder`` never holds a part of one.

    Parameters
    ----------
    corpus
        A corpus with archives.
    folder
        The corpus's folder.
    part
        ``speech``, ``song`` or ``all``; by default the part of the first archive.
    base_url
        Address of a mirror, None for the publisher.
    retries
        Number of retries without progress, and the pauses between them.
    timeout
        Seconds without data until an attempt fails.
    progress
        Receives messages and progress.

    Raises
    ------
    ConfigError
        If the corpus has no such part, or the mirror's address is invalid.
    DownloadError
        If an archive cannot be fetched or verified, or the folder cannot be used.
    """
    progress = progress or NoProgress()
    folder = expand_home(folder).absolute()
    _check_mirror(base_url)
    missing = [archive for archive in _archives(corpus, part) if not _is_complete(archive, folder, progress)]
    if not missing:
        return
    staging = folder.parent / f".{folder.name}.download"
    if folder.exists():
        ensure_writable(folder, DownloadError, "--to")
    ensure_writable(staging, DownloadError, "--to")
    try:
        remove_stale(staging)
        _check_disk_space(staging, missing)
        for archive in missing:
            url = archive.address(base_url)
            packed = _fetched(archive, url, staging, retries, timeout, progress)
            _install(archive, url, packed, folder / archive.folder)
            progress.info(f"{plural(archive.clips, 'clip')} unpacked: {folder / archive.folder}")
    finally:
        with suppress(OSError):  # partial downloads stay in it
            staging.rmdir()


def _archives(corpus: Corpus, part: str | None) -> list[Archive]:
    """Return the archives of a part, by default the first archive's part; ``all`` means all parts."""
    part = part or corpus.archives[0].part
    archives = [archive for archive in corpus.archives if part in ("all", archive.part)]
    if not archives:
        raise ConfigError(f"{corpus.name} has no part {part!r}; leave --part out")
    return archives


def _check_mirror(base_url: str | None) -> None:
    if base_url is None:
        return
    try:
        parts = urlsplit(base_url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid:
        raise ConfigError(f"invalid --base-url {base_url!r}; expected an address such as https://example.org/folder")


def _is_complete(archive: Archive, folder: Path, progress: Progress) -> bool:
    """Return whether the folder holds an archive's clips; raise if they cannot be put there."""
    unpacked = folder / archive.folder
    try:
        record = json.loads((unpacked / RECORD).read_text(encoding="utf-8"))
        sizes: dict[str, int] = dict(record["files"])
    except (FileNotFoundError, NotADirectoryError):
        return _has_other_clips(archive, folder, progress)
    except (ValueError, KeyError, TypeError):
        raise DownloadError(
            f"invalid download record {unpacked / RECORD}\ndelete {unpacked} and run the same command again"
        ) from None
    changed = [name for name, size in sizes.items() if _size(unpacked / name) != size]
    if changed:
        raise DownloadError(
            f"{unpacked}: {len(changed)} of {len(sizes)} files are missing or changed, for example {changed[0]}\n"
            "delete that folder and run the same command again"
        )
    progress.info(f"{plural(archive.clips, 'clip')} already downloaded and verified: {unpacked}")
    return True


def _has_other_clips(archive: Archive, folder: Path, progress: Progress) -> bool:
    """Return whether the folder holds the clips without a record of their download."""
    clips = _count_clips((name for _, _, files in os.walk(folder) for name in files), archive)
    if clips >= archive.clips:
        progress.info(
            f"found {plural(clips, 'clip')} that ser-bench did not download; checksums not verified: {folder}"
        )
        return True
    unpacked = folder / archive.folder
    if unpacked.exists() and not (unpacked.is_dir() and not any(unpacked.iterdir())):
        raise DownloadError(f"{unpacked} contains other files\nname another folder with --to")
    return False


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _count_clips(names: Iterable[str], archive: Archive) -> int:
    """Count the distinct clips among paths or names of files."""
    return len(set(fnmatch.filter((name.rpartition("/")[2] for name in names), archive.clip_names)))


def _check_disk_space(staging: Path, archives: Sequence[Archive]) -> None:
    """Raise if the disk cannot hold the largest archive and all unpacked files."""
    fetched = {file.name.removesuffix(".part"): file.stat().st_size for file in staging.iterdir() if file.is_file()}
    missing = [(archive.size or archive.unpacked_limit) - fetched.get(archive.name, 0) for archive in archives]
    needed = sum(archive.unpacked_limit for archive in archives) + max(0, *missing)
    free = shutil.disk_usage(staging).free
    if free < needed:
        raise DownloadError(
            f"not enough disk space in {staging.parent}: {needed / 1e9:.2f} GB needed, {free / 1e9:.2f} GB free\n"
            "name another folder with --to"
        )


def _fetched(archive: Archive, url: str, staging: Path, retries: Retry, timeout: float, progress: Progress) -> Path:
    """Return the path of a verified archive; the suffix ``.part`` marks unverified bytes."""
    packed, part = staging / archive.name, staging / f"{archive.name}.part"
    if packed.exists():  # an interruption while it was unpacked left it
        with suppress(DownloadError):
            _verify(archive, packed, progress)
            return packed
    size = f", {archive.size / 1e6:.0f} MB" if archive.size else ""
    resumed = f", from byte {part.stat().st_size}" if part.exists() else ""
    progress.info(f"downloading {url}{size}{resumed}")
    remote = RemoteFile(url, archive.size, archive.size or archive.unpacked_limit)
    fetch(remote, part, retries=retries, timeout=timeout, progress=progress)
    _verify(archive, part, progress)
    part.replace(packed)
    return packed


def _verify(archive: Archive, downloaded: Path, progress: Progress) -> None:
    """Compare a file with the published checksum; remove it and raise if they differ."""
    with downloaded.open("rb") as file:
        digest = hashlib.file_digest(file, "md5" if archive.md5 else "sha256").hexdigest()
    if archive.md5 is None:
        progress.info(f"no published checksum; checking the number of clips and the archive's CRCs; SHA-256 {digest}")
    elif digest == archive.md5:
        progress.info(f"MD5 verified: {digest}")
    else:
        downloaded.unlink()
        raise DownloadError(
            f"checksum mismatch: {archive.name} has MD5 {digest}, expected {archive.md5}; the file was removed\n"
            "run the same command again, or name another mirror with --base-url"
        )


def _install(archive: Archive, url: str, packed: Path, unpacked: Path) -> None:
    """Unpack in the staging folder, count the clips, rename into place; then remove the archive."""
    try:
        with scratch_folder(packed.parent) as temporary:
            _unpack(archive, url, packed, temporary / "clips", unpacked)
    except DownloadError as error:
        packed.unlink()
        raise DownloadError(f"{error}\nthe archive was removed; name another mirror with --base-url") from None
    packed.unlink()


def _unpack(archive: Archive, url: str, packed: Path, temporary: Path, unpacked: Path) -> None:
    sizes = unpack(packed, temporary, limit=archive.unpacked_limit)
    if (clips := _count_clips(sizes, archive)) != archive.clips:
        raise DownloadError(f"{archive.name} holds {plural(clips, 'clip')}; expected {archive.clips}")
    record = {"archive": archive.name, "url": url, "md5": archive.md5, "clips": clips, "files": sizes}
    (temporary / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    unpacked.parent.mkdir(parents=True, exist_ok=True)
    if unpacked.exists():
        unpacked.rmdir()  # _has_other_clips made sure that it is empty
    temporary.replace(unpacked)
