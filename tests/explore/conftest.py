"""Fixtures for pictures of clips: drawing replaced, and fake players."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from ser_bench.explore import clip_figure, playing


@pytest.fixture
def quick_pictures(monkeypatch):
    """Replace the drawing of clips by an empty figure, for tests of where pictures go."""
    monkeypatch.setattr(clip_figure, "draw_clips", lambda clips, notes: Figure(figsize=(1, 1)))


@pytest.fixture
def players(tmp_path, monkeypatch):
    """Return ``add(name, status, seconds)``, which adds a fake player to an empty path and returns its log file."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    monkeypatch.setattr(playing.importlib.util, "find_spec", lambda name: None)

    def add(name: str, status: int = 0, seconds: float = 0.0) -> Path:
        log = tmp_path / f"{name}.log"
        program = folder / name
        program.write_text(
            f'#!/bin/sh\necho "$@" > {log}\necho "no sound card" >&2\n/bin/sleep {seconds}\nexit {status}\n'
        )
        program.chmod(0o755)
        return log

    return add
