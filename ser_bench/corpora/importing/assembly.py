"""From a folder to the rows of a manifest: what the user states, tables, names of published corpora, then guesses."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ser_bench.core.errors import ConfigError, CorpusError
from ser_bench.core.genders import canonical_genders
from ser_bench.core.spelling import canonical_text, is_unknown
from ser_bench.corpora.clip_table import Problem
from ser_bench.corpora.importing import tables
from ser_bench.corpora.importing.column import COLUMNS, UNKNOWN, Certainty, Column, joined
from ser_bench.corpora.importing.failures import no_emotion_message
from ser_bench.corpora.importing.files import AudioFile, Scan, scan
from ser_bench.corpora.importing.legends import meanings_of, path_meanings, read_legends
from ser_bench.corpora.importing.paths import emotions, known, speakers, traits
from ser_bench.corpora.importing.paths.emotions import LabelSource
from ser_bench.corpora.importing.paths.patterns import parse_pattern, unmatched
from ser_bench.corpora.importing.paths.speaker_names import genders_of_codes

_MOST_UNNAMED = 0.1
"""Share of files without a row of the table from which a warning names them."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the user states; everything else is guessed.

    Attributes
    ----------
    label
        Where emotions come from: ``folder``, ``name`` or ``table``.
    pattern
        Pattern of the paths, such as ``{speaker}_{emotion}_*``.
    tables
        Tables that describe the files.
    mapping
        Column of the table by column of the manifest.
    meanings
        Emotion by code.
    ignored
        A file to leave out: the manifest to write.
    """

    label: LabelSource | None = None
    pattern: str | None = None
    tables: tuple[Path, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)
    ignored: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Imported:
    """The rows of a manifest, and how they came about.

    Attributes
    ----------
    folder
        The imported folder.
    rows
        A mapping per clip with ``path`` (absolute) and the columns of the manifest; unknown values are missing.
    columns
        The columns with values, with their source and certainty.
    spellings
        Number of clips by the spelling in paths or tables and the emotion that it became, where they differ.
    left_out
        Files and rows that are not used, each with the reason.
    warnings
        What the user should know.
    published
        Name of the published corpus that all clips belong to; else empty.
    others
        Number of files that are neither audio nor video, by extension.
    """

    folder: Path
    rows: tuple[Mapping[str, str], ...]
    columns: Mapping[str, Column]
    spellings: Mapping[tuple[str, str], int]
    left_out: tuple[Problem, ...]
    warnings: tuple[str, ...]
    published: str = ""
    others: Mapping[str, int] = field(default_factory=dict)

    @property
    def guesses(self) -> tuple[str, ...]:
        """Which of speaker and emotion are only a guess."""
        return tuple(name for name in ("speaker", "emotion") if self._certainty(name) == "guess")

    def _certainty(self, name: str) -> str:
        return self.columns[name].certainty if name in self.columns else "unknown"


def import_clips(folder: Path, choices: Choices) -> Imported:
    """Find the clips of a folder with speakers and emotions.

    Parameters
    ----------
    folder
        The folder.
    choices
        What the user states.

    Returns
    -------
    Imported
        Rows for a manifest.

    Raises
    ------
    CorpusError
        If the folder has no usable audio file, or no emotion is found.
    ConfigError
        If an option is invalid or does not fit the folder.
    """
    scanned = scan(folder)
    names = known.known_files(scanned.files, folder)
    is_published = len(names.columns["emotion"].values) == len(scanned.files)
    stated = _stated(scanned.files, folder, choices, names, search_tables=not is_published)
    columns = {name: joined([stated.columns.get(name, UNKNOWN), names.columns.get(name, UNKNOWN)]) for name in COLUMNS}
    columns["emotion"] = _emotions(scanned.files, folder, choices, stated.columns.get("emotion", UNKNOWN), names)
    usable = [file for file in scanned.files if columns["emotion"].values.get(file.name)]
    if not usable:
        reasons = (*stated.warnings, *stated.faults)
        raise CorpusError(no_emotion_message(folder, scanned.files, columns["emotion"], choices.meanings, reasons))
    columns["gender"] = _filled(columns["gender"], traits.genders, usable)
    columns["speaker"] = _speakers(columns["speaker"], columns["emotion"], columns["gender"], usable)
    columns["gender"] = _genders(columns["gender"], columns["speaker"], usable)
    columns["intensity"] = _filled(columns["intensity"], traits.intensities, usable)
    imported = _imported(folder, scanned, usable, columns, stated, choices.meanings)
    return replace(imported, published=names.only(usable))


@dataclass(frozen=True)
class _Stated:
    """What the pattern and the tables give."""

    columns: Mapping[str, Column]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


def _stated(
    files: Sequence[AudioFile], folder: Path, choices: Choices, names: known.KnownFiles, *, search_tables: bool
) -> _Stated:
    """Read the pattern and the tables."""
    patterned = _pattern_columns(files, folder, choices) if choices.pattern is not None else {}
    described = _described(files, folder, choices, searched=search_tables and "emotion" not in patterned)
    lost = ""
    if described.columns and described.columns["emotion"].values and "emotion" not in patterned:
        described, lost = _compared(described, files, choices, _path_emotions(files, folder, choices, names))
    faults, unused = (tuple(filter(None, [text])) for text in (_unused_tables(described.faults), described.unused))
    if not described.names:
        return _Stated(patterned, warnings=described.warnings, faults=faults)
    if twice := sorted(choices.mapping.keys() & patterned.keys()):
        raise ConfigError(f"--pattern and --map both give {', '.join(twice)}; remove one")
    columns = {name: patterned.get(name, column) for name, column in described.columns.items()} | patterned
    if "emotion" not in patterned and columns["emotion"].values:
        reasons = ("no row of the table names it", "its row has no emotion")
        unnamed = {file.name: reasons[file.name in described.names] for file in files}
        columns["emotion"] = replace(columns["emotion"], problems={**unnamed, **columns["emotion"].problems})
    return _Stated(columns, described.problems, (*filter(None, [lost]), *described.warnings), faults, unused)


def _described(files: Sequence[AudioFile], folder: Path, choices: Choices, *, searched: bool) -> tables.Described:
    """Read the named tables, or search the folder for some."""
    legends = read_legends(folder)
    if choices.tables:
        return tables.describe(choices.tables, folder, files, choices.mapping, choices.meanings, legends)
    if choices.mapping or (searched and choices.label in (None, "table")):
        found_tables = tables.find_tables(folder, files, choices.mapping, choices.meanings, legends, choices.ignored)
        needs_emotions = choices.label == "table" and not found_tables.columns["emotion"].values
        if needs_emotions or (choices.mapping and not found_tables.names):
            reasons = (*found_tables.faults, *found_tables.warnings, f"no table below {folder} has emotions")
            raise ConfigError(
                f"{reasons[0]}\nname the table with --table FILE, and its columns with --map path=COLUMN,emotion=COLUMN"
            )
        return found_tables
    return tables.Described({}, (), frozenset())


def _path_emotions(files: Sequence[AudioFile], folder: Path, choices: Choices, names: known.KnownFiles) -> Column:
    """Return the emotions that the paths name beside a table; unknown where they are unclear."""
    try:
        column = _emotions(files, folder, replace(choices, label=None), UNKNOWN, names)
    except (ConfigError, CorpusError):
        return UNKNOWN
    return column if column.certainty != "guess" else UNKNOWN


def _compared(
    described: tables.Described, files: Sequence[AudioFile], choices: Choices, paths: Column
) -> tuple[tables.Described, str]:
    """Prefer paths to a manifest of ser-bench; say which files a table leaves out though their paths name emotions."""
    is_searched = not (choices.tables or choices.mapping or choices.label)
    if is_searched and described.manifests and len(paths.values) >= len(described.names):
        faults = (*tables.manifest_faults(described.manifests), *described.faults)
        return tables.Described({}, (), frozenset(), described.warnings, faults), ""
    unnamed = [file.name for file in files if file.name not in described.names]
    lost = [name for name in unnamed if name in paths.values]
    if not lost and len(unnamed) <= _MOST_UNNAMED * len(files):
        return described, ""
    text = f"{len(unnamed):,} of {len(files):,} files have no row in the table and are left out"
    if not lost:
        return described, f"{text}, for example {unnamed[0]}"
    return described, (
        f"{text}, though {paths.source} names the emotion of {len(lost):,} of them, for example {lost[0]}; "
        "--label folder and --label name use paths, not tables"
    )


def _unused_tables(faults: Sequence[str]) -> str:
    """Return a sentence about tables that are not used; empty if there are none."""
    if len(faults) < 2:
        return "".join(f"a table is not used: {fault}" for fault in faults)
    return f"{len(faults):,} tables are not used, for example: {faults[0]}"


def _pattern_columns(files: Sequence[AudioFile], folder: Path, choices: Choices) -> dict[str, Column]:
    """Return the columns that the pattern gives."""
    pattern = parse_pattern(choices.pattern or "")
    matches = {file.name: values for file in files if (values := pattern.values(file)) is not None}
    if not matches:
        raise unmatched(pattern, files)
    source = f"the pattern {pattern.text}"
    reason = f"the path does not match the pattern {pattern.text}"
    problems = {file.name: reason for file in files if file.name not in matches}
    columns = {}
    for name in {column for _, column in pattern.columns}:
        texts = {file: values[name] for file, values in matches.items()}
        if name == "emotion":
            meanings = choices.meanings or meanings_of(set(texts.values()), read_legends(folder))[0]
            columns[name] = emotions.stated_labels(texts, meanings, source, problems)
            continue
        genders = canonical_genders(set(texts.values())) if name == "gender" else {}
        values = {file: genders.get(text, text) for file, text in texts.items()}
        columns[name] = Column(values=values, source=source, certainty="stated", problems=problems)
    return columns


def _emotions(
    files: Sequence[AudioFile], folder: Path, choices: Choices, stated: Column, names: known.KnownFiles
) -> Column:
    """Return the emotions: stated ones, those of published names, else those of folders and file names."""
    if stated.values:
        return stated
    meanings, legend = dict(choices.meanings), ""
    coded = names.columns["emotion"]
    rest = [file for file in files if file.name not in coded.values and file.name not in coded.problems]
    if not meanings and rest:
        meanings, legend = path_meanings(rest, read_legends(folder))
    if choices.label == "folder":
        column = emotions.labels(files, meanings, "folder")
        return replace(column, source=column.source + (f", legend {legend}" if legend else ""))
    found_emotions = emotions.labels(rest, meanings, choices.label)
    if legend:
        found_emotions = replace(found_emotions, source=f"{found_emotions.source}, legend {legend}")
    if coded.values and choices.label is None:
        coded = known.compared(coded, _emotion_folders(files))
    return joined([coded, found_emotions])


def _emotion_folders(files: Sequence[AudioFile]) -> Column:
    """Return the emotions of folder names, where folders name emotions at all."""
    try:
        column = emotions.labels(files, {}, "folder")
    except (ConfigError, CorpusError):
        return UNKNOWN
    return column if column.values and column.certainty == "stated" and not column.warnings else UNKNOWN


def _filled(column: Column, find: Callable[[Sequence[AudioFile]], Column], files: Sequence[AudioFile]) -> Column:
    """Fill the files without a value from their paths."""
    rest = [file for file in files if file.name not in column.values]
    return joined([column, find(rest)]) if rest else column


def _speakers(column: Column, emotions: Column, genders: Column, files: Sequence[AudioFile]) -> Column:
    """Fill the files without a speaker from their paths, unless the user states where speakers are."""
    rest = [file for file in files if file.name not in column.values]
    if not rest or column.certainty == "stated":
        return column
    others = [file for file in files if file.name in column.values]
    certain_genders = {} if genders.certainty == "guess" else genders.values
    return joined([column, speakers.speakers(rest, emotions.values, certain_genders, others)])


def _genders(column: Column, speakers_column: Column, files: Sequence[AudioFile]) -> Column:
    """Fill genders from speaker codes; drop those that contradict the speakers, and letters that none confirm."""
    confirmed: Certainty = "guess" if speakers_column.certainty == "guess" else "likely"
    coded = genders_of_codes(speakers_column.values)
    if coded and not column.values:
        return Column(values=coded, source="letters of the speakers", certainty=confirmed)
    by_speaker: dict[str, set[str]] = defaultdict(set)
    for file in files:
        if (speaker := speakers_column.values.get(file.name)) and (gender := column.values.get(file.name)):
            by_speaker[speaker].add(gender)
    contradicting = sorted(speaker for speaker, found_genders in by_speaker.items() if len(found_genders) > 1)
    if contradicting and column.certainty != "known":
        return _unused_gender(f"{column.source} is not used as gender: speaker {contradicting[0]} would have two")
    if column.certainty == "guess" and len(by_speaker) > 2:
        return replace(column, certainty=confirmed, source=f"{column.source}; each speaker has one")
    if column.certainty == "guess":
        return _unused_gender(f"{column.source} is not used as gender: no speakers confirm it")
    return column


def _unused_gender(warning: str) -> Column:
    return Column(values={}, source="", certainty="unknown", warnings=(warning,))


def _imported(
    folder: Path,
    scanned: Scan,
    usable: Sequence[AudioFile],
    columns: Mapping[str, Column],
    stated: _Stated,
    meanings: Mapping[str, str],
) -> Imported:
    """Build the rows, and name what is left out."""
    rows = tuple(_row(file, columns) for file in usable)
    emotion = columns["emotion"]
    names = {file.name for file in usable}
    unused = (
        Problem(file.name, emotion.problems.get(file.name, "no emotion in its path"))
        for file in scanned.files
        if file.name not in names
    )
    spellings = Counter(
        (text, emotion.values[name])
        for name, text in emotion.spellings.items()
        if name in names and canonical_text(text).lower() != emotion.values[name]
    )
    return Imported(
        folder=folder,
        rows=rows,
        columns={name: column for name, column in columns.items() if any(row.get(name) for row in rows)},
        spellings=spellings,
        left_out=(*scanned.left_out, *unused, *stated.problems),
        others=scanned.others,
        warnings=(
            *dict.fromkeys(w for column in columns.values() for w in column.warnings),
            *emotions.unused_codes(meanings, emotion),
            *stated.warnings,
            *_part_warnings(usable, columns),
            *stated.faults,
            *stated.unused,
        ),
    )


def _row(file: AudioFile, columns: Mapping[str, Column]) -> dict[str, str]:
    """Return the values of a file; a speaker called NA or unknown is unknown, as in every manifest."""
    values = {name: canonical_text(column.values.get(file.name, "")) for name, column in columns.items()}
    if is_unknown(values["speaker"]):
        values["speaker"] = ""
    return {"path": str(file.path), **{name: value for name, value in values.items() if value}}


def _part_warnings(files: Sequence[AudioFile], columns: Mapping[str, Column]) -> tuple[str, ...]:
    """Say that folders such as train and test are no labels, and how many speakers they share."""
    parts = traits.part_folders(files)
    if not parts:
        return ()
    by_speaker: dict[str, set[str]] = defaultdict(set)
    for name, part in parts.items():
        if speaker := columns["speaker"].values.get(name):
            by_speaker[speaker].add(part)
    shared = sum(len(found_parts) > 1 for found_parts in by_speaker.values())
    sharing = f"; {shared:,} of {len(by_speaker):,} speakers are in several of them" if by_speaker else ""
    return (
        f"the folders {', '.join(sorted(set(parts.values())))} are not labels{sharing}; ser-bench makes its own splits",
    )
