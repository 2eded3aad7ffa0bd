"""Whether speakers have enough clips for standardising each speaker's features by that speaker's own clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.core.errors import ConfigError
from ser_bench.core.text import plural
from ser_bench.splits.takes import unknown_speakers

if TYPE_CHECKING:
    import pandas as pd

USEFUL_CLIPS = 10
"""Clips from which on the means and deviations of a speaker help; docs/decisions/59-doubtful-speakers.md."""

MIN_CLIPS = 5
"""Clips below which they cost more than they help."""


def normalization_warning(clips: pd.DataFrame, normalize: str) -> str:
    """Check whether speakers have enough clips to be standardised by them.

    Parameters
    ----------
    clips : pandas.DataFrame
        The clips with ``speaker``.
    normalize : str
        The option.

    Returns
    -------
    str
        A sentence where some speakers have fewer than :data:`USEFUL_CLIPS`, else empty.

    Raises
    ------
    ConfigError
        If most speakers have fewer than :data:`MIN_CLIPS`, or a speaker is unknown.
    """
    if normalize != "speaker":
        return ""
    if unknown_speakers(clips).any():
        raise ConfigError("--normalize speaker: needs the speaker of every clip\nleave out --normalize")
    counts = clips["speaker"].value_counts()
    too_few, few = int((counts < MIN_CLIPS).sum()), int((counts < USEFUL_CLIPS).sum())
    if 2 * too_few > len(counts):
        raise ConfigError(
            f"--normalize speaker: {too_few:,} of {plural(len(counts), 'speaker')} have fewer than {MIN_CLIPS} clips, "
            "too few for a mean and a deviation (those of 1 clip set every feature to 0)\n"
            f"leave out --normalize, or use speakers with {USEFUL_CLIPS} or more clips"
        )
    if not few:
        return ""
    single = int((counts == 1).sum())
    zero = f"; all features of {plural(single, 'speaker')} with 1 clip are 0" if single else ""
    have = "has" if few == 1 else "have"
    return (
        f"--normalize speaker: {few:,} of {plural(len(counts), 'speaker')} {have} fewer than {USEFUL_CLIPS} clips, by "
        f"which features are standardised poorly{zero}"
    )
