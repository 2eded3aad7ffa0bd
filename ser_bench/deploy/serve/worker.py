"""Worker process of the service: load the model once, then predict the clips that arrive through a pipe."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ser_bench.deploy.coverage import COVERAGE

READY, START_FAILED = "ready", "start failed"
"""Kinds of the first message of a worker."""
PREDICTION, UNSUPPORTED, UNUSABLE, ERROR = "prediction", "unsupported format", "unusable clip", "error"
"""Kinds of the message about a clip."""


def run_worker(
    pipe: Connection,
    file: Path,
    members: dict[str, str],
    max_seconds: float,
    coverage: float,
    prepare: Callable[[], object] | None = None,
) -> None:
    """Report whether the model loads, then answer each clip until the pipe is closed.

    Parameters
    ----------
    pipe : Connection
        Receives the bytes of clips; sends messages.
    file : Path
        File of the model.
    members : dict of str to str
        Digests of the model that the service describes; a file that was replaced since then is refused.
    max_seconds : float
        Duration limit of a clip in seconds.
    coverage : float
        Coverage of the prediction sets.
    prepare : callable or None
        Called before the model is loaded.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to the whole process group; the pipe ends this worker
        signal.signal(number, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)  # decoders in C report damaged files there; our own errors use the pipe
    try:
        if prepare:
            prepare()
        model = _load_model(file, members)
    except Exception as error:
        _send(pipe, START_FAILED, str(error))
        return
    _send(pipe, READY, os.getpid())
    while True:
        try:
            data = pipe.recv_bytes()
        except EOFError:
            return
        _send(pipe, *_answer(model, data, max_seconds, coverage))


def _send(pipe: Connection, kind: str, content: Any) -> None:
    pipe.send_bytes(json.dumps([kind, content]).encode())  # no pickle: an exploited decoder must not reach the service


def _load_model(file: Path, members: dict[str, str]) -> Any:
    """Load the model and predict once, which compiles kernels and loads libraries."""
    from ser_bench.core.errors import ModelFileError
    from ser_bench.deploy import load_model
    from ser_bench.deploy.file import container

    if container.read(file)[0]["members"] != members:
        raise ModelFileError(f"{file} has been replaced by another model; restart the service")
    model = load_model(file)
    _predict(model, _noise_clip(), 1.0, COVERAGE)
    return model


def _noise_clip() -> bytes:
    """Return half a second of noise as a WAV file."""
    import io

    import numpy as np
    import soundfile

    file = io.BytesIO()
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 8_000).astype(np.float32)
    soundfile.write(file, noise, 16_000, format="WAV")
    return file.getvalue()


def _answer(model: Any, data: bytes, max_seconds: float, coverage: float) -> tuple[str, Any]:
    """Return the kind and the content of the message about a clip."""
    from ser_bench.audio.headers import ForeignError
    from ser_bench.core.errors import AudioError

    try:
        return PREDICTION, _predict(model, data, max_seconds, coverage)
    except ForeignError as error:
        return UNSUPPORTED, f"{error.reason}; send WAV, FLAC, OGG or MP3"
    except AudioError as error:
        return UNUSABLE, str(error)
    except Exception as error:
        return ERROR, f"{type(error).__name__}: {error}"


def _predict(model: Any, data: bytes, max_seconds: float, coverage: float) -> dict[str, Any]:
    """Return the fields of the prediction for a clip, given its file's bytes, and ``timings`` in ms."""
    from ser_bench import audio
    from ser_bench.core.errors import AudioError
    from ser_bench.deploy.predict.output import prediction_fields

    start = time.perf_counter()
    recording = audio.read_bytes(data)
    seconds = recording.total / recording.sr
    if seconds > max_seconds:
        raise AudioError(f"too long: {seconds:.1f} s, at most {max_seconds:g} s are accepted")
    decoded = time.perf_counter()
    clip = model.read(recording)
    extracted = time.perf_counter()
    (prediction,) = model.predict_inputs([clip], coverage)
    timings = {"decode": decoded - start, "features": extracted - decoded, "predict": time.perf_counter() - extracted}
    return {
        **prediction_fields(prediction),
        "timings": {name: round(1e3 * seconds, 2) for name, seconds in timings.items()},
    }
