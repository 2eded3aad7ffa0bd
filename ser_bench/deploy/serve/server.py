"""The HTTP server: a socket, waitress's loop, and a stop that finishes what is in hand."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from ser_bench.core.errors import ModelFileError, ServeError
from ser_bench.deploy import manifest
from ser_bench.deploy.file import container as archive
from ser_bench.deploy.serve import log, messages, security
from ser_bench.deploy.serve.app import Service, create_app
from ser_bench.deploy.serve.pool import WorkerPool
from ser_bench.deploy.serve.settings import Settings

_SPARE_THREADS = 4
"""Threads beside those for clips, so that health is told, and clips are refused, while all of those are busy."""
_READ_TO_THE_END = 4
"""How many times the largest file is read, for a client hears an answer only after it has sent everything."""
_RECEIVED_AT_ONCE = 1 << 18
"""Bytes; with waitress's own 8,192 a clip would go round its loop fifty times."""
_TICK_SECONDS = 0.2


def serve(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; ``say`` is told the address once the first clip could be answered.

    Raises :class:`ModelFileError` for a file that is no model, :class:`ServeError` for an address that is taken.
    """
    said, _ = archive.read(settings.file)
    info = manifest.validate(said, settings.file)
    listening = _listen(settings.host, settings.port)
    log.set_up()
    pool = WorkerPool(
        settings.jobs,
        (settings.file, said["members"], settings.max_seconds),
        settings.decode_timeout,
        log.log_event,
    )
    service = Service(settings, said, info, pool)
    server = _server(service, listening)
    with _stopped_by_signals(service):
        pool.start()
        try:
            _loop(server, service, lambda: say(_address(settings.host, listening)))
        finally:
            server.task_dispatcher.shutdown()
            pool.stop()
            server.close()
    log.log_event("stopped")


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to the first address of ``host`` that takes it."""
    first: OSError | None = None
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ServeError(f"cannot listen on {host}: {error.strerror}") from None
    for family, kind, protocol, _, address in found:
        try:
            listening = socket.socket(family, kind, protocol)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen()  # two may bind one port where neither listens yet
            return listening
        except OSError as error:
            listening.close()
            first = first or error
    raise ServeError(f"cannot listen on {host}:{port}: {first.strerror if first else 'no address'}; try --port 0")


def _address(host: str, listening: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host.strip("[]") and not host.startswith("[") else host
    return f"http://{shown}:{listening.getsockname()[1]}/"


class _Refusal(ErrorTask):
    """What waitress refuses by itself, such as a body of any size, in our form."""

    def execute(self) -> None:
        request, most = self.request, self.channel.adj.max_request_body_size // _READ_TO_THE_END
        status = request.error.code
        body = json.dumps({"error": messages.of_status(status, most)}).encode()
        self.status = f"{status} {request.error.reason}"
        self.response_headers += [("Content-Type", "application/json"), *security.HEADERS.items()]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)
        method, path = getattr(request, "command", ""), getattr(request, "path", "")
        log.log_request(method, path, status, 1e3 * (time.time() - self.start_time), request.content_length)


class _Channel(HTTPChannel):
    error_task_class = _Refusal


def _server(service: Service, listening: socket.socket) -> Any:
    settings = service.settings
    server = create_server(
        create_app(service),
        sockets=[listening],
        threads=settings.threads + _SPARE_THREADS,
        max_request_body_size=_READ_TO_THE_END * settings.max_bytes,
        recv_bytes=_RECEIVED_AT_ONCE,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    server.channel_class = _Channel
    return server


def _loop(server: Any, service: Service, began: Callable[[], None]) -> None:
    """Answer until told to stop, then until nothing is in hand."""
    told, last = False, float("inf")
    while time.monotonic() < last and not (service.stopping.is_set() and _is_idle(server)):
        wasyncore.loop(timeout=_TICK_SECONDS, use_poll=True, map=server._map, count=1)
        if not told and service.pool.ready:
            began()
            told = True
        if not told and service.pool.failed:
            raise ModelFileError(service.pool.refused)
        if service.stopping.is_set() and last == float("inf"):
            last = time.monotonic() + 2 * service.settings.decode_timeout + _TICK_SECONDS


def _is_idle(server: Any) -> bool:
    return not any(channel.requests or channel.total_outbufs_len for channel in server.active_channels.values())


@contextmanager
def _stopped_by_signals(service: Service) -> Iterator[None]:
    """Let SIGTERM and the first Ctrl-C stop the service; a second one ends it at once."""

    def stop(number: int, _: FrameType | None) -> None:
        service.stopping.set()
        signal.signal(number, signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
