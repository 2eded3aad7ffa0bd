"""Citations of ser-bench and of the corpora of a run, as BibTeX."""

from __future__ import annotations

import re

from ser_bench.corpora.registry import CORPORA
from ser_bench.report.latex import escape
from ser_bench.runs.results import SavedRun

TITLE = "ser-bench: the honest benchmark for speech emotion recognition"
"""The title of the software, as in ``CITATION.cff``."""

AUTHORS = "The ser-bench authors"
"""The authors, as in ``CITATION.cff``."""


def bibtex(run: SavedRun) -> list[tuple[str, str]]:
    """Return a BibTeX entry of ser-bench, and one per corpus of a run that has a reference.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of (str, str)
        What is cited, and the entry.
    """
    return [("ser-bench", _software(run)), *_corpora(run)]


def _software(run: SavedRun) -> str:
    """Return the entry of the version that wrote the run."""
    version, day = run.info.versions.get("ser-bench", "unknown"), run.info.finished[:10] or "unknown date"
    identity = run.info.identity[:12]
    fields = {
        "author": f"{{{AUTHORS}}}",
        "title": TITLE.replace("ser-bench", "{ser-bench}"),
        "howpublished": f"Software, version {_value(version)}",
        "note": f"Run of {_value(day)}" + (f", identity {_value(identity)}" if identity else ""),
    }
    return _entry("misc", "ser-bench", fields)


def _corpora(run: SavedRun) -> list[tuple[str, str]]:
    """Return the entries of corpora that publish one; of another one the citation of the run as a note."""
    corpus = run.info.corpus
    names = corpus.corpora or (corpus.name,)
    known = [(name, CORPORA[name]) for name in names if name in CORPORA]
    if not corpus.corpora and known and known[0][1].citation != corpus.citation:
        known = []  # another corpus of the same name
    if known:
        return [(description.title, description.bibtex) for _, description in known if description.bibtex]
    if not corpus.citation:
        return []
    title = corpus.title or corpus.name
    fields = {"title": f"{{{_value(title)}}}", "note": _value(corpus.citation)}
    return [(title, _entry("misc", _key(corpus.name), fields))]


def _entry(kind: str, key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def _value(text: str) -> str:
    """Escape a value; BibTeX counts braces even after a backslash, so they are written by name."""
    escaped = (escape(part) for part in re.split(r"([{}])", " ".join(text.split())))
    names = {r"\{": r"\textbraceleft{}", r"\}": r"\textbraceright{}"}
    return "".join(names.get(part, part) for part in escaped)


def _key(name: str) -> str:
    """Return a name as a key: letters of ASCII, digits and a few signs."""
    return re.sub(r"[^A-Za-z0-9.+:-]+", "-", name).strip("-") or "corpus"
