"""From a corpus to a filled feature store: what is missing is found, computed in batches, and written.

Each clip is decoded once for all the feature sets asked for. A worker writes its own shards, so what is
done stays done, whatever happens to the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench import features
from ser_bench.corpora.base import Problem
from ser_bench.engine import cores, run_tasks, warm_workers
from ser_bench.errors import CorpusError, StoreError
from ser_bench.opening import open_corpus
from ser_bench.paths import default_store
from ser_bench.store import FeatureStore
from ser_bench.watch import Silent, Watch

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ser_bench.config import Options
    from ser_bench.corpora import OpenCorpus
    from ser_bench.features.base import FeatureSet

_LARGEST_BATCH = 128


Missing = tuple[tuple["FeatureSet", frozenset[str]], ...]
"""Each feature set with the keys of the clips that lack it."""


@dataclass(frozen=True)
class Batch:
    """What one task computes: clips as pairs of key and path, and the sets that they lack."""

    store: Path
    clips: tuple[tuple[str, str], ...]
    missing: Missing


@dataclass(frozen=True)
class Extraction:
    """The outcome: the sound clips with ``key``, ``length`` and ``print``, what was left out and why, what was done."""

    clips: pd.DataFrame
    problems: tuple[Problem, ...]
    dropped: tuple[Problem, ...]
    computed: int
    fingerprint: str


Choice = Callable[[Mapping[str, "FeatureSet"]], tuple["FeatureSet", ...]]
"""From the sets that a corpus has, by name, to those wanted."""


@dataclass(frozen=True)
class Filled:
    """A corpus with the sets chosen for it, and the store that now holds them."""

    opened: OpenCorpus
    sets: tuple[FeatureSet, ...]
    extraction: Extraction
    store: FeatureStore


def fill(options: Options, choose: Choice, watch: Watch) -> Filled:
    """Open the corpus asked for and fill the store with the sets that ``choose`` picks; tell what was left out.

    Raises
    ------
    SerBenchError
        Where the choice, the corpus or the store is impossible.
    """
    store = FeatureStore(options.store or default_store())
    jobs = options.jobs or cores()
    with workers_ready(choose(features.shelf()), store, jobs):
        opened = open_corpus(options, watch)
        sets = choose(features.shelf(opened.rate))
        extraction = extract(opened, sets, store, jobs=jobs, watch=watch)
    tell_losses(extraction, watch)
    return Filled(opened, sets, extraction, store)


def workers_ready(sets: Sequence[FeatureSet], store: FeatureStore, jobs: int) -> AbstractContextManager[None]:
    """Within it, workers load what the sets need, where the store holds nothing of them and so work is certain.

    Loading takes them two seconds, in which the corpus can be listed and its files hashed.
    """
    if any(store.holds(feature_set) for feature_set in sets):
        return nullcontext()
    return warm_workers(load_everything, tuple(sets), jobs=jobs)


def load_everything(sets: Sequence[FeatureSet]) -> None:
    """Do with a moment of noise what :func:`extract_batch` does with clips, and keep nothing."""
    import numpy as np
    import pyarrow.parquet  # noqa: F401

    from ser_bench import features

    y = np.random.default_rng(0).normal(scale=0.1, size=8192).astype(np.float32)
    _fact("", y, 48_000)
    features.compute(sets, y, 48_000)


def tell_losses(extraction: Extraction, watch: Watch) -> None:
    """Name the clips that were dropped or could not be used."""
    for problem in extraction.dropped:
        watch.warn(f"{problem.path} is left out: {problem.reason}")
    for problem in extraction.problems:
        watch.warn(f"{problem.path}: {problem.reason}")


def extract(
    opened: OpenCorpus,
    sets: Sequence[FeatureSet],
    store: FeatureStore,
    *,
    jobs: int,
    watch: Watch | None = None,
) -> Extraction:
    """Fill ``store`` with the feature sets of every sound clip of a corpus; what is there is not redone.

    Clips with identical samples count once: the first by name stays, the others are dropped.

    Raises
    ------
    StoreError
        Where the store cannot be written, or a worker died.
    CorpusError
        Where no clip is left.
    """
    store.prepare()
    keys, unreadable = _keys(opened, store.folder)
    clips = opened.clips[opened.clips["path"].isin(keys)]
    clips = clips.assign(key=[keys[path] for path in clips["path"]])
    facts = store.facts()
    todo, missing = _missing(clips, sets, store, facts)
    if len(todo):
        _compute(todo, missing, store, jobs, watch or Silent())
        facts = store.facts()
    bad = {path: reason for path, key in keys.items() if (reason := facts[key]["error"])} | unreadable
    problems = tuple(Problem(path, reason) for path, reason in sorted(bad.items()))
    clips, dropped = _without_twins(clips[~clips["path"].isin(bad)], facts)
    if clips.empty:
        first = f"; {problems[0].path}: {problems[0].reason}" if problems else ""
        raise CorpusError(f"no clip of {opened.corpus.name} can be used{first}")
    clips = clips.assign(**{name: [facts[key][name] for key in clips["key"]] for name in ("length", "print")})
    return Extraction(clips, (*opened.problems, *problems), dropped, len(todo), _fingerprint(clips))


def _keys(opened: OpenCorpus, store: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the SHA-256 by path, and the reason by path for files that cannot be read; an index for each folder."""
    from ser_bench.index import StatIndex

    keys: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for name, folder in opened.folders.items():
        of = opened.clips["corpus"] == name
        found, bad = StatIndex(store, folder).keys(opened.clips.loc[of, "path"])
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
    watch: Watch,
) -> None:
    advance = watch.begin(len(todo), "extracting", "clip", len(todo))
    pairs = list(zip(todo["key"], todo["path"], strict=True))
    tasks = ((i, batch) for i, batch in enumerate(_batches(pairs, missing, store.folder, jobs)))
    lost = []
    for outcome in run_tasks(extract_batch, tasks, jobs=jobs):
        if outcome.ended == "ok":
            advance(outcome.value)
        else:
            lost.append(outcome.error)
    if lost:
        raise StoreError(f"extraction stopped short: {lost[0]}\nwhat is done is kept; run the same command again")


def _batches(pairs: list[tuple[str, str]], missing: Missing, store: Path, jobs: int) -> Iterator[Batch]:
    """Cut the clips into batches that shrink towards the end, so that no worker is left alone for long."""
    begun = 0
    while begun < len(pairs):
        size = min(_LARGEST_BATCH, max(4, (len(pairs) - begun) // (4 * jobs)))
        taken = tuple(pairs[begun : begun + size])
        keys = frozenset(key for key, _ in taken)
        yield Batch(store, taken, tuple((s, lacking & keys) for s, lacking in missing))
        begun += size


def extract_batch(batch: Batch) -> int:
    """Decode each clip once, compute the sets it lacks, and write a shard per set; return the clips done."""
    from ser_bench import features
    from ser_bench.audio import load
    from ser_bench.errors import AudioError
    from ser_bench.store import FeatureStore

    rows: list[dict[str, Any]] = [{} for _ in batch.missing]
    facts = []
    for key, path in batch.clips:
        try:
            y, sr = load(path)
        except AudioError as error:
            facts.append(_fact(key, error=str(error)))
            continue
        facts.append(_fact(key, y, sr))
        computed = features.compute([s for s, keys in batch.missing if key in keys], y, sr)
        for (feature_set, _), done in zip(batch.missing, rows, strict=True):
            if feature_set.name in computed:
                done[key] = computed[feature_set.name]
    store = FeatureStore(batch.store)
    for (feature_set, _), done in zip(batch.missing, rows, strict=True):
        store.write(feature_set, done)
    store.write_facts(facts)
    return len(batch.clips)


def _fact(key: str, y: np.ndarray | None = None, sr: int = 0, error: str = "") -> dict[str, Any]:
    """Return what the store keeps of a clip besides its features."""
    from ser_bench.audio import digest
    from ser_bench.prints import sound_print

    if y is None:
        return {"key": key, "digest": "", "sr": 0, "samples": 0, "error": error, "length": 0.0, "print": b""}
    length, course = sound_print(y, sr)
    told = {"digest": digest(y, sr), "sr": sr, "samples": len(y), "length": length, "print": course}
    return {"key": key, "error": "", **told}


def _without_twins(clips: pd.DataFrame, facts: dict[str, dict[str, Any]]) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Drop the later of clips whose samples are identical."""
    digests = clips["key"].map(lambda key: facts[key]["digest"])
    later = digests.duplicated()
    first = dict(zip(digests[~later], clips["clip"][~later], strict=True))
    dropped = tuple(
        Problem(clip, f"holds the same samples as {first[digest]}")
        for clip, digest in zip(clips["clip"][later], digests[later], strict=True)
    )
    return clips[~later].reset_index(drop=True), dropped


def _fingerprint(clips: pd.DataFrame) -> str:
    """Return a hash of which clips, with what audio and labels, the corpus consists of."""
    rows = clips.sort_values("clip")[["clip", "key", "speaker", "gender", "text", "emotion"]]
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()[:32]
