"""Routes: status, headers and file names, with a fake worker pool."""

from __future__ import annotations

import io
import json
import logging

import pytest

from ser_bench.core.errors import ConfigError
from ser_bench.deploy import manifest
from ser_bench.deploy.file import container
from ser_bench.deploy.serve import log, messages, openapi, security, worker
from ser_bench.deploy.serve.app import Service, create_app, display_name
from ser_bench.deploy.serve.pool import WorkerCrashedError, WorkerTimeoutError
from ser_bench.deploy.serve.settings import Settings
from tests.deploy.serve.conftest import encoded, speech

PREDICTION = {
    "emotion": "sad",
    "probabilities": {"neutral": 0.1, "happy": 0.2, "sad": 0.7},
    "confidence": 0.7,
    "set": ["sad", "happy"],
    "reliable": False,
    "reasons": ["a sentence"],
    "warnings": ["a sentence"],
    "condition": None,
    "timings": {"decode": 1.0},
}


class FakePool:
    """A pool that returns a given message or raises a given exception."""

    ready = True

    def __init__(self, message):
        self.message = message

    def predict(self, data):
        if isinstance(self.message, Exception):
            raise self.message
        return self.message


@pytest.fixture
def create(model):
    """Return ``create(message, **settings)``, which returns a service with a fake pool and its client."""

    def service_and_client(message=(worker.PREDICTION, PREDICTION), **settings):
        content, _ = container.read(model)
        chosen = Settings(model, **settings)
        served = Service(chosen, content, manifest.validate(content, model), FakePool(message))
        return served, create_app(served).test_client()

    return service_and_client


def send(client, data=b"RIFF", name="clip.wav", **others):
    return client.post("/predict", data={"file": (io.BytesIO(data), name)}, **others)


def test_a_prediction_has_the_documented_fields(create):
    _, client = create((worker.PREDICTION, PREDICTION | {"timings": {"decode": 1.0, "features": 2.0, "predict": 0.5}}))
    response = send(client)
    assert response.status_code == 200
    assert list(response.json) == ["clip", *PREDICTION]
    assert response.json["clip"] == "clip.wav"
    assert list(response.json["timings"]) == ["wait", "decode", "features", "predict", "total"]


@pytest.mark.parametrize(
    ("message", "status", "word"),
    [
        ((worker.UNSUPPORTED, "not audio"), 415, "Not audio."),
        ((worker.UNUSABLE, "silent: every sample is the same"), 422, "Silent: every sample is the same."),
        ((worker.ERROR, "KeyError: 'secret'"), 500, "Internal error while predicting this clip."),
        (WorkerCrashedError(), 500, "crashed"),
        (WorkerTimeoutError(), 503, "timed out"),
        (ValueError("secret"), 500, "Internal server error."),
    ],
    ids=["foreign", "unusable", "fault", "crashed", "overdue", "defect"],
)
def test_each_failure_has_its_status_and_message(create, message, status, word):
    _, client = create(message)
    response = send(client)
    assert response.status_code == status
    assert list(response.json) == ["error"]
    assert word in response.json["error"]
    assert "secret" not in response.text


def test_a_file_over_the_limit_is_413(create):
    _, client = create(max_bytes=1_000)
    assert send(client, bytes(1_000)).status_code == 200
    for size in (1_001, 100_000):
        response = send(client, bytes(size))
        assert (response.status_code, response.json) == (413, {"error": "The file is larger than 1 kB."})


def test_a_request_without_exactly_one_file_is_refused(create):
    _, client = create()
    answer = client.post("/predict", data=b"RIFF", content_type="audio/wav")
    assert answer.status_code == 415
    for word in ("WAV, FLAC, OGG or MP3", "field 'file' of multipart/form-data", "curl -F file=@clip.wav"):
        assert word in answer.json["error"]
    assert client.post("/predict", data={"clip": (io.BytesIO(b"x"), "x")}).status_code == 400
    two = {"file": [(io.BytesIO(b"x"), "x"), (io.BytesIO(b"y"), "y")]}
    assert client.post("/predict", data=two).status_code == 400
    assert client.post("/predict", data=b"--x", content_type="multipart/form-data").status_code == 400


def test_too_many_clips_are_429_with_retry_after(create):
    served, client = create(threads=1)
    served.slots.acquire()
    refused = send(client)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    served.slots.release()
    assert send(client).status_code == 200


@pytest.mark.parametrize("fault", [WorkerCrashedError(), WorkerTimeoutError(), ValueError()])
def test_a_failure_frees_its_slot(create, fault):
    _, client = create(fault, threads=1)
    assert send(client).status_code == send(client).status_code != 429


@pytest.mark.parametrize(("ready", "stopping", "state"), [(False, False, "starting"), (True, True, "stopping")])
def test_a_service_that_is_not_ready_returns_503(create, ready, stopping, state):
    served, client = create()
    assert (client.get("/health").status_code, client.get("/health").json) == (200, {"status": "ready"})
    served.pool.ready = ready
    if stopping:
        served.stopping.set()
    assert (client.get("/health").status_code, client.get("/health").json) == (503, {"status": state})
    refused = send(client)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert state in refused.json["error"]


def test_unknown_paths_and_methods_are_json_errors(create):
    _, client = create()
    for response, status in ((client.get("/nothing"), 404), (client.get("/predict"), 405), (client.put("/"), 405)):
        assert (response.status_code, list(response.json)) == (status, ["error"])
    assert client.get("/predict").headers["Allow"] == "POST"
    assert client.get("/..%2f..%2fetc/passwd").status_code == 404


def test_the_model_description_equals_that_of_the_command(create, model, capsys):
    from ser_bench.cli import call

    call(["model", str(model), "--json"])
    assert create()[1].get("/model").json == json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("path", ["/", "/health", "/predict", "/nothing", "/page.js"])
def test_every_response_has_the_security_headers(create, path):
    with create()[1].get(path) as response:
        headers = response.headers
    assert {name: headers[name] for name in security.HEADERS} == security.HEADERS
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert not [name for name in headers if name[0].startswith("Access-Control")]


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        *(
            (name, True)
            for name in ("localhost", "localhost:8000", "127.0.0.1:8000", "127.9.9.9", "[::1]:8000", "[::1]")
        ),
        *(
            (name, False)
            for name in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "10.0.0.1", "")
        ),
    ],
)
def test_on_loopback_only_loopback_hosts_are_accepted(create, host, ours):
    assert security.is_loopback_header(host) == ours
    local, public = create()[1], create(host="0.0.0.0")[1]
    if host:
        assert local.get("/health", headers={"Host": host}).status_code == (200 if ours else 400)
        assert public.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\clips\\a b.wav", "a b.wav"),
        ("a\x00b\u202egnp.wav\n", "abgnp.wav"),
        ("ü–日本.wav", "ü–日本.wav"),
        ("", "clip"),
        ("x" * 500, "x" * 120),
    ],
)
def test_file_names_are_made_safe_to_display(name, shown):
    assert display_name(name) == shown


def test_the_page_escapes_the_model_description(model):
    content, _ = container.read(model)
    content["corpus"]["title"] = content["labels"][0] = "<script>alert(1)</script>\"'"
    service = Service(Settings(model), content, manifest.validate(content, model), FakePool(None))
    page = create_app(service).test_client().get("/").text
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page


def test_a_request_is_logged_as_json_without_its_file(create, capsys):
    log.set_up()
    try:
        send(create()[1], b"RIFF-secret", "private.wav", query_string="token=secret")
    finally:
        log.LOGGER.handlers.clear()
        logging.getLogger("waitress").handlers.clear()
    line = capsys.readouterr().err.strip()
    record = json.loads(line)
    assert list(record) == ["time", "event", "method", "path", "status", "ms", "bytes"]
    assert (record["method"], record["path"], record["status"]) == ("POST", "/predict", 200)
    assert "secret" not in line
    assert "private" not in line


@pytest.mark.parametrize("wrong", [{"port": 70_000}, {"threads": 0}, {"max_bytes": 1}, {"max_seconds": 1e9}])
def test_settings_out_of_range_are_refused(model, wrong):
    with pytest.raises(ConfigError, match=r"invalid value for --.*: expected"):
        Settings(model, **wrong)


def test_a_worker_classifies_files(model):
    from ser_bench.deploy import load_model

    loaded, clip = load_model(model), encoded(speech())
    kinds = {
        b"<html>" * 100: worker.UNSUPPORTED,
        b"": worker.UNUSABLE,
        clip[: len(clip) // 2]: worker.UNUSABLE,
        encoded(speech(0.01)): worker.UNUSABLE,
        encoded(speech() * 0): worker.UNUSABLE,
        encoded(speech(2.5)): worker.UNUSABLE,
        clip: worker.PREDICTION,
    }
    assert [worker._answer(loaded, data, 2.0, 0.9)[0] for data in kinds] == list(kinds.values())
    assert worker._answer(None, clip, 2.0, 0.9)[0] == worker.ERROR
    m4a = b"\0\0\0\x1cftypM4A " + bytes(100)
    assert worker._answer(loaded, m4a, 2.0, 0.9) == (
        worker.UNSUPPORTED,
        "M4A is not read here; send WAV, FLAC, OGG or MP3",
    )


def test_the_worker_answers_with_a_set_of_the_chosen_coverage(model):
    from ser_bench.deploy import load_model

    loaded, clip = load_model(model), encoded(speech())
    for coverage in (0.5, 0.9):
        _, answer = worker._answer(loaded, clip, 2.0, coverage)
        members = loaded.predict((speech(), 16_000), coverage)[0].prediction_set
        assert tuple(answer["set"]) == members
        assert answer["confidence"] == max(answer["probabilities"].values())
        assert (answer["reliable"], bool(answer["reasons"])) == (False, True)


def test_a_coverage_out_of_range_is_refused_before_the_start(model):
    with pytest.raises(ConfigError, match="--coverage: expected"):
        Settings(model, coverage=0.3)


def test_the_description_states_the_coverage_and_models_without_sets(model):
    info = manifest.validate(container.read(model)[0], model)
    schema = openapi.describe(info, Settings(model, coverage=0.8))["components"]["schemas"]["Answer"]["properties"]
    assert "80 % of clips of new speakers" in schema["set"]["description"]
    plain = info.model_copy(update={"calibration": None})
    schema = openapi.describe(plain, Settings(model))["components"]["schemas"]["Answer"]["properties"]
    assert schema["set"]["type"] == "null"


def test_the_page_says_what_the_set_means(model, create):
    _, client = create(coverage=0.8)
    assert "The set holds the true label for 80 % of the clips of new speakers" in client.get("/").text
    info = manifest.validate(container.read(model)[0], model).model_copy(update={"calibration": None})
    assert messages.about_probabilities(info, 0.8).endswith("They are not calibrated.")
