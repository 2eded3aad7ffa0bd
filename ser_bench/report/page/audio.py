"""Clips to listen to inside the page: mono, at most 16 kHz, as FLAC in a data URI."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ser_bench import corpora
from ser_bench.audio import load
from ser_bench.core.errors import AudioError
from ser_bench.runs.results import SavedRun

MOST_BYTES = 1_500_000
"""What all players of a page may take together; clips after that get none."""

_RATE = 16_000


@dataclass(frozen=True)
class EmbeddedClips:
    """A data URI per path that was found, and why the other paths have none."""

    players: dict[str, str]
    silent: dict[str, str]


def synthetic_audio_folder(run: SavedRun, data_dir: Path | None = None) -> Path | None:
    """Return where the clips of a synthetic corpus lie, which are nobody's voice; None for any other corpus.

    ``data_dir`` is where the run found it, if that was not its usual place. None where there is no such folder.
    """
    corpus = corpora.CORPORA.get(run.info.corpus.name)
    if not run.info.synthetic or corpus is None:
        return None
    folder = data_dir or corpora.find_folder(corpus)
    return folder if folder and folder.is_dir() else None


def embed_clips(folder: Path, paths: Iterable[str]) -> EmbeddedClips:
    """Return the sounds of clips below a corpus's folder; one that cannot be read is noted and skipped."""
    players: dict[str, str] = {}
    silent: dict[str, str] = {}
    left = MOST_BYTES
    for path in paths:
        try:
            uri = _uri(_inside(folder, path))
        except AudioError as error:
            silent[path] = f"no sound: {error}"
            continue
        if len(uri) > left:
            silent[path] = "no sound: the page holds as much as it may"
            continue
        left -= len(uri)
        players[path] = uri
    return EmbeddedClips(players, silent)


def _inside(folder: Path, path: str) -> Path:
    """Return a clip's file, refusing one outside the folder: paths are read from a file that anyone may write."""
    found = (folder / path).resolve()
    if not path or not found.is_relative_to(folder.resolve()):
        raise AudioError("it lies outside the folder")
    if not found.is_file():
        raise AudioError("the file is not there")
    return found


def _uri(path: Path) -> str:
    """Return a clip as FLAC, which every browser plays and which is the same bytes each time."""
    import soundfile
    from scipy.signal import resample_poly

    y, sr = load(path)
    if sr > _RATE:
        y, sr = resample_poly(y, _RATE, sr), _RATE
    buffer = io.BytesIO()
    soundfile.write(buffer, y.clip(-1, 1), sr, format="FLAC", subtype="PCM_16")
    return "data:audio/flac;base64," + base64.b64encode(buffer.getvalue()).decode()
