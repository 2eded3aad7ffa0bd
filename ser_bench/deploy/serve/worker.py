"""What a worker process does: it loads the model once, then bytes come in and an answer goes out."""

from __future__ import annotations

import json
import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

READY, START_FAILED = "ready", "start failed"
"""Kinds of the first message of a worker."""
PREDICTION, UNSUPPORTED, UNUSABLE, ERROR = "prediction", "unsupported format", "unusable clip", "error"
"""Kinds of the message about a clip."""


def work(pipe: Connection, file: Path, members: dict[str, str], max_seconds: float) -> None:
    """Send whether the model is ready, then an answer for each clip's bytes, until the other end is closed.

    ``members`` are the digests of the model that the service tells of: a file that was replaced since is refused.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # a terminal and systemd signal the whole group; the pipe ends us
        signal.signal(number, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)  # decoders in C complain there of damaged files; our own errors go through the pipe
    try:
        model = _loaded(file, members)
    except Exception as error:
        _say(pipe, START_FAILED, str(error))
        return
    _say(pipe, READY, os.getpid())
    while True:
        try:
            data = pipe.recv_bytes()
        except EOFError:
            return
        _say(pipe, *_answered(model, data, max_seconds))


def _say(pipe: Connection, kind: str, said: Any) -> None:
    pipe.send_bytes(json.dumps([kind, said]).encode())  # no pickle: whoever breaks a decoder must not reach the service


def _loaded(file: Path, members: dict[str, str]) -> Any:
    """Return the model after a first answer, for which kernels are compiled and libraries loaded."""
    from ser_bench.core.errors import ModelFileError
    from ser_bench.deploy import load_model
    from ser_bench.deploy.file import container as archive

    if archive.read(file)[0]["members"] != members:
        raise ModelFileError(f"{file} was replaced by another model; stop the service and start it again")
    model = load_model(file)
    _ask(model, _first_clip(), 1.0)
    return model


def _first_clip() -> bytes:
    """Return half a second of noise in a WAV file."""
    import io

    import numpy as np
    import soundfile

    made = io.BytesIO()
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 8_000).astype(np.float32)
    soundfile.write(made, noise, 16_000, format="WAV")
    return made.getvalue()


def _answered(model: Any, data: bytes, max_seconds: float) -> tuple[str, Any]:
    from ser_bench.audio.sndfile import ForeignError
    from ser_bench.core.errors import AudioError

    try:
        return PREDICTION, _ask(model, data, max_seconds)
    except ForeignError:
        return UNSUPPORTED, "not an audio file in a format that is read here"
    except AudioError as error:
        return UNUSABLE, str(error)
    except Exception as error:
        return ERROR, f"{type(error).__name__}: {error}"


def _ask(model: Any, data: bytes, max_seconds: float) -> dict[str, Any]:
    """Return ``emotion``, ``probabilities`` and ``timings`` in ms of a clip given by its file's bytes."""
    from ser_bench import audio
    from ser_bench.core.errors import AudioError

    begun = time.perf_counter()
    y, sr = audio.load_bytes(data)
    if y.size > max_seconds * sr:
        raise AudioError(f"too long: more than {max_seconds:g} s")
    decoded = time.perf_counter()
    row = model.features((y, sr))
    heard = time.perf_counter()
    (answer,) = model.predict_features([row])
    timings = {"decode": decoded - begun, "features": heard - decoded, "predict": time.perf_counter() - heard}
    return {
        "emotion": answer.label,
        "probabilities": dict(answer.probabilities),
        "timings": {name: round(1e3 * seconds, 2) for name, seconds in timings.items()},
    }
