"""Speakers of folders in random layouts: what an import calls likely never divides a person."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from itertools import product
from pathlib import Path

import pytest

from ser_bench.corpora.importing import assembly
from ser_bench.corpora.importing.assembly import Choices, import_clips
from ser_bench.corpora.importing.files import AudioFile, Scan

NAMES = ("anna", "ben", "cleo", "dan", "eve", "fay", "gus", "hal")
SPEAKERS = {
    "name": lambda i: NAMES[i],
    "S01": lambda i: f"S{i + 1:02d}",
    "number": lambda i: f"{i + 1:02d}",
    "speaker1": lambda i: f"speaker{i + 1}",
    "F01": lambda i: f"{'FM'[i % 2]}{i + 1:02d}",
}
SESSIONS = {
    "none": lambda i, j: "",
    "s1": lambda i, j: f"s{j + 1}",
    "session1": lambda i, j: f"session{j + 1}",
    "date": lambda i, j: f"2021030{j + 1}",
    "word": lambda i, j: ("morning", "evening")[j],
    "own number": lambda i, j: f"s{2 * i + j + 1}",
    "own three digits": lambda i, j: f"{2 * i + j + 1:03d}",
}
SENTENCES = {
    "none": lambda t: "",
    "t01": lambda t: f"t{t + 1:02d}",
    "word": lambda t: ("kids", "dogs")[t],
    "s1": lambda t: f"s{t + 1}",
}
GENDERS = {"none": "", "letter": "FM", "word": ("female", "male")}


def layout(seed: int) -> dict[str, int]:
    """Return the paths of a made-up folder, each with the number of its speaker."""
    rng = random.Random(seed)
    speaker, session, sentence, gender = (rng.choice(list(f)) for f in (SPEAKERS, SESSIONS, SENTENCES, GENDERS))
    emotions = rng.choice((("angry", "happy", "sad"), ("ANG", "HAP", "NEU", "SAD"), ("Wut", "Freude")))
    parts = ["speaker", "emotion", "session", "sentence", "gender"]
    rng.shuffle(parts)
    folders = rng.randint(0, len(parts))
    paths = {}
    for i, j, t, emotion, take in product(range(rng.choice((3, 5, 8))), range(2), range(2), emotions, range(2)):
        values = {
            "speaker": SPEAKERS[speaker](i),
            "emotion": emotion,
            "session": SESSIONS[session](i, j),
            "sentence": SENTENCES[sentence](t),
            "gender": GENDERS[gender][i % 2] if gender != "none" else "",
        }
        name = "_".join([*filter(None, (values[part] for part in parts[folders:])), str(take)])
        paths["/".join([*filter(None, (values[part] for part in parts[:folders])), f"{name}.wav"])] = i
    return paths


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> Counter:
    """Certainty of the speaker and whether a person is divided, over many layouts."""
    folder = tmp_path_factory.mktemp("empty")
    counts: Counter = Counter()
    with pytest.MonkeyPatch.context() as patch:
        for seed in range(90):
            paths = layout(seed)
            files = tuple(AudioFile(folder / p, p, Path(p).parts[:-1], Path(p).stem) for p in sorted(paths))
            patch.setattr(assembly, "scan", lambda _, files=files: Scan(files, ()))
            imported = import_clips(folder, Choices())
            names = defaultdict(set)
            for row in imported.rows:
                names[paths[Path(row["path"]).relative_to(folder).as_posix()]].add(row.get("speaker"))
            certainty = imported.columns["speaker"].certainty if "speaker" in imported.columns else "unknown"
            counts[certainty, any(len(found_names) > 1 for found_names in names.values())] += 1
    return counts


def test_a_likely_speaker_is_never_a_session_or_a_sentence(outcomes):
    assert outcomes["likely", True] == 0
    assert outcomes["likely", False] > 20


def test_a_guess_is_rarely_wrong_and_unclear_speakers_stay_unknown(outcomes):
    assert outcomes["guess", False] > 12 * outcomes["guess", True]
    assert outcomes["unknown", False] > 10
