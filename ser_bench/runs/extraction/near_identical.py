"""Near-identical clips of a corpus, found by fingerprints in the store; warnings where speakers or labels differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ser_bench.audio.copies import find_near_identical
from ser_bench.audio.copies.fingerprint import fingerprint
from ser_bench.features.base import FeatureSet
from ser_bench.runs.extraction.copies import CopyRule, name_pairs

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.features.analysis import Analysis
    from ser_bench.store import FeatureStore

Pairs = Sequence[tuple[str, str]]
"""Pairs of clip names."""


def _codes(analysis: Analysis) -> np.ndarray:
    """Return the fingerprint of a clip as frames, shape ``(t, 1)``; float32 holds each code exactly."""
    return fingerprint(analysis.y, analysis.sr).astype(np.float32)[:, np.newaxis]


FINGERPRINT = FeatureSet(
    name="fingerprint",
    kind="frames",
    summary="codes per frame that find copies of a recording",
    source="Haitsma and Kalker, ISMIR 2002",
    columns=("code",),
    compute=_codes,
)
"""Fingerprints in the store; every extraction computes them, so that copies are similar without decoding."""


def near_identical_pairs(
    clips: pd.DataFrame, digests: Sequence[str], store: FeatureStore, jobs: int
) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """Find pairs of near-identical clips, the first of clips with identical samples standing for all.

    Parameters
    ----------
    clips : pandas.DataFrame
        Clips with ``key`` and ``path``.
    digests : sequence of str
        Digest of the samples of each clip.
    store : FeatureStore
        The store, which holds :data:`FINGERPRINT` of each clip.
    jobs : int
        Number of threads.

    Returns
    -------
    pairs : list of (str, str)
        Names of clips.
    warnings : tuple of str
        A sentence about clips that could not be compared.
    """
    first = clips[~clips.assign(digest=list(digests))["digest"].duplicated()]
    codes = store.read(FINGERPRINT, first["key"])
    fingerprints = [codes[key][:, 0].astype(np.int32) for key in first["key"]]
    similar = find_near_identical(first["path"].tolist(), fingerprints, threads=jobs)
    names = first["clip"].tolist()
    unread = [(names[i], names[j]) for i, j in similar.unread]
    warning = (
        f"{len(unread):,} pairs of similar clips could not be compared, such as {_example(unread)}" if unread else ""
    )
    return [(names[i], names[j]) for i, j in similar.pairs], (warning,) * bool(unread)


def near_identical_warnings(clips: pd.DataFrame, pairs: Pairs, rule: CopyRule) -> Iterator[str]:
    """Yield a sentence about near-identical clips of two speakers, and one about those of two labels.

    Parameters
    ----------
    clips : pandas.DataFrame
        The usable clips.
    pairs : sequence of (str, str)
        Near-identical ones.
    rule : CopyRule
        The columns of the label.

    Yields
    ------
    str
    """
    rows = {row["clip"]: row for row in clips.to_dict("records")}
    usable = [pair for pair in pairs if pair[0] in rows and pair[1] in rows]
    across = [pair for pair in usable if len({rows[clip]["speaker"] for clip in pair} - {""}) > 1]
    if across:
        speakers = name_pairs((rows[first]["speaker"], rows[second]["speaker"]) for first, second in across)
        yield (
            f"{_count(across)} of two speakers{speakers}, such as {_example(across)}; if these are one person, "
            "--link-speakers keeps all clips of both in one fold"
        )
    for column in rule.labels:
        differing = [pair for pair in usable if rows[pair[0]][column] != rows[pair[1]][column]]
        if differing and column != "gender":
            yield f"{_count(differing)} have another {column}, such as {_example(differing)}; check their labels"


def partners(clips: pd.DataFrame, pairs: Pairs) -> list[tuple[str, ...]]:
    """Return the names of the clips that are near-identical to each clip.

    Parameters
    ----------
    clips : pandas.DataFrame
        The usable clips.
    pairs : sequence of (str, str)
        Near-identical ones; pairs with another clip are ignored.

    Returns
    -------
    list of tuple of str
        In the order of ``clips``.
    """
    names = clips["clip"].tolist()
    by_clip: dict[str, list[str]] = {name: [] for name in names}
    for first, second in pairs:
        if first in by_clip and second in by_clip:
            by_clip[first].append(second)
            by_clip[second].append(first)
    return [tuple(by_clip[name]) for name in names]


def _count(pairs: Pairs) -> str:
    return "1 pair of near-identical clips" if len(pairs) == 1 else f"{len(pairs):,} pairs of near-identical clips"


def _example(pairs: Pairs) -> str:
    return " and ".join(pairs[0])
