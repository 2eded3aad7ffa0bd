"""Why an import finds no emotion: codes without one, legends and tables that do not fit, or a single emotion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ser_bench.core.text import shortened_list
from ser_bench.corpora.emotion_words import emotion_of
from ser_bench.corpora.importing.column import Column
from ser_bench.corpora.importing.files import AudioFile
from ser_bench.corpora.importing.legends import Legend, lists_of_emotions, read_legends
from ser_bench.corpora.importing.paths.positions import Position, positions, values_at

_LISTED = 8


def no_emotion_message(
    folder: Path, files: Sequence[AudioFile], column: Column, meanings: Mapping[str, str], reasons: Sequence[str]
) -> str:
    """Explain that no emotion was found.

    Parameters
    ----------
    folder
        The imported folder.
    files
        Its audio files.
    column
        The emotions, without values.
    meanings
        Emotion by code, as the user states it.
    reasons
        Why tables are not used.

    Returns
    -------
    str
        What is missing, with an example and the options that help.
    """
    if column.problems:
        reason, count = Counter(column.problems.values()).most_common(1)[0]
        return f"no clip of {folder} has an emotion; {count:,} of {len(files):,} files: {reason}"
    stated = Legend("--map-emotions", {code.casefold(): word for code, word in meanings.items()})
    found_reasons = [
        *_partial_legends(files, [stated] if meanings else read_legends(folder)),
        *reasons,
        *(f"{name} lists emotions without codes; write lines such as 1: angry" for name in lists_of_emotions(folder)),
        *_workbooks(folder),
        *_single_emotion(files),
    ]
    first = "; ".join(found_reasons[:2]) or "no two emotions in folder names, file names or tables"
    return (
        f"{folder}: {first}; example: {files[0].name}\n"
        "say where emotions are: --label folder, --table FILE, or --pattern with {emotion} in its place; or "
        "what codes mean: --map-emotions 1=angry,2=happy"
    )


def _partial_legends(files: Sequence[AudioFile], legends: Sequence[Legend]) -> Iterator[str]:
    """Yield a sentence for each legend that has some codes at a position, but not all."""
    for legend in legends:
        words = {code for code, word in legend.words.items() if emotion_of(word)}
        codes = {position: _codes(position, files) for position in positions(files)}
        partial = {p: found_codes & words for p, found_codes in codes.items() if 2 * len(found_codes) <= len(files)}
        best = max(partial, key=lambda position: len(partial[position]), default=None)
        if best and len(partial[best]) > 1 and (lacking := sorted(codes[best] - words)):
            yield (
                f"{legend.name} has an emotion for {shortened_list(sorted(partial[best]), _LISTED)} in {best}, "
                f"but not for {shortened_list(lacking, _LISTED)}"
            )


def _codes(position: Position, files: Sequence[AudioFile]) -> set[str]:
    """Return the codes at a position in lower case; numbers without leading zeros."""
    codes = {code.casefold() for code in values_at(position, files).values()}
    return {code.lstrip("0") or "0" if code.isdigit() else code for code in codes}


def _workbooks(folder: Path) -> Iterator[str]:
    """Yield a sentence for each workbook in the folder."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".xlsx", ".xls", ".ods"):
            yield f"{path.name} is not read; save it as 'CSV UTF-8'"


def _single_emotion(files: Sequence[AudioFile]) -> Iterator[str]:
    """Yield a sentence if the first position that names an emotion names the same one for most files."""
    for position in positions(files):
        words = values_at(position, files)
        counts = Counter(filter(None, map(emotion_of, words.values())))
        if len(counts) == 1 and 2 * counts.total() >= len(files):
            others = shortened_list(sorted({word for word in words.values() if not emotion_of(word)}))
            beside = f", beside {others}" if others else ""
            yield f"{position} names one emotion only, {next(iter(counts))}{beside}; a corpus needs two"
            return
