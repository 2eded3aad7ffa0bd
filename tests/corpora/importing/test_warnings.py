"""Warnings of an import: important ones first, equal ones joined, none dropped in silence."""

from __future__ import annotations

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
        "15 tables: age is not used; --map takes more",
    ]


def test_the_console_says_that_it_drops_warnings(capsys):
    console = Console()
    for number in range(20):
        console.warning(f"number {number}")
    lines = capsys.readouterr().err.splitlines()
    assert lines[11:] == ["warning: number 11", "warning: more warnings are not shown; -v shows all"]
