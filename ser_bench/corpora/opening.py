"""From a corpus's name to its clips: find the folder, list the clips, select part and emotions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.errors import CorpusError, UnknownNameError
from ser_bench.core.labels import canonical_label, label_order
from ser_bench.core.text import plural
from ser_bench.corpora import registry
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.checks.doubtful_labels import doubtful_labels_warnings
from ser_bench.corpora.checks.imbalance import imbalance_warnings
from ser_bench.corpora.checks.similar_names import similar_labels_warning, similar_speakers_warning
from ser_bench.corpora.clip_table import FeatureTable, Problem
from ser_bench.corpora.selection import WHOLE_PART, Selection, unselected
from ser_bench.corpora.speakers import (
    name_speakers,
    shared_names,
    speakers_by_name,
    unknown_speakers_warning,
    with_one_gender,
    without_unknown_genders,
)

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.features.base import FeatureSet


@dataclass(frozen=True)
class OpenCorpus:
    """A corpus with its clips, or a pool of several (:mod:`ser_bench.corpora.pool`).

    Attributes
    ----------
    corpus
        Its description.
    folders
        Folder by corpus name; several in a pool.
    clips
        A clip table with the additional column ``corpus``.
    problems
        What is not used, each with its reason.
    rate
        Sampling rate in Hz that every clip is resampled to; None keeps each clip's own.
    pooled
        The corpora of a pool; empty for a single corpus.
    feature_table
        The features of a corpus without audio, else None.
    shared_speakers
        The speakers, as ``corpus/speaker``, of each person who has several names or is in several corpora.
    warnings
        What a reader of results must know about the data, a sentence each.
    selection
        The part and the emotions that the options select.
    unselected
        The classes and speakers that the options leave out, each with the reason.
    """

    corpus: Corpus
    folders: Mapping[str, Path]
    clips: pd.DataFrame
    problems: tuple[Problem, ...]
    rate: int | None = None
    pooled: tuple[OpenCorpus, ...] = ()
    feature_table: FeatureTable | None = None
    shared_speakers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    unselected: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        """The name with part and subset, as in ``ravdess-song``."""
        return self.selection.name(self.corpus.name)

    @property
    def title(self) -> str:
        """The title with part and subset, as in ``RAVDESS song``."""
        return self.selection.title(self.corpus.title)

    @property
    def members(self) -> tuple[OpenCorpus, ...]:
        """The corpora of a pool, or this corpus alone."""
        return self.pooled or (self,)

    @property
    def folder(self) -> Path:
        """The folder of a single corpus."""
        (folder,) = self.folders.values()
        return folder

    def feature_sets(self) -> Mapping[str, FeatureSet]:
        """Return the feature sets that exist for this corpus.

        Returns
        -------
        mapping
            Feature sets by name: those of the feature table, else every registered set at :attr:`rate`.
        """
        if self.feature_table:
            return {feature_set.name: feature_set for feature_set in self.feature_table.sets}
        from ser_bench import features

        return features.sets_at_rate(self.rate)


def open_corpus(
    name: str,
    data_dir: Path | None = None,
    *,
    part: str = "speech",
    emotions: tuple[str, ...] = (),
    merge: Mapping[str, str] | None = None,
    speakers: Mapping[str, str] | None = None,
) -> OpenCorpus:
    """Find a corpus and list its clips; make a synthetic corpus first if its folder is missing.

    Parameters
    ----------
    name
        A known corpus, or the path of a CSV manifest or feature table.
    data_dir
        The corpus's folder; None searches the usual folders.
    part
        ``speech``, ``song`` or ``all``, for a corpus that has both.
    emotions
        Emotions to keep, after the merge; empty keeps all.
    merge
        New label by emotion, for emotions to count as others.
    speakers
        Name by ``corpus/speaker``, for speakers who are one person.

    Returns
    -------
    OpenCorpus
        The corpus and its clips.

    Raises
    ------
    CorpusError
        If the folder or the clips are missing, no clip is left, or a speaker has two genders.
    UnknownNameError
        If the corpus is unknown, or has no clip of a named emotion or speaker.
    """
    opened = list_corpus(name, data_dir, part=part)
    sources = table_files([opened])
    names = shared_names(opened.clips, speakers or {}, sources)
    clips, doubts = checked_speakers(name_speakers(opened.clips, names), sources)
    opened = replace(opened, clips=clips, shared_speakers=speakers_by_name(names), warnings=(*opened.warnings, *doubts))
    opened = merge_emotions(opened, merge or {}, among=[opened])
    opened = select_emotions(opened, emotions) if emotions else keep_emotions(opened, set(opened.clips["emotion"]))
    return replace(opened, warnings=(*opened.warnings, *label_warnings(opened.clips)))


def label_warnings(clips: pd.DataFrame) -> Iterator[str]:
    """Warn of labels that are probably wrong.

    Parameters
    ----------
    clips
        A clip table with ``corpus``.

    Yields
    ------
    str
        A sentence on labels that are probably one, or none, and on speakers who tell the emotion.
    """
    if similar := similar_labels_warning(clips):
        yield similar
    yield from doubtful_labels_warnings(clips)
    yield from imbalance_warnings(clips)


def checked_speakers(clips: pd.DataFrame, sources: Mapping[str, str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Give each speaker one gender, and warn of what is likely to be wrong.

    Parameters
    ----------
    clips
        A clip table with ``corpus``.
    sources
        File of each corpus by name, for messages.

    Returns
    -------
    clips : pandas.DataFrame
        The clips with one known or unknown gender per speaker.
    warnings : tuple of str
        Unknown speakers, unknown spellings of genders, and speakers who are probably one person.

    Raises
    ------
    CorpusError
        If a speaker has two genders.
    """
    clips, unknown_genders = without_unknown_genders(clips, sources)
    clips = with_one_gender(clips, sources)
    doubts = (unknown_speakers_warning(clips), unknown_genders, similar_speakers_warning(clips))
    return clips, tuple(filter(None, doubts))


def list_corpus(name: str, data_dir: Path | None = None, *, part: str = "speech") -> OpenCorpus:
    """Find a corpus and list its clips as its reader does, with the column ``person`` where it declares persons.

    Parameters
    ----------
    name
        A known corpus, or the path of a CSV manifest or feature table.
    data_dir
        The corpus's folder; None searches the usual folders.
    part
        ``speech``, ``song`` or ``all``, for a corpus that has both.

    Returns
    -------
    OpenCorpus
        The corpus and its clips.

    Raises
    ------
    CorpusError
        If the folder or the clips are missing.
    UnknownNameError
        If the corpus is unknown.
    """
    corpus = registry.get(name)
    folder = _folder(corpus, data_dir)
    listing = registry.list_clips(corpus, folder)
    clips = listing.clips if "corpus" in listing.clips else listing.clips.assign(corpus=corpus.name)
    opened = OpenCorpus(
        corpus,
        {corpus.name: folder},
        clips,
        listing.problems,
        feature_table=listing.feature_table,
        warnings=listing.warnings,
    )
    return _select_part(opened, part) if "part" in clips else opened


def _select_part(opened: OpenCorpus, part: str) -> OpenCorpus:
    """Keep the clips of a part; raise if there is none."""
    every = opened.clips
    clips = every[(every["part"] == part) | (part == "all")]
    if clips.empty:
        others = sorted(set(every["part"]))
        raise CorpusError(
            f"no {part} clip in {opened.folder}: it holds {plural(len(every), f'{others[0]} clip')} of "
            f"{opened.corpus.title}\nuse --part {others[0]}"
        )
    selection = Selection(part="" if part == WHOLE_PART else part)
    excluded = unselected(every, clips, f"another part than {part} (--part)")
    return replace(opened, clips=clips.drop(columns="part"), selection=selection, unselected=excluded)


def table_files(opened: Sequence[OpenCorpus]) -> dict[str, str]:
    """Return the manifest or feature table of each corpus that is one.

    Parameters
    ----------
    opened
        Corpora.

    Returns
    -------
    dict of str to str
        Files by the names in the column ``corpus``.
    """
    tables = [member for member in opened if not registry.is_registered(member.corpus)]
    return {name: member.corpus.source for member in tables for name in set(member.clips["corpus"])}


def merge_emotions(opened: OpenCorpus, merge: Mapping[str, str], *, among: Sequence[OpenCorpus]) -> OpenCorpus:
    """Rename emotions.

    Parameters
    ----------
    opened
        A corpus.
    merge
        New label by emotion.
    among
        The corpora that are opened together; each emotion must occur in one of them.

    Returns
    -------
    OpenCorpus
        The corpus with the new labels.

    Raises
    ------
    UnknownNameError
        If an emotion occurs in none of the corpora.
    """
    present = {emotion for member in among for emotion in member.clips["emotion"]}
    for emotion in merge:
        _check_emotion(emotion, " or ".join(member.corpus.name for member in among), present)
    new_label = {emotion: canonical_label(label) for emotion, label in merge.items()}
    clips = opened.clips.assign(emotion=[new_label.get(emotion, emotion) for emotion in opened.clips["emotion"]])
    merged = any(label != new_label.get(label, label) for label in opened.clips["emotion"])
    return replace(opened, clips=clips, selection=replace(opened.selection, merged=merged))


def select_emotions(opened: OpenCorpus, emotions: Sequence[str]) -> OpenCorpus:
    """Keep the clips of the emotions that the options name.

    Parameters
    ----------
    opened
        A corpus.
    emotions
        Labels to keep; each must occur in the corpus.

    Returns
    -------
    OpenCorpus
        The corpus with the remaining clips, named after them where others are left out.
    """
    selected = keep_emotions(opened, emotions, "not among --emotions")
    if len(selected.clips) == len(opened.clips):
        return selected
    return replace(selected, selection=replace(opened.selection, emotions=label_order(emotions)))


def keep_emotions(opened: OpenCorpus, emotions: Collection[str], reason: str = "") -> OpenCorpus:
    """Keep the clips of some emotions.

    Parameters
    ----------
    opened
        A corpus.
    emotions
        Labels to keep; each must occur in the corpus.
    reason
        Why the others are left out, in a few words.

    Returns
    -------
    OpenCorpus
        The corpus with the remaining clips.

    Raises
    ------
    UnknownNameError
        If an emotion does not occur.
    CorpusError
        If no clip is left.
    """
    for emotion in emotions:
        _check_emotion(emotion, opened.corpus.name, set(opened.clips["emotion"]))
    clips = opened.clips[opened.clips["emotion"].isin(list(emotions))]
    if clips.empty:
        folder = opened.folders[opened.corpus.name]
        raise CorpusError(
            f"no clip of {opened.name} is left in {folder} with these options; check --part and --emotions"
        )
    excluded = (*opened.unselected, *unselected(opened.clips, clips, reason))
    return replace(opened, clips=clips.reset_index(drop=True), unselected=excluded)


def _check_emotion(emotion: str, corpora: str, present: set[str]) -> None:
    if emotion not in present:
        raise UnknownNameError(f"emotion in {corpora}:", emotion, present)


def _folder(corpus: Corpus, data_dir: Path | None) -> Path:
    if not registry.is_registered(corpus):  # a manifest, which may have the name of a known corpus
        return data_dir or Path(corpus.source).absolute().parent
    if corpus.make is not None:
        folder = data_dir or registry.corpus_cache(corpus.name)
        corpus.make(folder)
        return folder
    if data_dir is not None:
        if not data_dir.is_dir():
            raise CorpusError(f"no such folder: {data_dir}\n{corpus.hint}")
        return data_dir
    if (found_folder := registry.find_folder(corpus)) is None:
        searched = ", ".join(str(path) for path in registry.search_folders(corpus.name))
        raise CorpusError(f"{corpus.name} not found in {searched}\n{corpus.hint}")
    return found_folder
