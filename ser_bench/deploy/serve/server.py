"""HTTP server: a socket, the waitress loop, and a stop that finishes running requests."""

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
from ser_bench.deploy.describe import coverage_warning
from ser_bench.deploy.file import container
from ser_bench.deploy.serve import log, messages, security
from ser_bench.deploy.serve.app import Service, create_app
from ser_bench.deploy.serve.pool import WorkerPool
from ser_bench.deploy.serve.settings import Settings

_EXTRA_THREADS = 4
"""Threads beside those for clips: they answer /health and refuse clips while all others are busy."""
_READ_FACTOR = 4
"""Bodies are read up to this multiple of the size limit: clients see a response only after they have sent all."""
_RECEIVE_BYTES = 1 << 18
"""Bytes per read; with the default of waitress (8,192), a clip needs fifty rounds of its loop."""
_POLL_SECONDS = 0.2


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve a model until SIGTERM or Ctrl-C.

    Parameters
    ----------
    settings : Settings
        Model, address and limits.
    announce : callable
        Called with the URL when the service is ready.

    Raises
    ------
    ModelFileError
        If the file is not a valid model.
    ServeError
        If the address cannot be used.
    """
    description, _ = container.read(settings.file)
    model_manifest = manifest.validate(description, settings.file)
    listener = _listen(settings.host, settings.port)
    log.set_up()
    if warning := coverage_warning(model_manifest, settings.coverage):
        log.log_event("warning", reason=warning)
    arguments = (settings.file, description["members"], settings.max_seconds, settings.coverage, settings.prepare)
    pool = WorkerPool(settings.jobs, arguments, settings.decode_timeout, log.log_event)
    service = Service(settings, description, model_manifest, pool)
    server = _create_server(service, listener)
    with _stop_on_signals(service):
        pool.start()
        try:
            _run_loop(server, service, lambda: announce(_url(settings.host, listener)))
        finally:
            server.task_dispatcher.shutdown()
            pool.stop()
            server.close()
    log.log_event("stopped")


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the first usable address of a host."""
    first_error: OSError | None = None
    try:
        addresses = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ServeError(f"cannot listen on {host}: {error.strerror}") from None
    for family, kind, protocol, _, address in addresses:
        try:
            listener = socket.socket(family, kind, protocol)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()  # bind alone does not detect another process on this port
            return listener
        except OSError as error:
            listener.close()
            first_error = first_error or error
    reason = first_error.strerror if first_error else "no address"
    raise ServeError(f"cannot listen on {host}:{port}: {reason}; try --port 0")


def _url(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host.strip("[]") and not host.startswith("[") else host
    return f"http://{shown}:{listener.getsockname()[1]}/"


class _WaitressError(ErrorTask):  # type: ignore[misc, unused-ignore]  # waitress has no types
    """An error that waitress answers itself, such as a body that is too large, as JSON."""

    def execute(self) -> None:
        request, max_bytes = self.request, self.channel.adj.max_request_body_size // _READ_FACTOR
        status = request.error.code
        body = json.dumps({"error": messages.for_status(status, max_bytes)}).encode()
        self.status = f"{status} {request.error.reason}"
        self.response_headers += [("Content-Type", "application/json"), *security.HEADERS.items()]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)
        method, path = getattr(request, "command", ""), getattr(request, "path", "")
        log.log_request(method, path, status, 1e3 * (time.time() - self.start_time), request.content_length)


class _Channel(HTTPChannel):  # type: ignore[misc, unused-ignore]  # waitress has no types
    error_task_class = _WaitressError


def _create_server(service: Service, listener: socket.socket) -> Any:
    settings = service.settings
    server = create_server(
        create_app(service),
        sockets=[listener],
        threads=settings.threads + _EXTRA_THREADS,
        max_request_body_size=_READ_FACTOR * settings.max_bytes,
        recv_bytes=_RECEIVE_BYTES,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    server.channel_class = _Channel
    return server


def _run_loop(server: Any, service: Service, announce: Callable[[], None]) -> None:
    """Answer requests until the service is stopped and no request is running."""
    is_announced, deadline = False, float("inf")
    while time.monotonic() < deadline and not (service.stopping.is_set() and _is_idle(server)):
        wasyncore.loop(timeout=_POLL_SECONDS, use_poll=True, map=server._map, count=1)
        if not is_announced and service.pool.ready:
            announce()
            is_announced = True
        if not is_announced and service.pool.failed:
            raise ModelFileError(service.pool.start_error)
        if service.stopping.is_set() and deadline == float("inf"):
            deadline = time.monotonic() + 2 * service.settings.decode_timeout + _POLL_SECONDS


def _is_idle(server: Any) -> bool:
    return not any(channel.requests or channel.total_outbufs_len for channel in server.active_channels.values())


@contextmanager
def _stop_on_signals(service: Service) -> Iterator[None]:
    """Stop the service at SIGTERM or the first Ctrl-C; a second one ends it at once."""

    def stop(number: int, _: FrameType | None) -> None:
        service.stopping.set()
        signal.signal(number, signal.default_int_handler)

    previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
