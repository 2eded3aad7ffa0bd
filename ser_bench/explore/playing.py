"""Playback of a clip with the library sounddevice or a player on the path."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial

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
"""Programs that can play a file, in the order in which they are tried, with their arguments for a path."""


def play(clip: Clip) -> str:
    """Play a clip; never raises, since the picture is useful without sound.

    Parameters
    ----------
    clip : Clip
        sounddevice plays the part shown, a program the whole file.

    Returns
    -------
    str
        A line that says which player worked, or why none did.
    """
    reasons = []
    for name, attempt in _players(clip):
        if (reason := attempt()) is None:
            return f"played {clip.name} with {name}"
        reasons.append(f"{name}: {reason}")
    if reasons:
        return f"{clip.name} could not be played ({'; '.join(reasons)})"
    names = ", ".join(PLAYERS)
    return f"{clip.name} could not be played: no player found; install sounddevice with pip, or one of {names}"


def _players(clip: Clip) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """Yield the names of available players with a function that plays the clip and returns None or an error."""
    if importlib.util.find_spec("sounddevice"):
        yield "sounddevice", partial(_play_with_sounddevice, clip)
    for name, arguments in PLAYERS.items():
        if program := shutil.which(name):
            command = (program, *arguments(str(clip.path.absolute())))  # no option starts like an absolute path
            yield name, partial(_play_with_program, command, clip.seconds)


def _play_with_sounddevice(clip: Clip) -> str | None:
    try:
        import sounddevice

        sounddevice.play(clip.y, clip.sr, blocking=True)
    except Exception as error:  # PortAudio's own errors, or OSError where it is missing
        return _last_line(str(error))
    return None


def _play_with_program(command: tuple[str, ...], seconds: float) -> str | None:
    started = time.monotonic()
    try:
        process = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except (OSError, ValueError) as error:
        return _last_line(str(error))
    # Without a sound card ffplay ends at once with status 0.
    if process.returncode == 0 and time.monotonic() - started > seconds / 2:
        return None
    return _last_line(process.stderr.decode(errors="replace")) or f"ended at once with status {process.returncode}"


def _last_line(text: str) -> str:
    """Return the last line of an error message, shortened."""
    lines = text.strip().splitlines()
    return escape_undecodable(lines[-1].strip()[:120]) if lines else ""
