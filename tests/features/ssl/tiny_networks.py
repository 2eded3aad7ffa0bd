"""Tiny random networks that transformers writes, one of each architecture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

LAYERS = 3
WIDTH = 16

_SMALL = {
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "intermediate_size": 20,
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 2,
}
_WAVEFORM = {**_SMALL, "conv_dim": [8] * 7, "num_feat_extract_layers": 7}
_CONFORMER = {**_WAVEFORM, "conv_depthwise_kernel_size": 5}
_WHISPER = {
    "d_model": WIDTH,
    "encoder_layers": LAYERS,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 20,
    "decoder_layers": 1,
    "decoder_attention_heads": 2,
    "decoder_ffn_dim": 20,
    "vocab_size": 50,
    **{f"{name}_token_id": 1 for name in ("pad", "bos", "eos", "decoder_start")},
}

NETWORKS: dict[str, tuple[str, str, dict[str, Any], str, dict[str, Any]]] = {
    "data2vec": ("Data2VecAudioConfig", "Data2VecAudioForCTC", _WAVEFORM, "Wav2Vec2FeatureExtractor", {}),
    "hubert": ("HubertConfig", "HubertModel", _WAVEFORM, "Wav2Vec2FeatureExtractor", {"do_normalize": False}),
    "sew": (
        "SEWConfig",
        "SEWModel",
        {**_SMALL, "conv_dim": [8] * 13, "num_feat_extract_layers": 13},
        "Wav2Vec2FeatureExtractor",
        {},
    ),
    "unispeech": ("UniSpeechConfig", "UniSpeechModel", _WAVEFORM, "Wav2Vec2FeatureExtractor", {}),
    "unispeech-sat": ("UniSpeechSatConfig", "UniSpeechSatModel", _WAVEFORM, "Wav2Vec2FeatureExtractor", {}),
    "wav2vec2": ("Wav2Vec2Config", "Wav2Vec2Model", _WAVEFORM, "Wav2Vec2FeatureExtractor", {}),
    "wav2vec2-large": (
        "Wav2Vec2Config",
        "Wav2Vec2ForSequenceClassification",
        {**_WAVEFORM, "do_stable_layer_norm": True, "feat_extract_norm": "layer", "conv_bias": True},
        "Wav2Vec2FeatureExtractor",
        {"return_attention_mask": True},
    ),
    "wav2vec2-8k": ("Wav2Vec2Config", "Wav2Vec2Model", _WAVEFORM, "Wav2Vec2FeatureExtractor", {"sampling_rate": 8000}),
    "wav2vec2-bert": (
        "Wav2Vec2BertConfig",
        "Wav2Vec2BertModel",
        {**_SMALL, "conv_depthwise_kernel_size": 5},
        "SeamlessM4TFeatureExtractor",
        {},
    ),
    "wav2vec2-conformer": (
        "Wav2Vec2ConformerConfig",
        "Wav2Vec2ConformerModel",
        _CONFORMER,
        "Wav2Vec2FeatureExtractor",
        {},
    ),
    "wav2vec2-rotary": (
        "Wav2Vec2ConformerConfig",
        "Wav2Vec2ConformerModel",
        {**_CONFORMER, "position_embeddings_type": "rotary"},
        "Wav2Vec2FeatureExtractor",
        {},
    ),
    "wavlm": ("WavLMConfig", "WavLMModel", _WAVEFORM, "Wav2Vec2FeatureExtractor", {}),
    "whisper": ("WhisperConfig", "WhisperForConditionalGeneration", _WHISPER, "WhisperFeatureExtractor", {}),
}
"""Configuration, model and front end of transformers, with their values."""


def write_network(
    folder: Path, name: str, *, change: Callable[[Any], None] | None = None, config=None, **saving
) -> Path:
    """Let transformers write a network of random weights; ``change`` receives the model first."""
    import torch
    import transformers
    from transformers.utils import logging

    logging.disable_progress_bar()
    config_class, model_class, values, extractor_class, extractor_values = NETWORKS[name]
    torch.manual_seed(0)
    model = getattr(transformers, model_class)(getattr(transformers, config_class)(**{**values, **(config or {})}))
    with torch.no_grad():
        for parameter in model.parameters():  # also those that start at 0 or 1
            parameter.add_(torch.randn_like(parameter) * 0.05)
        if change:
            change(model)
    model.eval().save_pretrained(folder, **saving)
    getattr(transformers, extractor_class)(**extractor_values).save_pretrained(folder)
    return folder


def reference(folder: Path, y, rate: int) -> list[Any]:
    """Return the hidden states of transformers' own loader and front end, of shape ``(t, width)`` each."""
    import torch
    import transformers

    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    inputs = dict(transformers.AutoFeatureExtractor.from_pretrained(folder)(y, sampling_rate=rate, return_tensors="pt"))
    if folder.name == "whisper":
        model = model.get_encoder()
    if folder.name not in ("wav2vec2-bert",):
        inputs.pop("attention_mask", None)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.no_grad():
        output = model(**inputs, output_hidden_states=True)
    torch.set_num_threads(threads)
    return [state[0].numpy() for state in (*output.hidden_states[:LAYERS], output.last_hidden_state)]
