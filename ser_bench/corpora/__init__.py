"""The known corpora, one file each, and the way from a name to a table of clips."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.errors import CorpusError, UnknownNameError
from ser_bench.core.labels import canonical_label
from ser_bench.core.places import cache_folder
from ser_bench.corpora import datasets
from ser_bench.corpora.base import Corpus, Problem

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.corpora.feature_table import Recorded
    from ser_bench.features.base import FeatureSet


def _registered() -> dict[str, Corpus]:
    modules = (
        importlib.import_module(f"{datasets.__name__}.{found.name}")
        for found in pkgutil.iter_modules(datasets.__path__)
    )
    corpora = [module.CORPUS for module in modules if hasattr(module, "CORPUS")]
    return {corpus.name: corpus for corpus in sorted(corpora, key=lambda c: (c.synthetic, c.name))}


CORPORA: dict[str, Corpus] = _registered()
"""Every known corpus by name: each module of ser_bench.corpora.datasets that defines ``CORPUS``."""


@dataclass(frozen=True)
class OpenCorpus:
    """A corpus that was found: its description, folder, clip table and the files passed over.

    Of several corpora opened as one (:mod:`ser_bench.corpora.pool`) ``folders`` has each one's, by name, and
    ``members`` are they as they were.
    ``clips`` has the columns of a clip table and ``corpus``; ``rate`` is the sampling rate in Hz that every
    clip is brought to, None for each one's own; ``recorded`` the features of one that is a table of them.
    """

    corpus: Corpus
    folders: Mapping[str, Path]
    clips: pd.DataFrame
    problems: tuple[Problem, ...]
    rate: int | None = None
    members: tuple[OpenCorpus, ...] = ()
    recorded: Recorded | None = None

    @property
    def each(self) -> tuple[OpenCorpus, ...]:
        """The corpora that were opened as one, each with its own names; of a single one itself."""
        return self.members or (self,)

    def shelf(self) -> dict[str, FeatureSet]:
        """Return the feature sets that the corpus can have, by name."""
        if self.recorded:
            return {feature_set.name: feature_set for feature_set in self.recorded.sets}
        from ser_bench import features

        return features.sets_at_rate(self.rate)

    @property
    def folder(self) -> Path:
        """The folder of a single corpus."""
        (folder,) = self.folders.values()
        return folder


def places(name: str) -> list[Path]:
    """Return the folders where a corpus is looked for without ``--data-dir``, first to last."""
    data = os.environ.get("SER_BENCH_DATA")
    shared = [Path(data).expanduser() / name] if data else []
    return [*shared, Path("data", name), cache_folder() / "corpora" / name]


def find(corpus: Corpus) -> Path | None:
    """Return the first of a corpus's places that exists and is not empty, or None."""
    for place in places(corpus.name):
        if place.is_dir() and any(place.iterdir()):
            return place
    return None


def default_name() -> str:
    """Return ``ravdess`` where its clips are found, else ``demo``."""
    return "ravdess" if find(CORPORA["ravdess"]) else "demo"


def label(name: str) -> str:
    """Return what a corpus is called in tables: its name, or that of a manifest's file without the ending."""
    if name in CORPORA:
        return name
    if name.lower().endswith((".csv", ".parquet")) or os.sep in name:
        return Path(name).stem
    raise UnknownNameError("corpus", name, [*CORPORA, "the path of a CSV manifest"])


def is_recorded(name: str | None) -> bool:
    """Say whether ``--corpus`` names a table of features, whose sets are known only once it is open."""
    from ser_bench.corpora import manifest

    return bool(name) and name not in CORPORA and manifest.holds_features(Path(str(name)))


def get(name: str) -> Corpus:
    """Return a known corpus, or the one that a CSV manifest of that path describes."""
    label(name)  # raises for what is neither
    if name in CORPORA:
        return CORPORA[name]
    from ser_bench.corpora import manifest

    return manifest.corpus(Path(name))


def open_corpus(
    name: str,
    data_dir: Path | None = None,
    *,
    part: str = "speech",
    emotions: tuple[str, ...] = (),
    merge: Mapping[str, str] | None = None,
) -> OpenCorpus:
    """Find a corpus and list its clips.

    ``part`` chooses among ``speech``, ``song`` and ``all`` where a corpus has both; ``merge`` lets emotions
    count as others; ``emotions``, if any, keeps only those, as merged. A synthetic corpus is made first where
    its folder is missing.

    Raises
    ------
    CorpusError
        Where the folder or the clips are missing, or no clip is left.
    UnknownNameError
        Where the corpus has no clip of an emotion that is named.
    """
    corpus = get(name)
    folder = _folder(corpus, data_dir)
    listing = corpus.list_clips(folder)
    clips = listing.clips if "corpus" in listing.clips else listing.clips.assign(corpus=corpus.name)
    if "part" in clips:
        clips = clips[(clips["part"] == part) | (part == "all")].drop(columns="part")
    opened = OpenCorpus(corpus, {corpus.name: folder}, clips, listing.problems, recorded=listing.recorded)
    opened = merged(opened, merge or {}, among=[opened])
    return only(opened, emotions or tuple(set(opened.clips["emotion"])))


def merged(opened: OpenCorpus, merge: Mapping[str, str], *, among: Sequence[OpenCorpus]) -> OpenCorpus:
    """Let emotions count as others; each must be in one of the corpora ``among`` which this is."""
    present = {emotion for one in among for emotion in one.clips["emotion"]}
    for emotion in merge:
        _check_emotion(emotion, " or ".join(one.corpus.name for one in among), present)
    counted = {emotion: canonical_label(other) for emotion, other in merge.items()}
    clips = opened.clips.assign(emotion=[counted.get(emotion, emotion) for emotion in opened.clips["emotion"]])
    return replace(opened, clips=clips)


def only(opened: OpenCorpus, emotions: Sequence[str]) -> OpenCorpus:
    """Keep the clips of some emotions, each of which the corpus must have."""
    for emotion in emotions:
        _check_emotion(emotion, opened.corpus.name, set(opened.clips["emotion"]))
    clips = opened.clips[opened.clips["emotion"].isin(list(emotions))]
    if clips.empty:
        where = opened.folders[opened.corpus.name]
        raise CorpusError(f"no clip of {opened.corpus.name} is left in {where} with these options")
    return replace(opened, clips=clips.reset_index(drop=True))


def _check_emotion(emotion: str, where: str, present: set[str]) -> None:
    if emotion not in present:
        raise UnknownNameError(f"emotion in {where}", emotion, present)


def _folder(corpus: Corpus, data_dir: Path | None) -> Path:
    if CORPORA.get(corpus.name) is not corpus:  # a manifest, whatever its name
        return data_dir or Path(corpus.source).absolute().parent
    if corpus.make is not None:
        folder = data_dir or cache_folder() / "corpora" / corpus.name
        corpus.make(folder)
        return folder
    if data_dir is not None:
        if not data_dir.is_dir():
            raise CorpusError(f"there is no folder {data_dir}\n{corpus.hint}")
        return data_dir
    if (found := find(corpus)) is None:
        looked = ", ".join(str(place) for place in places(corpus.name))
        raise CorpusError(f"{corpus.name} not found in {looked}\n{corpus.hint}")
    return found
