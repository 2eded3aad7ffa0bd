"""Near-identical clips: fingerprints suggest pairs, and the samples of their files confirm them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

from ser_bench import audio
from ser_bench.audio.copies.alignment import is_copy
from ser_bench.audio.copies.fingerprint import Codes, suggest_copies
from ser_bench.core.errors import AudioError


@dataclass(frozen=True)
class NearIdentical:
    """Clips that hold one recording.

    Attributes
    ----------
    pairs : tuple of (int, int)
        Indices ``i < j`` of altered copies, sorted.
    unread : tuple of (int, int)
        Suggested pairs with a file that cannot be read any more; whether they are copies is unknown.
    """

    pairs: tuple[tuple[int, int], ...]
    unread: tuple[tuple[int, int], ...]


def find_near_identical(paths: Sequence[str], fingerprints: Sequence[Codes], *, threads: int = 1) -> NearIdentical:
    """Find clips that are altered copies of one recording; only suggested ones are decoded.

    Parameters
    ----------
    paths : sequence of str
        The file of each clip.
    fingerprints : sequence of ndarray
        The fingerprint of each clip, from :func:`ser_bench.audio.copies.fingerprint.fingerprint`.
    threads : int
        Threads that decode and compare.

    Returns
    -------
    NearIdentical
    """
    load = lru_cache(maxsize=64)(audio.load)

    def compare(pair: tuple[int, int]) -> bool | None:
        try:
            (first, first_sr), (second, second_sr) = (load(paths[number]) for number in pair)
        except AudioError:
            return None
        return is_copy(first, first_sr, second, second_sr)

    suggested = suggest_copies(fingerprints)
    with ThreadPoolExecutor(threads) as pool:
        answers = list(pool.map(compare, suggested))
    by_answer = {
        answer: tuple(pair for pair, own in zip(suggested, answers, strict=True) if own is answer)
        for answer in (True, None)
    }
    return NearIdentical(by_answer[True], by_answer[None])
