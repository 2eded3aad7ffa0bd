"""Native libraries are limited to one thread, also libraries loaded later."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import numpy
from threadpoolctl import threadpool_info, threadpool_limits
from ser_bench.core.threads import one_thread

def counts():
    return [library["num_threads"] for library in threadpool_info()]

with threadpool_limits(2):
    before = counts()
    with one_thread():
        assert set(counts()) == {1}, counts()
    assert counts() == before, counts()
    assert max(before) == 2, before
    import sklearn.neighbors
    known = len(before)
    with one_thread():
        assert len(counts()) > known, counts()
        assert set(counts()) == {1}, counts()
"""


def test_every_library_is_limited_to_one_thread_and_restored():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
