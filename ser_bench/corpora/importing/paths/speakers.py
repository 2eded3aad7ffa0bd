"""Find the position in paths that names the speaker. Unknown is better than invented: a wrong speaker leaks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ser_bench.corpora.importing.column import Certainty, Column
from ser_bench.corpora.importing.files import AudioFile
from ser_bench.corpora.importing.paths.positions import Position, fields, positions, values_at
from ser_bench.corpora.importing.paths.speaker_names import Form, form_of, is_counter, is_other_kind
from ser_bench.corpora.importing.paths.suggested import fitting_pattern

_FIRST_FIELD = Position(None, 0)
_CLIPS_PER_NUMBER = 1.5
"""A number of a file name with fewer clips of each emotion counts the clips."""
_LISTED = 6
_SOURCES: Mapping[Form, str] = {
    "labelled": "the names say that these are speakers",
    "F or M": "F or M with a number may also be a microphone",
    "name": "they may also be sentences or sessions",
    "S01": "they may also be sentences or sessions",
    "code": "they may also be sentences or sessions",
}


@dataclass(frozen=True)
class _Candidate:
    """A position that may name the speaker; supported if a gender or another position confirms it."""

    position: Position
    values: Mapping[str, str]
    form: Form
    is_supported: bool
    is_counter: bool

    @property
    def distinct(self) -> list[str]:
        return sorted(set(self.values.values()))

    @property
    def is_name(self) -> bool:
        return self.form in ("name", "S01")

    @property
    def text(self) -> str:
        names, clips = self.distinct, Counter(self.values.values()).values()
        counts = f"{min(clips):,}" if min(clips) == max(clips) else f"{min(clips):,} to {max(clips):,}"
        examples = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
        return f"{self.position} ({examples}: {len(names):,} values, {counts} clips each)"


def speakers(
    files: Sequence[AudioFile],
    emotions: Mapping[str, str],
    genders: Mapping[str, str],
    others: Sequence[AudioFile] = (),
) -> Column:
    """Find the speaker of each file in its path.

    Parameters
    ----------
    files
        Files whose speaker is unknown.
    emotions
        Emotions by the file's name; a position whose values have one emotion each does not name speakers.
    genders
        Certain genders by the file's name; a speaker has one.
    others
        Files whose speaker is known; no suggested pattern matches them.

    Returns
    -------
    Column
        Likely or guessed speakers; unknown, with the possible positions in a warning, where several fit.
    """
    candidates = sorted(_sessions_marked(list(_candidates(files, emotions, genders))), key=_rank)
    if not candidates:
        return Column(values={}, source="", certainty="unknown")
    options = [fitting_pattern(c.position, c.values, files, others=others) for c in candidates]
    listed = [f"{c.text}{_advice(option)}" for c, option in zip(candidates, options, strict=True)]
    best, certainty = candidates[0], _certainty(candidates)
    if certainty == "unknown":
        return Column(values={}, source="", certainty="unknown", warnings=(_choice("the speaker may be", listed),))
    return Column(
        values=best.values,
        source=f"{best.text}; {_SOURCES[best.form]}",
        option=f"--pattern '{options[0]}'" if options[0] else "",
        certainty=certainty,
        warnings=(_choice("the speaker may also be", listed[1:]),) if certainty == "guess" and listed[1:] else (),
    )


def _advice(pattern: str) -> str:
    return f": --pattern '{pattern}'" if pattern else "; no pattern reads it from all files"


def _choice(start: str, listed: Sequence[str]) -> str:
    more = f"\n  {len(listed) - _LISTED:,} more" if len(listed) > _LISTED else ""
    return start + "".join(f"\n  {text}" for text in listed[:_LISTED]) + more


def _rank(candidate: _Candidate) -> tuple[bool, ...]:
    """Order candidates, the most plausible first."""
    is_first = candidate.position.level is not None or candidate.position == _FIRST_FIELD
    return (
        candidate.is_counter,
        candidate.form != "labelled",
        not candidate.is_supported,
        not is_first,
        candidate.form == "code",
    )


def _certainty(candidates: Sequence[_Candidate]) -> Certainty:
    """Return how certain the first candidate is: several ways to divide the files leave the speaker unknown."""
    best, rivals = candidates[0], [candidate for candidate in candidates[1:] if not candidate.is_counter]
    if best.form == "labelled":
        if any(rival.form not in ("S01", "code") for rival in rivals):
            return "unknown"  # Speaker1 may be a loudspeaker
        return "guess" if any(len(rival.distinct) > len(best.distinct) for rival in rivals) else "likely"
    if rivals or best.is_counter or (best.form == "code" and not best.is_supported):
        return "unknown"
    return "guess"


def _candidates(
    files: Sequence[AudioFile], emotions: Mapping[str, str], genders: Mapping[str, str]
) -> Iterator[_Candidate]:
    """Yield positions that may name speakers, one for each way to divide the files."""
    by_division: dict[tuple[int, ...], list[_Candidate]] = defaultdict(list)
    for position in positions(files):
        values = values_at(position, files)
        distinct = set(values.values())
        if len(values) < len(files) or not 2 <= len(distinct) <= len(files) / 2 or is_other_kind(distinct):
            continue
        if not _has_one_each(values, genders) or _has_one_each(values, emotions):
            continue
        candidate = _Candidate(position, values, form_of(distinct), False, _counts(position, distinct, files))
        if candidate.form == "code" and position.level is None and _numbers_clips(values, emotions):
            continue
        numbers: dict[str, int] = {}
        by_division[tuple(numbers.setdefault(value, len(numbers)) for value in values.values())].append(candidate)
    for same in by_division.values():
        best = min(same, key=_rank)
        yield _Candidate(best.position, best.values, best.form, _is_supported(same, genders), best.is_counter)


def _counts(position: Position, distinct: set[str], files: Sequence[AudioFile]) -> bool:
    """Check whether a position is the last field of all file names and counts takes."""
    is_last = all(len(fields(file.stem)) == (position.field or 0) + 1 for file in files) or position.field == -1
    return position.level is None and is_last and is_counter(distinct)


def _numbers_clips(values: Mapping[str, str], emotions: Mapping[str, str]) -> bool:
    """Check whether values number the clips of each emotion, so that few clips share one."""
    return len(values) < _CLIPS_PER_NUMBER * len({(value, emotions.get(name)) for name, value in values.items()})


def _is_supported(same: Sequence[_Candidate], genders: Mapping[str, str]) -> bool:
    """Check whether each value has one known gender, or stands in folder and file name."""
    values = same[0].values
    people = len(set(values.values()))
    is_known = values.keys() <= genders.keys() and 1 < len(set(genders.values())) < people
    return (is_known and len(values) >= 4 * people) or len({c.position.level is None for c in same}) > 1


def _has_one_each(values: Mapping[str, str], attributes: Mapping[str, str]) -> bool:
    """Check whether all files of a value have the same gender or emotion."""
    pairs = {(value, attributes[name]) for name, value in values.items() if attributes.get(name)}
    return len(pairs) == len({value for value, _ in pairs})


def _sessions_marked(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Mark sessions below speakers as counters."""
    uppers = [c for c in candidates if c.position.level is not None and c.position.field is None and c.is_name]
    return [replace(c, is_counter=c.is_counter or any(_counts_below(c, upper) for upper in uppers)) for c in candidates]


def _counts_below(candidate: _Candidate, upper: _Candidate) -> bool:
    """Check whether numbers such as ``s1`` start anew below the values of a more varied folder, as sessions do."""
    if len(upper.distinct) <= len(candidate.distinct) or not is_counter(candidate.distinct, prefix="[a-z]?"):
        return False
    below, above = defaultdict(set), defaultdict(set)
    for name, value in candidate.values.items():
        below[value].add(upper.values[name])
        above[upper.values[name]].add(value)
    repeated = all(len(uppers) > 1 for uppers in below.values())
    return repeated and 2 * sum(len(values) > 1 for values in above.values()) >= len(above)
