"""The architectures of transformers that ser-bench runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Architecture:
    """An encoder of speech.

    Parameters
    ----------
    title : str
        The name that its authors use.
    model_class : str
        The class of transformers.
    front_end : {'waveform', 'whisper', 'filterbank'}
        What the network reads: samples, Whisper's log-mel spectrogram of 30 s, or Kaldi's filter bank.
    width, depth : str
        The keys of config.json that hold the size of a frame and the number of layers.
    """

    title: str
    model_class: str
    front_end: Literal["waveform", "whisper", "filterbank"] = "waveform"
    width: str = "hidden_size"
    depth: str = "num_hidden_layers"


ARCHITECTURES: Mapping[str, Architecture] = {
    "data2vec-audio": Architecture("data2vec", "Data2VecAudioModel"),
    "hubert": Architecture("HuBERT", "HubertModel"),
    "sew": Architecture("SEW", "SEWModel"),
    "unispeech": Architecture("UniSpeech", "UniSpeechModel"),
    "unispeech-sat": Architecture("UniSpeech-SAT", "UniSpeechSatModel"),
    "wav2vec2": Architecture("wav2vec 2.0", "Wav2Vec2Model"),
    "wav2vec2-bert": Architecture("w2v-BERT 2.0", "Wav2Vec2BertModel", "filterbank"),
    "wav2vec2-conformer": Architecture("wav2vec 2.0 Conformer", "Wav2Vec2ConformerModel"),
    "wavlm": Architecture("WavLM", "WavLMModel"),
    "whisper": Architecture("Whisper encoder", "WhisperEncoder", "whisper", "d_model", "encoder_layers"),
}
"""The architectures by their ``model_type`` in config.json."""
