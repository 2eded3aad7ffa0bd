"""Find the position in paths that names the speaker. Unknown is better than invented: a wrong speaker leaks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ser_bench.corpora.importing.column import Column
from ser_bench.corpora.importing.emotion_words import emotion_of
from ser_bench.corpora.importing.files import AudioFile
from ser_bench.corpora.importing.paths.positions import Position, pattern_of, positions, values_at
from ser_bench.corpora.importing.paths.traits import is_gender, is_intensity, is_part

_PERSON_WORDS = (
    "speaker|spkr?|actor|actress|subject|subj|sub|participant|partic|person|voice|talker|caller|patient|user|"
    "sprecher|locuteur|hablante|parlante|male|female|man|woman|boy|girl"
)
_EXPLICIT = re.compile(rf"({_PERSON_WORDS})[ _-]?[a-z]?\d+[a-z]?", re.IGNORECASE)
_GENDERED = re.compile(r"s?([fmw])[ _-]?\d+", re.IGNORECASE)
_NUMBERED = re.compile(r"[sp][ _-]?\d{1,4}", re.IGNORECASE)
_OTHER_KINDS = re.compile(
    r"(session|sess|ses|take|rec|recording|sentence|sent|utt|utterance|clip|file|audio|wavs?|flac|mp3|text|txt|word|"
    r"phrase|scene|script|dialogue|dia|day|part|cd|disc|disk|batch|group|set|split|sample|samples|data|clips|speech|"
    r"song|raw|clean|noisy|phone|studio|mono|stereo)[ _-]?\d*|\d+k(hz)?|v\d+|(19|20)\d{6}",
    re.IGNORECASE,
)
_FIRST_FIELD = Position(None, 0)
_NAMED = "named as speakers"
_BOTH_GENDERS = "letters of both genders with numbers"
_REPEATED = "the same in folder and file name"
_ONE_GENDER = "each has one gender"
_LANGUAGES = frozenset(
    (
        *("ar", "bn", "cn", "cs", "cz", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hu", "id"),
        *("it", "ja", "jp", "ko", "kr", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sv", "th", "tr", "uk", "ur", "vi"),
        *("zh", "english", "german", "french", "spanish", "italian", "portuguese", "dutch", "polish", "turkish"),
        *("russian", "chinese", "mandarin", "cantonese", "japanese", "korean", "arabic", "hindi", "urdu", "bengali"),
        *("bangla", "persian", "farsi", "greek", "hungarian", "estonian", "swedish", "danish", "finnish", "thai"),
    )
)


@dataclass(frozen=True)
class _Candidate:
    """A position that may name the speaker; strong where the names or another column support it."""

    position: Position
    values: Mapping[str, str]
    support: str

    @property
    def distinct(self) -> list[str]:
        return sorted(set(self.values.values()))

    @property
    def text(self) -> str:
        names = self.distinct
        return f"{self.position} ({', '.join(names[:4])}{f', …: {len(names):,} values' if len(names) > 4 else ''})"


def speakers(files: Sequence[AudioFile], emotions: Mapping[str, str], genders: Mapping[str, str]) -> Column:
    """Find the speaker of each file in its path.

    Parameters
    ----------
    files
        Files whose speaker is unknown.
    emotions
        Emotions by the file's name; a position whose values have one emotion each does not name speakers.
    genders
        Known genders by the file's name; a speaker has one.

    Returns
    -------
    Column
        Likely or guessed speakers; unknown, with the possible positions in a warning, where several fit.
    """
    candidates = _without_numberings(list(_candidates(files, emotions, genders)))
    named = [candidate for candidate in candidates if candidate.support in (_NAMED, _BOTH_GENDERS)]
    possible = named or [candidate for candidate in candidates if _may_be_speakers(candidate)]
    if len(possible) != 1 or not _is_usual(possible[0]):
        return Column(values={}, source="", certainty="unknown", warnings=_possible(possible, files))
    return _column(possible[0], files)


def _column(candidate: _Candidate, files: Sequence[AudioFile]) -> Column:
    """Return the values of a candidate; it is likely if names say so, else a guess, also for numbers."""
    has_digits = any(character.isdigit() for value in candidate.distinct for character in value)
    likely = candidate.support in (_NAMED, _BOTH_GENDERS) or (candidate.support == _ONE_GENDER and not has_digits)
    doubt = "" if candidate.support or candidate.position.level is not None else "it may be a sentence, too"
    return Column(
        values=candidate.values,
        source="; ".join(filter(None, (candidate.text, candidate.support, doubt))),
        option=f"--pattern '{pattern_of(candidate.position, files[0], 'speaker')}'",
        certainty="likely" if likely else "guess",
    )


def _possible(candidates: Sequence[_Candidate], files: Sequence[AudioFile]) -> tuple[str, ...]:
    if not candidates:
        return ()
    choices = (f"{c.text}: --pattern '{pattern_of(c.position, files[0], 'speaker')}'" for c in candidates[:3])
    return ("the speaker may be " + ", or ".join(choices),)


def _candidates(
    files: Sequence[AudioFile], emotions: Mapping[str, str], genders: Mapping[str, str]
) -> Iterator[_Candidate]:
    """Yield positions that may name speakers, one for each way to divide the files."""
    by_division: dict[tuple[int, ...], list[_Candidate]] = defaultdict(list)
    for position in positions(files):
        values = values_at(position, files)
        distinct = set(values.values())
        if len(values) < len(files) or not 2 <= len(distinct) <= len(files) / 2 or _is_other_kind(distinct):
            continue
        if not _has_one_each(values, genders) or _has_one_each(values, emotions):
            continue
        numbers: dict[str, int] = {}
        division = tuple(numbers.setdefault(value, len(numbers)) for value in values.values())
        by_division[division].append(_Candidate(position, values, _form(distinct)))
    for same in by_division.values():
        best = max(same, key=lambda candidate: (bool(candidate.support), -same.index(candidate)))
        yield _Candidate(best.position, best.values, best.support or _evidence(same, genders))


def _is_other_kind(distinct: set[str]) -> bool:
    """Check whether the values are something else than speakers."""
    emotions = sum(bool(emotion_of(value)) for value in distinct)
    return 2 * emotions >= len(distinct) or any(
        all(map(test, distinct))
        for test in (is_gender, is_part, is_intensity, _OTHER_KINDS.fullmatch, lambda v: v.lower() in _LANGUAGES)
    )


def _form(distinct: set[str]) -> str:
    """Return how the form of the values supports that they are speakers."""
    if all(map(_EXPLICIT.fullmatch, distinct)):
        return _NAMED
    letters = {match[1].lower() for value in distinct if (match := _GENDERED.fullmatch(value))}
    if len(letters) > 1 and all(map(_GENDERED.fullmatch, distinct)):
        return _BOTH_GENDERS
    return ""


def _evidence(same: Sequence[_Candidate], genders: Mapping[str, str]) -> str:
    """Return what else supports a division of the files into speakers."""
    values = same[0].values
    people = len(set(values.values()))
    is_known = values.keys() <= genders.keys() and 1 < len(set(genders.values())) < people
    if is_known and len(values) >= 4 * people:
        return _ONE_GENDER
    if len({candidate.position.level is None for candidate in same}) > 1:
        return _REPEATED
    return ""


def _has_one_each(values: Mapping[str, str], attributes: Mapping[str, str]) -> bool:
    """Check whether all files of a value have the same gender or emotion."""
    pairs = {(value, attributes[name]) for name, value in values.items() if attributes.get(name)}
    return len(pairs) == len({value for value, _ in pairs})


def _is_name(candidate: _Candidate) -> bool:
    """Check whether the values look like names or as S01 and P01, not like other numbers or single letters."""
    return all(
        _NUMBERED.fullmatch(value) or (len(value) > 1 and not any(map(str.isdigit, value)))
        for value in candidate.distinct
    )


def _may_be_speakers(candidate: _Candidate) -> bool:
    """Check whether the values may be speakers: names, folders, or what another fact supports."""
    return bool(candidate.support) or _is_name(candidate) or candidate.position.level is not None


def _is_usual(candidate: _Candidate) -> bool:
    """Check whether a guess is allowed: a folder of names or a first field of names, or what a fact supports."""
    is_first = candidate.position.level is not None or candidate.position == _FIRST_FIELD
    return bool(candidate.support) or (is_first and _is_name(candidate))


def _without_numberings(candidates: list[_Candidate]) -> list[_Candidate]:
    """Leave out positions that number something below each value of a more varied folder, such as sessions.

    Fields counted from the end are left out where those from the start may name speakers.
    """
    uppers = [c for c in candidates if c.position.level is not None and c.position.field is None and _is_name(c)]
    levels = {candidate.position.level for candidate in candidates if (candidate.position.field or 0) >= 0}
    return [
        candidate
        for candidate in candidates
        if (candidate.position.field or 0) >= 0 or candidate.position.level not in levels
        if candidate.support == _NAMED
        or not any(_numbers_below(candidate, upper) for upper in uppers if upper is not candidate)
    ]


def _numbers_below(candidate: _Candidate, upper: _Candidate) -> bool:
    """Check whether the values of a candidate repeat below those of a more varied folder, as sessions do."""
    if len(upper.distinct) <= len(candidate.distinct):
        return False
    below, above = defaultdict(set), defaultdict(set)
    for name, value in candidate.values.items():
        below[value].add(upper.values[name])
        above[upper.values[name]].add(value)
    repeated = all(len(uppers) > 1 for uppers in below.values())
    return repeated and 2 * sum(len(values) > 1 for values in above.values()) >= len(above)


def genders_of_codes(speakers: Mapping[str, str]) -> dict[str, str]:
    """Read genders from speaker codes such as ``F01`` and ``male_2``, where both genders occur.

    Parameters
    ----------
    speakers
        Speaker by the file's name.

    Returns
    -------
    dict of str to str
        Gender by the file's name; empty where the codes do not give it.
    """
    pattern = re.compile(r"s?(f|w|m|female|male|woman|man|girl|boy)[ _-]?\d+", re.IGNORECASE)
    matches = {value: pattern.fullmatch(value) for value in set(speakers.values())}
    letters = {value: match[1][0].lower() for value, match in matches.items() if match}
    genders = {value: "male" if letter in "mb" else "female" for value, letter in letters.items()}
    if len(genders) < len(matches) or len(set(genders.values())) < 2:
        return {}
    return {name: genders[value] for name, value in speakers.items()}
