"""How a run is named and its numbers are written, the same on every table and chart."""

from __future__ import annotations

import math
import re

from ser_bench.core.text import escape_control
from ser_bench.runs.results import SavedRun
from ser_bench.runs.results.run_info import CorpusInfo

SYNTHETIC = "SYNTHETIC SPEECH"
"""What every table and chart of made-up speech says."""


_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def safe_markdown(text: str) -> str:
    """Return a document of ours whose names can neither begin a tag of HTML nor steer a terminal."""
    return _TAG.sub("&lt;", escape_control(text))


def markdown_cell(text: str) -> str:
    """Return text as a cell of a table: on one line, and without the bar that would end it."""
    return " ".join(text.split()).replace("|", "\\|")


def percent(fraction: float) -> str:
    """Write a fraction as a percentage with one decimal and no sign; NaN as ``n/a``."""
    return "n/a" if math.isnan(fraction) else f"{100 * fraction:.1f}"


def points(difference: float) -> str:
    """Write a difference of fractions in percentage points, always with its sign; NaN as ``n/a``."""
    if math.isnan(difference):
        return "n/a"
    return f"{round(100 * difference, 1) + 0.0:+.1f}"  # adding zero turns -0.0 into +0.0


def percent_interval(low: float, high: float) -> str:
    """Write an interval of fractions in percent, ``[51.2, 58.0]``; empty where there is none."""
    return "" if math.isnan(low) or math.isnan(high) else f"[{100 * low:.1f}, {100 * high:.1f}]"


def points_interval(low: float, high: float) -> str:
    """Write an interval of differences in points with signs, ``[+3.1, +9.0]``; empty where there is none."""
    return "" if math.isnan(low) or math.isnan(high) else f"[{points(low)}, {points(high)}]"


def p_value(p: float) -> str:
    """Write a p value with two digits, never as zero."""
    return "n/a" if math.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.0995 else f"{p:.2f}"


def byte_size(count: float) -> str:
    """Write a number of bytes with two digits and a unit; NaN as ``n/a``."""
    if math.isnan(count):
        return "n/a"
    for unit in ("B", "kB", "MB"):
        if count < 999.5:
            return f"{count:.2g} {unit}" if count < 99.5 else f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.2g} GB"


def seconds(duration: float) -> str:
    """Write a duration in seconds with two significant digits, from milliseconds up; NaN as ``n/a``."""
    if math.isnan(duration):
        return "n/a"
    if duration < 0.0095:
        return f"{1000 * duration:.1g} ms"
    if duration < 0.95:
        return f"{1000 * duration:.2g} ms" if duration < 0.095 else f"{duration:.2f} s"
    return f"{duration:.1f} s" if duration < 9.95 else f"{duration:,.0f} s"


def decibels(share: float) -> str:
    """Write a share of full scale in dB with one decimal; 0 as ``-inf``."""
    return f"{20 * math.log10(share):.1f}" if share > 0 else "-inf"


def plural(count: int, noun: str) -> str:
    """Write a count with its noun: ``1 fold``, ``1,440 clips``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def corpus_title(run: SavedRun) -> str:
    """Return the corpus's title, with its short name where the title does not hold it."""
    corpus = run.info.corpus
    name, title = corpus.name, corpus.title or corpus.name
    return title if name.casefold() in title.casefold() else f"{title} ({name})"


def protocol(run: SavedRun, splits: tuple[str, ...] | None = None) -> str:
    """Return a line with corpus, clips, speakers, labels, folds of each split, repeats, features and seed."""
    info, corpus = run.info, run.info.corpus
    target, size = info.target, len(run.labels)
    labels = plural(size, "emotion") if target == "emotion" else f"{size} classes ({target})"
    folds = run.fits.groupby("split")["fold"].nunique()
    names = info.splits if splits is None else splits
    repeats = run.fits["repeat"].nunique()
    merged = ", ".join(f"{label} as {other}" for label, other in info.options.merge.items())
    parts = [
        corpus_title(run),
        plural(corpus.clips, "clip"),
        plural(corpus.speakers, "speaker"),
        f"{labels} ({merged})" if merged else labels,
        *(f"{name}: {plural(int(folds.get(name, 0)), 'fold')}" for name in names),
        *([plural(repeats, "repeat")] if repeats > 1 else []),
        _heard(corpus),
        "each model's own features" if info.features == "auto" else f"features: {info.features}",
        f"seed {info.options.seed}",
    ]
    return " · ".join(filter(None, parts))


def _heard(corpus: CorpusInfo) -> str:
    """Say what models were given instead of the clips as they were recorded, if anything."""
    if corpus.recorded:
        return "features read from a table, no audio"
    return f"all clips at {corpus.sample_rate:,} Hz" if corpus.sample_rate else ""


def normalisation_note(run: SavedRun) -> str:
    """Return what was done to the features by speaker, empty if nothing."""
    if run.info.normalize == "none":
        return ""
    return "Normalised per speaker with the test speakers' own unlabelled clips (transductive)"
