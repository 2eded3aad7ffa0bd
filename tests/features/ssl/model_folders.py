"""Folders of models whose files are written by hand, for everything that needs no torch."""

from __future__ import annotations

import json
from pathlib import Path

CONFIG = {
    "model_type": "wav2vec2",
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "conv_dim": [8, 8],
    "conv_kernel": [10, 3],
    "conv_stride": [5, 2],
}
PREPROCESSOR = {"feature_extractor_type": "Wav2Vec2FeatureExtractor", "sampling_rate": 16000, "do_normalize": True}
NORM = "encoder.layers.{}.final_layer_norm.weight"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def safetensors(shapes: dict[str, list[int]], **changes) -> bytes:
    """Return a safetensors file of zeros in float32; ``changes`` are entries of the header."""
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 4
        for n in shape:
            size *= n
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps({**header, **changes}).encode()
    return len(text).to_bytes(8, "little") + text + bytes(end)


def layer_shapes(depth: int = 3, width: int = 16, prefix: str = "") -> dict[str, list[int]]:
    """Return the shapes of the tensors that ser-bench compares with the configuration."""
    return {prefix + NORM.format(layer): [width] for layer in range(depth)}


def write_model(folder: Path, *, config=None, preprocessor=None, shapes=None) -> Path:
    """Write a folder with configuration, preprocessor and weights; the arguments replace single values."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({**CONFIG, **(config or {})}))
    (folder / "preprocessor_config.json").write_text(json.dumps({**PREPROCESSOR, **(preprocessor or {})}))
    (folder / "model.safetensors").write_bytes(safetensors(shapes or layer_shapes()))
    return folder


def write_hub_model(cache: Path, name: str, revision: str = "main", commit: str = COMMIT) -> Path:
    """Write a model into a cache as the hub's client does; return its snapshot."""
    folder = cache / f"models--{name.replace('/', '--')}"
    reference = folder / "refs" / revision
    reference.parent.mkdir(parents=True, exist_ok=True)
    reference.write_text(commit)
    return write_model(folder / "snapshots" / commit)
