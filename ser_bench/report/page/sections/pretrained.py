"""The feature sets with a licence or a pretrained network, and which corpora of the run it has heard."""

from __future__ import annotations

from collections.abc import Sequence

from ser_bench.core.text import shortened_list
from ser_bench.report.descriptions import EXPOSED_MARK, UNKNOWN_MARK, marked_title
from ser_bench.report.page.tables import Column, Row, Table, texts
from ser_bench.runs.results import SavedRun
from ser_bench.runs.results.run_info import PretrainedInfo

_MOST_CORPORA = 12
"""The most training corpora that a row names."""

_COLUMNS = ("feature set", "licence", "trained on", "corpora of this run", "stated in")
_MARKS = {"heard": EXPOSED_MARK, "unknown": UNKNOWN_MARK}


def pretrained_table(run: SavedRun) -> Table | None:
    """Return the feature sets of a run with a licence or a pretrained network, a row each.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Table or None
        None for a run without such sets.
    """
    names = list(dict.fromkeys((*run.info.pretrained, *run.info.licences)))
    if not names:
        return None
    rows = tuple(Row(texts(_cells(run, name))) for name in names)
    columns = tuple(Column(head, numeric=False) for head in _COLUMNS)
    return Table("Feature sets with a licence or a pretrained network", columns, rows, sortable=False)


def _cells(run: SavedRun, name: str) -> Sequence[str]:
    """Return the texts of a row."""
    network = run.info.pretrained.get(name)
    licence = run.info.licences.get(name) or (network.licence if network else "") or "unknown"
    if network is None:
        return (name, licence, "no network", "not heard", "")
    return (name, licence, _training(network), _heard(network), network.source)


def _training(network: PretrainedInfo) -> str:
    """Name what a network was trained on."""
    if network.corpora is None:
        return "unknown"
    others = "" if network.complete else ", and others that are not listed"
    return f"{shortened_list(network.corpora, _MOST_CORPORA)}{others}" if network.corpora else "no recordings"


def _heard(network: PretrainedInfo) -> str:
    """Name the corpora of the run that a network has heard, or may have."""
    marks = {f"{corpus}: {exposure}": _MARKS[exposure] for corpus, exposure in network.exposure.items()}
    return "; ".join(marked_title(words, marks) for words in marks) or "not heard"
