"""What recording conditions cost: a row per family, a small picture per kind, and every score in folded tables."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ser_bench.audio.conditions import CLEAN
from ser_bench.core.text import listed, plural
from ser_bench.report.analysis.conditions.leaders import compared_model, leading_models
from ser_bench.report.analysis.conditions.robustness import family_scores, robust_families, robust_scores
from ser_bench.report.analysis.conditions.scores import condition_matrix
from ser_bench.report.analysis.conditions.tested import (
    audible_conditions,
    audible_families,
    has_conditions,
    heard_families,
)
from ser_bench.report.analysis.conditions.weaknesses import steepest_kind
from ser_bench.report.analysis.ranking import ranked_models
from ser_bench.report.analysis.scores import chance_levels, missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.descriptions import HEARD_MARK, HEARD_NOTE, model_title
from ser_bench.report.findings.conditions import (
    collapse_sentences,
    condition_notes,
    ranking_sentence,
    robust_sentences,
    stability_sentence,
    worst_sentence,
)
from ser_bench.report.findings.titles import levels_title, stability_title
from ser_bench.report.formatting import percent, percent_interval
from ser_bench.report.page.pictures.conditions import level_plots
from ser_bench.report.page.pictures.series import MOST_SERIES, series
from ser_bench.report.page.plots.picture import Panel, panel
from ser_bench.report.page.sections.condition_tables import (
    collapse_table,
    heat_table,
    loss_table,
    marked_score,
    stability_table,
)
from ser_bench.report.page.strips import HEIGHT, Scale, StripRow, Strips, bars, dots, line, marks
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun

_MOST_PANELS = 4
"""The most pictures of levels that the page does not fold."""


@dataclass(frozen=True)
class ConditionsReport:
    """The section on recording conditions.

    Parameters
    ----------
    lead : str
        What the worst common condition costs the best model; empty if unknown.
    collapses, comparisons, notes : tuple of str
        The label that predictions become, how models compare, and what the run leaves out.
    families : Strips or None
        UAR per family of conditions; None if no model has a score.
    main : Table
        A row per model: UAR on clean clips, robust score, and the lowest UAR.
    key : tuple of (str, str)
        The looks of the lines in the small pictures, empty without any.
    first, others : tuple of Panel
        UAR against the level: a picture per family, and those of its other kinds.
    levels_title : str
        What they find.
    scores, losses : Table
        UAR of every model under every condition, and losses of the leading models with intervals.
    collapse : Table or None
        What predictions become under the hardest condition of each model.
    stability : Table or None
        Changed labels; None for a run without an inaudible condition.
    stability_title, changed : str
        What that table finds, as a heading and as a sentence.
    """

    lead: str
    collapses: tuple[str, ...]
    comparisons: tuple[str, ...]
    notes: tuple[str, ...]
    families: Strips | None
    main: Table
    key: tuple[tuple[str, str], ...]
    first: tuple[Panel, ...]
    others: tuple[Panel, ...]
    levels_title: str
    scores: Table
    losses: Table
    collapse: Table | None
    stability: Table | None
    stability_title: str
    changed: str


def conditions_report(run: SavedRun) -> ConditionsReport | None:
    """Return what recording conditions cost, under the split that ranks the models.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    ConditionsReport or None
        None for a run without conditions, or of baselines only.
    """
    if not (has_conditions(run) and ranked_models(run)):
        return None
    first, others = _panels(run)
    stability = stability_table(run)
    return ConditionsReport(
        lead=worst_sentence(run),
        collapses=tuple(collapse_sentences(run)),
        comparisons=(*robust_sentences(run), *filter(None, [ranking_sentence(run)])),
        notes=tuple(condition_notes(run)),
        families=_families(run),
        main=_main(run),
        key=_key(run) if first else (),
        first=first,
        others=others,
        levels_title=levels_title(run) if first else "",
        scores=heat_table(run),
        losses=loss_table(run),
        collapse=collapse_table(run),
        stability=stability,
        stability_title=stability_title(run) if stability else "",
        changed=stability_sentence(run),
    )


def _panels(run: SavedRun) -> tuple[tuple[Panel, ...], tuple[Panel, ...]]:
    """Draw UAR against levels: a kind of each of a few families, and the others, which the page folds.

    The kind that the title names comes first.
    """
    first, others = dict[str, Panel](), list[Panel]()
    steepest = steepest_kind(run)
    for kind, plot in sorted(level_plots(run).items(), key=lambda item: item[0] != steepest):
        drawn = panel(plot, f"{kind.family}: {kind.name}", "")
        if kind.family in first or len(first) == _MOST_PANELS:
            others.append(drawn)
        else:
            first[kind.family] = drawn
    return tuple(first.values()), tuple(others)


def _key(run: SavedRun) -> tuple[tuple[str, str], ...]:
    """Return the looks of the lines in the small pictures."""
    leaders = leading_models(run, MOST_SERIES)
    named = [(f"line {series(index).kind}", model_title(run, model)) for index, model in enumerate(leaders)]
    others = [("line faint", "other models")] if len(ranked_models(run)) > len(leaders) else []
    return (*named, *others, ("line diagonal", f"chance, {percent(chance_levels(run)['uar'])} %"))


def _families(run: SavedRun) -> Strips | None:
    """Return the picture of families: the mean UAR of the best model, and of the model beside it."""
    split = ranking_split(run.info.splits)
    table, shown = condition_matrix(run, split), _compared_models(run)
    if not shown:
        return None
    families = {"": (CLEAN,), **audible_families(run)}
    names = [name for conditions in families.values() for name in conditions]
    chance = chance_levels(run)["uar"]
    scale = Scale.of([chance, *map(float, table.loc[shown, [CLEAN, *names]].to_numpy().ravel())])
    rows = [_family_row(run, table.loc[shown], family, names, scale) for family, names in families.items()]
    titles = [model_title(run, model) for model in shown]
    columns = [Column(titles[0], under="mean, %"), Column("lowest", under=f"of {titles[0]}")]
    legend = [("dot", f"{titles[0]}: mean of the conditions"), ("speakers", f"{titles[0]}: one condition")]
    if len(shown) > 1:
        columns.append(Column(titles[1], under="mean, %"))
        legend.append(("group square", f"{titles[1]}: mean of the conditions"))
    legend.append(("chance", f"chance, {percent(chance)} %"))
    heard = any(family in heard_families(run, model) for model in shown for family in families)
    return Strips(
        "condition-families",
        f"UAR by family of conditions under the {split} split",
        "UAR, %",
        scale,
        tuple(columns),
        tuple(rows),
        tuple(legend),
        note=f"{HEARD_NOTE}." if heard else "",
        first="family",
    )


def _compared_models(run: SavedRun) -> list[str]:
    """Return the best model on clean clips and, where it is another one, :func:`compared_model`."""
    return list(dict.fromkeys([*leading_models(run, 2)[:1], *filter(None, [compared_model(run)])]))


def _family_row(run: SavedRun, table: pd.DataFrame, family: str, names: tuple[str, ...], scale: Scale) -> StripRow:
    """Return the row of a family, or of clean clips."""
    first, *second = table.index
    values = table.loc[first, list(names)].astype("float64")
    scores = family_scores(run, ranking_split(run.info.splits))
    means = [float(scores.at[model, family] if family else table.at[model, CLEAN]) for model in table.index]
    lowest = values.idxmin() if values.notna().any() else ""
    pictures = marks(
        ("chance", bars(scale, [chance_levels(run)["uar"]], 0, HEIGHT)),
        ("gap", line(scale, float(values.min()), float(values.max())) if len(names) > 1 else ""),
        ("speakers", bars(scale, values) if len(names) > 1 else ""),
        ("group square", dots(scale, means[1:])),
        ("dot", dots(scale, means[:1])),
    )
    low = marked_score(run, str(first), family, float(values.min()), str(lowest)) if family else Cell("")
    cells = [marked_score(run, str(first), family, means[0]), low]
    cells += [marked_score(run, str(model), family, mean) for model, mean in zip(second, means[1:], strict=True)]
    words = [f"{model_title(run, str(m))} {percent(v)} %" for m, v in zip(table.index, means, strict=True)]
    head = Cell(family, note=plural(len(names), "condition")) if family else Cell(CLEAN)
    ends = f", lowest {lowest} {percent(float(values.min()))} %" if family else ""
    mean = "mean of " if len(names) > 1 else ""
    return StripRow(head, pictures, tuple(cells), "", "", f"{head.text}: {mean}{', '.join(words)}{ends}")


def _main(run: SavedRun) -> Table:
    """Return UAR on clean clips, the robust score and the lowest UAR of each model."""
    split, counted = ranking_split(run.info.splits), robust_families(run).counted
    robust, notes = robust_scores(run, split), missing_folds(run)
    audible = {condition.name: condition.family for condition in audible_conditions(run)}
    table = condition_matrix(run, split)
    columns = [Column("model", numeric=False), Column(CLEAN, under="UAR %")]
    columns += [Column("robust", under="UAR %")] if counted else []
    columns += [Column("lowest", under="UAR %")] if audible else []
    rows = []
    for model in ranked_models(run):
        clean = float(table.at[model, CLEAN])
        cells = [_head(run, model), number(clean, notes[model, split] or percent(clean))]
        if counted:
            score = robust.loc[model]
            interval = percent_interval(score["robust_low"], score["robust_high"])
            cells.append(number(float(score["robust"]), percent(float(score["robust"])), interval))
        if audible:
            values = table.loc[model, list(audible)].astype("float64")
            lowest = str(values.idxmin()) if values.notna().any() else ""
            cells.append(marked_score(run, model, audible.get(lowest, ""), float(values.min()), lowest))
        rows.append(Row(tuple(cells), model=model))
    return Table("UAR on clean clips and under conditions", tuple(columns), tuple(rows), kind="slim")


def _head(run: SavedRun, model: str) -> Cell:
    """Return the name of a model with the families that it heard in training."""
    heard = heard_families(run, model)
    return Cell(model_title(run, model), note=f"{HEARD_MARK} heard {listed(heard)}" if heard else "")
