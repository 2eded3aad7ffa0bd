"""Texts of people without invisible differences, and the usual spellings of missing and unknown values."""

from __future__ import annotations

import unicodedata

_MISSING = {
    *("", "na", "n/a", "n.a.", "<na>", "#na", "#n/a", "#n/a n/a", "null", "#null!", "\\n", "--undefined--"),
    *("nan", "+nan", "-nan", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "<none>"),
}
"""Spellings of a missing value in lower case: those of pandas, R, SQL, spreadsheets, C and Praat."""

_UNKNOWN = {
    *("unknown", "unk", "unkn", "unspecified", "undefined", "undetermined", "undisclosed", "anonymous", "missing"),
    *("not known", "not available", "not given", "not specified", "not stated", "not applicable", "no data", "none"),
    *("tbd", "tba", "todo", "xxx", "unknown speaker", "speaker unknown", "unknown gender"),
    *("unbekannt", "keine angabe", "k.a.", "inconnu", "inconnue", "desconocido", "desconocida", "desconhecido"),
    *("sconosciuto", "onbekend", "nieznany", "bilinmiyor", "неизвестно", "неизвестный", "未知", "不明", "不详"),
}
"""Words in lower case that people write where a speaker, a person, a gender, a text or an intensity is unknown."""


def canonical_text(text: str) -> str:
    """Return text without differences that a reader cannot see.

    Parameters
    ----------
    text : str
        A label, the name of a speaker, or other text of a corpus.

    Returns
    -------
    str
        The text in normalisation form C, without zero-width and control characters; white space is stripped, and
        every run of it is one space.
    """
    if not text.isascii():
        text = "".join(c for c in text if unicodedata.category(c) != "Cf")
        text = unicodedata.normalize("NFC", text)
    words = " ".join(text.split())  # also at no-break spaces
    return words if words.isprintable() else "".join(c for c in words if unicodedata.category(c) != "Cc")


def is_missing(text: str) -> bool:
    """Check whether a table's cell means that the value is missing.

    Parameters
    ----------
    text : str
        Content of the cell.

    Returns
    -------
    bool
        True for an empty cell and for the usual spellings, such as ``NA``, ``NaN``, ``null`` and ``--undefined--``.
        ``None`` counts in this case only, since ``none`` may be a label.
    """
    text = canonical_text(text)
    return text == "None" or text.lower() in _MISSING


def is_unknown(text: str) -> bool:
    """Check whether a speaker, a person, a gender, a text or an intensity is unknown.

    Parameters
    ----------
    text : str
        Content of a cell.

    Returns
    -------
    bool
        True where :func:`is_missing` is, and for placeholders such as ``-``, ``?``, ``unknown`` and ``tbd``. A label
        may be called so.
    """
    words = " ".join(canonical_text(text).lower().replace("_", " ").strip("()[]<> ").split())
    return is_missing(text) or words in _UNKNOWN or all(unicodedata.category(c)[0] == "P" for c in words)
