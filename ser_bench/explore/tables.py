"""Tables of a corpus: ``explore.md`` for people, ``clips.csv`` for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ser_bench.core.text import escape_undecodable
from ser_bench.explore.corpus import GENDERS, MEASURES, ExploredCorpus
from ser_bench.explore.findings import neighbours_caption
from ser_bench.explore.health.measure import FRAME_SECONDS, SILENCE_DB
from ser_bench.explore.neighbours import shares_by_attribute
from ser_bench.report.descriptions import SYNTHETIC
from ser_bench.report.formatting import markdown_cell

if TYPE_CHECKING:
    import pandas as pd

_CLIP_COLUMNS = ("clip", "corpus", "speaker", "gender", "emotion", "intensity", "text")
_HEADERS = ("duration s", "level dBFS", "silence %")
_FRAMES = f"{1000 * FRAME_SECONDS:.0f} ms frames {SILENCE_DB:.0f} dB below the clip's loudest"


def clips_csv(explored: ExploredCorpus) -> bytes:
    """Return ``clips.csv``: a row per clip with its labels, measurements and position on the map.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    bytes
    """
    table = explored.clips.assign(clip=[escape_undecodable(name) for name in explored.clips["clip"]])
    columns = [*_CLIP_COLUMNS, *MEASURES, "x", "y"]
    text: str = table[columns].to_csv(index=False, float_format="%.6g", lineterminator="\n")
    return text.encode()


def markdown(explored: ExploredCorpus) -> str:
    """Return ``explore.md``: tables by emotion, gender and speaker, and the shares of nearest neighbours.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    str
    """
    badge = f"\n**{SYNTHETIC}**\n" if explored.corpus.synthetic else ""
    text = [f"# {explored.corpus.title}\n{badge}\n{explored.summary}\n"]
    text += ["## Clips\n", *_table(("emotion", "clips", *_HEADERS), _rows_by_emotion(explored))]
    text.append(f"\nMedians; 5 % and 95 % quantiles over clips in brackets. Silence: {_FRAMES}.\n")
    text += ["## Median F0 of each clip, Hz\n", *_table(("emotion", "gender", "clips", "F0"), _f0_rows(explored))]
    text += ["\n## Speakers\n", *_table(("speaker", "gender", "clips", *_HEADERS), _rows_by_speaker(explored))]
    if explored.shares:
        text += ["\n## Nearest neighbours\n", neighbours_caption(explored) + "\n"]
        text += _table(("shared", "neighbours among", "observed %", "by chance %"), _neighbour_rows(explored))
        headers = ("shared", "of the clips of", "observed %", "by chance %")
        text += ["\n### By emotion and by speaker, among all clips\n", *_table(headers, _value_rows(explored))]
    return "\n".join(text) + "\n"


def _rows_by_emotion(explored: ExploredCorpus) -> Iterator[Sequence[str]]:
    for emotion in explored.emotions:
        clips = explored.clips[explored.clips["emotion"] == emotion]
        yield emotion, f"{len(clips):,}", *_measured_cells(clips)


def _rows_by_speaker(explored: ExploredCorpus) -> Iterator[Sequence[str]]:
    for name, clips in explored.clips.groupby("speaker"):
        genders = set(clips["gender"])
        gender = genders.pop() if len(genders) == 1 else ""  # unknown speakers may have several
        yield str(name) or "unknown", gender or "unknown", f"{len(clips):,}", *_measured_cells(clips)


def _measured_cells(clips: pd.DataFrame) -> Iterator[str]:
    for measure, scale, digits in (("seconds", 1, 2), ("level", 1, 1), ("silence", 100, 0)):
        yield _quantiles(scale * clips[measure].to_numpy(), digits)


def _neighbour_rows(explored: ExploredCorpus) -> Iterator[Sequence[str]]:
    for share in explored.shares:
        attribute = "sentence" if share.attribute == "text" else share.attribute
        yield attribute, share.among, f"{100 * share.observed:.1f}", f"{100 * share.chance:.1f}"


def _value_rows(explored: ExploredCorpus) -> Iterator[Sequence[str]]:
    """Yield the percentages above the small maps: emotions in their order, then speakers."""
    shares = shares_by_attribute(explored.shares)
    for attribute in ("emotion", "speaker"):
        by_value = shares[attribute, "all"].by_value if (attribute, "all") in shares else {}
        for value in explored.emotions if attribute == "emotion" else sorted(by_value):
            if value in by_value:
                yield attribute, value, *(f"{100 * level:.1f}" for level in by_value[value])


def _f0_rows(explored: ExploredCorpus) -> Iterator[Sequence[str]]:
    for emotion in explored.emotions:
        for gender in GENDERS:
            f0 = explored.f0_of(emotion, gender)
            if len(f0):
                yield emotion, gender or "unknown", f"{len(f0):,}", _quantiles(f0, 0)


def _quantiles(values: np.ndarray, digits: int) -> str:
    low, median, high = (f"{value:.{digits}f}" for value in np.quantile(values, (0.05, 0.5, 0.95)))
    return f"{median} [{low}, {high}]"


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [headers, ["---"] * len(headers), *rows]
    return ["| " + " | ".join(markdown_cell(cell) for cell in line) + " |" for line in lines]
