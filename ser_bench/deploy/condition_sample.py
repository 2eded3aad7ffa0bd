"""Measure what some training clips sound like under each tested recording condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench import audio
from ser_bench.audio.conditions import CLEAN
from ser_bench.core.errors import AudioError, ConditionError
from ser_bench.deploy import sounds
from ser_bench.runs.workers import LOCAL, count_workers, run_tasks

if TYPE_CHECKING:
    from ser_bench.audio.conditions import Condition
    from ser_bench.core.progress import Progress

CLIPS = 64
"""Number of clips that are measured."""


@dataclass(frozen=True)
class _Task:
    """A clip to measure as it is and under conditions."""

    path: str
    conditions: tuple[Condition, ...]
    rate: int | None


@dataclass(frozen=True, eq=False)
class Sample:
    """Clips under one condition.

    Parameters
    ----------
    vectors : ndarray of float64, shape (n, 7)
        The results of :func:`ser_bench.deploy.sounds.vector`.
    rates : tuple of int
        Their sampling rates in Hz.
    """

    vectors: np.ndarray
    rates: tuple[int, ...]


def measure(
    paths: Sequence[str],
    conditions: Sequence[Condition],
    rate: int | None,
    jobs: int | None,
    progress: Progress,
) -> dict[str, Sample]:
    """Measure some training clips as recorded and under conditions.

    Parameters
    ----------
    paths : sequence of str
        The training clips, ordered by speaker.
    conditions : sequence of Condition
        The conditions, without ``clean``.
    rate : int or None
        Rate to which the model resamples clips; None for the rate of each clip.
    jobs : int or None
        Worker processes; None for one per core.
    progress : Progress
        Receives the progress.

    Returns
    -------
    dict of str to Sample
        By name of the condition, ``clean`` included; without those that no clip can be changed to.
    """
    chosen = [paths[k] for k in np.unique(np.linspace(0, len(paths) - 1, CLIPS).astype(int))]
    tasks = [(path, _Task(path, tuple(conditions), rate)) for path in chosen]
    results = _in_workers(tasks, jobs, progress) if conditions else {path: _measure(task) for path, task in tasks}
    measurements: dict[str, list[tuple[np.ndarray, int]]] = {}
    for path in chosen:
        for name, measured in results.get(path, {}).items():
            measurements.setdefault(name, []).append(measured)
    return {
        name: Sample(np.array([vector for vector, _ in rows]), tuple(sorted({sr for _, sr in rows})))
        for name, rows in measurements.items()
    }


def _in_workers(
    tasks: Sequence[tuple[str, _Task]], jobs: int | None, progress: Progress
) -> dict[str, Mapping[str, tuple[np.ndarray, int]]]:
    """Measure clips in worker processes; a clip whose worker fails is left out."""
    advance = progress.start(len(tasks), "measuring clips under the conditions", "clip", len(tasks))
    results: dict[str, Mapping[str, tuple[np.ndarray, int]]] = {}
    for outcome in run_tasks(_measure, tasks, jobs=count_workers(LOCAL, jobs), engine=LOCAL):
        advance(1)
        if outcome.status == "ok":
            results[outcome.key] = outcome.value
    return results


def _measure(task: _Task) -> dict[str, tuple[np.ndarray, int]]:
    """Return vector and rate of a clip by condition, without those under which it cannot be used."""
    try:
        y, sr = audio.load(task.path)
    except AudioError:  # extraction has read it, but it is gone
        return {}
    measured = {CLEAN: (sounds.vector(y, sr, task.rate), sr)}
    for condition in task.conditions:
        try:
            changed, rate = condition.apply(y, sr)
            audio.check_samples(changed, rate)
        except (ConditionError, AudioError):
            continue
        measured[condition.name] = (sounds.vector(changed, rate, task.rate), rate)
    return measured


def describe(samples: Mapping[str, Sample], order: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what clips sound like under each condition.

    Parameters
    ----------
    samples : mapping of str to Sample
        The result of :func:`measure`.
    order : sequence of str
        The conditions without ``clean``; of two that sound alike, a clip resembles the first.

    Returns
    -------
    dict of str to dict
        ``recognisable`` and ``sound`` of :class:`ser_bench.deploy.manifest.ConditionScore` by condition; empty where
        no clean clip could be measured.
    """
    if CLEAN not in samples:
        return {}
    vectors = {name: sample.vectors for name, sample in samples.items()}
    chosen = sounds.recognisable(vectors, [name for name in order if name in samples])
    return {
        name: {
            "recognisable": name in chosen,
            "sound": {
                "clips": len(sample.vectors),
                "rates": list(sample.rates),
                **sounds.fit(sample.vectors).to_saved(),
            },
        }
        for name, sample in samples.items()
    }
