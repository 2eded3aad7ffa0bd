"""The command line: input, output and exit status."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ser_bench import report
from ser_bench.cli import call
from ser_bench.corpora.datasets.demo.clips import make_clips
from ser_bench.report.charts import registry
from ser_bench.runs import results


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A small demo corpus: four speakers, two emotions, two sentences."""
    folder = tmp_path_factory.mktemp("demo")
    rows = ["path,speaker,emotion,text"]
    for path in make_clips(
        folder, speakers=("S01", "S02", "S03", "S04"), emotions=("happy", "sad"), intensities=("normal",)
    ):
        speaker, emotion, _, text = path.stem.split("_")
        rows.append(f"{path.relative_to(folder)},{speaker},{emotion},{text}")
    (folder / "tiny.csv").write_text("\n".join(rows))
    return folder


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SER_BENCH_DATA", raising=False)


@pytest.fixture
def run(data, tmp_path, capsys):
    """Return ``run(*words)``: exit status, standard output and standard error of a command on the small demo."""

    def typed(*words: str) -> tuple[int, str, str]:
        status = call([str(word) for word in words])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return typed


SMALL = ("--features", "mfcc", "--models", "knn,tree", "--folds", "2", "--jobs", "1")
LEAST = ("--features", "mfcc", "--models", "majority", "--splits", "actor", "--folds", "2", "--jobs", "1")
"""Options of the smallest run: one baseline, few charts."""


@pytest.fixture(scope="module")
def first_run(data, tmp_path_factory) -> tuple[Path, str]:
    """The folder of a small run, whose charts are drawn once for the module, and what it printed."""
    folder = tmp_path_factory.mktemp("drawn") / "tiny"
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        assert call([str(w) for w in ("run", "--corpus", data / "tiny.csv", *SMALL, "--fresh", "--out", folder)]) == 0
    return folder, output.getvalue()


@pytest.fixture
def few_charts(monkeypatch) -> None:
    """Draw the chart of UAR only: all charts take most of the time of a run."""
    monkeypatch.setattr(registry, "CHARTS", {"uar": registry.CHARTS["uar"]})


@pytest.fixture
def finished(first_run, tmp_path) -> Path:
    """A copy of it in the default folder for results."""
    return Path(shutil.copytree(first_run[0], tmp_path / "results" / "tiny"))


def test_a_run_writes_the_documented_files_and_prints_a_summary(first_run):
    folder, out = first_run
    promised = ["run.json", "fits.csv", "predictions.parquet", "summary.csv", "summary.md", "report.html"]
    charts = ["accuracy", "uar", "leakage_gap", "confusion_knn_actor", "confusion_tree_random", "cost", "speakers"]
    promised += [f"charts/{name}.{ending}" for name in charts for ending in ("png", "svg")]
    assert [name for name in promised if not (folder / name).is_file()] == []
    first, *_, last = out.strip().splitlines()
    assert first.startswith("corpus tiny: 16 clips")
    assert last == f"page: {folder / 'report.html'}"
    assert " ".join(out.split()).endswith(f"{report.verdict(results.read_run(folder))} {last}")
    assert "the highest UAR on new speakers: " in out  # knn and tree may tie
    assert "inside fit and predict" in out


def test_a_finished_run_is_neither_computed_nor_drawn_again(run, data, finished):
    files = {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file() and path.suffix != ".log"}
    status, out, _ = run("run", "--corpus", data / "tiny.csv", *SMALL)
    assert status == 0
    assert "0 computed" in out
    assert {path: path.stat().st_mtime_ns for path in files} == files


def test_a_finished_run_opens_its_page(run, data, finished, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    assert run("run", "--corpus", data / "tiny.csv", *SMALL, "--open")[0] == 0
    assert opened == [(finished / "report.html").as_uri()]


@pytest.mark.usefixtures("few_charts")
def test_a_run_interrupted_while_drawing_is_drawn_again(run, data, finished):
    for name in ("summary.md", "charts/uar.png", "report.html"):
        (finished / name).unlink()
    run("run", "--corpus", data / "tiny.csv", *SMALL)
    assert (finished / "report.html").is_file()
    assert (finished / "charts/uar.png").is_file()


@pytest.mark.parametrize("name", ["charts/uar.png", "summary.csv", "report.json", "run.json"])
def test_a_report_with_a_changed_file_is_not_current_despite_its_times(finished, name):
    assert report.is_current(finished)
    (finished / name).write_bytes((finished / name).read_bytes()[:-9])
    os.utime(finished / name, (0, 0))
    assert not report.is_current(finished)


def test_a_report_by_other_code_is_not_current(finished, monkeypatch):
    """The same files may hold other sentences in a later version."""
    assert report.is_current(finished)
    monkeypatch.setattr("ser_bench.core.versions.source_commit", lambda: "0" * 40)
    assert not report.is_current(finished)


def test_a_full_disk_is_an_error_with_a_hint(run, data, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    status, _, err = run("extract", "--corpus", data / "tiny.csv", "--features", "mfcc", "--jobs", "1", "--store", "s")
    assert status == 2
    assert "No space left on device" in err
    assert "finished work is kept; free disk space" in err


@pytest.mark.usefixtures("few_charts")
def test_report_writes_deleted_files_again(run, finished):
    chart, table = finished / "charts/uar.png", finished / "summary.csv"
    before = chart.read_bytes(), table.read_bytes()
    chart.unlink()
    table.unlink()
    assert run("report", "results/tiny")[0] == 0
    assert (chart.read_bytes(), table.read_bytes()) == before


@pytest.mark.usefixtures("few_charts")
def test_real_voices_are_in_the_page_only_with_audio_option(run, data, finished):
    page = finished / "report.html"
    assert "<audio" not in page.read_text()
    assert "ser-bench report RUN --audio DIR" in page.read_text()
    status, out, _ = run("report", "results/tiny", "--audio", data)
    assert status == 0
    assert "report.html" in out
    assert "contains audio of the corpus; its licence" in page.read_text()
    assert page.read_text().count("<audio") > 1
    assert run("report", "results/tiny", "--audio", "nowhere")[0] == 2


@pytest.mark.usefixtures("few_charts")
def test_a_failed_fit_gives_exit_status_1_and_a_reason(run, data):
    plugin = Path(__file__).parents[1] / "plugins" / "plugin_recorder.py"
    status, _, err = run("run", "--corpus", data / "tiny.csv", *LEAST, "--models", "failing", "--plugin", plugin)
    assert status == 1
    assert "failing, actor fold 1 failed: ValueError: failing on purpose" in err


def test_extract_prints_computed_and_stored_clips(run, data):
    words = ("extract", "--corpus", data / "tiny.csv", "--features", "mfcc+chroma", "--jobs", "1")
    assert "16 computed, 0 in the store before" in run(*words)[1]
    assert "0 computed, 16 in the store before" in run(*words)[1]
    assert "every row and every fit matches" in run("extract", "--verify")[1]


def test_verify_reports_damage_and_how_to_repair_it(run, data, tmp_path):
    run("extract", "--corpus", data / "tiny.csv", "--features", "mfcc", "--jobs", "1", "--store", "store")
    for shard in (tmp_path / "store" / "features").rglob("*.parquet"):
        content = bytearray(shard.read_bytes())
        content[len(content) // 3] ^= 0xFF
        shard.write_bytes(content)
    status, _, err = run("extract", "--verify", "--store", "store")
    assert status == 2
    assert "run ser-bench extract, which computes its clips again" in err


@pytest.mark.usefixtures("few_charts")
def test_quiet_prints_nothing(run, data):
    status, out, err = run("run", "--corpus", data / "tiny.csv", *LEAST, "-q")
    assert (status, out, err) == (0, "", "")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("rum",), "unknown command 'rum'; did you mean 'run'?"),
        (("run", "--modles", "svm"), "--models"),
        (("run", "--models", "smv"), "did you mean 'svm'?"),
        (("run", "--features", "mfc"), "did you mean 'mfcc'?"),
        (("run", "--splits", "actr"), "did you mean 'actor'?"),
        (("run", "--corpus", "ravdes"), "did you mean 'ravdess'?"),
        (("run", "--corpus", "ravdess"), "zenodo"),
        (("run", "--corpus", "nowhere.csv"), "cannot read the manifest"),
        (("run", "--data-dir", "nowhere"), "no such folder: nowhere"),
        (("run", "--config", "nowhere.toml"), "configuration file not found"),
        (("run", "--folds", "1"), "--folds"),
        (("run", "--normalize", "all"), "'--normalize': 'all' is not one of"),
        (("run", "--plugin", "nowhere.py"), "cannot read the plugin"),
        (("run", "--features", "mfcc+logmel"), "mfcc"),
        (("report", "nowhere"), "nowhere"),
        (("report",), "Missing argument"),
    ],
)
def test_invalid_input_prints_one_or_two_lines_and_exits_2(run, words, reason):
    status, out, err = run(*words)
    assert status == 2
    assert out == ""
    assert reason in err
    assert 1 <= len(err.strip().splitlines()) <= 2


def test_an_unwritable_results_folder_is_an_error_before_the_fits(run, data, tmp_path):
    (tmp_path / "file").write_text("")
    status, _, err = run("run", "--corpus", data / "tiny.csv", *SMALL, "--out", "file/results", "--fresh")
    assert status == 2
    assert "cannot write to file/results" in err
    assert "--out" in err
    assert "fitting" not in err


def test_an_unwritable_store_is_an_error_with_a_hint(run, data, tmp_path):
    (tmp_path / "file").write_text("")
    status, _, err = run("run", "--corpus", data / "tiny.csv", *SMALL, "--store", "file/store")
    assert status == 2
    assert "--store" in err


@pytest.mark.usefixtures("few_charts")
def test_unreadable_clips_are_named_and_the_others_used(run, data, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    head, *rows = (data / "tiny.csv").read_text().splitlines()
    bad = ["bad.wav,S01,sad,A", "missing.wav,S01,sad,A"]
    (tmp_path / "mine.csv").write_text("\n".join([head, *(f"{data}/{row}" for row in rows), *bad]))
    status, _, err = run("run", "--corpus", "mine.csv", *LEAST)
    assert status == 0
    assert "bad.wav: not an audio file" in err
    assert "missing.wav: no such file" in err
    saved = json.loads((tmp_path / "results/mine/run.json").read_text())
    assert saved["corpus"]["clips"] == 16
    losses = (tmp_path / "results/mine/losses.csv").read_text().splitlines()
    assert [line.split(",")[1] for line in losses] == ["name", "bad.wav", "missing.wav"]


def test_classical_models_never_import_tensorflow(data, tmp_path):
    """Without a network neither the command nor its workers import TensorFlow."""
    script = (
        "import sys; from ser_bench.cli import call; "
        f"status = call(['train', '--corpus', {str(data / 'tiny.csv')!r}, '--features', 'mfcc', '--model', 'svm', "
        "'-o', 'svm.ser', '--jobs', '1', '-q']); "
        "from ser_bench.runs.workers import run_tasks; "
        "loaded = [o.value for o in run_tasks(eval, [(0, \"'tensorflow' in __import__('sys').modules\")], jobs=1)]; "
        "sys.exit(status or int('tensorflow' in sys.modules or loaded != [False]))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, cwd=tmp_path).returncode == 0


@pytest.mark.slow
def test_ctrl_c_keeps_finished_work_and_exits_130(data, tmp_path):
    words = [
        sys.executable,
        "-m",
        "ser_bench",
        "run",
        "--corpus",
        str(data / "tiny.csv"),
        "--splits",
        "loso",
        "--store",
        "s",
    ]
    running = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=tmp_path
    )
    assert running.stdout is not None
    running.stdout.readline()
    os.killpg(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert list(tmp_path.rglob(".*.tmp")) == []


def test_control_characters_of_files_are_escaped_in_messages(tmp_path, capsys):
    (tmp_path / "c.toml").write_text('"\\u001b[2J\\u202e" = 1\n', encoding="utf-8")
    (tmp_path / "\x1b]0;x\x07.csv").write_text("nothing\n", encoding="utf-8")
    for words in (
        ["run", "--config", str(tmp_path / "c.toml")],
        ["run", "--corpus", str(tmp_path / "\x1b]0;x\x07.csv")],
    ):
        assert call(words) == 2
        message = capsys.readouterr().err
        assert "x1b" in message
        assert message.replace("\n", "").isprintable()
