"""Extraction: compute the features that the store lacks for the clips of a corpus.

Each clip is decoded once for all feature sets. Workers write their results into the store batch by batch, so that an
interrupted extraction continues where it stopped. A clip that fails, or kills its worker, does not affect other clips;
the store records only defects of the audio itself.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench import audio, corpora, features
from ser_bench.core.errors import CorpusError, StoreError
from ser_bench.core.interrupt import interruptible
from ser_bench.core.places import default_store
from ser_bench.core.progress import Advance, NoProgress, Progress
from ser_bench.core.text import grouped_by_sentence, plural
from ser_bench.corpora.checks.altered import altered_audio_warnings
from ser_bench.corpora.clip_table import Problem
from ser_bench.corpora.selection import left_out
from ser_bench.runs.extraction.choice import ChosenClips, choose_clips
from ser_bench.runs.extraction.copies import CopyRule, keep_equal_rows
from ser_bench.runs.extraction.near_identical import FINGERPRINT
from ser_bench.runs.extraction.remote import BatchJob, batch_job
from ser_bench.runs.extraction.worker import CLIP_SECONDS, Batch, Failures, MissingSets, preload_sets
from ser_bench.runs.inputs import open_corpus
from ser_bench.runs.results.losses import report_losses, report_problems
from ser_bench.runs.workers import LOCAL, count_workers, run_tasks, start_workers
from ser_bench.store import FeatureStore

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.corpora import OpenCorpus
    from ser_bench.corpora.clip_table import FeatureTable
    from ser_bench.features.base import FeatureSet

_LARGEST_BATCH = 128
"""Number of clips of a task, where their features are computed under one condition."""
_SMALLEST_BATCH = 16
"""Number of clips of a task with many conditions; fewer would write many small shards."""
_MAX_DEATHS = 16
"""After so many clips in a row that kill their worker, the clips are not the cause."""
_HANG_NOTE = f"; a worker also ends itself after {CLIP_SECONDS:.0f} s on one clip"
_RESUME = "finished work is saved; run the same command again"

ChooseSets = Callable[[Mapping[str, "FeatureSet"]], tuple["FeatureSet", ...]]
"""Chooses feature sets among those that a corpus offers, by name."""
Metadata = Mapping[str, Mapping[str, Any]]
"""What the store records of each clip, by key."""


@dataclass(frozen=True)
class ExtractionResult:
    """What extraction did.

    Attributes
    ----------
    clips : pandas.DataFrame
        The usable clips, with their store keys in ``key`` and, of audio, the names of near-identical clips in
        ``near_identical``.
    problems : tuple of Problem
        Clips that could not be used.
    duplicates : tuple of Problem
        Clips that were left out as copies, and the classes and speakers that were lost with them.
    n_computed : int
        Number of clips for which features were computed.
    fingerprint : str
        Hash of the usable clips: names, audio, speakers and labels.
    warnings : tuple of str
        What a reader of results must know about the data, a sentence each: that of the corpus, copies, long clips,
        rates.
    shared_speakers : mapping of str to tuple of str
        The speakers, as ``corpus/speaker``, of each person with several names.
    unchanged : mapping of str to frozenset of str
        The keys of the usable clips that a recording condition could not change, by the condition's name.
    """

    clips: pd.DataFrame
    problems: tuple[Problem, ...]
    duplicates: tuple[Problem, ...]
    n_computed: int
    fingerprint: str
    warnings: tuple[str, ...] = ()
    shared_speakers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unchanged: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ExtractedCorpus:
    """A corpus whose features are in the store.

    Attributes
    ----------
    opened : OpenCorpus
        The corpus.
    sets : tuple of FeatureSet
        The chosen feature sets.
    extraction : ExtractionResult
        What extraction did.
    store : FeatureStore
        The store.
    """

    opened: OpenCorpus
    sets: tuple[FeatureSet, ...]
    extraction: ExtractionResult
    store: FeatureStore


def extract_corpus(options: Options, choose: ChooseSets, progress: Progress) -> ExtractedCorpus:
    """Open the corpus that the options name, extract features, and report the clips that were left out.

    Parameters
    ----------
    options : Options
        Corpus, store, engine and number of workers.
    choose : callable
        Chooses the feature sets.
    progress : Progress
        Receives progress and warnings.

    Returns
    -------
    ExtractedCorpus
        The corpus and its features.

    Raises
    ------
    SerBenchError
        If the corpus, the feature sets or the store cannot be used.
    """
    store = FeatureStore(options.store or default_store())
    engine, jobs = options.engine, count_workers(options.engine, options.jobs)
    is_local_audio = engine == LOCAL and not corpora.is_feature_table(options.corpus)
    with warm_up_workers(choose(features.sets_at_rate()), store, jobs) if is_local_audio else nullcontext():
        opened = open_corpus(options, progress)
        sets = choose(opened.feature_sets())
        rule = CopyRule.of(options)
        extraction = extract(opened, sets, store, jobs=jobs, progress=progress, engine=engine, copies=rule)
    report_problems(opened, extraction, progress)
    report_losses(opened, extraction, progress)
    return ExtractedCorpus(opened, sets, extraction, store)


def warm_up_workers(sets: Sequence[FeatureSet], store: FeatureStore, jobs: int) -> AbstractContextManager[None]:
    """Let workers load their libraries while the corpus is listed, if the store lacks the feature sets.

    Parameters
    ----------
    sets : sequence of FeatureSet
        Feature sets to load.
    store : FeatureStore
        The store.
    jobs : int
        Number of worker processes.

    Returns
    -------
    context manager
        Stops the workers if its block raises.
    """
    if any(store.holds(feature_set) for feature_set in sets):
        return nullcontext()
    return start_workers(preload_sets, tuple(sets), jobs=jobs)


def extract(
    opened: OpenCorpus,
    sets: Sequence[FeatureSet],
    store: FeatureStore,
    *,
    jobs: int,
    progress: Progress | None = None,
    engine: str = LOCAL,
    copies: CopyRule | None = None,
) -> ExtractionResult:
    """Compute the features that the store lacks for the clips of a corpus, and leave out copies.

    Parameters
    ----------
    opened : OpenCorpus
        The corpus.
    sets : sequence of FeatureSet
        Feature sets.
    store : FeatureStore
        The store.
    jobs : int
        Number of workers.
    progress : Progress, optional
        Receives progress and warnings.
    engine : str
        "local" or the address of a Dask scheduler.
    copies : CopyRule, optional
        How clips with identical samples are treated.

    Returns
    -------
    ExtractionResult
        The usable clips, and those that were left out.

    Raises
    ------
    StoreError
        If the store cannot be written, or workers keep dying.
    CorpusError
        If no clip can be used.
    """
    progress, copies = progress or NoProgress(), copies or CopyRule()
    sets = sets if opened.feature_table else (*sets, FINGERPRINT)
    store.prepare()
    store.quarantine_damaged(sets, progress)
    if opened.feature_table:
        return _import_table(opened, opened.feature_table, sets, store, copies)
    key_of, errors = _hash_files(opened, store.folder)
    clips = opened.clips[opened.clips["path"].isin(key_of)]
    clips = clips.assign(key=[key_of[path] for path in clips["path"]])
    metadata = store.clip_metadata(audio.reader_version())
    todo, missing = _find_missing(clips, sets, store, metadata)
    failures = Failures()
    if len(todo):
        failures = _compute(todo, missing, store, jobs, progress, engine)
        metadata = store.clip_metadata(audio.reader_version())
    unusable = failures.clips | {key: row["error"] for key, row in metadata.items() if row["error"]}
    errors = {path: unusable[key] for path, key in key_of.items() if key in unusable} | errors
    problems = tuple(Problem(path, reason) for path, reason in sorted(errors.items()))
    clips = clips[~clips["path"].isin(errors)]
    for column in ("emotion", "speaker"):
        problems += left_out(opened.clips, clips, column, "no clip can be read")
    chosen = choose_clips(opened, clips, [metadata[key]["digest"] for key in clips["key"]], store, jobs, copies)
    result = _usable_clips(opened, chosen, problems, metadata, len(todo))
    return _with_unchanged_clips(result, failures)


def _with_unchanged_clips(result: ExtractionResult, failures: Failures) -> ExtractionResult:
    """Add the usable clips that a recording condition could not change."""
    paths = dict(zip(result.clips["key"], result.clips["path"], strict=True))
    reasons = {(key, name): reason for (key, name), reason in failures.conditions.items() if key in paths}
    unchanged: dict[str, frozenset[str]] = {}
    for key, name in reasons:
        unchanged[name] = unchanged.get(name, frozenset()) | {key}
    problems = (
        Problem(paths[key], f"not tested under {name}: {reason}", "changed clip")
        for (key, name), reason in sorted(reasons.items(), key=lambda item: (item[0][1], paths[item[0][0]]))
    )
    return replace(result, problems=(*result.problems, *problems), unchanged=unchanged)


def _usable_clips(
    opened: OpenCorpus, chosen: ChosenClips, problems: tuple[Problem, ...], metadata: Metadata, n_computed: int
) -> ExtractionResult:
    """Describe the clips that have no error and are no copies."""
    clips = chosen.clips
    if clips.empty:
        first = "".join(f"; {problem.path}: {problem.reason}" for problem in (*problems, *chosen.problems)[:1])
        advice = "".join(f"\n{warning}" for warning in chosen.warnings[:1])
        raise CorpusError(f"no clip of {opened.name} can be used{first}{advice}")
    rows = [metadata[key] for key in clips["key"]]
    return ExtractionResult(
        clips,
        (*opened.problems, *problems),
        chosen.problems,
        n_computed,
        _corpus_fingerprint(clips),
        (
            *opened.warnings,
            *chosen.warnings,
            *_reading_warnings(clips, metadata),
            *_rate_warnings([row["sr"] for row in rows], opened.rate),
            *_altered_audio(opened, clips, metadata),
        ),
        chosen.shared_speakers,
    )


def _import_table(
    opened: OpenCorpus, table: FeatureTable, sets: Sequence[FeatureSet], store: FeatureStore, rule: CopyRule
) -> ExtractionResult:
    """Write the rows of a feature table into the store, with a hash of their values as key."""
    names = opened.clips["clip"].tolist()
    clips = opened.clips.assign(key=table.hashes(names))
    distinct = keep_equal_rows(clips, clips["key"].tolist(), rule)
    clips = distinct.clips
    n_computed = 0
    for feature_set in sets:
        missing = clips[~clips["key"].isin(store.keys(feature_set))]
        values = table.values_of(feature_set, missing["clip"].tolist())
        store.write(feature_set, dict(zip(missing["key"], values, strict=True)))
        n_computed = max(n_computed, len(missing))
    fingerprint, warnings = _corpus_fingerprint(clips), (*opened.warnings, *distinct.warnings)
    shared = opened.shared_speakers
    return ExtractionResult(clips, opened.problems, distinct.problems, n_computed, fingerprint, warnings, shared)


def _hash_files(opened: OpenCorpus, store: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the SHA-256 of each readable file, and the error of each unreadable one, by path."""
    from ser_bench.store.file_hashes import FileHashes

    hashes: dict[str, str] = {}
    errors: dict[str, str] = {}
    for name, folder in opened.folders.items():
        paths = opened.clips.loc[opened.clips["corpus"] == name, "path"]
        folder_hashes, folder_errors = FileHashes(store, folder).hash_files(paths)
        hashes |= folder_hashes
        errors |= folder_errors
    return hashes, errors


def _find_missing(
    clips: pd.DataFrame, sets: Sequence[FeatureSet], store: FeatureStore, metadata: Metadata
) -> tuple[pd.DataFrame, MissingSets]:
    """Return the clips without metadata or features, largest file first, and the missing keys of each set."""
    unique = clips.drop_duplicates("key")
    usable = set(unique["key"]) - {key for key, row in metadata.items() if row["error"]}
    missing = tuple((feature_set, frozenset(usable - store.keys(feature_set))) for feature_set in sets)
    todo = unique[unique["key"].isin((usable - set(metadata)).union(*(keys for _, keys in missing)))]
    sizes = todo["path"].map(lambda path: Path(path).stat().st_size)
    return todo.loc[sizes.sort_values(ascending=False, kind="stable").index], missing


def _compute(
    todo: pd.DataFrame, missing: MissingSets, store: FeatureStore, jobs: int, progress: Progress, engine: str
) -> Failures:
    """Compute the missing features; return what failed, which another attempt may avoid."""
    pairs = [(key, str(Path(path).absolute())) for key, path in zip(todo["key"], todo["path"], strict=True)]
    folder = store.folder.absolute()
    with (
        batch_job(engine, folder, [path for _, path in pairs], [s for s, _ in missing], progress) as job,
        interruptible(progress) as until_interrupt,
    ):
        advance = progress.start(len(todo), "extracting", "clip", len(todo))

        def run(batches: Iterable[Batch]) -> tuple[Failures, list[tuple[Batch, str]]]:
            return _run_batches(job, engine, jobs, advance, until_interrupt(batches))

        failures, deadly = run(_split_into_batches(pairs, missing, folder, jobs))
        singles = [batch.subset((clip,)) for batch, _ in deadly for clip in batch.clips]
        for start in range(0, len(singles), _MAX_DEATHS):  # one clip each, to find those that kill their worker
            single_failures, deadly = run(singles[start : start + _MAX_DEATHS])
            failures.add(single_failures)
            failures.clips.update({batch.clips[0][0]: f"not computed: {why}{_HANG_NOTE}" for batch, why in deadly})
            if len(deadly) == _MAX_DEATHS:
                message = f"extraction stopped: {_MAX_DEATHS} clips in a row failed: {deadly[0][1]}"
                raise StoreError(f"{message}\n{_RESUME}")
    return failures


def _run_batches(
    job: BatchJob, engine: str, jobs: int, advance: Advance, batches: Iterable[Batch]
) -> tuple[Failures, list[tuple[Batch, str]]]:
    """Return what failed, and the batches that killed their worker, with the reason."""
    running: dict[int, Batch] = {}
    failures = Failures()
    deadly: list[tuple[Batch, str]] = []
    errors: list[str | None] = []
    tasks = ((number, running.setdefault(number, batch)) for number, batch in enumerate(batches))
    for result in run_tasks(job.function, tasks, jobs=jobs, engine=engine, requirements=job.requirements):
        batch = running.pop(result.key)
        if result.status == "died":
            deadly.append((batch, result.error or ""))
            continue
        advance(len(batch.clips))
        if result.status == "ok":
            failures.add(job.receive(result.value))
        else:
            errors.append(result.error)
    if errors:
        raise StoreError(f"extraction stopped: {errors[0]}\n{_RESUME}")
    return failures, deadly


def _split_into_batches(
    pairs: Sequence[tuple[str, str]], missing: MissingSets, store: Path, jobs: int
) -> Iterator[Batch]:
    """Split the clips into batches that shrink towards the end, so that all workers finish at about the same time.

    With many conditions a batch has fewer clips, so that it takes seconds.
    """
    conditions = len({feature_set.condition for feature_set, _ in missing})
    largest = max(_SMALLEST_BATCH, _LARGEST_BATCH // conditions) if conditions else _LARGEST_BATCH
    start = 0
    while start < len(pairs):
        size = min(largest, max(4, (len(pairs) - start) // (4 * jobs)))
        yield Batch(store, (), missing).subset(tuple(pairs[start : start + size]))
        start += size


def _rate_warnings(rates: Sequence[int], common_rate: int | None) -> Iterator[str]:
    """Warn about clips of lower sampling rates, which a model may recognise by their empty upper band."""
    if common_rate is not None:
        if lower := sum(rate < common_rate for rate in rates):
            clips = "1 clip has" if lower == 1 else f"{lower:,} clips have"
            yield f"{clips} a sampling rate below {common_rate:,} Hz and no energy above half that rate"
        return
    counts = Counter(rates).most_common()
    if len(counts) < 2:
        return
    listed = ", ".join(f"{rate:,} Hz ({plural(count, 'clip')})" for rate, count in counts[:4])
    yield f"sampling rates differ, which a model may learn: {listed}; use --sample-rate {min(rates)} to equalise them"


def _altered_audio(opened: OpenCorpus, clips: pd.DataFrame, metadata: Metadata) -> Iterator[str]:
    """Warn about corpora whose audio is not as published, or whose clips all have one length."""
    for member in opened.members:
        names = set(member.clips["corpus"])
        rows = [metadata[key] for key in clips["key"][clips["corpus"].isin(names)]]
        yield from altered_audio_warnings(
            member.corpus,
            opened.selection.part or "speech",
            emotions=opened.selection.emotions,
            samples=[row["total"] or row["samples"] for row in rows],
            rates=[row["sr"] for row in rows],
        )


def _reading_warnings(clips: pd.DataFrame, metadata: Metadata) -> list[str]:
    """Warn about clips whose middle or first channel alone was used."""
    rows = ((clip, metadata[key]) for clip, key in zip(clips["clip"], clips["key"], strict=True))
    return grouped_by_sentence(
        (clip, warning)
        for clip, row in rows
        for warning in audio.reading_warnings(
            row["samples"], row["sr"], row["total"], row["channel"] - 1 if row["channel"] else None, row["unread"]
        )
    )


def _corpus_fingerprint(clips: pd.DataFrame) -> str:
    """Return a hash of the names, audio, speakers and labels of the clips."""
    rows = clips.sort_values("clip")[["clip", "key", "speaker", "gender", "text", "emotion"]]
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()[:32]
