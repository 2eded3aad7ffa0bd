"""One file over HTTP, into a ``.part`` that goes on where it was cut.

A range is asked for only where bytes are there already, and believed only if the server says 206 and the right
place; else the file is begun again. What the bytes are worth is for the caller's checksum to say.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ser_bench.core.errors import DownloadError
from ser_bench.core.progress import Advance, NoProgress, Progress
from ser_bench.core.versions import __version__

if TYPE_CHECKING:
    import requests

_CHUNK = 16 * 1024
"""Bytes read at a time; when a connection breaks, fewer than this are lost."""

_MEGABYTE = 1_000_000
_LONGEST_WAIT = 60.0
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_ADVICE = "run the same command again to go on, or name a mirror with --base-url"


@dataclass(frozen=True)
class Retry:
    """How long to hold out: seconds without a byte, tries in a row without progress, seconds before the second.

    Every further pause is twice as long as the one before, or what the server asks for, at most a minute.
    """

    timeout: float = 30.0
    tries: int = 4
    pause: float = 1.0


RETRY = Retry()
"""What a person at a terminal may want to wait."""


@dataclass(frozen=True)
class Wanted:
    """A file to fetch: its address, its size in bytes where published, the bytes it may have at most."""

    url: str
    size: int | None
    limit: int

    @property
    def host(self) -> str:
        """The server's name, with its port if it has one."""
        return urlsplit(self.url).netloc.rpartition("@")[2]


class _PassingError(Exception):
    """Trouble that may be gone at the next try, which is due after ``wait`` seconds at the earliest."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class _UnreachableError(_PassingError):
    """No connection at all: at the first try that is told at once, since waiting seldom brings a network."""


def fetch(wanted: Wanted, part: Path, *, retry: Retry = RETRY, progress: Progress | None = None) -> None:
    """Fetch a file into ``part``, going on with the bytes that are there.

    A try that gets further than any before starts the count of tries anew. On trouble, Ctrl-C included,
    ``part`` stays for the next call.

    Raises
    ------
    DownloadError
        Where the server has no such file or one of another size, or nothing comes for too long.
    """
    progress = progress or NoProgress()
    meter = _Meter(progress, urlsplit(wanted.url).path.rpartition("/")[2])
    if wanted.size is not None and _bytes(part) > wanted.size:
        part.unlink()
    failures, furthest, heard = 0, _bytes(part), False
    while wanted.size is None or _bytes(part) != wanted.size:
        try:
            return _attempt(wanted, part, retry.timeout, meter)
        except _PassingError as trouble:
            failures = 1 if _bytes(part) > furthest else failures + 1
            furthest = max(furthest, _bytes(part))
            hopeless = isinstance(trouble, _UnreachableError) and not heard
            heard = True
            if hopeless or failures >= retry.tries:
                raise DownloadError(f"{trouble}\n{_ADVICE}") from None
            wait = max(trouble.wait, retry.pause * 2 ** (failures - 1))
            progress.warning(f"{trouble}; next try in {wait:.0f} s")
            time.sleep(wait)


@dataclass
class _Meter:
    """Tells a progress of whole megabytes, counting none twice when a file is begun again."""

    progress: Progress
    what: str
    _first: int = 0
    _last: int = 0
    _told: int = 0
    _advance: Advance | None = field(default=None, repr=False)

    def begin(self, start: int, total: int | None) -> None:
        """Announce the bytes from ``start`` to ``total``, once and where the total is known."""
        if self._advance is None and total:
            self._first, self._last = start, total
            self._advance = self.progress.start(self._count, self.what, "MB", self._count)

    def at(self, position: int) -> None:
        """Take note that the file has ``position`` bytes."""
        reached = self._count if position >= self._last else (position - self._first) // _MEGABYTE
        if self._advance is not None and reached > self._told:
            self._advance(reached - self._told)
            self._told = reached

    @property
    def _count(self) -> int:
        return max(1, math.ceil((self._last - self._first) / _MEGABYTE))


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _attempt(wanted: Wanted, part: Path, timeout: float, meter: _Meter) -> None:
    """Ask once for what is missing and write it; raise :class:`_PassingError` where it may be asked for again."""
    import requests

    have = _bytes(part)
    headers = {"User-Agent": f"ser-bench/{__version__}", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        with requests.get(wanted.url, headers=headers, stream=True, timeout=timeout) as answer:
            if answer.status_code == 416 and answer.headers.get("Content-Range") == f"bytes */{have}":
                return  # all of it was there
            start, total = _span(answer, wanted, part)
            meter.begin(start, total)
            _write(answer, wanted, part, start, meter.at)
    except requests.exceptions.SSLError as reason:
        raise DownloadError(f"no safe connection to {wanted.host}: {reason}") from None
    except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as reason:
        raise _trouble(reason, wanted.host, timeout) from None
    except requests.RequestException as reason:
        raise DownloadError(f"cannot fetch {wanted.url}: {reason}") from None
    if total is not None and _bytes(part) < total:
        raise _PassingError(f"{wanted.host} cut the connection")


def _span(answer: requests.Response, wanted: Wanted, part: Path) -> tuple[int, int | None]:
    """Return the byte that the answer's body starts at, and the file's size if the server tells it."""
    have, status = _bytes(part), answer.status_code
    if status in (206, 416):
        told = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]+/([0-9]{1,18})", answer.headers.get("Content-Range", ""))
        if status == 416 or told is None or int(told[1]) != have:
            part.unlink(missing_ok=True)
            raise _PassingError(f"{wanted.host} cannot go on at byte {have}, so the file is begun again")
        start = have
        total: int | None = int(told[2])
    elif status == 200:
        length = answer.headers.get("Content-Length", "")
        plain = answer.headers.get("Content-Encoding", "identity") == "identity"
        start, total = 0, int(length) if re.fullmatch("[0-9]{1,18}", length) and plain else None
    else:
        raise _refusal(answer, wanted)
    if total is not None and (total > wanted.limit or wanted.size not in (None, total)):
        expected = f"{wanted.size} were published" if wanted.size else f"at most {wanted.limit} are expected"
        raise DownloadError(f"{wanted.host} has {total} bytes, but {expected}\nname a mirror with --base-url")
    return start, wanted.size or total


def _refusal(answer: requests.Response, wanted: Wanted) -> Exception:
    said = f"{wanted.host} answers {answer.status_code} {answer.reason}".rstrip()
    if answer.status_code in _BUSY:
        asked = answer.headers.get("Retry-After", "")
        return _PassingError(said, min(float(asked), _LONGEST_WAIT) if asked.isdecimal() else 0.0)
    return DownloadError(f"{said} to {wanted.url}\nname a mirror with --base-url")


def _write(answer: requests.Response, wanted: Wanted, part: Path, start: int, reached: Callable[[int], None]) -> None:
    """Write the body at ``start``; refuse more bytes than the file may have."""
    position = start
    with part.open("ab" if start else "wb") as file:
        for chunk in answer.iter_content(_CHUNK):
            position += len(chunk)
            if position > wanted.limit:
                break
            file.write(chunk)
            reached(position)
    if position > wanted.limit:
        part.unlink()
        raise DownloadError(f"{wanted.host} sends more than {wanted.limit} bytes\nname a mirror with --base-url")


def _trouble(reason: requests.RequestException, host: str, timeout: float) -> _PassingError:
    """Say in a few words why a connection failed."""
    import requests
    from urllib3.exceptions import ProtocolError, ReadTimeoutError

    cause = reason.args[0] if reason.args else None
    if isinstance(reason, requests.Timeout) or isinstance(cause, ReadTimeoutError):
        return _PassingError(f"{host} sent nothing for {timeout:g} s")
    if isinstance(reason, requests.exceptions.ChunkedEncodingError) or isinstance(cause, ProtocolError):
        return _PassingError(f"{host} cut the connection")
    return _UnreachableError(f"cannot reach {host}: is there a network?")
