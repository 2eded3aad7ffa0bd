"""Frozen networks as ONNX files: what is refused, and that both compute the same values."""

from __future__ import annotations

import tomllib
from importlib.util import find_spec

import numpy as np
import pytest
from click.testing import CliRunner

from ser_bench.cli import cli
from ser_bench.core.errors import ConfigError, ExportError, MissingExtraError
from ser_bench.features.ssl import converting
from ser_bench.features.ssl.converting import convert
from tests.features.ssl.model_folders import write_model
from tests.features.ssl.test_description import WHISPER, WHISPER_INPUT
from tests.features.ssl.tiny_networks import NETWORKS, write_network

LIBRARIES = ("torch", "transformers", "onnx", "onnxruntime")
needs_libraries = pytest.mark.skipif(
    any(find_spec(name) is None for name in LIBRARIES),
    reason="needs torch, transformers and onnxruntime: pip install 'ser-bench[ssl,onnx]'",
)
WAVEFORM = [name for name in NETWORKS if name not in ("whisper", "wav2vec2-bert")]


def contents(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path):
    return write_model(tmp_path / "net")


@pytest.mark.parametrize(
    ("options", "output", "reason"),
    [
        ("", "net.bin", r"expected a file that ends in \.onnx"),
        ("#layers=all", "net.onnx", "holds one layer; name it with #layer=N"),
        ("#layer=9", "net.onnx", "no layer 9"),
    ],
)
def test_what_cannot_be_converted(folder, options, output, reason):
    with pytest.raises(ConfigError, match=reason):
        convert(f"{folder}{options}", folder.parent / output)
    assert contents(folder.parent) == ["net"]


def test_network_that_reads_a_spectrogram_is_refused(tmp_path):
    folder = write_model(tmp_path / "net", config=WHISPER, preprocessor=WHISPER_INPUT)
    with pytest.raises(ConfigError, match=r"\(Whisper encoder\) reads a spectrogram of transformers"):
        convert(str(folder), tmp_path / "net.onnx")


def test_network_that_is_too_large_is_refused(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(converting, "_LARGEST", 100)
    with pytest.raises(ConfigError, match="GB of weights; an ONNX file holds at most"):
        convert(str(folder), tmp_path / "net.onnx")


def test_description_that_the_user_wrote_is_not_replaced(folder, tmp_path):
    (tmp_path / "net.toml").write_text("sampling_rate = 16000")
    with pytest.raises(ConfigError, match=r"net\.toml exists, and ser-bench did not write it"):
        convert(str(folder), tmp_path / "net.onnx")


@pytest.mark.skipif(find_spec("torch") is not None, reason="tests the message without torch")
def test_missing_extra_is_named(folder, tmp_path):
    with pytest.raises(MissingExtraError, match=r"features --convert needs an extra: pip install 'ser-bench\[ssl\]'"):
        convert(str(folder), tmp_path / "net.onnx")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--convert", "net"], "belong together"),
        (["-o", "net.onnx"], "belong together"),
        (["mfcc", "--convert", "net", "-o", "net.onnx"], "takes no further name"),
    ],
)
def test_options_that_do_not_fit(words, reason):
    result = CliRunner().invoke(cli, ["features", *words])
    assert isinstance(result.exception, ConfigError)
    assert reason in str(result.exception)


@needs_libraries
@pytest.mark.parametrize("name", WAVEFORM)
def test_converted_network_computes_the_values_of_the_original(tmp_path, name):
    from ser_bench import features
    from ser_bench.features.analysis import Analysis

    folder = write_network(tmp_path / name, name)
    number = 1 if name in ("hubert", "wavlm") else 3
    written = convert(f"{folder}#layer={number}#pool=none", tmp_path / "out" / "converted.onnx")
    assert written.difference < 1e-4
    assert contents(tmp_path / "out") == ["converted.onnx", "converted.toml"]
    y = (0.1 * np.random.default_rng(1).standard_normal(30_000)).astype(np.float32)
    converted, original = (
        features.get(text).compute(Analysis(y, 16000))
        for text in (f"onnx:{tmp_path}/out/converted.onnx", f"ssl:{folder}#layer={number}#pool=none")
    )
    np.testing.assert_allclose(converted, original, atol=1e-3)


@needs_libraries
def test_description_states_what_is_known_of_the_network(tmp_path):
    folder = write_network(tmp_path / "private" / "hubert", "hubert")
    (folder / "ser-bench.toml").write_text(
        'corpora = ["librispeech"]\ncomplete = false\nunheard = ["demo"]\nlicence = "MIT"\nsource = "the paper"\n'
    )
    words = ["features", "--convert", f"ssl:{folder}", "-o", str(tmp_path / "h.onnx")]
    for _ in range(2):  # its own files are replaced
        result = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert "largest difference from" in result.output
    assert f"ser-bench run --features onnx:{tmp_path / 'h.onnx'}" in result.output
    text = (tmp_path / "h.toml").read_text(encoding="utf-8")
    assert "private" not in text
    assert tomllib.loads(text) == {
        "sampling_rate": 16000,
        "layout": "waveform",
        "normalize": False,
        "longest": 30.0,
        "pool": "mean-std",
        "licence": "MIT",
        "corpora": ["librispeech"],
        "complete": False,
        "unheard": ["demo"],
        "source": "ssl:hubert, HuBERT; the paper",
    }


@needs_libraries
def test_file_with_other_values_is_not_written(tmp_path, monkeypatch):
    import torch

    def spoil(encoder, layer):
        module = make(encoder, layer)
        module.register_forward_hook(lambda _, __, frames: frames * 1.01)
        return module

    make = converting._layer_module
    monkeypatch.setattr(converting, "_layer_module", spoil)
    folder = write_network(tmp_path / "wavlm", "wavlm")
    (tmp_path / "w.onnx").write_bytes(b"earlier")
    with pytest.raises(
        ExportError, match=r"other values on 0\.025 s of sound: they differ by 0\.01 .* nothing was written"
    ):
        convert(str(folder), tmp_path / "w.onnx")
    assert contents(tmp_path) == ["w.onnx", "wavlm"]
    assert (tmp_path / "w.onnx").read_bytes() == b"earlier"

    def fail(*_, **__):
        raise RuntimeError("no such operator\nmore")

    monkeypatch.setattr(torch.onnx, "export", fail)
    with pytest.raises(ExportError, match=r"torch cannot convert ssl:wavlm \(RuntimeError: no such operator\)$"):
        convert(str(folder), tmp_path / "w.onnx")
