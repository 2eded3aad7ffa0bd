"""Text for people: counts and lists of names, and escapes for what a terminal, a table or a page cannot show."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence


def shortened_list(names: Iterable[object], most: int = 3) -> str:
    """Return the first names with commas, and how many others there are.

    Parameters
    ----------
    names : iterable
        The names.
    most : int
        The most names that are listed.

    Returns
    -------
    str
        Such as ``"a, b, c and 9 more"``.
    """
    items = list(map(str, names))
    return ", ".join(items[:most]) + (f" and {len(items) - most:,} more" if len(items) > most else "")


def plural(count: int, noun: str) -> str:
    """Write a count with its noun.

    Parameters
    ----------
    count : int
        The count.
    noun : str
        The singular.

    Returns
    -------
    str
        Such as ``1 fold``, ``2 classes`` or ``1,440 clips``.
    """
    ending = "" if count == 1 else "es" if noun.endswith(("s", "x", "ch", "sh")) else "s"
    return f"{count:,} {noun}{ending}"


def number_range(low: float, high: float) -> str:
    """Write a range of whole numbers.

    Parameters
    ----------
    low, high : float
        The ends, which are rounded.

    Returns
    -------
    str
        Such as ``14 to 1,440``; one number where both ends are equal.
    """
    first, last = f"{low:,.0f}", f"{high:,.0f}"
    return first if first == last else f"{first} to {last}"


def listed(names: Sequence[str]) -> str:
    """Join names as in a sentence.

    Parameters
    ----------
    names : sequence of str
        At least one.

    Returns
    -------
    str
        Such as ``a, b and c``.
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def speaker_count(count: int) -> str:
    """Return a number of speakers in words.

    Parameters
    ----------
    count : int
        The number of known speakers.

    Returns
    -------
    str
        Such as ``4 speakers``; ``unknown speakers`` for 0.
    """
    return plural(count, "speaker") if count else "unknown speakers"


def grouped_by_sentence(messages: Iterable[tuple[str, str]]) -> list[str]:
    """Join messages about several clips that differ in their numbers only.

    Parameters
    ----------
    messages : iterable of (str, str)
        Name and sentence.

    Returns
    -------
    list of str
        Each first message, with the number of further clips.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, sentence in messages:
        groups.setdefault(re.sub(r"[\d.,]*\d", "#", sentence), []).append((name, sentence))
    return [
        f"{name}: {sentence}" + (f" (and {len(others):,} more)" if others else "")
        for (name, sentence), *others in groups.values()
    ]


def wrap_words(text: str, width: int, *, first: str = "", further: str = "") -> list[str]:
    """Break a text into lines between words; a longer word, such as a path, stays whole.

    Parameters
    ----------
    text : str
        The text.
    width : int
        The most characters on a line.
    first : str, optional
        The start of the first line.
    further : str, optional
        The start of the other lines.

    Returns
    -------
    list of str
    """
    wrapper = textwrap.TextWrapper(
        width, initial_indent=first, subsequent_indent=further, break_long_words=False, break_on_hyphens=False
    )
    return wrapper.wrap(text)


def escape_undecodable(name: str) -> str:
    """Return a file name as valid Unicode.

    Parameters
    ----------
    name : str
        The name, as ``os.fsdecode`` returns it.

    Returns
    -------
    str
        The name with bytes that are not UTF-8 as backslash escapes.
    """
    return name.encode(errors="backslashreplace").decode()


def escape_control(text: str) -> str:
    """Return text that is safe to print on a terminal.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The text with control and direction characters as escapes, except line breaks and tabs; with spaces for
        no-break spaces.
    """
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def escape_control_json(text: str) -> str:
    """Return equal JSON that is safe to print on a terminal.

    Parameters
    ----------
    text : str
        A JSON document.

    Returns
    -------
    str
        The document with control and direction characters as JSON escapes.
    """
    return "".join(c if c.isprintable() or c == "\n" else _json_escape(c) for c in text)


def _json_escape(character: str) -> str:
    """Return a character as JSON escapes, a surrogate pair for code points above U+FFFF."""
    units = character.encode("utf-16-be", errors="surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
