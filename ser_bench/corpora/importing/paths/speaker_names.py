"""What the names of speakers look like, and what other codes in paths look like."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Literal

from ser_bench.corpora.emotion_words import emotion_of
from ser_bench.corpora.importing.paths.traits import is_gender, is_intensity, is_part

Form = Literal["labelled", "F or M", "name", "S01", "code"]
"""``Actor_01``; ``F01`` beside ``M02``; words; ``S01`` or ``P01``; numbers and all else."""

_PERSON_WORDS = (
    "speaker|spkr?|actor|actress|subject|subj|sub|participant|partic|person|voice|talker|caller|patient|user|"
    "sprecher|locuteur|hablante|parlante|male|female|man|woman|boy|girl"
)
_LABELLED = re.compile(rf"({_PERSON_WORDS})[ _-]?[a-z]?\d+[a-z]?", re.IGNORECASE)
_GENDERED = re.compile(r"s?([fmw])[ _-]?\d+", re.IGNORECASE)
_NUMBERED = re.compile(r"[sp][ _-]?\d{1,4}", re.IGNORECASE)
_OTHER_KINDS = re.compile(
    r"(session|sess|ses|take|rec|recording|sentence|sent|utt|utterance|clip|file|audio|wavs?|flac|mp3|text|txt|word|"
    r"phrase|scene|script|dialogue|dia|day|part|cd|disc|disk|batch|group|set|split|sample|samples|data|clips|speech|"
    r"song|raw|clean|noisy|phone|studio|mono|stereo|mic|microphone|channel|ch|room)[ _-]?\d*|\d+k(hz)?|v\d+|"
    r"(19|20)\d\d[-_.]?\d\d[-_.]?\d\d",
    re.IGNORECASE,
)
_LANGUAGES = frozenset(
    (
        *("ar", "bn", "cn", "cs", "cz", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hu", "id"),
        *("it", "ja", "jp", "ko", "kr", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sv", "th", "tr", "uk", "ur", "vi"),
        *("zh", "english", "german", "french", "spanish", "italian", "portuguese", "dutch", "polish", "turkish"),
        *("russian", "chinese", "mandarin", "cantonese", "japanese", "korean", "arabic", "hindi", "urdu", "bengali"),
        *("bangla", "persian", "farsi", "greek", "hungarian", "estonian", "swedish", "danish", "finnish", "thai"),
    )
)


def form_of(distinct: set[str]) -> Form:
    """Tell how the values at a position look.

    Parameters
    ----------
    distinct
        The distinct values.

    Returns
    -------
    Form
        The form that all of them have.
    """
    if all(map(_LABELLED.fullmatch, distinct)):
        return "labelled"
    letters = {match[1].lower() for value in distinct if (match := _GENDERED.fullmatch(value))}
    if len(letters) > 1 and all(map(_GENDERED.fullmatch, distinct)):
        return "F or M"
    if all(len(value) > 1 and not any(map(str.isdigit, value)) for value in distinct):
        return "name"
    return "S01" if all(map(_NUMBERED.fullmatch, distinct)) else "code"


def is_other_kind(distinct: set[str]) -> bool:
    """Check whether the values at a position are something else than speakers.

    Parameters
    ----------
    distinct
        The distinct values.

    Returns
    -------
    bool
        True for emotions, genders, parts, intensities, languages, sessions, dates and the like.
    """
    emotions = sum(bool(emotion_of(value)) for value in distinct)
    return 2 * emotions >= len(distinct) or any(
        all(map(test, distinct))
        for test in (is_gender, is_part, is_intensity, _OTHER_KINDS.fullmatch, lambda v: v.lower() in _LANGUAGES)
    )


def is_counter(distinct: Collection[str], prefix: str = "") -> bool:
    """Check whether the values count takes or sessions: numbers from 0 or 1, with few gaps.

    Parameters
    ----------
    distinct
        The distinct values.
    prefix
        Regular expression of what may stand before the number.

    Returns
    -------
    bool
        True for ``01``, ``02``, ``03``.
    """
    matches = [re.fullmatch(rf"{prefix}(\d+)", value, re.IGNORECASE) for value in distinct]
    numbers = {int(match[1]) for match in matches if match}
    if not all(matches):
        return False
    return min(numbers) <= 1 and max(numbers) <= 1.5 * len(numbers)


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
