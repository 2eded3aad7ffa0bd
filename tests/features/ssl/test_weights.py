"""The header of safetensors files, also of damaged and hostile ones."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_bench.core.errors import ConfigError
from ser_bench.features.ssl.weights import read_shapes, read_weights
from tests.features.ssl.model_folders import safetensors

SHAPES = {"a.weight": [4, 3], "b.bias": [5], "c.scalar": []}


def test_shapes_are_those_of_the_header(tmp_path):
    (tmp_path / "m.safetensors").write_bytes(safetensors(SHAPES, __metadata__={"format": "pt"}))
    assert read_shapes(tmp_path / "m.safetensors") == {"a.weight": (4, 3), "b.bias": (5,), "c.scalar": ()}


def test_shards_are_joined_by_their_index(tmp_path):
    (tmp_path / "m-1.safetensors").write_bytes(safetensors({"a": [2]}))
    (tmp_path / "m-2.safetensors").write_bytes(safetensors({"b": [3]}))
    (tmp_path / "i.json").write_text(json.dumps({"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}}))
    weights = read_weights(tmp_path, "i.json")
    assert weights.shapes == {"a": (2,), "b": (3,)}
    assert weights.files == {"a": "m-1.safetensors", "b": "m-2.safetensors"}


@pytest.mark.parametrize(
    "index",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"weight_map": {}}',
        b'{"weight_map": {"a": "../m.safetensors"}}',
        b'{"weight_map": {"a": "/m.safetensors"}}',
        b'{"weight_map": {"a": "m.bin"}}',
        b"[" * 100_000,
    ],
)
def test_index_names_files_of_the_folder_only(tmp_path, index):
    (tmp_path / "i.json").write_bytes(index)
    with pytest.raises(ConfigError, match="invalid index"):
        read_weights(tmp_path, "i.json")


def entry(**changes):
    return {"dtype": "F32", "shape": [5], "data_offsets": [0, 20], **changes}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0",
        safetensors(SHAPES)[:-1],
        safetensors(SHAPES) + b"\0",
        safetensors(SHAPES)[:40],
        (2**62).to_bytes(8, "little") + b"{}",
        (10).to_bytes(8, "little") + b"{}        " + b"\0",
        (2).to_bytes(8, "little") + b"[]",
        (2).to_bytes(8, "little") + b"{]",
        safetensors({}, a=3),
        safetensors({}, a=entry(shape=[2**40])),
        safetensors({}, a=entry(shape=[-5])),
        safetensors({}, a=entry(shape=[5.0])),
        safetensors({}, a=entry(shape=[True] * 9)),
        safetensors({}, a=entry(shape="5")),
        safetensors({}, a=entry(dtype="OBJECT")),
        safetensors({}, a=entry(dtype=["F32"])),
        safetensors({}, a=entry(data_offsets=[0, 21])),
        safetensors({}, a=entry(data_offsets=[-20, 0])),
        safetensors({}, a=entry(data_offsets=None)),
        safetensors({}, a=entry()),
    ],
)
def test_invalid_file_is_refused_with_its_name(tmp_path, content):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"invalid weights .*m\.safetensors"):
        read_shapes(path)


def test_missing_shard_is_named(tmp_path):
    (tmp_path / "i.json").write_text(json.dumps({"weight_map": {"a": "m-1.safetensors"}}))
    with pytest.raises(ConfigError, match=r"cannot read .*m-1\.safetensors"):
        read_weights(tmp_path, "i.json")


def damaged(position: int, content: bytes) -> bytes:
    """Return a valid file with some bytes replaced."""
    valid = safetensors(SHAPES)
    return valid[:position] + content + valid[position + len(content) :]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("weights") / "m.safetensors"


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200) | st.builds(damaged, st.integers(0, 400), st.binary(min_size=1, max_size=4)))
def test_any_bytes_give_shapes_or_a_clear_error(file, content):
    file.write_bytes(content)
    try:
        shapes = read_shapes(file)
    except ConfigError as error:
        assert str(file) in str(error)
        assert "\n" not in str(error)
    else:
        assert all(isinstance(n, int) for shape in shapes.values() for n in shape)
