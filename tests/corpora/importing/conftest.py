"""Folders of files that look like clips."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def tree(tmp_path):
    """Return ``tree(*names)``, which creates files that look like clips and returns their folder."""

    def create(*names: str) -> Path:
        for name in names:
            path = tmp_path / "tree" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"RIFF")
        return tmp_path / "tree"

    return create
