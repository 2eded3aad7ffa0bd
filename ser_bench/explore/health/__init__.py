"""The health of a corpus: what its folder holds, held against what was published of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ser_bench.core.errors import CorpusError
from ser_bench.core.progress import NoProgress, Progress
from ser_bench.corpora.clip_table import Problem
from ser_bench.corpora.completeness import misplaced_clips_warning
from ser_bench.corpora.published import Published
from ser_bench.corpora.registry import is_registered
from ser_bench.explore.health.measure import measure_batch
from ser_bench.runs.workers import run_tasks

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.corpora import OpenCorpus

_BATCH = 16


@dataclass(frozen=True)
class Health:
    """What :func:`check` found.

    ``clips`` has the clip table's columns and those of :class:`ser_bench.explore.health.measure.Sound` for each clip
    that can be used, in the table's order; ``broken`` are those that cannot, ``passed_over`` other files that
    were left out. ``published`` is None where nothing was. The rest are lines to be told.
    """

    opened: OpenCorpus
    part: str
    clips: pd.DataFrame
    broken: tuple[Problem, ...]
    published: Published | None
    remarks: tuple[str, ...]

    @property
    def passed_over(self) -> tuple[Problem, ...]:
        """The files that the listing left out."""
        return self.opened.problems


def check(opened: OpenCorpus, part: str, *, jobs: int, progress: Progress | None = None) -> Health:
    """Measure every clip of a corpus, and put beside it what was published of its part.

    Raises :class:`CorpusError` where no clip can be used, or a worker died.
    """
    sounds = measured_columns(opened.clips["path"].tolist(), jobs, progress or NoProgress())
    measured = opened.clips.assign(**sounds)
    bad = measured["error"] != ""
    broken = tuple(Problem(p, e) for p, e in zip(measured["path"][bad], measured["error"][bad], strict=True))
    if bad.all():
        raise CorpusError(f"no clip of {opened.corpus.name} can be used; {broken[0].path}: {broken[0].reason}")
    said = opened.corpus.published_in(part) if is_registered(opened.corpus) else None
    remarks = (misplaced_clips_warning(opened), *_doubtful(opened, measured))
    return Health(opened, part, measured[~bad].reset_index(drop=True), broken, said, tuple(filter(None, remarks)))


def measured_columns(paths: Sequence[str], jobs: int, progress: Progress) -> dict[str, list]:
    """Measure files and return the fields of :class:`ser_bench.explore.health.measure.Sound` as columns, in their
    order.

    Raises :class:`CorpusError` where a worker died.
    """
    advance = progress.start(len(paths), "measuring", "clip", len(paths))
    batches = ((first, tuple(paths[first : first + _BATCH])) for first in range(0, len(paths), _BATCH))
    found = {}
    for outcome in run_tasks(measure_batch, batches, jobs=jobs):
        if outcome.status != "ok":
            raise CorpusError(f"checking stopped short: {outcome.error}")
        found[outcome.key] = outcome.value
        advance(len(outcome.value))
    rows = [vars(sound) for first in sorted(found) for sound in found[first]]
    return {column: [row[column] for row in rows] for column in rows[0] if column != "path"}


def _doubtful(opened: OpenCorpus, measured: pd.DataFrame) -> Iterator[str]:
    for row in measured[measured["clip"].isin(opened.corpus.doubtful)].to_dict("records"):
        here = row["error"] or f"here {row['seconds']:.2f} s, peak {row['peak']:.3f} of full scale"
        yield f"{row['clip']}: {opened.corpus.doubtful[row['clip']]}; {here}"
