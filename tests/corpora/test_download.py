"""Downloads, against a server in a thread that misbehaves as asked: what arrives, what stays, and what is said."""

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


def archive(content: bytes = SOUND, part: str = "speech", **other: object) -> Archive:
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
    return dataclasses.replace(described, **other)  # type: ignore[arg-type]


def source(*archives: Archive) -> corpora.Corpus:
    """Return RAVDESS with other archives."""
    return dataclasses.replace(
        corpora.CORPORA["ravdess"], title="Tiny", licence="CC BY", citation="Doe, 2018", archives=archives
    )


class Server(ThreadingHTTPServer):
    """Serves ``files``; the lists hold what to do to the next answers, one entry each."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {"/speech.zip": SOUND, "/song.zip": SONG}
        self.ranges = True
        self.cuts: list[int] = []  # bytes sent before the connection is cut
        self.statuses: list[int] = []
        self.lies: dict[str, str] = {}  # header: what it says instead
        self.stall_after: int | None = None
        self.asked: list[str | None] = []
        self.go_on = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Let clients go away unnoticed."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        content = self.server.files.get(self.path.partition("?")[0])
        if status >= 400 or content is None:
            self.send_error(status if status >= 400 else 404)
            return
        first = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.server.ranges else 0
        if asked and first >= len(content):
            self.reply(416, {"Content-Range": f"bytes */{len(content)}", "Content-Length": "0"}, b"")
        elif asked and self.server.ranges:
            span = f"bytes {first}-{len(content) - 1}/{len(content)}"
            self.reply(206, {"Content-Range": span, "Content-Length": str(len(content) - first)}, content[first:])
        else:
            self.reply(200, {"Content-Length": str(len(content))}, content)

    def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in (headers | self.server.lies).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: self.server.stall_after][: self.server.cuts.pop(0) if self.server.cuts else None])
        if self.server.stall_after is not None:
            self.wfile.flush()
            self.server.go_on.wait(10)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "*")
    with Server() as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield serving
        serving.go_on.set()
        serving.shutdown()
        thread.join()


@pytest.fixture
def fetched(server, tmp_path):
    """Return ``fetched(*archives, **options)``: the corpus's folder after a download, and what was said and warned."""

    def get(*published: Archive, **options: object) -> SimpleNamespace:
        progress = Recorder()
        told = SimpleNamespace(folder=tmp_path / "tiny", progress=progress, aside=tmp_path / ".tiny.download")
        given = {"retries": HASTY, "timeout": 20, "base_url": server.url, "progress": progress} | options
        get.last = told
        download(source(*(published or (archive(),))), told.folder, **given)
        return told

    return get


class Recorder(NoProgress):
    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []
        self.advances: list[float] = []

    def info(self, text: str) -> None:
        self.said.append(text)

    def warning(self, text: str) -> None:
        self.warned.append(text)

    def start(self, total, what, unit, count):
        self.advances.append(-total)
        return self.advances.append


def raising(error: type[BaseException]):
    """Return a function that raises, whatever it is given."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def wavs(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder / "speech")): p.read_bytes() for p in (folder / "speech").rglob("*.wav")}


def left(folder: Path) -> list[str]:
    """Return every file below the folder's parent that is no unpacked clip."""
    kept = (p for p in folder.parent.rglob("*") if p.is_file() and p.suffix != ".wav" and p.name != RECORD)
    return sorted(p.name for p in kept)


def test_a_download_leaves_the_clips_and_nothing_else(fetched, tmp_path):
    got = fetched()
    assert wavs(got.folder) == clips()
    assert left(got.folder) == []
    assert [p.name for p in tmp_path.iterdir()] == ["tiny"]
    assert sum(got.progress.advances) == 0, "every megabyte that was announced was told"
    assert f"MD5 verified: {archive().md5}" in got.progress.said


def test_twice_downloads_once(fetched, server):
    fetched()
    again = fetched()
    assert len(server.asked) == 1
    assert "6 clips already downloaded and verified" in again.progress.said[0]


def test_clips_unpacked_by_hand_are_not_fetched_again(fetched, server, tmp_path):
    for name, content in clips().items():
        (tmp_path / "tiny" / name).parent.mkdir(parents=True)
        (tmp_path / "tiny" / name).write_bytes(content)
    assert "found 6 clips that ser-bench did not download; checksums not verified" in fetched().progress.said[0]
    assert server.asked == []


@pytest.mark.parametrize("harm", ["removed", "cut"])
def test_a_clip_that_changed_since_is_named_and_nothing_is_overwritten(fetched, server, harm):
    folder = fetched().folder
    victim = folder / "speech" / clip(2)
    if harm == "removed":
        victim.unlink()
    else:
        victim.write_bytes(b"RIFF")
    with pytest.raises(DownloadError, match=rf"1 of 6 files are missing or changed, for example {clip(2)}\ndelete"):
        fetched()
    assert len(server.asked) == 1


def test_a_receipt_that_cannot_be_read_is_told(fetched):
    folder = fetched().folder
    (folder / "speech" / RECORD).write_text('{"files": 3}')
    with pytest.raises(DownloadError, match=r"invalid download record .*\ndelete"):
        fetched()


@pytest.mark.parametrize("other", ["file", "folder"])
def test_other_peoples_files_are_left_alone(fetched, tmp_path, other):
    mine = tmp_path / "tiny" / "speech" if other == "file" else tmp_path / "tiny" / "speech" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(DownloadError, match=r"contains other files\nname another folder with --to"):
        fetched()
    assert mine.read_text() == "mine"


def test_both_parts_lie_side_by_side(fetched, server):
    published = archive(), archive(SONG, "song")
    got = fetched(*published, part="all")
    assert wavs(got.folder) == clips()
    assert len(list((got.folder / "song").rglob("*.wav"))) == CLIPS
    assert len(server.asked) == 2
    assert len(fetched(*published, part="song").progress.said) == 1


def test_a_cut_download_goes_on_where_it_was(fetched, server):
    server.cuts = [100_000]
    got = fetched()
    assert wavs(got.folder) == clips()
    first, second = server.asked
    assert first is None
    assert 80_000 < int(re.fullmatch(r"bytes=(\d+)-", second)[1]) <= 100_000
    assert "closed the connection early; retrying in 0 s" in got.progress.warned[0]


def test_a_later_command_goes_on_too(fetched, server):
    server.cuts = [100_000, 0, 0, 0]
    with pytest.raises(DownloadError, match="closed the connection early\nrun the same command again to resume"):
        fetched()
    assert left(fetched.last.folder) == ["speech.zip.part"]
    assert not fetched.last.folder.exists(), "--corpus must not find a folder without clips"
    got = fetched()
    assert wavs(got.folder) == clips()
    assert "from byte" in got.progress.said[0]
    assert server.asked[-1] == server.asked[-2]


def test_many_cuts_are_fine_while_bytes_come(fetched, server):
    server.cuts = [40_000] * 8
    assert wavs(fetched().folder) == clips()
    assert len(server.asked) > HASTY.total + 1


def test_a_server_without_ranges_begins_again(fetched, server):
    server.ranges = False
    server.cuts = [100_000]
    got = fetched()
    assert wavs(got.folder) == clips()
    assert server.asked[1] is not None
    assert sum(got.progress.advances) == 0


ENDLESS = "9" * 5000


@pytest.mark.parametrize("span", ["bytes 5-179999/{}", "bytes 0-1/{}", "nonsense", "", f"bytes {ENDLESS}-1/{ENDLESS}"])
def test_a_range_of_another_place_is_not_believed(fetched, server, tmp_path, span):
    (tmp_path / ".tiny.download").mkdir()
    (tmp_path / ".tiny.download" / "speech.zip.part").write_bytes(SOUND[:70_000])
    server.lies = {"Content-Range": span.format(len(SOUND))}
    got = fetched()
    assert wavs(got.folder) == clips()
    assert server.asked == ["bytes=70000-", None]
    assert "restarting the download" in got.progress.warned[0]


@pytest.mark.parametrize("span", ["", "nonsense"])
def test_ever_the_same_stretch_is_no_progress(fetched, server, span):
    """A server that cannot go on, and is cut now here, now there, is given up and not asked for ever."""
    server.ranges = bool(span)
    server.lies = {"Content-Range": span}
    server.cuts = [60_000, 90_000, 50_000, 70_000, 30_000] * 10
    with pytest.raises(DownloadError, match=r"closed the connection early|restarting"):
        fetched()
    assert len(server.asked) <= 5


@pytest.mark.parametrize("there", [SOUND, SOUND + b"more"])
def test_a_part_that_is_whole_or_too_long(fetched, server, tmp_path, there):
    (tmp_path / ".tiny.download").mkdir()
    (tmp_path / ".tiny.download" / "speech.zip.part").write_bytes(there)
    assert wavs(fetched().folder) == clips()
    assert server.asked == ([] if there == SOUND else [None])


def test_a_whole_part_of_unknown_size_is_asked_for_and_taken(fetched, server, tmp_path):
    (tmp_path / ".tiny.download").mkdir()
    (tmp_path / ".tiny.download" / "speech.zip.part").write_bytes(SOUND)
    assert wavs(fetched(archive(size=None, md5=None)).folder) == clips()
    assert server.asked == [f"bytes={len(SOUND)}-"]


def test_a_stalled_server_is_given_up_and_the_part_kept(fetched, server):
    server.stall_after = 50_000
    with pytest.raises(DownloadError, match=r"sent no data for 0\.3 s\nrun the same command again"):
        fetched(retries=HASTY.new(total=0), timeout=0.3)
    assert left(fetched.last.folder) == ["speech.zip.part"]


def test_a_server_that_announces_another_size_is_refused_at_once(fetched, server):
    server.files["/speech.zip"] = b"<html>log in</html>"
    with pytest.raises(DownloadError, match=rf"offers a file of 19 bytes; expected {len(SOUND)}\nname a mirror"):
        fetched()
    assert len(server.asked) == 1


def test_a_server_that_announces_more_than_it_sends_is_given_up(fetched, server):
    server.files["/speech.zip"] = SOUND[:90_000]
    server.lies = {"Content-Length": str(len(SOUND))}
    server.ranges = False
    with pytest.raises(DownloadError, match="closed the connection early"):
        fetched()
    assert len(server.asked) == HASTY.total + 1


def test_a_length_of_thousands_of_digits_counts_as_none(fetched, server):
    server.lies = {"Content-Length": ENDLESS}
    assert wavs(fetched().folder) == clips()


def test_a_server_that_sends_without_end_is_cut_off(fetched, server):
    server.files["/speech.zip"] = SOUND * 8
    server.lies = {"Content-Length": ""}
    with pytest.raises(DownloadError, match="sent more than"):
        fetched(archive(size=None, md5=None, unpacked_limit=len(SOUND)))
    assert left(fetched.last.folder) == []


def test_other_bytes_than_published_are_removed(fetched, server):
    server.files["/speech.zip"] = bytes(len(SOUND))
    with pytest.raises(
        DownloadError,
        match=r"checksum mismatch: speech\.zip has MD5 [0-9a-f]{32}, expected [0-9a-f]{32}; the file was removed\nrun",
    ):
        fetched()
    assert left(fetched.last.folder) == []
    assert not fetched.last.folder.exists()


def test_503_passes_and_is_told(fetched, server):
    server.statuses = [503, 429]
    got = fetched()
    assert wavs(got.folder) == clips()
    assert "answered 503 Service Unavailable; retrying" in got.progress.warned[0]


@pytest.mark.parametrize(
    ("statuses", "reason", "asked"),
    [([404], "answered 404 .*\nname a mirror", 1), ([403], "answered 403", 1), ([503] * 3, "answered 503 .*\nrun", 3)],
)
def test_a_server_without_the_file_is_told_in_two_lines(fetched, server, statuses, reason, asked):
    server.statuses = statuses
    with pytest.raises(DownloadError, match=reason) as told:
        fetched()
    assert len(str(told.value).splitlines()) == 2
    assert len(server.asked) == asked
    assert not fetched.last.aside.exists()


def test_no_server_at_all_is_told_at_once(fetched):
    with pytest.raises(
        DownloadError, match=r"cannot reach 127\.0\.0\.1:9; check the network connection; not retried\nrun"
    ):
        fetched(base_url=None)
    assert fetched.last.progress.warned == []


def test_a_server_that_goes_away_for_a_while_is_waited_for(fetched, server, monkeypatch):
    """Without a network for a moment, later tries go on; here a port without a server stands for it."""
    server.cuts = [100_000]
    real, tried = requests.get, []

    def get(url, **given):
        tried.append(url)
        return real("http://127.0.0.1:9/" if len(tried) == 2 else url, **given)

    monkeypatch.setattr(requests, "get", get)
    assert wavs(fetched().folder) == clips()
    assert "cannot reach" in fetched.last.progress.warned[1]
    assert len(tried) == 3


def test_interrupted_while_it_is_hashed_the_part_stays(fetched, server, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(hashlib, "file_digest", raising(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            fetched()
    assert left(fetched.last.folder) == ["speech.zip.part"]
    assert wavs(fetched().folder) == clips()
    assert left(fetched.last.folder) == []
    assert len(server.asked) == 1


def test_progress_is_told_by_the_megabyte_and_only_for_what_is_missing(fetched, server):
    content = zipped({clip(number): bytes([number]) * 500_000 for number in range(CLIPS)})
    server.files["/speech.zip"] = content
    big = archive(content, unpacked_limit=4_000_000)
    server.cuts = [1_400_000, 0, 0, 0]
    with pytest.raises(DownloadError):
        fetched(big)
    assert fetched.last.progress.advances == [-4, 1]
    assert fetched(big).progress.advances == [-2, 1, 1]


def test_without_a_checksum_it_says_so_and_counts(fetched, server):
    unsigned = archive(size=None, md5=None)
    said = fetched(unsigned).progress.said
    assert any("no published checksum" in line and hashlib.sha256(SOUND).hexdigest() in line for line in said)


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
    """A directory that is said to begin later than it does, so that the members come before the first byte."""
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
        (lambda: zipped({clip(0): b"alone"}), "holds 1 clips; expected 6"),
    ],
)  # fmt: skip
def test_an_archive_not_to_be_trusted_leaves_nothing(fetched, server, tmp_path, content, reason):
    """Archives without a checksum are checked as strictly as this, and so are those whose checksum fits."""
    served = content()
    server.files["/speech.zip"] = served
    with pytest.raises(DownloadError, match=reason) as told:
        fetched(archive(size=None, md5=None))
    assert str(told.value).endswith("\nthe archive was removed; name another mirror with --base-url")
    assert list(tmp_path.iterdir()) == ([tmp_path / "tiny"] if (tmp_path / "tiny").exists() else [])
    with pytest.raises(DownloadError, match=reason):
        fetched(archive(served))


def test_too_small_a_disk_is_told_before_anything_is_fetched(fetched, server, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
    with pytest.raises(
        DownloadError, match=r"not enough disk space in .*: 0\.00 GB needed, 0\.00 GB free\nname another folder"
    ):
        fetched()
    assert server.asked == []
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000 + len(SOUND)))
    assert wavs(fetched().folder) == clips()


def test_a_folder_that_cannot_be_written_is_told(fetched, tmp_path):
    (tmp_path / "tiny").write_text("a file")
    with pytest.raises(DownloadError, match=r"cannot write to .*\nname another folder with --to"):
        fetched()


def test_interrupted_while_unpacking_nothing_is_fetched_again(fetched, server, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(zipfile.ZipFile, "open", raising(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            fetched()
    assert left(fetched.last.folder) == ["speech.zip"]
    assert not fetched.last.folder.exists()
    assert wavs(fetched().folder) == clips()
    assert len(server.asked) == 1


@pytest.mark.parametrize("address", ["example.org", "ftp://example.org", "http://", "http://[", "file:///etc"])
def test_a_mirror_must_be_an_address(fetched, address):
    with pytest.raises(ConfigError, match="--base-url"):
        fetched(base_url=address)


def test_a_mirror_may_end_in_a_slash(fetched, server):
    assert wavs(fetched(base_url=f"{server.url}/").folder) == clips()


# The command line


@pytest.fixture
def typed(server, tmp_path, monkeypatch, capsys):
    """Return ``typed(*words)``: exit status, standard output and standard error, with a tiny RAVDESS at the server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SER_BENCH_DATA", raising=False)
    monkeypatch.setenv("SER_BENCH_CACHE", str(tmp_path / "cache"))
    published = [archive(), archive(SONG, "song")]
    published = [dataclasses.replace(one, url=f"{server.url}/{one.name}?download=1") for one in published]
    monkeypatch.setitem(corpora.CORPORA, "ravdess", source(*published))

    def run(*words: str) -> tuple[int, str, str]:
        status = call(["download", *words])
        return status, *capsys.readouterr()

    return run


def test_the_command_tells_licence_citation_and_what_to_run_next(typed, tmp_path):
    status, out, err = typed("ravdess")
    assert status == 0
    first, second, *_, last = out.splitlines()
    assert first == "Tiny, licence: CC BY"
    assert second == "cite: Doe, 2018"
    assert last == "next: ser-bench run --corpus ravdess"
    assert err.strip() == "speech.zip: 1 of 1 MB in 0 s"
    assert len(corpora.open_corpus("ravdess").clips) == CLIPS
    assert typed("ravdess")[1].splitlines()[2].startswith("6 clips already downloaded and verified")


def test_a_folder_of_ones_own_stands_in_the_next_command(typed, tmp_path):
    status, out, _ = typed("ravdess", "--part", "song", "--to", "my clips")
    assert status == 0
    assert out.splitlines()[-1] == "next: ser-bench run --corpus ravdess --data-dir 'my clips' --part song"
    assert len(corpora.open_corpus("ravdess", tmp_path / "my clips", part="song").clips) == CLIPS
    assert typed("ravdess", "--to", "data/ravdess")[1].splitlines()[-1] == "next: ser-bench run --corpus ravdess"


def test_quiet_says_nothing_but_errors(typed, server):
    server.statuses = [200, 404]
    assert typed("ravdess", "-q") == (0, "", "")
    status, out, err = typed("ravdess", "-q", "--part", "song")
    assert (status, out) == (2, "")
    assert "answered 404" in err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("ravdes",), "unknown corpus to download 'ravdes'; did you mean 'ravdess'?"),
        (("demo",), "unknown corpus to download"),
        (("ravdess", "--part", "dance"), "--part"),
        (("emodb", "--part", "song"), "emodb has no part 'song'; leave --part out"),
        (("ravdess", "--base-url", "http://127.0.0.1:9"), "check the network connection"),
        (("ravdess", "--base-url", "example"), "expected an address such as"),
        (("ravdess", "--base-url", "http://127.0.0.1:9", "--to", "file/below"), "cannot write to"),
        ((), "Missing argument"),
    ],
)
def test_wrong_words_are_a_line_or_two_and_exit_status_2(typed, tmp_path, words, reason):
    (tmp_path / "file").write_text("")
    status, _, err = typed(*words)
    assert status == 2
    assert reason in err
    assert 1 <= len(err.strip().splitlines()) <= 2


def test_a_wrong_checksum_is_told_with_exit_status_2(typed, server):
    server.files["/speech.zip"] = bytes(len(SOUND))
    status, _, err = typed("ravdess")
    assert status == 2
    assert "ser-bench: checksum mismatch: speech.zip has MD5" in err
    assert "Traceback" not in err


def test_on_a_terminal_a_bar_is_shown_and_ended(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    console = Console()
    console.start(209, "speech.zip", "MB", 209)(50)
    console.close()
    shown = capsys.readouterr().err
    assert "50/209 MB," in shown
    assert shown.endswith("\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a process")
def test_ctrl_c_keeps_the_part_and_exits_130(server, tmp_path):
    published = corpora.CORPORA["ravdess"].archives[0]
    server.files[f"/{published.name}"] = SOUND
    server.lies = {"Content-Length": str(published.size)}
    server.stall_after = 100_000
    words = ["download", "ravdess", "--base-url", server.url, "--to", "ravdess"]
    # A shell that starts programs in the background has them ignore SIGINT, and so would this one.
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
    assert "the same command goes on" in err
    assert [p.name for p in part.parent.iterdir()] == [part.name]
    assert 0 < part.stat().st_size <= 100_000
    assert not (tmp_path / "ravdess").exists()


# What is published


def test_what_is_said_of_ravdess_is_what_zenodo_publishes():
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
