"""Creation of the demo corpus on disk, with a manifest of checksums."""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

from ser_bench.audio.synthesis.utterances import SPEAKERS, all_utterances
from ser_bench.core.errors import CorpusError

DIGESTS: dict[str, str] = {
    "S01": "876b44d41c48b226e00df4d3afb0fcbc",
    "S02": "603d8b92b6302ef65c4c6eea414b6a87",
    "S03": "e1657ab25ae386b52e12d308eba38d57",
    "S04": "6287e46592e1f13d1564b1b2fb246905",
    "S05": "70d39129343ffa3369692a1ebcbc9dc8",
    "S06": "e22319644053762a57e5598f67dd23a1",
    "S07": "a8b9c3573f827882560596316174c1ce",
    "S08": "f7bb35ea453a3c0a887d6f5bb69b5fd2",
    "S09": "90f0fa4e5ba024e97a64b3d3ebe01c8a",
    "S10": "74d3a284dab563ba5506daa4b73a873c",
    "S11": "9804a5e1da47aad751ada7d8a302f8d5",
    "S12": "acefc67367127ac6e495af19318142f4",
    "S13": "8a03d6b79480d70a3ddadddfbbfdf0fd",
    "S14": "a219a658d689596f8da3d6b7582a9e3f",
    "S15": "bcf9fc9a4b4c952e6d78d085230aded9",
    "S16": "24e6152fca5c5b710ae88410109ec0ae",
    "S17": "871a06ba2a87a86cca2c9141524191bd",
    "S18": "7f505948984d38410bdc6ff0a75337ee",
    "S19": "e043d45d8884ccc63270b7e1b26164c3",
    "S20": "e62d527c27178180a2105d9277384acb",
    "S21": "2d5d2c873e051f93bc63205246ee29cf",
    "S22": "dc6034a670000e1703b05eea6e4240f9",
    "S23": "68ce1ad687487bdac3d05ff8dad8e436",
    "S24": "54255aeffae4e9d5808b382825bcd77a",
}
"""By speaker, half the SHA-256 of the speaker's lines in the manifest; together they cover every byte of the corpus."""

MANIFEST = "MANIFEST.sha256"
"""Name of the manifest, written last: the version, then one line per clip in the format of ``sha256sum``."""

_SPEAKERS_PER_TASK = 3
"""Speakers that one process renders together; more take more memory, fewer take more time."""


def make(folder: Path, *, speakers: Sequence[str] = SPEAKERS) -> None:
    """Create the corpus, unless the folder already holds it.

    A damaged or older demo corpus is replaced. The corpus is built beside ``folder`` and renamed, so an interruption
    leaves no partial corpus, and several processes may make it at once.

    Parameters
    ----------
    folder
        A folder that does not exist, is empty, or holds a demo corpus.
    speakers
        Speakers to include, by default all.

    Raises
    ------
    CorpusError
        If the folder holds other files or cannot be written.
    """
    if is_intact(folder, speakers=speakers):
        return
    try:
        if folder.exists() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
            raise CorpusError(f"{folder} contains other files; name an empty folder for the demo corpus")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{folder.name}-", dir=folder.parent, ignore_cleanup_errors=True
        ) as temporary:
            _replace(_build(Path(temporary) / "new", speakers), folder, Path(temporary), speakers)
    except OSError as error:
        reason = error.strerror or error
        raise CorpusError(
            f"cannot make the demo corpus in {folder}: {reason}\nname another folder with --data-dir"
        ) from error


def is_intact(folder: Path, *, speakers: Sequence[str] = SPEAKERS) -> bool:
    """Check a demo corpus against its manifest; takes 0.1 s.

    Parameters
    ----------
    folder
        Folder of the corpus.
    speakers
        Speakers that it should contain, by default all.

    Returns
    -------
    bool
        True if the version and the checksum of every clip match.
    """
    try:
        first_line, *lines = (folder / MANIFEST).read_text(encoding="ascii").splitlines()
        clips = sum(1 for _ in all_utterances(speakers))
        if first_line != _version_line(speakers) or len(lines) != clips:
            return False
        return all(_checksum(folder / name) == checksum for checksum, name in (line.split("  ", 1) for line in lines))
    except (OSError, ValueError):
        return False


def _build(folder: Path, speakers: Sequence[str]) -> Path:
    """Make clips and manifest in a new folder, several speakers at a time."""
    from joblib import Parallel, cpu_count, delayed

    from ser_bench.corpora.datasets.demo.clips import make_clips

    folder.mkdir()
    groups = [speakers[i : i + _SPEAKERS_PER_TASK] for i in range(0, len(speakers), _SPEAKERS_PER_TASK)]
    jobs = min(cpu_count(), len(groups), 4)
    Parallel(n_jobs=jobs)(delayed(make_clips)(folder, speakers=group) for group in groups)
    lines = {speaker: _manifest_lines(folder, speaker) for speaker in speakers}
    if any(DIGESTS[speaker] != _digest(text) for speaker, text in lines.items()):
        warnings.warn(
            "the demo corpus differs from the published one on this machine; scores may differ slightly",
            stacklevel=2,
        )
    text = _version_line(speakers) + "\n" + "".join(lines.values())
    (folder / MANIFEST).write_text(text, encoding="ascii", newline="\n")
    return folder


def _replace(new: Path, folder: Path, temporary: Path, speakers: Sequence[str]) -> None:
    """Rename ``new`` to ``folder``; move an existing one away, unless another process made it intact."""
    for attempt in range(5):
        try:
            new.replace(folder)
            return
        except OSError:
            if attempt == 4 or not folder.exists():
                raise
        if is_intact(folder, speakers=speakers):
            return
        folder.replace(temporary / f"replaced-{attempt}")


def _manifest_lines(folder: Path, speaker: str) -> str:
    """Return the manifest lines of a speaker's clips: SHA-256, two spaces, path."""
    paths = sorted((folder / speaker).iterdir())
    return "".join(f"{_checksum(path)}  {speaker}/{path.name}\n" for path in paths)


def _digest(text: str) -> str:
    """Return the first half of a text's SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _version_line(speakers: Sequence[str]) -> str:
    return f"# ser-bench demo corpus {_digest(' '.join(DIGESTS[speaker] for speaker in speakers))}"


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
