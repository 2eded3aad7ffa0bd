"""Words that titles share: the model that they are about, short names, and numbers with few digits."""

from __future__ import annotations

from collections.abc import Sequence

from ser_bench.report.analysis.conditions.tested import has_conditions
from ser_bench.report.analysis.exposure import ranked_learners, unranked_learners
from ser_bench.report.analysis.leakage import known_speaker_share, speakers_known
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.descriptions import model_title, shortened_title
from ser_bench.report.findings.exposure import every_other_model, no_ranked_model
from ser_bench.report.formatting import capitalised
from ser_bench.runs.results import SavedRun

MOST_LETTERS = 20
"""The most letters of a name in a title."""


def no_model(run: SavedRun, consequence: str) -> str:
    """State why no model has a score, and what follows.

    Parameters
    ----------
    run : SavedRun
    consequence : str
        A clause, such as "no model is ranked".

    Returns
    -------
    str
    """
    if not trained_models(run):
        return f"The run has baselines only, so {consequence}"
    if heard := no_ranked_model(run):
        return f"{capitalised(heard)}, so {consequence}"
    return f"No model finished every fold of the {short(ranking_split(run.info.splits))} split, so {consequence}"


def on_clean(run: SavedRun) -> str:
    """Return " on clean clips" for a run that also tested recording conditions, else an empty text.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
    """
    return " on clean clips" if has_conditions(run) else ""


def name_of(run: SavedRun, model: str) -> str:
    """Return the name of a model with its marks, shortened for a title.

    Parameters
    ----------
    run : SavedRun
    model : str

    Returns
    -------
    str
    """
    return shortened_title(model_title(run, model), MOST_LETTERS)


def short(name: object) -> str:
    """Shorten the name of a speaker, class, group or split for a title: both ends stay, since names differ there.

    Parameters
    ----------
    name : object

    Returns
    -------
    str
    """
    text = str(name)
    half = MOST_LETTERS // 2
    return text if len(text) <= MOST_LETTERS else f"{text[: half - 1]}…{text[-half:]}"


def all_models(run: SavedRun, models: Sequence[str]) -> str:
    """Name all models that a title counts.

    Parameters
    ----------
    run : SavedRun
    models : sequence of str
        At least one.

    Returns
    -------
    str
        The name of a single model; "every model", or their number where others of the run have no score. "Ranked" where
        others take no rank.
    """
    if len(models) == 1:
        return name_of(run, models[0])
    ranked = "ranked " if unranked_learners(run) else ""
    if len(models) == len(ranked_learners(run)):
        return f"every {ranked}model"
    return f"{'both' if len(models) == 2 else f'all {len(models)}'} {ranked}models with a score"


def every_other(run: SavedRun, models: Sequence[str]) -> str:
    """Name the other models that a title compares the best one with.

    Parameters
    ----------
    run : SavedRun
    models : sequence of str
        All compared models.

    Returns
    -------
    str
    """
    text = every_other_model(run)
    return text if len(models) == len(ranked_learners(run)) else f"{text} with a score"


def subject(run: SavedRun, count: int, models: Sequence[str], verb: str) -> str:
    """Write how many of the models do something, the start of a sentence.

    Parameters
    ----------
    run : SavedRun
    count : int
        At least 1.
    models : sequence of str
        The models that a title counts.
    verb : str
        Its plural.

    Returns
    -------
    str
        Such as "Every model takes", "3 of 12 models take" or "svm takes" for a single model.
    """
    if count < len(models):
        return f"{count} of {len(models)} models {verb}{'s' if count == 1 else ''}"
    text = all_models(run, models)
    start = text if len(models) == 1 else capitalised(text)
    return f"{start} {verb if text.endswith('with a score') and len(models) > 1 else f'{verb}s'}"


def under_split(run: SavedRun) -> str:
    """Write what the test clips are to the models under the split that ranks models.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        "on new speakers", or the split where some speakers are known from training or unknown.
    """
    return "on new speakers" if tests_new_speakers(run) else f"under the {short(ranking_split(run.info.splits))} split"


def tests_new_speakers(run: SavedRun) -> bool:
    """Return whether the split that ranks models tests only speakers that are not in training.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    bool
    """
    return speakers_known(run) and known_speaker_share(run, ranking_split(run.info.splits)) == 0


def percents(*fractions: float) -> list[str]:
    """Write fractions as percentages with the fewest digits that keep different ones apart.

    Parameters
    ----------
    *fractions : float

    Returns
    -------
    list of str
        Without digits after the point, else one digit: where two would look equal, or one would look like 0 or 100.
    """
    values = [100 * fraction for fraction in fractions]
    whole, tenths = ([f"{round(value, digits) + 0.0:.{digits}f}" for value in values] for digits in (0, 1))
    exact = all(t not in ("0", "100") or abs(v - float(t)) < 1e-9 for t, v in zip(whole, values, strict=True))
    return whole if exact and len(set(whole)) == len(set(tenths)) else tenths


def from_to(low: float, high: float) -> str:
    """Write a range of fractions in percent or points.

    Parameters
    ----------
    low, high : float

    Returns
    -------
    str
        Such as "4 to 17"; one number for equal ends.
    """
    first, last = percents(low, high)
    return first if first == last else f"{first} to {last}"


def points_range(low: float, high: float) -> str:
    """Write a range of differences in points.

    Parameters
    ----------
    low, high : float
        Fractions.

    Returns
    -------
    str
        Such as "4 to 17 points" or "1 point".
    """
    text = from_to(low, high)
    return f"{text} point" if text == "1" else f"{text} points"
