"""What numbered folders and codes mean: ``--map-emotions``, or a legend file in the folder."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_bench.core.errors import ConfigError
from ser_bench.corpora.emotion_words import emotion_of
from ser_bench.corpora.importing.files import AudioFile
from ser_bench.corpora.importing.paths.positions import positions, values_at

_SUFFIXES = (".txt", ".csv", ".tsv", ".json", ".md", ".yaml", ".yml", "")
_MOST_BYTES = 20_000
_MOST_CODES = 30
_LINE = re.compile(r"[\s\"'*-]*(?P<code>[\w]{1,8})[\s\"']*[:=,;\t –-]+[\s\"']*(?P<word>[^\W\d][\w \-/]*)", re.UNICODE)


def parse_meanings(text: str) -> dict[str, str]:
    """Read the value of ``--map-emotions``.

    Parameters
    ----------
    text
        ``code=emotion`` pairs joined by commas.

    Returns
    -------
    dict of str to str
        Emotion by code.

    Raises
    ------
    ConfigError
        If a pair is invalid.
    """
    return parse_pairs(text, "--map-emotions", "1=angry,2=happy")


def parse_pairs(text: str, option: str, example: str) -> dict[str, str]:
    """Read pairs joined by commas.

    Parameters
    ----------
    text
        ``left=right`` pairs.
    option
        The option, for the message.
    example
        A valid value, for the message.

    Returns
    -------
    dict of str to str
        Right by left.

    Raises
    ------
    ConfigError
        If a pair has no equals sign, an empty side, or a left side that occurs twice.
    """
    pairs: dict[str, str] = {}
    for pair in text.split(","):
        left, equals, right = (part.strip() for part in pair.partition("="))
        if not (left and equals and right) or left in pairs:
            raise ConfigError(f"invalid value {pair!r} in {option}; expected pairs such as {example}")
        pairs[left] = right
    return pairs


@dataclass(frozen=True)
class Legend:
    """A small text file that pairs codes with words.

    Attributes
    ----------
    name
        File name.
    words
        Word by code in lower case.
    """

    name: str
    words: Mapping[str, str]


def read_legends(folder: Path) -> list[Legend]:
    """Read the small text files of a folder that pair codes with words.

    Parameters
    ----------
    folder
        The imported folder.

    Returns
    -------
    list of Legend
        Files in order of their names.
    """
    legends = [Legend(path.name, _read(path)) for path in _small_files(folder)]
    return [legend for legend in legends if legend.words]


def _small_files(folder: Path) -> list[Path]:
    files = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in _SUFFIXES and path.is_file()]
    return [path for path in files if path.stat().st_size < _MOST_BYTES]


def _text(path: Path) -> str:
    """Return the content of a file; empty for one that is not text."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        return ""


def lists_of_emotions(folder: Path) -> list[str]:
    """Name the small text files of a folder that list emotions without codes.

    Parameters
    ----------
    folder
        The imported folder.

    Returns
    -------
    list of str
        File names.
    """
    return [path.name for path in _small_files(folder) if _is_list(path)]


def _is_list(path: Path) -> bool:
    words = [line.strip(" \t,-*'\"") for line in _text(path).splitlines() if line.strip()]
    return len(words) > 1 and all(map(emotion_of, words))


def meanings_of(codes: Collection[str], legends: Sequence[Legend]) -> tuple[dict[str, str], str]:
    """Find what codes mean in a legend that has all of them and names emotions.

    Parameters
    ----------
    codes
        The distinct codes.
    legends
        Legends.

    Returns
    -------
    meanings : dict of str to str
        Emotion by code; empty without a fitting legend.
    file : str
        Name of the legend.
    """
    if 2 <= len(codes) <= _MOST_CODES and not any(map(emotion_of, codes)):
        for legend in legends:
            if meanings := _meanings(legend.words, codes):
                return meanings, legend.name
    return {}, ""


def path_meanings(files: Sequence[AudioFile], legends: Sequence[Legend]) -> tuple[dict[str, str], str]:
    """Find what the codes at some position of the paths mean.

    Parameters
    ----------
    files
        Audio files.
    legends
        Legends.

    Returns
    -------
    meanings : dict of str to str
        Emotion by code; empty without a fitting legend.
    file : str
        Name of the legend.
    """
    for position in positions(files) if legends else ():
        codes = set(values_at(position, files).values())
        meanings, name = meanings_of(codes, legends) if 2 * len(codes) <= len(files) else ({}, "")
        if meanings:
            return meanings, name
    return {}, ""


def _meanings(legend: Mapping[str, str], codes: Collection[str]) -> dict[str, str]:
    """Return the emotions of codes, if the legend has them all; numbers may have leading zeros."""
    words = {code: legend.get(code.casefold(), legend.get(code.lstrip("0") or "0", "")) for code in codes}
    known = sum(bool(emotion_of(word)) for word in words.values())
    return words if all(words.values()) and 2 * known > len(codes) else {}


def _read(path: Path) -> dict[str, str]:
    """Return the pairs of a legend in either order, code first or emotion first."""
    text = _text(path)
    pairs = _json_pairs(text) if path.suffix.lower() == ".json" else _line_pairs(text)
    turned = {word: code for code, word in pairs.items() if emotion_of(code) and not emotion_of(word)}
    return {code.casefold(): word for code, word in (pairs | turned).items()}


def _json_pairs(text: str) -> dict[str, str]:
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    if isinstance(content, list):
        content = dict(enumerate(content))
    if not isinstance(content, dict):
        return {}
    return {str(key): str(value) for key, value in content.items() if isinstance(value, str | int)}


def _line_pairs(text: str) -> dict[str, str]:
    pairs = {}
    for line in text.splitlines():
        if match := _LINE.match(line):
            pairs[match["code"]] = match["word"].strip()
        elif match := re.match(r"\s*([^\W\d][\w ]*?)\s*[:=,;\t]\s*(\w{1,8})\s*$", line):
            pairs[match[2]] = match[1]
    return pairs
