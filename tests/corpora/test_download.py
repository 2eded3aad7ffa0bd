"""Downloads from a local server with faults: files, messages and errors."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import random
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from ser_bench import corpora
from ser_bench.cli import call
from ser_bench.core.console import Console
from ser_bench.core.errors import ConfigError, DownloadError
from ser_bench.core.progress import NoProgress
from ser_bench.corpora.download import RECORD, download
from ser_bench.corpora.download.http import RETRIES
from ser_bench.corpora.published import Archive

HASTY = RETRIES.new(total=2, backoff_factor=0.01)
CLIPS = 6


def clip(number: int, part: str = "speech") -> str:
    channel = "01" if part == "speech" else "02"
    return f"Actor_{number + 1:02d}/03-{channel}-05-01-01-01-{number + 1:02d}.wav"


def zipped(members: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return file.getvalue()


def clips(part: str = "speech") -> dict[str, bytes]:
    draw = random.Random(part)
    return {clip(number, part): draw.randbytes(30_000) for number in range(CLIPS)}


SOUND = zipped(clips())
SONG = zipped(clips("song"))


def archive(content: bytes = SOUND, part: str = "speech", **changes: object) -> Archive:
    described = Archive(
        name=f"{part}.zip",
        url="http://127.0.0.1:9/never",
        folder=part,
        part=part,
        clips=CLIPS,
        clip_names="03-01-*.wav" if part == "speech" else "03-02-*.wav",
        size=len(content),
        md5=hashlib.md5(content).hexdigest(),
        unpacked_limit=1_000_000,
    )
    return dataclasses.replace(described, **changes)  # type: ignore[arg-type]


def corpus_of(*archives: Archive) -> corpora.Corpus:
    """Return RAVDESS with other archives."""
    licence = {"licence": "CC BY", "licence_terms": "name the authors"}
    return dataclasses.replace(
        corpora.CORPORA["ravdess"], title="Tiny", citation="Doe, 2018", archives=archives, **licence
    )


class Server(ThreadingHTTPServer):
    """Serves ``files`` with faults; each list has one entry per response, the next one first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reset()

    def reset(self) -> None:
        """Serve whole files again."""
        self.files = {"/speech.zip": SOUND, "/song.zip": SONG}
        self.ranges = True
        self.cuts: list[int] = []  # bytes to send before closing the connection
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {}  # replacements for headers
        self.stall_after: int | None = None
        self.ranges_requested: list[str | None] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing when a client disconnects."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        byte_range = self.headers.get("Range")
        self.server.ranges_requested.append(byte_range)
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        content = self.server.files.get(self.path.partition("?")[0])
        if status >= 400 or content is None:
            self.send_error(status if status >= 400 else 404)
            return
        first = int(byte_range.removeprefix("bytes=").rstrip("-")) if byte_range and self.server.ranges else 0
        if byte_range and first >= len(content):
            self.reply(416, {"Content-Range": f"bytes */{len(content)}", "Content-Length": "0"}, b"")
        elif byte_range and self.server.ranges:
            span = f"bytes {first}-{len(content) - 1}/{len(content)}"
            self.reply(206, {"Content-Range": span, "Content-Length": str(len(content) - first)}, content[first:])
        else:
            self.reply(200, {"Content-Length": str(len(content))}, content)

    def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in (headers | self.server.headers).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: self.server.stall_after][: self.server.cuts.pop(0) if self.server.cuts else None])
        if self.server.stall_after is not None:
            self.wfile.flush()
            self.server.released.wait(10)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def running_server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def server(running_server, monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "*")
    running_server.reset()
    yield running_server
    running_server.released.set()


@pytest.fixture
def fetch(server, tmp_path):
    """Return ``fetch(*archives, **options)``, which downloads a corpus; ``fetch.last`` is the latest result."""

    def run(*archives: Archive, **options: object) -> SimpleNamespace:
        progress = Recorder()
        result = SimpleNamespace(folder=tmp_path / "tiny", progress=progress, staging=tmp_path / ".tiny.download")
        options = {"retries": HASTY, "timeout": 20, "base_url": server.url, "progress": progress} | options
        run.last = result
        download(corpus_of(*(archives or (archive(),))), result.folder, **options)
        return result

    return run


class Recorder(NoProgress):
    def __init__(self) -> None:
        self.messages: list[str] = []
        self.warnings: list[str] = []
        self.advances: list[float] = []

    def info(self, text: str) -> None:
        self.messages.append(text)

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def start(self, total, name, unit, count):
        self.advances.append(-total)
        return self.advances.append


def raising(error: type[BaseException]):
    """Return a function that raises for all arguments."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def wavs(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder / "speech")): p.read_bytes() for p in (folder / "speech").rglob("*.wav")}


def leftovers(folder: Path) -> list[str]:
    """Return every file below the folder's parent except unpacked clips and download records."""
    files = (p for p in folder.parent.rglob("*") if p.is_file() and p.suffix != ".wav" and p.name != RECORD)
    return sorted(path.name for path in files)


def test_a_download_leaves_the_clips_and_nothing_else(fetch, tmp_path):
    result = fetch()
    assert wavs(result.folder) == clips()
    assert leftovers(result.folder) == []
    assert [p.name for p in tmp_path.iterdir()] == ["tiny"]
    assert sum(result.progress.advances) == 0, "every announced megabyte is reported"
    assert f"MD5 verified: {archive().md5}" in result.progress.messages


def test_a_complete_download_is_not_repeated(fetch, server):
    fetch()
    again = fetch()
    assert len(server.ranges_requested) == 1
    assert "6 clips already downloaded and verified" in again.progress.messages[0]


def test_clips_unpacked_by_hand_are_not_downloaded_again(fetch, server, tmp_path):
    for name, content in clips().items():
        (tmp_path / "tiny" / name).parent.mkdir(parents=True)
        (tmp_path / "tiny" / name).write_bytes(content)
    assert "found 6 clips that ser-bench did not download; checksums not verified" in fetch().progress.messages[0]
    assert server.ranges_requested == []


@pytest.mark.parametrize("damage", ["removed", "truncated"])
def test_a_changed_clip_is_an_error_that_names_it(fetch, server, damage):
    folder = fetch().folder
    victim = folder / "speech" / clip(2)
    if damage == "removed":
        victim.unlink()
    else:
        victim.write_bytes(b"RIFF")
    with pytest.raises(DownloadError, match=rf"1 of 6 files are missing or changed, for example {clip(2)}\ndelete"):
        fetch()
    assert len(server.ranges_requested) == 1


def test_an_invalid_download_record_is_an_error(fetch):
    folder = fetch().folder
    (folder / "speech" / RECORD).write_text('{"files": 3}')
    with pytest.raises(DownloadError, match=r"invalid download record .*\ndelete"):
        fetch()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_other_files_in_the_folder_are_not_changed(fetch, tmp_path, kind):
    mine = tmp_path / "tiny" / "speech" if kind == "file" else tmp_path / "tiny" / "speech" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(DownloadError, match=r"contains other files\nname another folder with --to"):
        fetch()
    assert mine.read_text() == "mine"


def test_all_parts_are_unpacked_side_by_side(fetch, server):
    published = archive(), archive(SONG, "song")
    result = fetch(*published, part="all")
    assert wavs(result.folder) == clips()
    assert len(list((result.folder / "song").rglob("*.wav"))) == CLIPS
    assert len(server.ranges_requested) == 2
    assert len(fetch(*published, part="song").progress.messages) == 1


def test_an_interrupted_download_resumes(fetch, server):
    server.cuts = [100_000]
    result = fetch()
    assert wavs(result.folder) == clips()
    first, second = server.ranges_requested
    assert first is None
    assert 80_000 < int(re.fullmatch(r"bytes=(\d+)-", second)[1]) <= 100_000
    assert "closed the connection early; retrying in 0 s" in result.progress.warnings[0]


def test_a_later_command_resumes(fetch, server):
    server.cuts = [100_000, 0, 0, 0]
    with pytest.raises(DownloadError, match="closed the connection early\nrun the same command again to resume"):
        fetch()
    assert leftovers(fetch.last.folder) == ["speech.zip.part"]
    assert not fetch.last.folder.exists(), "--corpus must not find a folder without clips"
    result = fetch()
    assert wavs(result.folder) == clips()
    assert "from byte" in result.progress.messages[0]
    assert server.ranges_requested[-1] == server.ranges_requested[-2]


def test_progress_resets_the_count_of_retries(fetch, server):
    server.cuts = [40_000] * 8
    assert wavs(fetch().folder) == clips()
    assert len(server.ranges_requested) > HASTY.total + 1


def test_a_server_without_ranges_causes_a_restart(fetch, server):
    server.ranges = False
    server.cuts = [100_000]
    result = fetch()
    assert wavs(result.folder) == clips()
    assert server.ranges_requested[1] is not None
    assert sum(result.progress.advances) == 0


ENDLESS = "9" * 5000


@pytest.mark.parametrize("span", ["bytes 5-179999/{}", "bytes 0-1/{}", "nonsense", "", f"bytes {ENDLESS}-1/{ENDLESS}"])
def test_an_unexpected_range_causes_a_restart(fetch, server, tmp_path, span):
    (tmp_path / ".tiny.download").mkdir()
    (tmp_path / ".tiny.download" / "speech.zip.part").write_bytes(SOUND[:70_000])
    server.headers = {"Content-Range": span.format(len(SOUND))}
    result = fetch()
    assert wavs(result.folder) == clips()
    assert server.ranges_requested == ["bytes=70000-", None]
    assert "restarting the download" in result.progress.warnings[0]


@pytest.mark.parametrize("span", ["", "nonsense"])
def test_repeated_bytes_are_not_progress(fetch, server, span):
    """A server that cannot resume and closes the connection at varying positions is not retried for ever."""
    server.ranges = bool(span)
    server.headers = {"Content-Range": span}
    server.cuts = [60_000, 90_000, 50_000, 70_000, 30_000] * 10
    with pytest.raises(DownloadError, match=r"closed the connection early|restarting"):
        fetch()
    assert len(server.ranges_requested) <= 5


@pytest.mark.parametrize("content", [SOUND, SOUND + b"more"])
def test_a_complete_part_is_used_and_a_longer_one_replaced(fetch, server, tmp_path, content):
    (tmp_path / ".tiny.download").mkdir()
    (tmp_path / ".tiny.download" / "speech.zip.part").write_bytes(content)
    assert wavs(fetch().folder) == clips()
    assert server.ranges_requested == ([] if content == SOUND else [None])


def test_a_complete_part_of_unknown_size_is_confirmed_by_the_server(fetch, server, tmp_path):
    (tmp_path / ".tiny.download").mkdir()
    (tmp_path / ".tiny.download" / "speech.zip.part").write_bytes(SOUND)
    assert wavs(fetch(archive(size=None, md5=None)).folder) == clips()
    assert server.ranges_requested == [f"bytes={len(SOUND)}-"]


def test_a_stalled_download_fails_and_keeps_its_part(fetch, server):
    server.stall_after = 50_000
    with pytest.raises(DownloadError, match=r"sent no data for 0\.3 s\nrun the same command again"):
        fetch(retries=HASTY.new(total=0), timeout=0.3)
    assert leftovers(fetch.last.folder) == ["speech.zip.part"]


def test_an_unexpected_size_is_an_error_without_retry(fetch, server):
    server.files["/speech.zip"] = b"<html>log in</html>"
    with pytest.raises(DownloadError, match=rf"offers a file of 19 bytes; expected {len(SOUND)}\nname a mirror"):
        fetch()
    assert len(server.ranges_requested) == 1


def test_a_response_shorter_than_its_length_is_retried_then_an_error(fetch, server):
    server.files["/speech.zip"] = SOUND[:90_000]
    server.headers = {"Content-Length": str(len(SOUND))}
    server.ranges = False
    with pytest.raises(DownloadError, match="closed the connection early"):
        fetch()
    assert len(server.ranges_requested) == HASTY.total + 1


def test_a_length_of_thousands_of_digits_is_ignored(fetch, server):
    server.headers = {"Content-Length": ENDLESS}
    assert wavs(fetch().folder) == clips()


def test_an_endless_response_is_an_error(fetch, server):
    server.files["/speech.zip"] = SOUND * 8
    server.headers = {"Content-Length": ""}
    with pytest.raises(DownloadError, match="sent more than"):
        fetch(archive(size=None, md5=None, unpacked_limit=len(SOUND)))
    assert leftovers(fetch.last.folder) == []


def test_a_file_with_another_checksum_is_removed(fetch, server):
    server.files["/speech.zip"] = bytes(len(SOUND))
    with pytest.raises(
        DownloadError,
        match=r"checksum mismatch: speech\.zip has MD5 [0-9a-f]{32}, expected [0-9a-f]{32}; the file was removed\nrun",
    ):
        fetch()
    assert leftovers(fetch.last.folder) == []
    assert not fetch.last.folder.exists()


def test_a_temporary_http_error_is_retried_with_a_warning(fetch, server):
    server.statuses = [503, 429]
    result = fetch()
    assert wavs(result.folder) == clips()
    assert "answered 503 Service Unavailable; retrying" in result.progress.warnings[0]


@pytest.mark.parametrize(
    ("statuses", "reason", "requests"),
    [([404], "answered 404 .*\nname a mirror", 1), ([403], "answered 403", 1), ([503] * 3, "answered 503 .*\nrun", 3)],
)
def test_an_http_error_has_two_lines(fetch, server, statuses, reason, requests):
    server.statuses = statuses
    with pytest.raises(DownloadError, match=reason) as caught:
        fetch()
    assert len(str(caught.value).splitlines()) == 2
    assert len(server.ranges_requested) == requests
    assert not fetch.last.staging.exists()


def test_an_unreachable_server_is_an_error_without_retry(fetch):
    with pytest.raises(
        DownloadError, match=r"cannot reach 127\.0\.0\.1:9; check the network connection; not retried\nrun"
    ):
        fetch(base_url=None)
    assert fetch.last.progress.warnings == []


def test_a_server_that_becomes_unreachable_is_retried(fetch, server, monkeypatch):
    """A port without a server stands for a network that is down for a moment."""
    server.cuts = [100_000]
    original_get, urls = requests.get, []

    def get(url, **options):
        urls.append(url)
        return original_get("http://127.0.0.1:9/" if len(urls) == 2 else url, **options)

    monkeypatch.setattr(requests, "get", get)
    assert wavs(fetch().folder) == clips()
    assert "cannot reach" in fetch.last.progress.warnings[1]
    assert len(urls) == 3


def test_an_interruption_during_the_checksum_keeps_the_part(fetch, server, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(hashlib, "file_digest", raising(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            fetch()
    assert leftovers(fetch.last.folder) == ["speech.zip.part"]
    assert wavs(fetch().folder) == clips()
    assert leftovers(fetch.last.folder) == []
    assert len(server.ranges_requested) == 1


@pytest.mark.parametrize("content", [SOUND, SOUND[:-1] + b"?", SOUND[:1000]])
def test_an_archive_left_by_an_interruption_is_verified_before_it_is_used(fetch, server, tmp_path, content):
    (tmp_path / ".tiny.download").mkdir()
    (tmp_path / ".tiny.download" / "speech.zip").write_bytes(content)
    result = fetch()
    assert wavs(result.folder) == clips()
    assert leftovers(result.folder) == []
    assert server.ranges_requested == ([] if content == SOUND else [None])
    assert f"MD5 verified: {archive().md5}" in result.progress.messages


def test_every_retry_waits(fetch, server, monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    server.cuts = [40_000, 0, 0]
    fetch(retries=RETRIES)
    assert pauses == [1, 2, 4]


def test_progress_counts_the_missing_megabytes(fetch, server):
    content = zipped({clip(number): bytes([number]) * 500_000 for number in range(CLIPS)})
    server.files["/speech.zip"] = content
    big = archive(content, unpacked_limit=4_000_000)
    server.cuts = [1_400_000, 0, 0, 0]
    with pytest.raises(DownloadError):
        fetch(big)
    assert fetch.last.progress.advances == [-4, 1]
    assert fetch(big).progress.advances == [-2, 1, 1]


def test_an_archive_without_published_checksum_is_reported(fetch, server):
    unsigned = archive(size=None, md5=None)
    messages = fetch(unsigned).progress.messages
    assert any("no published checksum" in m and hashlib.sha256(SOUND).hexdigest() in m for m in messages)


def symlink(name: str, target: str) -> bytes:
    file = io.BytesIO(SOUND)
    with zipfile.ZipFile(file, "a") as packed:
        link = zipfile.ZipInfo(name)
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, target)
    return file.getvalue()


def encrypted() -> bytes:
    content = bytearray(zipped({clip(0): b"secret"}))
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    return bytes(content)


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        file = io.BytesIO(SOUND)
        with zipfile.ZipFile(file, "a") as packed:
            packed.writestr(clip(0), b"other")
    return file.getvalue()


def damaged() -> bytes:
    content = bytearray(SOUND)
    content[1000] ^= 0xFF
    return bytes(content)


def before_the_file() -> bytes:
    """Return an archive whose directory has a wrong offset, which puts its members before the first byte."""
    content = bytearray(zipped({clip(0): b"alone"}))
    end = content.rfind(b"PK\5\6")
    (start,) = struct.unpack_from("<L", content, end + 16)
    struct.pack_into("<L", content, end + 16, start + 500)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        *((lambda name=name: zipped(clips() | {name: b"x"}), "leads out of the folder")
          for name in ("../out.wav", "a/../../out.wav", "/etc/out.wav", "C:/out.wav", "c:out.wav", "..\\out.wav",
                       "\\\\host\\out.wav")),
        (lambda: zipped(clips() | {"a\\b.wav": b"x"}), "with a backslash, colon or NUL"),
        (lambda: zipped(clips() | {"a.wav:stream": b"x"}), "with a backslash, colon or NUL"),
        (lambda: symlink("Actor_01/link", "/etc/passwd"), "is a link"),
        (encrypted, "is encrypted"),
        *((lambda kind=kind: zipped(clips(), compression=kind), "unsupported compression method")
          for kind in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2)),
        *((lambda name=name: zipped(clips() | {name: b"x"}), "has an invalid file name")
          for name in ("a//b.wav", "./b.wav", "a" * 300)),
        (lambda: zipped(clips() | {"a": b"x", "A/b.wav": b"y"}), "the parent of member 'A/b.wav' is a file"),
        (before_the_file, "is damaged"),
        (twice, "name occurs twice"),
        (lambda: zipped(clips() | {"zeros": bytes(5_000_000)}, compression=zipfile.ZIP_DEFLATED), "unpacks to 5180000"),
        (lambda: SOUND[:-300], "is damaged"),
        (damaged, "is damaged: Bad CRC-32"),
        (lambda: b"<html>log in</html>", "is damaged: File is not a zip file"),
        (lambda: zipped({clip(0): b"alone"}), "holds 1 clip; expected 6"),
    ],
)  # fmt: skip
def test_an_unsafe_or_damaged_archive_leaves_nothing(fetch, server, tmp_path, content, reason):
    """The checks are the same with and without a published checksum."""
    served = content()
    server.files["/speech.zip"] = served
    with pytest.raises(DownloadError, match=reason) as caught:
        fetch(archive(size=None, md5=None))
    assert str(caught.value).endswith("\nthe archive was removed; name another mirror with --base-url")
    assert list(tmp_path.iterdir()) == ([tmp_path / "tiny"] if (tmp_path / "tiny").exists() else [])
    with pytest.raises(DownloadError, match=reason):
        fetch(archive(served))


def test_a_full_disk_is_an_error_before_the_download(fetch, server, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
    with pytest.raises(
        DownloadError, match=r"not enough disk space in .*: 0\.00 GB needed, 0\.00 GB free\nname another folder"
    ):
        fetch()
    assert server.ranges_requested == []
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000 + len(SOUND)))
    assert wavs(fetch().folder) == clips()


def test_an_unwritable_folder_is_an_error(fetch, tmp_path):
    (tmp_path / "tiny").write_text("a file")
    with pytest.raises(DownloadError, match=r"cannot write to .*: it is a file, not a folder\nname a folder with --to"):
        fetch()


def test_an_interruption_during_unpacking_keeps_the_archive(fetch, server, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(zipfile.ZipFile, "open", raising(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            fetch()
    assert leftovers(fetch.last.folder) == ["speech.zip"]
    assert not fetch.last.folder.exists()
    assert wavs(fetch().folder) == clips()
    assert len(server.ranges_requested) == 1


@pytest.mark.parametrize("address", ["example.org", "ftp://example.org", "http://", "http://[", "file:///etc"])
def test_an_invalid_mirror_address_is_an_error(fetch, address):
    with pytest.raises(ConfigError, match="--base-url"):
        fetch(base_url=address)


def test_a_mirror_address_may_end_in_a_slash(fetch, server):
    assert wavs(fetch(base_url=f"{server.url}/").folder) == clips()


# The command line


@pytest.fixture
def run_command(server, tmp_path, monkeypatch, capsys):
    """Return ``run_command(*words)``, which runs ``ser-bench download`` with a small RAVDESS on the server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SER_BENCH_DATA", raising=False)
    monkeypatch.setenv("SER_BENCH_CACHE", str(tmp_path / "cache"))
    published = [archive(), archive(SONG, "song")]
    published = [dataclasses.replace(item, url=f"{server.url}/{item.name}?download=1") for item in published]
    monkeypatch.setitem(corpora.CORPORA, "ravdess", corpus_of(*published))

    def run(*words: str) -> tuple[int, str, str]:
        status = call(["download", *words])
        return status, *capsys.readouterr()

    return run


def test_the_command_prints_licence_citation_and_the_next_command(run_command, tmp_path):
    status, out, err = run_command("ravdess")
    assert status == 0
    first, second, *_, last = out.splitlines()
    assert first == "Tiny, licence: CC BY: name the authors"
    assert second == "cite: Doe, 2018"
    assert last == "next: ser-bench run --corpus ravdess"
    assert err.strip() == "speech.zip: 1 of 1 MB in 0 s"
    assert len(corpora.open_corpus("ravdess").clips) == CLIPS
    assert run_command("ravdess")[1].splitlines()[2].startswith("6 clips already downloaded and verified")


def test_the_next_command_names_another_folder(run_command, tmp_path):
    status, out, _ = run_command("ravdess", "--part", "song", "--to", "my clips")
    assert status == 0
    assert out.splitlines()[-1] == "next: ser-bench run --corpus ravdess --data-dir 'my clips' --part song"
    assert len(corpora.open_corpus("ravdess", tmp_path / "my clips", part="song").clips) == CLIPS
    assert run_command("ravdess", "--to", "data/ravdess")[1].splitlines()[-1] == "next: ser-bench run --corpus ravdess"


def test_a_corpus_of_a_plugin_is_downloaded(run_command, server, tmp_path, monkeypatch):
    monkeypatch.setitem(corpora.CORPORA, "kitchen", None)  # so that the test removes what it registers
    del corpora.CORPORA["kitchen"]
    plugin = tmp_path / "kitchen.py"
    plugin.write_text(
        "from dataclasses import replace\n"
        "from ser_bench.corpora import CORPORA\n"
        "KITCHEN = replace(CORPORA['ravdess'], name='kitchen', title='Kitchen')\n",
        encoding="utf-8",
    )
    status, out, _ = run_command("kitchen", "--plugin", str(plugin), "--part", "speech")
    assert (status, out.splitlines()[0]) == (0, "Kitchen, licence: CC BY: name the authors")
    assert len(list((tmp_path / "cache/corpora/kitchen").rglob("*.wav"))) == CLIPS


def test_quiet_prints_errors_only(run_command, server):
    server.statuses = [200, 404]
    assert run_command("ravdess", "-q") == (0, "", "")
    status, out, err = run_command("ravdess", "-q", "--part", "song")
    assert (status, out) == (2, "")
    assert "answered 404" in err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("ravdes",), "unknown corpus to download 'ravdes'; did you mean 'ravdess'?"),
        (("demo",), "cannot download demo\ngenerated automatically on first use"),
        (("savee",), "cannot download savee\nregister at "),
        (("ravdess", "--part", "dance"), "--part"),
        (("emodb", "--part", "song"), "emodb has no part 'song'; leave --part out"),
        (("ravdess", "--base-url", "http://127.0.0.1:9"), "check the network connection"),
        (("ravdess", "--base-url", "example"), "expected an address such as"),
        (("ravdess", "--base-url", "http://127.0.0.1:9", "--to", "file/below"), "cannot write to"),
        ((), "Missing argument"),
    ],
)
def test_wrong_arguments_are_an_error_of_one_or_two_lines(run_command, tmp_path, words, reason):
    (tmp_path / "file").write_text("")
    status, _, err = run_command(*words)
    assert status == 2
    assert reason in err
    assert 1 <= len(err.strip().splitlines()) <= 2


def test_a_wrong_checksum_has_exit_status_2(run_command, server):
    server.files["/speech.zip"] = bytes(len(SOUND))
    status, _, err = run_command("ravdess")
    assert status == 2
    assert "ser-bench: checksum mismatch: speech.zip has MD5" in err
    assert "Traceback" not in err


def test_a_terminal_shows_a_progress_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    console = Console()
    console.start(209, "speech.zip", "MB", 209)(50)
    console.close()
    shown = capsys.readouterr().err
    assert "50 of 209 MB" in shown
    assert " MB/s" in shown
    assert shown.endswith("\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a process")
def test_ctrl_c_keeps_the_part_and_exits_130(server, tmp_path):
    published = corpora.CORPORA["ravdess"].archives[0]
    server.files[f"/{published.name}"] = SOUND
    server.headers = {"Content-Length": str(published.size)}
    server.stall_after = 100_000
    words = ["download", "ravdess", "--base-url", server.url, "--to", "ravdess"]
    # A shell makes background programs ignore SIGINT.
    start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import sys; "
    start += "from ser_bench.cli import main; main(sys.argv[1:])"
    running = subprocess.Popen(
        [sys.executable, "-c", start, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "NO_PROXY": "*"},
    )
    part = tmp_path / ".ravdess.download" / f"{published.name}.part"
    limit = time.monotonic() + 20
    while time.monotonic() < limit and running.poll() is None and not (part.exists() and part.stat().st_size):
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert "run the same command again to continue" in err
    assert [p.name for p in part.parent.iterdir()] == [part.name]
    assert 0 < part.stat().st_size <= 100_000
    assert not (tmp_path / "ravdess").exists()


# What is published


def test_the_archives_of_ravdess_are_those_on_zenodo():
    speech, song = corpora.CORPORA["ravdess"].archives
    assert (speech.size, speech.md5) == (208468073, "bc696df654c87fed845eb13823edef8a")
    assert (song.size, song.md5) == (225505317, "5411230427d67a21e18aa4d466e6d1b9")
    assert (speech.clips, song.clips) == (corpora.CORPORA["ravdess"].clips, 2 * 23 * 22)


@pytest.mark.parametrize("corpus", corpora.downloadable().values(), ids=lambda corpus: corpus.name)
def test_every_archive_is_described_in_full(corpus):
    archives = corpus.archives
    assert [a.address("https://m.org/x/") for a in archives] == [f"https://m.org/x/{a.name}" for a in archives]
    assert len({archive.folder for archive in archives}) == len(archives)
    for archive in archives:
        assert (archive.size is None) == (archive.md5 is None)
        assert archive.unpacked_limit >= (archive.size or 0)
