"""Shared fixtures. Audio is generated; tests need no network and no corpus."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser_bench import models
from ser_bench.core.places import cache_folder

gc.set_threshold(50_000, 20, 50)  # as in the command line: imports create many objects and little garbage

# Tests have a separate cache, except for compiled kernels: compilation takes half a minute. Each process of xdist
# has its own. Where two compile a function of librosa with several signatures at once, numba's index may name the code
# of another signature, and the next run crashes.
_COMPILED = os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder() / "numba"))
if (_WORKER := os.environ.get("PYTEST_XDIST_WORKER")) and not _COMPILED.endswith(_WORKER):
    os.environ["NUMBA_CACHE_DIR"] = f"{_COMPILED}-{_WORKER}"


@pytest.fixture(autouse=True, scope="session")
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Use a cache folder of the session instead of the user's and the width of piped output, and open no page.

    A test that expects a page replaces ``webbrowser.open``. Nothing is synced to disk, because no test survives a loss
    of power.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SER_BENCH_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        patch.delenv("COLUMNS", raising=False)
        patch.setattr("webbrowser.open", lambda address: pytest.fail(f"a test opens {address}"))
        patch.setattr(os, "fsync", lambda file: None)
        yield


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    """Remove the models that a test registers."""
    registered = models.MODELS
    models.MODELS = dict(registered)
    yield
    models.MODELS = registered


def tone(seconds: float = 0.3, sr: int = 16000, f0: float = 150.0, seed: int = 0) -> np.ndarray:
    """Return a buzzing tone with a little noise, float32."""
    t = np.arange(int(seconds * sr)) / sr
    buzz = sum(np.sin(2 * np.pi * f0 * k * t) / k for k in range(1, 8))
    return (0.1 * buzz + 0.01 * np.random.default_rng(seed).standard_normal(t.size)).astype(np.float32)


@pytest.fixture
def write_wav() -> Callable[..., Path]:
    """Return ``write(path, y=None, sr=16000, subtype='PCM_16')``, which writes a WAV file and returns its path."""

    def write(path: Path, y: np.ndarray | None = None, sr: int = 16000, subtype: str = "PCM_16") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(sr=sr) if y is None else y, sr, subtype=subtype)
        return path

    return write


def clip_table(
    speakers: int = 8,
    emotions: tuple[str, ...] = ("neutral", "happy", "sad"),
    texts: int = 2,
    repetitions: int = 1,
    genders: tuple[str, ...] = ("male", "female"),
) -> pd.DataFrame:
    """Return a clip table without audio: every speaker says every text in every emotion."""
    rows = [
        {
            "clip": f"s{s:02d}-{emotion}-{t}-{r}",
            "path": "",
            "corpus": "generated",
            "speaker": f"s{s:02d}",
            "gender": genders[s % len(genders)],
            "text": f"text {t}",
            "intensity": "",
            "emotion": emotion,
            "label": emotion,
        }
        for s in range(speakers)
        for emotion in emotions
        for t in range(texts)
        for r in range(repetitions)
    ]
    return pd.DataFrame(rows)
