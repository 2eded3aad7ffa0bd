"""Signs that the clips of any corpus were cut, padded, resampled or compressed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ser_bench.corpora.checks.altered import equal_lengths, share_of_clips

if TYPE_CHECKING:
    import pandas as pd

_FEWEST = 20
"""Fewer clips are not judged by their bandwidth."""
_EMPTY_BAND = 0.8
"""Bandwidth, relative to half the rate, below which a clip was probably resampled. Clips of RAVDESS, EmoDB and SAVEE
are above 0.82; resampled from 16,000 to 44,100 Hz, they are below 0.37."""
_PADDED_SECONDS = 0.1
"""Shorter silence at the end may be natural."""
_MANY = 0.5
"""Share of such clips from which a warning is given; single quiet clips have little treble by nature."""


def padded_clips(clips: pd.DataFrame) -> Iterator[str]:
    """Yield a warning where most clips have exactly one length.

    Parameters
    ----------
    clips : DataFrame
        Measured clips: ``samples``, ``sr`` and ``padding``.

    Yields
    ------
    str
        At most one sentence.
    """
    if reason := equal_lengths(clips["samples"].tolist(), clips["sr"].tolist()):
        padded = int((clips["padding"] > _PADDED_SECONDS * clips["sr"]).sum())
        yield reason + (f"; {padded:,} of them end in digital silence" if padded else "")


def empty_bands(clips: pd.DataFrame) -> Iterator[str]:
    """Yield a warning for each sampling rate at which most clips have no treble.

    Parameters
    ----------
    clips : DataFrame
        Measured clips: ``sr`` and ``bandwidth``.

    Yields
    ------
    str
        A sentence.
    """
    for rate, group in clips.groupby("sr"):
        narrow = group["bandwidth"][group["bandwidth"] < _EMPTY_BAND * rate / 2]
        if len(group) >= _FEWEST and len(narrow) >= _MANY * len(group):
            yield (
                f"{share_of_clips(len(narrow), len(group))} at {rate:,} Hz have hardly any sound above "
                f"{narrow.median():,.0f} Hz; they were probably resampled from a lower rate, or compressed with loss"
            )
