"""A small model, services that serve it, and clips."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import soundfile

from ser_bench.core.options import Options
from ser_bench.core.progress import NoProgress
from ser_bench.corpora.datasets.demo.clips import make_clips
from ser_bench.deploy import train


@pytest.fixture(scope="session")
def voices(tmp_path_factory) -> list[Path]:
    """Return the paths of 24 demo clips."""
    folder = tmp_path_factory.mktemp("voices")
    speakers, emotions = ("S01", "S02", "S03", "S04"), ("happy", "neutral", "sad")
    return make_clips(folder, speakers=speakers, emotions=emotions, intensities=("normal",))


@pytest.fixture(scope="session")
def model(voices, tmp_path_factory) -> Path:
    """Return the file of a support vector machine."""
    folder = tmp_path_factory.mktemp("served")
    table = pd.DataFrame([path.stem.split("_") for path in voices], columns=["speaker", "emotion", "intensity", "text"])
    table["gender"], table["path"] = "male", [str(path) for path in voices]
    table.to_csv(folder / "voices.csv", index=False)
    options = Options(corpus=str(folder / "voices.csv"), features="mfcc", jobs=1, store=folder / "store")
    train.train(options, "svm", folder / "svm.ser", NoProgress())
    return folder / "svm.ser"


@dataclass
class Running:
    """A service in a separate process; ``log`` contains its lines on standard error so far."""

    process: subprocess.Popen
    address: str
    log: list[str]

    def worker(self) -> psutil.Process:
        """Return the worker that was started last."""
        started = [json.loads(line) for line in self.log if "worker started" in line]
        return psutil.Process(started[-1]["pid"])

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal it and return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture(scope="session")
def start_service(model) -> Iterator[Callable[..., Running]]:
    """Return ``start_service(*options)``, which waits until the service is ready; services stop after the tests."""
    running = []

    def start(*options: str) -> Running:
        command = [sys.executable, "-m", "ser_bench", "serve", str(model), "--port", "0", "--jobs", "1", *options]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONWARNINGS": ""}
        )
        running.append(process)
        log: list[str] = []
        threading.Thread(target=lambda: log.extend(process.stderr), daemon=True).start()
        address = process.stdout.readline().split()[-1].rstrip("/")
        return Running(process, address, log)

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def service(start_service) -> Running:
    """Return a service that tests share."""
    return start_service("--threads", "16")


def encoded(y: np.ndarray, sr: int = 16_000, form: str = "WAV", subtype: str | None = None) -> bytes:
    """Return samples as the bytes of an audio file."""
    buffer = io.BytesIO()
    soundfile.write(buffer, y, sr, format=form, subtype=subtype)
    return buffer.getvalue()


def speech(seconds: float = 1.0, sr: int = 16_000) -> np.ndarray:
    """Return noise with four syllables per second, float32."""
    t = np.arange(int(seconds * sr)) / sr
    noise = np.random.default_rng(0).standard_normal(t.size)
    return (0.1 * noise * (1.1 + np.sin(8 * np.pi * t))).astype(np.float32)


def form(data: bytes, name: str = "clip.wav", field: str = "file") -> tuple[bytes, str]:
    """Return the bytes of a form and its content type."""
    line = uuid.uuid4().hex
    head = f'--{line}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    return head.encode() + data + f"\r\n--{line}--\r\n".encode(), f"multipart/form-data; boundary={line}"


def post(address: str, data: bytes, **others: str) -> tuple[int, dict]:
    """Send a clip over HTTP; return the status and the JSON."""
    body, kind = form(data, **others)
    request = urllib.request.Request(f"{address}/predict", body, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
