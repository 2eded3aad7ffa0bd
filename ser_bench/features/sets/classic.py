"""The tutorials' five vectors: time averages at the clip's own rate, equal to librosa's defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import FeatureSet

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis

_STFT = {"n_fft": 2048, "hop_length": 512, "window": "hann", "centred": True}


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name}_{i:0{len(str(count - 1))}d}" for i in range(count))


def _mfcc(analysis: Analysis) -> np.ndarray:
    from ser_bench.features.librosa_compat.spectral import mfcc_mean

    return mfcc_mean(analysis.mel_spectrogram)


def _chroma(analysis: Analysis) -> np.ndarray:
    from ser_bench.features.librosa_compat.chromatic import chroma_mean

    return chroma_mean(analysis.magnitude, analysis.sr)


def _mel(analysis: Analysis) -> np.ndarray:
    return analysis.mel_spectrogram.mean(axis=0)


def _contrast(analysis: Analysis) -> np.ndarray:
    from ser_bench.features.librosa_compat.spectral import contrast_mean

    return contrast_mean(analysis.magnitude, analysis.sr)


def _tonnetz(analysis: Analysis) -> np.ndarray:
    from ser_bench.features.librosa_compat.tonnetz import tonnetz_mean

    return tonnetz_mean(analysis.harmonic, analysis.sr)


MFCC = FeatureSet(
    name="mfcc",
    kind="vector",
    summary="40 MFCC, averaged over time",
    source="equals the time average of librosa.feature.mfcc(n_mfcc=40)",
    columns=_numbered("mfcc", 40),
    compute=_mfcc,
    parameters={**_STFT, "n_mfcc": 40, "n_mels": 128, "top_db": 80},
)

CHROMA = FeatureSet(
    name="chroma",
    kind="vector",
    summary="12 pitch classes, averaged over time",
    source="equals the time average of librosa.feature.chroma_stft(S=|STFT|)",
    columns=_numbered("chroma", 12),
    compute=_chroma,
    parameters={**_STFT, "n_chroma": 12},
)

MEL = FeatureSet(
    name="mel",
    kind="vector",
    summary="128 mel energies, averaged over time",
    source="equals the time average of librosa.feature.melspectrogram",
    columns=_numbered("mel", 128),
    compute=_mel,
    parameters={**_STFT, "n_mels": 128},
)

CONTRAST = FeatureSet(
    name="contrast",
    kind="vector",
    summary="peaks over valleys of 7 octave bands, averaged over time",
    source="equals the time average of librosa.feature.spectral_contrast; Jiang et al. (2002)",
    columns=_numbered("contrast", 7),
    compute=_contrast,
    parameters={**_STFT, "n_bands": 6, "fmin": 200, "quantile": 0.02},
)

TONNETZ = FeatureSet(
    name="tonnetz",
    kind="vector",
    summary="tonal centroid of the harmonic part in 6 dimensions, averaged over time",
    source="equals the time average of librosa.feature.tonnetz(effects.harmonic(y)); Harte et al. (2006)",
    columns=_numbered("tonnetz", 6),
    compute=_tonnetz,
    parameters={**_STFT, "median": 31, "bins_per_octave": 36, "octaves": 7},
)
