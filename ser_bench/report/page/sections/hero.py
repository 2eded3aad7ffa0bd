"""The picture of the answer: a row per model with its score on new speakers, its interval, its speakers and its gap."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ser_bench.core.text import listed
from ser_bench.report.analysis.comparisons import comparison
from ser_bench.report.analysis.exposure import ranked
from ser_bench.report.analysis.gaps import gaps_of
from ser_bench.report.analysis.intervals import scores_of_few
from ser_bench.report.analysis.leakage import speakers_known
from ser_bench.report.analysis.literature import published_scores
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.scores import chance_levels, missing_folds
from ser_bench.report.analysis.speakers import scores_of_speakers
from ser_bench.report.analysis.splits import GapSplits, gap_splits, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.descriptions import EXPOSED_NOTE, UNKNOWN_NOTE, mark_notes, model_title, split_label
from ser_bench.report.findings.gaps import voice_title
from ser_bench.report.formatting import percent, percent_range, points, points_interval
from ser_bench.report.page.looks import no_rank_note, score_scale
from ser_bench.report.page.strips import Scale, StripRow, Strips, bars, dots, line, marks
from ser_bench.report.page.tables import Cell, Column, number
from ser_bench.runs.results import SavedRun


def hero(run: SavedRun) -> Strips:
    """Return the picture of the answer.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Strips
        Rows in the order of the summary; the last row holds published figures of the same folds, where there are any.
    """
    split, pair = ranking_split(run.info.splits), gap_splits(run)
    scale, chance = score_scale(run), chance_levels(run)["uar"]
    gaps = gaps_of(run, pair) if pair else pd.DataFrame()
    compared = comparison(run)
    near = frozenset(compared.similar_to_leader if compared else ())
    rows = [_row(run, row, scale, gaps, near) for row in summarise(run).to_dict("records")]
    columns = [Column("UAR", under=f"%, {split}")]
    if pair:
        columns.append(Column("gap", under=f"points, {pair.random} − {pair.independent}"))
    return Strips(
        "hero",
        f"UAR of every model under the {split} split" + (f", and its gap to {pair.random}" if pair else ""),
        "UAR, %",
        scale,
        tuple(columns),
        (*rows, *_published_row(run, scale, len(columns))),
        tuple(_legend(run, pair, near, percent(chance))),
        " ".join([_scope(run), *_published_note(run), *_exposure_notes(run)]),
    )


def _row(run: SavedRun, row: Mapping[Any, Any], scale: Scale, gaps: pd.DataFrame, near: frozenset[str]) -> StripRow:
    """Return the row of a model."""
    split, pair, model = ranking_split(run.info.splits), gap_splits(run), row["model"]
    uar, low, high = (row[f"{split}_uar{end}"] for end in ("", "_low", "_high"))
    gap = gaps.loc[model] if model in gaps.index else None
    few = scores_of_few(run).get((model, split, "uar"), ())
    note = missing_folds(run)[model, split]
    cells = [number(uar, note or percent(uar), percent_range(low, high, few))]
    if pair and gap is not None:
        cells.append(number(gap["total"], points(gap["total"]), points_interval(gap["total_low"], gap["total_high"])))
    baseline, no_rank = model in BASELINES, no_rank_note(run, model)
    pictures = marks(
        ("chance", bars(scale, [chance_levels(run)["uar"]], 0, 28)),
        ("speakers", "" if baseline else bars(scale, scores_of_speakers(run, split, model).get("uar", {}).values())),
        *(_gap_marks(row, pair, scale) if pair else ()),
        ("interval", line(scale, low, high)),
        ("dot", dots(scale, [uar])),
    )
    kinds = ["quiet"] * bool(no_rank) + ["near"] * (model in near)
    head = Cell(model_title(run, model), note=no_rank)
    return StripRow(head, pictures, tuple(cells), model, " ".join(kinds), _description(run, row, pair, gap))


def _gap_marks(row: Mapping[Any, Any], pair: GapSplits, scale: Scale) -> tuple[tuple[str, str], ...]:
    """Return the parts of the gap as lines, and the score under the random split as a hollow dot."""
    independent, random = row[f"{pair.independent}_uar"], row[f"{pair.random}_uar"]
    takes = row[f"{pair.takes}_uar"] if pair.takes else independent
    hollow = dots(scale, [random])
    return (
        ("takes", line(scale, takes, random)),
        ("voice", line(scale, independent, takes) if pair.takes else ""),
        ("takes-end", bars(scale, [takes], 9, 19) if pair.takes else ""),
        ("hollow", hollow),
        ("hollow-core", hollow),
    )


def _description(run: SavedRun, row: Mapping[Any, Any], pair: GapSplits | None, gap: pd.Series | None) -> str:
    """State what the picture of a model shows."""
    split = ranking_split(run.info.splits)
    if math.isnan(row[f"{split}_uar"]):
        return f"{model_title(run, row['model'])}: no score under {split}"
    parts = [f"{split} {percent(row[f'{split}_uar'])} %"]
    if pair:
        names = [name for name in (pair.takes, pair.random) if name]
        parts += [f"{name} {percent(row[f'{name}_uar'])} %" for name in names if not math.isnan(row[f"{name}_uar"])]
    if gap is not None and pair and pair.takes and not math.isnan(gap["total"]):
        parts.append(f"gap: takes {points(gap['takes'])}, voice {points(gap['voice'])} points")
    by_speaker = scores_of_speakers(run, split, row["model"]).get("uar", {})
    if len(by_speaker) > 1:
        parts.append(f"speakers {percent(min(by_speaker.values()))} to {percent(max(by_speaker.values()))} %")
    return f"{model_title(run, row['model'])}: {'; '.join(parts)}"


def _published_row(run: SavedRun, scale: Scale, columns: int) -> list[StripRow]:
    """Return the row of published figures; empty without any."""
    published = published_scores(run).dropna(subset=["uar"])
    if published.empty:
        return []
    low, high, split = published["uar"].min(), published["uar"].max(), published["split"].iloc[0]
    texts = [f"{row.system} {percent(row.uar)} %" for row in published.itertuples()]
    best = summarise(run).iloc[0]
    title = model_title(run, best["model"])
    score = best[f"{split}_uar"] if ranked(run, [best["model"]], split) else math.nan
    own = "" if math.isnan(score) else f"; {title} {percent(score)}"
    cells = [Cell(percent(low) if low == high else f"{percent(low)}–{percent(high)}", note=own.removeprefix("; "))]
    cells += [Cell("")] * (columns - 1)
    pictures = marks(("published", bars(scale, published["uar"], 5, 23)), ("dot", dots(scale, [score])))
    head = Cell("published", note=f"{split} folds")
    words = f"published on the {split} folds: {'; '.join(texts)}{own} %" if own else "; ".join(texts)
    return [StripRow(head, pictures, tuple(cells), "", "quoted", words)]


def _scope(run: SavedRun) -> str:
    """State which recordings the scores are about."""
    corpora = run.info.corpus.corpora or (run.info.corpus.title or run.info.corpus.name,)
    return f"Measured on {listed(corpora)}: other recordings, languages and ways of speaking are not tested."


def _published_note(run: SavedRun) -> list[str]:
    """State the highest published figure of the same folds; empty without any."""
    published = published_scores(run).dropna(subset=["uar"])
    if published.empty:
        return []
    row = published.sort_values("uar").iloc[-1]
    text = f"The highest published figure on the {row['split']} folds is {percent(row['uar'])} % ({row['system']})"
    return [f"{text}; its training differs, as Ranking explains."]


def _exposure_notes(run: SavedRun) -> list[str]:
    """Explain the marks of models whose features have heard the tested corpora, or may have; empty without any."""
    return [f"{note}." for note in mark_notes(run) if note in (EXPOSED_NOTE, UNKNOWN_NOTE)]


def _legend(run: SavedRun, pair: GapSplits | None, near: frozenset[str], chance: str) -> list[tuple[str, str]]:
    """Return what each kind of mark is."""
    split = ranking_split(run.info.splits)
    with_interval = any(not math.isnan(low) for low in summarise(run)[f"{split}_uar_low"])
    entries = [("dot", f"UAR under {split_label(split)}" + (", with its 95 % interval" if with_interval else ""))]
    if speakers_known(run) and not set(run.info.models) <= set(BASELINES):
        entries.append(("speakers", "one speaker"))
    if pair:
        entries.append(("hollow", f"UAR under {split_label(pair.random)}"))
    if pair and pair.takes:
        entries += [("voice", f"gap, {voice_title(run)}"), ("takes", "gap, repeated takes")]
    elif pair:
        entries.append(("takes", "gap"))
    if near:
        entries.append(("bracket", "not significantly different from the best"))
    entries.append(("chance", f"chance, {chance} %"))
    if not published_scores(run).empty:
        entries.append(("published", "published figure"))
    return entries
