"""Several corpora as one: on the emotions that all of them have, their clips, speakers and sentences kept apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench import corpora
from ser_bench.core.errors import CorpusError, UnknownNameError
from ser_bench.core.labels import label_order
from ser_bench.corpora.base import Corpus, Listing, marked

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.corpora import OpenCorpus


def names_in(text: str) -> list[str]:
    """Return the corpora that ``--corpus`` names; several are joined by commas. A file's name may hold one."""
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
) -> OpenCorpus:
    """Open several corpora as one, or a single one as it is.

    Of several, ``data_dir`` is either one folder for each, joined by commas in their order, or one that holds
    a folder of each corpus's name. Only clips of emotions that every corpus has are kept, after ``merge``.

    Raises
    ------
    CorpusError
        Where one cannot be opened, two have one name, or they share fewer than two emotions.
    UnknownNameError
        For an emotion in ``emotions`` or ``merge`` that they do not have.
    """
    if len(names) == 1:
        return corpora.open_corpus(names[0], data_dir, part=part, emotions=tuple(emotions), merge=merge)
    folders = _folders(names, data_dir)
    raw = [corpora.open_corpus(name, folder, part=part) for name, folder in zip(names, folders, strict=True)]
    _check_names([opened.corpus.name for opened in raw])
    if tables := [opened.corpus.name for opened in raw if opened.recorded]:
        raise CorpusError(
            f"{tables[0]} is a table of features, which cannot be pooled\n"
            "one table may hold several corpora, told apart by its column corpus"
        )
    opened = [corpora.merged(one, merge or {}, among=raw) for one in raw]
    kept = _shared(opened, emotions)
    return _joined([corpora.only(one, kept) for one in opened])


def _folders(names: Sequence[str], data_dir: Path | None) -> list[Path | None]:
    """Return each corpus's folder, None for its usual places."""
    if data_dir is None:
        return [None] * len(names)
    if not data_dir.is_dir() and "," in str(data_dir):
        given = [Path(part.strip()).expanduser() for part in str(data_dir).split(",")]
        if len(given) != len(names):
            raise CorpusError(f"--data-dir names {len(given)} folders for {len(names)} corpora: {', '.join(names)}")
        return list(given)
    if not data_dir.is_dir():
        raise CorpusError(f"there is no folder {data_dir}")
    beside = [data_dir / corpora.label(name) for name in names]
    found: list[Path | None] = [folder if folder.is_dir() else None for folder in beside]
    return found if any(found) else [data_dir, *found[1:]]


def _check_names(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise CorpusError(f"two corpora are called {name}; give one manifest another name")


def _shared(opened: Sequence[OpenCorpus], emotions: Sequence[str]) -> tuple[str, ...]:
    """Return the emotions to keep: those that every corpus has, or of these the ones asked for."""
    shared = label_order(set.intersection(*(set(one.clips["emotion"]) for one in opened)))
    names = " and ".join(one.corpus.name for one in opened)
    for emotion in emotions:
        if emotion not in shared:
            raise UnknownNameError(f"emotion shared by {names}", emotion, shared)
    kept = tuple(emotion for emotion in shared if emotion in emotions) if emotions else shared
    if len(kept) < 2:
        each = "; ".join(f"{one.corpus.name}: {', '.join(label_order(one.clips['emotion']))}" for one in opened)
        raise CorpusError(f"{names} share {len(kept)} emotion{'s' * (len(kept) != 1)}, two are needed\n{each}")
    return kept


def _joined(opened: Sequence[OpenCorpus]) -> OpenCorpus:
    import pandas as pd

    problems = tuple(problem for one in opened for problem in one.problems)
    folders = {one.corpus.name: one.folder for one in opened}
    clips = marked(pd.concat([one.clips for one in opened], ignore_index=True))
    about = _description([one.corpus for one in opened], clips)
    return corpora.OpenCorpus(about, folders, clips, problems, members=tuple(opened))


def _description(parts: Sequence[Corpus], clips: pd.DataFrame) -> Corpus:
    """Describe the pool: what holds for one of its corpora is said with that one's name."""

    def each(fact: str) -> str:
        return "; ".join(f"{part.name}: {getattr(part, fact)}" for part in parts if getattr(part, fact))

    return Corpus(
        name="+".join(part.name for part in parts),
        title=" + ".join(part.title for part in parts),
        licence=each("licence"),
        source=each("origin"),
        citation=each("citation"),
        counts={str(label): int(count) for label, count in clips["emotion"].value_counts().items()},
        speakers=clips["speaker"].nunique(),
        reader=_not_a_folder,
        synthetic=any(part.synthetic for part in parts),
    )


def _not_a_folder(folder: Path) -> Listing:
    raise CorpusError(f"several corpora do not lie in one folder such as {folder}")
