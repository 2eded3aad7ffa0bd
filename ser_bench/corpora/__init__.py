"""The known corpora, one file each, and the way from a name to a table of clips."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.corpora.base import Corpus, Problem
from ser_bench.emotions import canonical
from ser_bench.errors import CorpusError, UnknownNameError
from ser_bench.paths import cache_folder

if TYPE_CHECKING:
    import pandas as pd


def _registered() -> dict[str, Corpus]:
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    corpora = [module.CORPUS for module in modules if hasattr(module, "CORPUS")]
    return {corpus.name: corpus for corpus in sorted(corpora, key=lambda c: (c.synthetic, c.name))}


CORPORA: dict[str, Corpus] = _registered()
"""Every known corpus by name: each module of this package that defines ``CORPUS``."""


@dataclass(frozen=True)
class OpenCorpus:
    """A corpus that was found: its description, folder, clip table and the files passed over."""

    corpus: Corpus
    folder: Path
    clips: pd.DataFrame
    problems: tuple[Problem, ...]


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


def get(name: str) -> Corpus:
    """Return a known corpus, or the one that a CSV manifest of that path describes."""
    if name in CORPORA:
        return CORPORA[name]
    if name.lower().endswith(".csv") or os.sep in name:
        from ser_bench.corpora import manifest

        return manifest.corpus(Path(name))
    raise UnknownNameError("corpus", name, [*CORPORA, "the path of a CSV manifest"])


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
    clips = listing.clips
    if "part" in clips:
        clips = clips[(clips["part"] == part) | (part == "all")].drop(columns="part")
    if merge:
        merged = dict(zip(_known_labels(tuple(merge), corpus, clips), map(canonical, merge.values()), strict=True))
        clips = clips.assign(emotion=[merged.get(emotion, emotion) for emotion in clips["emotion"]])
    if emotions:
        clips = clips[clips["emotion"].isin(_known_labels(emotions, corpus, clips))]
    if clips.empty:
        raise CorpusError(f"no clip of {corpus.name} is left in {folder} with these options")
    return OpenCorpus(corpus, folder, clips.reset_index(drop=True), listing.problems)


def _known_labels(emotions: tuple[str, ...], corpus: Corpus, clips: pd.DataFrame) -> tuple[str, ...]:
    present = set(clips["emotion"])
    for emotion in emotions:
        if emotion not in present:
            raise UnknownNameError(f"emotion in {corpus.name}", emotion, present)
    return emotions


def _folder(corpus: Corpus, data_dir: Path | None) -> Path:
    if corpus.name not in CORPORA:
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
