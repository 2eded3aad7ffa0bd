"""Model files whose features come from the network of a user."""

from __future__ import annotations

import shutil

import pytest

from ser_bench.core.errors import ModelFileError
from ser_bench.core.progress import NoProgress
from ser_bench.deploy import load_model, manifest, train
from ser_bench.deploy.describe import about, scores
from ser_bench.deploy.file import container
from ser_bench.deploy.networks import find_set
from ser_bench.features import sets_at_rate
from tests.features.networks import WAVEFORM, tiny_set


@pytest.fixture(scope="module")
def trained(options, tmp_path_factory):
    """Return a folder with a model, and in it a folder with its network, which has heard the corpus."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "networks").mkdir()
    text = f'{WAVEFORM}corpora = ["voices"]\nlicence = "CC BY 4.0"\n'
    name = tiny_set(folder / "networks", text, name="tiny")
    train.train(options(features=name, folds=2), "lda", folder / "model.ser", NoProgress())
    return folder


@pytest.fixture
def alone(trained, tmp_path):
    """Return the model file in a folder without its network."""
    return shutil.copy(trained / "model.ser", tmp_path / "model.ser")


def test_model_names_the_network_that_it_lacks(alone):
    with pytest.raises(ModelFileError, match=r"needs the network of onnx:tiny.*\n.*\$SER_BENCH_NETWORKS"):
        load_model(alone)


def test_model_names_the_description_that_its_network_lacks(trained, alone):
    shutil.copy(trained / "networks" / "tiny.onnx", alone.parent)
    with pytest.raises(ModelFileError, match=r"tiny\.toml \(to be written\) does not state sampling_rate"):
        load_model(alone)


@pytest.mark.parametrize("where", ["beside the file", "in a folder of the variable"])
def test_network_is_found_without_its_folder(trained, alone, monkeypatch, where):
    if where == "beside the file":
        shutil.copytree(trained / "networks", alone.parent, dirs_exist_ok=True)
    else:
        monkeypatch.setenv("SER_BENCH_NETWORKS", str(trained / "networks"))
    assert [s.name for s in load_model(alone).sets] == ["onnx:tiny"]


def test_another_network_of_that_name_is_refused(alone):
    tiny_set(alone.parent, f"{WAVEFORM}trim = true\n", name="tiny")
    with pytest.raises(ModelFileError, match="trained with onnx:tiny of trim False; here it is True"):
        load_model(alone)


def test_model_states_licence_and_what_its_network_has_heard(trained, monkeypatch):
    monkeypatch.setenv("SER_BENCH_NETWORKS", str(trained / "networks"))
    info = load_model(trained / "model.ser").info
    assert any("onnx:tiny: CC BY 4.0" in line for line in about(info))
    assert "the network of onnx:tiny was trained on this corpus" in scores(info)["score"]


@pytest.mark.parametrize("name", ["onnx:/etc/passwd", "onnx:../tiny", "ssl:a/b/c", "onnx:"])
def test_name_with_a_folder_is_refused(trained, name):
    content, _ = container.read(trained / "model.ser")
    (saved,) = manifest.validate(content, trained / "model.ser").features
    with pytest.raises(ModelFileError, match="invalid name of a feature set"):
        find_set(saved.model_copy(update={"name": name}), trained / "model.ser", sets_at_rate())
