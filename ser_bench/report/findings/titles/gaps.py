"""Titles on what splits share with training and on how far a random split overstates models."""

from __future__ import annotations

import pandas as pd

from ser_bench import statistics
from ser_bench.core.text import listed, plural
from ser_bench.report.analysis.exposure import unranked_learners
from ser_bench.report.analysis.gaps import classes_left_out, contrast_interval, gap_classes, gaps_of, ranked_by_gap
from ser_bench.report.analysis.leakage import leakage_by_split
from ser_bench.report.analysis.splits import GapSplits, gap_splits
from ser_bench.report.findings.titles.wording import all_models, points_range, short
from ser_bench.runs.results import SavedRun


def gap_title(run: SavedRun) -> str:
    """State how far the random split overstates the models.

    A model counts as overstated where the interval of its gap is above 0. If not all are, Bonferroni's correction
    counts the models.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "A random split overstates every model, by 4 to 17 points of UAR".
    """
    pair = gap_splits(run)
    if pair is None:
        return "No gap between a random split and new speakers is measured"
    gaps = gaps_of(run, pair).dropna(subset=["total"])
    gaps = gaps[gaps.index.isin(ranked_by_gap(run, pair))]
    if gaps.empty:
        return f"UAR under {short(pair.random)} and under {short(pair.independent)}"
    if gaps[["total_low", "total_high"]].isna().any(axis=None):
        return f"UAR under {short(pair.random)} minus {short(pair.independent)}: {_range(gaps)}"
    return f"{_claim(run, pair, gaps)}{_without(run, pair)}"


def leakage_title(run: SavedRun) -> str:
    """State which splits test speakers from training.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "actor tests new speakers only, random and random-takes known ones".
    """
    table = leakage_by_split(run)
    if table.empty:
        return "What test clips share with training is not known"
    shares = table.set_index("split")["known_speakers"]
    if shares.isna().any():
        return "Speakers are unknown, so it is unknown whether training holds their voices"
    new, known = list(shares.index[shares == 0]), list(shares.index[shares > 0])
    if not known:
        return f"No test speaker of {_names(new)} is in training"
    if not new:
        return f"{_names(known)} {_tests(known)} speakers from training"
    also = "" if (shares[known] == 1).all() else "also "
    return f"{_names(new)} {_tests(new)} new speakers only, {_names(known)} {also}known ones"


def _claim(run: SavedRun, pair: GapSplits, gaps: pd.DataFrame) -> str:
    """Count the models that the random split significantly overstates, with the range of their gaps."""
    models = list(gaps.index)
    if (gaps["total_low"] > 0).all():
        return f"A random split overstates {all_models(run, models)}, by {_range(gaps)} of UAR"
    ends = [_corrected_ends(run, pair, model, len(models)) for model in models]
    noun = "ranked model" if unranked_learners(run) else "model"
    over, under = gaps[[low > 0 for low, _ in ends]], gaps[[high < 0 for _, high in ends]]
    if len(over):
        least = "at least " if len(over) < (gaps["total_low"] > 0).sum() else ""
        count = f"{least}{len(over)} of {plural(len(gaps), noun)}"
        return f"A random split overstates {count} significantly, by {_range(over)} of UAR"
    if len(under):
        count = f"{len(under)} of {plural(len(gaps), noun)}"
        return f"UAR is significantly lower under a random split for {count}"
    any_model = f"any {noun}" if len(gaps) > 1 else all_models(run, models)
    return f"A random split does not overstate {any_model} significantly"


def _corrected_ends(run: SavedRun, pair: GapSplits, model: str, models: int) -> tuple[float, float]:
    """Return the interval of a gap, corrected for the number of models."""
    contrast = {(model, pair.random): 1.0, (model, pair.independent): -1.0}
    return contrast_interval(run, contrast, gap_classes(run, pair), 1 - statistics.ALPHA / models)[1:]


def _range(gaps: pd.DataFrame) -> str:
    return points_range(gaps["total"].min(), gaps["total"].max())


def _without(run: SavedRun, pair: GapSplits) -> str:
    """Count the classes that the gap leaves out; empty for most runs."""
    classes = classes_left_out(run, pair)
    return f", without {short(classes[0]) if len(classes) == 1 else plural(len(classes), 'class')}" if classes else ""


def _names(splits: list[str]) -> str:
    """Name splits; the first two and a count for many."""
    names = [short(split) for split in splits]
    return listed(names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more splits"])


def _tests(splits: list[str]) -> str:
    return "tests" if len(splits) == 1 else "test"
