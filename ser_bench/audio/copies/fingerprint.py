"""Audio fingerprints: codes per frame that find clips of one recording among many.

A code says in which of 21 bands between 350 and 3,000 Hz the level rises faster than in the next band. Gain, a constant
filter, resampling, lossy coding, faint noise, and silence or a cut at the ends change few of its bits, since all bands
pass a telephone. The codes follow Haitsma and Kalker, A highly robust audio fingerprinting system, ISMIR 2002, with
shorter frames, for speech. :mod:`ser_bench.audio.copies.alignment` confirms the pairs that they suggest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ser_bench.audio.resample import resample

RATE = 8000
"""Sampling rate in Hz at which frames are compared."""
CODE_BITS = 20
"""Bits of a code, so that it is exact as float32."""
INAUDIBLE = -1
"""Code of a frame that is too quiet to count."""
_FRAME, _HOP = 1024, 128
"""Samples of a frame, and from one frame to the next."""
_STEP = 4
"""Frames between the levels that a code compares."""
_LOWEST, _HIGHEST = 350.0, 3000.0
"""Frequencies of the bands in Hz."""
_RANGE_DB = 35.0
"""Frames this far below the loudest one are inaudible, in dB."""
_BLOCK = 2048
"""Frames that are transformed at a time."""

_MOST_EQUAL = 8
"""Number of next equal codes that a code is paired with."""
_MOST_CODES = 10_000_000
"""Number of codes that are compared: all of about 100,000 clips. Of more clips, a share of the codes."""
_MAX_BIT_ERRORS = 0.3
"""Largest share of differing bits of a suggested pair. On RAVDESS, EmoDB and SAVEE altered copies have at most 0.2."""
_MIN_FRAMES = 8
"""Fewest audible frames that two clips have in common."""
_SHORT = 40
"""Number of audible frames below which one equal code suffices; two must agree in longer clips."""

Codes = npt.NDArray[np.int32]


def fingerprint(y: npt.NDArray[np.float32], sr: float) -> Codes:
    """Compute the codes of a clip.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), dtype float32
        Mono samples.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray of shape (t,), dtype int32
        A code every 16 ms, or :data:`INAUDIBLE`; at least one.
    """
    samples = resample(y, sr, RATE)
    samples = np.pad(samples - samples.mean(), (_FRAME // 2, _FRAME // 2 + _HOP))
    energy = np.concatenate(list(_band_energies(samples)))
    total = energy.sum(axis=1)
    if len(total) <= _STEP or not total.any():
        return np.full(1, INAUDIBLE, np.int32)
    level = 10 * np.log10(total / total.max() + 1e-12)
    slopes = np.diff(np.log(energy + 1e-9 * energy.max()), axis=1)
    codes = (slopes[_STEP:] > slopes[:-_STEP]) @ (1 << np.arange(CODE_BITS))
    audible = np.minimum(level[_STEP:], level[:-_STEP]) > -_RANGE_DB
    return np.where(audible, codes, INAUDIBLE).astype(np.int32)


def _band_energies(samples: npt.NDArray[np.float32]) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the energies of blocks of frames in each band, shape ``(frames, bands)``."""
    edges = np.geomspace(_LOWEST, _HIGHEST, CODE_BITS + 2)
    bins = np.searchsorted(np.fft.rfftfreq(_FRAME, 1 / RATE), edges)
    window = np.hanning(_FRAME).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_HOP]
    for start in range(0, len(frames), _BLOCK):
        power = np.abs(np.fft.rfft(frames[start : start + _BLOCK] * window)).astype(np.float32) ** 2
        yield np.add.reduceat(power, bins, axis=1)[:, :-1]


def suggest_copies(fingerprints: Sequence[Codes]) -> list[tuple[int, int]]:
    """Suggest pairs of clips that may be copies of one recording.

    Clips are compared where they have equal codes, so that the time grows with the number of such clips and not with
    that of all pairs. At least half of the shorter clip must be in both. Of more than :data:`_MOST_CODES` codes, only a
    share is compared, the same ones in every clip, so that a much altered copy may be missed.

    Parameters
    ----------
    fingerprints : sequence of ndarray
        The fingerprint of each clip, from :func:`fingerprint`.

    Returns
    -------
    list of tuple of int
        Indices ``(i, j)`` with ``i < j``, sorted.
    """
    audible = [int(np.count_nonzero(codes != INAUDIBLE)) for codes in fingerprints]
    pairs = set()
    for i, j, lag, votes in _equal_codes(fingerprints):
        least = min(audible[i], audible[j])
        if (i, j) in pairs or (votes < 2 and least >= _SHORT):
            continue
        needed = max(_MIN_FRAMES, least // 2)
        if any(_agree(fingerprints[i], fingerprints[j], shift, needed) for shift in (lag, lag + 1)):
            pairs.add((i, j))
    return sorted(pairs)


def _equal_codes(fingerprints: Sequence[Codes]) -> Iterator[tuple[int, int, int, int]]:
    """Yield pairs of clips ``i < j``, the frames by which ``i`` is later, and how many codes agree there."""
    span = 2 * max(map(len, fingerprints), default=0) + 2
    code, clip, position = _index(fingerprints)
    keys = []
    for step in range(1, _MOST_EQUAL + 1):
        first = np.flatnonzero((code[step:] == code[:-step]) & (clip[step:] != clip[:-step]))
        if not len(first):
            break
        pair = clip[first] * len(fingerprints) + clip[first + step]
        keys.append(pair * span + position[first] - position[first + step] + span // 2)
    if not keys:
        return
    values, counts = np.unique(np.concatenate(keys), return_counts=True)
    follows = np.append(values[1:] == values[:-1] + 1, False)
    votes = counts + np.where(follows, np.append(counts[1:], 0), 0)
    for value, count in zip(values.tolist(), votes.tolist(), strict=True):
        pair_number, lag = divmod(value, span)
        yield *divmod(pair_number, len(fingerprints)), lag - span // 2, count


def _index(fingerprints: Sequence[Codes]) -> tuple[npt.NDArray[np.int64], ...]:
    """Return code, clip and position of the audible frames, sorted; of equal codes in a row, the first only."""
    lengths = [len(codes) for codes in fingerprints]
    code = np.concatenate([np.empty(0, np.int64), *fingerprints]).astype(np.int64)
    clip = np.repeat(np.arange(len(lengths)), lengths)
    position = np.concatenate([np.empty(0, np.int64), *map(np.arange, lengths)]).astype(np.int64)
    repeats = np.zeros(len(code), dtype=bool)
    repeats[1:] = (code[1:] == code[:-1]) & (clip[1:] == clip[:-1])
    rows = np.flatnonzero((code != INAUDIBLE) & ~repeats)
    if len(rows) > _MOST_CODES:
        rows = rows[(code[rows] * 2_654_435_761) % 2**32 < 2**32 * _MOST_CODES / len(rows)]  # Knuth's hash
    rows = rows[np.lexsort((clip[rows], code[rows]))]
    return code[rows], clip[rows], position[rows]


def _agree(first: Codes, second: Codes, lag: int, needed: int) -> bool:
    """Return whether two clips have few differing bits where frame ``lag`` of the first is frame 0 of the second."""
    start_a, start_b = max(0, lag), max(0, -lag)
    length = min(len(first) - start_a, len(second) - start_b)
    if length < needed:
        return False
    a, b = first[start_a : start_a + length], second[start_b : start_b + length]
    audible = (a != INAUDIBLE) & (b != INAUDIBLE)
    count = int(np.count_nonzero(audible))
    bits = int(_ONES[a[audible] ^ b[audible]].sum())
    return count >= needed and bits <= _MAX_BIT_ERRORS * CODE_BITS * count


def _count_ones(bits: int) -> npt.NDArray[np.uint8]:
    """Return the number of ones of each integer of so many bits."""
    ones = np.zeros(1, np.uint8)
    for _ in range(bits):
        ones = np.concatenate([ones, ones + 1])
    return ones


_ONES = _count_ones(CODE_BITS)
