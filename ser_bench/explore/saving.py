"""Changed clips as audio files, to hear what a recording condition does."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser_bench import explore
from ser_bench.core.errors import ConfigError, ExportError

if TYPE_CHECKING:
    from ser_bench.audio.conditions.base import Condition

FORMATS = {
    ".wav": "WAV",
    ".flac": "FLAC",
    ".aiff": "AIFF",
    ".aif": "AIFF",
    ".au": "AU",
    ".caf": "CAF",
    ".w64": "W64",
    ".rf64": "RF64",
}
"""The formats by the ending of the file; all keep 16 bits. A lossy format would change the clip again."""

_FULL_SCALE_DB = -0.01
"""The peak of a clip that was lowered to fit, in dBFS."""


def audio_files(clips: Sequence[Path], output: Path, condition: Condition) -> list[Path]:
    """Choose the audio file of each changed clip.

    Parameters
    ----------
    clips : sequence of Path
    output : Path
        A file, or a folder for several clips.
    condition : Condition

    Returns
    -------
    list of Path

    Raises
    ------
    ConfigError
        If the ending is unknown, one file is named for several clips, or a file is one of the clips.
    """
    if explore.is_folder(output):
        files = [output / f"{name}.wav" for name in explore.output_names(clips, condition)]
    elif output.suffix.lower() not in FORMATS:
        raise ConfigError(
            f"invalid file for a changed clip: {output}; its name must end in {', '.join(FORMATS)}, which lose nothing"
        )
    elif len(clips) > 1:
        raise ConfigError(f"--save {output} is one file for {len(clips)} clips; give a folder")
    else:
        files = [output]
    for file in files:
        if any(_is_same_file(file, clip) for clip in clips):
            raise ConfigError(f"--save {file} would replace the clip itself; name another file")
    return files


def _is_same_file(file: Path, clip: Path) -> bool:
    try:
        return file.samefile(clip)
    except OSError:
        return False


def save_audio(path: Path, y: np.ndarray, sr: int) -> str:
    """Write samples as 16-bit audio; samples beyond full scale are not clipped, the whole clip is lowered.

    Parameters
    ----------
    path : Path
        The file; its ending is one of :data:`FORMATS`.
    y : ndarray of float32, shape (n,)
        Mono samples.
    sr : int
        Sampling rate in Hz.

    Returns
    -------
    str
        The facts about the file in a line.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    import soundfile

    peak = float(np.abs(y).max())
    lowered = 20 * np.log10(peak) - _FULL_SCALE_DB if peak > 1.0 else 0.0
    data = io.BytesIO()
    try:
        scaled = y * np.float32(10 ** (-lowered / 20))
        soundfile.write(data, scaled, sr, subtype="PCM_16", format=FORMATS[path.suffix.lower()])
    except (soundfile.SoundFileError, ValueError, TypeError) as error:
        raise ExportError(f"cannot write {path} at {sr:,} Hz: {error}\nname a .wav file with --save") from None
    explore.write_file(path, data.getvalue(), "--save")
    facts = f"{path}: {len(y) / sr:.2f} s, {sr:,} Hz, mono, 16 bit"
    return facts + (f"; lowered by {lowered:.1f} dB, so that no peak is cut off" if lowered else "")
