"""Everything that several feature sets measure on one clip, each part computed once."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ser_bench.features.librosa_compat import spectral, spectrum
from ser_bench.features.librosa_compat.harmonic import harmonic
from ser_bench.features.speech import contours, framing, mel, voice
from ser_bench.features.speech import pitch as pitch_tracking
from ser_bench.features.speech.pitch import PitchTrack


class Analysis:
    """A clip under analysis: its samples and the parts that feature sets share.

    Each part is computed on first access and kept, so that several sets together cost one trimming and one spectrum.
    Do not modify the parts.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples.
    sr : float
        Sampling rate in Hz.
    trim : bool
        Whether to remove the silence at both ends before the speech is measured.
    """

    def __init__(self, y: np.ndarray, sr: float, *, trim: bool = True) -> None:
        self.y = np.ascontiguousarray(y, dtype=np.float32)
        self.sr = float(sr)
        self.trim = trim

    # -- speech: silence trimmed, 25 ms frames every 10 ms ------------------------------------------

    @cached_property
    def speech(self) -> np.ndarray:
        """Samples without the silence at both ends, float32 of shape ``(n,)``."""
        if not self.trim:
            return self.y
        first, end = framing.speech_bounds(self.y, self.sr)
        return self.y[first:end]

    @cached_property
    def frame_spectrum(self) -> np.ndarray:
        """Spectrum of each speech frame, complex64 of shape ``(t, bins)``."""
        return mel.spectrum(self.speech, self.sr)

    @cached_property
    def frame_power(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean square in each bin up to 8 kHz, float32 ``(t, bins)``, and the bins' frequencies in Hz, ``(bins,)``."""
        return mel.power(self.frame_spectrum, self.sr, 0.0, mel.FMAX)

    @cached_property
    def band_energies(self) -> np.ndarray:
        """Mean square of each speech frame in 64 mel bands up to 8 kHz, float32 of shape ``(t, 64)``."""
        return mel.band_energies(self.frame_power[0], self.sr)

    @cached_property
    def log_mel(self) -> np.ndarray:
        """``band_energies`` in dBFS, float32 of shape ``(t, 64)``."""
        return mel.to_db(self.band_energies)

    @cached_property
    def speech_mfcc(self) -> np.ndarray:
        """First 20 cosine coefficients of ``log_mel``, float32 of shape ``(t, 20)``."""
        return mel.cepstrum(self.log_mel, 20)

    @cached_property
    def narrowband(self) -> tuple[np.ndarray, float]:
        """The speech decimated to 7.5 kHz or a little more, float32 of shape ``(n,)``, and that rate in Hz."""
        factor = max(1, int(self.sr // pitch_tracking.RATE))
        return framing.decimate(self.speech, factor), self.sr / factor

    @cached_property
    def levels(self) -> np.ndarray:
        """Level of each speech frame in dBFS, float64 of shape ``(t,)``."""
        count = framing.frame_count(len(self.speech), self.sr)
        length = framing.window_length(self.sr)
        return framing.level_db(framing.cut_frames(self.speech, self.sr, count, length))

    @cached_property
    def pitch(self) -> PitchTrack:
        """F0 and strength of voicing of each speech frame."""
        y, sr = self.narrowband
        return pitch_tracking.track(y, sr, self.levels)

    @cached_property
    def paired_bands(self) -> np.ndarray:
        """Levels of 32 bands in dB relative to the clip's mean level, float32 of shape ``(t, 32)``."""
        return contours.paired_bands(self.band_energies, self.levels)

    @cached_property
    def zero_crossing_rate(self) -> np.ndarray:
        """Zero crossings per second of ``narrowband`` in each speech frame, float64 of shape ``(t,)``."""
        y, sr = self.narrowband
        return contours.zero_crossing_rate(y, sr, len(self.levels))

    @cached_property
    def contours(self) -> dict[str, np.ndarray]:
        """Every frame-by-frame measure of the speech by name, each of shape ``(t,)``."""
        return {
            **{f"mfcc_{i:02d}": column for i, column in enumerate(self.speech_mfcc.T)},
            **{f"band_{i:02d}": column for i, column in enumerate(self.paired_bands.T)},
            **contours.spectral_shape(self.log_mel),
            "level": np.maximum(self.levels, self.levels.max() - mel.RANGE_DB),
            "zero_crossings": self.zero_crossing_rate,
            "voicing": self.pitch.strength,
        }

    @cached_property
    def formants(self) -> tuple[np.ndarray, np.ndarray]:
        """Frequencies and bandwidths in Hz of three formants in voiced frames, float64 of shape ``(n, 3)`` each."""
        y, sr = self.narrowband
        voiced = self.pitch.voiced
        if not voiced.any():
            return np.zeros((0, voice.FORMANTS)), np.zeros((0, voice.FORMANTS))
        frames = framing.cut_frames(y, sr, len(voiced), framing.window_length(sr))
        return voice.formants(frames[voiced], sr)

    @cached_property
    def voice_quality(self) -> dict[str, np.ndarray]:
        """Measures of voice quality in dB by name, each of shape ``(n,)`` for ``n`` voiced frames."""
        power, hz = self.frame_power
        voiced = self.pitch.voiced
        return voice.quality(power[voiced], hz, self.pitch.hz[voiced], self.pitch.strength[voiced])

    # -- the sets that equal librosa: the whole clip, librosa's default STFT ------------------------

    @cached_property
    def stft(self) -> np.ndarray:
        """Spectrum of 2048 samples every 512, complex64 of shape ``(t, 1025)``."""
        return spectrum.stft(self.y)

    @cached_property
    def magnitude(self) -> np.ndarray:
        """Magnitude of ``stft``, float32 of shape ``(t, 1025)``."""
        magnitude: np.ndarray = np.abs(self.stft)
        return magnitude

    @cached_property
    def mel_spectrogram(self) -> np.ndarray:
        """Mel energies of the whole clip, float32 of shape ``(t, 128)``."""
        return spectral.mel_spectrogram(self.magnitude, self.sr)

    @cached_property
    def harmonic(self) -> np.ndarray:
        """Harmonic part of the samples, float32 of shape ``(n,)``."""
        return harmonic(self.stft, self.magnitude, len(self.y))
