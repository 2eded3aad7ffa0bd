"""Speakers of folders in random layouts: neither likely nor guessed ones divide a person."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from ser_bench.corpora.importing import assembly
from ser_bench.corpora.importing.assembly import Choices, Imported, import_clips
from ser_bench.corpora.importing.column import Column
from ser_bench.corpora.importing.files import AudioFile, Scan
from ser_bench.corpora.importing.paths.positions import Position, values_at
from ser_bench.corpora.importing.paths.speakers import speakers
from ser_bench.corpora.importing.paths.suggested import fitting_pattern

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


def files_of(*paths: str) -> tuple[AudioFile, ...]:
    return tuple(AudioFile(Path("/") / path, path, Path(path).parts[:-1], Path(path).stem) for path in paths)


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


@dataclass(frozen=True)
class Outcome:
    """How certain the speaker of a layout is, whether its persons are right, and which suggested patterns are."""

    certainty: str
    is_right: bool
    suggestions: tuple[bool, ...]


def is_right(imported: Imported, paths: dict[str, int]) -> bool:
    """Check whether all clips have a speaker, and no person is divided or shares a speaker."""
    names = defaultdict(set)
    for row in imported.rows:
        names[paths[row["path"].removeprefix("/")]].add(row.get("speaker"))
    lone = [next(iter(found_names)) for found_names in names.values() if len(found_names) == 1]
    return len(imported.rows) == len(paths) and len(set(lone) - {None}) == len(names)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> list[Outcome]:
    """Import many layouts, and those with an unknown speaker again with each suggested pattern."""
    folder = tmp_path_factory.mktemp("empty")
    outcomes = []
    with pytest.MonkeyPatch.context() as patch:
        for seed in range(70):
            paths = layout(seed)
            scanned = Scan(files_of(*sorted(paths)), ())
            patch.setattr(assembly, "scan", lambda _, scanned=scanned: scanned)
            imported = import_clips(folder, Choices())
            certainty = imported.columns["speaker"].certainty if "speaker" in imported.columns else "unknown"
            patterns = re.findall(r"--pattern '(.+)'", "\n".join(imported.warnings)) if certainty == "unknown" else ()
            suggestions = tuple(is_right(import_clips(folder, Choices(pattern=p)), paths) for p in patterns)
            outcomes.append(Outcome(certainty, is_right(imported, paths), suggestions))
    return outcomes


def test_neither_a_likely_nor_a_guessed_speaker_is_a_session_or_a_sentence(outcomes):
    counts = Counter((outcome.certainty, outcome.is_right) for outcome in outcomes)
    assert counts["likely", False] == counts["guess", False] == 0
    assert counts["likely", True] > 3
    assert counts["guess", True] > 15


def test_of_several_positions_the_right_one_is_among_those_suggested(outcomes):
    unknown = [outcome.suggestions for outcome in outcomes if outcome.certainty == "unknown"]
    assert len(unknown) > 15
    assert all(map(any, unknown))


def column(*names: str, genders: Mapping[str, str] | None = None) -> Column:
    """Return the speakers of files whose first folder is the emotion."""
    files = files_of(*(f"{emotion}/{name}.wav" for emotion, name in product(("angry", "sad"), names)))
    return speakers(files, {file.name: file.folders[0] for file in files}, genders or {})


@pytest.mark.parametrize(
    ("names", "first", "second"),
    [
        (
            [f"{who}_{'FM'[n % 2]}{n % 4}_{n:03d}" for n, who in enumerate(NAMES * 8)],
            "field 1 of the file name (anna, ben, cleo, dan, …: 8 values, 16 clips each): --pattern '{speaker}_*'",
            "field 2 of the file name (F0, F2, M1, M3: 4 values, 32 clips each): --pattern '{}_{speaker}_*'",
        ),
        (
            [f"Speaker{n % 3}_{who}_{n:03d}" for n, who in enumerate(NAMES * 8)],
            "field 1 of the file name (Speaker0, Speaker1, Speaker2: 3 values, 42 to 44 clips each): "
            "--pattern '{speaker}_*'",
            "field 2 of the file name (anna, ben, cleo, dan, …: 8 values, 16 clips each): --pattern '{}_{speaker}_*'",
        ),
        (
            [f"{n}_{word}_HI0{take}" for n, word, take in product(range(1001, 1009), ("DOGS", "KIDS"), (1, 2))],
            "field 1 of the file name (1001, 1002, 1003, 1004, …: 8 values, 8 clips each): --pattern '{speaker}_*'",
            "field 2 of the file name (DOGS, KIDS: 2 values, 32 clips each): --pattern '{}_{speaker}_*'",
        ),
        (
            [f"{who:02d}-a{text:02d}-{take}" for who, text, take in product((3, 8, 9), (1, 2, 4), "ab")],
            "field 1 of the file name (03, 08, 09: 3 values, 12 clips each): --pattern '{speaker}-*'",
            "field 2 of the file name (a01, a02, a04: 3 values, 12 clips each): --pattern '{}-{speaker}-*'",
        ),
    ],
    ids=("microphones", "loudspeakers", "numbers and words", "numbers and sentences"),
)
def test_several_positions_leave_the_speaker_unknown_and_are_listed(names, first, second):
    unknown = column(*names)
    assert (unknown.values, unknown.certainty) == ({}, "unknown")
    assert unknown.warnings[0].splitlines()[:3] == ["the speaker may be", f"  {first}", f"  {second}"]


def test_numbers_of_people_are_listed_and_those_of_clips_are_not():
    unknown = column(*(f"{n % 5:02d}_{n:04d}" for n in range(60)))
    assert unknown.warnings == (
        "the speaker may be\n  field 1 of the file name (00, 01, 02, 03, …: 5 values, 24 clips each): "
        "--pattern '{speaker}_*'",
    )
    assert column(*(f"{n:03d}" for n in range(60))).warnings == ()


def test_letters_and_numbers_are_only_a_guess_at_speakers():
    guess = column(*(f"{'FM'[n % 2]}0{n % 4}_{n:03d}" for n in range(24)))
    assert guess.certainty == "guess"
    assert guess.source.endswith("F or M with a number may also be a microphone")
    assert guess.option == "--pattern '{speaker}_*'"


def test_takes_do_not_hide_names_but_are_mentioned():
    guess = column(*(f"{who}_{take}" for who, take in product(NAMES[:3], (1, 2))))
    assert set(guess.values.values()) == set(NAMES[:3])
    assert guess.warnings == (
        "the speaker may also be\n  field 2 of the file name (1, 2: 2 values, 6 clips each): --pattern '{}_{speaker}'",
    )


@pytest.mark.parametrize(
    ("paths", "field", "pattern"),
    [
        (("x/anna-1.wav", "x/ben-2.wav"), 0, "{speaker}-*"),
        (("x/anna-1_a.wav", "x/ben_2-b.wav"), 0, ""),  # each pattern fits one file
        (("x/a_b_anna.wav", "x/c_ben.wav"), -1, "*_{speaker}"),
        (("x/take 1 (anna).wav", "x/take 2 (ben).wav"), 2, "{} {} ({speaker})"),
    ],
)
def test_a_suggested_pattern_reads_all_files(paths, field, pattern):
    files, position = files_of(*paths), Position(None, field)
    assert fitting_pattern(position, values_at(position, files), files) == pattern


def test_a_suggested_pattern_leaves_files_with_known_speakers_alone():
    files = files_of("x/anna_1.wav", "x/ben_2.wav")
    position, others = Position(None, 0), files_of("x/1001_DFA_ANG_XX.wav")
    assert fitting_pattern(position, values_at(position, files), files, others=others) == "{speaker}_{}"


def test_letters_of_genders_need_speakers_that_confirm_them(tree):
    voices = [f"{emotion}/{'FM'[n % 2]}_{n:03d}.wav" for n, emotion in product(range(8), ("angry", "sad"))]
    imported = import_clips(tree(*voices), Choices())
    assert "gender" not in imported.columns
    assert "field 1 of the file name (F, M) is not used as gender: no speakers confirm it" in imported.warnings


def test_dates_below_folders_of_names_are_sessions():
    guess = column(*(f"{who}/2023-04-{day:02d}/{take}" for who, day, take in product(NAMES[:3], (1, 2), (1, 2))))
    assert set(guess.values.values()) == set(NAMES[:3])


@pytest.mark.parametrize("people", [("ana", "ben", "cleo"), ("1001", "1002", "1003"), ("S07", "S09", "S12")])
def test_folders_of_sentences_do_not_hide_the_people_below_them(people):
    sentences = ("lappen", "wolke", "abend", "papier")
    unknown = column(*(f"{sentence}/{who}_{take}" for sentence, who, take in product(sentences, people, (1, 2))))
    assert unknown.certainty == "unknown"
    assert (
        f"  field 1 of the file name ({', '.join(people)}: 3 values, 16 clips each): --pattern '{{speaker}}_"
        in (unknown.warnings[0])
    )


def test_people_at_the_end_of_names_of_different_length_are_listed():
    sentences = ("lappen", "wolke_am_abend", "papier_eins")
    unknown = column(*(f"{sentence}_{who}" for sentence, who in product(sentences, ("anke", "ben", "jonas"))))
    assert unknown.certainty == "unknown"
    assert (
        "the last field of the file name (anke, ben, jonas: 3 values, 6 clips each): --pattern '*_{speaker}'"
        in (unknown.warnings[0])
    )
