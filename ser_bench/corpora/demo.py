"""The demo corpus: a synthetic RAVDESS, made on the spot and the same on every machine.

Twenty-four voices by rule speak RAVDESS's two sentences in its eight emotions, normally and strongly
(neutral only normally): 720 clips. It shows what the tool does without a download; what is measured on
it says nothing about people.
"""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

from ser_bench.corpora.base import CLIP_COLUMNS, Corpus, Listing, Problem
from ser_bench.errors import CorpusError
from ser_bench.synthesis.codes import EMOTIONS, SPEAKERS, all_codes, parse

DIGESTS: dict[str, str] = {
    "S01": "c7598aaccd088b4908b579da15a29caf",
    "S02": "ea6f08c61d87d49fcbbfc60330535ba2",
    "S03": "60926f0f8e5c3c119c7cf8dc63495a07",
    "S04": "29cee0ad0706e3cc11122730bebc5783",
    "S05": "b29d473b9a96c143f4e68138db2cb1d3",
    "S06": "79f7d0505d9b45e047bfb4e9a3864266",
    "S07": "749bdd51d0c858650159ab013a88a150",
    "S08": "526adb2a8016d8d25dabcac8b3d0b171",
    "S09": "222949f33c4fd49c0eecfa39985f17f4",
    "S10": "429d33c0337c802cbf37f4b7be79ffe0",
    "S11": "6362d069954c6fd8255b87e3df1dac6b",
    "S12": "1ec38da05eebad89b48ea2bf0462d19f",
    "S13": "d8bfae0a70463cb5313de44d0bec7e21",
    "S14": "2c6cfbac056ac611042c13822de4ff71",
    "S15": "e2fc6f78bc145a90b033a4cb28d74978",
    "S16": "38cdad3fe510fcc4de58b215e62599f3",
    "S17": "efa4834e1a19bfec71a7d765492fe0c0",
    "S18": "ecdc174528b5129ac84fa3f6063a1a0e",
    "S19": "ded3f7636f1929c1a8b4d5963826cca4",
    "S20": "5f31bfad21f61967175ba88122c47640",
    "S21": "daae88d3c23181c9bb724f0c17704aad",
    "S22": "17f27c12b269109abb40e2dea8e6cc74",
    "S23": "7850f1e81fca1ae6878e9e94e35da531",
    "S24": "b2c00b8fd2112e1f3fe021c96c0e8d0b",
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
        return all(
            _digest(folder / name) == digest for digest, name in (line.split("  ", 1) for line in lines)
        )
    except (OSError, ValueError):
        return False


def _build(folder: Path, speakers: Sequence[str]) -> Path:
    """Make clips and manifest in a new folder, several speakers at a time."""
    from joblib import Parallel, cpu_count, delayed

    from ser_bench.synthesis.clips import make_clips

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
    emotions=EMOTIONS,
    speakers=len(SPEAKERS),
    clips=sum(1 for _ in all_codes()),
    list_clips=list_clips,
    make=make,
    synthetic=True,
    hint="made by itself where it is missing",
)
