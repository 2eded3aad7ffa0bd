"""Requests to the service: method and path, a line per header, an empty line, and the body. No worker is started."""

from __future__ import annotations

import importlib.util
import json
import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from fuzz import AbsentError
from fuzz.bundle import manifest_of

PACKAGES = ["ser_bench", "werkzeug"]

PREDICTION = {"emotion": "happy", "probabilities": {"angry": 0.25, "happy": 0.75}, "timings": {"decode": 1.0}}


def target() -> Callable[[bytes], None]:
    """Return a function that sends bytes to the service as a request; every clip gets the same prediction."""
    if importlib.util.find_spec("ser_bench.deploy.serve") is None or importlib.util.find_spec("flask") is None:
        raise AbsentError("ser_bench.deploy.serve, or its dependency Flask, is not installed")
    from ser_bench import features
    from ser_bench.deploy import manifest
    from ser_bench.deploy.serve import worker
    from ser_bench.deploy.serve.app import Service, create_app
    from ser_bench.deploy.serve.settings import Settings

    content = manifest_of(features.FEATURE_SETS["treble"], "0")
    answer = (worker.PREDICTION, PREDICTION)
    pool = SimpleNamespace(ready=True, predict=lambda clip: (answer[0], dict(answer[1], timings={"decode": 1.0})))
    info = manifest.validate(content, Path("model.ser"))
    service = Service(Settings(Path("model.ser"), max_bytes=4096), content, info, pool)  # type: ignore[arg-type]
    logging.getLogger("ser_bench.deploy.serve").disabled = True
    client = create_app(service).test_client()

    def once(data: bytes) -> None:
        head, _, body = data.partition(b"\n\n")
        first, *lines = head.decode("latin-1").split("\n")
        method, _, path = first.partition(" ")
        headers = [(name, value) for name, colon, value in (line.partition(": ") for line in lines) if colon]
        try:
            response = client.open("/" + path.lstrip("/"), method=method or "GET", headers=headers, data=body)
        except (ValueError, UnicodeError):  # of the test client, for requests that a server never receives
            return
        assert response.status_code < 500, (response.status_code, response.text)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        if response.status_code >= 400 and method != "HEAD":
            assert list(json.loads(response.data)) == ["error"], response.text

    return once
