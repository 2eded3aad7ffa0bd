"""Repeated takes: clips in which a speaker says one sentence with one emotion and intensity again."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_COLUMNS = ("corpus", "speaker", "text", "emotion", "intensity")
"""What repeated takes have in common; a table may lack some."""

NEAR_IDENTICAL = "near_identical"
"""Column with the names of the clips that are near-identical to each clip, where there is audio to compare."""


def take_numbers(clips: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the number of each clip's take; repeated takes have the same number.

    Clips are repeated takes of one another if corpus, speaker, sentence, emotion and intensity are equal. Where the
    intensity is unknown, the other columns decide. A clip whose sentence or speaker is unknown is a repeated take of
    those clips that are nearly identical to it, directly or through others, and agree in the other columns.

    Parameters
    ----------
    clips : DataFrame
        Clips with ``speaker``, ``text``, ``emotion`` (else ``label``) and, if known, ``corpus``, ``intensity`` and
        ``near_identical``. Without the last, each clip of an unknown sentence or speaker is a take of its own.

    Returns
    -------
    ndarray of int64, shape (clips,)
    """
    import numpy as np

    known = _equal_columns(clips, _COLUMNS)
    unknown = np.flatnonzero(unknown_sentences(clips) | unknown_speakers(clips))
    known[unknown] = len(clips) + unknown
    if not len(unknown) or not copies_known(clips):
        return known
    return _join(known, _similar_pairs(clips))


def takes_of(clips: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the column ``take`` of a clip table, or :func:`take_numbers` of a table without it.

    Parameters
    ----------
    clips : DataFrame
        As for :func:`take_numbers`, or with ``take``.

    Returns
    -------
    ndarray of int64, shape (clips,)
    """
    return clips["take"].to_numpy(dtype="int64") if "take" in clips else take_numbers(clips)


def repeated(takes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which clips have another take.

    Parameters
    ----------
    takes : ndarray of int64, shape (clips,)
        From :func:`take_numbers`.

    Returns
    -------
    ndarray of bool, shape (clips,)
    """
    import numpy as np

    _, inverse, counts = np.unique(takes, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse] > 1)


def takes_known(clips: pd.DataFrame) -> bool:
    """Return whether all repeated takes can be found: sentences and speakers are known, or near-identical clips are.

    Parameters
    ----------
    clips : DataFrame
        As for :func:`take_numbers`.

    Returns
    -------
    bool
    """
    return not (unknown_sentences(clips) | unknown_speakers(clips)).any() or copies_known(clips)


def unknown_sentences(clips: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which clips have an unknown sentence.

    Parameters
    ----------
    clips : DataFrame
        Clips with ``text``.

    Returns
    -------
    ndarray of bool, shape (clips,)
    """
    return cast("npt.NDArray[np.bool_]", (clips["text"] == "").to_numpy(dtype=bool))


def unknown_speakers(clips: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which clips have an unknown speaker.

    Parameters
    ----------
    clips : DataFrame
        Clips with ``speaker``.

    Returns
    -------
    ndarray of bool, shape (clips,)
    """
    return cast("npt.NDArray[np.bool_]", (clips["speaker"] == "").to_numpy(dtype=bool))


def copies_known(clips: pd.DataFrame) -> bool:
    """Return whether near-identical clips are known, because there is audio to compare.

    Parameters
    ----------
    clips : DataFrame
        As for :func:`take_numbers`.

    Returns
    -------
    bool
    """
    return NEAR_IDENTICAL in clips


def _equal_columns(clips: pd.DataFrame, columns: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Return a number per clip, equal for clips whose columns are equal."""
    names = [name for name in columns if name in clips]
    if "emotion" not in names:
        names.append("label")
    numbers: npt.NDArray[np.int64] = clips.groupby(names, sort=False, dropna=False).ngroup().to_numpy(dtype="int64")
    return numbers.copy()


def _similar_pairs(clips: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return pairs of nearly identical clips that may be takes of one sentence, shape ``(pairs, 2)``."""
    import numpy as np

    unknown = unknown_sentences(clips) | unknown_speakers(clips)
    others = _equal_columns(clips, tuple(name for name in _COLUMNS if name != "text"))
    row_of = {clip: row for row, clip in enumerate(clips["clip"])}
    near = [
        (row_of[clip], row_of[copy])
        for clip, copies in zip(clips["clip"], clips[NEAR_IDENTICAL], strict=True)
        for copy in copies
        if copy in row_of
    ]
    pairs = np.array(near, dtype="int64").reshape(-1, 2)
    first, second = pairs.T
    return np.asarray(pairs[(unknown[first] | unknown[second]) & (others[first] == others[second])])


def _join(numbers: npt.NDArray[np.int64], pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Give both clips of each pair the same number, transitively."""
    import numpy as np

    parents: dict[int, int] = {}

    def root(number: int) -> int:
        while number in parents:
            number = parents[number]
        return number

    for first, second in numbers[pairs].tolist():
        roots = sorted({root(first), root(second)})
        if len(roots) == 2:
            parents[roots[1]] = roots[0]
    return np.array([root(number) for number in numbers.tolist()])
