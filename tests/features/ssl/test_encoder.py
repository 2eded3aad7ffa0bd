"""The values of frozen networks, compared with transformers' own loader on tiny random models."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import numpy as np
import pytest

REASON = "needs torch and transformers: pip install 'ser-bench[ssl]'"
torch = pytest.importorskip("torch", reason=REASON)
transformers = pytest.importorskip("transformers", reason=REASON)

from ser_bench import features  # noqa: E402
from ser_bench.core.errors import FeatureError  # noqa: E402
from ser_bench.features.analysis import Analysis  # noqa: E402
from ser_bench.features.ssl import encoder, extraction  # noqa: E402
from tests.features.feature_signals import hard  # noqa: E402
from tests.features.ssl.model_folders import write_hub_model  # noqa: E402
from tests.features.ssl.tiny_networks import LAYERS, NETWORKS, WIDTH, reference, write_network  # noqa: E402

RNG = np.random.default_rng(3)
CLIP = (0.1 * RNG.standard_normal(2 * 16000 + 333)).astype(np.float32)


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """The folder of each tiny network."""
    root = tmp_path_factory.mktemp("networks")
    return {name: write_network(root / name, name) for name in NETWORKS}


def values(name: str, y=CLIP, sr: int = 16000) -> np.ndarray:
    return features.get(name).compute(Analysis(y, sr))


def layer(folder, number: int, y=CLIP, sr: int = 16000) -> np.ndarray:
    return values(f"ssl:{folder}#layer={number}#pool=none", y, sr)


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_are_the_hidden_states_of_transformers(folders, name):
    rate = 8000 if name.endswith("8k") else 16000
    states = reference(folders[name], CLIP, rate)
    for number, state in enumerate(states):
        frames = layer(folders[name], number, CLIP, rate)
        assert frames.dtype == np.float32
        np.testing.assert_allclose(frames, state[: len(frames)], rtol=0, atol=3e-5)
        assert len(frames) == (len(state) if name != "whisper" else -(-len(CLIP) // 320))


def test_clip_is_resampled_to_the_rate_of_the_preprocessor(folders):
    from ser_bench.audio.resample import resample

    y = np.repeat(CLIP, 3)
    for name, rate in (("wavlm", 16000), ("wav2vec2-8k", 8000)):
        assert np.array_equal(
            layer(folders[name], 2, y, 48000), layer(folders[name], 2, resample(y, 48000, rate), rate)
        )


def test_level_matters_only_without_normalisation(folders):
    normalised, raw = (
        [layer(folders[name], LAYERS, gain * CLIP) for gain in (1.0, 0.5)] for name in ("wav2vec2", "hubert")
    )
    np.testing.assert_allclose(*normalised, atol=1e-4)
    assert np.abs(raw[0] - raw[1]).max() > 1e-3


@pytest.mark.parametrize(("pooling", "count"), [("mean", 1), ("mean-std", 2), ("percentiles", 3)])
def test_all_layers_are_pooled_one_after_another(folders, pooling, count):
    feature_set = features.get(f"ssl:{folders['wavlm']}#layers=all#pool={pooling}")
    vector = feature_set.compute(Analysis(CLIP, 16000))
    assert vector.shape == (feature_set.dimension,) == ((LAYERS + 1) * count * WIDTH,)
    blocks = np.split(vector, feature_set.blocks)
    for number, block in enumerate(blocks):
        frames = layer(folders["wavlm"], number).astype(np.float64)
        first = np.percentile(frames, 10, axis=0) if pooling == "percentiles" else frames.mean(axis=0)
        np.testing.assert_allclose(block[:WIDTH], first, atol=1e-6)
        assert np.array_equal(values(f"ssl:{folders['wavlm']}#layer={number}#pool={pooling}"), block)


def test_frames_of_all_layers_stand_side_by_side(folders):
    frames = values(f"ssl:{folders['hubert']}#layers=all#pool=none")
    assert np.array_equal(frames, np.hstack([layer(folders["hubert"], number) for number in range(LAYERS + 1)]))


@pytest.mark.parametrize(
    ("saving", "change"),
    [({}, lambda model: model.half()), ({"max_shard_size": "5KB"}, None)],
    ids=["half precision", "shards"],
)
def test_weights_in_half_precision_and_in_several_files(tmp_path, saving, change):
    folder = write_network(tmp_path / "wavlm", "wavlm", change=change, **saving)
    assert (folder / "model.safetensors.index.json").exists() == bool(saving)
    frames = layer(folder, LAYERS)
    reloaded = transformers.AutoModel.from_pretrained(folder).float().eval()
    inputs = transformers.AutoFeatureExtractor.from_pretrained(folder)(CLIP, sampling_rate=16000, return_tensors="pt")
    with torch.no_grad():
        state = reloaded(**inputs).last_hidden_state[0].numpy()
    np.testing.assert_allclose(frames, state, rtol=0, atol=3e-5)


def resave(folder, change):
    """Change the tensors of a folder."""
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path)
    return folder


def test_names_of_older_versions_of_torch_are_read(tmp_path, folders):
    older = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}

    def rename(tensors):
        named = {}
        for name, tensor in tensors.items():
            new = next((name.replace(end, short) for end, short in older.items() if name.endswith(end)), name)
            named[new] = tensor
        assert set(named) != set(tensors)
        return named

    folder = resave(write_network(tmp_path / "hubert", "hubert"), rename)
    assert np.array_equal(layer(folder, LAYERS), layer(folders["hubert"], LAYERS))


def test_missing_and_misshapen_tensors_are_errors_and_nothing_is_random(tmp_path):
    folder = resave(
        write_network(tmp_path / "a", "wav2vec2"),
        lambda tensors: {name: t for name, t in tensors.items() if "layers.1.attention.k_proj.bias" not in name},
    )
    with pytest.raises(FeatureError, match=r"the weights lack encoder\.layers\.1\.attention\.k_proj\.bias"):
        layer(folder, 1)
    folder = resave(
        write_network(tmp_path / "b", "wav2vec2"),
        lambda tensors: {n: t[:3].clone() if n.endswith("k_proj.bias") else t for n, t in tensors.items()},
    )
    with pytest.raises(FeatureError, match=r"k_proj\.bias has shape \(3,\) in the weights, but config.json .* \(16,\)"):
        layer(folder, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"num_attention_heads": 3},
        {"hidden_act": "no such function"},
        {"intermediate_size": 10_000_000},
        {"num_conv_pos_embedding_groups": 0},
    ],
    ids=str,
)
def test_configuration_that_transformers_refuses_is_one_line(tmp_path, change):
    folder = write_network(tmp_path / "net", "wav2vec2")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(FeatureError, match=r"config\.json") as error:
        layer(folder, 1)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_network_with_values_that_are_not_finite_fails_on_the_clip(tmp_path):
    def spoil(model):
        model.encoder.layers[1].final_layer_norm.bias[0] = float("nan")

    folder = write_network(tmp_path / "net", "wav2vec2", change=spoil)
    with pytest.raises(FeatureError, match=r"wav2vec 2\.0 computed values that are not finite"):
        layer(folder, 3)


@pytest.mark.parametrize("name", NETWORKS)
def test_shortest_clip_gives_frames_and_a_shorter_one_says_so(folders, name):
    network = extraction.read_network(extraction.ModelFolder(folders[name], name))
    number = LAYERS if name == "sew" else 1
    assert len(layer(folders[name], number, CLIP[: network.shortest], network.rate)) >= 1
    with pytest.raises(FeatureError, match=rf"{network.shortest - 1} samples .* at least {network.shortest} \("):
        layer(folders[name], number, CLIP[: network.shortest - 1], network.rate)


@pytest.mark.parametrize("signal", hard())
def test_values_are_finite_for_any_sound(folders, signal):
    y, sr = hard()[signal]
    for name in ("wavlm", "wav2vec2-bert", "whisper"):
        try:
            vector = values(f"ssl:{folders[name]}#layers=all", y, sr)
        except FeatureError as error:
            assert "needs at least" in str(error)
        else:
            assert np.isfinite(vector).all()


def test_long_clip_is_cut_into_equal_parts(folders, monkeypatch):
    monkeypatch.setattr(encoder, "WINDOW_SECONDS", 1)
    network = encoder.Encoder(extraction.read_network(extraction.ModelFolder(folders["hubert"], "hubert")))
    expected = [network.frames(part, (LAYERS,))[0] for part in np.array_split(CLIP, 3)]
    np.testing.assert_allclose(network.frames(CLIP, (LAYERS,))[0], np.concatenate(expected), atol=1e-6)


def test_values_do_not_depend_on_threads_or_on_other_clips(folders):
    before = torch.get_num_threads()
    computed = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            values(f"ssl:{folders['wavlm']}", CLIP[:9000] * threads)
            computed.append(values(f"ssl:{folders['wavlm']}#layers=all"))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(*computed)


def test_network_computes_on_one_thread(folders, monkeypatch):
    threads = []
    network = extraction.read_network(extraction.ModelFolder(folders["wavlm"], "wavlm"))
    running = encoder.Encoder(network)
    running.model.register_forward_hook(lambda *_: threads.append(torch.get_num_threads()))
    running.frames(CLIP, (0,))
    assert threads == [1]
    assert not running.model.training
    assert not any(parameter.requires_grad for parameter in running.model.parameters())


def test_process_opens_a_network_once(folders, monkeypatch):
    opened = []
    monkeypatch.setattr(extraction, "_ENCODERS", {})
    monkeypatch.setattr(encoder, "Encoder", lambda network: opened.append(network) or Fake(network))
    for options in ("", "#layer=1", "#pool=mean"):
        values(f"ssl:{folders['wavlm']}{options}")
    values(f"ssl:{folders['hubert']}")
    assert [network.model_type for network in opened] == ["wavlm", "hubert"]


class Fake:
    """An encoder whose layers are zeros."""

    def __init__(self, network):
        self.network = network

    def frames(self, y, layers):
        return [np.zeros((5, WIDTH), np.float32) for _ in layers]


def test_files_that_changed_after_the_plan_are_refused(tmp_path, monkeypatch):
    folder = write_network(tmp_path / "net", "wav2vec2")
    feature_set = features.get(f"ssl:{folder}")
    write_network(tmp_path / "net", "wav2vec2", change=lambda model: model.encoder.layer_norm.bias.add_(1))
    for _ in range(2):
        with pytest.raises(FeatureError, match="the files of net changed after the run began"):
            feature_set.compute(Analysis(CLIP, 16000))
        monkeypatch.setattr(extraction, "read_network", None)  # the second clip reads nothing


def test_model_of_the_cache_is_computed_without_a_connection(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    folder = write_network(write_hub_model(tmp_path, "org/net"), "wavlm")

    def refuse(*_):
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert np.array_equal(values("ssl:org/net#layer=2#pool=none"), layer(folder, 2))


def test_planning_imports_neither_torch_nor_numpy(folders):
    code = (
        "import sys; from ser_bench import features; "
        f"features.parse('ssl:{folders['wavlm'].as_posix()}#layers=all'); "
        "print(*(name for name in ('torch', 'transformers', 'numpy') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
