"""What every set of a family guarantees: families are sets that users name by a file or model of theirs."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from ser_bench import features
from ser_bench.core.errors import ConfigError, FeatureError, MissingExtraError
from ser_bench.features.pretraining import Pretraining
from tests.features.feature_signals import hard, voice


def onnx_set(folder: Path) -> str:
    from tests.features.networks import tiny_set

    return tiny_set(folder)


def resolved(name: str) -> features.FeatureSet:
    """Return a set; tests/features/onnx tests the child process that tries a network."""
    if not name.startswith("onnx:"):
        return features.get(name)
    from tests.features.networks import probed_here

    with probed_here():
        return features.get(name)


def ssl_set(folder: Path) -> str:
    from tests.features.ssl.model_folders import write_model

    return f"ssl:{write_model(folder / 'tiny')}"


HARD = hard()

EXAMPLES = {"onnx": onnx_set, "ssl": ssl_set}
"""A function for each family that writes a tiny network into a folder and returns the name of its set."""


@pytest.fixture(scope="module", params=features.FAMILIES)
def name(request, tmp_path_factory):
    return EXAMPLES[request.param](tmp_path_factory.mktemp("families") / "private")


@pytest.fixture(scope="module")
def feature_set(name):
    return resolved(name)


@pytest.fixture(scope="module")
def computable(tmp_path_factory):
    """Return a set that can be computed: that of ``ssl`` has weights of zeros, and tests of its own."""
    return resolved(onnx_set(tmp_path_factory.mktemp("computable")))


def computed(feature_set: features.FeatureSet, y: np.ndarray, sr: int) -> np.ndarray:
    return features.compute([feature_set], y, sr)[feature_set.name]


def test_a_set_describes_itself(name, feature_set):
    family = features.FAMILIES[name.partition(":")[0]]
    assert feature_set.name.startswith(f"{family.name}:")
    assert len(set(feature_set.columns)) == feature_set.dimension > 0
    assert all(column.isprintable() and " " not in column for column in feature_set.columns)
    assert isinstance(feature_set.pretraining, Pretraining)
    assert feature_set.summary
    assert feature_set.source
    assert (feature_set.needs, feature_set.extra) == (family.needs, family.extra)


def test_no_folder_of_this_machine_is_part_of_what_a_run_writes(feature_set):
    written = [feature_set.name, feature_set.summary, feature_set.source, *feature_set.columns]
    assert "private" not in json.dumps([*written, dict(feature_set.parameters), features.stored_name(feature_set)])


def test_files_for_workers_are_absolute_and_exist(feature_set):
    assert feature_set.files
    assert all(Path(file).is_absolute() and Path(file).is_file() for file in feature_set.files)


def test_a_set_is_resolved_to_the_same_key_again(name, feature_set):
    assert features.set_key(resolved(name)) == features.set_key(feature_set)


def test_workers_receive_a_set_by_pickle(feature_set):
    assert features.set_key(pickle.loads(pickle.dumps(feature_set))) == features.set_key(feature_set)


@pytest.mark.parametrize("family", features.FAMILIES.values(), ids=features.FAMILIES)
@pytest.mark.parametrize("text", ["", "no-such-file", "\x00", "a" * 5000, "#", "no-such-file#pool=mean", "../.."])
def test_a_text_that_names_nothing_is_an_error_for_the_user(family, text):
    with pytest.raises((ConfigError, MissingExtraError)) as caught:
        family.resolve(text)
    assert str(caught.value)


@pytest.mark.parametrize("signal", HARD)
def test_values_are_finite_float32_or_the_clip_has_a_reason(computable, signal):
    y, sr = HARD[signal]
    try:
        values = computed(computable, y, sr)
    except FeatureError as error:
        assert str(error)
        return
    assert values.dtype == np.float32
    assert values.shape == (computable.dimension,)
    assert np.isfinite(values).all()


def test_values_depend_on_the_clip_alone(computable):
    first, second = voice(16000, 1.0), voice(16000, 0.8, hz=260.0)
    alone = computed(computable, first, 16000)
    assert not np.allclose(computed(computable, second, 16000), alone, rtol=1e-3)
    assert np.array_equal(computed(computable, first, 16000), alone)
