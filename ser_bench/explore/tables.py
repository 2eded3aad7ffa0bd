"""The numbers behind a corpus's pictures: ``explore.md`` for people, ``clips.csv`` for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ser_bench.core.text import escape_undecodable
from ser_bench.explore.corpus import MEASURES, Explored
from ser_bench.explore.health.measure import FRAME_SECONDS, SILENCE_DB
from ser_bench.explore.map_figure import caption
from ser_bench.explore.marks import GENDERS
from ser_bench.report.formatting import SYNTHETIC

if TYPE_CHECKING:
    import pandas as pd

_TOLD = ("clip", "corpus", "speaker", "gender", "emotion", "intensity", "text")


def clips_csv(explored: Explored) -> bytes:
    """Return a row per clip: what is known of it, what was measured, and its place on the map."""
    table = explored.clips.assign(clip=[escape_undecodable(name) for name in explored.clips["clip"]])
    columns = [*_TOLD, *MEASURES, "x", "y"]
    return table[columns].to_csv(index=False, float_format="%.6g", lineterminator="\n").encode()


def markdown(explored: Explored) -> str:
    """Return the corpus's numbers as tables."""
    badge = f"\n**{SYNTHETIC}**\n" if explored.corpus.synthetic else ""
    text = [f"# {explored.corpus.title}\n{badge}\n{explored.line}\n"]
    text += ["## Clips\n", *_table(("emotion", "clips", *_MEASURED), _by_emotion(explored))]
    text.append(
        "\nMedians; in brackets 5 and 95 % of the clips. Silence: 20 ms frames 40 dB below the clip's loudest.\n"
    )
    text += ["## Median F0 of each clip, Hz\n", *_table(("emotion", "gender", "clips", "F0"), _pitch(explored))]
    text += ["\n## Speakers\n", *_table(("speaker", "gender", "clips", *_MEASURED), _by_speaker(explored))]
    if explored.shares:
        text += ["\n## Nearest neighbours\n", caption(explored) + "\n"]
        text += _table(("shared", "neighbours among", "found %", "by chance %"), _neighbours(explored))
    return "\n".join(text) + "\n"


_MEASURED = ("duration s", "level dBFS", "silence %")


_SILENCE = f"{1000 * FRAME_SECONDS:.0f} ms frames {SILENCE_DB:.0f} dB below the clip's loudest"


def _by_emotion(explored: Explored) -> Iterator[Sequence[str]]:
    for emotion in explored.emotions:
        clips = explored.clips[explored.clips["emotion"] == emotion]
        yield emotion, f"{len(clips):,}", *_measured(clips)


def _by_speaker(explored: Explored) -> Iterator[Sequence[str]]:
    for name, clips in explored.clips.groupby("speaker"):
        yield str(name), clips["gender"].iloc[0] or "not known", f"{len(clips):,}", *_measured(clips)


def _measured(clips: pd.DataFrame) -> Iterator[str]:
    for measure, scale, digits in (("seconds", 1, 2), ("level", 1, 1), ("silence", 100, 0)):
        yield _quantiles(scale * clips[measure].to_numpy(), digits)


def _neighbours(explored: Explored) -> Iterator[Sequence[str]]:
    for share in explored.shares:
        fact = "sentence" if share.fact == "text" else share.fact
        yield fact, share.among, f"{100 * share.found:.1f}", f"{100 * share.chance:.1f}"


def _pitch(explored: Explored) -> Iterator[Sequence[str]]:
    for emotion in explored.emotions:
        for gender in GENDERS:
            f0 = explored.f0_of(emotion, gender)
            if len(f0):
                yield emotion, gender or "not known", f"{len(f0):,}", _quantiles(f0, 0)


def _quantiles(values: np.ndarray, digits: int) -> str:
    low, middle, high = (f"{value:.{digits}f}" for value in np.quantile(values, (0.05, 0.5, 0.95)))
    return f"{middle} [{low}, {high}]"


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [headers, ["---"] * len(headers), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
