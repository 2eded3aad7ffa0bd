"""How many parts of the speakers cross-fitting should hold out: the table of docs/decisions/72-calibration.md.

    python benchmarks/calibration.py DATA_DIR [--models lda,svm,knn,tree] [--folds 1]

DATA_DIR holds RAVDESS speech. In each outer fold of ``actor``, the training actors are divided into four parts; each
part is predicted by a model that is fitted and calibrated on the other three. No outer test clip is used.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from tabulate import tabulate

from ser_bench import models, splits, statistics
from ser_bench.core import options as config
from ser_bench.core.places import default_store
from ser_bench.core.progress import NoProgress
from ser_bench.models import calibration
from ser_bench.runs import plan
from ser_bench.runs.data import RunData, extract_data
from ser_bench.runs.inputs import open_corpus
from ser_bench.store import FeatureStore
from ser_bench.store import matrix as matrices

SCHEMES = ((3, 3), (5, 5), (8, 2), (8, 4), (8, 8))
"""Numbers of parts, and how many of them are held out."""


def main() -> None:
    """Print a row per model and scheme."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--models", default="lda,svm,knn,tree")
    parser.add_argument("--folds", type=int, default=1)
    arguments = parser.parse_args()
    rows = []
    for name in arguments.models.split(","):
        model, parts, data = load(arguments.data_dir, name)
        outer = splits.make_folds("actor", data.clips.reset_index(drop=True), splits.FoldSettings(6, 0, 0))
        train = [data.row_numbers(fold.train) for fold in outer[: arguments.folds]]
        rows += [measure(model, parts, data, train, scheme) for scheme in SCHEMES]
    print(tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True))


def load(data_dir: Path, name: str) -> tuple[models.Model, list[np.ndarray], RunData]:
    """Return a model with its features at each speed (the recorded one first) and the clips."""
    options = config.load(None, {"corpus": "ravdess", "data_dir": data_dir, "models": name, "splits": ("actor",)})
    planned = next(model for model in plan.plan_models(options) if model.name == name)
    store = default_store().absolute()
    opened = open_corpus(options, NoProgress())
    _, data = extract_data(opened, plan.required_sets([planned]), options, store, NoProgress())
    parts = [matrices.assemble(data.clips, sets, FeatureStore(store)) for sets in planned.all_sets]
    return planned.definition, parts, data


def measure(
    model: models.Model, parts: list[np.ndarray], data: RunData, outer: list[np.ndarray], scheme: tuple[int, int]
) -> dict[str, str]:
    """Return the row of a scheme."""
    calibration.PARTS = scheme[0]
    tested, covered, losses, seconds = [], [], [], []
    for number, rows in enumerate(outer):
        known = np.random.RandomState(number).permutation(np.unique(data.groups[rows]))
        for part in range(4):
            held_out = np.isin(data.groups[rows], known[part::4])
            start = time.process_time()
            fitted = fit(model, parts, data, rows[~held_out], scheme[1])
            seconds.append(time.process_time() - start)
            p = models.aligned_proba(fitted, parts[0][rows[held_out]], data.labels)
            codes = np.array([data.labels.index(label) for label in data.y[rows[held_out]]])
            tested.append((p.max(axis=1), p.argmax(axis=1) == codes, data.groups[rows[held_out]]))
            losses.append(statistics.log_losses(p, codes))
            covered.append(fitted.prediction_sets(p)[np.arange(len(p)), codes])
    confidence, right, speakers = (np.concatenate(values) for values in zip(*tested, strict=True))
    return {
        "model": model.name,
        "parts": str(scheme[0]),
        "held out": str(scheme[1]),
        "confidence − accuracy": f"{100 * (confidence.mean() - right.mean()):+.1f}",
        "ECE": f"{100 * statistics.calibration_error(confidence, right, speakers).value:.1f}",
        "log loss": f"{np.concatenate(losses).mean():.3f}",
        "coverage": f"{100 * np.concatenate(covered).mean():.1f} %",
        "CPU s": f"{np.mean(seconds):.1f}",
    }


def fit(model: models.Model, parts: list[np.ndarray], data: RunData, rows: np.ndarray, held_out_parts: int):
    """Fit a calibrated model on clips at all speeds."""
    estimator = model.estimator(0, model.parameters).set_params(held_out_parts=held_out_parts)
    X, copies = np.concatenate([part[rows] for part in parts]), len(parts)
    y, speakers = (np.tile(values[rows], copies) for values in (data.y, data.groups))
    return models.fit(model, estimator, X, y, speakers, originals=np.arange(len(X)) < len(rows))


if __name__ == "__main__":
    main()
