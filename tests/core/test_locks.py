"""Locks exclude other processes and end with their process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ser_bench.core.locks import exclusive

HOLDER = """
import sys, time
from pathlib import Path
from ser_bench.core.locks import exclusive

with exclusive(Path(sys.argv[1])) as acquired:
    print(acquired, flush=True)
    time.sleep(60)
"""


def start_holder(path: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "True\n"
    return holder


def test_a_lock_file_excludes_another_process_until_that_is_killed(tmp_path):
    path = tmp_path / ".lock"
    with start_holder(path) as holder:
        with exclusive(path) as acquired:
            assert not acquired
        holder.kill()
        holder.wait()
    with exclusive(path) as acquired:
        assert acquired
    assert not path.exists()


def test_a_lock_file_is_held_once_in_a_process(tmp_path):
    path = tmp_path / ".lock"
    with exclusive(path) as outer, exclusive(path) as inner:
        assert (outer, inner) == (True, False)
    assert not path.exists()
