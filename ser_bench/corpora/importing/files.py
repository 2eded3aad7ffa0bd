"""The audio files of a folder, and why some of them are left out before anything is read from their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_bench.audio import EXTENSIONS, LOSSLESS_EXTENSIONS
from ser_bench.core.errors import CorpusError
from ser_bench.corpora.clip_table import Problem
from ser_bench.corpora.folder import audio_files

VIDEO_EXTENSIONS = (".mp4", ".mkv", ".mov", ".avi", ".flv")
"""Files that are imported where a folder has no audio file; ffmpeg reads their sound."""

_POINTER = b"version https://git-lfs"
_POINTER_BYTES = 1024


@dataclass(frozen=True)
class AudioFile:
    """A file of the folder.

    Attributes
    ----------
    path
        Absolute path.
    name
        Path relative to the imported folder, with forward slashes.
    folders
        The folders between the imported folder and the file, the outermost first.
    stem
        File name without extension.
    """

    path: Path
    name: str
    folders: tuple[str, ...]
    stem: str


@dataclass(frozen=True)
class Scan:
    """The files of a folder.

    Attributes
    ----------
    files
        Usable files, in order of their names.
    left_out
        The others, each with the reason.
    """

    files: tuple[AudioFile, ...]
    left_out: tuple[Problem, ...]


def scan(folder: Path) -> Scan:
    """List the audio files of a folder at any depth; hidden files and ``__MACOSX`` are skipped.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    Scan
        Usable files, and Git LFS pointers, empty files, second formats and unreadable folders.

    Raises
    ------
    CorpusError
        If no file is usable.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder} is not a folder; ser-bench import reads the audio files below a folder")
    errors: list[OSError] = []
    base = folder.absolute()
    paths = list(audio_files(base, errors.append)) or list(audio_files(base, extensions=VIDEO_EXTENSIONS))
    files = tuple(_audio_file(path, base) for path in paths)
    reasons = dict(_unusable(files))
    unreadable = [Problem(str(e.filename), f"cannot read the folder: {e.strerror or e}", kind="clip") for e in errors]
    left_out = (*unreadable, *(Problem(name, reason) for name, reason in reasons.items()))
    usable = tuple(file for file in files if file.name not in reasons)
    if not usable:
        raise CorpusError(_no_file_message(folder, left_out))
    return Scan(usable, left_out)


def _audio_file(path: Path, base: Path) -> AudioFile:
    relative = path.relative_to(base)
    return AudioFile(path, relative.as_posix(), relative.parts[:-1], path.stem)


def _unusable(files: Sequence[AudioFile]) -> Iterator[tuple[str, str]]:
    """Yield files that are no clip of their own, with the reason."""
    first_formats: dict[tuple[Path, str], AudioFile] = {}
    for file in sorted(files, key=lambda file: file.path.suffix.lower() not in LOSSLESS_EXTENSIONS):
        if reason := _fault(file):
            yield file.name, reason
        elif first_formats.setdefault((file.path.parent, file.stem), file) is not file:
            yield file.name, "another format of a clip beside it; the lossless file is used"


def _fault(file: AudioFile) -> str:
    """Return why a file cannot be a clip, by its size and first bytes; else the empty string."""
    try:
        size = file.path.stat().st_size
        if size == 0:
            return "empty file"
        if size < _POINTER_BYTES and file.path.read_bytes().startswith(_POINTER):
            return "Git LFS pointer, not audio; download the file with git lfs pull"
        file.name.encode()
    except OSError as error:
        return f"cannot be opened: {error.strerror or error}"
    except UnicodeEncodeError:
        return "the file name is not valid UTF-8; rename the file"
    return ""


def _no_file_message(folder: Path, left_out: Sequence[Problem]) -> str:
    """Explain that a folder has no usable audio file."""
    if not left_out:
        return f"no audio file below {folder}; ser-bench import looks for {', '.join(EXTENSIONS[:4])}, .mp3 and others"
    reason, count = Counter(problem.reason for problem in left_out).most_common(1)[0]
    return f"no usable audio file below {folder}: {count:,} of {len(left_out):,}: {reason}"
