"""Feature sets of frozen networks at planning time: names, keys, columns, files and messages, without torch."""

from __future__ import annotations

import json
import os
import pickle
from importlib.util import find_spec

import numpy as np
import pytest

from ser_bench import features
from ser_bench.core.errors import ConfigError, MissingExtraError
from ser_bench.features.parts import equal_parts
from ser_bench.features.ssl.identity import folder_digest
from tests.features.ssl.model_folders import COMMIT, layer_shapes, write_hub_model, write_model


@pytest.fixture
def folder(tmp_path):
    return write_model(tmp_path / "private" / "net")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def test_last_layer_and_its_mean_and_deviation_are_the_default(folder):
    feature_set = features.get(f"ssl:{folder}")
    assert feature_set.name == "ssl:net"
    assert (feature_set.kind, feature_set.dimension, feature_set.blocks) == ("vector", 32, 1)
    assert feature_set.columns[0] == "layer3_00_mean"
    assert feature_set.columns[-1] == "layer3_15_std"


def test_all_layers_are_blocks(folder):
    feature_set = features.get(f"ssl:{folder}#layers=all#pool=mean")
    assert feature_set.name == "ssl:net#layers=all#pool=mean"
    assert (feature_set.dimension, feature_set.blocks) == (64, 4)
    assert [column[:7] for column in feature_set.columns[::16]] == ["layer0_", "layer1_", "layer2_", "layer3_"]
    assert {name: len(columns) for name, columns in feature_set.groups.items()} == {f"layer {n}": 16 for n in range(4)}


def test_frames(folder):
    feature_set = features.get(f"ssl:{folder}#layer=0#pool=none")
    assert (feature_set.kind, feature_set.dimension) == ("frames", 16)
    assert feature_set.grid != features.get("logmel").grid


def test_layer_beyond_the_last_is_refused(folder):
    with pytest.raises(ConfigError, match=r"no layer 4; expected 0 .* to 3"):
        features.get(f"ssl:{folder}#layer=4")


def test_frames_of_layers_of_different_length_are_refused(tmp_path):
    folder = write_model(tmp_path / "net", config={"model_type": "sew", "squeeze_factor": 2})
    assert features.get(f"ssl:{folder}#layer=2#pool=none").kind == "frames"
    with pytest.raises(ConfigError, match="frames of several lengths; choose one with #layer=N"):
        features.get(f"ssl:{folder}#layers=all#pool=none")


def test_commit_is_in_the_key(cache):
    write_hub_model(cache, "org/net")
    first = features.get("ssl:org/net")
    assert first.parameters["commit"] == COMMIT
    write_hub_model(cache, "org/net", commit="f" * 40)
    assert features.set_key(features.get("ssl:org/net")) != features.set_key(first)
    assert features.get(f"ssl:org/net@{COMMIT}").parameters == first.parameters


def test_another_file_of_the_same_size_and_time_is_another_network(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("first!")
    first, times = folder_digest(tmp_path, ("config.json",)), path.stat()
    path.write_text("second")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert folder_digest(tmp_path, ("config.json",)) != first


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json", "model.safetensors"])
def test_content_of_a_folder_is_in_the_key_and_its_place_is_not(folder, tmp_path, name):
    first = features.get(f"ssl:{folder}")
    folder = folder.rename(tmp_path / "net")
    moved = features.get(f"ssl:{folder}")
    assert features.set_key(moved) == features.set_key(first)
    content = (folder / name).read_bytes()
    changed = content[:-1] + (b"\1" if name.endswith("safetensors") else b" }")
    (folder / name).write_bytes(changed)
    assert features.set_key(features.get(f"ssl:{folder}")) != features.set_key(first)


def test_name_and_parameters_hold_no_folder(folder):
    feature_set = features.get(f"ssl:{folder}#layer=1")
    public = json.dumps([feature_set.name, dict(feature_set.parameters), feature_set.summary, feature_set.columns])
    assert "private" not in public
    assert features.stored_name(feature_set).startswith("ssl-net#layer=1-")


def test_workers_get_the_files_and_a_small_pickle(folder):
    feature_set = features.get(f"ssl:{folder}")
    names = ("config.json", "preprocessor_config.json", "model.safetensors")
    assert feature_set.files == tuple(str(folder / name) for name in names)
    assert len(pickle.dumps(feature_set.compute)) < 1000


def test_size_is_stated(tmp_path):
    shapes = {**layer_shapes(), "feature_projection.weight": [1000, 2500]}
    summary = features.get(f"ssl:{write_model(tmp_path / 'net', shapes=shapes)}").summary
    assert "2,500,048 parameters, 10.0 MB of weights in each worker" in summary


def test_training_corpora_are_unknown_without_a_statement(folder):
    feature_set = features.get(f"ssl:{folder}")
    assert feature_set.pretraining is not None
    assert feature_set.pretraining.corpora is None
    assert feature_set.licence == ""


def test_user_states_corpora_licence_and_source(folder):
    key = features.set_key(features.get(f"ssl:{folder}"))
    text = 'corpora = ["librispeech", "iemocap"]\nlicence = "MIT"\nsource = "the paper, section 3"\n'
    (folder / "ser-bench.toml").write_text(text)
    feature_set = features.get(f"ssl:{folder}")
    assert feature_set.licence == "MIT"
    assert feature_set.pretraining.corpora == ("librispeech", "iemocap")
    assert feature_set.pretraining.source == "the paper, section 3"
    assert features.set_key(feature_set) == key


@pytest.mark.parametrize(
    "text",
    [
        "corpora = 'a'",
        "corpora = [1]",
        "licence = 3",
        "licence = ''",
        'source = "a\\u0000"',
        "x = 1",
        "complete = 1",
        "unheard = 'a'",
        "corpora =",
    ],
)
def test_invalid_statement(folder, text):
    (folder / "ser-bench.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"ser-bench\.toml"):
        features.get(f"ssl:{folder}")


def test_published_model_of_the_hub_has_the_corpora_of_the_ledger(cache):
    write_hub_model(cache, "facebook/hubert-base-ls960")
    for text in ("ssl:facebook/hubert-base-ls960", f"ssl:facebook/hubert-base-ls960@{COMMIT}#layers=all"):
        feature_set = features.get(text)
        assert feature_set.licence == "Apache-2.0"
        assert feature_set.pretraining.corpora == ("LibriSpeech",)
        assert feature_set.pretraining.exposure("ravdess", known=True) == "no"


def test_pull_request_and_claimed_origin_prove_only_what_was_heard(cache, tmp_path):
    write_hub_model(cache, "superb/hubert-base-superb-er", "refs/pr/2")
    claimed = write_model(tmp_path / "mine", config={"_name_or_path": "superb/hubert-base-superb-er"})
    for text in ("ssl:superb/hubert-base-superb-er@refs/pr/2", f"ssl:{claimed}"):
        pretraining = features.get(text).pretraining
        assert "not verified" in pretraining.source
        assert pretraining.exposure("IEMOCAP", known=True) == "heard"
        assert pretraining.exposure("ravdess", known=True) == "unknown"


def test_name_of_a_folder_proves_nothing(tmp_path):
    folder = write_model(tmp_path / "facebook" / "hubert-base-ls960")
    assert features.get(f"ssl:{folder}").pretraining.corpora is None


def test_statement_adds_to_the_ledger(cache):
    snapshot = write_hub_model(cache, "facebook/hubert-base-ls960")
    (snapshot / "ser-bench.toml").write_text('corpora = ["emodb"]\n')
    pretraining = features.get("ssl:facebook/hubert-base-ls960").pretraining
    assert set(pretraining.corpora) == {"LibriSpeech", "emodb"}


@pytest.mark.skipif(find_spec("torch") is not None, reason="tests the message without torch")
def test_missing_extra_is_named(folder):
    with pytest.raises(MissingExtraError, match=r"feature set ssl:net needs an extra: pip install 'ser-bench\[ssl\]'"):
        features.parse(f"ssl:{folder}")


@pytest.mark.parametrize(
    ("length", "parts"), [(1, [1]), (10, [10]), (11, [6, 5]), (30, [10, 10, 10]), (31, [8, 8, 8, 7])]
)
def test_long_clips_are_cut_into_equal_parts(length, parts):
    cut = equal_parts(np.arange(length), 10)
    assert [len(part) for part in cut] == parts
    assert np.array_equal(np.concatenate(cut), np.arange(length))
