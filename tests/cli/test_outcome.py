"""What ``run`` and ``report`` print at their end, and the page that they open."""

from __future__ import annotations

import webbrowser

import pytest

from ser_bench.cli import call
from ser_bench.core.terminal import PIPED_WIDTH, terminal_width, wrapped
from ser_bench.report import verdict
from tests.report.fake_run import Recipe, save_fake_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    recipe = Recipe(models=("chance", "svm", "knn"), splits=(("actor", 6), ("random", 6)), clips_per_label=2)
    folder = tmp_path_factory.mktemp("outcome")
    save_fake_run(folder, recipe)
    return folder


@pytest.fixture
def opened(monkeypatch):
    """The addresses that the command opens."""
    addresses = []
    monkeypatch.setattr(webbrowser, "open", lambda address: addresses.append(address) or True)
    return addresses


@pytest.fixture
def redraw(folder, monkeypatch, capsys):
    """A function that calls ``report`` on a made-up run, without drawing, and returns status, output and warnings."""
    monkeypatch.setattr("ser_bench.report.write_report", lambda *_, **__: [folder / "report.html"])

    def typed(*words):
        status = call(["report", str(folder), *words])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return typed


def test_the_last_lines_are_the_verdict_and_the_full_path_of_the_page(redraw, folder, saved):
    _, out, _ = redraw()
    *_, last = out.splitlines()
    assert last == f"page: {folder.absolute() / 'report.html'}"
    *_, paragraph = out.removesuffix(f"{last}\n").split("\n\n")
    assert " ".join(paragraph.split()) == verdict(saved)


@pytest.fixture(scope="module")
def saved(folder):
    from ser_bench.runs.results import read_run

    return read_run(folder)


def test_a_relative_folder_gives_the_full_path(folder, monkeypatch, capsys):
    monkeypatch.setattr("ser_bench.report.write_report", lambda *_, **__: [])
    monkeypatch.chdir(folder.parent)
    assert call(["report", folder.name]) == 0
    assert capsys.readouterr().out.endswith(f"page: {folder.absolute() / 'report.html'}\n")


@pytest.mark.parametrize("width", [60, 80, 100, 140, 200])
def test_all_lines_fit_the_terminal_except_a_path(redraw, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = redraw()
    assert max(len(line) for line in out.splitlines() if "/" not in line) <= width


def test_piped_output_has_a_fixed_width(monkeypatch):
    monkeypatch.setattr("sys.__stdout__", None)
    assert terminal_width() == PIPED_WIDTH == 100
    assert max(map(len, wrapped("word " * 99).splitlines())) == 99


@pytest.mark.parametrize(("columns", "width"), [("132", 132), ("9", 40), ("0", 100), ("wide", 100)])
def test_the_variable_columns_sets_the_width(monkeypatch, columns, width):
    monkeypatch.setattr("sys.__stdout__", None)
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal_width() == width


def test_the_page_is_opened_on_request_only(redraw, folder, opened):
    redraw()
    assert opened == []
    status, _, err = redraw("--open", "--quiet")
    assert opened == [(folder.absolute() / "report.html").as_uri()]
    assert (status, err) == (0, "")


@pytest.mark.parametrize("fault", [lambda _: False, lambda _: 1 / 0])
def test_a_missing_browser_is_a_warning_with_the_path(redraw, folder, monkeypatch, fault):
    def raising(address):
        try:
            return fault(address)
        except ZeroDivisionError:
            raise webbrowser.Error("could not locate runnable browser") from None

    monkeypatch.setattr(webbrowser, "open", raising)
    status, out, err = redraw("--open")
    assert status == 0
    assert err == f"warning: no browser could be opened; open {folder.absolute() / 'report.html'} yourself\n"
    assert out.endswith("report.html\n")


def test_a_page_that_was_not_written_is_not_opened(redraw, monkeypatch, opened):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ser_bench.report.write_report", full)
    status, _, err = redraw("--open")
    assert status == 2
    assert "No space left on device" in err
    assert opened == []
