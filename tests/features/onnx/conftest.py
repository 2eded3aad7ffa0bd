"""Networks of tests run in this process, because a child process for each takes half a second."""

from __future__ import annotations

import pytest


@pytest.fixture
def probed_here(monkeypatch):
    """Let the planning run networks in this process."""
    from ser_bench.features.onnx import probe

    monkeypatch.setattr(probe, "limit_seconds", lambda seconds: None)
    monkeypatch.setattr(probe, "_run", lambda task: (0, probe._answer(task)))
