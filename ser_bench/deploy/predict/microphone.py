"""Recording a clip from the default input device, with the extra ``[microphone]``."""

from __future__ import annotations

import importlib.util

import numpy as np

from ser_bench.core.errors import AudioError, MissingExtraError


def record(seconds: float) -> tuple[np.ndarray, int]:
    """Return ``(y, sr)``, float32 mono at the device's own rate in Hz.

    Raises :class:`MissingExtraError` without the extra, :class:`AudioError` where no device can be heard.
    """
    if importlib.util.find_spec("sounddevice") is None:
        raise MissingExtraError("--microphone", "microphone")
    try:
        import sounddevice
    except OSError as error:
        raise AudioError(f"no microphone: {error}; install PortAudio, such as the package libportaudio2") from None
    try:
        sr = int(sounddevice.query_devices(kind="input")["default_samplerate"])
        y = sounddevice.rec(round(seconds * sr), samplerate=sr, channels=1, dtype="float32", blocking=True)
    except (sounddevice.PortAudioError, ValueError) as error:
        raise AudioError(f"no microphone: {error}") from None
    return y[:, 0], sr
