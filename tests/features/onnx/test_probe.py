"""One run of a network in a child process with limits."""

from __future__ import annotations

import pytest

from ser_bench.core.errors import ConfigError
from ser_bench.features.onnx import probe as probing
from ser_bench.features.onnx.graph import read_graph
from ser_bench.features.onnx.probe import probe
from tests.features.onnx.test_graph import model, node, saved, values  # noqa: F401

onnx = pytest.importorskip("onnx", reason="install onnx, or ser-bench[onnx], for the tests of networks")

from onnx import TensorProto, helper  # noqa: E402

SHAPE = {"x": (1, 100)}


def test_the_shapes_of_the_outputs_are_returned(saved):  # noqa: F811
    graph = read_graph(saved(model(node("Abs", result="m"), node("ReduceMean", ["m"], axes=[1]))))
    assert probe(graph, SHAPE, ["y", "m"]) == {"y": (1, 1), "m": (1, 100)}


@pytest.mark.skipif(__import__("sys").platform != "linux", reason="only Linux limits the address space")
def test_a_network_that_needs_too_much_memory_is_refused(saved):  # noqa: F811
    nodes = [node("Shape", result="n"), node("Mul", ["n", "k"], "s"), node("ConstantOfShape", ["s"], "c")]
    graph = read_graph(saved(model(*nodes, node("ReduceSum", ["c"]), stored=[values("k", 2**20, 2**20)])))
    with pytest.raises(ConfigError, match=r"needs more than 4\.0 GiB of memory for an input of 1×100; use a smaller"):
        probe(graph, SHAPE)


def test_an_endless_loop_is_ended(saved, monkeypatch):  # noqa: F811
    monkeypatch.setattr(probing, "MAX_SECONDS", 0.7)
    flag = helper.make_tensor("t", TensorProto.BOOL, [], [True])
    inputs = [helper.make_tensor_value_info(name, kind, []) for name, kind in (("i", 7), ("c", 9), ("v", 1))]
    outputs = [helper.make_tensor_value_info(name, kind, []) for name, kind in (("d", 9), ("w", 1))]
    body = helper.make_graph([node("Identity", ["c"], "d"), node("Identity", ["v"], "w")], "body", inputs, outputs)
    nodes = [node("ReduceMean", result="m", keepdims=0), node("Loop", ["", "t", "m"], body=body)]
    graph = read_graph(saved(model(*nodes, stored=[flag])))
    with pytest.raises(ConfigError, match=r"takes more than 0\.7 s for two inputs of 1×100"):
        probe(graph, SHAPE)


def answer(path, outputs=("y",)):
    """Return the answer of the child, without a child and its limits."""
    graph = read_graph(path)
    inputs = [["x", "float32", [1, 100]]]
    return probing._answer({"path": str(path), "digest": graph.digest, "size": 0, "inputs": inputs, "outputs": outputs})


@pytest.fixture
def unlimited(monkeypatch):
    monkeypatch.setattr(probing, "limit_seconds", lambda seconds: None)


@pytest.mark.usefixtures("unlimited")
def test_values_that_do_not_repeat_are_refused(saved):  # noqa: F811
    stored = [helper.make_tensor("t", TensorProto.BOOL, [], [True]), helper.make_tensor("r", 1, [], [0.5])]
    path = saved(model(node("Dropout", ["x", "r", "t"]), stored=stored))
    assert answer(path)["error"].startswith("output 'y' changes when the network runs again")


@pytest.mark.usefixtures("unlimited")
def test_outputs_that_are_not_numbers_are_refused(saved):  # noqa: F811
    content = model(node("SequenceConstruct"))
    content.graph.output[0].CopyFrom(helper.make_tensor_sequence_value_info("y", 1, None))
    assert answer(saved(content))["error"].startswith("output 'y' is not a tensor of numbers")


@pytest.mark.usefixtures("unlimited")
def test_an_input_that_does_not_fit_is_one_line(saved):  # noqa: F811
    error = answer(saved(model(node("Reshape", ["x", "s"]), stored=[values("s", 7, -1)])))["error"]
    assert error.startswith("cannot run: ")
    assert "Reshape" in error
    assert error.isprintable()
