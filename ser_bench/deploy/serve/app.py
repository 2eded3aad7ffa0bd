"""The routes: what may be asked, and with which status each limit is told."""

from __future__ import annotations

import io
import json
import re
import time
from threading import BoundedSemaphore, Event
from typing import Any

import flask
from werkzeug.exceptions import HTTPException

from ser_bench.core.labels import COLOURS
from ser_bench.deploy.manifest import Manifest
from ser_bench.deploy.serve import log, messages, openapi, security, worker
from ser_bench.deploy.serve.pool import WorkerCrashedError, WorkerPool, WorkerTimeoutError
from ser_bench.deploy.serve.settings import Settings

_FRAMING = 16_384
"""What multipart boundaries, headers and small fields may add to a file."""
_MOST_NAME = 120
_STATUSES = {worker.UNSUPPORTED: 415, worker.UNUSABLE: 422}


class RequestError(Exception):
    """A request that is answered with a status and a sentence."""

    def __init__(self, status: int, sentence: str, retry: bool = False) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.retry = status, sentence, retry


class _InMemory(flask.Request):
    """A request whose file stays in memory; its size is limited before it is parsed."""

    def _get_file_stream(self, *_: Any, **__: Any) -> io.BytesIO:
        return io.BytesIO()


class Service:
    """What the routes share: the model's own words ``said`` and ``info``, its pool, and what is in hand."""

    def __init__(self, settings: Settings, said: dict[str, Any], info: Manifest, pool: WorkerPool) -> None:
        self.settings, self.said, self.info, self.pool = settings, said, info, pool
        self.places, self.stopping = BoundedSemaphore(settings.threads), Event()

    def predict(self, request: flask.Request) -> dict[str, Any]:
        """Return the answer to a request; raises :class:`RequestError`."""
        begun = time.perf_counter()
        if self.stopping.is_set() or not self.pool.ready:
            raise RequestError(503, f"The service is {self.state()}.", retry=True)
        if request.mimetype != "multipart/form-data":
            raise RequestError(415, "Send the clip as the field 'file' of multipart/form-data.")
        if not self.places.acquire(blocking=False):
            raise RequestError(429, "Too many clips at once; try again in a moment.", retry=True)
        try:
            name, data = self._file(request)
            answer = self._ask(data)
        finally:
            self.places.release()
        timings = answer["timings"]
        total = 1e3 * (time.perf_counter() - begun)
        waited = max(0.0, total - sum(timings.values()))
        answer["timings"] = {"wait": round(waited, 2), **timings, "total": round(total, 2)}
        return {"clip": name, **answer}

    def state(self) -> str:
        """Return ``ready``, ``starting`` or ``stopping``."""
        return "stopping" if self.stopping.is_set() else "ready" if self.pool.ready else "starting"

    def _file(self, request: flask.Request) -> tuple[str, bytes]:
        """Return the clip's name, for display only, and its bytes."""
        sent = request.files.getlist("file")
        if len(sent) != 1:
            raise RequestError(400, "Send one clip as the field 'file', with a file name.")
        data = sent[0].stream.getvalue()  # type: ignore[attr-defined]
        if len(data) > self.settings.max_bytes:
            raise RequestError(413, messages.too_large(self.settings.max_bytes))
        return display_name(sent[0].filename or ""), data

    def _ask(self, data: bytes) -> dict[str, Any]:
        try:
            kind, said = self.pool.predict(data)
        except WorkerTimeoutError:
            raise RequestError(503, "The clip was not done in time.", retry=True) from None
        except WorkerCrashedError:
            raise RequestError(500, "The program that reads clips crashed over this one; it starts again.") from None
        if kind in _STATUSES:
            raise RequestError(_STATUSES[kind], messages.sentence(said))
        if kind == worker.ERROR:
            log.log_event("fault", reason=said)
            raise RequestError(500, "Something went wrong over this clip.")
        return said


def display_name(name: str) -> str:
    """Return a file name as sent, for display: without folders, control and direction characters, of bounded length."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(c for c in last if c.isprintable()).strip()[:_MOST_NAME] or "clip"


def create_app(service: Service) -> flask.Flask:
    """Return the WSGI application."""
    settings = service.settings
    app = flask.Flask("ser_bench.deploy.serve", template_folder="page", static_folder=None)
    app.request_class = _InMemory
    app.config["MAX_CONTENT_LENGTH"] = settings.max_bytes + _FRAMING
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    _guard(app, guarded=security.is_loopback(settings.host))
    _tell_errors(app, settings.max_bytes)
    _add_routes(app, service)
    _add_page(app, service)
    return app


def _add_routes(app: flask.Flask, service: Service) -> None:
    described = openapi.describe(service.info, service.settings)

    @app.post("/predict", provide_automatic_options=False)
    def predict() -> dict[str, Any]:
        return service.predict(flask.request)

    @app.get("/health", provide_automatic_options=False)
    def health() -> tuple[dict[str, str], int]:
        state = service.state()
        return {"status": state}, 200 if state == "ready" else 503

    @app.get("/model", provide_automatic_options=False)
    def model() -> dict[str, Any]:
        return service.said

    @app.get("/openapi.json", provide_automatic_options=False)
    def description() -> dict[str, Any]:
        return described


def _add_page(app: flask.Flask, service: Service) -> None:
    settings, info = service.settings, service.info

    @app.get("/", provide_automatic_options=False)
    def page() -> str:
        limits = {"bytes": settings.max_bytes, "seconds": settings.max_seconds}
        told = {"labels": info.labels, "colours": COLOURS, "limits": limits}
        return flask.render_template(
            "page.html", info=info, told=json.dumps(told), about=messages.about(info), caution=messages.caution(info)
        )

    @app.get(
        "/<any('page.js', 'page.css', 'recorder.js', 'pictures.js', 'icon.svg'):name>", provide_automatic_options=False
    )
    def part(name: str) -> flask.Response:
        return flask.send_from_directory(f"{app.root_path}/page", name)


def _guard(app: flask.Flask, *, guarded: bool) -> None:
    """Check the ``Host`` header on loopback, add the headers, and write the log."""

    @app.before_request
    def begin() -> None:
        flask.g.begun = time.perf_counter()
        if guarded and not security.is_loopback_header(flask.request.headers.get("Host", "")):
            raise RequestError(400, "The Host header names another machine.")

    @app.after_request
    def end(response: flask.Response) -> flask.Response:
        response.headers.update(security.HEADERS)
        request, ms = flask.request, 1e3 * (time.perf_counter() - flask.g.begun)
        log.log_request(request.method, request.path, response.status_code, ms, request.content_length or 0)
        return response


def _tell_errors(app: flask.Flask, most: int) -> None:
    """Answer every error with JSON; ``most`` is how many bytes a file may have."""

    @app.errorhandler(RequestError)
    def refused(error: RequestError) -> flask.Response:
        response = flask.make_response({"error": error.sentence}, error.status)
        if error.retry:
            response.headers["Retry-After"] = "1"
        return response

    @app.errorhandler(HTTPException)
    def known(error: HTTPException) -> flask.Response:
        response = flask.make_response({"error": messages.of_status(error.code or 500, most)}, error.code or 500)
        if methods := getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(methods))
        return response

    @app.errorhandler(Exception)
    def unknown(error: Exception) -> flask.Response:
        log.LOGGER.error("fault", exc_info=error)
        return flask.make_response({"error": messages.of_status(500, most)}, 500)
