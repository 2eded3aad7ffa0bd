"""Which published recordings a corpus holds: a known corpus, or a manifest whose file names follow a known code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.corpora.registry import CORPORA, is_registered

if TYPE_CHECKING:
    from ser_bench.corpora.opening import OpenCorpus

_PUBLISHED = frozenset(CORPORA)
"""The corpora of the package; those of plugins come later."""

_SHARE = 0.05
"""The share of file names that must follow the code of a corpus."""

_MOST_NAMES = 2_000
"""The most file names of a corpus that are compared with the codes."""


_FULL_NAMES = {
    "cremad": ("crema", "Crowd-sourced Emotional Multimodal Actors Dataset"),
    "emodb": ("Berlin Database of Emotional Speech", "Berlin Emotional Speech Database", "Berlin Emotional Database"),
    "ravdess": ("Ryerson Audio-Visual Database of Emotional Speech and Song", "Ryerson Audio-Visual Database"),
    "savee": ("Surrey Audio-Visual Expressed Emotion",),
    "tess": ("Toronto Emotional Speech Set",),
}
"""Other names of published corpora, as in papers."""

_COLLECTIONS = {
    "EmoBox": ("cremad", "emodb", "ravdess", "savee", "tess"),
    "SERAB": ("cremad", "emodb", "ravdess", "savee"),
}
"""Published collections of corpora, with the known corpora in them."""


@dataclass(frozen=True)
class CorpusIdentity:
    """The published recordings under a name in the column ``corpus``.

    Attributes
    ----------
    names
        The name, and the known corpora whose code its file names follow.
    known
        Whether it is a corpus of ser-bench. A corpus of a user may hold published recordings under another name.
    synthetic
        Whether no human voice is in it.
    """

    names: tuple[str, ...]
    known: bool = False
    synthetic: bool = False

    @property
    def phrases(self) -> tuple[str, ...]:
        """Names of the published corpora that a longer name may contain, and of collections that hold them."""
        published = [name for name in self.names if name in _PUBLISHED]
        full = (phrase for name in published for phrase in (name, *_FULL_NAMES.get(name, ())))
        return (*full, *(name for name, corpora in _COLLECTIONS.items() if not set(published).isdisjoint(corpora)))


def identities(opened: OpenCorpus) -> dict[str, CorpusIdentity]:
    """Identify each corpus of a run.

    Parameters
    ----------
    opened
        The corpus, or a pool.

    Returns
    -------
    dict of str to CorpusIdentity
        By the names in the column ``corpus``.
    """
    known_as: dict[str, CorpusIdentity] = {}
    for member in opened.members:
        known = member.corpus.name in _PUBLISHED and is_registered(member.corpus)
        for name, clips in member.clips.groupby("corpus", sort=False):
            paths = [path or clip for path, clip in zip(clips["path"], clips["clip"], strict=True)]
            further = () if known else coded_corpora(paths)
            names = tuple(dict.fromkeys((str(name), *further)))
            known_as[str(name)] = CorpusIdentity(names, known, known and member.corpus.synthetic)
    return known_as


def coded_corpora(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the known corpora whose code the file names follow, as those of copied clips do.

    Of many names, it compares every second one, every third one, and so on.

    Parameters
    ----------
    paths
        Paths of clips.

    Returns
    -------
    tuple of str
        Corpora of whose code at least one in twenty names is.
    """
    compared = paths[:: -(-len(paths) // _MOST_NAMES) or 1]
    parts = [PurePath(path.replace("\\", "/")) for path in compared]
    patterns = {name: CORPORA[name].reader for name in sorted(_PUBLISHED)}
    shares = {
        name: sum(pattern.matches(part) for part in parts)
        for name, pattern in patterns.items()
        if isinstance(pattern, FileNamePattern)
    }
    return tuple(name for name, count in shares.items() if count and count >= _SHARE * len(parts))
