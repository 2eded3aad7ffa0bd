"""Levels of a path that are no emotion and no speaker: gender, intensity, training and test parts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ser_bench.core.genders import canonical_gender
from ser_bench.corpora.importing.column import UNKNOWN, Certainty, Column
from ser_bench.corpora.importing.files import AudioFile
from ser_bench.corpora.importing.paths.positions import Position, positions, values_at

_PART = re.compile(
    r"(train|training|test|testing|val|valid|validation|dev|devel|development|eval|evaluation)s?\d*"
    r"|(fold|cv)[ _-]?\d+",
    re.IGNORECASE,
)
_INTENSITY = re.compile(r"normal|strong|weak|low|lo|medium|md|mid|high|hi|mild|moderate|intense", re.IGNORECASE)


def is_part(text: str) -> bool:
    """Check whether a folder name is that of a part, such as ``train`` or ``fold_2``.

    Parameters
    ----------
    text
        A folder name.

    Returns
    -------
    bool
        True for the usual names of parts.
    """
    return _PART.fullmatch(text) is not None


def is_intensity(text: str) -> bool:
    """Check whether a word says how strong an emotion is.

    Parameters
    ----------
    text
        A field of a name.

    Returns
    -------
    bool
        True for words such as ``strong``.
    """
    return _INTENSITY.fullmatch(text) is not None


def is_gender(text: str) -> bool:
    """Check whether a word is a gender.

    Parameters
    ----------
    text
        A field of a name.

    Returns
    -------
    bool
        True for spellings of female and male.
    """
    return canonical_gender(text) in ("female", "male")


def part_folders(files: Sequence[AudioFile]) -> dict[str, str]:
    """Find the folder level that divides the files into training and test parts.

    Parameters
    ----------
    files
        Files.

    Returns
    -------
    dict of str to str
        Part by the file's name; empty where no level does.
    """
    for position in positions(files):
        if position.level is not None and position.field is None:
            values = values_at(position, files)
            distinct = set(values.values())
            if len(distinct) > 1 and 2 * len(values) > len(files) and all(map(is_part, distinct)):
                return dict(values)
    return {}


def genders(files: Sequence[AudioFile]) -> Column:
    """Find genders in paths: a position that holds a gender for every file, and both of them.

    Parameters
    ----------
    files
        Files.

    Returns
    -------
    Column
        Words are likely, single letters a guess.
    """
    for position in positions(files):
        values = values_at(position, files)
        distinct = set(values.values())
        if len(values) < len(files) or len(distinct) > 4 or not all(map(is_gender, distinct)):
            continue
        by_name = {name: canonical_gender(value) for name, value in values.items()}
        if len(set(by_name.values())) == 2:
            certainty: Certainty = "guess" if min(map(len, distinct)) == 1 else "likely"
            return Column(values=by_name, source=_with_examples(position, distinct), certainty=certainty)
    return UNKNOWN


def intensities(files: Sequence[AudioFile]) -> Column:
    """Find intensities in paths: a position that holds such a word for every file, and at least two.

    Parameters
    ----------
    files
        Files.

    Returns
    -------
    Column
        Likely intensities.
    """
    for position in positions(files):
        values = values_at(position, files)
        distinct = {value.lower() for value in values.values()}
        if len(values) == len(files) and 2 <= len(distinct) <= 4 and all(map(is_intensity, distinct)):
            lower = {name: value.lower() for name, value in values.items()}
            return Column(values=lower, source=_with_examples(position, distinct), certainty="likely")
    return UNKNOWN


def _with_examples(position: Position, distinct: set[str]) -> str:
    return f"{position} ({', '.join(sorted(distinct))})"
