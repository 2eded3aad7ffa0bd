"""Mel spectrograms; tests/features/test_classic.py compares them with librosa."""

from __future__ import annotations

import numpy as np

from ser_bench.features.onnx.description import Mel
from ser_bench.features.onnx.mel import mel_frames
from tests.features.feature_signals import voice

Y = voice(16000, 0.7)


def test_mean_and_deviation_are_those_of_each_band():
    plain = mel_frames(Y, 16000, Mel(n_fft=512, hop_length=160, n_mels=2, log="ln"))
    scaled = mel_frames(Y, 16000, Mel(n_fft=512, hop_length=160, n_mels=2, log="ln", mean=(1.0, 2.0), std=(3.0, 4.0)))
    np.testing.assert_allclose(scaled, (plain - [1, 2]) / [3, 4], rtol=1e-4, atol=1e-6)


def test_silence_is_finite():
    assert np.isfinite(
        mel_frames(np.zeros(8000, np.float32), 16000, Mel(n_fft=512, hop_length=160, n_mels=40, log="ln"))
    ).all()
