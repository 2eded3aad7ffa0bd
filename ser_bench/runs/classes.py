"""Classes that a split cannot score: tested without a training clip of them, or never tested; classes in no fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ser_bench.core.labels import label_order
from ser_bench.core.text import plural, shortened_list
from ser_bench.corpora.clip_table import Problem

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.runs.plan import Folds

_MOST_CLASSES = 5
"""The most classes that a warning names per split."""


@dataclass(frozen=True)
class ClassFault:
    """A class that a split cannot score.

    Attributes
    ----------
    split : str
        Name of the split.
    label : str
        The class.
    folds : tuple of str
        The folds that test the class without a training clip of it, such as ``fold 2``; empty if no fold tests it.
    """

    split: str
    label: str
    folds: tuple[str, ...]


def class_faults(folds: Folds, clips: pd.DataFrame) -> list[ClassFault]:
    """Find the classes that splits cannot score.

    Parameters
    ----------
    folds : mapping of (str, int) to tuple of Fold
        Folds by split and repeat.
    clips : pandas.DataFrame
        The clips with ``clip`` and ``label``.

    Returns
    -------
    list of ClassFault
        In the order of splits and labels.
    """
    label_of = dict(zip(clips["clip"], clips["label"], strict=True))
    untrained: dict[tuple[str, str], list[str]] = {}
    untested: set[tuple[str, str]] = set()
    for (split, repeat), parts in folds.items():
        trained_somewhere, tested_somewhere = set(), set()
        for number, fold in enumerate(parts, 1):
            train, test = (set(map(label_of.__getitem__, side)) for side in (fold.train, fold.test))
            trained_somewhere |= train
            tested_somewhere |= test
            for label in test - train:
                name = f"fold {number}" + (f" of repeat {repeat + 1}" if repeat else "")
                untrained.setdefault((split, label), []).append(name)
        untested |= {(split, label) for label in trained_somewhere - tested_somewhere}
    return [
        ClassFault(split, label, tuple(untrained.get((split, label), ())))
        for split in dict.fromkeys(split for split, _ in folds)
        for label in label_order(label_of.values())
        if (split, label) in untrained or (split, label) in untested
    ]


def unused_classes(folds: Folds, clips: pd.DataFrame) -> tuple[Problem, ...]:
    """Return the classes that no fold of any split uses, neither for training nor for testing.

    Parameters
    ----------
    folds : mapping of (str, int) to tuple of Fold
        Folds by split and repeat.
    clips : pandas.DataFrame
        The clips with ``clip`` and ``label``.

    Returns
    -------
    tuple of Problem
        The rows of ``losses.csv``, in the order of labels.
    """
    used = {clip for parts in folds.values() for fold in parts for side in (fold.train, fold.test) for clip in side}
    counts = clips["label"].value_counts()
    unused = set(clips["label"]) - set(clips.loc[clips["clip"].isin(used), "label"])
    return tuple(
        Problem(label, f"in no fold of any split: {plural(int(counts[label]), 'clip')}", "class")
        for label in label_order(unused)
    )


def class_warnings(faults: Sequence[ClassFault]) -> Iterator[str]:
    """Warn of classes that splits cannot score.

    Parameters
    ----------
    faults : sequence of ClassFault
        From :func:`class_faults`.

    Yields
    ------
    str
        A sentence per split and kind of fault.
    """
    for split in dict.fromkeys(fault.split for fault in faults):
        own = [fault for fault in faults if fault.split == split]
        if untrained := [f"{fault.label} ({_few(fault.folds)})" for fault in own if fault.folds]:
            yield (
                f"under {split}, folds test classes without a training clip of them: {_few(untrained)}; "
                "their recall is 0 there for any voice"
            )
        if untested := [fault.label for fault in own if not fault.folds]:
            yield f"under {split}, no fold tests {_few(untested)}; its scores are those of the other classes"


def _few(names: Sequence[str]) -> str:
    """List the first names, and count the others."""
    return shortened_list(names, _MOST_CLASSES)
