"""ONNX files that users bring: what is read from them, and each reason to refuse one."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from ser_bench.core.errors import ConfigError
from ser_bench.features.onnx import encoding
from ser_bench.features.onnx.graph import Tensor, open_session, read_graph

onnx = pytest.importorskip("onnx", reason="install onnx, or ser-bench[onnx], for the tests of networks")
pytest.importorskip("onnxruntime", reason="install onnxruntime, or ser-bench[onnx], for the tests of networks")

from onnx import TensorProto, helper  # noqa: E402

FLOAT = TensorProto.FLOAT


def node(operator, given=("x",), result="y", **attributes):
    return helper.make_node(operator, list(given), [result], **attributes)


def values(name, *numbers):
    return helper.make_tensor(name, TensorProto.INT64, [len(numbers)], numbers)


def model(*nodes, stored=(), given=("batch", "time"), result=None, dtype=FLOAT, opset=17, domains=(), **more):
    inputs = [helper.make_tensor_value_info("x", dtype, given)]
    outputs = [helper.make_tensor_value_info("y", FLOAT, result)]
    graph = helper.make_graph(list(nodes) or [node("Abs")], "network", inputs, outputs, list(stored))
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, **more)


@pytest.fixture
def saved(tmp_path):
    def save(content, name="network.onnx"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
        return path

    return save


@pytest.fixture
def refusal(saved):
    def read(content):
        with pytest.raises(ConfigError) as caught:
            read_graph(saved(content))
        message = str(caught.value)
        assert len(message) < 500
        assert message.isprintable()
        return message.partition("network.onnx: ")[2]

    return read


def test_a_network_is_described(saved):
    content = model(
        node("Abs", result="m"), node("Neg", ["m"]), stored=[values("s", 1)], result=(None, 4)
    ).SerializeToString()
    graph = read_graph(saved(content))
    assert graph.inputs == (Tensor("x", "float32", ("batch", "time")),)
    assert graph.outputs == (Tensor("y", "float32", (None, 4)),)
    assert (graph.tensors, graph.opset, graph.size) == (("m", "y"), 17, len(content))
    assert graph.digest == hashlib.sha256(content).hexdigest()


def test_an_unknown_number_of_axes_is_no_shape(saved):
    assert read_graph(saved(model())).outputs[0].shape is None


def test_a_changed_file_is_read_again(saved):
    first = read_graph(saved(model()))
    assert read_graph(saved(model(node("Neg")))).digest != first.digest


def test_an_open_network_computes_intermediate_tensors(saved):
    import numpy as np

    graph = read_graph(saved(model(node("Neg", result="m"), node("Abs", ["m"]))))
    session = open_session(graph, ["m"])
    y, m = session.run(["y", "m"], {"x": np.ones((1, 2), np.float32)})
    assert (y == 1).all()
    assert (m == -1).all()
    assert open_session(graph, ["m"]) is session


def test_a_file_that_changes_after_the_check_is_not_opened(saved):
    graph = read_graph(saved(model(node("Ceil"))))
    saved(model(node("Floor")))
    with pytest.raises(ConfigError, match=r"ONNX file network\.onnx: has changed since it was checked"):
        open_session(graph)


def test_a_network_that_onnxruntime_refuses_is_one_line(saved):
    graph = read_graph(saved(model(node("Nope"))))
    with pytest.raises(ConfigError, match=r"^ONNX file network\.onnx: onnxruntime \S+ cannot open it: .*Nope[^\n]*$"):
        open_session(graph)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer; fetch the file with git lfs pull"),
        (b"PK\x03\x04abc", "is a ZIP archive"),
        (b"<!DOCTYPE html>", "is a web page"),
        (b'{"a": 1}', "is JSON"),
        (b"\x80\x04\x95", "is a pickle"),
        (b"\x89HDF\r\n", "is an HDF5 file"),
        (b"\x10\x00\x00\x00\x00\x00\x00\x00{\"a\"", "is a safetensors file"),
        (b"\x08\x09\x12\x04ORTM", "is in the ORT format"),
        (b"no network at all", "its 17 bytes are not ONNX"),
        (b"\x0b\x0c", "its 2 bytes are not ONNX"),
        (b"\xff" * 20, "its 20 bytes are not ONNX"),
        (b"\x08" + b"\xff" * 20, "its 21 bytes are not ONNX"),
        (b"\x08\x09\x3a\x05ab", "its 6 bytes are not ONNX, or are cut (a field at byte 4 ends after its message)"),
        (b"\x08\x09", "holds no network"),
    ],
)  # fmt: skip
def test_other_files_are_named(refusal, content, reason):
    assert refusal(content).startswith(reason)


def test_a_cut_file_is_refused(refusal):
    content = model().SerializeToString()
    assert all(refusal(content[:end]) for end in range(1, len(content)))


def test_files_that_cannot_be_read_are_named(tmp_path):
    for path in (tmp_path, tmp_path / "absent.onnx", tmp_path / "a\x1bb.onnx"):
        with pytest.raises(ConfigError, match=r"^cannot read ONNX file /[^\n\x1b]*: \w+"):
            read_graph(path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_permission_is_named(saved):
    path = saved(model())
    path.chmod(0)
    with pytest.raises(ConfigError, match="Permission denied"):
        read_graph(path)


@pytest.mark.parametrize("location", ["../../etc/passwd", "/etc/passwd", "weights.bin", ""])
@pytest.mark.parametrize("place", ["initializer", "attribute", "subgraph"])
def test_values_in_another_file_are_refused(refusal, location, place):
    tensor = TensorProto(name="w", dims=[4], data_type=FLOAT, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=location)
    content = {
        "initializer": lambda: model(stored=[tensor]),
        "attribute": lambda: model(node("Constant", [], value=tensor)),
        "subgraph": lambda: model(node("If", branch=helper.make_graph([], "g", [], [], [tensor]))),
    }[place]()
    assert "tensor 'w' keeps its values in another file" in refusal(content)


@pytest.mark.parametrize(
    ("dims", "reason"),
    [
        ([2**40], "has the shape 1099511627776 but 3 bytes, expected 4.4e+12"),
        ([2**62] * 9, "but 3 bytes, expected 1e+99"),
        ([1] * 33, "has 33 axes, the limit is 32"),
        ([-1], "has an axis of length -1"),
        ([1], "has the shape 1 but 3 bytes, expected 4"),
    ],
)
def test_a_tensor_whose_values_do_not_fit_is_refused(refusal, dims, reason):
    assert reason in refusal(model(stored=[TensorProto(name="w", dims=dims, data_type=FLOAT, raw_data=b"abc")]))


@pytest.mark.parametrize("dtype", [t for t in TensorProto.DataType.values() if t != TensorProto.UNDEFINED])
@pytest.mark.parametrize("raw", [False, True])
def test_every_type_of_stored_tensor_is_known(saved, dtype, raw):
    import numpy as np

    if dtype == TensorProto.STRING:
        tensor = helper.make_tensor("w", dtype, [3], [b"a", b"b", b"c"])
    elif raw:
        tensor = onnx.numpy_helper.from_array(np.ones(3, helper.tensor_dtype_to_np_dtype(dtype)), "w")
    else:
        tensor = helper.make_tensor("w", dtype, [3], [1, 0, 1])
    assert read_graph(saved(model(stored=[tensor])))


def test_unknown_element_types_and_segments_are_refused(refusal):
    assert "unknown element type 99" in refusal(model(stored=[TensorProto(name="w", dims=[0], data_type=99)]))
    cut = TensorProto(name="w", dims=[0], data_type=FLOAT, segment=TensorProto.Segment(begin=0, end=1))
    assert "is stored in segments" in refusal(model(stored=[cut]))


def test_operators_of_other_libraries_are_refused(refusal):
    assert "uses the operator 'org.example.Run'" in refusal(model(node("Run", domain="org.example")))
    assert "uses the operator 'com.microsoft.EPContext'" in refusal(model(node("EPContext", domain="com.microsoft")))
    inner = helper.make_graph([node("Run", domain="org.example")], "g", [], [])
    assert "uses the operator 'org.example.Run'" in refusal(model(node("If", then_branch=inner)))


def test_functions_and_training_graphs_are_refused(refusal):
    function = helper.make_function("org.example", "twice", ["x"], ["y"], [node("Abs")], [helper.make_opsetid("", 17)])
    assert "defines the function 'twice'; inline it" in refusal(model(functions=[function]))
    training = model()
    training.training_info.add()
    assert "holds a training graph" in refusal(training)


def test_random_numbers_are_refused(refusal):
    assert "draws random numbers (RandomNormalLike)" in refusal(model(node("RandomNormalLike")))


def test_sparse_tensors_are_refused(refusal):
    sparse = onnx.SparseTensorProto(dims=[2**40])
    attribute = model(node("Constant", [], sparse_value=sparse))
    initializer = model()
    initializer.graph.sparse_initializer.append(sparse)
    assert "holds sparse tensors" in refusal(attribute)
    assert "holds sparse tensors" in refusal(initializer)


def nested(depth):
    graph = helper.make_graph([node("Abs")], "g", [], [])
    for _ in range(depth):
        graph = helper.make_graph([node("If", then_branch=graph)], "g", [], [])
    return graph


def test_graphs_that_nest_too_deeply_are_refused(refusal):
    assert "nests graphs more than 16 deep" in refusal(model(node("If", then_branch=nested(17))))


def field(number, content):
    """Return a field of up to 16 KiB in the encoding of ONNX."""
    return bytes([number << 3 | 2, len(content) & 127 | 128, len(content) >> 7]) + content


def test_messages_that_nest_too_deeply_are_refused_before_they_are_parsed(refusal):
    graph = b""
    for _ in range(200):
        graph = field(1, field(5, field(6, graph)))  # graph, node, attribute, graph
    assert refusal(b"\x08\x09" + field(7, graph)).startswith("nests more than 64 deep")


def test_too_many_fields_are_refused_before_they_are_parsed(refusal, monkeypatch):
    monkeypatch.setattr(encoding, "MAX_FIELDS", 1000)
    assert refusal(b"\x08\x09" + field(7, b"\x0a\x00" * 2000)).startswith("has more than 1,000 fields")
    assert refusal(b"\x72\x00" * 2000).startswith("has more than 1,000 fields")


def test_fields_that_onnx_does_not_know_are_refused(refusal):
    content = model().SerializeToString()
    assert refusal(content + field(13, b"")).startswith("has the unknown field 13 of ModelProto; upgrade onnx")


@pytest.mark.parametrize(
    ("operator", "numbers"),
    [
        ("ConstantOfShape", (2**20, 2**20)),
        ("Expand", (2**20, 2**20)),
        ("Tile", (2**15, 2**15)),
        ("Range", (0, 2**40, 1)),
    ],
)
def test_nodes_that_make_huge_tensors_are_refused(refusal, operator, numbers):
    if operator == "Range":
        stored = [helper.make_tensor(name, TensorProto.INT64, [], [n]) for name, n in zip("abc", numbers, strict=True)]
        given = ["a", "b", "c"]
    else:
        stored = [values("s", *numbers)]
        given = ["s"] if operator == "ConstantOfShape" else ["x", "s"]
    assert f"makes a tensor of {1.1e12 if operator != 'Tile' else 1.07e9:.3g}" in refusal(
        model(node(operator, given), stored=stored)
    )


@pytest.mark.parametrize(
    ("shape", "reason"),
    [((0, 4), "has an axis of length 0"), ((-5,), "has an axis of length -5"), ((2**20, 2**20), "has 1.1e+12 values")],
)
def test_impossible_declared_shapes_are_refused(refusal, shape, reason):
    assert f"input 'x' {reason}" in refusal(model(given=shape))
    assert f"output 'y' {reason}" in refusal(model(result=shape))


def test_inputs_that_are_not_numbers_are_refused(refusal):
    assert "input 'x' is of type string" in refusal(model(dtype=TensorProto.STRING))
    sequence = model()
    sequence.graph.input[0].CopyFrom(helper.make_tensor_sequence_value_info("x", FLOAT, None))
    assert "input 'x' is of type sequence" in refusal(sequence)


def test_newer_versions_are_refused(refusal):
    newer = model()
    newer.ir_version = 99
    assert "has the format version 99; this installation reads versions 3 to" in refusal(newer)
    assert "uses version 999 of the operators 'ai.onnx'" in refusal(model(opset=999))


def test_names_with_control_characters_are_escaped(refusal):
    assert "Run\\x1b[2J" in refusal(model(node("Run\x1b[2J", domain="a\n")))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=strategies.data())
def test_any_damage_is_read_or_refused(saved, data):
    content = bytearray(model(node("Abs", result="m"), node("Neg", ["m"]), stored=[values("s", 1)]).SerializeToString())
    places = strategies.lists(strategies.tuples(strategies.integers(0, len(content) - 1), strategies.integers(0, 255)))
    for place, byte in data.draw(places):
        content[place] = byte
    with suppress(ConfigError):
        graph = read_graph(saved(bytes(content)))
        assert graph.size == len(content)
