"""UAR of models that hear changed copies of their training clips, under every listed recording condition.

    python benchmarks/robust.py DATA_DIR [--store DIR]

DATA_DIR holds RAVDESS speech. Each recipe names the conditions of the copies. In each of EmoBox's folds, lda scores
every recipe on four inner folds of whole training actors. The chosen recipe is the one with the highest gain: the mean,
over the families that the recipe does not hear, of its UAR less that of a model without changed copies. A recipe that
loses more than a point on clips as recorded is out, and so is one that leaves a single family. The other tables score
the held-out actors. ``ser-bench run --corpus ravdess --config robust --splits emobox`` scores the ensemble, too.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import recall_score
from tabulate import tabulate

from ser_bench import models, splits
from ser_bench.audio import conditions
from ser_bench.audio.conditions import CLEAN
from ser_bench.core import options as config
from ser_bench.core.places import default_store
from ser_bench.core.progress import NoProgress
from ser_bench.features import DEFAULT, FEATURE_SETS
from ser_bench.models.base import SLOWER_AND_FASTER
from ser_bench.runs.data import extract_data
from ser_bench.runs.inputs import open_corpus
from ser_bench.store import FeatureStore
from ser_bench.store import matrix as matrices

MICROPHONE = ("phone", "quiet", "bits-4", "lowpass-4000")
NO_HEADROOM = ("loss-20", "middle-1")
RECIPES: Mapping[str, tuple[str, ...]] = {
    "clean only": (),
    "telephone": ("phone",),
    "telephone, noise": ("phone", "white-10", "babble-10"),
    "telephone, noise, rooms": ("phone", "white-10", "babble-10", "room-0.6"),
    "telephone, microphone": MICROPHONE,
    "telephone, microphone, rooms": (*MICROPHONE, "room-0.6"),
    "all but noise and codecs, 7 copies": (*MICROPHONE, "room-0.6", *NO_HEADROOM),
    "7 copies and tilt": (*MICROPHONE, "tilt", "room-0.6", *NO_HEADROOM),
    "7 copies and lowpass-2000": (*MICROPHONE, "lowpass-2000", "room-0.6", *NO_HEADROOM),
    "7 copies and clipped": (*MICROPHONE, "clipped", "room-0.6", *NO_HEADROOM),
    "7 copies and dc": (*MICROPHONE, "dc", "room-0.6", *NO_HEADROOM),
    "that without quiet and bits-4": ("phone", "lowpass-4000", "dc", "room-0.6", *NO_HEADROOM),
    "all but noise": ("phone", "gsm", "quiet", "bits-4", "clipped", "room-0.6", *NO_HEADROOM),
}
"""Conditions of the changed copies by the name of the recipe; all have copies at other speeds, too. None has more than
eight changed copies, since the time of a fit of ridge grows with the cube of the copies."""
EVERY_FAMILY = (*RECIPES["7 copies and dc"], "gsm", "white-10", "babble-10")
"""Conditions of all families; one family is left out at a time."""
RELATED: Mapping[str, tuple[str, ...]] = {
    "noise": ("quiet", "bits-4"),
    "telephone": ("gsm", "lowpass-4000"),
    "codecs": ("phone", "lowpass-4000"),
    "microphone": ("phone", "gsm", "white-10"),
}
"""Conditions of other families that change a clip in a similar way: quantisation noise, and narrow bands."""
PLAIN = "clean only"
LARGEST_LOSS = 1.0
"""Points of UAR on clips as recorded that a recipe may cost."""
FEWEST_UNHEARD = 2
"""Families that a recipe must leave unheard: the gain is a mean over them."""
INNER_FOLDS = 4


@dataclass(frozen=True)
class Clips:
    """RAVDESS under every condition."""

    y: np.ndarray
    speakers: np.ndarray
    folds: list[tuple[np.ndarray, np.ndarray]]
    recorded: list[np.ndarray]
    changed: dict[str, np.ndarray]

    @property
    def tests(self) -> dict[str, np.ndarray]:
        """The matrices of the test: the clips as recorded, then under each condition."""
        return {CLEAN: self.recorded[0]} | self.changed


def main() -> None:
    """Print the choice of each fold, and the tables of inner and outer folds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--store", type=Path, default=default_store())
    arguments = parser.parse_args()
    clips = load(arguments.data_dir, arguments.store.absolute())
    inner = {recipe: [] for recipe in RECIPES}
    for number, (train, _) in enumerate(clips.folds):
        for recipe, heard in RECIPES.items():
            inner[recipe].append(scores(clips, heard, inner_folds(clips, train, seed=number)))
    chosen = [choose({recipe: folds[number] for recipe, folds in inner.items()}) for number in range(len(clips.folds))]
    print("lda, inner folds, UAR %")
    print_table({recipe: mean_scores(folds) for recipe, folds in inner.items()}, RECIPES)
    print(f"\nchosen inside each fold: {', '.join(chosen)}")
    print("\nlda, held-out actors, UAR %")
    print_outer(clips, chosen)
    print("\nlda, held-out actors, every family but one heard, UAR % of that family")
    print_left_out(clips)


def print_outer(clips: Clips, chosen: Sequence[str]) -> None:
    """Print the scores of held-out actors by recipe, and those of the recipes that were chosen inside each fold."""
    heard = dict(RECIPES)
    predicted = {r: [predict(clips, heard[r], *fold) for fold in clips.folds] for r in RECIPES}
    predicted["chosen inside"] = [predicted[recipe][number] for number, recipe in enumerate(chosen)]
    heard["chosen inside"] = tuple(name for recipe in chosen for name in RECIPES[recipe])
    print_table({recipe: pooled(clips, folds, clips.folds) for recipe, folds in predicted.items()}, heard)


def print_left_out(clips: Clips) -> None:
    """Print what training under all other families is worth to each family."""
    plain = family_scores(scores(clips, (), clips.folds))
    every = family_scores(scores(clips, EVERY_FAMILY, clips.folds))
    rows = []
    for family, score in plain.items():
        others = [name for name in EVERY_FAMILY if conditions.get(name).family != family]
        unlike = [name for name in others if name not in RELATED.get(family, ())]
        left_out = [family_scores(scores(clips, heard, clips.folds))[family] for heard in (others, unlike)]
        rows.append((family, score, *reversed(left_out), every[family]))
    rows.append(("mean", *np.mean([row[1:] for row in rows], axis=0)))
    heads = ["family", PLAIN, "others heard, nothing similar", "all others heard", "heard"]
    print(tabulate(rows, headers=heads, floatfmt=".1f"))


def load(data_dir: Path, store: Path) -> Clips:
    """Read or compute the features of RAVDESS under every condition of this machine."""
    options = config.load(None, {"corpus": "ravdess", "data_dir": data_dir, "splits": ("emobox",)})
    features = FEATURE_SETS[DEFAULT]
    tested = [c for c in conditions.listed().values() if c.kind.audible and not c.find_missing()]
    recorded = [features, *(features.at_speed(speed) for speed in SLOWER_AND_FASTER)]
    changed = {condition.name: features.under(condition) for condition in tested}
    _, data = extract_data(
        open_corpus(options, NoProgress()), [*recorded, *changed.values()], options, store, NoProgress()
    )
    table = data.clips
    folds = splits.make_folds("emobox", table.reset_index(drop=True), splits.FoldSettings(6, 0, 0))
    read = {s.name: matrices.assemble(table, [s], FeatureStore(store)) for s in (*recorded, *changed.values())}
    return Clips(
        y=table["label"].to_numpy(str),
        speakers=table["speaker"].to_numpy(str),
        folds=[(data.row_numbers(fold.train), data.row_numbers(fold.test)) for fold in folds],
        recorded=[read[s.name] for s in recorded],
        changed={name: read[s.name] for name, s in changed.items()},
    )


def inner_folds(clips: Clips, train: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Divide training clips into inner folds of whole actors."""
    known = np.random.RandomState(seed).permutation(np.unique(clips.speakers[train]))
    held_out = [np.isin(clips.speakers[train], known[part::INNER_FOLDS]) for part in range(INNER_FOLDS)]
    return [(train[~held], train[held]) for held in held_out]


def scores(clips: Clips, heard: Sequence[str], folds: Sequence[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Return the UAR of lda in per cent by condition, pooled over folds."""
    return pooled(clips, [predict(clips, heard, *fold) for fold in folds], folds)


def predict(clips: Clips, heard: Sequence[str], train: np.ndarray, test: np.ndarray) -> dict[str, np.ndarray]:
    """Train on clips as recorded, at other speeds and under the heard conditions; predict test clips under all."""
    copies = [*clips.recorded, *(clips.changed[name] for name in heard)]
    X = np.concatenate([matrix[train] for matrix in copies])
    estimator = models.build("lda", calibrate=False)  # calibration costs four further fits, and changes no label
    fitted = models.fit(models.get("lda"), estimator, X, np.tile(clips.y[train], len(copies)))
    return {name: np.asarray(fitted.predict(matrix[test])) for name, matrix in clips.tests.items()}


def pooled(clips: Clips, predicted: Sequence[Mapping[str, np.ndarray]], folds: Sequence[tuple[np.ndarray, np.ndarray]]):
    """Return the UAR in per cent by condition over the predictions of all folds."""
    true = np.concatenate([clips.y[test] for _, test in folds])
    labels = {name: np.concatenate([fold[name] for fold in predicted]) for name in clips.tests}
    return {name: 100 * float(recall_score(true, values, average="macro")) for name, values in labels.items()}


def family_scores(scored: Mapping[str, float]) -> dict[str, float]:
    """Return the mean over the conditions of each family."""
    kinds = conditions.listed()
    members: dict[str, list[float]] = {}
    for name, score in scored.items():
        if name != CLEAN:
            members.setdefault(kinds[name].family, []).append(score)
    return {family: float(np.mean(values)) for family, values in members.items()}


def unheard_scores(scored: Mapping[str, float], heard: Sequence[str]) -> dict[str, float]:
    """Return the scores of the families that a model did not hear."""
    families = {conditions.get(name).family for name in heard}
    return {family: score for family, score in family_scores(scored).items() if family not in families}


def gain(scored: Mapping[str, float], plain: Mapping[str, float], heard: Sequence[str]) -> float:
    """Return what changed copies are worth in families that are not heard."""
    return float(np.mean([*unheard_scores(scored, heard).values()]) - np.mean([*unheard_scores(plain, heard).values()]))


def choose(inner: Mapping[str, Mapping[str, float]]) -> str:
    """Return the recipe with the highest gain among those that hardly cost clips as recorded."""
    plain = inner[PLAIN]
    allowed = [
        recipe
        for recipe, scored in inner.items()
        if scored[CLEAN] >= plain[CLEAN] - LARGEST_LOSS
        and len(unheard_scores(scored, RECIPES[recipe])) >= FEWEST_UNHEARD
    ]
    return max(allowed, key=lambda recipe: gain(inner[recipe], plain, RECIPES[recipe]))


def mean_scores(folds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean over the outer folds."""
    return {name: float(np.mean([fold[name] for fold in folds])) for name in folds[0]}


def print_table(scored: Mapping[str, Mapping[str, float]], heard: Mapping[str, Sequence[str]]) -> None:
    """Print a row per recipe: clean, phone, families (a mark where heard), and the mean of those not heard."""
    rows = []
    for recipe, values in scored.items():
        unheard = unheard_scores(values, heard[recipe])
        marked = [f"{v:.1f}{'' if family in unheard else ' •'}" for family, v in family_scores(values).items()]
        won = f"{gain(values, scored[PLAIN], heard[recipe]):+.1f}"
        mean = f"{np.mean([*unheard.values()]):.1f}"
        rows.append((recipe, f"{values[CLEAN]:.1f}", f"{values['phone']:.1f}", *marked, mean, won))
    heads = ["recipe", CLEAN, "phone", *family_scores(scored[PLAIN]), "not heard", "gain"]
    print(tabulate(rows, headers=heads, disable_numparse=True))


if __name__ == "__main__":
    main()
