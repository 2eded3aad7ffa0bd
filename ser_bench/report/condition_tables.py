"""Tables of recording conditions as text, for ``summary.md`` and the terminal; empty for a run without conditions."""

from __future__ import annotations

from collections.abc import Sequence

from ser_bench.core.text import plural
from ser_bench.report.analysis.conditions.robustness import family_scores, robust_families, robust_scores
from ser_bench.report.analysis.conditions.scores import scores_under
from ser_bench.report.analysis.conditions.stability import changed_labels
from ser_bench.report.analysis.conditions.tested import audible_families, has_conditions, heard_families
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.scores import missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.descriptions import HEARD_MARK, model_title, model_titles
from ser_bench.report.formatting import percent, percent_interval
from ser_bench.runs.results import SavedRun


def tested_models(run: SavedRun) -> list[str]:
    """Return the models that tables of conditions show.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        Those with every fold of the split that ranks the models, in the order of the summary; baselines only where the
        run has no other model. Empty for a run without conditions.
    """
    if not has_conditions(run):
        return []
    notes, split = missing_folds(run), ranking_split(run.info.splits)
    finished = [model for model in all_models_ranked(run) if not notes[model, split]]
    return [model for model in finished if model not in BASELINES] or finished


def condition_cells(run: SavedRun) -> dict[str, list[str]]:
    """Return UAR per condition and model under the split that ranks the models.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to list of str
        Columns ``condition`` and ``family``, and one per model; a score of a family that the model heard in training
        has the mark ``HEARD_MARK``.
    """
    models = tested_models(run)
    if not models:
        return {}
    rows = scores_under(run, ranking_split(run.info.splits))
    first = rows.loc[models[0]]
    cells = {"condition": list(map(str, first.index)), "family": list(first["family"])}
    for model in models:
        own = rows.loc[model]
        heard = (own["heard_in_training"] == "yes") & (own["family"] != "")
        cells[model_title(run, model)] = [
            _with_mark(percent(uar), heard=flag) for uar, flag in zip(own["uar"], heard, strict=True)
        ]
    return cells


def family_cells(run: SavedRun, models: Sequence[str]) -> dict[str, list[str]]:
    """Return the mean UAR per family of conditions and model, and the robust score.

    Parameters
    ----------
    run : SavedRun
    models : sequence of str

    Returns
    -------
    dict of str to list of str
        A column of names, and one per model; ``HEARD_MARK`` marks a family that the model heard in training.
    """
    split = ranking_split(run.info.splits)
    families, scores, robust = family_scores(run, split), scores_under(run, split)["uar"], robust_scores(run, split)
    heads = [f"{family}, {plural(len(names), 'condition')}" for family, names in audible_families(run).items()]
    heads = ["clean", *heads]
    cells = {"mean UAR %": [*heads, *(["robust score"] if len(robust) else [])]}
    for model in models:
        heard = heard_families(run, model)
        column = [percent(scores[model, "clean"])]
        column += [_with_mark(percent(value), heard=family in heard) for family, value in families.loc[model].items()]
        cells[model_title(run, model)] = column + ([percent(robust.at[model, "robust"])] if len(robust) else [])
    return cells


def robust_cells(run: SavedRun) -> dict[str, list[str]]:
    """Return the robust score of each model with its interval.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to list of str
        Empty without a family that no model heard in training.
    """
    models = tested_models(run)
    if not models or not robust_families(run).counted:
        return {}
    table = robust_scores(run, ranking_split(run.info.splits)).loc[models]
    ends = zip(table["robust"], table["robust_low"], table["robust_high"], strict=True)
    return {
        "model": model_titles(run, models),
        "clean UAR %": [percent(value) for value in table["clean"]],
        "robust score %": [f"{percent(value)} {percent_interval(low, high)}".rstrip() for value, low, high in ends],
        "heard in training": [", ".join(heard_families(run, model)) for model in models],
    }


def stability_cells(run: SavedRun) -> dict[str, list[str]]:
    """Return the share of labels that change under each inaudible condition, per model.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to list of str
        Empty without an inaudible condition.
    """
    models, table = tested_models(run), changed_labels(run)
    if not models or table.empty:
        return {}
    rows = table[table["split"] == ranking_split(run.info.splits)].set_index(["condition", "model"])
    cells = {"model": model_titles(run, models)}
    for condition in dict.fromkeys(table["condition"]):
        own = rows.loc[condition].loc[models]
        shares = [f"{percent(r.changed)} {percent_interval(r.changed_low, r.changed_high)}" for r in own.itertuples()]
        cells[f"{condition} %"] = [
            _with_mark(share.rstrip(), heard=flag)
            for share, flag in zip(shares, own["heard_in_training"] == "yes", strict=True)
        ]
    return cells


def _with_mark(score: str, *, heard: bool) -> str:
    return f"{HEARD_MARK} {score}" if heard else score
