"""Several runs under one split: their scores, their settings, and paired differences on the same test clips."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.core.errors import RunError
from ser_bench.core.options import KEEP_FIRST
from ser_bench.core.text import plural
from ser_bench.report.analysis.exposure import heard_models, ranked_learners
from ser_bench.report.analysis.intervals import speaker_tallies, uar_difference
from ser_bench.report.analysis.models import BASELINES, model_parameters
from ser_bench.report.analysis.scores import metrics_of, scores_by_speaker
from ser_bench.report.analysis.splits import SIZE_TOLERANCE, is_speaker_independent
from ser_bench.report.analysis.summary import summarise
from ser_bench.runs.results import SavedRun, read_run

_LIBRARIES = ("numpy", "scikit-learn", "xgboost", "tensorflow", "keras")
_MOST_EXAMPLES, _MOST_SETTINGS = 3, 2

_HEADING_SETTINGS = (
    *("corpus", "part", "emotions", "merged emotions", "target", "features", "effort", "normalisation"),
    *("folds", "repeats", "seed"),
)
"""The settings that a heading may name; the others follow from these, or are long."""


@dataclass(frozen=True, eq=False)
class ComparedRuns:
    """Runs to compare under one split.

    Parameters
    ----------
    runs : tuple of SavedRun
        The first is the reference of the differences.
    labels : tuple of str
        A short name per run.
    split : str
        A split of every run.
    """

    runs: tuple[SavedRun, ...]
    labels: tuple[str, ...]
    split: str

    @property
    def synthetic(self) -> bool:
        """Whether any run is of synthetic speech."""
        return any(run.info.synthetic for run in self.runs)

    @property
    def metrics(self) -> list[str]:
        """The names of the metrics that every run has, UAR first."""
        shared = [name for name in metrics_of(self.runs[0]) if all(name in run.metrics for run in self.runs)]
        return sorted(shared, key=lambda name: name != "uar")


def read_runs(folders: Sequence[Path], split: str | None = None) -> ComparedRuns:
    """Read the runs to compare.

    Parameters
    ----------
    folders : sequence of Path
        Two or more different run folders.
    split : str or None
        The split to compare under; None for the first split of every run, a speaker-independent one if possible.

    Returns
    -------
    ComparedRuns

    Raises
    ------
    RunError
        For fewer than two runs, a run listed twice, a folder without a readable run, or runs without a common split.
    """
    paths = [folder.resolve() for folder in folders]
    if len(set(paths)) < max(2, len(paths)):
        raise RunError("compare needs two or more different runs; list their folders, as in `ser-bench compare A B`")
    runs = tuple(read_run(folder) for folder in folders)
    shared = [name for name in runs[0].info.splits if all(name in run.info.splits for run in runs)]
    if split is not None and split not in shared:
        raise RunError(f"not every run has the split {split}; splits of every run: {', '.join(shared) or 'none'}")
    if not shared:
        splits = "; ".join(f"{f.name}: {', '.join(r.info.splits)}" for f, r in zip(folders, runs, strict=True))
        raise RunError(f"the runs have no split in common ({splits})\nrepeat one with the --splits of the other")
    chosen = split or next((name for name in shared if is_speaker_independent(name)), shared[0])
    return ComparedRuns(runs, _labels(paths), chosen)


def compared_scores(runs: ComparedRuns) -> pd.DataFrame:
    """Return the scores of every run side by side.

    Parameters
    ----------
    runs : ComparedRuns

    Returns
    -------
    DataFrame
        ``model``, ``run``, and per shared metric ``<metric>``, ``_low`` and ``_high``; best models first, then those
        whose features have heard the tested corpus in a run, then baselines.
    """
    columns = [f"{metric}{end}" for metric in runs.metrics for end in ("", "_low", "_high")]
    parts = []
    for label, run in zip(runs.labels, runs.runs, strict=True):
        table = summarise(run)[["model", *(f"{runs.split}_{name}" for name in columns)]]
        parts.append(table.set_axis(["model", *columns], axis=1).assign(run=label))
    table = pd.concat(parts, ignore_index=True)
    best = table.groupby("model")["uar"].max().fillna(-1)
    heard = {model for run in runs.runs for model in heard_models(run, runs.split)}
    models = sorted(best.index, key=lambda model: (model in BASELINES, model in heard, -best[model], model))
    ranks = {model: rank for rank, model in enumerate(models)}
    rows = table.assign(rank=table["model"].map(ranks)).sort_values("rank", kind="stable")
    return rows[["model", "run", *columns]].reset_index(drop=True)


def unpaired_runs(runs: ComparedRuns) -> dict[str, str]:
    """Return why runs cannot be paired with the first one.

    Parameters
    ----------
    runs : ComparedRuns

    Returns
    -------
    dict of str to str
        Reasons by label; runs that test the same clips with the same labels and speakers are missing.
    """
    first = runs.runs[0]
    reasons = {
        label: "; ".join(_obstacles(first, run, runs.split))
        for label, run in zip(runs.labels[1:], runs.runs[1:], strict=True)
    }
    return {label: reason for label, reason in reasons.items() if reason}


def _obstacles(first: SavedRun, run: SavedRun, split: str) -> list[str]:
    """Return the differences between two runs that a paired test does not allow."""
    expected_clips, clips = _tested(first, split), _tested(run, split)
    shared = expected_clips.index.intersection(clips.index)
    old, new = expected_clips.loc[shared], clips.loc[shared]
    reasons = []
    if run.info.target != first.info.target:
        reasons.append(f"its target is {run.info.target}, not {first.info.target}")
    corpus, expected = run.info.corpus, first.info.corpus
    if corpus.fingerprint != expected.fingerprint and corpus.name != expected.name:
        reasons.append(f"its corpus is {corpus.name}, not {expected.name}")
    if len(shared) < max(len(expected_clips), len(clips)):
        counts = f"{plural(len(clips), 'clip')}, not {len(expected_clips):,}"
        reasons.append(f"it tests {counts}; {len(shared):,} of them are the same")
    if run.info.target == first.info.target and (changed := _changed(old["true"], new["true"])):
        reasons.append(f"{changed[0]} other labels ({changed[1]})")
    if changed := _changed(old["speaker"], new["speaker"]):
        reasons.append(f"{changed[0]} other speakers ({changed[1]})")
    if unknown := int(((old["speaker"] == "") | (new["speaker"] == "")).sum()):
        reasons.append(f"{plural(unknown, 'clip')} {'has' if unknown == 1 else 'have'} no known speaker")
    if not reasons and _test_sets(run, split) != _test_sets(first, split):
        reasons.append("its repeats test other clips")
    return reasons


def _changed(old: pd.Series, new: pd.Series) -> tuple[str, str] | None:
    """Return how many clips have another value, and some of them with both values; None without any."""
    clips = old.index[old != new]
    if not len(clips):
        return None
    some = "; ".join(f"{clip}: {new[clip]}, not {old[clip]}" for clip in clips[:_MOST_EXAMPLES])
    some += "; …" if len(clips) > _MOST_EXAMPLES else ""
    return f"{plural(len(clips), 'clip')} {'has' if len(clips) == 1 else 'have'}", some


def unequal_training(runs: ComparedRuns) -> dict[str, str]:
    """Return which paired runs train on another number of clips than the first one.

    Parameters
    ----------
    runs : ComparedRuns

    Returns
    -------
    dict of str to str
        A clause by label; runs whose mean size per fold differs by at most :data:`SIZE_TOLERANCE` are missing.
    """
    unpaired = unpaired_runs(runs)
    own, *others = (float(run.fits.loc[run.fits["split"] == runs.split, "n_train"].mean()) for run in runs.runs)
    return {
        label: f"{label} trains on {size:,.0f} clips per fold, {runs.labels[0]} on {own:,.0f}"
        for label, size in zip(runs.labels[1:], others, strict=True)
        if label not in unpaired and abs(size - own) > SIZE_TOLERANCE * max(size, own)
    }


def needed_speakers(runs: ComparedRuns) -> int:
    """Return how many speakers a significant difference needs, where the runs test too few.

    Parameters
    ----------
    runs : ComparedRuns

    Returns
    -------
    int
        For Wilcoxon's test with Holm's correction for every row of :func:`differences`; 0 where the speakers are
        enough, and without a row.
    """
    rows, speakers = len(differences(runs)), scores_by_speaker(runs.runs[0], runs.split).shape[1]
    needed = statistics.needed_speakers(rows) if rows else 0
    return needed if speakers < needed else 0


def differences(runs: ComparedRuns) -> pd.DataFrame:
    """Return the difference in UAR to the first run, for runs that test the same clips.

    Parameters
    ----------
    runs : ComparedRuns

    Returns
    -------
    DataFrame
        ``model`` (without baselines, and those that take no rank in one of the runs), ``run``, ``difference``; ``low``
        and ``high``, the 95 % interval over the speakers, paired (NaN for few speakers); ``p`` of Wilcoxon's
        signed-rank test over speakers, adjusted over all rows by Holm's method.
    """
    unpaired, rows = unpaired_runs(runs), []
    for label, run in zip(runs.labels[1:], runs.runs[1:], strict=True):
        if label not in unpaired:
            rows += [{"run": label} | row for row in _paired_differences(runs.runs[0], run, runs.split)]
    table = pd.DataFrame(rows, columns=["model", "run", "difference", "low", "high", "p"])
    return table.assign(p=statistics.holm(table["p"])) if len(table) else table


def differing_settings(runs: ComparedRuns) -> list[str]:
    """Return the settings in which the runs differ, with the value of each run.

    Parameters
    ----------
    runs : ComparedRuns

    Returns
    -------
    list of str
        A line per setting, then a line per model with different parameters.
    """
    settings = [_settings(run) | {"folds": folds} for run, folds in zip(runs.runs, _folds(runs), strict=True)]
    lines = []
    for name in dict.fromkeys(name for values in settings for name in values):
        values = [values.get(name, "none") for values in settings]
        if len(set(values)) > 1:
            lines.append(f"{name}: " + ", ".join(f"{v} ({k})" for k, v in zip(runs.labels, values, strict=True)))
    return [*lines, *_differing_parameters(runs)]


def own_settings(runs: ComparedRuns) -> dict[str, str]:
    """Return what each run has of its own, in a few words for headings.

    Parameters
    ----------
    runs : ComparedRuns

    Returns
    -------
    dict of str to str
        By label, such as ``normalisation by speaker (transductive)``. Empty texts where the labels name the values
        already, and where the runs differ in no setting, in more than two, or in parameters and versions only.
    """
    settings = [_settings(run) | {"folds": folds} for run, folds in zip(runs.runs, _folds(runs), strict=True)]
    names = [name for name in _HEADING_SETTINGS if len({values[name] for values in settings}) > 1]
    nothing = dict.fromkeys(runs.labels, "")
    if not 0 < len(names) <= _MOST_SETTINGS:
        return nothing
    pairs = list(zip(runs.labels, settings, strict=True))
    named = all(values[name].casefold() in label.casefold() for label, values in pairs for name in names)
    return nothing if named else {label: ", ".join(f"{n} {values[n]}" for n in names) for label, values in pairs}


def _labels(paths: Sequence[Path]) -> tuple[str, ...]:
    """Return the shortest distinct ends of paths."""
    labels: tuple[str, ...] = ()
    for depth in range(1, max(len(path.parts) for path in paths) + 1):
        labels = tuple("/".join(path.parts[-depth:]) for path in paths)
        if len(set(labels)) == len(labels):
            break
    return labels


def _paired_differences(first: SavedRun, second: SavedRun, split: str) -> list[dict[str, Any]]:
    """Return the rows of :func:`differences` of one run, with p values before adjustment."""
    uar = [summarise(run).set_index("model")[f"{split}_uar"] for run in (first, second)]
    speakers = [scores_by_speaker(run, split) for run in (first, second)]
    rows = []
    ranking = [ranked_learners(run, split) for run in (first, second)]
    for model in (m for m in uar[0].index if m in ranking[0] and m in ranking[1]):
        if np.isnan(uar[1][model] - uar[0][model]):
            continue
        ends = uar_difference(*(speaker_tallies(run, model, split) for run in (second, first)))
        row: dict[str, Any] = {"model": model, **dict(zip(("difference", "low", "high"), ends, strict=True))}
        pair = np.column_stack([speakers[0].loc[model], speakers[1].loc[model, speakers[0].columns]])
        rows.append(row | {"p": statistics.wilcoxon_holm(pair)[0, 1]})
    return rows


def _tested(run: SavedRun, split: str) -> pd.DataFrame:
    """Return the recorded label and the speaker of each test clip of a split, by clip."""
    frame = run.predictions[run.predictions["split"] == split]
    clips = frame.drop_duplicates("clip")[["clip", "true", "speaker"]].astype("str")
    return clips.set_index("clip").sort_index()


def _test_sets(run: SavedRun, split: str) -> set[frozenset[str]]:
    """Return the different sets of clips that the repeats of a split test."""
    tested = run.predictions.loc[run.predictions["split"] == split, ["repeat", "clip"]].drop_duplicates()
    return {frozenset(map(str, clips)) for _, clips in tested.groupby("repeat")["clip"]}


def _folds(runs: ComparedRuns) -> list[str]:
    """Return the number of folds of each run, and whether they divide the clips of the first run otherwise."""
    first, *rest = (_test_folds(run, runs.split) for run in runs.runs)
    texts = [str(len(first))]
    for folds in rest:
        same_clips = frozenset().union(*folds) == frozenset().union(*first)
        differ = same_clips and len(folds) == len(first) and folds != first
        texts.append(f"{len(folds)}{' that divide the clips otherwise' if differ else ''}")
    return texts


def _test_folds(run: SavedRun, split: str) -> set[frozenset[str]]:
    """Return the clips that each fold tests in the first repeat of a split."""
    frame = run.predictions
    first = frame.loc[(frame["split"] == split) & (frame["repeat"] == 0), ["fold", "clip"]].drop_duplicates()
    return {frozenset(map(str, clips)) for _, clips in first.groupby("fold")["clip"]}


def _settings(run: SavedRun) -> dict[str, str]:
    info = run.info
    return {
        "corpus": info.corpus.name + (" (synthetic)" if info.synthetic else ""),
        "clips": f"{info.corpus.clips:,}",
        "speakers": f"{info.corpus.speakers:,}",
        "shared speakers": ", ".join(" and ".join(names) for names in info.corpus.shared_speakers.values()) or "none",
        "part": info.options.part,
        "sampling rate": f"{info.corpus.sample_rate:,} Hz" if info.corpus.sample_rate else "the clips' own",
        "emotions": ", ".join(info.options.emotions) or "all",
        "labels": str(len(run.labels)),
        "merged emotions": ", ".join(f"{old} as {new}" for old, new in info.options.merge.items()) or "none",
        "target": info.target,
        "contradicting copies": "the first counts" if info.options.conflicts == KEEP_FIRST else "left out",
        "features": "; ".join((info.features, *(f"{name}: {sets}" for name, sets in info.own_features.items()))),
        "effort": "quick" if info.options.effort == "quick" else "full",
        "normalisation": "none" if info.normalize == "none" else "by speaker (transductive)",
        "repeats": str(info.options.repeats),
        "seed": str(info.options.seed),
        "ser-bench": info.versions.get("ser-bench", "unknown"),
        "Python": info.versions.get("python", "unknown"),
        **{name: info.versions.get(name, "unknown") for name in _LIBRARIES},
        **{f"plugin code of {name}": version for name, version in info.plugins.items()},
    }


def _differing_parameters(runs: ComparedRuns) -> list[str]:
    """Return a line per model whose parameters differ between the runs that have it."""
    parameters: dict[str, dict[str, dict[str, Any]]] = {}
    for label, run in zip(runs.labels, runs.runs, strict=True):
        for model, values in model_parameters(run).items():
            parameters.setdefault(model, {})[label] = values
    lines = []
    for model, by_run in parameters.items():
        names = dict.fromkeys(name for values in by_run.values() for name in values)
        # A parameter that a run lacks was added by another version, and is off there.
        values = {name: {label: _setting(p.get(name)) for label, p in by_run.items()} for name in names}
        changed = [
            f"{name} {', '.join(f'{value} ({label})' for label, value in by_label.items())}".replace('"', "")
            for name, by_label in values.items()
            if len(set(by_label.values())) > 1
        ]
        if changed:
            lines.append(f"parameters of {model}: {'; '.join(changed)}")
    return lines


def _setting(value: object) -> str:
    """Write the value of a parameter: on, off or JSON."""
    return "on" if value is True else json.dumps(value or "off")
