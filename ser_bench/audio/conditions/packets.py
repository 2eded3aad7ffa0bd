"""Packet loss of internet calls: bursts of lost packets, concealed by repeated pitch periods that fade.

The concealment is that of ITU-T G.711 Appendix I at any sampling rate, but one period is repeated throughout a loss,
where the standard goes on to two and three. No codec is simulated: the packets hold the clip's own samples.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ser_bench.audio.conditions.base import ConditionKind

if TYPE_CHECKING:
    import numpy as np

FAMILY = "packets"

PACKET_SECONDS = 0.02
MEAN_BURST = 2.0
"""Packets that are lost one after the other, on average."""
_PERIODS = (0.005, 0.015)
"""Shortest and longest pitch period in seconds: 200 to 67 Hz."""
_TEMPLATE = 0.02
"""Seconds of the past that are compared with what was before."""
_FULL_SECONDS, _FADED_SECONDS = 0.01, 0.06
"""Seconds of a loss until which its concealment has full level, and after which it is silent."""
_OVERLAPS = (0.004, 0.01)
"""Overlap with the next packet in seconds: the first for 10 ms of loss and for each further 10 ms, up to the second."""


def lost_packets(n_packets: int, percent: float, rng: np.random.Generator) -> np.ndarray:
    """Draw which packets are lost: Gilbert's model, given the number of lost packets.

    Parameters
    ----------
    n_packets : int
        Packets of the clip.
    percent : float
        Share of lost packets, 0 to 50. The number of lost packets is the nearest possible in every clip.
    rng : Generator
        The source of randomness.

    Returns
    -------
    ndarray of bool, shape (n_packets,)
        True for a lost packet. The lengths of bursts are geometrically distributed with mean :data:`MEAN_BURST`. All
        packets are equally likely to be lost, so the ends of the clip may cut a burst.

    References
    ----------
    E. N. Gilbert, "Capacity of a burst-noise channel", Bell System Technical Journal 39, 1960.
    """
    import numpy as np

    n_lost = math.ceil(n_packets * percent / 100 - 0.5)
    ends = np.cumsum(rng.geometric(1 / MEAN_BURST, n_lost))
    bursts = np.diff(np.minimum(ends[: np.searchsorted(ends, n_lost) + 1], n_lost), prepend=0)
    before = np.zeros(n_packets - n_lost, int)
    before[rng.choice(len(before), len(bursts), replace=False)] = bursts
    received = np.arange(len(before)) + np.cumsum(before)
    lost = np.ones(n_packets, bool)
    lost[received] = False
    return np.roll(lost, rng.integers(n_packets))


def conceal(y: np.ndarray, sr: int, lost: np.ndarray) -> np.ndarray:
    """Replace lost packets.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples.
    sr : int
        Sampling rate in Hz.
    lost : ndarray of bool, shape (n_packets,)
        Which packets of :data:`PACKET_SECONDS` are lost.

    Returns
    -------
    ndarray of float32, shape (n,)
        The clip. Before the first received packet it is silent.
    """
    import numpy as np

    edges = np.minimum(np.rint(np.arange(len(lost) + 1) * PACKET_SECONDS * sr).astype(int), len(y))
    changes = np.flatnonzero(np.diff(lost, prepend=False, append=False))
    concealed = y.copy()
    for first, last in changes.reshape(-1, 2):
        _fill(concealed, sr, int(edges[first]), int(edges[last]))
    return concealed


def _fill(y: np.ndarray, sr: int, start: int, stop: int) -> None:
    """Replace the samples of one loss and fade into the next packet."""
    import numpy as np

    longest, template = (round(seconds * sr) for seconds in (_PERIODS[1], _TEMPLATE))
    reach = longest + max(template, longest // 4)
    past = np.pad(y[max(0, start - reach) : start], (max(0, reach - start), 0))
    period = _period(past[-longest - template :], sr)
    quarter = period // 4
    rising = np.linspace(0, 1, quarter + 2, dtype=np.float32)[1:-1]
    cycle = past[-period:].copy()
    cycle[period - quarter :] += rising * (past[-period - quarter : -period] - cycle[period - quarter :])
    y[max(0, start - quarter) : start] = cycle[period - min(quarter, start) :]
    overlap = min(_OVERLAPS[1], _OVERLAPS[0] * (stop - start) / (_FULL_SECONDS * sr))
    end = min(len(y), stop + round(overlap * sr))
    seconds = np.arange(end - start, dtype=np.float32) / sr
    gain = np.clip((_FADED_SECONDS - seconds) / (_FADED_SECONDS - _FULL_SECONDS), 0, 1)
    repeated = np.resize(cycle, end - start) * gain
    back = np.linspace(0, 1, end - stop + 2, dtype=np.float32)[1:-1]
    y[start:stop] = repeated[: stop - start]
    y[stop:end] += (1 - back) * (repeated[stop - start :] - y[stop:end])


def _period(past: np.ndarray, sr: int) -> int:
    """Return the pitch period in samples with the highest normalised correlation to the end of the past."""
    import numpy as np

    shortest, longest = (round(seconds * sr) for seconds in _PERIODS)
    template = past[longest:]
    correlation = np.correlate(past, template, mode="valid")[: longest - shortest + 1]
    energy = np.cumsum(np.square(past, dtype=np.float64))
    energy = energy[len(template) - 1 :] - np.concatenate([[0.0], energy[:longest]])
    match = correlation / np.sqrt(np.maximum(energy[: len(correlation)], 1e-12))
    return longest - int(np.argmax(match))


def _lose(y: np.ndarray, sr: int, rng: np.random.Generator, percent: float) -> tuple[np.ndarray, int]:
    """Lose packets of a clip and conceal them."""
    n_packets = -(-len(y) // round(PACKET_SECONDS * sr))
    return conceal(y, sr, lost_packets(n_packets, percent, rng)), sr


LOSS = ConditionKind(
    name="loss",
    family=FAMILY,
    summary="lost packets of 20 ms in bursts of two on average, concealed by repeated pitch periods",
    source="Gilbert (1960); ITU-T G.711 Appendix I",
    phrase="with {level} % of the packets lost",
    change=_lose,
    levels=(5, 10, 20),
    unit="% of packets",
    lowest=1,
    highest=50,
    harder="higher",
    common=(5,),
)
