"""The splits of a run: which one ranks its models, and which have a gap because they are on equal terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import filterfalse

import numpy as np
import numpy.typing as npt

from ser_bench.core.errors import UnknownNameError
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.classes import comparable_classes
from ser_bench.runs.results import SavedRun
from ser_bench.splits import RANDOM_TAKES
from ser_bench.splits import get as find_split

TAKES_SPLIT = RANDOM_TAKES.name
"""The random split that keeps repeated takes together."""

PARTS = ("total", "takes", "voice")
"""The columns of gaps: the whole gap, and the parts of it."""

SIZE_TOLERANCE = 0.02
"""The largest relative difference between mean training sizes that count as equal."""


@dataclass(frozen=True)
class GapSplits:
    """The splits whose differences in UAR are a gap and its parts, all on equal terms.

    Parameters
    ----------
    random : str
        A random split.
    takes : str or None
        The random split that keeps repeated takes together; None if the run or the corpus has none.
    independent : str
        A speaker-independent split.
    """

    random: str
    takes: str | None
    independent: str

    @property
    def names(self) -> tuple[str, ...]:
        """The splits from the hardest to the easiest."""
        return tuple(name for name in (self.independent, self.takes, self.random) if name)

    @property
    def parts(self) -> tuple[str, ...]:
        """The columns of the gap that these splits have; see :data:`PARTS`."""
        return PARTS if self.takes else PARTS[:1]


def is_speaker_independent(split: str) -> bool:
    """Return whether a split tests speakers that are not in training.

    Parameters
    ----------
    split : str

    Returns
    -------
    bool
        What the registered split states; for the split of a plugin that is not loaded, judged by its name.
    """
    try:
        return find_split(split).speaker_independent
    except UnknownNameError:
        return split.startswith("actor")


def ranking_split(splits: Sequence[str]) -> str:
    """Return the split that ranks the models.

    Parameters
    ----------
    splits : sequence of str
        The splits of a run.

    Returns
    -------
    str
        ``actor``, else the first speaker-independent split, else the first split.
    """
    if "actor" in splits:
        return "actor"
    return next((name for name in splits if is_speaker_independent(name)), splits[0])


def gap_splits(run: SavedRun) -> GapSplits | None:
    """Return the splits of the gap that tables show.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    GapSplits or None
        The first of :func:`gap_pairs`; None without any.
    """
    return next(iter(gap_pairs(run)), None)


@cached_per_run
def gap_pairs(run: SavedRun) -> tuple[GapSplits, ...]:
    """Return the splits between which there is a gap.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    tuple of GapSplits
        ``random`` first. Each random split has at most one partner on equal terms (see :func:`unequal_terms`).
    """
    pairs = []
    for random in random_splits(run):
        partners = [name for name in gap_partners(run, random) if not unequal_terms(run, random, name)]
        if partners:
            both = (random, partners[0])
            apart = TAKES_SPLIT in run.info.splits and not any(unequal_terms(run, TAKES_SPLIT, name) for name in both)
            pairs.append(GapSplits(random, TAKES_SPLIT if apart else None, partners[0]))
    return tuple(pairs)


def random_splits(run: SavedRun) -> list[str]:
    """Return the random splits of a run that may separate repeated takes.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        Judged by their names; ``random`` first.
    """
    names = [name for name in run.info.splits if name.startswith("random") and name != TAKES_SPLIT]
    return sorted(filterfalse(is_speaker_independent, names), key=lambda name: name != "random")


def gap_partners(run: SavedRun, random: str) -> list[str]:
    """Return the speaker-independent splits of a run, the best partner of a random split first.

    Splits that divide a speaker between training and test are left out; the audit decides, not what they state.

    Parameters
    ----------
    run : SavedRun
    random : str
        A random split.

    Returns
    -------
    list of str
    """
    preferred = [twin_of(random), "actor", "emobox"]
    known = run.audit.groupby("split")["test_clips_of_known_speakers"].sum()
    names = [name for name in run.info.splits if is_speaker_independent(name) and not known.get(name, 0)]
    return sorted(names, key=lambda name: preferred.index(name) if name in preferred else len(preferred))


def twin_of(random: str) -> str:
    """Return the speaker-independent split that has equal terms with a random split.

    Parameters
    ----------
    random : str
        ``random``, or a hold-out such as ``random-80-20``.

    Returns
    -------
    str
    """
    sizes = random.removeprefix("random")
    return f"actor-twin{sizes}" if sizes else "actor"


def random_of(independent: str) -> str:
    """Return the random split whose twin a speaker-independent split is.

    Parameters
    ----------
    independent : str
        ``actor-twin-80-20`` or the like, or any other speaker-independent split.

    Returns
    -------
    str
        ``random`` for a split that is not the twin of a hold-out.
    """
    sizes = independent.removeprefix("actor-twin")
    return f"random{sizes}" if sizes != independent else "random"


@cached_per_run
def unequal_terms(run: SavedRun, first: str, second: str) -> str:
    """Say why the scores of two splits are not comparable.

    Parameters
    ----------
    run : SavedRun
    first, second : str
        Splits of the run.

    Returns
    -------
    str
        Empty if both test the same clips in every repeat, train on equally many (means over folds within
        :data:`SIZE_TOLERANCE`), and have two classes with training clips in every fold that tests them; else a
        clause whose subject, "they", is the two splits.
    """
    fits = run.fits.drop_duplicates(["split", "repeat", "fold"]).groupby("split")
    sizes = [float(fits["n_train"].mean()[split]) for split in (first, second)]
    planned = [int(fits["n_test"].sum()[split]) for split in (first, second)]
    tested = [_tested_clips(run, split) for split in (first, second)]
    # Where no model finished a fold, only the number of its test clips is known.
    finished = planned == [len(clips) for clips in tested]
    different = planned[0] != planned[1] or (finished and not np.array_equal(tested[0], tested[1]))
    reasons = ["test different clips"] if different else []
    if len(comparable_classes(run, (first, second))) < 2:
        reasons.append("have fewer than two classes with training clips in every fold that tests them")
    if abs(sizes[0] - sizes[1]) > SIZE_TOLERANCE * max(sizes):
        reasons.append(f"train on {sizes[0]:,.0f} and {sizes[1]:,.0f} clips per fold")
    return f"they {' and '.join(reasons)}" if reasons else ""


def _tested_clips(run: SavedRun, split: str) -> npt.NDArray[np.int64]:
    """Return repeat and code of each tested clip, sorted, shape ``(clips, 2)``; a clip counts once per fold."""
    frame = run.predictions
    chosen = (frame["split"] == split).to_numpy()
    codes = frame["clip"].astype("category").cat.codes.to_numpy()
    part = frame.loc[chosen, ["repeat", "fold"]].assign(clip=codes[chosen]).drop_duplicates()
    return np.asarray(part[["repeat", "clip"]].sort_values(["repeat", "clip"]), dtype=np.int64)
