"""Confidence intervals of scores and significance tests between models, as plain functions over arrays.

Conventions
-----------
The speaker is the unit. Clips of one speaker resemble each other, so a bootstrap over clips gives intervals that are
too narrow; the bootstrap here draws whole speakers (a cluster bootstrap; Davison and Hinkley, Bootstrap Methods and
their Application, 1997, section 3.8), and tests between models compare one score per speaker. Scores of two models
from the same draws are paired, so ``first - second`` are the draws of their difference.

Intervals are t intervals over speakers with the bootstrap's standard error. Percentiles of the draws cover the true
score too rarely: 93 % with 24 speakers instead of 95 %, and 80 % with 4 (``benchmarks/interval_coverage.py``).

Speakers and classes are codes 0, 1, ...; scores are fractions in [0, 1], and higher is better. Scores and their
differences are ranked after rounding to 12 decimals, so that the order of additions cannot decide a rank.
"""

from __future__ import annotations

from ser_bench.statistics.arrays import DECIMALS
from ser_bench.statistics.calibration import (
    BINS,
    Excess,
    Reliability,
    calibration_error,
    excess_by_speaker,
    pooled_calibration_error,
    reliability,
)
from ser_bench.statistics.intervals import (
    MIN_SPEAKERS,
    Estimate,
    Interval,
    difference_interval,
    jackknife_interval,
    positive_interval,
    score_interval,
)
from ser_bench.statistics.pareto import pareto_front
from ser_bench.statistics.proper_scores import (
    LEAST_PROBABILITY,
    SpeakerSums,
    bootstrap_means,
    brier_scores,
    log_losses,
    mean_of_known,
    mean_over_speakers,
    means,
    means_by_speaker,
    sum_by_speaker,
)
from ser_bench.statistics.selection import (
    accuracy_by_coverage,
    area_under_risk,
    binomial_p,
    confidence_auroc,
    prediction_sets,
    selective_scores,
)
from ser_bench.statistics.significance import (
    ALPHA,
    EXACT,
    MAX_ORDERS,
    Friedman,
    cliques,
    corrected_t_test,
    friedman,
    holm,
    mcnemar_exact,
    mean_ranks,
    needed_speakers,
    signed_rank_sums,
    wilcoxon_holm,
)
from ser_bench.statistics.tallies import (
    Score,
    Tallies,
    bootstrap_scores,
    scores_by_speaker,
    scores_of,
    speaker_draws,
    stack,
    tally,
)

__all__ = [
    "ALPHA",
    "BINS",
    "DECIMALS",
    "EXACT",
    "LEAST_PROBABILITY",
    "MAX_ORDERS",
    "MIN_SPEAKERS",
    "Estimate",
    "Excess",
    "Friedman",
    "Interval",
    "Reliability",
    "Score",
    "SpeakerSums",
    "Tallies",
    "accuracy_by_coverage",
    "area_under_risk",
    "binomial_p",
    "bootstrap_means",
    "bootstrap_scores",
    "brier_scores",
    "calibration_error",
    "cliques",
    "confidence_auroc",
    "corrected_t_test",
    "difference_interval",
    "excess_by_speaker",
    "friedman",
    "holm",
    "jackknife_interval",
    "log_losses",
    "mcnemar_exact",
    "mean_of_known",
    "mean_over_speakers",
    "mean_ranks",
    "means",
    "means_by_speaker",
    "needed_speakers",
    "pareto_front",
    "pooled_calibration_error",
    "positive_interval",
    "prediction_sets",
    "reliability",
    "score_interval",
    "scores_by_speaker",
    "scores_of",
    "selective_scores",
    "signed_rank_sums",
    "speaker_draws",
    "stack",
    "sum_by_speaker",
    "tally",
    "wilcoxon_holm",
]
