"""Recording from the default input device, with the extra ``[microphone]``."""

from __future__ import annotations

import importlib.util

import numpy as np

from ser_bench.core.errors import AudioError, MissingExtraError


def record(seconds: float) -> tuple[np.ndarray, int]:
    """Record a clip.

    Parameters
    ----------
    seconds : float
        Duration in seconds.

    Returns
    -------
    y : numpy.ndarray
        Samples, float32 of shape ``(n,)``.
    sr : int
        Sampling rate of the device in Hz.

    Raises
    ------
    MissingExtraError
        Without the extra.
    AudioError
        Without a usable device.
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
