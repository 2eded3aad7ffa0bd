"""The method: the splits of a run, the definitions of its metrics, and how scores are computed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ser_bench import splits
from ser_bench.core.errors import UnknownNameError
from ser_bench.metrics import METRICS
from ser_bench.models import MODELS
from ser_bench.report.analysis.intervals import DRAWS, MIN_SPEAKERS
from ser_bench.report.analysis.leakage import known_speaker_share
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.scores import page_metrics
from ser_bench.report.descriptions import model_title, normalisation_note, quick_parameters, speaker_note
from ser_bench.report.formatting import capitalised, percent, plain_value
from ser_bench.report.page.sections.glossary import Term, glossary
from ser_bench.report.page.sections.pretrained import pretrained_table
from ser_bench.report.page.tables import Column, Row, Table, number, texts
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class Method:
    """The section of the method.

    Parameters
    ----------
    terms : tuple of (str, str)
        The glossary.
    repeats : bool
        Whether scores are averaged over repeats.
    splits, models : Table
    pretrained : Table or None
        The feature sets with a licence or a pretrained network; None without any.
    metrics : tuple of (str, str)
        Titles and definitions.
    quick : str
        What quick effort changes; empty without it.
    speaker_note : str
        What is taken for granted about speakers; empty for one corpus.
    transductive : bool
        Whether features are normalised by the test speakers' own clips.
    draws, min_speakers : int
        Of the intervals.
    """

    terms: tuple[Term, ...]
    repeats: bool
    splits: Table
    models: Table
    pretrained: Table | None
    metrics: tuple[tuple[str, str], ...]
    quick: str
    speaker_note: str
    transductive: bool
    draws: int = DRAWS
    min_speakers: int = MIN_SPEAKERS


def method_report(run: SavedRun) -> Method:
    """Return how the scores of a run are computed.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Method
    """
    metrics = tuple((capitalised(title), METRICS[name].summary) for name, title in page_metrics(run).items())
    repeats = bool(run.fits["repeat"].nunique() > 1)
    return Method(
        glossary(run),
        repeats,
        split_table(run),
        model_table(run),
        pretrained_table(run),
        metrics,
        quick_parameters(run),
        speaker_note(run),
        transductive=bool(normalisation_note(run)),
    )


def model_table(run: SavedRun) -> Table:
    """Return what each model of a run is, and the features that it gets.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Table
    """
    columns = (Column("model", numeric=False), Column("what it is", numeric=False), Column("features", numeric=False))
    rows = []
    for model in all_models_ranked(run):
        definition = run.info.options.model_tables.get(model)
        base = definition.base if definition and definition.base else model
        summary = MODELS[base].summary if base in MODELS else "a model of a plugin"
        changed = definition.parameters if definition else {}
        settings = ", ".join(f"{name} = {plain_value(value)}" for name, value in changed.items())
        kind = f"{base} with {settings}: {summary}" if settings else summary
        cells = texts([model_title(run, model), kind, run.info.features_of.get(model, "")])
        rows.append(Row(cells, model=model))
    return Table("The models of this run", columns, tuple(rows), sortable=False)


def split_table(run: SavedRun) -> Table:
    """Return the splits of a run: how each makes its folds, and what a test clip is to a model.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Table
    """
    columns = (
        Column("split", numeric=False),
        Column("folds"),
        Column("tests on", numeric=False),
        Column("assignment of clips", numeric=False),
    )
    folds = run.fits.groupby("split")["fold"].nunique()
    rows = []
    for name in run.info.splits:
        condition, summary = split_condition(name), "a split of a plugin"
        if split := _split(name):
            summary = split.summary
            known, expected = known_speaker_share(run, name), 0.0 if split.speaker_independent else 1.0
            if known != expected and not math.isnan(known):
                condition += f"; {percent(known)} % of the test clips by speakers from training"
        count = int(folds.get(name, 0))
        first, *others = texts([name, condition, summary])
        rows.append(Row((first, number(count, str(count)), *others)))
    return Table("The splits of this run", columns, tuple(rows), sortable=False)


def split_condition(name: str) -> str:
    """Describe what a test clip of a split is to a model.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
        Such as "new speakers"; empty for a split of a plugin that is not loaded.
    """
    split = _split(name)
    if split is None:
        return ""
    return split.condition or ("new speakers" if split.speaker_independent else "speakers known from training")


def _split(name: str) -> splits.Split | None:
    """Return a split; None for one of a plugin that is not loaded."""
    try:
        return splits.get(name)
    except UnknownNameError:
        return None
