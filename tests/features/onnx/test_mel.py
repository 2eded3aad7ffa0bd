"""Mel spectrograms, compared with librosa."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.features.onnx.description import Mel
from ser_bench.features.onnx.mel import mel_frames
from tests.features.feature_signals import voice

Y = voice(16000, 0.7)


def expected(mel: Mel, sr: int = 16000) -> np.ndarray:
    import librosa

    power = librosa.feature.melspectrogram(
        y=Y,
        sr=sr,
        n_fft=mel.n_fft,
        hop_length=mel.hop_length,
        win_length=mel.win_length,
        center=mel.center,
        pad_mode=mel.pad_mode,
        power=mel.power,
        n_mels=mel.n_mels,
        fmin=mel.fmin,
        fmax=mel.fmax,
        htk=mel.htk,
        norm="slaney" if mel.norm == "slaney" else None,
    ).T
    if mel.log == "none":
        return power
    if mel.log == "db":
        to_db = librosa.power_to_db if mel.power == 2 else librosa.amplitude_to_db
        amin = mel.floor if mel.power == 2 else np.sqrt(mel.floor**2)
        return to_db(power, ref=1.0, amin=amin, top_db=mel.range)
    return {"ln": np.log, "log10": np.log10}[mel.log](np.maximum(power, mel.floor))


@pytest.mark.parametrize(
    "terms",
    [
        {"log": "db"},
        {"log": "db", "range": 40.0},
        {"log": "db", "power": 1.0, "floor": 1e-5},
        {"log": "ln", "htk": True, "norm": "none", "fmin": 50.0, "fmax": 7000.0},
        {"log": "log10", "win_length": 400, "pad_mode": "reflect"},
        {"log": "none", "center": False, "win_length": 300},
    ],
    ids=str,
)
def test_frames_are_those_of_librosa(terms):
    mel = Mel(n_fft=512, hop_length=160, n_mels=40, **terms)
    frames = mel_frames(Y, 16000, mel)
    np.testing.assert_allclose(frames, expected(mel), rtol=2e-4, atol=2e-4)


def test_mean_and_deviation_are_those_of_each_band():
    plain = mel_frames(Y, 16000, Mel(n_fft=512, hop_length=160, n_mels=2, log="ln"))
    scaled = mel_frames(Y, 16000, Mel(n_fft=512, hop_length=160, n_mels=2, log="ln", mean=(1.0, 2.0), std=(3.0, 4.0)))
    np.testing.assert_allclose(scaled, (plain - [1, 2]) / [3, 4], rtol=1e-4, atol=1e-6)


def test_silence_is_finite():
    assert np.isfinite(
        mel_frames(np.zeros(8000, np.float32), 16000, Mel(n_fft=512, hop_length=160, n_mels=40, log="ln"))
    ).all()
