"""Playback of a clip with the library sounddevice or a player on the path."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ser_bench.core.text import escape_undecodable
from ser_bench.explore.clip import Clip, all_samples
from ser_bench.explore.saving import save_audio


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
        sounddevice plays the part shown, a program the whole clip.

    Returns
    -------
    str
        A line that says which player worked, or why none did.
    """
    reasons = []
    for name, attempt in _players(clip):
        if (reason := attempt()) is None:
            return f"played {clip.description} with {name}"
        reasons.append(f"{name}: {reason}")
    if reasons:
        return f"{clip.description} could not be played ({'; '.join(reasons)})"
    names = ", ".join(PLAYERS)
    return f"{clip.description} could not be played: no player found; install sounddevice with pip, or one of {names}"


def _players(clip: Clip) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """Yield the names of available players with a function that plays the clip and returns None or an error."""
    if importlib.util.find_spec("sounddevice"):
        yield "sounddevice", partial(_play_with_sounddevice, clip)
    for name, arguments in PLAYERS.items():
        if program := shutil.which(name):
            yield name, partial(_play_with_program, program, arguments, clip)


def _play_with_sounddevice(clip: Clip) -> str | None:
    try:
        import sounddevice

        sounddevice.play(clip.y, clip.sr, blocking=True)
    except Exception as error:  # PortAudio's own errors, or OSError where it is missing
        return _last_line(str(error))
    return None


def _play_with_program(program: str, arguments: Callable[[str], tuple[str, ...]], clip: Clip) -> str | None:
    with _whole_file(clip) as path:
        started = time.monotonic()
        command = (program, *arguments(str(path)))
        try:
            process = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        except (OSError, ValueError) as error:
            return _last_line(str(error))
    seconds = time.monotonic() - started
    # Without a sound card ffplay ends at once with status 0.
    if process.returncode == 0 and seconds > clip.seconds / 2:
        return None
    return _last_line(process.stderr.decode(errors="replace")) or f"ended at once with status {process.returncode}"


@contextmanager
def _whole_file(clip: Clip) -> Iterator[Path]:
    """Yield the absolute path of a clip's file, which no program takes for an option; a temporary one if changed."""
    if clip.condition is None:
        yield clip.path.absolute()
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"{clip.condition.name}.wav")
        save_audio(file, *all_samples(clip))
        yield file


def _last_line(text: str) -> str:
    """Return the last line of an error message, shortened."""
    lines = text.strip().splitlines()
    return escape_undecodable(lines[-1].strip()[:120]) if lines else ""
