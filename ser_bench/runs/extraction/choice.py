"""Which of the readable clips of a corpus count, and who speaks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ser_bench.runs.extraction.copies import CopyRule, drop_copies, same_samples
from ser_bench.runs.extraction.linking import LinkedSpeakers, link_speakers
from ser_bench.runs.extraction.near_identical import near_identical_pairs, near_identical_warnings, partners
from ser_bench.splits.takes import NEAR_IDENTICAL

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.corpora import OpenCorpus
    from ser_bench.corpora.clip_table import Problem
    from ser_bench.store import FeatureStore


@dataclass(frozen=True)
class ChosenClips:
    """The clips that count.

    Attributes
    ----------
    clips : pandas.DataFrame
        The clips, with the names of near-identical ones in ``near_identical``.
    problems : tuple of Problem
        Copies that do not count, and the classes and speakers that are lost with them.
    warnings : tuple of str
        What a reader of results must know about copies, a sentence each.
    shared_speakers : mapping of str to tuple of str
        The speakers, as ``corpus/speaker``, of each person with several names.
    """

    clips: pd.DataFrame
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]
    shared_speakers: Mapping[str, tuple[str, ...]]


def choose_clips(
    opened: OpenCorpus, clips: pd.DataFrame, digests: Sequence[str], store: FeatureStore, jobs: int, rule: CopyRule
) -> ChosenClips:
    """Find copies, join speakers who share them if the rule says so, and leave out copies.

    Parameters
    ----------
    opened : OpenCorpus
        The corpus.
    clips : pandas.DataFrame
        The readable clips, with ``key``.
    digests : sequence of str
        Digest of the samples of each clip.
    store : FeatureStore
        The store with the fingerprints of the clips.
    jobs : int
        Number of threads that compare clips.
    rule : CopyRule
        How copies are treated.

    Returns
    -------
    ChosenClips

    Raises
    ------
    CorpusError
        If two joined speakers have two genders.
    """
    near, unread = near_identical_pairs(clips, digests, store, jobs)
    linked = LinkedSpeakers(clips, opened.shared_speakers)
    if rule.link_speakers:
        linked = link_speakers(clips, opened, [*same_samples(clips, digests), *near])
    distinct = drop_copies(linked.clips, digests, rule)
    usable = distinct.clips.assign(**{NEAR_IDENTICAL: partners(distinct.clips, near)})
    warnings = (*linked.warnings, *distinct.warnings, *near_identical_warnings(usable, near, rule), *unread)
    return ChosenClips(usable, distinct.problems, warnings, linked.shared)
