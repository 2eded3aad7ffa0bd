"""Files with the names of published corpora: their codes give speaker, emotion and more."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ser_bench.corpora.base import Corpus
from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.corpora.importing.column import Column
from ser_bench.corpora.importing.files import AudioFile
from ser_bench.corpora.registry import CORPORA

COLUMNS = ("speaker", "emotion", "gender", "text", "intensity")

_IEMOCAP = re.compile(r"Ses(?P<session>0[1-5])[FM]_(impro|script)\d\d.*_(?P<gender>[FM])X?X?\d{3}")
_MERGED_SHARE = 0.95


@dataclass(frozen=True)
class KnownFiles:
    """What the names of published corpora give.

    Attributes
    ----------
    corpora
        Title of the corpus by the file's name.
    columns
        The columns of the manifest that the codes give.
    """

    corpora: Mapping[str, str]
    columns: Mapping[str, Column]

    def only(self, files: Sequence[AudioFile]) -> str:
        """Return the name of the published corpus that all files belong to.

        Parameters
        ----------
        files
            Files.

        Returns
        -------
        str
            Empty if they belong to none, or to several.
        """
        titles = {self.corpora.get(file.name) for file in files}
        return next((name for name, corpus in CORPORA.items() if titles == {corpus.title}), "")


def known_files(files: Sequence[AudioFile], folder: Path) -> KnownFiles:
    """Read the names of published corpora.

    Parameters
    ----------
    files
        Files.
    folder
        The imported folder, for tables that belong to a corpus.

    Returns
    -------
    KnownFiles
        Columns for the files that have such names. Speakers carry the corpus where several are mixed.
    """
    rows: dict[str, dict[str, str]] = {}
    corpora: dict[str, str] = {}
    for corpus in CORPORA.values():
        if isinstance(corpus.reader, FileNamePattern) and not corpus.synthetic:
            matches = _matches(corpus, corpus.reader, [file for file in files if file.name not in rows], folder)
            rows |= matches
            corpora |= dict.fromkeys(matches, corpus.title)
    for file in files:
        if file.name not in rows and (match := _IEMOCAP.fullmatch(file.stem)):
            gender = match["gender"]
            rows[file.name] = {
                "speaker": f"Ses{match['session']}_{gender}",
                "gender": "female" if gender == "F" else "male",
            }
            corpora[file.name] = "IEMOCAP"
    if len(set(corpora.values())) > 1 or len(rows) < len(files):
        rows = {name: {**row, "speaker": f"{corpora[name]}-{row['speaker']}"} for name, row in rows.items()}
    columns = {column: _column(column, rows, corpora) for column in COLUMNS}
    emotions = _without(columns["emotion"], _copies(files, rows, corpora))
    return KnownFiles(corpora, columns | {"emotion": _without_songs(emotions, rows)})


def _copies(
    files: Sequence[AudioFile], rows: Mapping[str, Mapping[str, str]], corpora: Mapping[str, str]
) -> dict[str, str]:
    """Return the files that have the name and the size of another clip, as mirrors with nested folders hold them."""
    first_files: dict[tuple[str, str], AudioFile] = {}
    problems = {}
    for file in sorted(files, key=lambda file: (len(file.folders), file.name)):
        if clip := rows.get(file.name, {}).get("clip"):
            first = first_files.setdefault((corpora[file.name], clip), file)
            if first is not file and first.path.stat().st_size == file.path.stat().st_size:
                problems[file.name] = "a copy of another clip by name and size"
    return problems


def _without(column: Column, problems: Mapping[str, str]) -> Column:
    """Leave files out of a column."""
    values = {name: value for name, value in column.values.items() if name not in problems}
    return replace(column, values=values, problems={**column.problems, **problems})


def _without_songs(column: Column, rows: Mapping[str, Mapping[str, str]]) -> Column:
    """Leave out songs beside speech, as --corpus ravdess does; name a folder that holds songs only."""
    songs = {name for name, row in rows.items() if row.get("part") == "song"}
    if songs and len(songs) == len(rows):
        return replace(column, warnings=("all clips are songs",))
    return _without(column, dict.fromkeys(songs, "a song beside speech; import its folder alone to use it"))


def _matches(
    corpus: Corpus, pattern: FileNamePattern, files: Sequence[AudioFile], folder: Path
) -> dict[str, dict[str, str]]:
    """Return the columns of the files with names of a corpus."""
    rows = {file.name: row for file in files if (row := pattern.parse(file.path))}
    genders = pattern.genders_in(folder) if rows else {}
    return {name: {"gender": genders.get(row["speaker"], ""), **row} for name, row in rows.items()}


def _column(column: str, rows: Mapping[str, Mapping[str, str]], corpora: Mapping[str, str]) -> Column:
    values = {name: row[column] for name, row in rows.items() if row.get(column)}
    titles = Counter(corpora[name] for name in values)
    source = ", ".join(f"names of {title} ({count:,})" for title, count in titles.most_common())
    return Column(values=values, source=source, certainty="known")


def compared(named: Column, folders: Column) -> Column:
    """Compare the emotions in the names of published corpora with those of emotion folders.

    Parameters
    ----------
    named
        Emotions by the codes in the names.
    folders
        Emotions by the folders.

    Returns
    -------
    Column
        The names' emotions. Where the folders merge one emotion into another, the folder counts; a single
        contradiction is a problem.
    """
    goals: dict[str, Counter[str]] = defaultdict(Counter)
    for name, emotion in named.values.items():
        goals[emotion][folders.values.get(name, emotion)] += 1
    merged = {
        emotion: goal
        for emotion, counts in goals.items()
        for goal, count in counts.items()
        if goal != emotion and count > max(1, _MERGED_SHARE * counts.total())
    }
    values, problems = {}, {}
    for name, emotion in named.values.items():
        folder = folders.values.get(name, emotion)
        if folder not in (emotion, merged.get(emotion)):
            problems[name] = f"the folder says {folder}, the name says {emotion}"
        else:
            values[name] = folder
    warnings = tuple(
        f"the folder {goal} holds {goals[emotion][goal]:,} clips whose names say {emotion}; the folder's label is used"
        for emotion, goal in sorted(merged.items())
    )
    return replace(named, values=values, problems={**named.problems, **problems}, warnings=(*named.warnings, *warnings))
