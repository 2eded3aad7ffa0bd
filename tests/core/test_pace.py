"""Progress in words: pieces, the share of the work, the time left, and lines for a terminal and a pipe."""

from __future__ import annotations

import pytest

from ser_bench.core import console
from ser_bench.core.console import Console
from ser_bench.core.pace import Pace, duration, rough_duration, share_percent


@pytest.fixture
def clock():
    """A clock that a test sets."""

    class Clock:
        now = 100.0

        def __call__(self):
            return self.now

    return Clock()


def test_fits_are_counted_as_well_as_their_work(clock):
    pace = Pace(100.0, "fit", 288, clock)
    assert pace.parts() == ["0 of 288 fits", "0 % of the work"]
    for share in (*[2.0] * 10, 5.5, 5.5):
        pace.advance(share)
    clock.now += 80
    assert pace.parts() == ["12 of 288 fits", "31 % of the work", "about 3 min left", "9.0/min"]


def test_equal_pieces_have_one_percentage(clock):
    pace = Pace(1440, "clip", 1440, clock)
    pace.advance(12)
    pace.advance(24)
    clock.now += 10
    assert pace.parts() == ["36 of 1,440 clips", "2 %", "about 6 min left", "3.6/s"]


def test_the_last_piece_ends_with_the_time(clock):
    pace = Pace(0.5, "fit", 1, clock)
    pace.advance(0.4999999)
    clock.now += 192
    assert pace.finished
    assert pace.parts() == ["1 of 1 fit in 3 min 12 s"]


def test_units_in_capitals_have_no_plural():
    assert Pace(208, "MB", 208).parts()[0] == "0 of 208 MB"


@pytest.mark.parametrize(
    ("work", "total", "percent"), [(0, 3, 0), (2.9999, 3, 99), (3, 3, 100), (1, 3, 33), (0, 0, 100)]
)
def test_100_per_cent_means_all_of_the_work(work, total, percent):
    assert share_percent(work, total) == percent


@pytest.mark.parametrize(
    ("seconds", "exact", "rough"),
    [
        (0.2, "0 s", "0 s"),
        (59.6, "1 min 0 s", "60 s"),
        (119.4, "1 min 59 s", "119 s"),
        (200, "3 min 20 s", "3 min"),
        (7500, "2 h 5 min", "2 h 5 min"),
    ],
)
def test_durations_in_words(seconds, exact, rough):
    assert (duration(seconds), rough_duration(seconds)) == (exact, rough)


def test_a_pipe_gets_plain_lines_now_and_then(monkeypatch, capsys, clock):
    monkeypatch.setattr(console, "Pace", lambda *of: Pace(*of, clock))
    advance = Console().start(10.0, "fitting", "fit", 4)
    for share in (4.0, 3.0, 2.0, 1.0):
        clock.now += 8
        advance(share)
    assert capsys.readouterr().err.splitlines() == [
        "fitting: 2 of 4 fits · 70 % of the work · about 7 s left",
        "fitting: 4 of 4 fits in 32 s",
    ]


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (120, "fitting |{bar}| 1 of 4 fits · 40 % of the work · about 12 s left · 7.5/min"),
        (76, "fitting |{bar}| 1 of 4 fits · 40 % of the work · about 12 s left"),
        (60, "fitting 1 of 4 fits · 40 % of the work · about 12 s left"),
        (40, "fitting 1 of 4 fits · 40 % of the work "),
    ],
)
def test_the_bar_gives_way_to_the_counts(clock, width, text):
    pace = Pace(10.0, "fit", 4, clock)
    pace.advance(4.0)
    clock.now += 8
    assert console._bar_format(pace, "fitting", width) == text


def test_a_terminal_shows_the_bar_with_the_counts(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    printer = Console()
    advance = printer.start(4.0, "fitting {x}", "fit", 2)
    advance(1.0)
    advance(3.0)
    printer.close()
    shown = capsys.readouterr().err
    assert "fitting {x} |" in shown
    assert "2 of 2 fits in 0 s" in shown.splitlines()[-1]
