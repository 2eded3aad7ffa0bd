"""Open the corpora that the options name: where they are, and the sampling rate of their clips."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench import corpora
from ser_bench.audio import sampling_rate
from ser_bench.core.errors import AudioError, CorpusError
from ser_bench.core.labels import label_order
from ser_bench.core.text import plural
from ser_bench.corpora.checks.completeness import misplaced_clips_warning, missing_clips_warning
from ser_bench.corpora.pool import open_corpora, split_names
from ser_bench.corpora.tables.label_columns import describe_label_columns, describe_separating_columns
from ser_bench.splits import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.core.progress import Progress
    from ser_bench.corpora import OpenCorpus


def open_corpus(options: Options, progress: Progress) -> OpenCorpus:
    """Open the chosen or the default corpus, and those that a split ``cross:CORPUS`` tests on.

    Several corpora are resampled to ``options.sample_rate``, or else to the lowest rate of their clips. The clips of a
    single corpus keep their own rates unless the option is set.

    Parameters
    ----------
    options : Options
        The options of the run.
    progress : Progress
        Receives what was opened, and the warnings about its data.

    Returns
    -------
    OpenCorpus
        The corpus, several ones pooled.

    Raises
    ------
    CorpusError
        If a corpus cannot be opened, or its clips cannot have the sampling rate.
    """
    names = [*corpus_names(options), *cross_tested_corpora(options)]
    opened = open_corpora(
        names,
        options.data_dir,
        part=options.part,
        emotions=options.emotions,
        merge=options.merge,
        speakers=options.speakers,
    )
    for member in opened.members:
        emotions = set(member.clips["emotion"]) if opened.pooled else set(options.emotions)
        opened = replace(opened, warnings=(*opened.warnings, *_announce(member, emotions, options, progress)))
    if opened.feature_table:
        if options.sample_rate:
            raise CorpusError(
                f"{opened.corpus.name} is a table of features without audio\nremove --sample-rate {options.sample_rate}"
            )
        if options.link_speakers:
            raise CorpusError(f"{opened.corpus.name} is a table of features without audio\nremove --link-speakers")
        sets = ", ".join(f"{s.name} ({s.dimension})" for s in opened.feature_table.sets)
        progress.info(f"feature sets of the table: {sets}; training clips are not augmented, as there is no audio")
        opened = replace(opened, warnings=(*opened.warnings, *_label_column_warnings(opened, options)))
    for warning in opened.warnings:
        progress.warning(warning)
    return replace(opened, rate=_choose_rate(opened, options, progress))


def _label_column_warnings(opened: OpenCorpus, options: Options) -> tuple[str, ...]:
    """Return a sentence about columns that hold the label; raise unless the user wants to use them."""
    assert opened.feature_table is not None
    targets = options.target.split("+")
    found_columns = describe_label_columns(opened.feature_table, opened.clips, targets)
    if not found_columns:
        doubtful = describe_separating_columns(opened.feature_table, opened.clips, targets)
        return (doubtful,) if doubtful else ()
    if options.label_columns == "refuse":
        raise CorpusError(
            f"the feature table {Path(opened.corpus.source).name} holds its labels: {found_columns}\n"
            "delete these columns, or use them with --label-columns use, which marks the results"
        )
    return (f"the features hold the labels, so that scores say nothing about recognition: {found_columns}",)


def _choose_rate(opened: OpenCorpus, options: Options, progress: Progress) -> int | None:
    """Return the sampling rate of all clips in Hz; None if each keeps its own."""
    rate = options.sample_rate
    if len(opened.folders) > 1:
        labels = ", ".join(label_order(opened.clips["emotion"]))
        progress.info(f"pooled: {plural(len(opened.clips), 'clip')} of the emotions that all corpora have ({labels})")
        rate = rate or lowest_sampling_rate(opened.clips)
    if rate:
        reason = "" if options.sample_rate else ", the lowest rate of all corpora; change it with --sample-rate"
        progress.info(f"all clips are resampled to {rate:,} Hz{reason}")
    return rate


def _announce(opened: OpenCorpus, emotions: set[str], options: Options, progress: Progress) -> Iterator[str]:
    """Report a corpus and its folder, and yield warnings of missing or misplaced clips.

    ``emotions`` are those kept by the filter; empty means all.
    """
    synthetic = " (synthetic speech)" if opened.corpus.synthetic else ""
    hint = "; RAVDESS was not found, name its folder with --data-dir" if options.corpus is None and synthetic else ""
    progress.info(f"corpus {opened.name}{synthetic}: {plural(len(opened.clips), 'clip')} in {opened.folder}{hint}")
    warnings = [misplaced_clips_warning(opened)]
    if not (options.merge and emotions):  # published counts are of the original emotions
        warnings.append(missing_clips_warning(opened, options.part, emotions))
    yield from filter(None, warnings)


def default_folder(opened: OpenCorpus, target: str, purpose: str = "") -> Path:
    """Return the folder of results that is used without ``--out``.

    Parameters
    ----------
    opened : OpenCorpus
        The corpus.
    target : str
        What is predicted.
    purpose : str
        What the results are, if not a run.

    Returns
    -------
    Path
        ``results/<corpus>``, with part, subset, target and purpose in the name.
    """
    return Path("results", "-".join(filter(None, (opened.name, "" if target == "emotion" else target, purpose))))


def cross_tested_corpora(options: Options) -> tuple[str, ...]:
    """Return the corpora that are opened only because a split ``cross:CORPUS`` tests on them.

    Parameters
    ----------
    options : Options
        The options of the run.

    Returns
    -------
    tuple of str
        Names as given in the options.
    """
    tested = [split.removeprefix(PREFIX) for split in options.splits or () if split.startswith(PREFIX)]
    if not tested:
        return ()
    chosen = {label for name in corpus_names(options) for label in corpora.corpus_labels(name)}
    further = [name for name in dict.fromkeys(tested) if name not in chosen]
    return tuple(name for name in further if corpora.corpus_label(name) not in chosen)


def lowest_sampling_rate(clips: pd.DataFrame) -> int:
    """Return the lowest sampling rate in Hz in the headers of the clips' files.

    Parameters
    ----------
    clips : pandas.DataFrame
        Clips with ``path``.

    Returns
    -------
    int

    Raises
    ------
    CorpusError
        If no header can be read.
    """
    with ThreadPoolExecutor(4) as pool:
        rates = [rate for rate in pool.map(_sampling_rate, clips["path"]) if rate]
    if not rates:
        raise CorpusError("no clip has a readable sampling rate\ncheck that the files are audio files")
    return min(rates)


def _sampling_rate(path: str) -> int:
    with suppress(AudioError):  # extraction reports unreadable clips
        return sampling_rate(path)
    return 0


def corpus_names(options: Options) -> Sequence[str]:
    """Return the chosen corpora, or the default one.

    Parameters
    ----------
    options : Options
        The options of the run.

    Returns
    -------
    sequence of str
        Names as given in the options.

    Raises
    ------
    CorpusError
        If the options name none.
    """
    if options.corpus is None:
        return [corpora.default_corpus() if options.data_dir is None else "ravdess"]
    names = split_names(options.corpus)
    if not names:
        raise CorpusError(f"--corpus {options.corpus!r} names no corpus\nname one, such as --corpus ravdess")
    return names
