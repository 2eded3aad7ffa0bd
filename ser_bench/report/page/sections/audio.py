"""Clips embedded into the page: mono FLAC of at most 16 kHz in data URIs."""

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

MAX_BYTES = 1_500_000
"""The most bytes of all clips of a page together."""

_RATE = 16_000


@dataclass(frozen=True)
class EmbeddedClips:
    """Clips as data URIs.

    Parameters
    ----------
    players : dict of str to str
        Data URIs by path.
    missing : dict of str to str
        Reasons by path of the clips without one.
    """

    players: dict[str, str]
    missing: dict[str, str]


def synthetic_audio_folder(run: SavedRun, data_dir: Path | None = None) -> Path | None:
    """Return the folder of a synthetic corpus, whose clips a page may hold without asking.

    Parameters
    ----------
    run : SavedRun
    data_dir : Path or None
        The folder that the run read; None for the usual folder of the corpus.

    Returns
    -------
    Path or None
        None for a corpus of recorded speech, or if there is no such folder.
    """
    corpus = corpora.CORPORA.get(run.info.options.corpus or run.info.corpus.name)
    if not run.info.synthetic or corpus is None:
        return None
    folder = data_dir or corpora.find_folder(corpus)
    return folder if folder and folder.is_dir() else None


def embed_clips(folder: Path, paths: Iterable[str]) -> EmbeddedClips:
    """Encode clips as data URIs, up to :data:`MAX_BYTES` in all.

    Parameters
    ----------
    folder : Path
        The corpus folder.
    paths : iterable of str
        Paths below it.

    Returns
    -------
    EmbeddedClips
    """
    players: dict[str, str] = {}
    missing: dict[str, str] = {}
    left = MAX_BYTES
    for path in paths:
        try:
            uri = _data_uri(_file_inside(folder, path))
        except AudioError as error:
            missing[path] = f"no audio: {error}"
            continue
        if len(uri) > left:
            missing[path] = f"no audio: the clips of this page would exceed {MAX_BYTES:,} bytes"
            continue
        left -= len(uri)
        players[path] = uri
    return EmbeddedClips(players, missing)


def _file_inside(folder: Path, path: str) -> Path:
    """Return a clip's file; refuse one outside the folder, because clips.csv may come from anyone."""
    file = (folder / path).resolve()
    if not path or not file.is_relative_to(folder.resolve()):
        raise AudioError("the path leads out of the corpus folder")
    if not file.is_file():
        raise AudioError("file not found in the corpus folder")
    return file


def _data_uri(path: Path) -> str:
    """Return a clip as FLAC, which browsers play and whose bytes are reproducible."""
    import soundfile
    from scipy.signal import resample_poly

    y, sr = load(path)
    if sr > _RATE:
        y, sr = resample_poly(y, _RATE, sr), _RATE
    buffer = io.BytesIO()
    soundfile.write(buffer, y.clip(-1, 1), sr, format="FLAC", subtype="PCM_16")
    return "data:audio/flac;base64," + base64.b64encode(buffer.getvalue()).decode()
