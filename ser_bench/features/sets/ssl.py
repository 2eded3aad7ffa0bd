"""Frozen speech networks: wav2vec 2.0, HuBERT, WavLM, Whisper and others, from a folder or the hub's cache."""

from __future__ import annotations

from ser_bench.features.base import FeatureSet, FeatureSetFamily

_EXAMPLE = """\
Options follow the name in any order: ssl:NAME#layer=9#pool=mean

#layer=N            one layer, 0 the input of the first [default: the last]
#layers=all         every layer
#pool=mean-std      mean and standard deviation over the frames [default]
#pool=mean          the mean alone
#pool=percentiles   the 10th, 50th and 90th percentile
#pool=none          the frames, for models that take sequences

Without torch: ser-bench features --convert NAME -o FILE.onnx"""


def _resolve(text: str) -> FeatureSet:
    """Return the set of a model."""
    from ser_bench.features.ssl.resolving import resolve

    return resolve(text)


FEATURE_SET_FAMILY = FeatureSetFamily(
    name="ssl",
    form="ssl:NAME_OR_FOLDER",
    summary="the layers of a frozen speech network: wav2vec 2.0, HuBERT, WavLM, data2vec, Whisper and others",
    source="transformers, from a folder or the local cache of the Hugging Face hub; nothing is downloaded",
    resolve=_resolve,
    needs=("torch", "transformers", "safetensors"),
    extra="ssl",
    licence="the network's",
    example=_EXAMPLE,
)
