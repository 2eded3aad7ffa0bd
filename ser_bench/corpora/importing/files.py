"""The audio files of a folder, and why some of them are left out before anything is read from their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ser_bench.audio import EXTENSIONS, LOSSLESS_EXTENSIONS
from ser_bench.core.errors import CorpusError
from ser_bench.core.text import shortened_list
from ser_bench.corpora.clip_table import Problem
from ser_bench.corpora.folder import visible_files

_AUDIO_EXTENSIONS = frozenset(
    (
        *(*EXTENSIONS, ".mp1", ".mp2", ".mpga", ".m4b", ".mka", ".3gp", ".nist", ".voc", ".snd", ".gsm", ".ape"),
        *(".wv", ".tta", ".mpc", ".ac3", ".spx"),
    )
)
_VIDEO_EXTENSIONS = frozenset(
    (".mp4", ".m4v", ".mkv", ".mov", ".avi", ".flv", ".wmv", ".mpg", ".mpeg", ".ogv", ".3g2", ".mts", ".m2ts", ".vob")
)
_RAW_EXTENSIONS = frozenset((".raw", ".pcm", ".ulaw", ".alaw", ".ul", ".al"))
_LISTED = 12

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
        The other audio and video files, each with the reason.
    others
        Number of all other files by extension.
    """

    files: tuple[AudioFile, ...]
    left_out: tuple[Problem, ...]
    others: Mapping[str, int] = field(default_factory=dict)


def scan(folder: Path) -> Scan:
    """List the files of a folder at any depth; hidden files and ``__MACOSX`` are skipped.

    Videos are clips where the folder has no audio file; ffmpeg reads their sound.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    Scan
        Usable files, and all others with a reason or a count.

    Raises
    ------
    CorpusError
        If no file is usable.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder} is not a folder; ser-bench import reads the audio files below a folder")
    errors: list[OSError] = []
    base = folder.absolute()
    paths = list(visible_files(base, errors.append))
    files = tuple(_audio_file(path, base) for path in paths if _kind(path))
    others = Counter(path.suffix.lower() or "no extension" for path in paths if not _kind(path))
    reasons = dict(_unusable(files))
    unreadable = [Problem(str(e.filename), f"cannot read the folder: {e.strerror or e}", kind="clip") for e in errors]
    left_out = (*unreadable, *(Problem(name, reason) for name, reason in reasons.items()))
    usable = tuple(file for file in files if file.name not in reasons)
    if not usable:
        raise CorpusError(_no_file_message(folder, left_out, others))
    return Scan(usable, left_out, others)


def counted(others: Mapping[str, int]) -> str:
    """Return the counts of files by extension as text.

    Parameters
    ----------
    others
        Number of files by extension.

    Returns
    -------
    str
        The most frequent extensions.
    """
    ordered = sorted(others.items(), key=lambda item: (-item[1], item[0]))
    return shortened_list((f"{extension} ({count:,})" for extension, count in ordered), _LISTED)


def _kind(path: Path) -> str:
    """Return ``audio``, ``raw`` or ``video``; empty for other files."""
    kinds = {"audio": _AUDIO_EXTENSIONS, "raw": _RAW_EXTENSIONS, "video": _VIDEO_EXTENSIONS}
    return next((kind for kind, extensions in kinds.items() if path.suffix.lower() in extensions), "")


def _audio_file(path: Path, base: Path) -> AudioFile:
    relative = path.relative_to(base)
    return AudioFile(path, relative.as_posix(), relative.parts[:-1], path.stem)


def _unusable(files: Sequence[AudioFile]) -> Iterator[tuple[str, str]]:
    """Yield files that are no clip of their own, with the reason."""
    first_formats: dict[tuple[Path, str], AudioFile] = {}
    has_audio = any(_kind(file.path) == "audio" for file in files)
    for file in sorted(files, key=_rank):
        kind = _kind(file.path)
        if reason := _fault(file):
            yield file.name, reason
        elif (file.path.parent, file.stem) in first_formats:
            yield file.name, "another format of a clip beside it"
        elif kind == "raw":
            yield file.name, "samples without a header; convert the file to WAV"
        elif kind == "video" and has_audio:
            yield file.name, "a video beside audio files; convert it to WAV to use it"
        else:
            first_formats[file.path.parent, file.stem] = file


def _rank(file: AudioFile) -> int:
    """Return a number that is lower for better formats."""
    kind = _kind(file.path)
    return ("audio", "raw", "video").index(kind) + (file.path.suffix.lower() not in LOSSLESS_EXTENSIONS)


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


def _no_file_message(folder: Path, left_out: Sequence[Problem], others: Mapping[str, int]) -> str:
    """Explain that a folder has no usable audio file."""
    if not left_out:
        present = f"; it has {counted(others)}" if others else ", which is empty"
        return f"no audio file below {folder}{present}\nser-bench import reads .wav, .flac, .mp3 and other audio files"
    reason, count = Counter(problem.reason for problem in left_out).most_common(1)[0]
    return f"no usable audio file below {folder}: {count:,} of {len(left_out):,}: {reason}"
