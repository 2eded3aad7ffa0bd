"""Made-up runs that the tests of reports share."""

from __future__ import annotations

import pytest

from ser_bench.runs.results import write_file
from tests.report.fake_run import Recipe, save_fake_run, stand_in_charts
from tests.report.odd_runs import RECIPES, with_unknown_speakers


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A run of recorded speech with two repeats in which every fit finished."""
    recipe = Recipe(models=("chance", "svm", "knn", "cnn1d"), repeats=2)
    return save_fake_run(tmp_path_factory.mktemp("whole"), recipe)


@pytest.fixture(scope="session")
def analysed_run(tmp_path_factory):
    """A run of two baselines and four models under three splits, with two repeats."""
    models, splits = ("chance", "majority", "svm", "lda", "knn", "cnn1d"), (("actor", 6), ("random", 6), ("emobox", 6))
    return save_fake_run(tmp_path_factory.mktemp("analysed"), Recipe(models=models, splits=splits, repeats=2))


@pytest.fixture(scope="session")
def conditions_run(tmp_path_factory):
    """A run that was tested under conditions; lda-robust heard noise and the telephone, and one clip was too short."""
    recipe = Recipe(
        models=("chance", "majority", "svm", "lda", "lda-robust"),
        conditions={"white-10": 0.4, "white-0": 0.8, "phone": 0.7, "mp3-16": 0.3, "room-0.6": 0.5, "shift-1": 0.02},
        trained_under={"lda-robust": {"speech-15": "noise", "phone": "telephone"}},
        missing={"mp3-16": 1},
    )
    return save_fake_run(tmp_path_factory.mktemp("conditions"), recipe)


@pytest.fixture(scope="session")
def broken_run(tmp_path_factory):
    """A synthetic, speaker-normalised run in which one fold failed and another one timed out."""
    shortfalls = {("knn", "actor", 0, 3): "failed", ("svm", "random", 0, 1): "timeout"}
    recipe = Recipe(
        models=("chance", "svm", "knn", "lda"),
        name="demo",
        title="synthetic RAVDESS",
        synthetic=True,
        normalize="speaker",
        shortfalls=shortfalls,
    )
    return save_fake_run(tmp_path_factory.mktemp("broken"), recipe)


@pytest.fixture(scope="session", params=[*RECIPES, "unknown speakers"])
def odd_run(request, tmp_path_factory):
    """A run that lacks something, or has odd names; each of :data:`RECIPES` in turn, and one of unknown speakers."""
    recipe = RECIPES.get(request.param, RECIPES["one model"])
    run = save_fake_run(tmp_path_factory.mktemp("odd"), recipe)
    return with_unknown_speakers(run) if request.param == "unknown speakers" else run


@pytest.fixture
def stand_in_drawing(monkeypatch):
    """Let write_report() write stand-ins instead of charts."""

    def write_charts(run, folder, formats):
        files = {f"charts/{name}.{kind}": data for name, data in stand_in_charts(run).items() for kind in formats}
        for name, data in files.items():
            write_file(folder / name, data)
        return [folder / name for name in files]

    monkeypatch.setattr("ser_bench.report.charts.registry.draw_charts", write_charts)
