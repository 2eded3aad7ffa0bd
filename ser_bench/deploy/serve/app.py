"""Routes of the service, and the HTTP status of each error."""

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

_FORM_BYTES = 16_384
"""Size of multipart boundaries, headers and small fields, in addition to the file."""
_MAX_NAME_LENGTH = 120
_STATUSES = {worker.UNSUPPORTED: 415, worker.UNUSABLE: 422}


class RequestError(Exception):
    """A request that is refused.

    Parameters
    ----------
    status : int
        HTTP status.
    message : str
        Sentence for the client.
    retry : bool
        Whether the client may try again soon.
    """

    def __init__(self, status: int, message: str, retry: bool = False) -> None:
        super().__init__(message)
        self.status, self.message, self.retry = status, message, retry


class _InMemoryRequest(flask.Request):
    """A request whose file stays in memory; its size is limited before it is parsed."""

    def _get_file_stream(self, *_: Any, **__: Any) -> io.BytesIO:
        return io.BytesIO()


class Service:
    """State that the routes share.

    Parameters
    ----------
    settings : Settings
        Address and limits.
    description : dict
        JSON description of the model, as its file holds it.
    manifest : Manifest
        The validated description.
    pool : WorkerPool
        Predicts clips.
    """

    def __init__(self, settings: Settings, description: dict[str, Any], manifest: Manifest, pool: WorkerPool) -> None:
        self.settings, self.description, self.manifest, self.pool = settings, description, manifest, pool
        self.slots, self.stopping = BoundedSemaphore(settings.threads), Event()

    def predict(self, request: flask.Request) -> dict[str, Any]:
        """Answer a request for a prediction.

        Parameters
        ----------
        request : flask.Request
            A form with the clip as its field ``file``.

        Returns
        -------
        dict
            ``clip``, the fields of :func:`ser_bench.deploy.predict.output.prediction_fields`, and ``timings`` in ms.

        Raises
        ------
        RequestError
            If the request is refused or its clip cannot be predicted.
        """
        start = time.perf_counter()
        if self.stopping.is_set() or not self.pool.ready:
            raise RequestError(503, f"The service is {self.state()}.", retry=True)
        if request.mimetype != "multipart/form-data":
            raise RequestError(415, messages.NOT_A_FORM)
        if not self.slots.acquire(blocking=False):
            raise RequestError(429, "Too many clips at once; try again in a moment.", retry=True)
        try:
            name, data = self._read_file(request)
            prediction = self._predict(data)
        finally:
            self.slots.release()
        timings = prediction["timings"]
        total = 1e3 * (time.perf_counter() - start)
        wait = max(0.0, total - sum(timings.values()))
        prediction["timings"] = {"wait": round(wait, 2), **timings, "total": round(total, 2)}
        return {"clip": name, **prediction}

    def state(self) -> str:
        """Return the state of the service.

        Returns
        -------
        str
            "ready", "starting" or "stopping".
        """
        return "stopping" if self.stopping.is_set() else "ready" if self.pool.ready else "starting"

    def _read_file(self, request: flask.Request) -> tuple[str, bytes]:
        """Return the clip's name, for display only, and its bytes."""
        files = request.files.getlist("file")
        if len(files) != 1:
            raise RequestError(400, "Send one clip as the field 'file', with a file name.")
        data = files[0].stream.getvalue()  # type: ignore[attr-defined]
        if len(data) > self.settings.max_bytes:
            raise RequestError(413, messages.too_large(self.settings.max_bytes))
        return display_name(files[0].filename or ""), data

    def _predict(self, data: bytes) -> dict[str, Any]:
        try:
            kind, content = self.pool.predict(data)
        except WorkerTimeoutError:
            raise RequestError(503, "The prediction timed out; try again.", retry=True) from None
        except WorkerCrashedError:
            raise RequestError(500, "The worker process crashed on this clip; it is being restarted.") from None
        if kind in _STATUSES:
            raise RequestError(_STATUSES[kind], messages.to_sentence(content))
        if kind == worker.ERROR:
            log.log_event("error", reason=content)
            raise RequestError(500, "Internal error while predicting this clip.")
        prediction: dict[str, Any] = content
        return prediction


def display_name(name: str) -> str:
    """Make a file name from a request safe to display.

    Parameters
    ----------
    name : str
        File name as sent.

    Returns
    -------
    str
        The name without folders, control and direction characters, of limited length.
    """
    last = re.split(r"[\\/]", name)[-1]
    return "".join(c for c in last if c.isprintable()).strip()[:_MAX_NAME_LENGTH] or "clip"


def create_app(service: Service) -> flask.Flask:
    """Create the WSGI application.

    Parameters
    ----------
    service : Service
        Shared state.

    Returns
    -------
    flask.Flask
        The application.
    """
    settings = service.settings
    app = flask.Flask("ser_bench.deploy.serve", template_folder="page", static_folder=None)
    app.request_class = _InMemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_bytes + _FORM_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    _add_checks(app, loopback_only=security.is_loopback(settings.host))
    _add_error_handlers(app, settings.max_bytes)
    _add_routes(app, service)
    _add_page(app, service)
    return app


def _add_routes(app: flask.Flask, service: Service) -> None:
    schema = openapi.describe(service.manifest, service.settings)

    @app.post("/predict", provide_automatic_options=False)
    def predict() -> dict[str, Any]:
        return service.predict(flask.request)

    @app.get("/health", provide_automatic_options=False)
    def health() -> tuple[dict[str, str], int]:
        state = service.state()
        return {"status": state}, 200 if state == "ready" else 503

    @app.get("/model", provide_automatic_options=False)
    def model() -> dict[str, Any]:
        return service.description

    @app.get("/openapi.json", provide_automatic_options=False)
    def openapi_json() -> dict[str, Any]:
        return schema


def _add_page(app: flask.Flask, service: Service) -> None:
    settings, manifest = service.settings, service.manifest

    @app.get("/", provide_automatic_options=False)
    def page() -> str:
        limits = {"bytes": settings.max_bytes, "seconds": settings.max_seconds}
        sets = f"{100 * settings.coverage:g} % set"
        page_settings = {"labels": manifest.labels, "colours": COLOURS, "limits": limits, "sets": sets}
        return flask.render_template(
            "page.html",
            manifest=manifest,
            settings=json.dumps(page_settings),
            about=messages.model_facts(manifest),
            probabilities=messages.about_probabilities(manifest, settings.coverage),
            caution=messages.caution(manifest),
        )

    @app.get(
        "/<any('page.js', 'page.css', 'recorder.js', 'pictures.js', 'icon.svg'):name>", provide_automatic_options=False
    )
    def page_file(name: str) -> flask.Response:
        return flask.send_from_directory(f"{app.root_path}/page", name)


def _add_checks(app: flask.Flask, *, loopback_only: bool) -> None:
    """Check the ``Host`` header on loopback, add security headers, and log each request."""

    @app.before_request
    def begin() -> None:
        flask.g.start = time.perf_counter()
        if loopback_only and not security.is_loopback_header(flask.request.headers.get("Host", "")):
            raise RequestError(400, "The Host header names another machine.")

    @app.after_request
    def end(response: flask.Response) -> flask.Response:
        response.headers.update(security.HEADERS)
        request, ms = flask.request, 1e3 * (time.perf_counter() - flask.g.start)
        log.log_request(request.method, request.path, response.status_code, ms, request.content_length or 0)
        return response


def _add_error_handlers(app: flask.Flask, max_bytes: int) -> None:
    """Answer every error with JSON."""

    @app.errorhandler(RequestError)
    def handle_request_error(error: RequestError) -> flask.Response:
        response = flask.make_response({"error": error.message}, error.status)
        if error.retry:
            response.headers["Retry-After"] = "1"
        return response

    @app.errorhandler(HTTPException)
    def handle_http_exception(error: HTTPException) -> flask.Response:
        status = error.code or 500
        response = flask.make_response({"error": messages.for_status(status, max_bytes)}, status)
        if methods := getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(methods))
        return response

    @app.errorhandler(Exception)
    def handle_exception(error: Exception) -> flask.Response:
        log.LOGGER.error("error", exc_info=error)
        return flask.make_response({"error": messages.for_status(500, max_bytes)}, 500)
