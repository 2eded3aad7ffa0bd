"""What a thesis or a paper says about a run: sentences to quote, the scores in three forms, and citations."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from ser_bench.report.analysis.splits import gap_splits
from ser_bench.report.citation import bibtex
from ser_bench.report.findings.quotation import quotation
from ser_bench.report.formatting import safe_markdown
from ser_bench.report.latex import escape, latex
from ser_bench.report.summary import aligned, score_cells
from ser_bench.report.tsv import tab_separated
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class Snippet:
    """A text to copy.

    Parameters
    ----------
    name : str
        Its anchor, for the button.
    title : str
    text : str
    """

    name: str
    title: str
    text: str


@dataclass(frozen=True)
class Thesis:
    """The section for those who write about a run.

    Parameters
    ----------
    sentence : str
        The sentences to quote.
    snippets : tuple of Snippet
        The sentences in LaTeX, the table of scores in LaTeX, Markdown and TSV, and the citations.
    """

    sentence: str
    snippets: tuple[Snippet, ...]


def thesis_report(run: SavedRun) -> Thesis:
    """Return what a thesis says about a run.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Thesis
    """
    entries = "\n\n".join(entry for _, entry in bibtex(run))
    sentence = quotation(run)
    snippets = (
        Snippet("thesis-sentences", "Sentences in LaTeX", f"{escape(sentence)}\n"),
        Snippet("thesis-latex", "Table in LaTeX", latex(run)),
        Snippet("thesis-markdown", "Table in Markdown", markdown_scores(run)),
        Snippet("thesis-tsv", "Table as TSV", tab_separated(run)),
        Snippet("thesis-bibtex", "Citations in BibTeX", f"{entries}\n"),
    )
    return Thesis(sentence, snippets)


def markdown_scores(run: SavedRun) -> str:
    """Return UAR per split and the gap with its parts as a table in Markdown.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
    """
    pair = gap_splits(run)
    columns = 1 + len(run.info.splits) + len(pair.parts if pair else ())
    cells = dict(islice(score_cells(run, between=" ").items(), columns))
    return safe_markdown(aligned(cells, "github") + "\n")
