"""Text for messages: short lists, and escapes where a terminal, a table or a page cannot show a text as it is."""

from __future__ import annotations

from collections.abc import Iterable


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
