"""Named splits: which clips train and which test, fold by fold, as clip keys.

Every split is a function of the clip table alone (its labels, speakers, sentences and corpora), a seed and
a repeat. Draws come from NumPy's legacy generator, whose stream is frozen, so the same seed gives the
same folds with every NumPy.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ser_bench.core.errors import SplitError, UnknownNameError
from ser_bench.splits import across, sentences, shuffled, speakers
from ser_bench.splits.across import PREFIX
from ser_bench.splits.base import Draw, Fold, Split

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PREFIX", "SPLITS", "Draw", "Fold", "Split", "get", "make_folds"]

_SHUFFLED = "the same speakers on both sides"

SPLITS: dict[str, Split] = {
    split.name: split
    for split in (
        Split(
            name="actor",
            summary="K folds, whole actors held out, genders balanced",
            assign=speakers.actor,
            needs="as many speakers as folds",
            folds="as many as --folds (default 6); fewer if the corpus has fewer speakers",
        ),
        Split(
            name="random",
            summary=f"K stratified folds as large as actor's; {_SHUFFLED}",
            assign=shuffled.random,
            speakers_apart=False,
            folds="as many as --folds (default 6)",
        ),
        Split(
            name="loso",
            summary="one speaker held out at a time",
            assign=speakers.loso,
            needs="two speakers",
            folds="one per speaker",
        ),
        Split(
            name="text",
            summary=f"one sentence held out at a time; {_SHUFFLED}",
            assign=sentences.text,
            speakers_apart=False,
            needs="two sentences",
            folds="one per sentence; as many as --folds above 20 sentences",
        ),
        Split(
            name="actor-text",
            summary="new speakers and a new sentence in every fold",
            assign=sentences.actor_text,
            needs="two sentences, as many speakers as folds",
            folds="one per group of speakers and sentence",
        ),
        Split(
            name="emobox",
            summary="EmoBox's six published folds of actors",
            assign=speakers.emobox,
            needs="RAVDESS",
            folds="6",
        ),
        Split(
            name="random-80-20",
            summary=f"a fifth of the clips, stratified; {_SHUFFLED}",
            assign=partial(shuffled.random_hold_out, share=0.20),
            speakers_apart=False,
            folds="1",
        ),
        Split(
            name="random-75-25",
            summary=f"a quarter of the clips, stratified; {_SHUFFLED}",
            assign=partial(shuffled.random_hold_out, share=0.25),
            speakers_apart=False,
            folds="1",
        ),
        Split(
            name="random-90-10",
            summary=f"a tenth of the clips, stratified; {_SHUFFLED}",
            assign=partial(shuffled.random_hold_out, share=0.10),
            speakers_apart=False,
            folds="1",
        ),
        Split(
            name="actor-80-20",
            summary="a fifth of the actors, genders balanced",
            assign=partial(speakers.actor_hold_out, share=0.20),
            needs="two speakers",
            folds="1",
        ),
        Split(
            name="within",
            summary="each corpus by itself, K folds of whole speakers",
            assign=across.inside,
            needs="several corpora",
            folds="as many as --folds (default 6) per corpus",
        ),
        Split(
            name="cross",
            summary="trained on one corpus, tested on another, every pair",
            assign=across.pairs,
            needs="several corpora",
            folds="one per ordered pair of corpora",
        ),
        Split(
            name="loco",
            summary="one corpus held out at a time, trained on all others",
            assign=across.held_out,
            needs="several corpora",
            folds="one per corpus",
        ),
    )
}
"""Every split by name, in the order of listings; ``cross:CORPUS`` is known beside them."""


def make_folds(name: str, clips: pd.DataFrame, draw: Draw | None = None) -> tuple[Fold, ...]:
    """Return the folds of a named split over a clip table.

    ``clips`` has the columns ``clip``, ``corpus``, ``speaker``, ``gender``, ``text`` and ``label``.

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
    """Return a registered split by its name, or ``cross:CORPUS`` for any corpus."""
    if name.startswith(PREFIX) and name != PREFIX:
        return across.to_corpus(name)
    if name not in SPLITS:
        raise UnknownNameError("split", name, [*SPLITS, "cross:CORPUS"])
    return SPLITS[name]
