"""Damaged, foreign and hostile files are refused with an error of one or two lines."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import io
import json
import pickle
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ser_bench import features
from ser_bench.core.errors import MissingExtraError, ModelFileError
from ser_bench.deploy import load_model
from ser_bench.deploy.file import arrays, container, state
from ser_bench.features import opensmile
from ser_bench.models import uncalibrated
from tests.deploy.fitted_models import fitted


def members_of(path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def signed(members: dict[str, bytes], **changes) -> dict[str, bytes]:
    """Return the members with a changed manifest and correct checksums, as an attacker would write them."""
    content = json.loads(members["manifest.json"]) | changes
    content["members"] = {n: hashlib.sha256(d).hexdigest() for n, d in members.items() if n != "manifest.json"}
    return members | {"manifest.json": json.dumps(content).encode()}


def zipped(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return path


def refusal(path) -> str:
    """Return the error of reading a file, which has at most two lines."""
    with pytest.raises(ModelFileError) as caught:
        load_model(path)
    text = str(caught.value)
    assert len(text.splitlines()) <= 2
    return text


def test_a_valid_file_loads(svm, tmp_path):
    """The files of the other tests differ from this file by one change."""
    assert load_model(zipped(tmp_path / "same.ser", signed(members_of(svm)))).labels == ("neutral", "happy", "sad")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a model file"),
        (b"RIFF....WAVE", "not a model file"),
        (pickle.dumps({"a": 1}), "not a model file"),
        (b"PK\x03\x04" + b"\0" * 100, "truncated"),
    ],
)
def test_a_foreign_file_is_refused(tmp_path, content, reason):
    (tmp_path / "x.ser").write_bytes(content)
    assert reason in refusal(tmp_path / "x.ser")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert "No such file" in refusal(tmp_path / "nowhere.ser")
    assert "cannot read" in refusal(tmp_path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(svm, tmp_path, share):
    whole = svm.read_bytes()
    (tmp_path / "x.ser").write_bytes(whole[: int(share * len(whole))])
    assert "truncated" in refusal(tmp_path / "x.ser")


@pytest.mark.parametrize("position", [0.2, 0.5, 0.8])
def test_a_changed_byte_is_detected(svm, tmp_path, position):
    content = bytearray(svm.read_bytes())
    content[int(position * len(content))] ^= 0xFF
    (tmp_path / "x.ser").write_bytes(content)
    assert "x.ser" in refusal(tmp_path / "x.ser")


def test_wrong_checksums_are_detected(svm, tmp_path):
    changed = members_of(svm) | {"state.json": b"{}"}
    assert "checksum mismatch" in refusal(zipped(tmp_path / "x.ser", changed))


def test_a_newer_format_is_named(svm, tmp_path):
    newer = signed(members_of(svm) | {"more.bin": b"1"}, format=99, ser_bench="9.0")
    assert "file format 99" in refusal(zipped(tmp_path / "x.ser", newer))


def test_feature_sets_of_another_version_are_refused(svm, tmp_path):
    sets = json.loads(members_of(svm)["manifest.json"])["features"]
    sets[0] |= {"version": 7, "key": "0" * 16}
    text = refusal(zipped(tmp_path / "x.ser", signed(members_of(svm), features=sets)))
    assert "was trained with mfcc version 7; this ser-bench has version 1; train it again" in text


def egemaps_of(monkeypatch, svm, tmp_path, version: str | None) -> Path:
    """Write a model file that states egemaps of another version of openSMILE, which is or is not installed here."""
    monkeypatch.setattr(features, "find_spec", lambda _: version)
    monkeypatch.setattr(opensmile, "installed_version", lambda _: version or "absent")
    (saved,) = json.loads(members_of(svm)["manifest.json"])["features"]
    parameters = dict(features.FEATURE_SETS["egemaps"].parameters) | {"opensmile": "2.4.0"}
    sets = [saved | {"name": "egemaps", "version": 1, "parameters": parameters, "key": "0" * 16}]
    return zipped(tmp_path / "x.ser", signed(members_of(svm), features=sets))


def test_feature_sets_of_another_version_of_their_library_are_refused(svm, tmp_path, monkeypatch):
    text = refusal(egemaps_of(monkeypatch, svm, tmp_path, "2.6.0"))
    assert "was trained with egemaps of opensmile 2.4.0; here it is 2.6.0; train it again" in text


def test_a_model_whose_library_is_not_installed_says_what_to_install(svm, tmp_path, monkeypatch):
    with pytest.raises(MissingExtraError, match=r"egemaps needs an extra: pip install 'ser-bench\[opensmile\]'"):
        load_model(egemaps_of(monkeypatch, svm, tmp_path, None))


@pytest.mark.parametrize(
    "changes", [{"labels": "neutral"}, {"labels": []}, {"labels": ["a", "a"]}, {"rate": "8000"}, {"features": []}]
)
def test_a_manifest_with_invalid_values_is_refused(svm, tmp_path, changes):
    assert "damaged" in refusal(zipped(tmp_path / "x.ser", signed(members_of(svm), **changes)))


@pytest.mark.parametrize("text", [b"[" * 100_000, b"[]", b'{"format": NaN}', b"{}", b"\xff", b'{"format": true}'])
def test_a_member_that_is_not_a_manifest_is_refused(svm, tmp_path, text):
    assert "x.ser" in refusal(zipped(tmp_path / "x.ser", members_of(svm) | {"manifest.json": text}))


@pytest.mark.parametrize("name", ["../up.txt", "/etc/passwd", "more.bin", "a/b"])
def test_unexpected_members_are_refused(svm, tmp_path, name):
    assert "unexpected or missing member" in refusal(zipped(tmp_path / "x.ser", members_of(svm) | {name: b"1"}))


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_other_compression_methods_are_refused_before_decompression(svm, tmp_path, method):
    assert "unsupported compression method" in refusal(zipped(tmp_path / "x.ser", members_of(svm), method))


def test_a_missing_member_is_named(svm, tmp_path):
    fewer = {name: data for name, data in members_of(svm).items() if name != "arrays.npy"}
    assert "arrays.npy" in refusal(zipped(tmp_path / "x.ser", fewer))


def test_a_duplicate_member_is_refused(svm, tmp_path):
    path = zipped(tmp_path / "x.ser", members_of(svm))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as opened:
        opened.writestr("state.json", b"{}")
    assert "two members have the same name" in refusal(path)


def test_too_many_members_are_refused_before_the_directory_is_read(svm, tmp_path):
    many = {f"{k}": b"" for k in range(500)}
    assert "too many members" in refusal(zipped(tmp_path / "x.ser", members_of(svm) | many))


def test_a_symbolic_link_is_refused(svm, tmp_path):
    members = members_of(svm)
    with zipfile.ZipFile(tmp_path / "x.ser", "w") as opened:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFLNK if name == "arrays.npy" else stat.S_IFREG) << 16
            opened.writestr(entry, data)
    assert "not a plain file" in refusal(tmp_path / "x.ser")


def test_a_zip_bomb_is_refused_before_decompression(svm, tmp_path):
    bomb = members_of(svm) | {"arrays.npy": bytes(8 << 20)}
    assert "would unpack to 8 MiB" in refusal(zipped(tmp_path / "x.ser", bomb))


def test_a_member_above_its_limit_is_refused(svm, tmp_path, monkeypatch):
    monkeypatch.setitem(container._LIMITS, "state.json", 10)
    assert "would unpack" in refusal(svm)


def test_a_member_larger_than_declared_is_refused(svm, tmp_path):
    """The directory declares a size below that of the member."""
    members = members_of(svm)
    path = zipped(tmp_path / "x.ser", signed(members))
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"arrays.npy") - 46  # in the directory
    content[entry + 24 : entry + 28] = (100).to_bytes(4, "little")
    path.write_bytes(content)
    assert "damaged" in refusal(path)


def stream(*parts) -> bytes:
    writer = io.BytesIO()
    for part in parts:
        np.lib.format.write_array(writer, part, allow_pickle=True)
    return writer.getvalue()


def head(text: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "data",
    [
        stream(np.array([{"a": 1}], dtype=object)),
        stream(np.array(["2020-01-01"], dtype="datetime64[D]")),
        stream(np.array([np.nan])),
        stream(np.array([np.inf], dtype=np.float32)),
        stream(np.zeros(4))[:-1],
        head(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}\n"),
        head(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}\n"),
        head(b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}\n"),
        head(b"{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000,)}\n"),
        head(b"{'descr': [('a', '<f8', (1000000000,))], 'fortran_order': False, 'shape': (1,)}\n"),
        head(b"__import__('os')\n"),
        head(b"{'descr': '<f8', 'fortran_order': False, 'shape': (3\n"),
        b"\x93NUMPY\x02\x00",
        b"junk",
    ],
)
def test_arrays_of_other_types_and_invalid_headers_are_refused(data):
    with pytest.raises(ModelFileError):
        arrays.read(data)


def state_of(estimator) -> tuple[dict, bytes]:
    """Return the state and the arrays of an estimator in its file."""
    members = state.pack(estimator)
    return json.loads(members["state.json"]), members["arrays.npy"]


def unpacked(content, data=b""):
    return state.unpack({"state.json": json.dumps(content).encode(), "arrays.npy": data})


@pytest.mark.parametrize(
    "content",
    [
        {"object": "os.system", "state": {}},
        {"object": "Popen", "state": {}},
        {"object": "Memory", "state": {}},
        {"object": ["Pipeline"], "state": {}},
        {"object": "Pipeline", "state": {"__class__": "x"}},
        {"object": "Pipeline", "state": {"predict": 1}},
        {"object": "Pipeline", "state": []},
        {"reduce": ["os.system", "true"]},
        {"array": 0},
        {"array": -1},
        {"array": "0"},
        {"float": "1e999"},
        {"dict": [[[], 1]]},
        {"tuple": 3},
        {},
        {"tree": {"dict": []}},
        {"booster": {"dict": [["json", 3]]}},
    ],
)
def test_a_state_with_other_classes_or_types_is_refused(content):
    with pytest.raises(ModelFileError):
        unpacked(content)


def test_a_deeply_nested_state_is_refused():
    deep: object = 1
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ModelFileError, match="nested too deeply"):
        unpacked(deep)


@pytest.mark.parametrize("child", [-7, 0, 99_999])
def test_a_tree_with_invalid_children_is_refused(child):
    """Compiled code follows the children of a node without a check."""
    estimator = uncalibrated(fitted("tree")[0])
    content, data = state_of(estimator.steps[1][1])
    nodes = next(a for a in arrays.read(data) if a.dtype.names)
    whole = arrays._without_gaps(nodes).tobytes()  # NumPy does not copy the padding of records
    nodes["left_child"][0] = child
    assert data.count(whole) == 1
    with pytest.raises(ModelFileError, match="tree"):
        unpacked(content, data.replace(whole, arrays._without_gaps(nodes).tobytes()))


@pytest.mark.parametrize(("word", "wrong"), [(b'"left_children":[1', b'"left_children":[9'), (b"{", b"[")])
def test_inconsistent_boosted_trees_are_refused(word, wrong):
    estimator, _ = fitted("xgboost", "vector", {"n_estimators": 1, "min_child_weight": 0.1})
    content, data = state_of(estimator)
    assert word in data
    with pytest.raises(ModelFileError):
        unpacked(content, data.replace(word, wrong))


def test_support_vectors_with_wrong_counts_are_refused():
    """libsvm indexes its arrays by these counts."""
    estimator = uncalibrated(fitted("svm")[0])
    machine = copy.copy(estimator.steps[1][1])
    machine._n_support = machine._n_support + 5
    with pytest.raises(ModelFileError, match="SVC"):
        unpacked(*state_of(machine))


@pytest.mark.parametrize("architecture", [{"hidden": [10**7]}, {"hidden": [8] * 100}])
def test_a_network_whose_weights_have_another_shape_is_refused_before_it_is_built(architecture):
    """Ten million units would need 400 MB for the first layer."""
    network = copy.copy(uncalibrated(fitted("mlp-keras")[0]))
    network.blueprint_ = dataclasses.replace(
        network.blueprint_, architecture={**network.blueprint_.architecture, **architecture}
    )
    with pytest.raises(ModelFileError, match="network"):
        unpacked(*state_of(network))


@pytest.mark.parametrize("name", ["Shape", "__builtins__", "_parted"])
def test_an_unknown_network_is_refused(name):
    network = copy.copy(uncalibrated(fitted("mlp-keras")[0]))
    network.network, network.blueprint_ = name, dataclasses.replace(network.blueprint_, network=name)
    with pytest.raises(ModelFileError, match="network"):
        unpacked(*state_of(network))


def test_a_manifest_with_other_feature_sets_than_the_model_is_refused(svm, tmp_path):
    sets = json.loads(members_of(svm)["manifest.json"])["features"]
    chroma = features.FEATURE_SETS["chroma"]
    sets[0] |= {"name": "chroma", "version": chroma.version, "key": features.set_key(chroma)}
    assert "inconsistent" in refusal(zipped(tmp_path / "x.ser", signed(members_of(svm), features=sets)))
