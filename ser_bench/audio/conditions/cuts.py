"""Cuts, as after a failed detection of where speech starts and ends: speech is missing, not the silence around it.

A quarter is a quarter of the active speech. Corpora of acted speech have up to a second of silence on each side of a
sentence, so that a quarter of the clip as recorded would hold little or no speech.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.audio.conditions.base import ConditionKind
from ser_bench.core.errors import ConditionError

if TYPE_CHECKING:
    import numpy as np

FAMILY = "cuts"
SHORTEST = 0.2
"""Seconds of speech from which a quarter can be cut."""
_SOURCE = "active speech of ITU-T P.56"


def _quarter(y: np.ndarray, sr: int) -> tuple[int, int, int]:
    """Return start and stop of the speech, and a quarter of its length, in samples."""
    from ser_bench.audio.activity import active_span

    start, stop = active_span(y, sr)
    if stop - start < SHORTEST * sr:
        seconds = (stop - start) / sr
        raise ConditionError(f"too short to be cut: {seconds:.2f} s of speech, expected {SHORTEST:g} s or more")
    return start, stop, (stop - start) // 4


def _cut_start(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    start, _, quarter = _quarter(y, sr)
    return y[start + quarter :], sr


def _cut_end(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    _, stop, quarter = _quarter(y, sr)
    return y[: stop - quarter], sr


def _cut_to_middle(y: np.ndarray, sr: int, rng: np.random.Generator, seconds: float) -> tuple[np.ndarray, int]:
    """Return the middle of the speech; near an end of the clip the part moves inwards."""
    from ser_bench.audio.activity import active_span

    size = round(seconds * sr)
    if len(y) < size:
        raise ConditionError(f"too short to be cut: {len(y) / sr:.2f} s, expected {seconds:g} s or more")
    start, stop = active_span(y, sr)
    first = min(max(0, (start + stop - size) // 2), len(y) - size)
    return y[first : first + size], sr


CUT_START = ConditionKind(
    name="cut-start",
    family=FAMILY,
    summary="started late: without the first quarter of the speech and the silence before it",
    source=_SOURCE,
    phrase="without the first quarter of the speech",
    change=_cut_start,
)

CUT_END = ConditionKind(
    name="cut-end",
    family=FAMILY,
    summary="stopped early: without the last quarter of the speech and the silence after it",
    source=_SOURCE,
    phrase="without the last quarter of the speech",
    change=_cut_end,
)

MIDDLE = ConditionKind(
    name="middle",
    family=FAMILY,
    summary="only the stated seconds in the middle of the speech",
    source=_SOURCE,
    phrase="with {level} s of the clip only",
    change=_cut_to_middle,
    levels=(1.0,),
    unit="s",
    lowest=0.1,
    highest=60.0,
)
