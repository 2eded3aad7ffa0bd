"""The command line in unusual surroundings: closed pipes, plugins that exit, faults of ser-bench."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ser_bench import plugins
from ser_bench.cli import call, failures, streams
from ser_bench.core.errors import ConfigError
from ser_bench.runs.workers.tasks import call_in_worker

SPLIT = """\
import sys
from ser_bench.splits.base import Split

def masks(clips, settings):
    {line}

SPLIT = Split(name="{name}", summary="mine", masks=masks, needs="", folds="2")
"""


CLOSED = (
    "from ser_bench.cli import streams; streams.prepare_streams(); import sys; "
    "sys.stdin.buffer.read(); print(sys.stdout.isatty(), file=sys.stderr); assert sys.stdout.fileno() == 1"
)
"""Code that fails where standard input or output is a closed descriptor."""


@pytest.fixture
def manifest(tmp_path) -> Path:
    """A manifest of clips that are never read."""
    file = tmp_path / "m.csv"
    file.write_text("path,speaker,emotion\n" + "".join(f"{i}.wav,s{i % 2},e{i // 2}\n" for i in range(4)))
    for i in range(4):
        (tmp_path / f"{i}.wav").touch()
    return file


@pytest.mark.parametrize("reader_exits", [True, False])
def test_output_without_a_reader_is_discarded(reader_exits):
    """A pipe whose reader has exited, or a stream that is open for reading only."""
    read, write = os.pipe()
    os.close(read)
    if not reader_exits:
        os.close(write)
        write = os.open(os.devnull, os.O_RDONLY)
    stream = streams._tolerant(open(write, "w", encoding="utf-8"), write)  # noqa: SIM115, PTH123
    for _ in range(3):
        print("x" * 100_000, file=stream, flush=True)
    stream.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
@pytest.mark.parametrize(
    ("code", "ending"),
    [("import ser_bench.cli as c; c.main(['splits'])", " | true"), (CLOSED, " <&- >&- 2>&-")],
)
def test_a_closed_pipe_or_descriptor_is_no_error(code, ending):
    script = f'set -o pipefail; "{sys.executable}" -c "{code}"{ending}'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_backend_of_a_notebook_does_not_stop_pictures():
    code = (
        "import sys, ser_bench.cli as c; c.call = lambda a: __import__('matplotlib').get_backend() != 'agg'; c.main([])"
    )
    environment = os.environ | {"MPLBACKEND": "module://not_installed_here.backend_inline"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("sys.exit(0)", "it called sys.exit(0)"),
        ("raise SystemExit", "it called sys.exit()"),
        ("raise GeneratorExit", "GeneratorExit"),
    ],
)
def test_a_plugin_that_exits_when_it_is_loaded_is_an_error(tmp_path, line, reason):
    plugin = tmp_path / "p.py"
    plugin.write_text(f"import sys\n{line}\n")
    with pytest.raises(ConfigError) as error:
        plugins.load(plugin)
    assert str(error.value) == f"plugin {plugin} failed: {reason}"


@pytest.mark.parametrize("code", [0, 3, "no"])
def test_sys_exit_in_a_fit_or_a_feature_set_is_a_failed_task(code):
    assert call_in_worker(sys.exit, code) == (f"it called sys.exit({code!r})", None)


@pytest.mark.parametrize(
    ("line", "reason"),
    [("sys.exit(0)", "it called sys.exit(0)"), ("return 1 / 0", "ZeroDivisionError: division by zero")],
)
def test_a_failing_plugin_is_named_with_its_line(tmp_path, monkeypatch, capsys, manifest, line, reason):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    name = f"mine{line[:3]}".strip()
    plugin = tmp_path / f"{name}.py"
    plugin.write_text(SPLIT.format(line=line, name=name))
    words = ["run", "--corpus", str(manifest), "--plugin", str(plugin), "--splits", name, "--models", "majority"]
    assert call(words) == 2
    error = capsys.readouterr().err
    assert f"ser-bench: plugin {plugin}, line 5 failed: {reason}\n" in error
    assert "Traceback" not in error
    (saved,) = tmp_path.glob("ser-bench-error-*.txt")
    assert str(saved) in error
    assert "Traceback" in saved.read_text()


def test_an_internal_error_is_two_lines_and_a_file_with_the_traceback(tmp_path, monkeypatch, capsys):
    def fail(*_, **__):
        raise ValueError("first line\nsecond line")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("ser_bench.cli.splits.show", fail)
    assert call(["splits"]) == 70
    first, second = capsys.readouterr().err.splitlines()
    assert first == "ser-bench: internal error: ValueError: first line"
    (saved,) = tmp_path.glob("ser-bench-error-*.txt")
    assert second == f"finished work is kept; the traceback is in {saved}, please report it"
    assert "second line" in saved.read_text()


def test_paths_of_unknown_users_are_invalid_values(capsys):
    assert call(["report", "~nobody-here/run"]) == 2
    assert "Invalid value for 'RUN': unknown user 'nobody-here'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("run ravdess", "did you mean --corpus ravdess?"),
        ("run my.csv", "did you mean --corpus my.csv?"),
        ("run svm", "did you mean --models svm?"),
        ("run RAVDESS", "did you mean --corpus ravdess?"),
        ("run actor", "did you mean --splits actor?"),
        ("run nonsense", "see ser-bench run --help"),
        ("report a b", "see ser-bench report --help"),
    ],
)
def test_a_word_too_many_has_a_hint(capsys, words, hint):
    assert call(words.split()) == 2
    assert capsys.readouterr().err.splitlines()[1:] == [hint]


@pytest.mark.parametrize(
    ("error", "is_interrupt"), [(ValueError("KeyboardInterrupt: "), True), (ValueError("a"), False)]
)
def test_ctrl_c_that_a_library_turns_into_another_exception_stops(error, is_interrupt):
    assert failures.is_interrupt(error) is is_interrupt


def test_ctrl_c_behind_another_exception_stops(monkeypatch):
    def fail(*_, **__):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise ImportError("half imported") from None

    monkeypatch.setattr("ser_bench.cli.splits.show", fail)
    assert call(["splits"]) == 130
