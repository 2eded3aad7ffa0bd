"""Checks of the folds that a split returns, the same for built-in splits and those of plugins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ser_bench.core.errors import SplitError
from ser_bench.core.text import plural, shortened_list
from ser_bench.splits.takes import unknown_speakers

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ser_bench.splits.base import Masks, Split


def check_masks(split: Split, clips: pd.DataFrame, folds: Masks) -> None:
    """Check that folds share no clip, keep the speakers apart that the split states, and can be trained and tested.

    Parameters
    ----------
    split : Split
        The split.
    clips : DataFrame
        The clips with ``clip``, ``label`` and ``speaker``.
    folds : list of (train, test)
        The masks of the split.

    Raises
    ------
    SplitError
        For no fold, a mask of another type or length, a fold without test clips or with a single training class, a
        clip or, where the split states otherwise, a speaker in both training and test of a fold, and a clip that
        several folds test.
    """
    if not folds:
        raise SplitError(f"split {split.name}: returns no fold")
    import numpy as np

    names, labels = clips["clip"].to_numpy(), clips["label"].to_numpy(dtype=str)
    speakers = clips["speaker"].to_numpy(dtype=str)
    for number, (train, test) in enumerate(folds, start=1):
        fold = f"split {split.name}, fold {number}"
        for mask in (train, test):
            _check_type(mask, len(clips), fold)
        _check_filled(labels[train], int(test.sum()), fold)
        if (train & test).any():
            raise SplitError(f"{fold}: {_listed(names[train & test], 'clip')} both in training and in test")
        if split.speaker_independent:
            _check_speakers(speakers[train], speakers[test], fold)
    _check_tested_once(split, names, np.sum([test for _, test in folds], axis=0))


def _check_filled(train_labels: np.ndarray, test_count: int, fold: str) -> None:
    """Raise SplitError for a fold without test clips, or with a single class in training."""
    fault = "" if test_count else "it is without test clips"
    if not fault and len(set(train_labels)) < 2:
        fault = "it has a single training class" if len(train_labels) else "it is without training clips"
    if fault:
        raise SplitError(
            f"{fold}: {fault}\nuse at least two speakers, and at least two clips of each emotion from each speaker"
        )


def _check_type(mask: Any, length: int, fold: str) -> None:
    """Raise SplitError for a mask without a boolean per clip; row numbers would select other clips."""
    kind, shape = str(getattr(mask, "dtype", type(mask).__name__)), getattr(mask, "shape", ())
    if kind != "bool" or shape != (length,):
        raise SplitError(f"{fold}: expected masks of type bool and shape ({length},), got {kind} of shape {shape}")


def _check_speakers(train: np.ndarray, test: np.ndarray, fold: str) -> None:
    shared = sorted(set(train.tolist()) & set(test.tolist()))
    if shared:
        raise SplitError(
            f"{fold}: it states that test speakers are new, but {_listed(shared, 'speaker')} both in training and in "
            "test\ndivide whole speakers, or set speaker_independent=False"
        )


def _check_tested_once(split: Split, names: np.ndarray, counts: np.ndarray) -> None:
    """Raise SplitError where several folds test a clip, whose predictions would count several times."""
    if (counts > 1).any() and not split.tests_again:
        raise SplitError(f"split {split.name}: {_listed(names[counts > 1], 'clip')} in the test of several folds")


def _listed(names: Iterable[str], noun: str) -> str:
    """Return a count with the first names, and the verb: ``2 clips (a, b) are``."""
    names = list(names)
    return f"{plural(len(names), noun)} ({shortened_list(names)}) {'is' if len(names) == 1 else 'are'}"


def check_speakers(split: Split, clips: pd.DataFrame) -> None:
    """Check that a split of speakers knows them.

    Parameters
    ----------
    split : Split
        The split.
    clips : DataFrame
        A clip table.

    Raises
    ------
    SplitError
        If the split promises new speakers, and a speaker is unknown.
    """
    unknown = int(unknown_speakers(clips).sum())
    if split.speaker_independent and unknown:
        raise SplitError(
            f"split {split.name}: needs the speaker of every clip; {unknown:,} of {len(clips):,} clips have none\n"
            "fill in the column speaker, or use --splits random, whose scores say nothing about new speakers"
        )
