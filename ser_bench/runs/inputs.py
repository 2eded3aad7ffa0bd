"""From the options to the clips: which corpora take part, where they lie, and at which rate they are heard."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ser_bench import corpora
from ser_bench.audio import sampling_rate
from ser_bench.core.errors import AudioError, CorpusError
from ser_bench.core.labels import label_order
from ser_bench.corpora.completeness import misplaced_clips_warning, missing_clips_warning
from ser_bench.corpora.pool import open_corpora, split_names
from ser_bench.splits import PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.core.progress import Progress
    from ser_bench.corpora import OpenCorpus


def open_corpus(options: Options, progress: Progress) -> OpenCorpus:
    """Open the corpora asked for, or the default one, and say which on the first lines.

    Beside those of ``--corpus`` there are the ones that a split ``cross:CORPUS`` tests. Several are heard at
    ``--sample-rate``, or else at the lowest rate among their clips; a single one at its clips' own.
    """
    home = _named(options)
    names = [*home, *cross_tested_corpora(options)]
    opened = open_corpora(names, options.data_dir, part=options.part, emotions=options.emotions, merge=options.merge)
    for one in opened.members:
        kept = set(one.clips["emotion"]) if opened.pooled else set(options.emotions)
        _introduce(one, kept, options, progress)
    rate = options.sample_rate
    if opened.feature_table:
        if rate:
            raise CorpusError(f"{opened.corpus.name} is a table of features, with no sound to bring to {rate} Hz")
        sets = ", ".join(f"{s.name} ({s.dimension})" for s in opened.feature_table.sets)
        progress.info(f"features of the table: {sets}; without audio there are no copies at other speeds")
    if len(opened.folders) > 1:
        rate = rate or lowest_rate(opened.clips)
        labels = ", ".join(label_order(opened.clips["emotion"]))
        progress.info(f"together: {len(opened.clips)} clips of the emotions that all have ({labels})")
    if rate:
        chosen = "" if options.sample_rate else ", the lowest rate among them (--sample-rate chooses another)"
        progress.info(f"all clips are brought to {rate:,} Hz{chosen}")
    return replace(opened, rate=rate)


def _introduce(opened: OpenCorpus, kept: set[str], options: Options, progress: Progress) -> None:
    """Say which corpus this is and where it lies, and warn of what is missing or lies where it should not.

    ``kept`` are the emotions that others were left out for, empty for all.
    """
    made = " (synthetic speech)" if opened.corpus.synthetic else ""
    missing = "; RAVDESS was not found, name its folder with --data-dir" if options.corpus is None and made else ""
    progress.info(f"corpus {opened.corpus.name}{made}: {len(opened.clips)} clips in {opened.folder}{missing}")
    lines = [misplaced_clips_warning(opened)]
    if not (options.merge and kept):  # what was published is known of emotions as they were
        lines.append(missing_clips_warning(opened, options.part, kept))
    for line in filter(None, lines):
        progress.warning(line)


def cross_tested_corpora(options: Options) -> tuple[str, ...]:
    """Return the corpora that take part only because a split ``cross:CORPUS`` tests on them."""
    tested = [split.removeprefix(PREFIX) for split in options.splits if split.startswith(PREFIX)]
    home = {corpora.corpus_label(name) for name in _named(options)}
    return tuple(name for name in dict.fromkeys(tested) if corpora.corpus_label(name) not in home)


def lowest_rate(clips: pd.DataFrame) -> int:
    """Return the lowest sampling rate in Hz among the clips' files, told by their headers."""
    with ThreadPoolExecutor(4) as pool:
        rates = [rate for rate in pool.map(_rate, clips["path"]) if rate]
    if not rates:
        raise CorpusError("no clip has a sampling rate that can be read")
    return min(rates)


def _rate(path: str) -> int:
    with suppress(AudioError):  # a clip that cannot be read is told of when it is decoded
        return sampling_rate(path)
    return 0


def _named(options: Options) -> Sequence[str]:
    if options.corpus is None:
        return [corpora.default_corpus() if options.data_dir is None else "ravdess"]
    names = split_names(options.corpus)
    if not names:
        raise CorpusError("--corpus names no corpus")
    return names
