"""Scores of the models: UAR and calibration on new speakers, EmoBox's folds, and the tutorials' protocol.

    python benchmarks/scores.py DATA_DIR [--models lda,svm] [--config FILE] [--repeats 3]
    python benchmarks/scores.py --run results/ravdess

DATA_DIR holds RAVDESS speech. The first table has the default settings: the mean UAR over repeats (other seeds and
folds) with its spread, the calibration error and the coverage of 90 % prediction sets. ``--run`` prints it from the
folder of a finished run, without fits. The second table has the strongest settings. Its random protocol tests a quarter
of the clips and is repeated eight times. Without ``--config``, EmoBox's folds use the configuration ``strong`` and the
random protocol ``strong-random``.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from tabulate import tabulate

from ser_bench.core import options as config
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.summary import summarise
from ser_bench.runs import results, runner

SPLITS = ("actor", "emobox")
CALIBRATION = {
    "ece_before": "ECE % before calibration",
    "ece": "ECE %",
    "coverage": "coverage of 90 % sets, %",
}
PROTOCOLS = {
    "emobox": ("strong", "uar", {"splits": ("emobox",)}),
    "emobox, speakers normalised": ("strong", "uar", {"splits": ("emobox",), "normalize": "speaker"}),
    "random 75:25, 4 emotions": (
        "strong-random",
        "accuracy",
        {"splits": ("random-75-25",), "emotions": ("calm", "happy", "fearful", "disgust"), "repeats": 8},
    ),
}


def main() -> None:
    """Run each protocol and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path, nargs="?")
    parser.add_argument("--run", type=Path, default=None)
    parser.add_argument("--models", default=None)
    parser.add_argument("--config", default=None)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.run is not None:
        print(defaults_table(arguments.run))
        return
    if arguments.data_dir is None:
        parser.error("name the folder of RAVDESS, or a finished run with --run")
    options = {"data_dir": arguments.data_dir, "models": arguments.models, "repeats": arguments.repeats}
    print(with_run(None, options | {"models": arguments.models or "all", "splits": SPLITS}, defaults_table), end="\n\n")
    columns = {}
    for name, (strongest, measure, changes) in PROTOCOLS.items():
        read = partial(saved_scores, measure=measure)
        columns[f"{name}: {measure} %"] = with_run(arguments.config or strongest, options | changes, read)
    models = [model for model in next(iter(columns.values())) if model not in BASELINES]
    table = {"model": models} | {head: [cells.get(m, "") for m in models] for head, cells in columns.items()}
    print(tabulate(table, headers="keys", disable_numparse=True))


def with_run(configuration: str | None, options: dict[str, Any], read: Callable[[Path], Any]) -> Any:
    """Run on RAVDESS in a temporary folder and return what ``read`` takes from it."""
    with tempfile.TemporaryDirectory() as folder:
        path = config.find_config(configuration) if configuration else None
        values = {"corpus": "ravdess"} | options | {"out": Path(folder)}
        return read(runner.run(config.load(path, values)).folder)


def defaults_table(folder: Path) -> str:
    """Return UAR under each split of :data:`SPLITS`, calibration error and coverage of a finished run."""
    run = results.read_run(folder)
    calibration = pd.read_csv(folder / "calibration.csv").set_index(["model", "split"])
    uars = {split: scores(run, "uar", split) for split in SPLITS if split in run.info.splits}
    rows = []
    for model in sorted(uars[SPLITS[0]], key=lambda name: -float(uars[SPLITS[0]][name].split()[0])):
        measured = calibration.loc[(model, SPLITS[0])] if model not in BASELINES else None
        shares = [f"{100 * measured[name]:.1f}" if measured is not None else "" for name in CALIBRATION]
        rows.append([model, *(cells[model] for cells in uars.values()), *shares])
    heads = ["model", *(f"{split}: UAR %" for split in uars), *(f"{SPLITS[0]}: {t}" for t in CALIBRATION.values())]
    return tabulate(rows, headers=heads, disable_numparse=True)


def saved_scores(folder: Path, measure: str) -> dict[str, str]:
    """Return the scores of a finished run under its first split."""
    run = results.read_run(folder)
    return scores(run, measure, run.info.splits[0])


def scores(run: results.SavedRun, measure: str, split: str) -> dict[str, str]:
    """Return mean and standard deviation over repeats by model, the best first."""
    predictions = run.predictions[run.predictions["split"] == split]
    rows = predictions.assign(right=predictions["true"].astype(str) == predictions["predicted"].astype(str))
    by_repeat = rows.groupby(["model", "repeat"], observed=True)["right"].mean().groupby("model", observed=True).std()
    cells = {}
    for row in summarise(run).to_dict("records"):
        sd = row[f"{split}_uar_sd"] if measure == "uar" else by_repeat.get(row["model"], float("nan"))
        spread = f" ± {100 * sd:.1f}" if sd > 0 else ""  # empty where all repeats predict the same
        cells[row["model"]] = f"{100 * row[f'{split}_{measure}']:.1f}{spread}"
    return cells


if __name__ == "__main__":
    main()
