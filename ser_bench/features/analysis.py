"""One clip's samples and everything that several feature sets measure on them, each computed once."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ser_bench.features.librosa_compat import spectral, spectrum
from ser_bench.features.speech import framing, pitch
from ser_bench.features.speech import mel as speech


class Analysis:
    """A clip under analysis: ``y`` (float32, mono) at ``sr`` Hz, and parts shared by feature sets.

    Every part is computed when first asked for and kept, so several sets asked for at once cost one
    decoding, one trimming and one spectrum. Parts are not to be modified by those who read them.
    ``trim=False`` leaves the silence at both ends in what is otherwise measured of the speech alone.
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
        first, last = framing.speech_bounds(self.y, self.sr)
        return self.y[first:last]

    @cached_property
    def frame_spectrum(self) -> np.ndarray:
        """Spectrum of each speech frame, complex64 of shape ``(t, bins)``."""
        return speech.spectrum(self.speech, self.sr)

    @cached_property
    def frame_power(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean square of each speech frame in each bin up to 8 kHz, ``(t, bins)``, and the bins' frequencies."""
        return speech.power(self.frame_spectrum, self.sr, 0.0, speech.FMAX)

    @cached_property
    def band_energies(self) -> np.ndarray:
        """Mean square of each speech frame in 64 mel bands up to 8 kHz, shape ``(t, 64)``."""
        return speech.band_energies(self.frame_power[0], self.sr)

    @cached_property
    def log_mel(self) -> np.ndarray:
        """``band_energies`` in dB of full scale, shape ``(t, 64)``."""
        return speech.to_db(self.band_energies)

    @cached_property
    def speech_mfcc(self) -> np.ndarray:
        """First 20 cosine coefficients of ``log_mel``, shape ``(t, 20)``."""
        return speech.cepstrum(self.log_mel, 20)

    @cached_property
    def narrowband(self) -> tuple[np.ndarray, float]:
        """The speech decimated to 7.5 kHz or a little more, and that rate in Hz."""
        factor = max(1, int(self.sr // pitch.RATE))
        return framing.decimate(self.speech, factor), self.sr / factor

    @cached_property
    def levels(self) -> np.ndarray:
        """Level of each speech frame in dB of full scale, shape ``(t,)``."""
        count = framing.frame_count(len(self.speech), self.sr)
        length = framing.window_length(self.sr)
        return framing.level_db(framing.cut_frames(self.speech, self.sr, count, length))

    @cached_property
    def pitch(self) -> pitch.PitchTrack:
        """F0 and strength of voicing of each speech frame."""
        y, sr = self.narrowband
        return pitch.track(y, sr, self.levels)

    # -- the classic sets: the whole clip, librosa's defaults -----------------------------------------

    @cached_property
    def stft(self) -> np.ndarray:
        """Spectrum of 2048 samples every 512, complex64 of shape ``(t, 1025)``."""
        return spectrum.stft(self.y)

    @cached_property
    def magnitude(self) -> np.ndarray:
        """Magnitude of ``stft``, float32 of shape ``(t, 1025)``."""
        return np.abs(self.stft)

    @cached_property
    def mel_spectrogram(self) -> np.ndarray:
        """Mel energies of the whole clip, shape ``(t, 128)``."""
        return spectral.mel_spectrogram(self.magnitude, self.sr)

    @cached_property
    def harmonic(self) -> np.ndarray:
        """Harmonic part of the samples, float32 of shape ``(n,)``."""
        from ser_bench.features.librosa_compat.harmonic import harmonic

        return harmonic(self.stft, self.magnitude, len(self.y))
