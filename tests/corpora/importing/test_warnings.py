"""Warnings of an import: important ones first, equal ones joined, none dropped in silence."""

from __future__ import annotations

from itertools import product

from ser_bench.core.console import Console
from ser_bench.corpora import importing
from ser_bench.corpora.importing import Choices, import_clips


def test_unused_columns_of_many_tables_are_one_warning_after_the_important_ones(tree):
    folder = tree(*(f"s{part}/{part}_{take}.wav" for part in range(15) for take in (1, 2)))
    for part in range(15):
        rows = f"file,emotion,speaker,age\n{part}_1,sad,{'anna' if part else ''},30\n{part}_2,hapy,ben,30\n"
        (folder / f"s{part}" / "t.csv").write_text(rows)
    assert importing.warnings(import_clips(folder, Choices())) == [
        "the speaker of 1 of 30 clips is unknown; fill in the column",
        "not known as emotions, kept as labels: hapy (15)",
        "15 tables: age is not used",
    ]


def test_the_console_says_that_it_drops_warnings(capsys):
    console = Console()
    for number in range(20):
        console.warning(f"number {number}")
    lines = capsys.readouterr().err.splitlines()
    assert lines[11:] == ["warning: number 11", "warning: more warnings are not shown; -v shows all"]


def test_one_person_in_two_spellings_is_named(tree):
    parts = product(("sad", "angry"), ("Anke", "anke", "ben"), (1, 2))
    names = [f"{emotion}/{who}_{take}.wav" for emotion, who, take in parts]
    assert importing.warnings(import_clips(tree(*names), Choices()))[0] == (
        "Anke and anke count as different speakers, though only the spelling differs; if they are one person, rename "
        "the files, or write one name into the column person"
    )


def test_unknown_speakers_without_a_position_have_no_pattern_suggested(tree):
    names = (f"{emotion}/{take}.wav" for emotion in ("sad", "angry") for take in (1, 2))
    assert importing.warnings(import_clips(tree(*names), Choices())) == [
        "no speaker is known, so the column speaker is empty and new speakers cannot be tested; if paths name "
        "speakers, say where with --pattern, else fill in the column"
    ]
