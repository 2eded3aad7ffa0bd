"""The library from a notebook: the same clips, features and scores as the command line's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ser_bench
from ser_bench import api
from ser_bench.cli import call
from ser_bench.core.errors import CorpusError, UnknownNameError
from ser_bench.corpora.datasets.demo.clips import make_clips
from ser_bench.runs import results


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


def test_the_promised_names_are_there_and_no_others():
    for name in ("load_corpus", "extract", "run", "load_model"):
        assert callable(getattr(ser_bench, name))
    with pytest.raises(AttributeError, match="no attribute 'extrct'"):
        _ = ser_bench.extrct


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, ser_bench; print([m for m in ('numpy', 'pandas', 'click', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.replace("'", '"')) == []


def test_a_corpus_is_its_table_of_clips(manifest):
    corpus = api.load_corpus(str(manifest), emotions=("sad",))
    assert set(corpus.clips["emotion"]) == {"sad"}
    with pytest.raises(CorpusError, match="cannot read the manifest"):
        api.load_corpus("nowhere.csv")


def test_features_are_those_of_an_export(manifest, tmp_path):
    found = api.extract(str(manifest), "mfcc+chroma", jobs=1, store=tmp_path / "store")
    said = ["--corpus", str(manifest), "--features", "mfcc+chroma", "--store", str(tmp_path / "store"), "-q"]
    assert call(["export", *said, "-o", str(tmp_path / "again.parquet")]) == 0
    table = pd.read_parquet(tmp_path / "again.parquet").set_index("clip")
    ours = found.table.set_index("clip")
    np.testing.assert_array_equal(ours[list(found.columns)], table.loc[ours.index, list(found.columns)])


def test_frames_are_an_array_and_no_table(manifest, tmp_path):
    found = api.extract(str(manifest), "mfcc-frames", jobs=1, store=tmp_path)
    assert found.X.ndim == 3
    with pytest.raises(ValueError, match="use X"):
        _ = found.table


def test_a_run_is_that_of_the_command_line(manifest, tmp_path):
    options = {"models": "knn", "features": "mfcc", "folds": 2, "jobs": 1, "store": tmp_path / "store"}
    ours = api.run(str(manifest), **options, out=tmp_path / "ours")
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    assert call(["run", "--corpus", str(manifest), *words, "--out", str(tmp_path / "theirs"), "-q"]) == 0
    pd.testing.assert_frame_equal(ours.predictions, results.read_run(tmp_path / "theirs").predictions)
    assert (ours.folder / "report.html").is_file()
    assert ours.summary["model"].tolist()[0] == "knn"
    assert ours.headline in str(ours)
    assert "knn" in ours._repr_html_()


def test_an_unknown_option_names_the_nearest(manifest):
    with pytest.raises(UnknownNameError, match="unknown option 'model'; did you mean 'models'"):
        api.run(str(manifest), model="knn")
