"""Splits that hold out whole speakers."""

from __future__ import annotations

import json
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any

from ser_bench.core.errors import SplitError
from ser_bench.splits.base import FoldSettings, Masks, Split, cross_validation

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd


def speaker_folds(clips: pd.DataFrame, settings: FoldSettings, name: str = "actor") -> npt.NDArray[np.int64]:
    """Assign whole speakers to folds, with genders and then numbers of clips balanced.

    Parameters
    ----------
    clips : DataFrame
        A clip table.
    settings : FoldSettings
        Number of folds, seed and repeat; each repeat is drawn anew.
    name : str
        The split's name, for messages.

    Returns
    -------
    ndarray of int64, shape (clips,)
        The fold that tests each clip.

    Raises
    ------
    SplitError
        If there are fewer speakers than folds.
    """
    counts = clips.groupby([genders_of_speakers(clips), "speaker"], sort=True).size()
    if len(counts) < settings.folds:
        raise SplitError(_too_few_speakers(name, settings.folds, len(counts)))
    order = settings.repeat_generator("speakers").permutation(len(counts))
    sizes = [0] * settings.folds
    people, clip_counts = counts.index.tolist(), counts.tolist()
    genders = [dict.fromkeys((gender for gender, _ in people), 0) for _ in range(settings.folds)]
    fold_of = {}
    for index in sorted(order, key=lambda i: -clip_counts[i]):
        gender, speaker = people[index]
        speakers = [sum(g.values()) for g in genders]
        best = min(range(settings.folds), key=lambda k: (genders[k][gender], speakers[k], sizes[k], k))
        fold_of[speaker] = best
        genders[best][gender] += 1
        sizes[best] += clip_counts[index]
    folds: npt.NDArray[np.int64] = clips["speaker"].map(fold_of).to_numpy()
    return folds


def genders_of_speakers(clips: pd.DataFrame) -> pd.Series:
    """Return one gender per speaker, so that grouping by gender never divides the clips of a speaker.

    Parameters
    ----------
    clips : DataFrame
        A clip table.

    Returns
    -------
    Series of str
        A value per clip, the last of the speaker's genders by name: a known one if any clip has it.
    """
    return clips.groupby("speaker")["gender"].transform("max")


def _too_few_speakers(name: str, folds: int, speakers: int) -> str:
    """Return the message for fewer speakers than folds."""
    if speakers < 2:
        return f"split {name}: needs at least two speakers, there is one\nuse the split random"
    needed = f"split {name}: {folds} folds need as many speakers; there are {speakers}"
    return f"{needed}\nuse fewer with --folds {speakers}, or another split"


def _actor(clips: pd.DataFrame, settings: FoldSettings) -> Masks:
    return cross_validation(speaker_folds(clips, settings))


def _loso(clips: pd.DataFrame, settings: FoldSettings) -> Masks:
    numbers = clips["speaker"].rank(method="dense").to_numpy()
    if numbers.max() < 2:
        raise SplitError("split loso: needs at least two speakers, there is one")
    return cross_validation(numbers)


def _emobox(clips: pd.DataFrame, settings: FoldSettings) -> Masks:
    published: dict[str, Any] = json.loads(
        resources.files("ser_bench").joinpath("data/emobox_ravdess_folds.json").read_text()
    )
    fold_of = {s: int(fold) for fold, speakers in published["test_speakers"].items() for s in speakers}
    numbers = clips["speaker"].map(fold_of)
    if numbers.isna().any() or not clips["clip"].str.fullmatch(r"03(-\d\d){6}").all():
        raise SplitError(
            "split emobox: published for RAVDESS only; this corpus has other speakers or clips\nuse the split actor"
        )
    if numbers.nunique() < 2:
        raise SplitError("split emobox: needs actors of at least two of the published folds")
    return cross_validation(numbers.to_numpy(dtype=int))


def _actor_hold_out(clips: pd.DataFrame, settings: FoldSettings, *, share: float) -> Masks:
    import numpy as np

    speakers = clips["speaker"].nunique()
    held_out = max(1, round(share * speakers))
    if held_out >= speakers:
        raise SplitError(f"split actor-80-20: needs at least two speakers, there is {speakers}")
    generator = settings.repeat_generator("actor-hold-out", share)
    queues = [
        list(generator.permutation(sorted(set(group))))
        for _, group in clips.groupby(genders_of_speakers(clips), sort=True)["speaker"]
    ]
    # from the gender with more speakers left each time, so that the held-out speakers mirror the corpus
    chosen = [max(queues, key=len).pop() for _ in range(held_out)]
    test = np.isin(clips["speaker"].to_numpy(dtype=str), np.array(chosen, dtype=str))
    return [(~test, test)]


ACTOR = Split(
    name="actor",
    summary="K folds, whole actors held out, genders balanced",
    condition="new speakers",
    colour="#0072b2",
    masks=_actor,
    redrawn=True,
    needs="as many speakers as folds",
    folds="as many as --folds (default 6, or one per speaker)",
)
LOSO = Split(
    name="loso",
    summary="one speaker held out at a time",
    condition="one new speaker at a time",
    colour="#009e73",
    masks=_loso,
    needs="two speakers",
    folds="one per speaker",
)
EMOBOX = Split(
    name="emobox",
    summary="EmoBox's six published folds of actors (Ma et al., Interspeech 2024)",
    condition="new speakers, published folds",
    colour="#56b4e9",
    masks=_emobox,
    needs="RAVDESS",
    folds="6",
)
ACTOR_80_20 = Split(
    name="actor-80-20",
    summary="a fifth of the actors, genders balanced",
    colour="#004a75",
    masks=partial(_actor_hold_out, share=0.20),
    redrawn=True,
    needs="two speakers",
    folds="1",
)
