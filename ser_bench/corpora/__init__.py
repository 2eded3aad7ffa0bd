"""Corpora: from a name to a table of clips with speaker and emotion.

``datasets`` describes the published corpora, and ``download`` fetches their archives. ``tables`` reads manifests and
feature tables, ``importing`` makes manifests of folders, and ``checks`` warns of what is likely to be wrong.
``opening`` and ``pool`` use them all.
"""

from ser_bench.corpora.base import Corpus
from ser_bench.corpora.opening import OpenCorpus, open_corpus
from ser_bench.corpora.registry import (
    CORPORA,
    corpus_cache,
    corpus_label,
    corpus_labels,
    default_corpus,
    downloadable,
    find_folder,
    get,
    is_feature_table,
    list_clips,
    search_folders,
)

__all__ = [
    "CORPORA",
    "Corpus",
    "OpenCorpus",
    "corpus_cache",
    "corpus_label",
    "corpus_labels",
    "default_corpus",
    "downloadable",
    "find_folder",
    "get",
    "is_feature_table",
    "list_clips",
    "open_corpus",
    "search_folders",
]
