"""Read damaged audio files in a process with limited memory: ``python -m tests.fuzzing FOLDER SEED CASES``.

A damaged file may crash the C code of libsndfile. Each case is written before it is read, so that a crash leaves its
cause in the folder.
"""

from __future__ import annotations

import random
import re
import resource
import sys
from pathlib import Path

import numpy as np
import soundfile

from ser_bench.audio import load, open_stream, sampling_rate
from ser_bench.core.errors import AudioError

FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "wavex": ("WAVEX", "PCM_24"),
    "adpcm": ("WAV", "MS_ADPCM"),
    "rf64": ("RF64", "PCM_16"),
    "w64": ("W64", "FLOAT"),
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
    "nist": ("NIST", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
ADDRESS_SPACE = 2 << 30
HEAD = 400


def whole_files() -> dict[str, bytes]:
    """Return a small file of each format."""
    import io

    t = np.arange(1600) / 16000
    y = 0.3 * np.stack([np.sin(2 * np.pi * 200 * t), np.sin(2 * np.pi * 300 * t)], axis=1)
    files = {}
    for name, (kind, subtype) in FORMATS.items():
        buffer = io.BytesIO()
        soundfile.write(buffer, y, 16000, format=kind, subtype=subtype)
        files[name] = buffer.getvalue()
    return files


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Return a file with changed bytes in its first 400, or with its end or a piece removed."""
    data = bytearray(whole)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        start = chance.randrange(min(HEAD, len(data)))
        extreme = chance.choice((b"\x00", b"\xff", b"\x7f", b"\x80", b"\xff" * 4, b"\x00" * 4, b"\x7f" + b"\xff" * 3))
        data[start : start + len(extreme)] = extreme if chance.random() < 0.5 else chance.randbytes(len(extreme))
    if chance.random() < 0.2:
        del data[chance.randrange(len(data)) :]
    if chance.random() < 0.1:
        start = chance.randrange(min(HEAD, len(data)) + 1)
        del data[start : start + chance.randrange(1, 9)]
    return bytes(data)


def cases(seed: int, count: int) -> list[bytes]:
    """Return damaged files of all formats in turn."""
    chance = random.Random(seed)
    files = list(whole_files().values())
    return [damaged(files[i % len(files)], chance) for i in range(count)]


def cuts() -> list[bytes]:
    """Return truncated files: at every byte up to 100, every third byte up to 200, then every 193rd."""
    return [
        whole[:end]
        for whole in whole_files().values()
        for end in (*range(min(100, len(whole))), *range(100, min(200, len(whole)), 3), *range(200, len(whole), 193))
    ]


def read_all(folder: Path, files: list[bytes]) -> int:
    """Read each file and return how many are valid; any exception but an ``AudioError`` is raised."""
    valid = 0
    path = folder / "case"
    for data in files:
        path.write_bytes(data)
        for read in (load, open_stream, sampling_rate):
            try:
                result = read(path)
            except AudioError:
                continue
            if read is load:
                y, _ = result
                assert y.ndim == 1
                assert y.dtype == np.float32
                assert np.isfinite(y).all()
                valid += 1
    return valid


def main(folder: str, seed: str, count: str) -> None:
    """Read the cases of a seed, or truncated files for a count of 0; print files, valid files and peak MiB."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    files = cases(int(seed), int(count)) if int(count) else cuts()
    print(len(files), read_all(Path(folder), files), peak_mib())


def peak_mib() -> int:
    """Return the peak memory of this program in MiB, without that of its parent before the start."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
