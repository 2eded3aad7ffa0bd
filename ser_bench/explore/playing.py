"""Playing a clip with whatever the machine has: the library sounddevice, or a program on the path."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator

from ser_bench.core.text import escape_undecodable
from ser_bench.explore.clip import Clip


def _powershell(path: str) -> tuple[str, ...]:
    quoted = path.replace("'", "''")
    return ("-NoProfile", "-Command", f"(New-Object Media.SoundPlayer '{quoted}').PlaySync()")


PLAYERS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "afplay": lambda path: (path,),
    "paplay": lambda path: (path,),
    "aplay": lambda path: ("-q", path),
    "ffplay": lambda path: ("-nodisp", "-autoexit", "-loglevel", "error", path),
    "powershell": _powershell,
}
"""The programs that are tried, in their order, with the words that let each play a file and end."""


def play(clip: Clip) -> str:
    """Play a clip's whole file, of a long recording with sounddevice the part shown; return what came of it, a line.

    Nothing is raised: that nothing can be heard is no reason to lose the picture.
    """
    failed = []
    for name, attempt in _ways(clip):
        if (reason := attempt()) is None:
            return f"played {clip.name} with {name}"
        failed.append(f"{name}: {reason}")
    if failed:
        return f"{clip.name} could not be played ({'; '.join(failed)})"
    known = ", ".join(PLAYERS)
    return f"{clip.name} could not be played: no player here; pip install sounddevice, or one of {known}"


def _ways(clip: Clip) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """Yield the ways to play a clip that are here; each returns None, or why it could not."""
    if importlib.util.find_spec("sounddevice"):
        yield "sounddevice", lambda: _with_sounddevice(clip)
    for name, words in PLAYERS.items():
        if program := shutil.which(name):
            command = (program, *words(str(clip.path.absolute())))  # a whole path is never taken for an option
            yield name, lambda command=command: _with_program(command, clip.seconds)  # type: ignore[misc]


def _with_sounddevice(clip: Clip) -> str | None:
    try:
        import sounddevice

        sounddevice.play(clip.y, clip.sr, blocking=True)
    except Exception as error:  # PortAudio's own errors, or OSError where it is missing
        return _line(str(error))
    return None


def _with_program(command: tuple[str, ...], seconds: float) -> str | None:
    begun = time.monotonic()
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except (OSError, ValueError) as error:
        return _line(str(error))
    if done.returncode == 0 and time.monotonic() - begun > seconds / 2:
        return None  # without a sound card ffplay ends at once, with status 0
    return _line(done.stderr.decode(errors="replace")) or f"ended at once with status {done.returncode}"


def _line(text: str) -> str:
    """Return the last line of what was said, short."""
    lines = text.strip().splitlines()
    return escape_undecodable(lines[-1].strip()[:120]) if lines else ""
