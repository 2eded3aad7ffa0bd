"""The health of a corpus: measurements of all clips, and what was published of the corpus for comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench import audio
from ser_bench.core.errors import CorpusError
from ser_bench.core.progress import NoProgress, Progress
from ser_bench.core.text import grouped_by_sentence
from ser_bench.corpora.checks.completeness import misplaced_clips_warning
from ser_bench.corpora.clip_table import Problem
from ser_bench.corpora.published import Published
from ser_bench.corpora.registry import is_registered
from ser_bench.explore.health.alterations import empty_bands, padded_clips
from ser_bench.explore.health.copies import Copies, find_copies
from ser_bench.explore.health.measure import measure_batch
from ser_bench.runs.workers import run_tasks

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.corpora import OpenCorpus

_BATCH = 16


@dataclass(frozen=True)
class Health:
    """The result of :func:`check_corpus`.

    Parameters
    ----------
    opened : OpenCorpus
    part : str
        Part of the corpus: ``speech``, ``song`` or ``all``.
    clips : DataFrame
        The usable clips in the order of the clip table, with its columns and those of
        :class:`ser_bench.explore.health.measure.ClipMeasures`.
    broken : tuple of Problem
        Clips that cannot be used.
    published : Published or None
        What was published of the part, None if nothing.
    warnings : tuple of str
        Sentences for the user.
    copies : Copies
        Pairs of clips that are copies of each other.
    """

    opened: OpenCorpus
    part: str
    clips: pd.DataFrame
    broken: tuple[Problem, ...]
    published: Published | None
    warnings: tuple[str, ...]
    copies: Copies


def check_corpus(opened: OpenCorpus, part: str, *, jobs: int, progress: Progress | None = None) -> Health:
    """Measure every clip of a corpus.

    Parameters
    ----------
    opened : OpenCorpus
    part : str
        The part that was opened.
    jobs : int
        Number of worker processes.
    progress : Progress, optional

    Returns
    -------
    Health

    Raises
    ------
    CorpusError
        If no clip can be used, or a worker died.
    """
    columns = measure_clips(opened.clips["path"].tolist(), jobs, progress or NoProgress())
    measured = opened.clips.assign(**columns)
    failed = measured["error"] != ""
    broken = tuple(Problem(p, e) for p, e in zip(measured["path"][failed], measured["error"][failed], strict=True))
    if failed.all():
        raise CorpusError(f"no clip of {opened.name} can be used; {broken[0].path}: {broken[0].reason}")
    published = opened.corpus.published_in(part) if is_registered(opened.corpus) else None
    usable = measured[~failed].reset_index(drop=True)
    misplaced = misplaced_clips_warning(opened)
    warnings = (
        *filter(None, [misplaced]),
        *opened.warnings,
        *_reading_warnings(measured),
        *(() if published and published.audio.is_known else (*padded_clips(usable), *empty_bands(usable))),
        *_doubtful_clips(opened, measured),
    )
    return Health(opened, part, usable, broken, published, warnings, find_copies(usable, jobs=jobs))


def measure_clips(paths: Sequence[str], jobs: int, progress: Progress) -> dict[str, list[Any]]:
    """Measure audio files in worker processes.

    Parameters
    ----------
    paths : sequence of str
    jobs : int
        Number of worker processes.
    progress : Progress

    Returns
    -------
    dict of list
        The fields of :class:`ser_bench.explore.health.measure.ClipMeasures` except ``path`` as columns, in the order
        of ``paths``.

    Raises
    ------
    CorpusError
        If a worker died.
    """
    advance = progress.start(len(paths), "measuring", "clip", len(paths))
    batches = ((first, tuple(paths[first : first + _BATCH])) for first in range(0, len(paths), _BATCH))
    measures = {}
    for outcome in run_tasks(measure_batch, batches, jobs=jobs):
        if outcome.status != "ok":
            raise CorpusError(f"cannot measure the clips: {outcome.error}")
        measures[outcome.key] = outcome.value
        advance(len(outcome.value))
    rows = [vars(clip) for first in sorted(measures) for clip in measures[first]]
    return {column: [row[column] for row in rows] for column in rows[0] if column != "path"}


def _reading_warnings(measured: pd.DataFrame) -> list[str]:
    """Describe clips that were used in part, and those with another format than their name says."""
    messages = []
    for row in measured[["clip", "path", "format", "warnings"]].itertuples(index=False):
        messages += [(row.clip, warning) for warning in row.warnings]
        if audio.is_misnamed(row.path, row.format):
            messages.append((row.clip, f"named {Path(row.path).suffix}, but its content is {row.format}"))
    return grouped_by_sentence(messages)


def _doubtful_clips(opened: OpenCorpus, measured: pd.DataFrame) -> Iterator[str]:
    """Yield a warning per clip whose label or recording was reported as faulty, with its measurements."""
    for row in measured[measured["clip"].isin(opened.corpus.doubtful)].to_dict("records"):
        facts = row["error"] or f"here {row['seconds']:.2f} s, peak {row['peak']:.3f} of full scale"
        yield f"{row['clip']}: {opened.corpus.doubtful[row['clip']]}; {facts}"
