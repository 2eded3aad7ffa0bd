"""Scores of the models: UAR under EmoBox's folds, with and without speaker normalisation, and the tutorials' protocol.

    python benchmarks/scores.py DATA_DIR [--models lda,svm] [--config FILE] [--repeats 3]

DATA_DIR holds RAVDESS speech. Prints the mean over repeats (other seeds for models and random folds) and its spread.
The random protocol tests a quarter of the clips and is repeated eight times. Without ``--config``, EmoBox's folds use
the configuration ``strong`` and the random protocol ``strong-random``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tabulate import tabulate

from ser_bench.core import options as config
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.summary import summarise
from ser_bench.runs import results, runner

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
    """Run each protocol and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--models", default=None)
    parser.add_argument("--config", default=None)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    columns: dict[str, dict[str, str]] = {}
    for name, (strongest, measure, options) in PROTOCOLS.items():
        with tempfile.TemporaryDirectory() as folder:
            values = {
                "corpus": "ravdess",
                "data_dir": arguments.data_dir,
                "models": arguments.models,
                "repeats": arguments.repeats,
            }
            outcome = runner.run(
                config.load(config.find_config(arguments.config or strongest), values | options | {"out": Path(folder)})
            )
            columns[f"{name}: {measure} %"] = scores(results.read_run(outcome.folder), measure)
    models = [model for model in next(iter(columns.values())) if model not in BASELINES]
    table = {"model": models} | {head: [cells.get(m, "") for m in models] for head, cells in columns.items()}
    print(tabulate(table, headers="keys", disable_numparse=True))


def scores(run: results.SavedRun, measure: str) -> dict[str, str]:
    """Return mean and standard deviation over repeats by model, the best first."""
    split = run.info.splits[0]
    rows = run.predictions.assign(right=run.predictions["true"].astype(str) == run.predictions["predicted"].astype(str))
    by_repeat = rows.groupby(["model", "repeat"], observed=True)["right"].mean().groupby("model", observed=True).std()
    cells = {}
    for row in summarise(run).to_dict("records"):
        sd = row[f"{split}_uar_sd"] if measure == "uar" else by_repeat.get(row["model"], float("nan"))
        spread = f" ± {100 * sd:.1f}" if sd > 0 else ""  # empty where all repeats predict the same
        cells[row["model"]] = f"{100 * row[f'{split}_{measure}']:.1f}{spread}"
    return cells


if __name__ == "__main__":
    main()
