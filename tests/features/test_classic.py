"""The sets that equal librosa, and mel spectrograms for networks, compared with librosa."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.features import FEATURE_SETS, compute, filterbanks
from ser_bench.features.analysis import Analysis
from tests.features.feature_signals import padded, voice

NAMES = ("mfcc", "chroma", "mel", "contrast", "tonnetz")


def librosa_values(y: np.ndarray, sr: int) -> dict[str, np.ndarray]:
    import librosa

    magnitude = np.abs(librosa.stft(y))
    frames = {
        "mfcc": librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40),
        "chroma": librosa.feature.chroma_stft(S=magnitude, sr=sr),
        "mel": librosa.feature.melspectrogram(y=y, sr=sr),
        "contrast": librosa.feature.spectral_contrast(S=magnitude, sr=sr),
        "tonnetz": librosa.feature.tonnetz(y=librosa.effects.harmonic(y), sr=sr),
    }
    return {name: values.mean(axis=1) for name, values in frames.items()}


@pytest.mark.filterwarnings("ignore::UserWarning")  # librosa's own, on short clips
@pytest.mark.parametrize(
    ("sr", "seconds", "silence"),
    [(48000, 0.5, 0.2), (22050, 0.5, 0.2), (16000, 0.2, 0.0)]
    + [pytest.param(*rest, marks=pytest.mark.slow) for rest in ((44100, 0.4, 0.0), (16000, 0.7, 0.2))],
)
def test_classic_sets_equal_librosa(sr, seconds, silence):
    y = padded(voice(sr, seconds), sr, silence)
    values = compute([FEATURE_SETS[name] for name in NAMES], y, sr)
    for name, expected in librosa_values(y, sr).items():
        np.testing.assert_allclose(values[name], expected, atol=2e-4 * np.abs(expected).mean(), rtol=2e-4, err_msg=name)


@pytest.mark.parametrize("sr", [16000, 48000])
def test_mel_bank_equals_librosa(sr):
    import librosa

    expected = librosa.filters.mel(sr=sr, n_fft=2048)
    np.testing.assert_allclose(filterbanks.mel_of_equal_area(float(sr), 2048), expected, atol=1e-8)


@pytest.mark.parametrize("deviation", [-0.5, 0.0, 0.31])
def test_chroma_bank_equals_librosa(deviation):
    import librosa

    from ser_bench.features.librosa_compat.chroma import chroma_bank

    expected = librosa.filters.chroma(sr=22050, n_fft=2048, tuning=deviation)
    np.testing.assert_allclose(chroma_bank(22050.0, deviation), expected, atol=1e-7)


@pytest.mark.parametrize("bins_per_octave", [12, 36])
def test_tuning_equals_librosa(bins_per_octave):
    import librosa

    from ser_bench.features.librosa_compat import pitch_tuning

    y = voice(22050, 1.0, hz=231.0)
    expected = librosa.estimate_tuning(y=y, sr=22050, bins_per_octave=bins_per_octave)
    assert pitch_tuning.estimate(Analysis(y, 22050).magnitude, 22050, bins_per_octave) == pytest.approx(expected)


def test_harmonic_part_equals_librosa_to_the_bit():
    import librosa

    y = padded(voice(48000, 0.5), 48000, 0.1)
    assert np.array_equal(Analysis(y, 48000).harmonic, librosa.effects.harmonic(y))


def librosa_mel(y: np.ndarray, sr: int, mel) -> np.ndarray:
    import librosa

    power = librosa.feature.melspectrogram(
        y=y,
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
        return to_db(power, ref=1.0, amin=mel.floor, top_db=mel.range)
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
def test_mel_frames_for_networks_equal_those_of_librosa(terms):
    from ser_bench.features.onnx.description import Mel
    from ser_bench.features.onnx.mel import mel_frames

    y = voice(16000, 0.7)
    mel = Mel(n_fft=512, hop_length=160, n_mels=40, **terms)
    frames = mel_frames(y, 16000, mel)
    np.testing.assert_allclose(frames, librosa_mel(y, 16000, mel), rtol=2e-4, atol=2e-4)
