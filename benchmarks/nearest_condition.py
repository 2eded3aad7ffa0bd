"""Which recording condition clips sound like: the table of docs/decisions/97-nearest-condition.md.

    python benchmarks/nearest_condition.py RAVDESS [--jobs N]

The descriptors are measured on training clips of 20 actors of RAVDESS. The rows are clips of the four other actors
under each listed condition: the share of clips that sound like one of its family, and like none; then the same where
the model was tested without the family, and on clean clips only. No model is trained.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from tabulate import tabulate

import ser_bench
from ser_bench.audio import conditions
from ser_bench.audio.conditions import CLEAN, Condition
from ser_bench.audio.descriptors import VERSION
from ser_bench.core.console import Console
from ser_bench.deploy import condition_sample, content
from ser_bench.deploy.condition_sample import Sample
from ser_bench.deploy.manifest import ConditionScore, ConditionsInfo
from ser_bench.deploy.sounds import SoundDetector

ACTORS = ("21", "22", "23", "24")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ravdess", type=Path)
    parser.add_argument("--jobs", type=int)
    arguments = parser.parse_args()
    clips = ser_bench.load_corpus("ravdess", arguments.ravdess).clips.sort_values("speaker", kind="stable")
    held_out = clips["speaker"].isin(ACTORS)
    tested = {name: condition for name, condition in conditions.listed().items() if condition.kind.audible}
    train, test = (
        condition_sample.measure(part["path"].tolist(), [*tested.values()], None, arguments.jobs, Console())
        for part in (clips[~held_out], clips[held_out])
    )
    rows = [row(name, test[name], train, tested) for name in test]
    print(tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True))


def row(name: str, sample: Sample, train: dict[str, Sample], tested: dict[str, Condition]) -> dict[str, str]:
    """Return the shares of the clips under a condition in percent."""
    family = tested[name].family if name in tested else ""
    everything = detector(train, tested)
    others = detector(train, {k: condition for k, condition in tested.items() if condition.family != family})
    only_clean = detector(train, {})
    nearest = [everything.nearest(vector) for vector in sample.vectors]
    counts = np.unique([near.condition.name for near in nearest], return_counts=True)
    return {
        "clips": name,
        "family": percent(near.condition.family == family for near in nearest),
        "unlike all": percent(not near.like for near in nearest),
        "nearest": str(counts[0][np.argmax(counts[1])]),
        "family not tested: unlike all": percent_unlike(others, sample.vectors, name != CLEAN),
        "clean only: unlike": percent_unlike(only_clean, sample.vectors, True),
    }


def detector(train: dict[str, Sample], tested: dict[str, Condition]) -> SoundDetector:
    """Return the detector of a model that was tested under conditions."""
    chosen = {name: train[name] for name in (CLEAN, *tested)}
    described = condition_sample.describe(chosen, content.recognised_order(tested))
    unknown = {"phrase": "", "heard": False, "clips": 1, "uar": 0.5, "low": None, "high": None}
    scores = [
        ConditionScore(name=name, family=tested[name].family if name in tested else "", **unknown, **described[name])
        for name in chosen
    ]
    return SoundDetector(ConditionsInfo(descriptors=VERSION, tested=scores))


def percent_unlike(detector: SoundDetector, vectors: np.ndarray, applies: bool) -> str:
    """Return the share of clips that are unlike every condition."""
    return percent(not detector.nearest(vector).like for vector in vectors) if applies else ""


def percent(values: Iterable[bool]) -> str:
    """Return the share of true values."""
    return f"{100 * np.mean(list(values)):.0f}"


if __name__ == "__main__":
    main()
