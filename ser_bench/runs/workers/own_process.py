"""Calls in a process of their own, which starts and ends with the call, so that no call can remember another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ser_bench.runs.workers.local_worker import initialize_worker, record_start
from ser_bench.runs.workers.tasks import ONE_THREAD, FormattedError, call_in_worker, death_reason

_CODE = "from ser_bench.runs.workers.own_process import main; main()"
_ATTEMPTS = 2
_READY = b"r"
_START_SECONDS = 120.0
"""Time that the process may take to start, in addition to the time limit of the task."""


def call_in_own_process(function: Callable[[Any], Any], argument: Any) -> Any:
    """Call a function in a new process with one thread, and in another one if the first dies.

    The process ignores Ctrl-C and exits when its parent does. A time limit does not include its start.

    Parameters
    ----------
    function : callable
        The function.
    argument : object
        Its argument.

    Returns
    -------
    object
        The return value.

    Raises
    ------
    FormattedError
        If the call raises an exception, or if its process dies twice.
    """
    import cloudpickle

    call = cloudpickle.dumps((function, argument))
    code = 0
    for _ in range(_ATTEMPTS):
        code, output = _run(call)
        if code == 0 and output:
            error, value = cloudpickle.loads(output)
            if error:
                raise FormattedError(error)
            return value
    raise FormattedError(death_reason(code))


def _run(call: bytes) -> tuple[int, bytes]:
    """Start a process, and return its exit status and what it wrote."""
    record_start(_START_SECONDS)
    path = os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path)
    # no bytecode (-B): within a second, that of a plugin's older helper module would pass for the newer one's
    command = [sys.executable, "-P", "-B", "-c", _CODE, str(os.getpid())]
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": path}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        try:
            return _exchange(process, call)
        finally:
            process.kill()  # where the caller is interrupted


def _exchange(process: subprocess.Popen[bytes], call: bytes) -> tuple[int, bytes]:
    """Send the call, record the start of the task once the process is ready, and wait for the outcome."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):  # the process has died
        process.stdin.write(call)
    with suppress(BrokenPipeError):
        process.stdin.close()
    if process.stdout.read(len(_READY)):
        record_start()
    output = process.stdout.read()
    return process.wait(), output


def main() -> None:
    """Read a call from standard input, carry it out, and write the outcome to standard output."""
    initialize_worker(int(sys.argv[1]))
    import cloudpickle

    with os.fdopen(os.dup(1), "wb") as pipe:
        os.dup2(2, 1)  # what the function prints must not mix with the outcome
        function, argument = cloudpickle.load(sys.stdin.buffer)
        pipe.write(_READY)
        pipe.flush()
        outcome = call_in_worker(function, argument)
        pipe.write(cloudpickle.dumps(outcome))
    sys.stdout.flush()
    os._exit(0)  # threads of the function do not delay the exit
