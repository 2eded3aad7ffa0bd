"""What a thesis or a paper can quote about a run: the score of the best model with all that limits it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ser_bench import statistics
from ser_bench.core.text import listed, plural, speaker_count
from ser_bench.report.analysis.comparisons import comparison
from ser_bench.report.analysis.exposure import ranked_learners, unranked_learners
from ser_bench.report.analysis.gaps import gaps_of
from ser_bench.report.analysis.intervals import scores_of_few
from ser_bench.report.analysis.leakage import known_speaker_share, speakers_known
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.scores import chance_levels
from ser_bench.report.analysis.splits import gap_splits, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.descriptions import (
    corpus_title,
    exposed_sentence,
    model_titles,
    normalisation_note,
    notes_of_marks,
)
from ser_bench.report.findings.gaps import without_classes
from ser_bench.report.findings.headline import headline
from ser_bench.report.findings.leakage import untrained_sentence
from ser_bench.report.findings.verdict import verdict
from ser_bench.report.formatting import percent, percent_interval, points, points_interval
from ser_bench.runs.results import SavedRun


def quotation(run: SavedRun) -> str:
    """State the score of the best model, its interval, its speakers, the split, the corpus and the version.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A few sentences on one line, each true on its own.
    """
    version = f"Computed with ser-bench {run.info.versions.get('ser-bench', 'of an unknown version')}."
    table, split = summarise(run), ranking_split(run.info.splits)
    ranked = table[table["model"].isin(ranked_learners(run))].dropna(subset=[f"{split}_uar"])
    if ranked.empty:
        return f"{headline(run)} {version}"
    sentences = [
        f"On {_data(run)}, {_score(run, ranked, split)}",
        "" if speakers_known(run) else "Speakers are unknown, so no score on new voices is known.",
        untrained_sentence(run, split),
        verdict(run),
        exposed_sentence(run),
        _incomplete(run, table, split),
        _baselines(run, table, ranked.iloc[0]),
        _gap(run, str(ranked["model"].iloc[0])),
        f"{normalisation_note(run)}." if normalisation_note(run) else "",
    ]
    text = " ".join(filter(None, sentences))
    return " ".join([text, *(f"{note}." for note in notes_of_marks(text.replace(exposed_sentence(run), ""))), version])


def _data(run: SavedRun) -> str:
    """Describe the corpus: its title, clips, speakers and labels."""
    corpus, count = run.info.corpus, len(run.labels)
    labels = plural(count, "emotion") if run.info.target == "emotion" else f"{count} classes of {run.info.target}"
    merged = [f"{label} as {target}" for label, target in run.info.options.merge.items()]
    parts = [plural(corpus.clips, "clip"), speaker_count(corpus.speakers), labels, *merged]
    synthetic = "synthetic speech, " if run.info.synthetic else ""
    return f"{corpus_title(run)} ({synthetic}{', '.join(parts)})"


def _score(run: SavedRun, ranked: pd.DataFrame, split: str) -> str:
    """State UAR, its interval or the scores of few speakers, the test speakers, the folds, and chance."""
    row: dict[Any, Any] = ranked.iloc[0].to_dict()
    uar = ranked[f"{split}_uar"].round(statistics.DECIMALS)
    leaders = model_titles(run, ranked.loc[uar == uar.iloc[0], "model"])
    verb = "has" if len(leaders) == 1 else "have"
    folds = run.fits.loc[run.fits["split"] == split, "fold"].nunique()
    repeats = run.fits["repeat"].nunique()
    design = ", ".join([plural(folds, "fold"), *([plural(repeats, "repeat")] if repeats > 1 else [])])
    models = "ranked models" if unranked_learners(run) else "models"
    rank = f", the highest of {len(ranked)} {models}" if len(ranked) > 1 else ""
    return (
        f"{listed(leaders)} {verb} a UAR of {percent(row[f'{split}_uar'])} %{_spread(run, row, split)} "
        f"{_condition(run, split)} ({split} split, {design}){rank}; chance is {percent(chance_levels(run)['uar'])} %."
    )


def _spread(run: SavedRun, row: dict[Any, Any], split: str) -> str:
    """Return the interval of a score, or the scores of too few speakers; empty for one speaker and unknown ones."""
    interval = percent_interval(row[f"{split}_uar_low"], row[f"{split}_uar_high"])
    if interval:
        return f" (95 % interval over speakers {interval})"
    few = scores_of_few(run).get((row["model"], split, "uar"), ())
    return f" (each speaker: {', '.join(map(percent, few))})" if len(few) > 1 else ""


def _condition(run: SavedRun, split: str) -> str:
    """Write whether the test speakers are in training."""
    known = known_speaker_share(run, split)
    if known == 0:
        return "on speakers that are not in training"
    if known == 1:
        return "on speakers that are also in training"
    if known > 0:
        return f"with {percent(known)} % of the test clips by speakers from training"
    return "on speakers of whom it is unknown whether they are in training"


def _incomplete(run: SavedRun, table: pd.DataFrame, split: str) -> str:
    """Name the models that have no score, because folds are missing; empty without any."""
    models = list(table.loc[table[f"{split}_uar"].isna() & ~table["model"].isin(BASELINES), "model"])
    return f"Folds are missing for {listed(model_titles(run, models))}." if models else ""


def _baselines(run: SavedRun, table: pd.DataFrame, best: pd.Series) -> str:
    """Name the baselines that the best model is not above, unless the verdict does; empty without any."""
    uar = f"{ranking_split(run.info.splits)}_uar"
    above = list(table.loc[table["model"].isin(BASELINES) & (table[uar] >= best[uar]), "model"])
    return f"It is not above the baseline {listed(above)}." if above and comparison(run) is None else ""


def _gap(run: SavedRun, model: str) -> str:
    """State how the UAR of a model differs under a random split; empty without a gap."""
    pair = gap_splits(run)
    gap = gaps_of(run, pair).loc[model] if pair else None
    if pair is None or gap is None or pd.isna(gap["total"]):
        return ""
    (name,) = model_titles(run, [model])
    text = f"{points(gap['total'])} points {points_interval(gap['total_low'], gap['total_high'])}".rstrip()
    classes = f", {without}" if (without := without_classes(run, pair)) else ""
    return f"UAR of {name} under {pair.random} minus UAR under {pair.independent}{classes}: {text}."
