"""How often intervals of the calibration error contain the true error: the table of decision 76.

    python benchmarks/calibration_error.py [CORPORA]    (default 250 simulated corpora per row; 10 s)

Each simulated corpus has 60 clips a speaker. A clip is right with a probability that varies over clips and voices. The
confidence of a model with temperature 1 equals it over all voices; higher temperatures are overconfident.
"""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt
from tabulate import tabulate

from ser_bench import statistics

Floats = npt.NDArray[np.float64]

SPEAKERS, TEMPERATURES = (6, 24, 91), (1.0, 1.2, 1.5, 3.0)
CLIPS, VOICES = 60, 0.5


def main() -> None:
    """Print the table."""
    corpora = int(sys.argv[1]) if len(sys.argv) > 1 else 250
    rows = [row(speakers, temperature, corpora) for speakers in SPEAKERS for temperature in TEMPERATURES]
    print(tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True))
    confidence, right = next(simulate(np.random.default_rng(1), 24, 1.0, 1))
    errors = {bins: statistics.reliability(confidence, right, bins).perfect for bins in (5, 10, 15)}
    print(*(f"perfectly calibrated, {bins} bins: {100 * error:.1f}" for bins, error in errors.items()), sep="\n")


def row(speakers: int, temperature: float, corpora: int) -> dict[str, str]:
    """Return the true error, and the mean error, interval and coverage over corpora."""
    logits = np.random.default_rng(9).normal(0.9, 1.4, 400_000)
    true = float(np.abs(expit(logits) - expit(temperature * logits)).mean())
    codes, draws = np.repeat(np.arange(speakers), CLIPS), statistics.speaker_draws(speakers)
    results = []
    for confidence, right in simulate(np.random.default_rng(5), speakers, temperature, corpora):
        excess = statistics.excess_by_speaker(confidence, right, codes, speakers)
        results.append(statistics.pooled_calibration_error([excess], draws))
    value, low, high = np.array(results).T
    return {
        "speakers": str(speakers),
        "true error": f"{100 * true:.1f}",
        "mean ECE": f"{100 * value.mean():.1f}",
        "mean interval": f"{100 * low.mean():.1f} to {100 * high.mean():.1f}",
        "interval covers": f"{100 * np.mean((low <= true) & (true <= high)):.0f} %",
        "t interval around ECE covers": f"{100 * np.mean((2 * value - high <= true) & (true <= high)):.0f} %",
    }


def simulate(rng: np.random.Generator, speakers: int, temperature: float, corpora: int) -> zip[tuple[Floats, Floats]]:
    """Return confidence and hits per clip of each corpus."""
    logits = rng.normal(0.9, 1.4, (corpora, speakers, CLIPS))
    voice = VOICES * rng.standard_normal((corpora, speakers, 1))
    chance = expit(logits * np.sqrt(1 + 0.346 * VOICES**2) + voice)  # its mean over voices is about expit(logits)
    right = (rng.random(chance.shape) < chance).reshape(corpora, -1)
    return zip(expit(temperature * logits).reshape(corpora, -1), right, strict=True)


def expit(x: Floats) -> Floats:
    """Return the logistic function."""
    return 1 / (1 + np.exp(-x))


if __name__ == "__main__":
    main()
