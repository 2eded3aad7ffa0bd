"""Names and texts for the files of a run, which are published: without the folders of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.text import escape_undecodable, without_folders

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.corpora import OpenCorpus
    from ser_bench.corpora.clip_table import Problem
    from ser_bench.runs.extraction import ExtractionResult


def relative_path(path: str, folder: Path) -> str:
    """Return a path relative to the folder of its corpus; the file name alone for a file elsewhere.

    Parameters
    ----------
    path : str
        The path of a clip.
    folder : Path
        Folder of the corpus.

    Returns
    -------
    str
        With ``/`` on every system.
    """
    inside = Path(path).is_relative_to(folder)
    return escape_undecodable((Path(path).relative_to(folder) if inside else Path(Path(path).name)).as_posix())


def public_text(text: str, folders: Mapping[str, Path]) -> str:
    """Return a text without the folders of this machine.

    Parameters
    ----------
    text : str
        A reason or a warning.
    folders : mapping of str to Path
        Folders of the corpora by name; their files are named relative to them.

    Returns
    -------
    str
    """
    return escape_undecodable(without_folders(text, folders.values()))


def losses(opened: OpenCorpus, extraction: ExtractionResult) -> pd.DataFrame:
    """Return the rows of ``losses.csv``: one per clip, row, column, class or speaker that is not used.

    Parameters
    ----------
    opened : OpenCorpus
        The corpus.
    extraction : ExtractionResult
        What extraction did.

    Returns
    -------
    pandas.DataFrame
        Columns ``kind``, ``name``, ``reason``.
    """
    import pandas as pd

    from ser_bench.runs.results.tables import LOSSES

    problems = (*extraction.duplicates, *extraction.problems, *opened.unselected)
    rows = [(p.kind, _public_name(p, opened.folders), public_text(p.reason, opened.folders)) for p in problems]
    return pd.DataFrame(rows, columns=list(LOSSES.columns)).drop_duplicates(ignore_index=True)


def _public_name(problem: Problem, folders: Mapping[str, Path]) -> str:
    """Return a path relative to its corpus, or its last part if it is elsewhere; a name as it is."""
    path = Path(problem.path)
    if not path.is_absolute():
        return escape_undecodable(problem.path)
    for corpus, folder in folders.items():
        if path.is_relative_to(folder.absolute()):
            prefix = f"{corpus}/" if len(folders) > 1 else ""
            return prefix + relative_path(problem.path, folder.absolute())
    return escape_undecodable(path.name)
