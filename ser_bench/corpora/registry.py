"""The known corpora by name, where to find them on disk, and how to list their clips."""

from __future__ import annotations

import importlib
import os
import pkgutil
import shlex
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ser_bench.core.errors import CorpusError, NoCacheFolderError, UnknownNameError
from ser_bench.core.places import cache_folder, folder_from_environment
from ser_bench.corpora import datasets
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.clip_table import Listing, with_canonical_text, without_unknown_speakers
from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.corpora.folder import list_files
from ser_bench.corpora.tables import manifest


def _registered() -> dict[str, Corpus]:
    modules = (
        importlib.import_module(f"{datasets.__name__}.{module.name}")
        for module in pkgutil.iter_modules(datasets.__path__)
    )
    corpora = [module.CORPUS for module in modules if hasattr(module, "CORPUS")]
    return {corpus.name: corpus for corpus in sorted(corpora, key=lambda c: (c.synthetic, c.name))}


CORPORA: dict[str, Corpus] = _registered()
"""Every known corpus by name: each module of ser_bench.corpora.datasets that defines ``CORPUS``."""


def get(name: str) -> Corpus:
    """Return a corpus by name.

    Parameters
    ----------
    name
        A known corpus, or the path of a CSV manifest or feature table.

    Returns
    -------
    Corpus
        The known corpus, or a description of the manifest.

    Raises
    ------
    UnknownNameError
        If the name is neither.
    CorpusError
        If the manifest is invalid, or the name is that of a folder.
    """
    corpus_label(name)
    return CORPORA[name] if name in CORPORA else manifest.corpus(Path(name))


def corpus_label(name: str) -> str:
    """Return the label of a corpus in tables.

    Parameters
    ----------
    name
        A known corpus, or the path of a CSV manifest or feature table.

    Returns
    -------
    str
        The name of the corpus, or the manifest's file name without its extension.

    Raises
    ------
    UnknownNameError
        If the name is neither.
    CorpusError
        If the name is that of a folder.
    """
    if name in CORPORA:
        return name
    if Path(name).is_dir():
        folder = shlex.quote(name)
        raise CorpusError(
            f"{name} is a folder; make a manifest of its clips: ser-bench import {folder} -o corpus.csv\n"
            f"for a known corpus: --corpus NAME --data-dir {folder}"
        )
    if name.lower().endswith((".csv", ".tsv", ".parquet")) or os.sep in name or Path(name).is_file():
        return Path(name).stem
    raise UnknownNameError("corpus", name, [*CORPORA, "the path of a CSV manifest"])


def corpus_labels(name: str) -> frozenset[str]:
    """Return the labels of the corpora that a name stands for.

    Parameters
    ----------
    name
        A known corpus, or the path of a CSV manifest or feature table.

    Returns
    -------
    frozenset of str
        :func:`corpus_label`, and the corpora in a table of several.

    Raises
    ------
    UnknownNameError
        If the name is neither.
    """
    labels = frozenset([corpus_label(name)])
    if not is_feature_table(name):
        return labels
    from ser_bench.corpora.tables import feature_table

    return labels | feature_table.corpora_in(Path(name))


def is_feature_table(name: str | None) -> bool:
    """Check whether ``--corpus`` names a table of features.

    Parameters
    ----------
    name
        The value of ``--corpus``.

    Returns
    -------
    bool
        False for a known corpus and for a manifest of audio files.
    """
    return bool(name) and name not in CORPORA and manifest.holds_features(Path(str(name)))


def is_registered(corpus: Corpus) -> bool:
    """Check whether a corpus is a known one, and not a manifest of the same name.

    Parameters
    ----------
    corpus
        Any corpus.

    Returns
    -------
    bool
        True for an entry of :data:`CORPORA`.
    """
    return CORPORA.get(corpus.name) is corpus


def downloadable() -> dict[str, Corpus]:
    """Return the corpora with archives to download.

    Returns
    -------
    dict
        Corpora by name.
    """
    return {name: corpus for name, corpus in CORPORA.items() if corpus.archives}


def search_folders(name: str) -> list[Path]:
    """Return the folders that are searched for a corpus without ``--data-dir``.

    Parameters
    ----------
    name
        Name of a corpus.

    Returns
    -------
    list of Path
        Folders in the order of the search: ``$SER_BENCH_DATA``, ``./data``, and the cache folder if there is one.
    """
    data = folder_from_environment("SER_BENCH_DATA")
    shared = [data / name] if data else []
    try:
        cached = [corpus_cache(name)]
    except NoCacheFolderError:
        cached = []
    return [*shared, Path("data", name), *cached]


def corpus_cache(name: str, option: str = "--data-dir") -> Path:
    """Return the folder that ser-bench itself fills with a corpus.

    Parameters
    ----------
    name
        Name of a corpus.
    option
        The option that names another folder, for the message.

    Returns
    -------
    Path
        A folder in the user's cache folder; it may not exist yet.

    Raises
    ------
    NoCacheFolderError
        If there is no cache folder.
    """
    return cache_folder(option) / "corpora" / name


def find_folder(corpus: Corpus) -> Path | None:
    """Return the folder of a corpus.

    Parameters
    ----------
    corpus
        A known corpus.

    Returns
    -------
    Path or None
        The first of :func:`search_folders` that exists and is not empty.
    """
    for path in search_folders(corpus.name):
        with suppress(OSError):  # a folder of another user
            if path.is_dir() and any(path.iterdir()):
                return path
    return None


def default_corpus() -> str:
    """Return the corpus to use without ``--corpus``.

    Returns
    -------
    str
        ``ravdess`` if its folder exists, else ``demo``.
    """
    return "ravdess" if find_folder(CORPORA["ravdess"]) else "demo"


def list_clips(corpus: Corpus, folder: Path) -> Listing:
    """List the clips of a corpus.

    Parameters
    ----------
    corpus
        A known corpus or a manifest.
    folder
        The corpus's folder.

    Returns
    -------
    Listing
        Clips, with names and labels as :func:`~ser_bench.corpora.clip_table.with_canonical_text` writes them, and
        skipped files; a clip without a speaker is skipped where other clips have one.

    Raises
    ------
    CorpusError
        If the folder holds no clip.
    """
    if isinstance(corpus.reader, FileNamePattern):
        listing = list_files(corpus, corpus.reader, folder, known=tuple(CORPORA.values()))
    else:
        listing = corpus.reader(folder)
    return without_unknown_speakers(replace(listing, clips=with_canonical_text(listing.clips)))
