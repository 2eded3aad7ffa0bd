"""Published corpora, from their archives to checked clips in a folder."""

from __future__ import annotations

import fnmatch
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from ser_bench.core.errors import DownloadError
from ser_bench.core.files import ensure_writable, remove_stale, scratch_folder
from ser_bench.core.progress import NoProgress, Progress
from ser_bench.corpora.download.archive import Archive, Source, check_mirror
from ser_bench.corpora.download.http import RETRY, Retry, Wanted, fetch
from ser_bench.corpora.download.unzip import unpack

RECEIPT = ".ser-bench-download.json"
"""Lies in the folder of an unpacked archive: where it came from, and the bytes of every file."""


def download(
    source: Source,
    folder: Path,
    *,
    part: str | None = None,
    base_url: str | None = None,
    retry: Retry = RETRY,
    progress: Progress | None = None,
) -> None:
    """Fetch a corpus's archives, check them, and unpack each into a folder of its own below ``folder``.

    What was downloaded before is looked over and not fetched again. Archives, whole or in part, wait in a hidden
    folder beside ``folder`` and are removed once unpacked; ``folder`` never holds half of one.

    Raises
    ------
    ConfigError
        For a part that the corpus has not, or a mirror's address that is none.
    DownloadError
        Where an archive cannot be fetched or is not what was published, or the folder is not fit for it.
    """
    progress = progress or NoProgress()
    folder = folder.expanduser().absolute()
    check_mirror(base_url)
    missing = [archive for archive in source.choose(part) if not _is_there(archive, folder, progress)]
    if not missing:
        return
    aside = folder.parent / f".{folder.name}.download"
    if folder.exists():
        ensure_writable(folder, DownloadError, "--to")
    ensure_writable(aside, DownloadError, "--to")
    try:
        remove_stale(aside)
        _check_room(aside, missing)
        for archive in missing:
            packed = _retrieve(archive, archive.at(base_url), aside, retry, progress)
            _place(archive, archive.at(base_url), packed, folder / archive.folder)
            progress.info(f"{archive.clips} clips, counted and unpacked: {folder / archive.folder}")
    finally:
        with suppress(OSError):  # what waits there to be gone on with keeps it
            aside.rmdir()


def _is_there(archive: Archive, folder: Path, progress: Progress) -> bool:
    """Tell whether an archive's clips are in the folder; refuse a folder where they cannot go."""
    placed = folder / archive.folder
    try:
        receipt = json.loads((placed / RECEIPT).read_text(encoding="utf-8"))
        files: dict[str, int] = dict(receipt["files"])
    except (FileNotFoundError, NotADirectoryError):
        return _is_there_otherwise(archive, folder, progress)
    except (ValueError, KeyError, TypeError):
        raise DownloadError(f"cannot read {placed / RECEIPT}\ndelete {placed} and run the same command again") from None
    changed = [name for name, size in files.items() if _size(placed / name) != size]
    if changed:
        raise DownloadError(
            f"{placed}: {len(changed)} of {len(files)} files are missing or changed, such as {changed[0]}\n"
            "delete that folder and run the same command again"
        )
    progress.info(f"{archive.clips} clips are there already, downloaded and verified: {placed}")
    return True


def _is_there_otherwise(archive: Archive, folder: Path, progress: Progress) -> bool:
    names = (name for _, _, files in os.walk(folder) for name in files)
    if (found := _count(names, archive)) >= archive.clips:
        progress.info(f"{found} clips are there already, by other means and so not verified: {folder}")
        return True
    placed = folder / archive.folder
    if placed.exists() and not (placed.is_dir() and not any(placed.iterdir())):
        raise DownloadError(f"{placed} holds other files\nname another folder with --to")
    return False


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _count(names: Iterable[str], archive: Archive) -> int:
    """Count the different clips among paths or names of files."""
    return len(set(fnmatch.filter((name.rpartition("/")[2] for name in names), archive.clip_names)))


def _check_room(aside: Path, archives: Sequence[Archive]) -> None:
    """Raise :class:`DownloadError` where the disk cannot hold the largest archive and all that they unpack to."""
    there = {file.name.removesuffix(".part"): file.stat().st_size for file in aside.iterdir() if file.is_file()}
    missing = [(archive.size or archive.unpacked) - there.get(archive.name, 0) for archive in archives]
    needed = sum(archive.unpacked for archive in archives) + max(0, *missing)
    free = shutil.disk_usage(aside).free
    if free < needed:
        raise DownloadError(
            f"{needed / 1e9:.2f} GB are needed in {aside.parent}, {free / 1e9:.2f} GB are free\n"
            "name another folder with --to"
        )


def _retrieve(archive: Archive, url: str, aside: Path, retry: Retry, progress: Progress) -> Path:
    """Return the path of an archive that has the published checksum, fetched unless it waits there already."""
    import pooch

    size = f", {archive.size / 1e6:.0f} MB" if archive.size else ""
    part = aside / f"{archive.name}.part"

    def go_on(address: str, output_file: str, _: object) -> None:
        """Fetch as pooch's downloaders do, but resumed: theirs write to a file that pooch removes on any error."""
        progress.info(f"fetching {address}{size}" + (f", from byte {part.stat().st_size}" if part.exists() else ""))
        wanted = Wanted(address, archive.size, archive.size or archive.unpacked)
        fetch(wanted, part, retry=retry, progress=progress)
        _hand_over(part, Path(output_file))

    pooch.get_logger().setLevel("WARNING")  # it would print file names, and a SHA-256 to paste into a program
    known = f"md5:{archive.md5}" if archive.md5 else None
    try:
        packed = pooch.retrieve(url, known, fname=archive.name, path=aside, downloader=go_on)
        part.unlink(missing_ok=True)
    except ValueError:  # pooch has removed its file
        part.unlink(missing_ok=True)
        raise DownloadError(
            f"{archive.name} has not the published MD5 {archive.md5}; what came was removed\n"
            "run the same command again, or name another mirror with --base-url"
        ) from None
    if archive.md5:
        progress.info(f"its MD5 is the published one, {archive.md5}")
    else:
        progress.info(
            "no published checksum is known for it: only the CRCs inside and the number of clips are checked; "
            f"its SHA-256 is {pooch.file_hash(packed)}"
        )
    return Path(packed)


def _hand_over(part: Path, output: Path) -> None:
    """Give pooch the bytes under a second name: it removes its file on any error, Ctrl-C while hashing included."""
    output.unlink()
    try:
        output.hardlink_to(part)
    except (OSError, NotImplementedError):  # a file system without such links
        part.replace(output)


def _place(archive: Archive, url: str, packed: Path, placed: Path) -> None:
    """Unpack beside the folder, count, and move into place in one go; then remove the archive, sound or not."""
    try:
        with scratch_folder(packed.parent) as passing:
            _unpack(archive, url, packed, passing / "clips", placed)
    except DownloadError as reason:
        packed.unlink()
        raise DownloadError(f"{reason}\nit was removed; name another mirror with --base-url") from None
    packed.unlink()


def _unpack(archive: Archive, url: str, packed: Path, aside: Path, placed: Path) -> None:
    files = unpack(packed, aside, limit=archive.unpacked)
    if (found := _count(files, archive)) != archive.clips:
        raise DownloadError(f"{archive.name} holds {found} clips where {archive.clips} are published")
    receipt = {"archive": archive.name, "url": url, "md5": archive.md5, "clips": found, "files": files}
    (aside / RECEIPT).write_text(json.dumps(receipt, indent=1), encoding="utf-8")
    placed.parent.mkdir(parents=True, exist_ok=True)
    if placed.exists():
        placed.rmdir()  # it is empty
    aside.replace(placed)
