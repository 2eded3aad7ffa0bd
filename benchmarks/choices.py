"""UAR of LDA with groups of feature columns added to the default set, under EmoBox's folds.

    python benchmarks/choices.py DATA_DIR [--normalize speaker]

DATA_DIR holds RAVDESS speech. In each outer fold every choice is scored on four inner folds of whole training actors.
The last row scores, on the held-out actors, the choice with the highest inner UAR of each outer fold.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from sklearn.metrics import recall_score
from tabulate import tabulate

from ser_bench import models, splits
from ser_bench.core import options as config
from ser_bench.core.places import default_store
from ser_bench.core.progress import NoProgress
from ser_bench.features import FEATURE_SETS
from ser_bench.features.sets.functionals import FORMANTS, QUALITY
from ser_bench.runs import plan
from ser_bench.runs.data import extract_data
from ser_bench.runs.inputs import open_corpus
from ser_bench.store import FeatureStore
from ser_bench.store import matrix as matrices

PARTS = {
    "voice quality": tuple(f"{name}_" for name in (*FORMANTS, *QUALITY)),
    "unvoiced frames": ("unvoiced_",),
    "contours together": ("correlation_",),
    "treble": FEATURE_SETS["treble"].columns,
}
CHOICES = {
    "none of the four": (),
    **{f"and {part}": (part,) for part in PARTS},
    "functionals (the first three)": tuple(PARTS)[:3],
    "functionals+treble (all four)": tuple(PARTS),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--normalize", default="none", choices=["none", "speaker"])
    arguments = parser.parse_args()
    columns, parts, clips = load(arguments.data_dir, arguments.normalize)
    y, speakers = clips["label"].to_numpy(str), clips["speaker"].to_numpy(str)
    outer = splits.make_folds("emobox", clips.reset_index(drop=True), splits.FoldSettings(6, 0, 0))
    inside = {choice: [] for choice in CHOICES}
    predicted = {choice: y.copy() for choice in (*CHOICES, "chosen inside each fold")}
    for number, fold in enumerate(outer):
        train, test = (clips.index.get_indexer(list(keys)) for keys in (fold.train, fold.test))
        for choice, included in CHOICES.items():
            mask = chosen_columns(columns, included)
            inside[choice].append(inner_uar(parts, mask, train, y, speakers, seed=number))
            predicted[choice][test] = fit_predict(parts, mask, train, test, y)
        best = max(CHOICES, key=lambda choice: inside[choice][-1])
        predicted["chosen inside each fold"][test] = predicted[best][test]
        print(f"fold {number + 1}: {best}")
    rows = [
        (choice, f"{100 * np.mean(inside[choice]):.1f}" if choice in inside else "", f"{100 * uar(y, labels):.1f}")
        for choice, labels in predicted.items()
    ]
    print(tabulate(rows, headers=["columns", "inner folds, UAR %", "outer folds, UAR %"], disable_numparse=True))


def load(data_dir: Path, normalize: str) -> tuple[list[str], list[np.ndarray], object]:
    """Return the names of columns, a feature matrix ``(n, d)`` per speed (the recorded one first), and the clips."""
    values = {"corpus": "ravdess", "data_dir": data_dir, "models": "lda", "features": "functionals+treble"}
    options = config.load(None, values | {"splits": ("emobox",)})
    model = plan.plan_models(options)[0]
    store = default_store().absolute()
    opened = open_corpus(options, NoProgress())
    _, data = extract_data(opened, plan.required_sets([model]), options, store, NoProgress())
    parts = [matrices.assemble(data.clips, sets, FeatureStore(store)) for sets in model.all_sets]
    if normalize == "speaker":
        parts = [matrices.standardize_speakers(X, data.clips["speaker"].to_numpy(str)) for X in parts]
    return [column for s in model.sets for column in s.columns], parts, data.clips


def chosen_columns(columns: list[str], included: tuple[str, ...]) -> np.ndarray:
    """Return a mask of the columns without the parts that are not included, bool ``(d,)``."""
    dropped = tuple(start for part, starts in PARTS.items() if part not in included for start in starts)
    return np.array([not column.startswith(dropped) if dropped else True for column in columns])


def fit_predict(parts: list[np.ndarray], mask: np.ndarray, train: np.ndarray, test: np.ndarray, y: np.ndarray):
    """Fit the default LDA on training clips at all speeds and predict the test clips at the recorded speed."""
    X = np.concatenate([part[train][:, mask] for part in parts])
    fitted = models.fit(models.get("lda"), models.build("lda"), X, np.tile(y[train], len(parts)))
    return fitted.predict(parts[0][test][:, mask])


def inner_uar(parts: list[np.ndarray], mask: np.ndarray, train: np.ndarray, y, speakers, seed: int) -> float:
    """Return the UAR over four inner folds of whole training speakers."""
    known = np.random.RandomState(seed).permutation(np.unique(speakers[train]))
    predicted = y.copy()
    for part in range(4):
        held_out = np.isin(speakers[train], known[part::4])
        predicted[train[held_out]] = fit_predict(parts, mask, train[~held_out], train[held_out], y)
    return uar(y[train], predicted[train])


def uar(true: np.ndarray, predicted: np.ndarray) -> float:
    """Return the mean recall over classes."""
    return float(recall_score(true, predicted, average="macro"))


if __name__ == "__main__":
    main()
