"""What the pictures of a page share: the scale of scores, and the shape of each speaker's dot."""

from __future__ import annotations

from collections.abc import Iterable

from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.exposure import ranked
from ser_bench.report.analysis.literature import published_scores
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.scores import metrics_of
from ser_bench.report.analysis.speakers import scores_of_speakers
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.page.strips import Scale, shape
from ser_bench.runs.results import SavedRun


@cached_per_run
def gender_shapes(run: SavedRun) -> dict[str, str]:
    """Return the shape of the dots of each gender.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to str
        Classes of the style sheet by gender, in alphabetical order; empty where genders are unknown.
    """
    return shape(sorted({str(gender) for gender in run.clips["gender"] if gender}))


@cached_per_run
def speaker_shapes(run: SavedRun) -> dict[str, str]:
    """Return the shape of each speaker's dot.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to str
        Classes of the style sheet by speaker; without speakers of unknown gender, whose dots are round.
    """
    clips = run.clips.drop_duplicates("speaker").set_index("speaker")
    return {str(speaker): gender_shapes(run)[str(gender)] for speaker, gender in clips["gender"].items() if gender}


def no_rank_note(run: SavedRun, model: str) -> str:
    """Return why the row of a model is grey: it takes no rank under the split that ranks the others.

    Parameters
    ----------
    run : SavedRun
    model : str

    Returns
    -------
    str
        Empty for a model that takes a rank.
    """
    if model in BASELINES:
        return "baseline"
    return "" if ranked(run, [model]) else "no rank"


@cached_per_run
def score_scale(run: SavedRun) -> Scale:
    """Return the scale of scores that all pictures of a page share: it holds every measure, split and speaker.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Scale
    """
    return Scale.of([*_scores(run), *_speakers(run), *published_scores(run)["uar"]])


def _scores(run: SavedRun) -> Iterable[float]:
    table = summarise(run)
    names = [
        f"{split}_{metric}{end}"
        for split in run.info.splits
        for metric in metrics_of(run)
        for end in ("", "_low", "_high")
    ]
    yield from table[names].to_numpy().ravel()


def _speakers(run: SavedRun) -> Iterable[float]:
    for model in run.info.models:
        if model in BASELINES:
            continue
        for split in run.info.splits:
            for values in scores_of_speakers(run, split, model).values():
                yield from values.values()
