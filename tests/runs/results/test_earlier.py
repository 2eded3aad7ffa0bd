"""An earlier run in the folder: it is kept beside it, unless the new run contains all of its fits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ser_bench import corpora
from ser_bench.core.progress import NoProgress
from ser_bench.runs.inputs import default_folder
from ser_bench.runs.results import read_run, write_run
from ser_bench.runs.results.earlier import keep_earlier_run
from tests.runs.results.test_results import make_fits, make_predictions, make_tables
from tests.runs.run_folder import make_info


class Lines(NoProgress):
    """Collect the lines of a run."""

    def __init__(self):
        self.lines = []

    def info(self, text):
        self.lines.append(f"info: {text}")

    def warning(self, text):
        self.lines.append(f"warning: {text}")


@pytest.fixture
def folder(tmp_path):
    """A finished run beside nothing else."""
    write_run(tmp_path / "own", make_info(identity="a" * 64), make_predictions(), make_tables())
    (tmp_path / "own" / "charts").mkdir()
    (tmp_path / "own" / "charts" / "uar.svg").write_text("<svg/>")
    (tmp_path / "own" / "notes.txt").write_text("mine")
    return tmp_path / "own"


def said(folder, info, fits):
    lines = Lines()
    keep_earlier_run(folder, info, fits, lines)
    return [line.replace(str(folder), "own") for line in lines.lines]


def beside(folder):
    return sorted(path.name for path in folder.parent.iterdir())


@pytest.mark.parametrize(
    ("corpus", "models", "expected"),
    [
        ({"fingerprint": "1" * 64}, ["svm", "1"], "other data (demo, 6 clips)"),
        ({}, ["lda", "1"], "other models (svm)"),
        ({}, ["svm", "1"], "other options or of another version"),
    ],
)
def test_a_run_of_other_fits_is_kept_whole(folder, corpus, models, expected):
    before = read_run(folder)
    fits = make_fits().assign(key=["x", "b", "c", ""])
    info = make_info(corpus, models=models)
    assert said(folder, info, fits) == [
        f"warning: own held a finished run of {expected}; it is kept in own-earlier-1",
    ]
    copy = folder.with_name("own-earlier-1")
    assert read_run(copy).info == before.info
    assert (copy / "charts" / "uar.svg").read_text() == "<svg/>"
    assert not (copy / "notes.txt").exists()
    write_run(folder, info.model_copy(update={"models": ("svm", "1")}), make_predictions(), make_tables())
    assert read_run(copy).info == before.info
    said(folder, info, fits)
    assert beside(folder) == ["own", "own-earlier-1", "own-earlier-2"]


def test_a_run_whose_fits_are_part_of_the_new_one_is_replaced_with_a_line(folder):
    more = make_fits().assign(model=["svm", "svm", "1", "lda"], status="ok")
    assert said(folder, make_info(), more) == [
        "info: own held a run of svm, 1; this run contains all of its fits",
    ]
    assert said(folder, make_info(identity="b" * 64), make_fits()) == [
        "info: own is written again with the same fits: options or descriptions of the data changed",
    ]
    assert said(folder, make_info(identity="a" * 64), make_fits()) == []
    assert beside(folder) == ["own"]


def test_a_run_of_another_version_is_kept_and_a_damaged_one_is_not(folder):
    path = folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 1}))
    assert said(folder, make_info(), make_fits()) == [
        "warning: own held a run of another version; it is kept in own-earlier-1"
    ]
    path.write_text("{")
    assert said(folder, make_info(), make_fits()) == ["info: own held a damaged run, which is replaced"]
    path.unlink()
    assert said(folder, make_info(), make_fits()) == []
    assert beside(folder) == ["own", "own-earlier-1"]


def test_the_default_folder_has_part_target_and_purpose_in_its_name(tmp_path):
    for part in ("01", "02"):
        (tmp_path / f"03-{part}-03-01-01-01-01.wav").write_bytes(b"")
    speech, song = (corpora.open_corpus("ravdess", tmp_path, part=part) for part in ("speech", "song"))
    assert default_folder(speech, "emotion") == Path("results/ravdess")
    assert default_folder(song, "gender") == Path("results/ravdess-song-gender")
    assert default_folder(song, "emotion", "tune-svm") == Path("results/ravdess-song-tune-svm")
