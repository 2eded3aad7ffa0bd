"""Values of chains of networks: equal to numpy, independent of neighbours, and a reason for clips that do not fit."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from ser_bench import features
from ser_bench.core.errors import FeatureError
from ser_bench.features.analysis import Analysis
from tests.features.feature_signals import voice
from tests.features.networks import (
    MEL,
    WAVEFORM,
    helper,
    logarithm,
    mel_to_vector,
    model,
    saved,
    waveform_to_bands,
    waveform_to_frames,
    waveform_to_vector,
    weights,
)

pytestmark = pytest.mark.usefixtures("probed_here")

RATE = 16000
Y = voice(RATE, 1.0)


def values(name: str, y=Y, sr=RATE):
    feature_set = features.get(name)
    return features.compute([feature_set], y, sr)[feature_set.name]


def energies(y):
    """Return what the filters of the tiny networks give, computed with numpy: shape ``(t, 4)``."""
    frames = np.lib.stride_tricks.sliding_window_view(y, 400)[::160]
    return np.abs(frames @ (weights(4, 1, 400)[:, 0] / 20).T)


def test_frames_of_a_waveform(tmp_path):
    frames = values(saved(tmp_path, waveform_to_frames(), WAVEFORM + 'pool = "none"'))
    np.testing.assert_allclose(frames, energies(Y), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("network", [waveform_to_frames, waveform_to_bands], ids=["time first", "time last"])
def test_mean_and_deviation_are_the_default(tmp_path, network):
    expected = energies(Y)
    pooled = values(saved(tmp_path, network()))
    np.testing.assert_allclose(pooled, [*expected.mean(axis=0), *expected.std(axis=0)], rtol=1e-4)


def test_a_vector_needs_no_pooling(tmp_path):
    name = saved(tmp_path, waveform_to_vector())
    np.testing.assert_allclose(values(name), energies(Y).mean(axis=0), rtol=1e-4)
    assert features.get(name).columns == ("tiny_0", "tiny_1", "tiny_2", "tiny_3")


def test_scale_offset_and_resampling(tmp_path):
    name = saved(tmp_path, waveform_to_vector(), WAVEFORM + "scale = 2\noffset = 0.5")
    np.testing.assert_allclose(values(name), energies(2 * Y + np.float32(0.5)).mean(axis=0), rtol=1e-4)
    y = voice(48000, 1.0)
    name = saved(tmp_path, waveform_to_vector(), name="other")
    from ser_bench.audio.resample import resample

    np.testing.assert_allclose(values(name, y, 48000), energies(resample(y, 48000, RATE)).mean(axis=0), rtol=1e-4)


def test_normalize_gives_zero_mean_and_unit_variance(tmp_path):
    plain, scaled = (
        values(saved(tmp_path, waveform_to_vector(), WAVEFORM + "normalize = true"), y) for y in (Y, 3 * Y + 0.1)
    )
    np.testing.assert_allclose(plain, scaled, rtol=1e-3)
    np.testing.assert_allclose(plain, energies((Y - Y.mean()) / Y.std()).mean(axis=0), rtol=1e-3)


def test_a_mel_spectrogram_of_the_normalized_waveform(tmp_path):
    name = saved(tmp_path, mel_to_vector("frames"), "normalize = true\n" + MEL)
    np.testing.assert_allclose(values(name, 0.3 * Y), values(name), rtol=1e-2)


def test_silence_is_added_after_the_waveform_is_normalized(tmp_path):
    name = saved(tmp_path, waveform_to_frames(16000), WAVEFORM + 'normalize = true\nshort = "pad"')
    y = Y[:8000]
    scaled = saved(tmp_path, waveform_to_frames(16000), WAVEFORM, "plain")
    np.testing.assert_allclose(values(name, y), values(scaled, np.pad((y - y.mean()) / y.std(), (0, 8000))), rtol=1e-3)


def test_windows_of_a_waveform(tmp_path):
    name = saved(tmp_path, waveform_to_vector(), WAVEFORM + 'pool = "none"\nwindow = 4000\nhop = 1000')
    expected = [energies(Y[start : start + 4000]).mean(axis=0) for start in range(0, len(Y) - 3999, 1000)]
    np.testing.assert_allclose(values(name), expected, rtol=1e-4)


def test_windows_of_a_static_size_follow_each_other(tmp_path):
    name = saved(tmp_path, waveform_to_frames(5000), WAVEFORM + 'pool = "none"')
    expected = np.concatenate([energies(Y[start : start + 5000]) for start in (0, 5000, 10000)])
    np.testing.assert_allclose(values(name), expected, rtol=1e-4, atol=1e-6)


def test_mel_frames_in_windows_of_the_graph(tmp_path):
    from ser_bench.features.onnx.description import Mel
    from ser_bench.features.onnx.mel import mel_frames

    name = saved(tmp_path, mel_to_vector(), MEL)
    frames = mel_frames(Y, RATE, Mel(n_fft=512, hop_length=160, n_mels=40, log="ln"))
    expected = np.array([frames[start : start + 50].mean(axis=0) @ weights(40, 3) for start in (0, 50)])
    np.testing.assert_allclose(values(name), [*expected.mean(axis=0), *expected.std(axis=0)], rtol=1e-3)


def test_a_chain_of_two_networks(tmp_path):
    saved(tmp_path, waveform_to_frames(), None, "first")
    saved(tmp_path, mel_to_vector(20, 4), None, "second")
    toml = f'{WAVEFORM}pool = "none"\n[[network]]\nfile = "first.onnx"\n[[network]]\nfile = "second.onnx"\nscale = 10\n'
    (tmp_path / "chain.toml").write_text(toml + "hop = 5")
    expected = energies(Y) * 10
    expected = [expected[k : k + 20].mean(axis=0) @ weights(4, 3) for k in range(0, len(expected) - 19, 5)]
    np.testing.assert_allclose(values(f"onnx:{tmp_path}/chain.toml"), expected, rtol=1e-3)


def test_an_intermediate_tensor(tmp_path):
    name = saved(tmp_path, waveform_to_vector(), WAVEFORM + 'pool = "none"\noutput = "filtered"')
    np.testing.assert_allclose(values(name), energies(Y), rtol=1e-4, atol=1e-6)


def test_stated_axes_join_what_they_name(tmp_path):
    toml = WAVEFORM + 'window = 400\noutput = "filtered"\noutput_axes = ["batch", "time", "features"]\npool = "mean"'
    pooled = values(saved(tmp_path, waveform_to_vector(), toml), Y[:400])
    np.testing.assert_allclose(pooled, energies(Y[:400]).mean(axis=1), rtol=1e-4)


def test_parts_of_a_long_clip_are_joined(tmp_path):
    y = np.concatenate([Y, 0.5 * Y, 0.1 * Y[:8000]])
    name = saved(tmp_path, waveform_to_frames(), WAVEFORM + 'longest = 1\npool = "none"')
    expected = np.concatenate([energies(part) for part in np.array_split(y, 3)])
    np.testing.assert_allclose(values(name, y), expected, rtol=1e-4, atol=1e-6)


def test_many_windows_have_the_values_of_each_alone(tmp_path):
    name = saved(tmp_path, waveform_to_vector(), WAVEFORM + 'window = 1600\nhop = 100\npool = "none"')
    together = values(name)
    assert len(together) > 100
    for k in (0, 15, 16, 77, 144):
        assert np.array_equal(values(name, Y[100 * k : 100 * k + 1600]), together[[k]])


def test_one_number_for_each_window(tmp_path):
    nodes = [helper.make_node("ReduceMean", ["x"], ["y"], axes=[1], keepdims=0)]
    name = saved(tmp_path, model(nodes, ("batch", "samples"), ("batch",)), WAVEFORM + 'window = 800\npool = "none"')
    np.testing.assert_allclose(values(name), Y.reshape(-1, 800).mean(axis=1)[:, None], atol=1e-6)


def test_a_network_that_takes_one_window_at_a_time(tmp_path):
    nodes = [
        helper.make_node("Reshape", ["x", "shape"], ["parts"]),
        helper.make_node("ReduceMean", ["parts"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["y"]),
    ]
    network = model(nodes, ("batch", 800), ("batch", 4), shape=np.array([4, 200]), axis=np.array([0]))
    frames = values(saved(tmp_path, network, WAVEFORM + 'pool = "none"'))
    np.testing.assert_allclose(frames, Y.reshape(-1, 4, 200).mean(axis=2), atol=1e-6)


def test_a_set_survives_pickling_and_is_small(tmp_path):
    feature_set = features.get(saved(tmp_path, waveform_to_frames()))
    content = pickle.dumps(feature_set)
    assert len(content) < 4000
    assert np.array_equal(pickle.loads(content).compute(Analysis(Y, RATE)), feature_set.compute(Analysis(Y, RATE)))


def test_silence_is_trimmed_if_asked(tmp_path):
    y = np.concatenate([np.zeros(RATE, np.float32), Y])
    name = saved(tmp_path, waveform_to_vector())
    expected = energies(Analysis(y, RATE).speech).mean(axis=0)
    np.testing.assert_allclose(values(f"{name}#trim=true", y), expected, rtol=1e-4)
    assert not np.allclose(values(name, y), expected, rtol=0.1)


def refusal(name, y=Y):
    with pytest.raises(FeatureError) as caught:
        values(name, y)
    message = str(caught.value)
    assert "\n" not in message
    assert "/tmp" not in message
    return message


def test_a_clip_shorter_than_a_window_is_refused(tmp_path):
    name = saved(tmp_path, waveform_to_frames(16000))
    assert refusal(name, Y[:8000]) == (
        "the clip is shorter than a window of tiny.onnx: 8,000 of 16,000 samples; pad such clips with #short=pad"
    )
    padded = values(f"{name}#short=pad", Y[:8000])
    assert np.array_equal(padded, values(name, np.pad(Y[:8000], (0, 8000))))


def test_mel_frames_of_a_short_clip_are_those_of_added_silence(tmp_path):
    name = saved(tmp_path, mel_to_vector(), MEL)
    assert "26 of 50 frames" in refusal(name, Y[:4000])
    assert np.array_equal(values(f"{name}#short=pad", Y[:4000]), values(name, np.pad(Y[:4000], (0, 3841))))


def test_frames_of_a_short_clip_repeat_the_last_one(tmp_path):
    saved(tmp_path, waveform_to_frames(), None, "first")
    saved(tmp_path, mel_to_vector(200, 4), None, "second")
    toml = f'{WAVEFORM}pool = "none"\n[[network]]\nfile = "first.onnx"\n[[network]]\nfile = "second.onnx"\n'
    (tmp_path / "chain.toml").write_text(toml)
    assert "98 of 200 frames" in refusal(f"onnx:{tmp_path}/chain.toml")
    expected = np.pad(energies(Y), ((0, 102), (0, 0)), mode="edge").mean(axis=0) @ weights(4, 3)
    np.testing.assert_allclose(values(f"onnx:{tmp_path}/chain.toml#short=pad"), [expected], rtol=1e-3)


def test_values_that_are_not_finite_are_refused(tmp_path):
    assert refusal(saved(tmp_path, logarithm())) == "tiny.onnx returns values for the clip that are not finite"


def test_a_clip_that_the_network_cannot_take_is_refused(tmp_path):
    assert refusal(saved(tmp_path, waveform_to_frames()), Y[:100]).startswith("tiny.onnx ")


def test_a_file_that_changed_is_refused(tmp_path):
    name = saved(tmp_path, waveform_to_frames())
    feature_set = features.get(name)
    saved(tmp_path, waveform_to_bands())
    with pytest.raises(FeatureError, match=r"tiny.onnx: has changed"):
        feature_set.compute(Analysis(Y, RATE))
