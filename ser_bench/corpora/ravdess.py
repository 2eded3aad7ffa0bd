"""RAVDESS: 24 actors, 8 emotions, two sentences, spoken and sung; all that is known stands in the file name.

S. R. Livingstone and F. A. Russo, "The Ryerson Audio-Visual Database of Emotional Speech and Song
(RAVDESS)", PLoS ONE 13(5): e0196391, 2018.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ser_bench.corpora.base import CLIP_COLUMNS, Corpus, Listing, Problem
from ser_bench.errors import CorpusError

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
_CODE = re.compile(r"03-(0[12])-(0[1-8])-(0[12])-(0[12])-(0[12])-(0[1-9]|1\d|2[0-4])")
_PARTS = {"01": "speech", "02": "song"}
_TEXTS = {"01": "kids", "02": "dogs"}
_INTENSITIES = {"01": "normal", "02": "strong"}
_ENDINGS = {".wav", ".flac"}


def parse_name(stem: str) -> dict[str, str] | None:
    """Return what a file name without its ending says, or None where it is no audio-only RAVDESS code.

    The fields are modality (03, audio only), vocal channel, emotion, intensity, sentence, repetition
    and actor; odd actors are men.
    """
    match = _CODE.fullmatch(stem)
    if match is None:
        return None
    part, emotion, intensity, text, _, actor = match.groups()
    return {
        "clip": stem,
        "speaker": actor,
        "gender": "male" if int(actor) % 2 else "female",
        "text": _TEXTS[text],
        "intensity": _INTENSITIES[intensity],
        "emotion": EMOTIONS[int(emotion) - 1],
        "part": _PARTS[part],
    }


def audio_files(folder: Path, endings: set[str]) -> Iterator[Path]:
    """Yield the audio files below ``folder``, passing over hidden and ``__MACOSX`` ones.

    Links to folders are followed, each folder once, so that a loop of links ends.
    """
    seen = set()
    for here, folders, files in os.walk(folder, followlinks=True):
        status = os.stat(here)  # noqa: PTH116  (here is a string)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__MACOSX")))
        for file in sorted(files):
            if not file.startswith(".") and Path(file).suffix.lower() in endings:
                yield Path(here, file)


def list_clips(folder: Path) -> Listing:
    """List the clips below ``folder``, WAV or FLAC, however nested; a name seen twice counts once.

    Beside the usual columns the table has ``part``, ``speech`` or ``song``.
    """
    import pandas as pd

    rows: dict[str, dict[str, str]] = {}
    problems = []
    for path in sorted(audio_files(folder, _ENDINGS), key=lambda p: (len(p.parts), str(p))):
        said = parse_name(path.stem)
        if said is None:
            problems.append(Problem(str(path), "the file name is no RAVDESS code, such as 03-01-05-02-01-01-12"))
        elif (first := rows.get(path.stem)) is not None:
            problems.append(Problem(str(path), f"second file of this name, {first['path']} is used"))
        else:
            rows[path.stem] = said | {"path": str(path.absolute())}
    if not rows:
        found = f"; {len(problems)} audio files there have other names" if problems else ""
        raise CorpusError(f"no RAVDESS clip below {folder}{found}\n{CORPUS.hint}")
    table = pd.DataFrame(sorted(rows.values(), key=lambda row: row["clip"]), dtype=str)
    return Listing(table[[*CLIP_COLUMNS, "part"]], tuple(problems))


CORPUS = Corpus(
    name="ravdess",
    title="RAVDESS",
    licence="CC BY-NC-SA 4.0",
    source="https://zenodo.org/records/1188976",
    citation="Livingstone and Russo, PLoS ONE 13(5): e0196391, 2018",
    emotions=EMOTIONS,
    speakers=24,
    clips=1440,
    list_clips=list_clips,
    hint=(
        "get Audio_Speech_Actors_01-24.zip from https://zenodo.org/records/1188976, unpack it, "
        "and name its folder with --data-dir"
    ),
)
