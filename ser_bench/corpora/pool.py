"""A pool of several corpora: the emotions that all of them have, with clips, speakers and sentences kept apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.errors import CorpusError, UnknownNameError
from ser_bench.core.labels import label_order
from ser_bench.core.places import expand_home
from ser_bench.core.text import plural
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.clip_table import Listing, Problem, with_corpus_prefix
from ser_bench.corpora.opening import (
    OpenCorpus,
    checked_speakers,
    keep_emotions,
    label_warnings,
    list_corpus,
    merge_emotions,
    open_corpus,
    table_files,
)
from ser_bench.corpora.registry import corpus_label
from ser_bench.corpora.selection import Selection
from ser_bench.corpora.speakers import name_speakers, shared_names, speakers_by_name

if TYPE_CHECKING:
    import pandas as pd


def split_names(text: str) -> list[str]:
    """Split the value of ``--corpus``.

    Parameters
    ----------
    text
        Names joined by commas, or the path of one existing file, which may contain a comma.

    Returns
    -------
    list of str
        Distinct names in their order.
    """
    if Path(text).is_file():
        return [text]
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def open_corpora(
    names: Sequence[str],
    data_dir: Path | None = None,
    *,
    part: str = "speech",
    emotions: Sequence[str] = (),
    merge: Mapping[str, str] | None = None,
    speakers: Mapping[str, str] | None = None,
) -> OpenCorpus:
    """Open several corpora as one, or a single one as it is.

    Parameters
    ----------
    names
        Known corpora, and paths of CSV manifests.
    data_dir
        Of several corpora, either one folder each, joined by commas, or a folder with one subfolder per
        corpus, named like it. None searches the usual folders.
    part
        ``speech``, ``song`` or ``all``, for corpora that have both.
    emotions
        Emotions to keep, after the merge; empty keeps all that every corpus has.
    merge
        New label by emotion, for emotions to count as others.
    speakers
        Name by ``corpus/speaker``, for speakers who are one person.

    Returns
    -------
    OpenCorpus
        The corpus, or the pool.

    Raises
    ------
    CorpusError
        If a corpus cannot be opened, two have one name, they share fewer than two emotions, or a speaker has two
        genders.
    UnknownNameError
        If an emotion in ``emotions`` or ``merge``, or a key of ``speakers``, does not occur.
    """
    if len(names) == 1:
        return open_corpus(names[0], data_dir, part=part, emotions=tuple(emotions), merge=merge, speakers=speakers)
    folders = _folders(names, data_dir)
    opened = [list_corpus(name, folder, part=part) for name, folder in zip(names, folders, strict=True)]
    _check(opened)
    renamed = [merge_emotions(member, merge or {}, among=opened) for member in opened]
    shared = label_order(set.intersection(*(set(member.clips["emotion"]) for member in renamed)))
    selected = _selected_emotions(renamed, shared, emotions)
    persons = shared_names(_clips(opened), speakers or {}, table_files(opened))
    common = [keep_emotions(member, shared, "not an emotion of every corpus") for member in renamed]
    pool = _pooled([keep_emotions(member, selected, "not among --emotions") for member in common], persons)
    merged = any(member.selection.merged for member in renamed)
    return replace(pool, selection=Selection(emotions=selected if selected != shared else (), merged=merged))


def _folders(names: Sequence[str], data_dir: Path | None) -> list[Path | None]:
    """Return each corpus's folder, None for its usual folders."""
    if data_dir is None:
        return [None] * len(names)
    if not data_dir.is_dir() and "," in str(data_dir):
        folders = [expand_home(Path(part.strip())) for part in str(data_dir).split(",")]
        if len(folders) != len(names):
            raise CorpusError(
                f"--data-dir names {len(folders)} folders for {len(names)} corpora: {', '.join(names)}; "
                "give one folder per corpus"
            )
        return list(folders)
    if not data_dir.is_dir():
        raise CorpusError(f"no such folder: {data_dir}; give an existing one with --data-dir")
    subfolders = [data_dir / corpus_label(name) for name in names]
    existing: list[Path | None] = [folder if folder.is_dir() else None for folder in subfolders]
    return existing if any(existing) else [data_dir, *existing[1:]]


def _check(opened: Sequence[OpenCorpus]) -> None:
    """Raise if corpora cannot be pooled."""
    names = [member.corpus.name for member in opened]
    for name in names:
        if names.count(name) > 1:
            raise CorpusError(f"two corpora have the name {name}; rename one of the manifests")
    for member in opened:
        if member.feature_table:
            raise CorpusError(
                f"{member.corpus.name} is a table of features; feature tables cannot be pooled\n"
                "put several corpora into one table, with a column named corpus"
            )


def _selected_emotions(
    opened: Sequence[OpenCorpus], shared: tuple[str, ...], emotions: Sequence[str]
) -> tuple[str, ...]:
    """Return the emotions that every corpus has, filtered by ``emotions`` unless that is empty."""
    names = " and ".join(member.corpus.name for member in opened)
    for emotion in emotions:
        if emotion not in shared:
            raise UnknownNameError(f"emotion shared by {names}:", emotion, shared)
    selected = tuple(emotion for emotion in shared if emotion in emotions) if emotions else shared
    if len(selected) < 2:
        labels = "; ".join(f"{m.corpus.name}: {', '.join(label_order(m.clips['emotion']))}" for m in opened)
        raise CorpusError(f"{names} share {plural(len(selected), 'emotion')}; a pool needs at least 2\n{labels}")
    return selected


def _clips(opened: Sequence[OpenCorpus]) -> pd.DataFrame:
    """Return the clips of several corpora in one table, with the prefixes of their corpora."""
    import pandas as pd

    clips = with_corpus_prefix(pd.concat([member.clips for member in opened], ignore_index=True))
    return clips.assign(person=clips["person"].fillna("")) if "person" in clips else clips


def _pooled(opened: Sequence[OpenCorpus], names: Mapping[str, str]) -> OpenCorpus:
    problems = [_named_after(member, problem) for member in opened for problem in member.problems]
    folders = {member.corpus.name: member.folder for member in opened}
    clips, doubts = checked_speakers(name_speakers(_clips(opened), names), table_files(opened))
    warnings = [f"{member.corpus.name}: {warning}" for member in opened for warning in member.warnings]
    description = _description(opened, clips)
    return OpenCorpus(
        description,
        folders,
        clips,
        tuple(problems),
        pooled=tuple(opened),
        shared_speakers=speakers_by_name(names),
        warnings=(*warnings, *doubts, *label_warnings(clips)),
        unselected=tuple(_named_after(member, problem) for member in opened for problem in member.unselected),
    )


def _named_after(member: OpenCorpus, problem: Problem) -> Problem:
    """Return a problem whose name begins with its corpus, unless it is a path."""
    is_path = Path(problem.path).is_absolute()
    return problem if is_path else replace(problem, path=f"{member.corpus.name}/{problem.path}")


def _description(opened: Sequence[OpenCorpus], clips: pd.DataFrame) -> Corpus:
    """Describe the pool; licence, source and citation name the corpus they belong to."""
    corpora = [member.corpus for member in opened]
    parts = [Selection(part=member.selection.part) for member in opened]

    def joined(attribute: str) -> str:
        values = ((corpus.name, getattr(corpus, attribute)) for corpus in corpora)
        return "; ".join(f"{name}: {value}" for name, value in values if value)

    return Corpus(
        name="+".join(part.name(corpus.name) for part, corpus in zip(parts, corpora, strict=True)),
        title=" + ".join(part.title(corpus.title) for part, corpus in zip(parts, corpora, strict=True)),
        licence=joined("licence"),
        source=joined("origin"),
        citation=joined("citation"),
        counts={str(label): int(count) for label, count in clips["emotion"].value_counts().items()},
        speakers=clips["speaker"].nunique(),
        reader=_no_folder,
        synthetic=any(corpus.synthetic for corpus in corpora),
    )


def _no_folder(folder: Path) -> Listing:
    raise CorpusError(f"a pool of corpora has no single folder such as {folder}")
