"""Latency, throughput and memory of ``ser-bench serve``.

    python benchmarks/serving.py MODEL CLIP [REQUESTS]

Starts the service with two workers and sends CLIP, repeated or cut to four seconds, over persistent connections: from
one client, from 8 clients at about half of the possible rate, and from 8 clients without pauses (REQUESTS in all,
default 5,000), with the memory of all processes. Predictions in this process, before and after, measure how busy the
machine is: compare ratios to them.
"""

from __future__ import annotations

import http.client
import io
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

import numpy as np
import psutil
import soundfile

from ser_bench.audio import read_bytes
from ser_bench.deploy import load_model

CLIENTS = 8
WORKERS = 2
SECONDS = 4
MARKS = (500, 2_500, 5_000)
BOUNDARY = "ser-bench-serving"


def four_seconds(path: Path) -> bytes:
    """Return the clip, repeated or cut to four seconds, as the bytes of a WAV file."""
    y, sr = soundfile.read(path, dtype="float32", always_2d=True)
    buffer = io.BytesIO()
    soundfile.write(buffer, np.resize(y[:, 0], SECONDS * sr), sr, format="WAV")
    return buffer.getvalue()


def multipart(data: bytes) -> bytes:
    """Return a form with one file."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="clip.wav"\r\n\r\n'
    return head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


class Client:
    """A persistent connection that counts errors and collects the timings of responses."""

    def __init__(self, address: str, body: bytes) -> None:
        self.host, self.body, self.errors, self.inside = urlsplit(address).netloc, body, 0, []
        self.connection = http.client.HTTPConnection(self.host, timeout=60)

    def predict(self) -> float:
        """Send the clip, read the response and return the milliseconds."""
        begun = time.perf_counter()
        try:
            self.connection.request(
                "POST", "/predict", self.body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
            )
            response = self.connection.getresponse()
            content = json.loads(response.read())
            self.errors += response.status != 200
            if response.status == 200:
                self.inside.append(content["timings"])
        except (OSError, http.client.HTTPException, ValueError):
            self.errors += 1
            self.connection.close()
        return 1e3 * (time.perf_counter() - begun)


def send_many(address: str, body: bytes, total: int, clients: int, pause: float, after: Callable[[int], None]) -> None:
    """Send ``total`` requests from several clients and print latencies; call ``after(n)`` after response n."""
    lock, left, times = Lock(), iter(range(total)), []

    def run(client: Client) -> None:
        while True:
            with lock:
                if next(left, None) is None:
                    return
            took = client.predict()
            with lock:
                times.append(took)
                after(len(times))
            time.sleep(pause * np.random.default_rng().uniform(0.5, 1.5))

    crowd = [Client(address, body) for _ in range(clients)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(run, crowd))
    seconds = time.perf_counter() - begun
    cuts = statistics.quantiles(times, n=100)
    inside = {step: statistics.median(t[step] for c in crowd for t in c.inside) for step in crowd[0].inside[0]}
    print(
        f"{clients} clients, {1e3 * pause:.0f} ms between clips: p50 {cuts[49]:.1f} ms, p90 {cuts[89]:.1f} ms, "
        f"p99 {cuts[98]:.1f} ms, {total / seconds:.0f} clips/s, {sum(c.errors for c in crowd)} errors\n"
        f"  inside, medians in ms: {', '.join(f'{step} {ms:.1f}' for step, ms in inside.items())}"
    )


def print_local(file: str, data: bytes) -> float:
    """Print and return the median milliseconds of a prediction in this process."""
    from ser_bench.core.threads import one_thread

    model, times = load_model(file), []
    with one_thread():
        for _ in range(60):
            begun = time.perf_counter()
            recording = read_bytes(data)
            model.predict([(recording.y, recording.sr)])
            times.append(1e3 * (time.perf_counter() - begun))
    print(f"in this process, one thread: p50 {statistics.median(times[10:]):.1f} ms; load {psutil.getloadavg()[0]:.1f}")
    return statistics.median(times[10:])


def processor_seconds(service: subprocess.Popen) -> tuple[float, float]:
    """Return the processor time of the service and of its workers so far, in seconds."""
    root = psutil.Process(service.pid)
    used = [sum(p.cpu_times()[:2]) for p in (root, *root.children(recursive=True))]
    return used[0], sum(used[1:])


def memory(service: subprocess.Popen) -> float:
    """Return the resident memory of the service and its workers in MB."""
    root = psutil.Process(service.pid)
    return sum(p.memory_info().rss for p in (root, *root.children(recursive=True))) / 1e6


def main(file: str, clip: str, total: int = 5_000) -> None:
    """Run all measurements."""
    data = four_seconds(Path(clip))
    body = multipart(data)
    alone = print_local(file, data)
    command = [sys.executable, "-m", "ser_bench", "serve", file, "--port", "0", "--jobs", str(WORKERS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as service:
        assert service.stdout is not None
        address = service.stdout.readline().split()[-1]
        try:
            send_many(address, body, 200, 1, 0.0, lambda n: None)
            send_many(address, body, 800, CLIENTS, 2 * alone * CLIENTS / WORKERS / 1e3, lambda n: None)
            before = processor_seconds(service)
            marks = {n: f"  after {n:,}: {{:.0f}} MB" for n in MARKS}
            send_many(
                address,
                body,
                total,
                CLIENTS,
                0.0,
                lambda n: print(marks[n].format(memory(service))) if n in marks else None,
            )
            took = [1e3 * (after - b) / total for after, b in zip(processor_seconds(service), before, strict=True)]
            print(f"  processor time per clip: {took[1]:.1f} ms in a worker, {took[0]:.1f} ms in the service")
        finally:
            service.terminate()
            print(f"exit status {service.wait(30)}")
    print_local(file, data)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
