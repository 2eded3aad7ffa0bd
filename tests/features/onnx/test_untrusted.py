"""Networks that state or return something else than they should, from the name of the set to its values."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from onnx import TensorProto

from ser_bench import features
from ser_bench.core.errors import ConfigError, FeatureError
from ser_bench.features.onnx import chain, planning
from ser_bench.features.onnx.graph import one_line
from tests.features.onnx.test_graph import model, node, saved, values  # noqa: F401

TOML = 'sampling_rate = 16000\nlayout = "waveform"\n'
FRAMES = f'{TOML}output_axes = ["batch", "time", "features"]\n'


@pytest.fixture
def resolved(saved, monkeypatch):  # noqa: F811
    def resolve(content, toml=FRAMES, shape=(1, 25, 4)):
        path = saved(content)
        path.with_suffix(".toml").write_text(toml)
        monkeypatch.setattr(planning, "probe", lambda graph, shapes, outputs: dict.fromkeys(outputs, shape))
        planning.plan.cache_clear()
        return features.get(f"onnx:{path}")

    yield resolve
    planning.plan.cache_clear()


def frames(*sizes):
    return model(node("Reshape", ["x", "s"]), stored=[values("s", *sizes)])


def computed(feature_set, samples=400):
    return features.compute([feature_set], np.ones(samples, np.float32), 16000)[feature_set.name]


def test_windows_that_the_output_does_not_have_are_refused(resolved):
    with pytest.raises(
        ConfigError, match=r"has shape \(1, 25, 4\) for one window, which is not batch, batch, features"
    ):
        resolved(frames(1, -1, 4), f'{TOML}output_axes = ["batch", "batch", "features"]')


@pytest.mark.parametrize("sizes", [(1, -1, 2), (1, 1, -1, 4), (2, -1, 4)])
def test_an_output_of_another_shape_costs_the_clip(resolved, sizes):
    with pytest.raises(FeatureError, match=r"network\.onnx returns"):
        computed(resolved(frames(*sizes)))


def test_an_axis_of_length_one_that_grows_costs_the_clip(resolved):
    feature_set = resolved(frames(1, -1, 4), f'{TOML}output_axes = ["batch", "one", "features"]', (1, 1, 4))
    with pytest.raises(FeatureError, match=r"returns \(1, 100, 4\) for the clip, which is not batch, one, features"):
        computed(feature_set)


def test_values_that_are_not_finite_cost_the_clip(resolved):
    zero = values("z", 0)
    nodes = [node("Cast", ["z"], "f", to=1), node("Div", ["x", "f"], "q"), node("Reshape", ["q", "s"])]
    with pytest.raises(FeatureError, match="not finite"):
        computed(resolved(model(*nodes, stored=[zero, values("s", 1, -1, 4)])))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
def test_a_clip_that_needs_too_much_memory_costs_the_clip(resolved):
    import resource

    size = [node("ReduceMax", result="l", keepdims=0), node("Cast", ["l"], "i", to=TensorProto.INT64)]
    grown = [
        node("Mul", ["i", "k"], "n"),
        node("ConstantOfShape", ["n"], "c"),
        node("ReduceSum", ["c"], "r", keepdims=0),
    ]
    content = model(*size, *grown, node("Add", ["x", "r"], "a"), node("Reshape", ["a", "s"]),
                    stored=[values("k", 2**37), values("s", 1, -1, 4)])  # fmt: skip
    feature_set = resolved(content)
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(FeatureError, match=r"network\.onnx needs more than 4\.0 GiB of memory for the clip"):
        computed(feature_set)  # ones
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert features.compute([feature_set], np.zeros(400, np.float32), 16000)


def test_more_values_than_fit_into_memory_cost_the_clip(resolved, monkeypatch):
    monkeypatch.setattr(chain, "MAX_ELEMENTS", 1000)
    feature_set = resolved(frames(1, -1, 4), f"{FRAMES}window = 400\nhop = 1\n", (1, 100, 4))
    assert computed(feature_set, 401).shape == (8,)
    with pytest.raises(
        FeatureError, match=r"returns more than 1,000 values for the clip; use a longer hop or another output"
    ):
        computed(feature_set, 402)


def test_a_file_that_is_replaced_costs_the_clip(resolved, saved):  # noqa: F811
    feature_set = resolved(frames(1, -1, 4), shape=(1, 25, 4))
    saved(frames(1, -1, 2))
    with pytest.raises(FeatureError, match=r"network\.onnx: has changed since it was checked; start again"):
        computed(feature_set)


def test_messages_of_onnxruntime_keep_the_reason_only():
    message = (
        "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Failed: /onnxruntime_src/core/x.cc:84 "
        "void onnxruntime::A::B(const onnxruntime::C&, bool) const size != 0\n was \x1b false"
    )
    assert one_line(RuntimeError(message)) == r"Failed: size != 0 was \x1b false"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("onnx:a+b.onnx", r"unknown feature set 'b\.onnx' in .*; rename a file with \+ in its name"),
        ("onnx:a,b.onnx", "join feature sets with .*; rename a file with a comma in its name"),
        ("onnx:a#b.onnx", "invalid option 'b.onnx' in .*; rename a file with # in its name"),
        ("functionalz+onnx:x.onnx", "unknown feature set 'functionalz'; did you mean 'functionals'"),
    ],
)
def test_file_names_with_separators_are_explained(text, reason):
    with pytest.raises(ConfigError, match=reason):
        features.parse(text)
