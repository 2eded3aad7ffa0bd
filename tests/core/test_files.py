"""Atomic writing and removal of stale temporary files."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from ser_bench.core import files, locks


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("before")
    with pytest.raises(RuntimeError), files.atomic_write(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_stale_temporary_files_are_removed_and_young_ones_kept(tmp_path):
    old, young, foreign = (
        tmp_path / name for name in (f".a.{8 * '0'}-{12 * 'a'}.tmp", f".b.{8 * '0'}-{12 * 'b'}.tmp", ".vi.tmp")
    )
    scratch = tmp_path / ".scratch-z"
    for path in (old, young, foreign):
        path.write_text("")
    scratch.mkdir()
    for path in (old, foreign, scratch):
        os.utime(path, (time.time() - 2 * 86400,) * 2)
    files.remove_stale(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {young.name, foreign.name}


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_what_a_living_process_writes_is_kept_whatever_the_clock_says(tmp_path, monkeypatch):
    with files.scratch_folder(tmp_path) as scratch, files.atomic_write(tmp_path / "a") as temporary:
        monkeypatch.setattr(time, "time", lambda: 4e9)
        files.remove_stale(tmp_path)
        assert scratch.is_dir()
        assert temporary.is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_what_a_dead_process_of_this_machine_left_is_removed_at_once(tmp_path):
    with files.scratch_folder(tmp_path) as scratch, files.atomic_write(tmp_path / "a") as temporary:
        names = scratch.name, temporary.name
    (tmp_path / names[0]).mkdir()
    (tmp_path / names[1]).touch()
    files.remove_stale(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_temporary_file_that_another_process_removes_before_it_is_locked_is_made_again(tmp_path):
    made = []

    def create() -> Path:
        path = tmp_path / f"{len(made)}.tmp"
        made.append(path)
        path.touch()
        if len(made) == 1:
            path.unlink()
        return path

    with locks.held_lock(create) as path:
        assert path == made[1]
        assert locks.is_locked(path) in (True, None)
