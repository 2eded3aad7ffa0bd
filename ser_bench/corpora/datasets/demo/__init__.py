"""The demo corpus: a synthetic RAVDESS, made on the spot and the same on every machine.

Twenty-four voices by rule speak RAVDESS's two sentences in its eight emotions, normally and strongly
(neutral only normally): 720 clips. It shows what the tool does without a download; what is measured on
it says nothing about people.
"""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ser_bench.core.errors import CorpusError
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.clip_table import CLIP_COLUMNS, Listing, Problem, clip_table
from ser_bench.corpora.datasets.demo.codes import SPEAKERS, all_codes, parse

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
"""Per speaker, half the SHA-256 of the manifest's lines: together they hold every byte of the corpus."""

MANIFEST = "MANIFEST.sha256"
"""Written last: the digest aimed at, then a line per clip as ``sha256sum`` prints it."""

_TOGETHER = 3
"""Speakers rendered in one go by one process: more take memory, fewer take time."""


def list_clips(folder: Path) -> Listing:
    """List the demo clips below `folder`, at any depth; a small demo by ``make_clips`` will do.

    A file whose name is no code such as ``S01_angry_strong_A.wav``, and a second file of the same name,
    is a :class:`Problem`; hidden files and the manifest are passed over. Raises
    :class:`CorpusError` where no clip is left.
    """
    rows: dict[str, dict[str, str]] = {}
    problems = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.name == MANIFEST or path.name.startswith("."):
            continue
        code = parse(path.stem) if path.suffix == ".wav" else None
        if code is None:
            problems.append(Problem(str(path), "name is no demo code such as S01_angry_strong_A.wav"))
        elif str(code) in rows:
            problems.append(Problem(str(path), f"same clip as {rows[str(code)]['path']}"))
        else:
            said = (code.speaker, code.gender, code.sentence, code.intensity, code.emotion)
            rows[str(code)] = dict(zip(CLIP_COLUMNS, (str(code), str(path.resolve()), *said), strict=True))
    if not rows:
        raise CorpusError(f"no demo clips below {folder}; leave --data-dir out to have them made")
    return Listing(clip_table(rows.values()), tuple(problems))


def make(folder: Path, *, speakers: Sequence[str] = SPEAKERS) -> None:
    """Make the corpus in `folder`, which is new, empty, or holds a demo corpus; some seconds.

    Nothing is done where the same one stands undamaged already; a damaged or older one is replaced.
    It is built beside `folder` and renamed, so an interruption leaves nothing half made there, and of
    several makers at once each finds it whole. Raises :class:`CorpusError` where `folder` holds
    anything else or cannot be written.
    """
    if intact(folder, speakers=speakers):
        return
    try:
        if folder.exists() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
            raise CorpusError(f"{folder} holds other files; the demo corpus needs a folder of its own")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{folder.name}-", dir=folder.parent, ignore_cleanup_errors=True
        ) as aside:
            _put(_build(Path(aside) / "made", speakers), folder, Path(aside), speakers)
    except OSError as error:
        reason = error.strerror or error
        raise CorpusError(
            f"cannot make the demo corpus in {folder}: {reason}\nname a folder with --data-dir"
        ) from error


def intact(folder: Path, *, speakers: Sequence[str] = SPEAKERS) -> bool:
    """Tell whether `folder` holds this version's corpus, every clip as its manifest says (0.1 s)."""
    try:
        head, *lines = (folder / MANIFEST).read_text(encoding="ascii").splitlines()
        clips = sum(1 for _ in all_codes(speakers))
        if head != _head(speakers) or len(lines) != clips:
            return False
        return all(_digest(folder / name) == digest for digest, name in (line.split("  ", 1) for line in lines))
    except (OSError, ValueError):
        return False


def _build(folder: Path, speakers: Sequence[str]) -> Path:
    """Make clips and manifest in a new folder, several speakers at a time."""
    from joblib import Parallel, cpu_count, delayed

    from ser_bench.corpora.datasets.demo.clips import make_clips

    folder.mkdir()
    groups = [speakers[i : i + _TOGETHER] for i in range(0, len(speakers), _TOGETHER)]
    jobs = min(cpu_count(), len(groups), 4)
    Parallel(n_jobs=jobs)(delayed(make_clips)(folder, speakers=group) for group in groups)
    lines = {speaker: "".join(_manifest_lines(folder, speaker)) for speaker in speakers}
    if any(DIGESTS[speaker] != _half_digest(text) for speaker, text in lines.items()):
        warnings.warn(
            "the demo corpus came out with other bytes than elsewhere; figures may differ slightly",
            stacklevel=2,
        )
    text = _head(speakers) + "\n" + "".join(lines.values())
    (folder / MANIFEST).write_text(text, encoding="ascii", newline="\n")
    return folder


def _put(made: Path, folder: Path, aside: Path, speakers: Sequence[str]) -> None:
    """Rename `made` to `folder`; what stands there is moved `aside`, unless someone else was quicker."""
    for attempt in range(5):
        try:
            made.replace(folder)
            return
        except OSError:
            if attempt == 4 or not folder.exists():
                raise
        if intact(folder, speakers=speakers):
            return
        folder.replace(aside / f"replaced-{attempt}")


def _manifest_lines(folder: Path, speaker: str) -> list[str]:
    paths = sorted((folder / speaker).iterdir())
    return [f"{_digest(path)}  {speaker}/{path.name}\n" for path in paths]


def _head(speakers: Sequence[str]) -> str:
    return f"# ser-bench demo corpus {_half_digest(' '.join(DIGESTS[speaker] for speaker in speakers))}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _half_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


CORPUS = Corpus(
    name="demo",
    title="Synthetic RAVDESS, made on the spot",
    licence="MIT",
    source="made by ser-bench",
    citation="ser-bench, demo corpus: source-filter synthesis by rule; synthetic, no human voices",
    counts=Counter(code.emotion for code in all_codes()),
    speakers=len(SPEAKERS),
    reader=list_clips,
    make=make,
    synthetic=True,
    hint="made by itself where it is missing",
)
