"""The demo corpus: a synthetic RAVDESS, made on the spot and the same on every machine.

Twenty-four voices by rule speak RAVDESS's two sentences in its eight emotions, normally and strongly
(neutral only normally): 720 clips. It shows what the tool does without a download; what is measured on
it says nothing about people.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import warnings
from pathlib import Path

from ser_bench.corpora.base import CLIP_COLUMNS, Corpus, Listing, Problem
from ser_bench.errors import CorpusError
from ser_bench.synthesis.codes import EMOTIONS, SPEAKERS, all_codes, parse

FINGERPRINT = "0000000000000000000000000000000000000000000000000000000000000000"
"""SHA-256 of the manifest's lines: the whole corpus, every byte of it."""

MANIFEST = "MANIFEST.sha256"
"""Written last: the fingerprint aimed at, then a line per clip as ``sha256sum`` prints it."""


def list_clips(folder: Path) -> Listing:
    """List the demo clips below `folder`, at any depth; a small demo by ``make_clips`` will do.

    A file whose name is no code such as ``S01_angry_strong_A.wav``, and a second file of the same name,
    is a :class:`Problem`; hidden files and the manifest are passed over. Raises
    :class:`CorpusError` where no clip is left.
    """
    import pandas as pd

    rows: dict[str, tuple[str, ...]] = {}
    problems = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.name == MANIFEST or path.name.startswith("."):
            continue
        code = parse(path.stem) if path.suffix == ".wav" else None
        if code is None:
            problems.append(Problem(str(path), "name is no demo code such as S01_angry_strong_A.wav"))
        elif str(code) in rows:
            problems.append(Problem(str(path), f"same clip as {rows[str(code)][1]}"))
        else:
            said = (code.speaker, code.gender, code.sentence, code.intensity, code.emotion)
            rows[str(code)] = (str(code), str(path.resolve()), *said)
    if not rows:
        raise CorpusError(f"no demo clips below {folder}; leave --data-dir out to have them made")
    clips = pd.DataFrame([rows[clip] for clip in sorted(rows)], columns=list(CLIP_COLUMNS))
    return Listing(clips, tuple(problems))


def make(folder: Path) -> None:
    """Make the whole corpus in `folder`, which is new, empty, or holds a demo corpus; some seconds.

    Nothing is done where an undamaged one of this version stands already; a damaged or older one is
    replaced. It is built beside `folder` and renamed, so an interruption leaves nothing half made
    there, and of several makers at once each finds it whole. Raises :class:`CorpusError` where
    `folder` holds anything else or cannot be written.
    """
    if intact(folder):
        return
    try:
        if folder.exists() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
            raise CorpusError(f"{folder} holds other files; the demo corpus needs a folder of its own")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as aside:
            _put(_build(Path(aside) / "made"), folder, Path(aside))
    except OSError as error:
        reason = error.strerror or error
        raise CorpusError(
            f"cannot make the demo corpus in {folder}: {reason}\nname a folder with --data-dir"
        ) from error


def intact(folder: Path) -> bool:
    """Tell whether `folder` holds this version's corpus, every clip as its manifest says (0.1 s)."""
    try:
        head, *lines = (folder / MANIFEST).read_text(encoding="ascii").splitlines()
        if head != _head() or len(lines) != CORPUS.clips:
            return False
        return all(
            _digest(folder / name) == digest for digest, name in (line.split("  ", 1) for line in lines)
        )
    except (OSError, ValueError):
        return False


def _build(folder: Path) -> Path:
    """Make clips and manifest in a new folder."""
    from ser_bench.synthesis.clips import make_clips

    folder.mkdir()
    paths = sorted(make_clips(folder))
    lines = "".join(f"{_digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths)
    if hashlib.sha256(lines.encode()).hexdigest() != FINGERPRINT:
        warnings.warn(
            "the demo corpus came out with other bytes than elsewhere; figures may differ slightly",
            stacklevel=2,
        )
    (folder / MANIFEST).write_text(_head() + "\n" + lines, encoding="ascii", newline="\n")
    return folder


def _put(made: Path, folder: Path, aside: Path) -> None:
    """Rename `made` to `folder`; what stands there is moved `aside`, unless someone else was quicker."""
    for attempt in range(5):
        try:
            made.replace(folder)
            return
        except OSError:
            if attempt == 4:
                raise
        if intact(folder):
            return
        if folder.exists():
            shutil.move(folder, aside / f"replaced-{attempt}")


def _head() -> str:
    return f"# ser-bench demo corpus {FINGERPRINT}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


CORPUS = Corpus(
    name="demo",
    title="Synthetic RAVDESS, made on the spot",
    licence="MIT",
    source="made by ser-bench",
    citation="ser-bench, demo corpus: source-filter synthesis by rule; synthetic, no human voices",
    emotions=EMOTIONS,
    speakers=len(SPEAKERS),
    clips=sum(1 for _ in all_codes()),
    list_clips=list_clips,
    make=make,
    synthetic=True,
    hint="made by itself where it is missing",
)
