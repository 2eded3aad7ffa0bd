"""How ``ser-bench corpora --check`` tells of the sound of a corpus's clips."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ser_bench.explore.health.measure import CLIPPED_RUN, FRAME_SECONDS, SILENCE_DB

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 100
NAMED = 3
"""So many examples are named of anything that may be long."""
_TOGETHER = "\N{NO-BREAK SPACE}"
"""Between words that are not to be parted at the end of a line; printed as a space."""


def facts(clips: pd.DataFrame) -> str:
    """Return what holds of all clips: rates, formats, durations, levels, clipping and silence."""
    return aligned(dict(_facts(clips)))


def _facts(clips: pd.DataFrame) -> Iterator[tuple[str, str]]:
    import numpy as np

    level = _decibels(clips["rms"])
    seconds, samples = clips["seconds"], clips["samples"].sum()
    yield "sampling rate", _tally(f"{sr} Hz" for sr in clips["sr"])
    yield "channels", _tally({0: "not known", 1: "mono", 2: "stereo"}.get(n, f"{n}") for n in clips["channels"])
    yield "format", _tally(clips["format"])
    yield "duration", f"{seconds.min():.2f} to {seconds.max():.2f} s, median {seconds.median():.2f} s"
    low, middle, high = np.percentile(level, (5, 50, 95))
    yield "level (RMS)", f"{middle:.1f} dBFS in the median, 5 % below {low:.1f}, 5 % above {high:.1f}"
    peak = _decibels(clips["peak"])
    yield "peak", f"{round(peak.max(), 1) + 0.0:.1f} dBFS at most, {peak.median():.1f} in the median"
    clipped = int((clips["clipped"] > 0).sum())
    yield "clipped", f"{clipped:,} clips ({CLIPPED_RUN} or more samples at full scale in a row)"
    yield "DC offset", f"{100 * clips['offset'].abs().max():.3f} % of full scale at most"
    yield (
        "silence",
        f"{100 * clips['silent'].sum() / seconds.sum():.0f} % of all sound ({1000 * FRAME_SECONDS:.0f} ms frames "
        f"{SILENCE_DB:.0f} dB below the clip's loudest)",
    )
    yield "at the ends", f"{clips['lead'].median():.2f} s before, {clips['trail'].median():.2f} s after (medians)"
    yield "exact zeros", f"{100 * clips['zeros'].sum() / samples:.0f} % of all samples"


def outliers(clips: pd.DataFrame) -> str:
    """Name the clips at the ends of what was measured, and those unlike most in rate, channels or format."""
    shares = clips.assign(share=100 * clips["silent"] / clips["seconds"], level=_decibels(clips["rms"]))
    ends = {
        "shortest": ("seconds", True, "{:.2f} s"),
        "longest": ("seconds", False, "{:.2f} s"),
        "quietest": ("level", True, "{:.1f} dBFS"),
        "loudest": ("level", False, "{:.1f} dBFS"),
        "most silence": ("share", False, "{:.0f} %"),
    }
    named = {}
    for what, (column, rising, style) in ends.items():
        ordered = shares.sort_values([column, "clip"], ascending=[rising, True], kind="stable").head(NAMED)
        named[what] = ", ".join(
            f"{clip} {style.format(value)}".replace(" ", _TOGETHER)
            for clip, value in zip(ordered["clip"], ordered[column], strict=True)
        )
    clipped = clips["clip"][clips["clipped"] > 0].tolist()
    if clipped:
        named["clipped"] = _some(clipped)
    for column, what in (("sr", "other rates"), ("channels", "other channels"), ("format", "other formats")):
        usual = clips[column].mode()[0]
        if odd := clips["clip"][clips[column] != usual].tolist():
            named[what] = _some(odd)
    return aligned(named)


def _decibels(share: pd.Series) -> pd.Series:
    import numpy as np

    return 20 * np.log10(share)


def _tally(values: Iterator[str] | pd.Series) -> str:
    return ", ".join(f"{value} ({count:,} clips)" for value, count in Counter(values).most_common())


def _some(names: list[str]) -> str:
    return ", ".join(names[: 2 * NAMED]) + (f", and {len(names) - 2 * NAMED:,} more" if len(names) > 2 * NAMED else "")


def aligned(facts: dict[str, str]) -> str:
    """Return a line or a few for each fact, what is said of them in a column of its own."""
    wide = max(map(len, facts)) + 2
    filled = (
        textwrap.fill(
            said, WIDTH, initial_indent=f"{fact:<{wide}}", subsequent_indent=" " * wide, break_on_hyphens=False
        )
        for fact, said in facts.items()
    )
    return "\n".join(filled).replace(_TOGETHER, " ")
