"""Runs with a network of the user: only its name is public, and a clip that it cannot take is a row of the losses."""

from __future__ import annotations

import pytest

from ser_bench.core.options import Options
from ser_bench.runs import results, runner
from tests.conftest import tone
from tests.features.networks import WAVEFORM, probed_here, tiny_set
from tests.runs.in_process import no_workers


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A corpus of six speakers, two emotions and two takes, with one clip of 80 ms."""
    import soundfile

    folder = tmp_path_factory.mktemp("corpus")
    rows = ["path,speaker,emotion"]
    for k in range(24):
        speaker, emotion = k // 4, ("happy", "sad")[k % 2]
        soundfile.write(folder / f"{k}.wav", tone(0.3, f0=120 + 40 * (emotion == "sad") + 3 * k, seed=k), 16000)
        rows.append(f"{k}.wav,s{speaker},{emotion}")
    soundfile.write(folder / "short.wav", tone(0.08), 16000)
    (folder / "corpus.csv").write_text("\n".join([*rows, "short.wav,s0,happy"]) + "\n")
    return folder / "corpus.csv"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A network in a folder whose name is private."""
    return tiny_set(
        tmp_path_factory.mktemp("anna") / "anna's networks", WAVEFORM + 'window = 4000\nlicence = "CC-BY-NC-4.0"\n'
    )


@pytest.fixture(scope="module")
def run(corpus, network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    options = Options(
        corpus=str(corpus),
        features=f"mfcc+{network}#pool=mean",
        models=("knn",),
        splits=("actor",),
        folds=3,
        store=folder / "store",
        out=folder / "out",
    )
    with no_workers(), probed_here():
        return results.read_run(runner.run(options).folder)


def test_a_run_names_the_network_without_its_folder(run):
    for path in run.folder.rglob("*"):
        if path.suffix in (".json", ".csv", ".md"):
            assert "anna" not in path.read_text(encoding="utf-8"), path.name
    assert run.info.options.features == "mfcc+onnx:tiny.onnx#pool=mean"
    assert set(run.fits["features"]) == {"mfcc+onnx:tiny#pool=mean"}
    assert run.info.licences["onnx:tiny#pool=mean"] == "CC-BY-NC-4.0"


def test_every_clip_but_the_short_one_is_used(run):
    losses = run.losses[run.losses["name"] == "short.wav"]
    [reason] = losses["reason"]
    assert reason.startswith(
        "onnx:tiny#pool=mean: the clip is shorter than a window of tiny.onnx: 1,280 of 4,000 samples"
    )
    assert len(run.clips) == 24
