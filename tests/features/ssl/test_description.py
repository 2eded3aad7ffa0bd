"""Configuration, preprocessor and weights, checked against each other without torch."""

from __future__ import annotations

import json

import pytest

from ser_bench.core.errors import ConfigError
from ser_bench.features.ssl.description import read_network
from ser_bench.features.ssl.locating import locate
from tests.features.ssl.model_folders import CONFIG, layer_shapes, safetensors, write_model

WHISPER = {
    "model_type": "whisper",
    "d_model": 16,
    "encoder_layers": 3,
    "num_mel_bins": 80,
    "max_source_positions": 1500,
}
WHISPER_INPUT = {"feature_size": 80, "hop_length": 160, "n_fft": 400, "chunk_length": 30}
BERT = {"model_type": "wav2vec2-bert", "feature_projection_input_dim": 160}
BERT_INPUT = {"feature_size": 80, "stride": 2}


def read(folder):
    return read_network(locate(str(folder)))


def test_sizes_are_known_without_torch(tmp_path):
    network = read(
        write_model(tmp_path / "net", shapes={**layer_shapes(prefix="wav2vec2."), "lm_head.weight": [9, 16]})
    )
    assert (network.width, network.depth, network.rate, network.prefix) == (16, 3, 16000, "wav2vec2.")
    assert network.parameters == 3 * 16
    assert (network.hop, network.shortest) == (10, 20)


def test_whisper_and_filterbank_front_ends(tmp_path):
    whisper = read(write_model(tmp_path / "w", config=WHISPER, preprocessor=WHISPER_INPUT))
    bert = read(write_model(tmp_path / "b", config=BERT, preprocessor=BERT_INPUT))
    assert (whisper.width, whisper.depth, whisper.hop) == (16, 3, 320)
    assert (bert.hop, bert.shortest) == (320, 560)


def test_adapter_of_a_task_is_left_out(tmp_path):
    assert read(write_model(tmp_path / "net", config={"add_adapter": True})).config["add_adapter"] is False


def test_processor_file_of_recent_versions_is_read(tmp_path):
    folder = write_model(tmp_path / "net")
    values = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(ConfigError, match=r"has no preprocessor_config.json, which states sampling rate"):
        read(folder)
    (folder / "processor_config.json").write_text(json.dumps({"feature_extractor": values}))
    assert "processor_config.json" in read(folder).files


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"model_type": "bert"}, "model_type 'bert'.*known: data2vec-audio"),
        ({"model_type": ["wavlm"]}, "model_type"),
        ({"model_type": None}, "model_type"),
        ({"auto_map": {"AutoModel": "code.Net"}}, "needs code of the model's repository"),
        ({"quantization_config": {"bits": 4}}, "quantised"),
        ({"hidden_size": 10**9}, "invalid hidden_size .* from 1 to 16384, got 1000000000"),
        ({"hidden_size": "16"}, "invalid hidden_size"),
        ({"hidden_size": True}, "invalid hidden_size"),
        ({"hidden_size": 32}, r"layers of \(16,\), but config.json states 32"),
        ({"num_hidden_layers": 2}, "have 3 layers, but config.json states 2"),
        ({"num_hidden_layers": 0}, "invalid num_hidden_layers"),
        ({"intermediate_size": 10**12}, "invalid intermediate_size .* too large"),
        ({"layer_norm_eps": 1e300}, "invalid layer_norm_eps"),
        ({"layer_norm_eps": "small"}, "invalid layer_norm_eps .* expected a number, got 'small'"),
        ({"layer_norm_eps": None}, "invalid layer_norm_eps"),
        ({"hidden_act": 3}, "invalid hidden_act .* expected a name, got '3'"),
        ({"anything": [[[[[[1]]]]]]}, "invalid anything"),
        ({"tdnn_dim": [1] * 5000}, "invalid tdnn_dim"),
        ({"max_source_positions": 10**6}, "invalid max_source_positions"),
        ({"conv_stride": [5]}, "one length"),
        ({"conv_stride": [0, 2]}, "invalid conv_stride"),
        ({"conv_stride": "52"}, "invalid conv_stride"),
        ({"conv_kernel": None}, "invalid conv_kernel"),
        ({"conv_stride": [256, 256]}, "at most a second"),
    ],
)
def test_configuration_that_cannot_be_run(tmp_path, config, reason):
    with pytest.raises(ConfigError, match=reason):
        read(write_model(tmp_path / "net", config=config))


@pytest.mark.parametrize(
    ("config", "preprocessor", "reason"),
    [
        ({}, {"sampling_rate": 10}, "invalid sampling_rate"),
        ({}, {"sampling_rate": None}, "invalid sampling_rate .* got nothing"),
        ({}, {"do_normalize": "yes"}, "invalid do_normalize"),
        ({}, {"padding_value": 1e99}, "invalid padding_value"),
        (WHISPER, {**WHISPER_INPUT, "feature_size": 128}, "num_mel_bins is 80, expected 128"),
        (WHISPER, {**WHISPER_INPUT, "chunk_length": 20}, "max_source_positions is 1500, expected 1000"),
        (WHISPER, {**WHISPER_INPUT, "dither": 0.1}, "random noise"),
        (WHISPER, {**WHISPER_INPUT, "n_fft": 10**6}, "invalid n_fft"),
        (WHISPER, {}, "invalid feature_size"),
        (BERT, {**BERT_INPUT, "feature_size": 40}, "feature_projection_input_dim is 160, expected 80"),
    ],
)
def test_preprocessor_that_contradicts_the_network(tmp_path, config, preprocessor, reason):
    with pytest.raises(ConfigError, match=reason):
        read(write_model(tmp_path / "net", config=config, preprocessor=preprocessor))


@pytest.mark.parametrize(
    ("shapes", "reason"),
    [
        ({"decoder.layers.0.final_layer_norm.weight": [16]}, "have no encoder"),
        ({**layer_shapes(prefix="a."), **layer_shapes(prefix="b.")}, "have 2 encoders"),
        ({**layer_shapes(2), **{"encoder.layers.7.final_layer_norm.weight": [16]}}, "have 3 layers"),
    ],
)
def test_weights_that_are_not_those_of_the_configuration(tmp_path, shapes, reason):
    with pytest.raises(ConfigError, match=reason):
        read(write_model(tmp_path / "net", shapes=shapes))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b"[" * 100_000, b'{"a":"' + b"x" * 3_000_000])
def test_file_that_is_no_table(tmp_path, content):
    folder = write_model(tmp_path / "net")
    (folder / "config.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"invalid .*config.json|differ"):
        read(folder)


def test_adapter_folder_and_missing_configuration(tmp_path):
    folder = write_model(tmp_path / "net")
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(ConfigError, match="is an adapter"):
        read(folder)
    (folder / "config.json").unlink()
    with pytest.raises(ConfigError, match=r"has no config.json; put config.json into"):
        read(folder)


def test_truncated_weights_are_refused_when_the_run_is_planned(tmp_path):
    folder = write_model(tmp_path / "net")
    (folder / "model.safetensors").write_bytes(safetensors(layer_shapes())[:-4])
    with pytest.raises(ConfigError, match="fetch the file again"):
        read(folder)
    assert CONFIG["num_hidden_layers"] == 3
