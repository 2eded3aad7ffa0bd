"""Choice among several files of one clip.

Files with a lossy format's extension are skipped, without decoding, if the clip also exists in a lossless format,
as in corpora that are published in both. Otherwise the better file is used, by these criteria in order: usable (not
truncated, empty or unreadable); lossless; higher sampling rate; longer, since cut copies are shorter; more bits per
sample; nearest to the top of the folder; first by name. Files with identical samples are copies of one another.
"""

from __future__ import annotations

import filecmp
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_bench.audio import LOSSLESS_EXTENSIONS
from ser_bench.core.errors import AudioError
from ser_bench.corpora.clip_table import Problem

Candidate = tuple[Path, dict[str, str]]
"""A file of a clip, with the columns that its name gives."""

_LOSSLESS_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "ALAC_16": 16, "ALAC_24": 24} | dict.fromkeys(
    ("PCM_32", "ALAC_32", "FLOAT", "DOUBLE"), 32
)
_LENGTH_TOLERANCE = 0.1
"""Seconds; resampling and lossy coding change a clip's length by less."""


class Duplicates:
    """Chooses one file per clip, and collects the reasons for skipping the others.

    Parameters
    ----------
    base
        The corpus's folder; messages give paths relative to it.
    """

    def __init__(self, base: Path) -> None:
        self._base = base
        self._copies: list[tuple[Path, Path]] = []
        self._lossy: list[tuple[Path, Path]] = []
        self._worse: list[Problem] = []

    def choose(self, files: list[Candidate]) -> dict[str, str]:
        """Choose the file of a clip.

        Parameters
        ----------
        files
            The clip's files in order of preference between equally good ones, nearest to the top first.

        Returns
        -------
        dict
            The columns of the chosen file, with its ``path``.
        """
        if len(files) > 1:
            files = self._lossless(files)
        chosen = self._best([path for path, _ in files]) if len(files) > 1 else files[0][0]
        return {**dict(files)[chosen], "path": str(chosen)}

    def problems(self) -> tuple[Problem, ...]:
        """Return the skipped files.

        Returns
        -------
        tuple of Problem
            One for each file: those with other samples, copies, and lossy versions.
        """
        copies = [Problem(str(path), f"a copy of {used}, which is used") for path, used in self._copies]
        lossy = [Problem(str(path), f"a lossy version of {used}, which is used") for path, used in self._lossy]
        return (*self._worse, *copies, *lossy)

    def _lossless(self, files: list[Candidate]) -> list[Candidate]:
        """Return the files with a lossless format's extension, or all if there is none."""
        lossless = [(path, columns) for path, columns in files if path.suffix.lower() in LOSSLESS_EXTENSIONS]
        if not lossless:
            return files
        used = lossless[0][0].relative_to(self._base)
        self._lossy += [(path, used) for path, _ in files if path.suffix.lower() not in LOSSLESS_EXTENSIONS]
        return lossless

    def _best(self, paths: list[Path]) -> Path:
        distinct: list[Path] = []
        original_of: dict[Path, Path] = {}
        for path in paths:
            if original := next((earlier for earlier in distinct if _same_bytes(path, earlier)), None):
                original_of[path] = original
            else:
                distinct.append(path)
        best, copies, worse = _compare(distinct) if len(distinct) > 1 else (distinct[0], [], {})
        used = best.relative_to(self._base)
        byte_copies = [path for path, original in original_of.items() if original not in worse]
        self._copies += [(path, used) for path in (*copies, *byte_copies)]
        worse |= {path: worse[original] for path, original in original_of.items() if original in worse}
        self._worse += [
            Problem(str(path), f"same clip as {used}, which is used: {worse[path]}") for path in sorted(worse)
        ]
        return best


def _same_bytes(path: Path, other_path: Path) -> bool:
    try:
        return filecmp.cmp(path, other_path, shallow=False)
    except OSError:
        return False


@dataclass(frozen=True)
class _Decoded:
    """The properties of a file that decide the choice; ``bits`` is 0 for a lossy format."""

    path: Path
    error: str = ""
    bits: int = 0
    rate: int = 0
    seconds: float = 0.0
    digest: str = ""


def _decode(path: Path) -> _Decoded:
    from ser_bench import audio

    try:
        recording = audio.read(path)
    except AudioError as error:
        return _Decoded(path, error=str(error))
    y, sr = recording.y, recording.sr
    bits = _LOSSLESS_BITS.get(recording.format.split()[-1], 0)  # ffmpeg decodes lossy formats
    return _Decoded(path, "", bits, sr, len(y) / sr, audio.samples_digest(y, sr))


def _compare(paths: Sequence[Path]) -> tuple[Path, list[Path], dict[Path, str]]:
    """Return the best file, those with the same samples, and the others with the reason why each is worse."""
    files = [_decode(path) for path in paths]
    best = files[0]
    for file in files[1:]:
        if _is_better(file, best)[0]:
            best = file
    copies, worse = [], {}
    for file in files:
        if file is best:
            continue
        if file.digest and file.digest == best.digest:
            copies.append(file.path)
        else:
            worse[file.path] = _is_better(best, file)[1]
    return best.path, copies, worse


def _is_better(file: _Decoded, than: _Decoded) -> tuple[bool, str]:
    """Compare the content of two files; return whether the first is better, and the deciding property."""
    if bool(file.error) != bool(than.error):
        return not file.error, f"this file is unusable ({than.error})"
    if bool(file.bits) != bool(than.bits):
        return bool(file.bits), "this file is lossy"
    if file.rate != than.rate:
        return file.rate > than.rate, f"{file.rate} Hz, not {than.rate} Hz"
    if abs(file.seconds - than.seconds) > _LENGTH_TOLERANCE:
        return file.seconds > than.seconds, f"{file.seconds:.2f} s long, not {than.seconds:.2f} s"
    if file.bits != than.bits:
        return file.bits > than.bits, f"{file.bits} bits per sample, not {than.bits}"
    return False, "equally good, but nearer to the top or first by name"
