"""Download of one file over HTTP, with resume.

The bytes go to a ``.part`` file. A later attempt asks for the missing range, and restarts unless the server answers
206 with the expected offset. The caller verifies the checksum.
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

from urllib3 import Retry
from urllib3.exceptions import MaxRetryError, ProtocolError, ReadTimeoutError

from ser_bench.core.errors import DownloadError
from ser_bench.core.progress import Advance, NoProgress, Progress
from ser_bench.core.versions import __version__

if TYPE_CHECKING:
    import requests

RETRIES = Retry(total=3, backoff_factor=1.0, backoff_max=60.0, status_forcelist=(408, 425, 429, 500, 502, 503, 504))
"""Retries without progress until a download is given up, the pauses between them, and temporary HTTP errors."""

TIMEOUT = 30.0
"""Seconds without data until an attempt fails."""

_CHUNK = 16 * 1024
"""Bytes per read; a broken connection loses fewer than this."""

_MEGABYTE = 1_000_000
_RETRY_ADVICE = "run the same command again to resume, or name a mirror with --base-url"
_MIRROR_ADVICE = "name a mirror with --base-url"


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch.

    Attributes
    ----------
    url
        Its address.
    size
        Published size in bytes, None if unknown.
    limit
        Most bytes to accept.
    """

    url: str
    size: int | None
    limit: int

    @property
    def host(self) -> str:
        """The server's name, with its port if the address has one."""
        return urlsplit(self.url).netloc.rpartition("@")[2]


class _TemporaryError(Exception):
    """An error that a retry may solve, ``wait`` seconds later at the earliest."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class _UnreachableError(_TemporaryError):
    """No connection. The first attempt is not retried: the machine is probably offline."""


def fetch(
    remote: RemoteFile,
    part: Path,
    *,
    retries: Retry = RETRIES,
    timeout: float = TIMEOUT,
    progress: Progress | None = None,
) -> None:
    """Fetch a file into ``part``, resuming with the bytes in it.

    An attempt that gets further than all before it resets the count of retries. On any error, Ctrl-C included,
    ``part`` stays for the next call.

    Parameters
    ----------
    remote
        The file.
    part
        Path to write to.
    retries
        Number of retries without progress, and the pauses between them.
    timeout
        Seconds without data until an attempt fails.
    progress
        Receives warnings, and progress in MB.

    Raises
    ------
    DownloadError
        If the server does not have the file or offers another size, or no retry is left.
    """
    progress = progress or NoProgress()
    meter = _Meter(progress, urlsplit(remote.url).path.rpartition("/")[2])
    if remote.size is not None and _size(part) > remote.size:
        part.unlink()
    remaining, furthest, first = retries, _size(part), True
    while remote.size is None or _size(part) != remote.size:
        try:
            return _attempt(remote, part, timeout, meter)
        except _TemporaryError as error:
            if _size(part) > furthest:
                remaining, furthest = retries, _size(part)
            if first and isinstance(error, _UnreachableError):
                raise DownloadError(f"{error}; not retried\n{_RETRY_ADVICE}") from None
            try:
                remaining = remaining.increment("GET", remote.url, error=error)
            except MaxRetryError:
                raise DownloadError(f"{error}\n{_RETRY_ADVICE}") from None
            wait = max(error.wait, remaining.get_backoff_time(), remaining.backoff_factor)  # urllib3: 0 s at first
            progress.warning(f"{error}; retrying in {wait:.0f} s")
            time.sleep(wait)
            first = False


@dataclass
class _Meter:
    """Reports whole megabytes, none of them twice after a restart."""

    progress: Progress
    name: str
    _start: int = 0
    _end: int = 0
    _reported: int = 0
    _advance: Advance | None = field(default=None, repr=False)

    def begin(self, start: int, total: int | None) -> None:
        """Announce the bytes from ``start`` to ``total``, at the first call with a known total."""
        if self._advance is None and total:
            self._start, self._end = start, total
            self._advance = self.progress.start(self._megabytes, self.name, "MB", self._megabytes)

    def update(self, position: int) -> None:
        """Report the size of the file so far."""
        reached = self._megabytes if position >= self._end else (position - self._start) // _MEGABYTE
        if self._advance is not None and reached > self._reported:
            self._advance(reached - self._reported)
            self._reported = reached

    @property
    def _megabytes(self) -> int:
        return max(1, math.ceil((self._end - self._start) / _MEGABYTE))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _attempt(remote: RemoteFile, part: Path, timeout: float, meter: _Meter) -> None:
    """Request the missing bytes once and write them; raise :class:`_TemporaryError` if a retry may help."""
    import requests

    offset = _size(part)
    headers = {"User-Agent": f"ser-bench/{__version__}", "Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    try:
        with requests.get(remote.url, headers=headers, stream=True, timeout=timeout) as response:
            if response.status_code == 416 and response.headers.get("Content-Range") == f"bytes */{offset}":
                return  # the file is complete
            start, total = _span(response, remote, part)
            meter.begin(start, total)
            _write(response, remote, part, start, meter.update)
    except requests.exceptions.SSLError as error:
        raise DownloadError(f"no secure connection to {remote.host}: {error}") from None
    except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
        raise _connection_error(error, remote.host, timeout) from None
    except requests.RequestException as error:
        raise DownloadError(f"cannot download {remote.url}: {error}") from None
    if total is not None and _size(part) < total:
        raise _TemporaryError(f"{remote.host} closed the connection early")


def _span(response: requests.Response, remote: RemoteFile, part: Path) -> tuple[int, int | None]:
    """Return the offset of the response's body, and the file's size if known."""
    offset, status = _size(part), response.status_code
    total: int | None
    if status in (206, 416):
        header = response.headers.get("Content-Range", "")
        span = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]+/([0-9]{1,18})", header)
        if status == 416 or span is None or int(span[1]) != offset:
            part.unlink(missing_ok=True)
            raise _TemporaryError(f"{remote.host} cannot resume at byte {offset}; restarting the download")
        start, total = offset, int(span[2])
    elif status == 200:
        length = response.headers.get("Content-Length", "")
        plain = response.headers.get("Content-Encoding", "identity") == "identity"
        start, total = 0, int(length) if re.fullmatch("[0-9]{1,18}", length) and plain else None
    else:
        raise _status_error(response, remote)
    if total is not None and (total > remote.limit or remote.size not in (None, total)):
        expected = f"{remote.size}" if remote.size else f"at most {remote.limit}"
        raise DownloadError(f"{remote.host} offers a file of {total} bytes; expected {expected}\n{_MIRROR_ADVICE}")
    return start, remote.size or total


def _status_error(response: requests.Response, remote: RemoteFile) -> Exception:
    message = f"{remote.host} answered {response.status_code} {response.reason}".rstrip()
    if RETRIES.is_retry("GET", response.status_code):
        seconds = response.headers.get("Retry-After", "")
        return _TemporaryError(message, min(float(seconds), RETRIES.backoff_max) if seconds.isdecimal() else 0.0)
    return DownloadError(f"{message} for {remote.url}\n{_MIRROR_ADVICE}")


def _write(
    response: requests.Response, remote: RemoteFile, part: Path, start: int, update: Callable[[int], None]
) -> None:
    """Write the body at ``start``; raise if the file exceeds its limit."""
    position = start
    with part.open("ab" if start else "wb") as file:
        for chunk in response.iter_content(_CHUNK):
            position += len(chunk)
            if position > remote.limit:
                break
            file.write(chunk)
            update(position)
    if position > remote.limit:
        part.unlink()
        raise DownloadError(f"{remote.host} sent more than {remote.limit} bytes\n{_MIRROR_ADVICE}")


def _connection_error(error: requests.RequestException, host: str, timeout: float) -> _TemporaryError:
    """Explain why a connection failed."""
    import requests

    cause = error.args[0] if error.args else None
    if isinstance(error, requests.Timeout) or isinstance(cause, ReadTimeoutError):
        return _TemporaryError(f"{host} sent no data for {timeout:g} s")
    if isinstance(error, requests.exceptions.ChunkedEncodingError) or isinstance(cause, ProtocolError):
        return _TemporaryError(f"{host} closed the connection early")
    return _UnreachableError(f"cannot reach {host}; check the network connection")
