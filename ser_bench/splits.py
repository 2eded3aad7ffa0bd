"""Named splits: which clips train and which test, fold by fold, as clip keys.

Every split is a function of the clip table alone (its labels, speakers and sentences), a seed and a
repeat. Draws come from NumPy's legacy generator, whose stream is frozen, so the same seed gives the
same folds with every NumPy.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING

from ser_bench.errors import SplitError, UnknownNameError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MOST_SENTENCES = 20
"""Above this number of sentences, ``text`` holds out groups of them."""


@dataclass(frozen=True)
class Fold:
    """Clip keys that train and clip keys that test; the two never share a clip."""

    train: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Draw:
    """What a split is asked for: the number of folds, the seed and the repeat."""

    folds: int = 6
    seed: int = 0
    repeat: int = 0

    def generator(self, *words: object) -> np.random.RandomState:
        """Return a generator that depends on the seed and on ``words`` alone."""
        import numpy as np

        return np.random.RandomState([self.seed % 2**32, zlib.crc32(repr(words).encode())])


@dataclass(frozen=True, kw_only=True)
class Split:
    """A named split: ``assign(clips, draw)`` returns one ``(train, test)`` pair of boolean masks per fold.

    Where ``speakers_apart``, no speaker is on both sides of a fold.
    """

    name: str
    summary: str
    assign: Callable[[pd.DataFrame, Draw], list[tuple[np.ndarray, np.ndarray]]]
    speakers_apart: bool = True
    needs: str = ""


def make_folds(name: str, clips: pd.DataFrame, draw: Draw | None = None) -> tuple[Fold, ...]:
    """Return the folds of a named split over a clip table.

    ``clips`` has the columns ``clip``, ``speaker``, ``gender``, ``text`` and ``label``.

    Raises
    ------
    UnknownNameError
        For a name that is not in :data:`SPLITS`.
    SplitError
        Where the table cannot be split so (too few speakers, one sentence only, one class in training).
    """
    split = get(name)
    clips = clips.sort_values("clip", ignore_index=True)
    keys, labels = clips["clip"].to_numpy(), clips["label"].to_numpy()
    folds = []
    for train, test in split.assign(clips, draw or Draw()):
        if not test.any() or len(set(labels[train])) < 2:
            raise SplitError(f"the split {name} leaves a fold without test clips or with a single training class")
        folds.append(Fold(tuple(keys[train]), tuple(keys[test])))
    return tuple(folds)


def get(name: str) -> Split:
    """Return a registered split by its name."""
    if name not in SPLITS:
        raise UnknownNameError("split", name, SPLITS)
    return SPLITS[name]


def _complementary(groups: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the masks that test each group of clips once; ``groups`` are fold numbers, one a clip."""
    return [(groups != fold, groups == fold) for fold in sorted(set(groups.tolist()))]


# --- Whole speakers held out ---------------------------------------------------------------------


def _speaker_folds(clips: pd.DataFrame, draw: Draw, name: str = "actor") -> np.ndarray:
    """Return a fold number per clip: whole speakers, genders and then clip counts balanced."""
    counts = clips.groupby(["gender", "speaker"], sort=True).size()
    if len(counts) < draw.folds:
        raise SplitError(
            f"the split {name} cannot hold out {draw.folds} folds of speakers: there are {len(counts)} speakers\n"
            f"ask for fewer with --folds {max(2, len(counts))}, or for another split"
        )
    order = draw.generator("speakers").permutation(len(counts))
    sizes = [0] * draw.folds
    genders = [dict.fromkeys(counts.index.get_level_values("gender"), 0) for _ in range(draw.folds)]
    fold_of = {}
    for place in sorted(order, key=lambda i: -counts.iloc[i]):
        gender, speaker = counts.index[place]
        speakers = [sum(g.values()) for g in genders]
        best = min(range(draw.folds), key=lambda k: (genders[k][gender], speakers[k], sizes[k], k))
        fold_of[speaker] = best
        genders[best][gender] += 1
        sizes[best] += int(counts.iloc[place])
    return clips["speaker"].map(fold_of).to_numpy()


def _actor(clips: pd.DataFrame, draw: Draw) -> list[tuple[np.ndarray, np.ndarray]]:
    return _complementary(_speaker_folds(clips, draw))


def _loso(clips: pd.DataFrame, draw: Draw) -> list[tuple[np.ndarray, np.ndarray]]:
    numbers = clips["speaker"].rank(method="dense").to_numpy()
    if numbers.max() < 2:
        raise SplitError("the split loso needs at least two speakers, there is one")
    return _complementary(numbers)


def _emobox(clips: pd.DataFrame, draw: Draw) -> list[tuple[np.ndarray, np.ndarray]]:
    published = json.loads(resources.files("ser_bench").joinpath("data/emobox_ravdess_folds.json").read_text())
    fold_of = {s: int(fold) for fold, speakers in published["test_speakers"].items() for s in speakers}
    numbers = clips["speaker"].map(fold_of)
    if numbers.isna().any() or not clips["clip"].str.fullmatch(r"03(-\d\d){6}").all():
        raise SplitError("the split emobox is published for RAVDESS alone; this corpus has other speakers or clips")
    if numbers.nunique() < 2:
        raise SplitError("the split emobox needs actors of at least two of its published folds")
    return _complementary(numbers.to_numpy(dtype=int))


def _actor_hold_out(clips: pd.DataFrame, draw: Draw, *, share: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Hold out one group of whole speakers, near ``share`` of all, genders balanced."""
    import numpy as np

    speakers = clips["speaker"].nunique()
    held = max(1, round(share * speakers))
    if held >= speakers:
        raise SplitError(f"the split actor-80-20 needs at least two speakers, there is {speakers}")
    generator = draw.generator("actor-hold-out", share)
    queues = [
        list(generator.permutation(sorted(set(group)))) for _, group in clips.groupby("gender", sort=True)["speaker"]
    ]
    # The fuller gender first, turn by turn, so that the held-out speakers mirror the corpus.
    chosen = [max(queues, key=len).pop() for _ in range(held)]
    test = np.isin(clips["speaker"].to_numpy(dtype=str), np.array(chosen, dtype=str))
    return [(~test, test)]


# --- Clips drawn at random -----------------------------------------------------------------------


def _stratified(labels: np.ndarray, sizes: Sequence[int], generator: np.random.RandomState) -> np.ndarray:
    """Return a part number per clip: parts of exactly the sizes given, each class spread evenly over them."""
    import numpy as np

    order = generator.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    slots = [(np.arange(n) + generator.uniform()) / max(n, 1) for n in sizes]
    parts = np.repeat(np.arange(len(sizes)), sizes)[np.argsort(np.concatenate(slots), kind="stable")]
    assigned = np.empty(len(labels), dtype=int)
    assigned[order] = parts
    return assigned


def _random(clips: pd.DataFrame, draw: Draw) -> list[tuple[np.ndarray, np.ndarray]]:
    """K stratified folds of the very sizes that the actor split has, so that both train on as much."""
    import numpy as np

    if len(clips) < draw.folds:
        raise SplitError(f"the split random cannot make {draw.folds} folds of {len(clips)} clips")
    if clips["speaker"].nunique() >= draw.folds:
        sizes = np.bincount(_speaker_folds(clips, draw), minlength=draw.folds)
    else:
        sizes = np.bincount(np.arange(len(clips)) % draw.folds)
    generator = draw.generator("random", draw.repeat)
    return _complementary(_stratified(clips["label"].to_numpy(dtype=str), sizes.tolist(), generator))


def _random_hold_out(clips: pd.DataFrame, draw: Draw, *, share: float) -> list[tuple[np.ndarray, np.ndarray]]:
    held = round(share * len(clips))
    generator = draw.generator("random-hold-out", share, draw.repeat)
    test = _stratified(clips["label"].to_numpy(dtype=str), [len(clips) - held, held], generator) == 1
    return [(~test, test)]


# --- Sentences held out --------------------------------------------------------------------------


def _sentence_folds(clips: pd.DataFrame, draw: Draw, name: str) -> np.ndarray:
    texts = sorted(set(clips["text"]) - {""})
    if len(texts) < 2 or (clips["text"] == "").any():
        known = "not known for every clip" if (clips["text"] == "").any() else "the same for all clips"
        raise SplitError(f"the split {name} needs at least two sentences; here the sentence is {known}")
    count = len(texts) if len(texts) <= MOST_SENTENCES else draw.folds
    order = draw.generator("sentences").permutation(len(texts)) if count < len(texts) else range(len(texts))
    return clips["text"].map({texts[t]: place % count for place, t in enumerate(order)}).to_numpy()


def _text(clips: pd.DataFrame, draw: Draw) -> list[tuple[np.ndarray, np.ndarray]]:
    return _complementary(_sentence_folds(clips, draw, "text"))


def _actor_text(clips: pd.DataFrame, draw: Draw) -> list[tuple[np.ndarray, np.ndarray]]:
    """Test new speakers on a new sentence; what shares either with the test clips is left out of training."""
    speakers = _speaker_folds(clips, draw, "actor-text")
    sentences = _sentence_folds(clips, draw, "actor-text")
    return [
        ((speakers != s) & (sentences != t), (speakers == s) & (sentences == t))
        for s in sorted(set(speakers.tolist()))
        for t in sorted(set(sentences.tolist()))
        if ((speakers == s) & (sentences == t)).any()
    ]


_SHUFFLED = "the same speakers on both sides"

SPLITS: dict[str, Split] = {
    split.name: split
    for split in (
        Split(
            name="actor",
            summary="K folds, whole actors held out, genders balanced",
            assign=_actor,
            needs="as many speakers as folds",
        ),
        Split(
            name="random",
            summary=f"K stratified folds as large as actor's; {_SHUFFLED}",
            assign=_random,
            speakers_apart=False,
        ),
        Split(name="loso", summary="one speaker held out at a time", assign=_loso, needs="two speakers"),
        Split(
            name="text",
            summary=f"one sentence held out at a time; {_SHUFFLED}",
            assign=_text,
            speakers_apart=False,
            needs="two sentences",
        ),
        Split(
            name="actor-text",
            summary="new speakers and a new sentence in every fold",
            assign=_actor_text,
            needs="two sentences, as many speakers as folds",
        ),
        Split(
            name="emobox",
            summary="EmoBox's six published folds of actors",
            assign=_emobox,
            needs="RAVDESS",
        ),
        Split(
            name="random-80-20",
            summary=f"a fifth of the clips, stratified; {_SHUFFLED}",
            assign=partial(_random_hold_out, share=0.20),
            speakers_apart=False,
        ),
        Split(
            name="random-75-25",
            summary=f"a quarter of the clips, stratified; {_SHUFFLED}",
            assign=partial(_random_hold_out, share=0.25),
            speakers_apart=False,
        ),
        Split(
            name="random-90-10",
            summary=f"a tenth of the clips, stratified; {_SHUFFLED}",
            assign=partial(_random_hold_out, share=0.10),
            speakers_apart=False,
        ),
        Split(
            name="actor-80-20",
            summary="a fifth of the actors, genders balanced",
            assign=partial(_actor_hold_out, share=0.20),
            needs="two speakers",
        ),
    )
}
"""Every split by name, in the order of listings."""
