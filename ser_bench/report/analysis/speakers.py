"""Every score of each speaker, by model and split."""

from __future__ import annotations

from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.intervals import each_speakers_scores, speaker_tallies
from ser_bench.report.analysis.scores import metrics_of, missing_folds
from ser_bench.runs.results import SavedRun


@cached_per_run
def scores_of_speakers(run: SavedRun, split: str, model: str) -> dict[str, dict[str, float]]:
    """Return the scores of each speaker of a model, by metric and speaker.

    Parameters
    ----------
    run : SavedRun
    split, model : str

    Returns
    -------
    dict of str to dict of str to float
        Means over repeats; empty for a model with a missing fold, and without speakers where they are unknown.
    """
    if missing_folds(run)[model, split]:
        return {}
    tallies = speaker_tallies(run, model, split)
    scores = each_speakers_scores(tallies, metrics_of(run))
    return {
        metric: {speaker: value for speaker, value in zip(tallies[0], values, strict=True) if speaker}
        for metric, values in scores.items()
    }
