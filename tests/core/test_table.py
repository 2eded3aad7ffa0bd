"""Tables that fit a width: cells are wrapped, then rows become lists; paths stay whole."""

from __future__ import annotations

import pytest

from ser_bench.core.table import fitted_table

HEADERS = ("set", "what", "source")
CODE = "librosa.feature.melspectrogram(y=y,sr=sr,n_mels=128)"
ROWS = [("mel", "128 mel energies, averaged over time", CODE), ("own", "a short text", "two\nlines")]


def test_a_table_with_room_is_not_wrapped():
    lines = fitted_table(HEADERS, ROWS, 120).splitlines()
    assert lines[2].startswith("mel ")
    assert lines[2].endswith(CODE)
    assert [line.split()[-1] for line in lines[-2:]] == ["two", "lines"]


@pytest.mark.parametrize("width", [50, 60, 80, 100, 140])
def test_every_line_fits_and_no_text_is_lost(width):
    text = fitted_table(HEADERS, ROWS, width)
    assert max(map(len, text.splitlines())) <= width
    assert all(word in text for row in ROWS for word in " ".join(row).split() if word != CODE)
    assert all(piece in text for piece in ("librosa.", "feature.", "melspectrogram(", "y=", "y,sr=", "n_mels=", "128)"))


def test_the_longest_cells_are_wrapped_first():
    lines = fitted_table(HEADERS, ROWS, 80).splitlines()
    assert ROWS[0][1] in lines[2]
    assert "librosa.feature." in lines[2]
    assert CODE not in lines[2]


def test_a_table_that_cannot_fit_becomes_a_list():
    assert fitted_table(HEADERS, ROWS[1:], 24) == "own\n  what    a short text\n  source  two lines"


def test_a_path_is_never_broken():
    path = "/home/somebody/a/folder/that/is/long/demo.wav"
    assert path in fitted_table(("clip", "emotion", "why"), [(path, "happy", "a long sentence " * 6)], 60)


def test_a_table_without_rows_has_its_heads():
    assert fitted_table(("clip", "emotion"), [], 60).splitlines()[0].split() == ["clip", "emotion"]
