"""The Python functions give the clips, features and scores of the command line."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import ser_bench
from ser_bench import api, report, splits
from ser_bench.cli import call
from ser_bench.core.errors import CorpusError, UnknownNameError
from ser_bench.core.options import Options
from ser_bench.corpora.datasets.demo.clips import make_clips
from ser_bench.report.charts import registry
from ser_bench.runs import results, runner


@pytest.fixture(scope="module")
def manifest(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    paths = make_clips(
        folder, speakers=("S01", "S02", "S03", "S04"), emotions=("happy", "sad"), intensities=("normal",)
    )
    codes = [path.stem.split("_") for path in paths]
    table = pd.DataFrame(codes, columns=["speaker", "emotion", "intensity", "text"])
    table.assign(path=[path.relative_to(folder) for path in paths]).to_csv(folder / "small.csv", index=False)
    return folder / "small.csv"


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("store")


def test_the_package_has_the_documented_functions_and_no_others():
    for name in ("load_corpus", "extract", "run", "load_model"):
        assert callable(getattr(ser_bench, name))
    with pytest.raises(AttributeError, match="no attribute 'extrct'"):
        _ = ser_bench.extrct


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, ser_bench; print([m for m in ('numpy', 'pandas', 'click', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.replace("'", '"')) == []


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (api.load_corpus, api.CORPUS_OPTIONS),
        (api.extract, ("features", *api.EXTRACT_OPTIONS)),
        (api.run, (*api.EXTRACT_OPTIONS, *api.RUN_OPTIONS)),
    ],
)
def test_the_docstring_names_every_option(function, names):
    assert set(names) <= set(Options.model_fields)
    assert [
        name for name in names if f"``{name}``" not in function.__doc__ and f"    {name} :" not in function.__doc__
    ] == []


def test_a_corpus_has_a_table_of_clips(manifest):
    corpus = api.load_corpus(str(manifest), emotions=("sad",))
    assert set(corpus.clips["emotion"]) == {"sad"}
    with pytest.raises(CorpusError, match="cannot read the manifest"):
        api.load_corpus("nowhere.csv")


def test_a_corpus_that_loses_rows_gives_a_warning(manifest, tmp_path, capsys):
    rows = manifest.read_text(encoding="utf-8").splitlines()
    missing = ",".join([*rows[1].split(",")[:-1], "nowhere.wav"])
    (manifest.parent / "more.csv").write_text("\n".join([*rows, missing]) + "\n", encoding="utf-8")
    corpus = api.load_corpus(str(manifest.parent / "more.csv"))
    assert [problem.path for problem in corpus.problems] == ["nowhere.wav"]
    assert "1 clip (nowhere.wav, no such file) was not used; the attribute problems" in capsys.readouterr().err


def test_extracted_features_equal_an_export(manifest, store, tmp_path):
    extracted = api.extract(str(manifest), "mfcc+chroma", jobs=1, store=store)
    options = ["--corpus", str(manifest), "--features", "mfcc+chroma", "--store", str(store), "-q"]
    assert call(["export", *options, "-o", str(tmp_path / "export.parquet")]) == 0
    exported = pd.read_parquet(tmp_path / "export.parquet").set_index("clip")
    table = extracted.table.set_index("clip")
    columns = list(extracted.columns)
    np.testing.assert_array_equal(table[columns], exported.loc[table.index, columns])


def test_frames_have_an_array_and_no_table(manifest, store):
    extracted = api.extract(str(manifest), "mfcc-frames", jobs=1, store=store)
    assert extracted.X.ndim == 3
    with pytest.raises(ValueError, match="use X"):
        _ = extracted.table


def test_a_run_equals_that_of_the_command_line(manifest, store, tmp_path, monkeypatch):
    options = {
        "models": "majority",
        "features": "mfcc",
        "splits": "actor",
        "folds": 2,
        "jobs": 1,
        "store": store,
    }
    monkeypatch.setattr(registry, "CHARTS", {"accuracy": registry.CHARTS["accuracy"]})  # charts take most of the time
    finished = api.run(str(manifest), **options, out=tmp_path / "api")
    monkeypatch.setattr(report, "write_report", lambda *_, **__: [])  # the command only needs to fit
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    assert call(["run", "--corpus", str(manifest), *words, "--out", str(tmp_path / "cli"), "-q"]) == 0
    pd.testing.assert_frame_equal(finished.predictions, results.read_run(tmp_path / "cli").predictions)
    assert (finished.folder / "report.html").is_file()
    assert "majority" in finished.summary["model"].tolist()
    assert finished.headline in str(finished)
    assert "majority" in finished._repr_html_()


@pytest.mark.parametrize(
    ("function", "option", "nearest"),
    [(api.run, "model", "models"), (api.extract, "job", "jobs"), (api.load_corpus, "prt", "part")],
)
def test_an_unknown_option_names_the_nearest(function, option, nearest):
    with pytest.raises(UnknownNameError, match=f"unknown option '{option}'; did you mean '{nearest}'"):
        function("demo", **{option: 1})


def test_runs_of_two_threads_are_carried_out_one_after_another(monkeypatch):
    """They share workers, plugins and the settings of matplotlib."""
    active, most = [], []

    @contextmanager
    def locked_run(options, progress):
        active.append(options)
        most.append(len(active))
        time.sleep(0.05)
        active.pop()
        yield SimpleNamespace(saved=None, unchanged=True, folder=None)

    monkeypatch.setattr(runner, "locked_run", locked_run)
    monkeypatch.setattr(report, "is_current", lambda folder: True)
    with ThreadPoolExecutor(4) as pool:
        assert len([*pool.map(lambda seed: api.run("demo", seed=seed), range(4))]) == 4
    assert most == [1, 1, 1, 1]


def test_a_plugin_is_registered_while_its_function_runs_only(tmp_path, monkeypatch):
    lines = ("from dataclasses import replace", "from ser_bench.splits.speakers import ACTOR")
    (tmp_path / "mine.py").write_text("\n".join((*lines, "MINE = replace(ACTOR, name='mine')")))
    seen = []

    def open_corpus(*_):
        seen.append("mine" in splits.SPLITS)
        return SimpleNamespace(problems=())

    monkeypatch.setattr("ser_bench.runs.inputs.open_corpus", open_corpus)
    api.load_corpus("demo", plugin=tmp_path / "mine.py")
    assert seen == [True]
    assert "mine" not in splits.SPLITS
