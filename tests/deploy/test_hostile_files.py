"""Files that are damaged, foreign or made to do harm are refused in a line, whatever is wrong with them."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import stat
import zipfile

import numpy as np
import pytest

from ser_bench import models
from ser_bench.core.errors import ModelFileError
from ser_bench.deploy import load_model
from ser_bench.deploy.file import arrays, state
from ser_bench.deploy.file import container as archive
from tests.deploy.conftest import clusters


def members_of(path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def signed(members: dict[str, bytes], **changes) -> dict[str, bytes]:
    """Return the members with a changed manifest whose digests are right, as an attacker would write it."""
    said = json.loads(members["manifest.json"]) | changes
    said["members"] = {n: hashlib.sha256(d).hexdigest() for n, d in members.items() if n != "manifest.json"}
    return members | {"manifest.json": json.dumps(said).encode()}


def zipped(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return path


def refusal(path) -> str:
    with pytest.raises(ModelFileError) as caught:
        load_model(path)
    text = str(caught.value)
    assert len(text.splitlines()) <= 2
    return text


def test_a_sound_file_loads(svm, tmp_path):
    """What the tests below change is all that is wrong with their files."""
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


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    assert "No such file" in refusal(tmp_path / "nowhere.ser")
    assert "cannot read" in refusal(tmp_path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_cut_short_is_refused(svm, tmp_path, share):
    whole = svm.read_bytes()
    (tmp_path / "x.ser").write_bytes(whole[: int(share * len(whole))])
    assert "truncated" in refusal(tmp_path / "x.ser")


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_flipped_byte_is_noticed(svm, tmp_path, place):
    content = bytearray(svm.read_bytes())
    content[int(place * len(content))] ^= 0xFF
    (tmp_path / "x.ser").write_bytes(content)
    assert "x.ser" in refusal(tmp_path / "x.ser")


def test_wrong_digests_are_noticed(svm, tmp_path):
    changed = members_of(svm) | {"state.json": b"{}"}
    assert "checksum mismatch" in refusal(zipped(tmp_path / "x.ser", changed))


def test_a_newer_format_is_told_as_that(svm, tmp_path):
    newer = signed(members_of(svm) | {"more.bin": b"1"}, format=99, ser_bench="9.0")
    assert "file format 99" in refusal(zipped(tmp_path / "x.ser", newer))


def test_features_of_another_version_ask_for_training_again(svm, tmp_path):
    sets = json.loads(members_of(svm)["manifest.json"])["features"]
    sets[0] |= {"version": 7, "key": "0" * 16}
    text = refusal(zipped(tmp_path / "x.ser", signed(members_of(svm), features=sets)))
    assert "was trained with mfcc version 7; this ser-bench has version 1; train it again" in text


@pytest.mark.parametrize(
    "changes", [{"labels": "neutral"}, {"labels": []}, {"labels": ["a", "a"]}, {"rate": "8000"}, {"features": []}]
)
def test_a_manifest_of_other_types_is_refused(svm, tmp_path, changes):
    assert "damaged" in refusal(zipped(tmp_path / "x.ser", signed(members_of(svm), **changes)))


@pytest.mark.parametrize("text", [b"[" * 100_000, b"[]", b'{"format": NaN}', b"{}", b"\xff", b'{"format": true}'])
def test_a_manifest_that_is_no_manifest_is_refused(svm, tmp_path, text):
    assert "x.ser" in refusal(zipped(tmp_path / "x.ser", members_of(svm) | {"manifest.json": text}))


@pytest.mark.parametrize("name", ["../up.txt", "/etc/passwd", "more.bin", "a/b"])
def test_members_of_other_names_are_refused(svm, tmp_path, name):
    assert "unexpected or missing member" in refusal(zipped(tmp_path / "x.ser", members_of(svm) | {name: b"1"}))


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_members_packed_by_odd_methods_are_refused_unopened(svm, tmp_path, method):
    assert "unsupported compression method" in refusal(zipped(tmp_path / "x.ser", members_of(svm), method))


def test_a_member_that_is_missing_is_told(svm, tmp_path):
    fewer = {name: data for name, data in members_of(svm).items() if name != "arrays.npy"}
    assert "arrays.npy" in refusal(zipped(tmp_path / "x.ser", fewer))


def test_a_name_that_stands_twice_is_refused(svm, tmp_path):
    path = zipped(tmp_path / "x.ser", members_of(svm))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as opened:
        opened.writestr("state.json", b"{}")
    assert "two members have the same name" in refusal(path)


def test_too_many_members_are_refused_before_they_are_listed(svm, tmp_path):
    many = {f"{k}": b"" for k in range(500)}
    assert "too many members" in refusal(zipped(tmp_path / "x.ser", members_of(svm) | many))


def test_a_link_is_refused(svm, tmp_path):
    members = members_of(svm)
    with zipfile.ZipFile(tmp_path / "x.ser", "w") as opened:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFLNK if name == "arrays.npy" else stat.S_IFREG) << 16
            opened.writestr(entry, data)
    assert "not a plain file" in refusal(tmp_path / "x.ser")


def test_a_zip_bomb_is_refused_unopened(svm, tmp_path):
    bomb = members_of(svm) | {"arrays.npy": bytes(8 << 20)}
    assert "would unpack to 8 MiB" in refusal(zipped(tmp_path / "x.ser", bomb))


def test_a_member_over_its_limit_is_refused(svm, tmp_path, monkeypatch):
    monkeypatch.setitem(archive._LIMITS, "state.json", 10)
    assert "would unpack" in refusal(svm)


def test_more_bytes_than_declared_are_not_read(svm, tmp_path):
    """The directory claims a small size; the member itself holds more."""
    members = members_of(svm)
    path = zipped(tmp_path / "x.ser", signed(members))
    content = bytearray(path.read_bytes())
    place = content.rindex(b"arrays.npy") - 46  # its entry in the directory
    content[place + 24 : place + 28] = (100).to_bytes(4, "little")
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
def test_arrays_that_are_not_plain_numbers_are_refused(data):
    with pytest.raises(ModelFileError):
        arrays.read(data)


def said_of(estimator) -> tuple[dict, bytes]:
    members = state.pack(estimator)
    return json.loads(members["state.json"]), members["arrays.npy"]


def unpacked(said, data=b""):
    return state.unpack({"state.json": json.dumps(said).encode(), "arrays.npy": data})


@pytest.mark.parametrize(
    "said",
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
def test_a_state_that_names_anything_else_is_refused(said):
    with pytest.raises(ModelFileError):
        unpacked(said)


def test_a_state_nested_without_end_is_refused():
    deep: object = 1
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ModelFileError, match="nested too deeply"):
        unpacked(deep)


def fitted(name, **parameters):
    X, y, groups = clusters("vector")
    return models.fit(models.get(name), models.build(name, **parameters), X, y, groups)


@pytest.mark.parametrize("child", [-7, 0, 99_999])
def test_a_tree_that_leads_outside_or_back_is_refused(child):
    """Compiled code follows a node's children without looking."""
    tree = fitted("tree", min_samples_leaf=2).steps[1][1]
    said, data = said_of(tree)
    nodes = next(a for a in arrays.read(data) if a.dtype.names)
    whole = arrays._without_gaps(nodes).tobytes()  # NumPy copies no gaps between a record's fields
    nodes["left_child"][0] = child
    assert data.count(whole) == 1
    with pytest.raises(ModelFileError, match="tree"):
        unpacked(said, data.replace(whole, arrays._without_gaps(nodes).tobytes()))


@pytest.mark.parametrize(("word", "wrong"), [(b'"left_children":[1', b'"left_children":[9'), (b"{", b"[")])
def test_boosted_trees_that_do_not_fit_together_are_refused(word, wrong):
    said, data = said_of(fitted("xgboost", n_estimators=1, min_child_weight=0.1))
    assert word in data
    with pytest.raises(ModelFileError):
        unpacked(said, data.replace(word, wrong))


def test_support_vectors_that_their_counts_do_not_fit_are_refused():
    """libsvm walks its arrays by counts alone."""
    machine = fitted("svm").steps[1][1]
    machine._n_support = machine._n_support + 5
    with pytest.raises(ModelFileError, match="SVC"):
        unpacked(*said_of(machine))


@pytest.mark.parametrize("architecture", [{"hidden": [10**7]}, {"hidden": [8] * 100}])
def test_a_network_of_another_shape_than_its_weights_is_refused_unbuilt(architecture):
    """Ten million units would need 400 MB for the first layer alone."""
    import dataclasses

    network = fitted("mlp-keras", hidden=[8], epochs=1)
    network.blueprint_ = dataclasses.replace(
        network.blueprint_, architecture={**network.blueprint_.architecture, **architecture}
    )
    with pytest.raises(ModelFileError, match="network"):
        unpacked(*said_of(network))


@pytest.mark.parametrize("name", ["Shape", "__builtins__", "_parted"])
def test_a_network_by_another_name_is_refused(name):
    import dataclasses

    network = fitted("mlp-keras", hidden=[8], epochs=1)
    network.network, network.blueprint_ = name, dataclasses.replace(network.blueprint_, network=name)
    with pytest.raises(ModelFileError, match="network"):
        unpacked(*said_of(network))


def test_a_model_that_takes_other_features_than_its_manifest_says_is_refused(svm, tmp_path):
    sets = json.loads(members_of(svm)["manifest.json"])["features"]
    from ser_bench import features

    chroma = features.FEATURE_SETS["chroma"]
    sets[0] |= {"name": "chroma", "version": chroma.version, "key": features.set_key(chroma)}
    assert "cannot predict" in refusal(zipped(tmp_path / "x.ser", signed(members_of(svm), features=sets)))
