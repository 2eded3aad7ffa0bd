"""Which of several files with one clip's name is used, where they hold different bytes.

A file with a lossy format's ending is passed over, unheard, where the clip is there in a lossless one, as in corpora
that are published in both. Else the better one is, in this order: the one that can be used at all (not truncated,
empty or unreadable); lossless over lossy; the higher sampling rate; the longer one, since cut copies are shorter; the
wider samples; the one nearest to the top of the folder, then the first by name. Files with identical samples are
copies, not rivals.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_bench.core.errors import AudioError

_LOSSLESS_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "ALAC_16": 16, "ALAC_24": 24} | dict.fromkeys(
    ("PCM_32", "ALAC_32", "FLOAT", "DOUBLE"), 32
)
_LENGTHS_DIFFER = 0.1
"""Seconds: resampling and lossy coding change a clip's length by less."""


@dataclass(frozen=True)
class Rival:
    """What decides about a file: why it cannot be used, if so, and its sound's nature; bits are 0 where lossy."""

    path: Path
    error: str = ""
    bits: int = 0
    rate: int = 0
    seconds: float = 0.0
    digest: str = ""


def examine(path: Path) -> Rival:
    """Decode a file and return what decides about it."""
    from ser_bench import audio

    try:
        y, sr = audio.load(path)
    except AudioError as error:
        return Rival(path, error=str(error))
    return Rival(path, "", _bits(path), sr, len(y) / sr, audio.samples_digest(y, sr))


def settle(paths: Sequence[Path]) -> tuple[Path, list[Path], dict[Path, str]]:
    """Choose among files of one clip, given in the order of last resort.

    Returns the file to be used, those that hold its samples in other bytes, and the others, each with why
    the first is better.
    """
    rivals = [examine(path) for path in paths]
    best = rivals[0]
    for rival in rivals[1:]:
        if _verdict(rival, best)[0]:
            best = rival
    copies, worse = [], {}
    for rival in rivals:
        if rival is best:
            continue
        if rival.digest and rival.digest == best.digest:
            copies.append(rival.path)
        else:
            worse[rival.path] = _verdict(best, rival)[1]
    return best.path, copies, worse


def _verdict(one: Rival, other: Rival) -> tuple[bool, str]:
    """Say whether one file is better than another by what it holds, and why; else it can only be by its place."""
    if bool(one.error) != bool(other.error):
        return not one.error, f"this one cannot be used ({other.error})"
    if bool(one.bits) != bool(other.bits):
        return bool(one.bits), "this one is lossy"
    if one.rate != other.rate:
        return one.rate > other.rate, f"{one.rate} Hz, not {other.rate} Hz"
    if abs(one.seconds - other.seconds) > _LENGTHS_DIFFER:
        return one.seconds > other.seconds, f"{one.seconds:.2f} s long, not {other.seconds:.2f} s"
    if one.bits != other.bits:
        return one.bits > other.bits, f"{one.bits} bits a sample, not {other.bits}"
    return False, "as good, and nearer to the top or first by name"


def _bits(path: Path) -> int:
    import soundfile

    try:
        return _LOSSLESS_BITS.get(soundfile.info(os.fsencode(path)).subtype, 0)
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError):
        return 0  # it was decoded by other means: no format that keeps every sample
