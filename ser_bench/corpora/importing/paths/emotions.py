"""Find the position in paths that names the emotion."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import digits
from typing import Literal

from ser_bench.core.errors import ConfigError, CorpusError
from ser_bench.core.labels import canonical_label
from ser_bench.core.text import shortened_list
from ser_bench.corpora.emotion_words import emotion_of, emotions_of_letters
from ser_bench.corpora.importing.column import UNKNOWN, Certainty, Column, joined
from ser_bench.corpora.importing.files import AudioFile
from ser_bench.corpora.importing.paths.positions import Position, positions, values_at
from ser_bench.corpora.importing.paths.suggested import fitting_pattern
from ser_bench.corpora.importing.paths.traits import is_gender, is_part

LabelSource = Literal["folder", "name", "table"]

_NEGATIONS = frozenset(("not", "non", "no", "un", "nicht", "kein", "pas"))
_AROUND_WORDS = f"{digits} -_"
_LISTED = 12
_NO_EMOTION = "no emotion for"
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_LEAST_SHARE = 0.5
_MOST_CONTRADICTIONS = 0.02


@dataclass(frozen=True)
class _Reading:
    """The emotions that a position names."""

    position: Position
    values: Mapping[str, str]
    spellings: Mapping[str, str]

    @property
    def codes(self) -> set[str]:
        """The distinct codes, if the position holds only codes that mean nothing by themselves."""
        spellings = set(self.spellings.values())
        return set() if any(map(emotion_of, spellings)) else spellings

    @property
    def source(self) -> str:
        examples = list(dict.fromkeys(self.spellings[name] for name in sorted(self.spellings)))
        return f"{self.position} ({', '.join(examples[:4])}{', …' if len(examples) > 4 else ''})"


def word_reader(meanings: Mapping[str, str]) -> Callable[[str], str]:
    """Return the function that turns a word into an emotion.

    Parameters
    ----------
    meanings
        Emotion by code, as the user or a legend states them; they win over the usual words.

    Returns
    -------
    callable
        Takes a word; returns the emotion, empty for an unknown word.
    """
    stated = {code.casefold(): emotion_of(emotion) or canonical_label(emotion) for code, emotion in meanings.items()}

    def read(word: str) -> str:
        return stated.get(word.casefold()) or emotion_of(word) or emotion_of(word.strip(digits))

    return read


def labels(files: Sequence[AudioFile], meanings: Mapping[str, str], among: LabelSource | None) -> Column:
    """Find the emotion of each file in its path.

    Parameters
    ----------
    files
        Files.
    meanings
        Emotion by code, stated by the user or a legend.
    among
        ``folder`` or ``name`` to use folder names or file names only.

    Returns
    -------
    Column
        Emotions with what the paths spell, and files without an emotion or with two.

    Raises
    ------
    CorpusError
        If two positions name different emotions for many files.
    """
    if not files:
        return UNKNOWN
    readings = _readings(files, word_reader(meanings), among)
    if not readings:
        return _letters(files, among) if among != "folder" else _folders_as_they_are(files)
    best = readings[0]
    problems = _contradictions(best, readings[1:], files)
    certainty: Certainty = "stated" if meanings or among else "likely"
    column = Column(
        values={name: emotion for name, emotion in best.values.items() if name not in problems},
        source=best.source,
        certainty=certainty,
        spellings=best.spellings,
        problems=problems,
    )
    rest = [file for file in files if file.name not in best.values]
    if len(rest) == len(files) or not rest:
        return column
    further = labels(rest, meanings, among) if _readings(rest, word_reader(meanings), among) else UNKNOWN
    rest = [file for file in rest if file.name not in further.values]
    return joined([column, further, _kept_labels(best, rest, has_meanings=bool(meanings))])


def stated_labels(
    words: Mapping[str, str], meanings: Mapping[str, str], source: str, problems: Mapping[str, str]
) -> Column:
    """Turn the words of a field that the user names into emotions.

    Parameters
    ----------
    words
        Word by the file's name.
    meanings
        Emotion by code, stated by the user or a legend. Without any, letters are read as one language, as a guess.
    source
        Where the words stand.
    problems
        Why other files have none.

    Returns
    -------
    Column
        Emotions; unknown words are kept as labels.
    """
    letters = {} if meanings else emotions_of_letters(set(words.values()))
    read = word_reader(meanings or letters)
    refuse_codes((word for word in words.values() if not read(word)), meanings, source)
    return Column(
        values={name: read(word) or canonical_label(word) for name, word in words.items()},
        source=source,
        certainty="guess" if letters else "stated",
        spellings=words,
        problems=problems,
        warnings=kept_labels(Counter(word for word in words.values() if not read(word))),
    )


def is_code(word: str) -> bool:
    """Check whether a word is a number or at most two letters, which mean nothing alone.

    Parameters
    ----------
    word
        A word.

    Returns
    -------
    bool
        False for names of labels, and for signs such as ``?``.
    """
    return word.isascii() and word.isalnum() and (word.isdigit() or len(word) < 3)


def refuse_codes(words: Iterable[str], meanings: Mapping[str, str], source: str) -> None:
    """Raise for numbers as labels, and if the user states what some codes mean, but not what all of them mean.

    Parameters
    ----------
    words
        Words that are not known as emotions.
    meanings
        Emotion by code.
    source
        Where the words stand.

    Raises
    ------
    ConfigError
        If a word is a number, or a code beside those of ``meanings``.
    """
    words = set(words)
    codes = sorted(word for word in words if is_code(word))
    numbers = sorted(word for word in words if _NUMBER.fullmatch(word))
    if meanings and codes:
        listed = shortened_list(codes, _LISTED)
        raise ConfigError(f"--map-emotions has no emotion for {listed}; add {codes[0]}=EMOTION")
    if numbers:
        raise ConfigError(
            f"{source}: {shortened_list(numbers, _LISTED)} {'is a number' if len(numbers) == 1 else 'are numbers'}, "
            f"not emotions; say what they mean: --map-emotions {numbers[0]}=EMOTION,…, or state another place"
        )


def unused_codes(meanings: Mapping[str, str], column: Column) -> tuple[str, ...]:
    """Return a warning about codes of ``--map-emotions`` that do not occur.

    Parameters
    ----------
    meanings
        Emotion by code.
    column
        The emotions.

    Returns
    -------
    tuple of str
        Empty if all codes occur.

    Raises
    ------
    ConfigError
        If other codes have no emotion, as where the codes start at 0 and those of ``meanings`` at 1.
    """
    used = {word.casefold() for word in column.spellings.values()}
    unused = [f"{code}={emotion}" for code, emotion in meanings.items() if code.casefold() not in used]
    if not unused:
        return ()
    warning = f"no clip has the code of {shortened_list(unused, _LISTED)} in --map-emotions"
    lacking = [reason for reason in column.problems.values() if reason.startswith(_NO_EMOTION)]
    if lacking:
        raise ConfigError(f"{warning}, but {len(lacking):,} clips have others, as in: {lacking[0]}; correct the codes")
    return (warning,)


def kept_labels(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Return a warning about words that are kept as labels though they are not known as emotions.

    Parameters
    ----------
    counts
        Number of clips by word.

    Returns
    -------
    tuple of str
        Empty without such words.
    """
    words = shortened_list([f"{word} ({count:,})" for word, count in sorted(counts.items())], _LISTED)
    return (f"not known as emotions, kept as labels: {words}",) if counts else ()


def _readings(files: Sequence[AudioFile], read: Callable[[str], str], among: LabelSource | None) -> list[_Reading]:
    """Return the positions that name two emotions or more in half of the files, the most complete first."""
    readings = []
    for position in positions(files):
        if among is not None and (position.level is None) != (among == "name"):
            continue
        reading = _read(position, files, read)
        if len(set(reading.values.values())) > 1 and len(reading.values) >= _LEAST_SHARE * len(files):
            readings.append(reading)
    most_codes = max((len(reading.codes) for reading in readings), default=0)
    plausible = [reading for reading in readings if not reading.codes or len(reading.codes) == most_codes]
    return sorted(plausible, key=lambda reading: -len(reading.values))


def _read(position: Position, files: Sequence[AudioFile], read: Callable[[str], str]) -> _Reading:
    """Return the emotions at a position; a word after a negation is none."""
    values, spellings = {}, {}
    before = None if position.field in (None, 0) else Position(position.level, (position.field or 0) - 1)
    for file in files:
        word = position.value(file)
        if word and (emotion := read(word)) and not (before and before.value(file).lower() in _NEGATIONS):
            values[file.name] = emotion
            spellings[file.name] = word if read(word.strip(_AROUND_WORDS)) != emotion else word.strip(_AROUND_WORDS)
    return _Reading(position, values, spellings)


def _contradictions(best: _Reading, others: Sequence[_Reading], files: Sequence[AudioFile]) -> dict[str, str]:
    """Return the files for which two positions name different emotions."""
    problems: dict[str, str] = {}
    for reading in others:
        shared = best.values.keys() & reading.values.keys()
        differing = sorted(name for name in shared if best.values[name] != reading.values[name])
        if len(differing) > max(1, _MOST_CONTRADICTIONS * len(shared)):
            raise CorpusError(
                f"two positions name an emotion, and they differ for {len(differing):,} of {len(files):,} files: "
                f"{best.source} and {reading.source}, for example {differing[0]}\n"
                f"choose one with {_options((best, reading), files)}"
            )
        for name in differing:
            problems[name] = f"two emotions in the path: {best.spellings[name]} and {reading.spellings[name]}"
    return problems


def _options(readings: Sequence[_Reading], files: Sequence[AudioFile]) -> str:
    """Return the options that choose one of two positions."""
    if {reading.position.level is None for reading in readings} == {True, False}:
        return "--label folder or --label name"
    patterns = (fitting_pattern(r.position, values_at(r.position, files), files, "emotion") for r in readings)
    return " or ".join(f"--pattern '{pattern}'" for pattern in patterns if pattern) or "--pattern"


def _kept_labels(best: _Reading, rest: Sequence[AudioFile], *, has_meanings: bool) -> Column:
    """Keep unknown words beside the emotions as labels, if they look like labels."""
    words = values_at(best.position, rest)
    counts = Counter(words.values())
    is_folder = best.position.level is not None and best.position.field is None
    plausible = is_folder or (len(counts) <= len(set(best.values.values())) and min(counts.values(), default=0) > 1)
    codes = {word for word in counts if word.isdigit() or (has_meanings and is_code(word))}
    further_labels = {
        name: word for name, word in words.items() if plausible and word not in codes and not is_part(word)
    }
    reasons = {name: f"{_NO_EMOTION} {word}" for name, word in words.items() if has_meanings and word in codes}
    return Column(
        values={name: canonical_label(word) for name, word in further_labels.items()},
        source=best.source,
        certainty="likely",
        spellings=further_labels,
        problems={
            file.name: f"{reasons.get(file.name, 'no emotion')} in {best.position}"
            for file in rest
            if file.name not in further_labels
        },
        warnings=kept_labels(Counter(further_labels.values())),
    )


def _letters(files: Sequence[AudioFile], among: LabelSource | None) -> Column:
    """Read single letters as emotions where one language explains all of them."""
    for position in positions(files):
        if among == "name" and position.level is not None:
            continue
        codes = {name: text.strip(digits) for name, text in values_at(position, files).items()}
        meanings = emotions_of_letters(set(codes.values()))
        if meanings and len(codes) == len(files):
            values = {name: meanings[code] for name, code in codes.items()}
            return Column(values=values, source=str(position), certainty="guess", spellings=codes)
    return UNKNOWN


def _folders_as_they_are(files: Sequence[AudioFile]) -> Column:
    """Use the names of the innermost folders that are no part and no gender as labels."""
    labels = {}
    for file in files:
        candidates = [name for name in file.folders if not is_part(name) and not is_gender(name)]
        if candidates:
            labels[file.name] = candidates[-1]
    refuse_codes(labels.values(), {}, "the folder of the file")
    return Column(
        values={name: canonical_label(label) for name, label in labels.items()},
        source="the folder of the file",
        certainty="stated",
        spellings=labels,
        warnings=("no folder name is known as an emotion; the names are kept as labels",) if labels else (),
    )
