"""From a corpus to a filled feature store: what is missing is found, computed in batches, and written.

Each clip is decoded once for all the feature sets asked for. A worker writes its own shards, so what is
done stays done, whatever happens to the others. A clip on which a feature set fails, or that kills its
worker, is a problem of its own; the store remembers only what is wrong with the sound itself.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench import audio, corpora, features
from ser_bench.audio.fingerprint import FINGERPRINT_BYTES
from ser_bench.core.errors import CorpusError, StoreError
from ser_bench.core.interrupt import interruptible
from ser_bench.core.places import default_store
from ser_bench.core.progress import Advance, NoProgress, Progress
from ser_bench.corpora.clip_table import Problem
from ser_bench.runs.extraction.remote import Means, means
from ser_bench.runs.extraction.worker import CLIP_SECONDS, Batch, Missing, load_everything
from ser_bench.runs.inputs import open_corpus
from ser_bench.runs.workers import LOCAL, count_workers, run_tasks, start_workers
from ser_bench.store import FeatureStore

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.corpora import OpenCorpus
    from ser_bench.corpora.clip_table import FeatureTable
    from ser_bench.features.base import FeatureSet

_LARGEST_BATCH = 128
_MOST_DEATHS = 16
"""After so many clips in a row that kill their workers the fault is not the clips'."""
_OR_HANGS = f"; after {CLIP_SECONDS:.0f} s on one clip it ends itself"
_KEPT = "what is done is kept; run the same command again"


@dataclass(frozen=True)
class ExtractionResult:
    """What extraction did.

    Attributes
    ----------
    clips : pandas.DataFrame
        The usable clips, with their store keys in ``key``.
    problems : tuple of Problem
        Clips that could not be used.
    duplicates : tuple of Problem
        Clips that were dropped because an earlier clip has identical samples or features.
    n_computed : int
        Number of clips for which features were computed.
    fingerprint : str
        Hash of the usable clips: names, audio, speakers and labels.
    truncated : tuple of Problem
        Long clips of which only the middle was used.
    rate_warning : str
        Warning about different sampling rates; empty if there is none.
    """

    clips: pd.DataFrame
    problems: tuple[Problem, ...]
    duplicates: tuple[Problem, ...]
    n_computed: int
    fingerprint: str
    truncated: tuple[Problem, ...] = ()
    rate_warning: str = ""


Choice = Callable[[Mapping[str, "FeatureSet"]], tuple["FeatureSet", ...]]
"""From the sets that a corpus has, by name, to those wanted."""


@dataclass(frozen=True)
class ExtractedCorpus:
    """A corpus with the sets chosen for it, and the store that now holds them."""

    opened: OpenCorpus
    sets: tuple[FeatureSet, ...]
    extraction: ExtractionResult
    store: FeatureStore


def extract_corpus(options: Options, choose: Choice, progress: Progress) -> ExtractedCorpus:
    """Open the corpus asked for and fill the store with the sets that ``choose`` picks; tell what was left out.

    Raises
    ------
    SerBenchError
        Where the choice, the corpus or the store is impossible.
    """
    store = FeatureStore(options.store or default_store())
    engine, jobs = options.engine, count_workers(options.engine, options.jobs)
    waits = corpora.is_feature_table(options.corpus) or engine != LOCAL
    with nullcontext() if waits else warm_up_workers(choose(features.sets_at_rate()), store, jobs):
        opened = open_corpus(options, progress)
        sets = choose(opened.feature_sets())
        extraction = extract(opened, sets, store, jobs=jobs, progress=progress, engine=engine)
    report_problems(extraction, progress)
    return ExtractedCorpus(opened, sets, extraction, store)


def warm_up_workers(sets: Sequence[FeatureSet], store: FeatureStore, jobs: int) -> AbstractContextManager[None]:
    """Within it, workers load what the sets need, where the store holds nothing of them and so work is certain.

    Loading takes them two seconds, in which the corpus can be listed and its files hashed.
    """
    if any(store.holds(feature_set) for feature_set in sets):
        return nullcontext()
    return start_workers(load_everything, tuple(sets), jobs=jobs)


def report_problems(extraction: ExtractionResult, progress: Progress) -> None:
    """Name the clips that were dropped, could not be used or are heard in part; the latter in one line."""
    for problem in extraction.duplicates:
        progress.warning(f"{problem.path} is left out: {problem.reason}")
    for problem in extraction.problems:
        progress.warning(f"{problem.path}: {problem.reason}")
    if extraction.truncated:
        first, more = extraction.truncated[0], len(extraction.truncated) - 1
        progress.warning(f"{first.path}: {first.reason}" + (f"; so it is for {more:,} more" if more else ""))
    if extraction.rate_warning:
        progress.warning(extraction.rate_warning)


def extract(
    opened: OpenCorpus,
    sets: Sequence[FeatureSet],
    store: FeatureStore,
    *,
    jobs: int,
    progress: Progress | None = None,
    engine: str = LOCAL,
) -> ExtractionResult:
    """Fill ``store`` with the feature sets of every sound clip of a corpus; what is there, and sound, is not redone.

    Clips with identical samples count once: the first by name stays, the others are dropped. ``engine`` names the
    engine, which has ``jobs`` workers.

    Raises
    ------
    StoreError
        Where the store cannot be written, or workers keep dying.
    CorpusError
        Where no clip is left.
    """
    progress = progress or NoProgress()
    store.prepare()
    store.quarantine_damaged(sets, progress)
    if opened.feature_table:
        return _from_table(opened, opened.feature_table, sets, store)
    keys, unreadable = _keys(opened, store.folder)
    clips = opened.clips[opened.clips["path"].isin(keys)]
    clips = clips.assign(key=[keys[path] for path in clips["path"]])
    facts = store.clip_metadata()
    todo, missing = _missing(clips, sets, store, facts)
    faults: dict[str, str] = {}
    if len(todo):
        faults = _compute(todo, missing, store, jobs, progress, engine)
        facts = store.clip_metadata()
    faults |= {key: fact["error"] for key, fact in facts.items() if fact["error"]}
    bad = {path: faults[key] for path, key in keys.items() if key in faults} | unreadable
    problems = tuple(Problem(path, reason) for path, reason in sorted(bad.items()))
    clips, dropped = _without_twins(
        clips[~clips["path"].isin(bad)], {key: fact["digest"] for key, fact in facts.items()}, "samples"
    )
    if clips.empty:
        first = f"; {problems[0].path}: {problems[0].reason}" if problems else ""
        raise CorpusError(f"no clip of {opened.corpus.name} can be used{first}")
    clips = clips.assign(**{name: [facts[key][name] for key in clips["key"]] for name in ("length", "fingerprint")})
    told = (*opened.problems, *problems)
    about = _about_rates([facts[key]["sr"] for key in clips["key"]], opened.rate)
    return ExtractionResult(clips, told, dropped, len(todo), _fingerprint(clips), _shortened(clips, facts), about)


def _from_table(
    opened: OpenCorpus, table: FeatureTable, sets: Sequence[FeatureSet], store: FeatureStore
) -> ExtractionResult:
    """Put the rows of a table into the store, each under a hash of its values."""
    names = opened.clips["clip"].tolist()
    clips = opened.clips.assign(key=table.hashes(names), length=0.0, fingerprint=bytes(FINGERPRINT_BYTES))
    clips, dropped = _without_twins(clips, {key: key for key in clips["key"]}, "features")
    computed = 0
    for feature_set in sets:
        lacking = clips[~clips["key"].isin(store.keys(feature_set))]
        values = table.values_of(feature_set, lacking["clip"].tolist())
        store.write(feature_set, dict(zip(lacking["key"], values, strict=True)))
        computed = max(computed, len(lacking))
    return ExtractionResult(clips, opened.problems, dropped, computed, _fingerprint(clips))


def _keys(opened: OpenCorpus, store: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the SHA-256 by path, and the reason by path for files that cannot be read; an index for each folder."""
    from ser_bench.store.file_hashes import FileHashes

    keys: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for name, folder in opened.folders.items():
        of = opened.clips["corpus"] == name
        found, bad = FileHashes(store, folder).hash_files(opened.clips.loc[of, "path"])
        keys |= found
        unreadable |= bad
    return keys, unreadable


def _missing(
    clips: pd.DataFrame, sets: Sequence[FeatureSet], store: FeatureStore, facts: dict[str, dict[str, Any]]
) -> tuple[pd.DataFrame, Missing]:
    """Return the clips that need work, largest file first, and which keys each set lacks."""
    unique = clips.drop_duplicates("key")
    bad = {key for key, fact in facts.items() if fact["error"]}
    wanted = set(unique["key"]) - bad
    missing = tuple((s, frozenset(wanted - store.keys(s))) for s in sets)
    needy = set().union(wanted - set(facts), *(lacking for _, lacking in missing))
    todo = unique[unique["key"].isin(needy)]
    sizes = todo["path"].map(lambda path: Path(path).stat().st_size)
    return todo.loc[sizes.sort_values(ascending=False, kind="stable").index], missing


def _compute(
    todo: pd.DataFrame,
    missing: Missing,
    store: FeatureStore,
    jobs: int,
    progress: Progress,
    engine: str,
) -> dict[str, str]:
    """Fill the store; return what went wrong with clips that may go well another time, by key."""
    pairs = [(key, str(Path(path).absolute())) for key, path in zip(todo["key"], todo["path"], strict=True)]
    folder = store.folder.absolute()
    with means(engine, folder, [path for _, path in pairs], progress) as how, interruptible(progress) as handed_on:
        carry_out = partial(_carry_out, how, engine, jobs, progress.start(len(todo), "extracting", "clip", len(todo)))
        faults, deadly = carry_out(handed_on(_batches(pairs, missing, folder, jobs)))
        singles = [batch.of((clip,)) for batch, _ in deadly for clip in batch.clips]
        for begun in range(0, len(singles), _MOST_DEATHS):
            found, deadly = carry_out(handed_on(singles[begun : begun + _MOST_DEATHS]))
            faults |= found | {batch.clips[0][0]: f"not computed: {reason}{_OR_HANGS}" for batch, reason in deadly}
            if len(deadly) == _MOST_DEATHS:
                why = f"{_MOST_DEATHS} clips in a row failed: {deadly[0][1]}"
                raise StoreError(f"extraction stopped short: {why}\n{_KEPT}")
    return faults


def _carry_out(
    how: Means, engine: str, jobs: int, advance: Advance, batches: Iterable[Batch]
) -> tuple[dict[str, str], list[tuple[Batch, str]]]:
    """Return what went wrong with single clips, by key, and the batches that killed their worker, with the reason."""
    given: dict[int, Batch] = {}
    faults: dict[str, str] = {}
    deadly, lost = [], []
    tasks = ((i, given.setdefault(i, batch)) for i, batch in enumerate(batches))
    for outcome in run_tasks(how.function, tasks, jobs=jobs, engine=engine, requirements=how.requirements):
        batch = given.pop(outcome.key)
        if outcome.status == "died":
            deadly.append((batch, outcome.error or ""))
            continue
        advance(len(batch.clips))
        if outcome.status == "ok":
            faults |= how.received(outcome.value)
        else:
            lost.append(outcome.error)
    if lost:
        raise StoreError(f"extraction stopped short: {lost[0]}\n{_KEPT}")
    return faults, deadly


def _batches(pairs: list[tuple[str, str]], missing: Missing, store: Path, jobs: int) -> Iterator[Batch]:
    """Cut the clips into batches that shrink towards the end, so that no worker is left alone for long."""
    begun = 0
    while begun < len(pairs):
        size = min(_LARGEST_BATCH, max(4, (len(pairs) - begun) // (4 * jobs)))
        yield Batch(store, (), missing).of(tuple(pairs[begun : begun + size]))
        begun += size


def _about_rates(rates: Sequence[int], common: int | None) -> str:
    """Say where clips differ in what lies above their lowest rate's half, which a model may hear; empty if not."""
    if common is not None:
        low = sum(rate < common for rate in rates)
        return f"{low:,} clips are of a lower rate than {common:,} Hz and hold nothing above its half" if low else ""
    counts = Counter(rates).most_common()
    if len(counts) < 2:
        return ""
    found = ", ".join(f"{rate:,} Hz ({count:,} clips)" for rate, count in counts[:4])
    return f"sampling rates differ, and models may hear that: {found}; --sample-rate {min(rates)} evens them out"


def _shortened(clips: pd.DataFrame, facts: dict[str, dict[str, Any]]) -> tuple[Problem, ...]:
    """Return the clips of which only the middle is heard."""
    heard = ((path, facts[key]) for path, key in zip(clips["path"], clips["key"], strict=True))
    return tuple(
        Problem(path, f"a long recording, of which only the middle {fact['samples'] / fact['sr']:.0f} s are heard")
        for path, fact in heard
        if audio.is_excerpt(fact["samples"], fact["sr"])
    )


def _without_twins(
    clips: pd.DataFrame, digest_of: Mapping[str, str], what: str
) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Drop the later of clips whose samples, or features, are identical."""
    digests = clips["key"].map(digest_of)
    later = digests.duplicated()
    first = dict(zip(digests[~later], clips["clip"][~later], strict=True))
    dropped = tuple(
        Problem(clip, f"holds the same {what} as {first[digest]}")
        for clip, digest in zip(clips["clip"][later], digests[later], strict=True)
    )
    return clips[~later].reset_index(drop=True), dropped


def _fingerprint(clips: pd.DataFrame) -> str:
    """Return a hash of which clips, with what audio and labels, the corpus consists of."""
    rows = clips.sort_values("clip")[["clip", "key", "speaker", "gender", "text", "emotion"]]
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()[:32]
