"""How often 95 % intervals over speakers contain the true score: the table of docs/statistics.md.

    python benchmarks/interval_coverage.py [CORPORA]    (default 2000 simulated corpora per row; 15 s)

Each simulated corpus has 60 clips a speaker in eight classes, as RAVDESS has. Recalls vary by speaker and by class of a
speaker, about as those of lda on RAVDESS: UAR is 68 % on new and 77 % on known speakers. Its standard deviation over
speakers is 12 points on new speakers (lda: 13), and that of the gap 8 points (lda: 7).

The true score is the mean over very many speakers. ``percentiles`` are those of the same draws, the usual bootstrap.
The last column asks for the mean score over training sets too, if another training set moves UAR by 2 points (standard
deviation); no interval over test speakers covers that.
"""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt
from tabulate import tabulate

from ser_bench import statistics
from ser_bench.metrics import UAR

Floats = npt.NDArray[np.float64]

SPEAKERS = (2, 3, 4, 5, 6, 8, 10, 12, 24, 48)
CLIPS = np.array([4, 8, 8, 8, 8, 8, 8, 8])
LEVELS = np.array([0.5, 0.9, 0.75, 0.55, 0.8, 0.6, 0.75, 0.75])
TRAINING = 0.02


def main() -> None:
    """Print the table."""
    corpora = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    new, known = recalls(np.random.default_rng(0), 20_000, 24)
    truth = {"score": float(new.mean()), "gap": float((known - new).mean())}
    describe(new, known)
    rows = [row(np.random.default_rng(speakers), speakers, corpora, truth) for speakers in SPEAKERS]
    print(tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True))


def recalls(rng: np.random.Generator, corpora: int, speakers: int) -> tuple[Floats, Floats]:
    """Return each speaker's probability of being recognised by class, as a new and as a known speaker."""
    shape = (corpora, speakers, len(CLIPS))
    level = np.log(LEVELS / (1 - LEVELS))
    voice = level + 0.55 * rng.standard_normal((corpora, speakers, 1)) + 0.7 * rng.standard_normal(shape)
    known = 0.5 + 0.15 * level + 0.85 * voice + 0.1 * rng.standard_normal((corpora, speakers, 1))
    return expit(voice), expit(known)


def row(rng: np.random.Generator, speakers: int, corpora: int, truth: dict[str, float]) -> dict[str, str]:
    """Return coverage and mean width of the intervals of scores and gaps."""
    tallies = [counts(rng, probabilities) for probabilities in recalls(rng, corpora, speakers)]
    weights = statistics.speaker_draws(speakers)
    drawn = [statistics.bootstrap_scores(part, weights, {"uar": UAR.score})["uar"] for part in tallies]
    scores = [statistics.scores_of(part, {"uar": UAR.score})["uar"] for part in tallies]
    columns = {"speakers": str(speakers)}
    for name, values, draws, interval in (
        ("score", scores[0], drawn[0], statistics.score_interval),
        ("gap", scores[1] - scores[0], drawn[1] - drawn[0], statistics.difference_interval),
    ):
        ends = interval(draws, values, speakers, min_speakers=2)
        columns |= {
            f"{name}: percentiles": coverage(np.quantile(draws, [0.025, 0.975], axis=1), truth[name]),
            f"{name}: t": coverage(ends, truth[name]),
            f"{name}: mean width of t": f"{100 * np.mean(ends[1] - ends[0]):.0f} points",
        }
        if name == "score":
            moved = TRAINING * rng.standard_normal(corpora)
            columns["score: t, other training sets"] = coverage(
                interval(draws + moved[:, np.newaxis], values + moved, speakers, min_speakers=2), truth[name]
            )
    return columns


def counts(rng: np.random.Generator, probabilities: Floats) -> statistics.Tallies:
    """Draw the clips that are recognised."""
    hits = rng.binomial(CLIPS, probabilities)
    recorded = np.broadcast_to(CLIPS, hits.shape)
    return statistics.Tallies(hits=hits, recorded=recorded, predicted=recorded)


def coverage(ends: tuple[Floats, Floats] | Floats, truth: float) -> str:
    """Return how many intervals contain the true value."""
    return f"{100 * np.mean((ends[0] <= truth) & (truth <= ends[1])):.0f} %"


def describe(new: Floats, known: Floats) -> None:
    """Print what the simulated speakers are like, with the noise of a speaker's 60 clips."""
    rng = np.random.default_rng(1)
    first, second = ((rng.binomial(CLIPS, part[:500]) / CLIPS).mean(axis=2) for part in (new, known))
    print(f"UAR {100 * first.mean():.0f} % on new speakers and {100 * second.mean():.0f} % on known ones;", end=" ")
    print(f"standard deviation {100 * first.std():.1f} points, of the gap {100 * (second - first).std():.1f} points\n")


def expit(x: Floats) -> Floats:
    """Return the logistic function."""
    probabilities: Floats = 1 / (1 + np.exp(-x))
    return probabilities


if __name__ == "__main__":
    main()
