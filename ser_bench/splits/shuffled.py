"""Splits of random clips or takes, whose speakers train and test; and speaker-wise twins of the random hold-outs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from ser_bench.core.errors import SplitError
from ser_bench.core.text import plural
from ser_bench.splits.base import FoldSettings, Masks, Split, cross_validation
from ser_bench.splits.speakers import speaker_folds
from ser_bench.splits.takes import repeated, takes_known, takes_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

SAME_SPEAKERS = "the same speakers on both sides"


def _stratified(
    labels: npt.NDArray[np.str_], sizes: Sequence[int], generator: np.random.RandomState
) -> npt.NDArray[np.int64]:
    """Return a part number per clip: parts of exactly the given sizes, each class spread evenly over them."""
    import numpy as np

    order = generator.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    slots = [(np.arange(n) + generator.uniform()) / max(n, 1) for n in sizes]
    parts = np.repeat(np.arange(len(sizes)), sizes)[np.argsort(np.concatenate(slots), kind="stable")]
    assigned = np.empty(len(labels), dtype=int)
    assigned[order] = parts
    return assigned


def _random(clips: pd.DataFrame, settings: FoldSettings) -> Masks:
    """Return folds of exactly the sizes of the actor split's, so that both train on equally many clips."""
    if len(clips) < settings.folds:
        raise SplitError(f"split random: cannot make {settings.folds} folds of {plural(len(clips), 'clip')}")
    generator = settings.generator("random", settings.repeat)
    sizes = _fold_sizes(clips, settings).tolist()
    return cross_validation(_stratified(clips["label"].to_numpy(dtype=str), sizes, generator))


def _fold_sizes(clips: pd.DataFrame, settings: FoldSettings) -> npt.NDArray[np.int64]:
    """Return the sizes of the actor split's folds, or equal sizes where there are fewer speakers than folds."""
    import numpy as np

    if clips["speaker"].nunique() >= settings.folds:
        return np.bincount(speaker_folds(clips, settings), minlength=settings.folds)
    return np.bincount(np.arange(len(clips)) % settings.folds)


def _random_takes(clips: pd.DataFrame, settings: FoldSettings) -> Masks:
    """Return folds of about the sizes of the actor split's; repeated takes are in one fold."""
    import numpy as np
    import pandas as pd

    takes = takes_of(clips)
    take_of = pd.factorize(takes)[0]  # in the order of clips, so that the numbers themselves do not matter
    counts = np.bincount(take_of)
    if not repeated(take_of).any():
        known = "no clip has another take of its sentence, emotion and intensity, so the folds would be those of random"
        unknown = "repeated takes are unknown, because sentences are and no clip has audio"
        raise SplitError(
            f"split random-takes: {known if takes_known(clips) else unknown}\nuse the split random instead"
        )
    if len(counts) < settings.folds:
        raise SplitError(f"split random-takes: cannot make {settings.folds} folds of {len(counts)} takes")
    first_clip = np.unique(take_of, return_index=True)[1]
    labels = clips["label"].to_numpy(dtype=str)[first_clip]
    generator = settings.generator("random-takes", settings.repeat)
    folds = _stratified_takes(labels, counts, _fold_sizes(clips, settings), generator)
    return cross_validation(folds[take_of])


def _stratified_takes(
    labels: npt.NDArray[np.str_],
    counts: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
    generator: np.random.RandomState,
) -> npt.NDArray[np.int64]:
    """Return a fold per take: folds within one take of the given sizes, each class spread evenly over them.

    Takes are assigned class by class, large ones first, each to the fold that is furthest below its share so far.
    """
    import numpy as np

    order = generator.permutation(len(labels))
    order = order[np.lexsort((-counts[order], labels[order]))]
    share, excess = sizes / sizes.sum(), np.zeros(len(sizes))
    folds = np.empty(len(labels), dtype="int64")
    for take in order:
        excess -= counts[take] * share
        folds[take] = np.argmin(excess)
        excess[folds[take]] += counts[take]
    _even_out(folds, labels, counts, sizes)
    _fill_empty(folds, counts, sizes)
    return folds


def _even_out(
    folds: npt.NDArray[np.int64],
    labels: npt.NDArray[np.str_],
    counts: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
) -> None:
    """Move takes from the fold most above its size to the one most below, as long as that helps; changes ``folds``."""
    import numpy as np

    _, codes = np.unique(labels, return_inverse=True)
    while True:
        excess = np.bincount(folds, weights=counts, minlength=len(sizes)) - sizes
        full, free = int(np.argmax(excess)), int(np.argmin(excess))
        movable = np.flatnonzero((folds == full) & (counts < excess[full] - excess[free]))
        if not len(movable):
            return
        per_class = [
            np.bincount(codes[folds == fold], weights=counts[folds == fold], minlength=codes.max() + 1)
            for fold in (full, free)
        ]
        surplus = per_class[0] - per_class[1]
        folds[movable[np.argmax(surplus[codes[movable]])]] = free


def _fill_empty(folds: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> None:
    """Move a take into each empty fold, which exists only where a take is larger than a fold; changes ``folds``."""
    import numpy as np

    for empty in sorted(set(range(len(sizes))) - set(folds.tolist())):
        excess = np.bincount(folds, weights=counts, minlength=len(sizes)) - sizes
        spare = np.flatnonzero(np.bincount(folds, minlength=len(sizes))[folds] > 1)
        fullest = spare[excess[folds[spare]] == excess[folds[spare]].max()]
        folds[fullest[np.argmin(counts[fullest])]] = empty


def _random_hold_out(clips: pd.DataFrame, settings: FoldSettings, *, share: float) -> Masks:
    test = _held_out_clips(clips, settings, share)
    return [(~test, test)]


def _held_out_clips(clips: pd.DataFrame, settings: FoldSettings, share: float) -> npt.NDArray[np.bool_]:
    """Return which clips the random hold-out of a share tests."""
    held_out = round(share * len(clips))
    generator = settings.generator("random-hold-out", share, settings.repeat)
    parts = _stratified(clips["label"].to_numpy(dtype=str), [len(clips) - held_out, held_out], generator)
    return cast("npt.NDArray[np.bool_]", parts == 1)


def _actor_twin(clips: pd.DataFrame, settings: FoldSettings, *, share: float, name: str) -> Masks:
    """Return a fold per group of speakers: the random hold-out's clips of the group, and all clips of other speakers.

    There are as many groups as hold-outs in the corpus, so the folds train on as many clips on average.
    """
    count, speakers = round(1 / share), clips["speaker"].nunique()
    if speakers < count:  # the size of the hold-out sets the number of folds, which --folds cannot change
        raise SplitError(
            f"split {name}: {count} folds need as many speakers; there are {speakers}\nuse the split actor"
        )
    test = _held_out_clips(clips, settings, share)
    groups = speaker_folds(clips, replace(settings, folds=count), name)
    folds = [(groups != group, test & (groups == group)) for group in sorted(set(groups.tolist()))]
    return [(train, tested) for train, tested in folds if tested.any()]


RANDOM = Split(
    name="random",
    summary=f"K stratified folds as large as actor's; {SAME_SPEAKERS}",
    condition="speakers known from training",
    colour="#e69f00",
    masks=_random,
    redrawn=True,
    speaker_independent=False,
    folds="as many as --folds (default 6, or one per speaker)",
)
RANDOM_TAKES = Split(
    name="random-takes",
    summary=f"like random; takes of one sentence, emotion and intensity in one fold; {SAME_SPEAKERS}",
    condition="known speakers, unknown takes",
    colour="#a6611a",
    masks=_random_takes,
    redrawn=True,
    speaker_independent=False,
    needs="repeated takes",
    folds="as many as --folds (default 6, or one per speaker)",
)
_SHARES = (
    ("80-20", "a fifth", 0.20, "#b07800", "#2a5d84"),
    ("75-25", "a quarter", 0.25, "#f2c45f", "#7fb2d6"),
    ("90-10", "a tenth", 0.10, "#7d5500", "#16324a"),
)
"""Ending of the name, size in words, size, and the colours of the random hold-out and of its twin."""

HOLD_OUTS = tuple(
    Split(
        name=f"random-{ending}",
        summary=f"{part} of the clips, stratified; {SAME_SPEAKERS}",
        masks=partial(_random_hold_out, share=share),
        redrawn=True,
        speaker_independent=False,
        folds="1",
        colour=colour,
    )
    for ending, part, share, colour, _ in _SHARES
)
TWINS = tuple(
    Split(
        name=f"actor-twin-{ending}",
        summary=f"the test clips of random-{ending}, by models trained without their speakers on as many clips",
        condition=f"new speakers, clips of random-{ending}",
        masks=partial(_actor_twin, share=share, name=f"actor-twin-{ending}"),
        redrawn=True,
        needs=f"{round(1 / share)} speakers",
        folds=str(round(1 / share)),
        colour=colour,
    )
    for ending, _, share, _, colour in _SHARES
)
