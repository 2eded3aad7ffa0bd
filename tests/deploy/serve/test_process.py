"""The service as a process: predictions, workers that hang or die, signals, ports and invalid models."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from ser_bench.cli import call
from ser_bench.deploy.file import container
from ser_bench.deploy.serve.pool import WorkerCrashedError, WorkerPool, WorkerTimeoutError
from tests.deploy.serve.conftest import encoded, form, post, speech


@pytest.fixture(scope="module")
def pool(model):
    """A pool of one worker with a time limit of one second, and its events; each test leaves an available worker."""
    events = []
    members = container.read(model)[0]["members"]
    started = WorkerPool(
        1, (model, members, 10.0, 0.9), 1.0, lambda event, **fields: events.append(fields.get("reason", event))
    )
    started.start()
    until(lambda: started.ready)
    yield started, events
    started.stop()


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_predictions_equal_those_of_the_command_predict(service, model, voices, capsys):
    call(["predict", str(model), str(voices[0]), "--json"])
    (expected,) = json.loads(capsys.readouterr().out)
    status, answer = post(service.address, voices[0].read_bytes(), name=f"some/where/{voices[0].name}")
    assert status == 200
    assert answer["clip"] == voices[0].name
    assert {key: answer[key] for key in ("emotion", "probabilities")} == {
        key: expected[key] for key in ("emotion", "probabilities")
    }


@pytest.mark.parametrize(
    ("kind", "subtype"), [("WAV", None), ("FLAC", None), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", None)]
)
def test_supported_formats_are_predicted(service, kind, subtype):
    assert post(service.address, encoded(speech(), form=kind, subtype=subtype))[0] == 200


def test_concurrent_clients_get_their_own_predictions(service, voices):
    alone = [post(service.address, path.read_bytes(), name=path.name)[1] for path in voices[:6]]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda path: post(service.address, path.read_bytes(), name=path.name)[1], voices[:6]))
    for prediction in (*alone, *together):
        prediction.pop("timings")
    assert together == alone


@pytest.fixture(scope="module")
def temporary(tmp_path_factory):
    """The folder of temporary files of the limited service."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def limited_service(start_service, temporary):
    """A service with a size limit of 1 MB."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        return start_service("--max-bytes", "1000000")


def test_bodies_over_the_limit_are_refused_with_one_message(limited_service):
    service = limited_service
    status, content = post(service.address, bytes(3_000_000))
    assert (status, list(content)) == (413, ["error"])
    connection = http.client.HTTPConnection(urlsplit(service.address).netloc, timeout=30)
    connection.putrequest("POST", "/predict")
    connection.putheader("Content-Length", "1000000000")
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())) == (413, content)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    connection.close()


def test_a_hanging_worker_is_replaced(pool):
    pool, events = pool
    hung = pool.workers[0]
    os.kill(hung, signal.SIGSTOP)
    with pytest.raises(WorkerTimeoutError):
        pool.predict(encoded(speech()))
    until(lambda: pool.ready)
    assert pool.workers != [hung]
    assert pool.predict(encoded(speech()))[0] == "prediction"
    assert "timeout" in events


def test_a_worker_that_crashes_on_a_clip_is_replaced(pool):
    pool, events = pool
    os.kill(pool.workers[0], signal.SIGSTOP)
    threading.Timer(0.2, os.kill, (pool.workers[0], signal.SIGKILL)).start()
    with pytest.raises(WorkerCrashedError):
        pool.predict(encoded(speech()))
    until(lambda: pool.ready)
    assert pool.predict(encoded(speech()))[0] == "prediction"
    assert "crashed" in events


def test_the_death_of_an_idle_worker_fails_no_request(service):
    worker = service.worker()
    threads = Path(f"/proc/{worker.pid}/task")
    worker.kill()
    # On Linux its threads may outlive a zombie for a moment and keep the pipe open.
    until(lambda: not worker.is_running() or (worker.status() == psutil.STATUS_ZOMBIE and count(threads) < 2))
    assert post(service.address, encoded(speech()))[0] == 200


def count(folder: Path) -> int:
    return len(list(folder.iterdir())) if folder.is_dir() else 0


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_stop_finishes_running_requests(start_service, number):
    service = start_service()
    worker = service.worker()
    worker.suspend()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, service.address, encoded(speech()))
        time.sleep(0.5)
        service.process.send_signal(number)
        time.sleep(0.5)
        assert service.process.poll() is None
        assert post(service.address, encoded(speech()))[0] == 503
        worker.resume()
        assert answer.result()[0] == 200
    assert service.process.wait(10) == 0
    assert not worker.is_running()
    events = [json.loads(line)["event"] for line in service.log]
    assert (events[0], events[-1], events.count("request")) == ("worker started", "stopped", 2)


def test_workers_end_with_a_service_that_is_killed(start_service):
    service = start_service()
    worker = service.worker()
    service.process.kill()
    worker.wait(10)


def test_clips_are_not_written_to_disk(limited_service, temporary):
    service = limited_service
    before = set(temporary.rglob("*"))
    for name in ("a.wav", "../../b.wav"):
        assert post(service.address, encoded(speech(30.0)), name=name)[0] == 200
    assert set(temporary.rglob("*")) == before


def test_a_port_in_use_is_an_error(model, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert call(["serve", str(model), "--port", str(taken.getsockname()[1])]) == 2
    assert "Address already in use; try --port 0" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, b"PK\x03\x04 and no more"], ids=["missing", "damaged"])
def test_an_invalid_model_file_is_an_error(tmp_path, capsys, content):
    if content:
        (tmp_path / "bad.ser").write_bytes(content)
    assert call(["serve", str(tmp_path / "bad.ser"), "--port", "0"]) == 2
    assert "bad.ser" in capsys.readouterr().err


def test_a_model_that_workers_cannot_load_is_an_error(model, tmp_path):
    content, members = container.read(model)
    content["features"][0]["key"] = "0" * 16
    container.write(tmp_path / "old.ser", {k: v for k, v in content.items() if k not in ("format", "members")}, members)
    command = [sys.executable, "-m", "ser_bench", "serve", str(tmp_path / "old.ser"), "--port", "0", "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "train it again" in done.stderr.splitlines()[-1]


def test_a_missing_extra_is_named(model, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "flask", None)
    assert call(["serve", str(model)]) == 2
    assert "pip install 'ser-bench[serve]'" in capsys.readouterr().err


@pytest.mark.slow
def test_memory_does_not_grow_with_requests(service):
    clip = encoded(speech(0.3))

    def used():
        root = psutil.Process(service.process.pid)
        return sum(p.memory_info().rss for p in (root, *root.children()))

    def ask(count):
        with ThreadPoolExecutor(4) as pool:
            return set(pool.map(lambda _: post(service.address, clip)[0], range(count)))

    ask(150)
    before = used()
    assert ask(300) == {200}
    assert used() - before < 300 * len(clip) / 2


def test_every_file_of_the_page_is_served_and_has_no_external_links(service):
    import ser_bench.deploy.serve

    folder = Path(ser_bench.deploy.serve.__file__).parent / "page"
    for path in folder.iterdir():
        assert "//" not in path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "").replace("// ", "")
        if path.name != "page.html":
            with urllib.request.urlopen(f"{service.address}/{path.name}") as response:
                assert response.read() == path.read_bytes()


def test_a_chunked_form_is_accepted(service):
    body, kind = form(encoded(speech()))
    connection = http.client.HTTPConnection(urlsplit(service.address).netloc, timeout=30)
    pieces = (body[i : i + 1000] for i in range(0, len(body), 1000))
    connection.request("POST", "/predict", pieces, {"Content-Type": kind}, encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()
