"""The data that all fits of a run share: usable clips with their labels, whose features are in the store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser_bench.core.errors import CorpusError
from ser_bench.core.labels import label_order
from ser_bench.corpora.opening import table_files
from ser_bench.corpora.speakers import clips_by_value
from ser_bench.runs.extraction import ExtractionResult, extract
from ser_bench.runs.extraction.copies import CopyRule
from ser_bench.runs.normalization import normalization_warning
from ser_bench.runs.results.losses import report_problems
from ser_bench.runs.workers import count_workers
from ser_bench.splits import take_numbers
from ser_bench.store import FeatureStore

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.core.progress import Progress
    from ser_bench.corpora import OpenCorpus
    from ser_bench.features.base import FeatureSet
    from ser_bench.splits import Fold


@dataclass(frozen=True)
class RunData:
    """What all fits of a run share.

    Attributes
    ----------
    clips : pandas.DataFrame
        The usable clips with ``key``, ``label`` and ``take``, indexed by clip. Clips with the same integer in ``take``
        are repeated takes.
    labels : tuple of str
        The labels in the order of tables, charts and probability columns.
    fingerprint : str
        Hash of the corpus.
    normalize : str
        ``none`` or ``speaker``.
    unchanged : mapping of str to frozenset of str
        The keys of clips that a recording condition could not change, by its name.
    """

    clips: pd.DataFrame
    labels: tuple[str, ...]
    fingerprint: str
    normalize: str
    unchanged: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def row_numbers(self, clips: Sequence[str]) -> np.ndarray:
        """Return the row numbers of clips in the feature matrix.

        Parameters
        ----------
        clips : sequence of str
            Names of clips.

        Returns
        -------
        ndarray of int, shape (n,)
        """
        return np.array([self._row_of[clip] for clip in clips])

    def order_seed(self, fold: Fold) -> int:
        """Return the seed of the order in which a model gets a fold's test clips.

        Parameters
        ----------
        fold : Fold
            The fold.

        Returns
        -------
        int
            A hash of the audio of the training and the test clips, which depends on no label and no name.
        """
        if id(fold) not in self._order_seeds:
            sides = (sorted(self.clips["key"].loc[list(clips)]) for clips in (fold.train, fold.test))
            seed = int(hashlib.sha256(json.dumps(list(sides)).encode()).hexdigest()[:16], 16)
            self._order_seeds[id(fold)] = (fold, seed)  # keeps the fold, so that its id stays taken
        return self._order_seeds[id(fold)][1]

    def is_changed(self, condition: str) -> np.ndarray:
        """Return which clips a recording condition could change.

        Parameters
        ----------
        condition : str
            Name of the condition.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        return np.asarray(~self.clips["key"].isin(self.unchanged.get(condition, frozenset())))

    def true_labels(self, fold: Fold) -> np.ndarray:
        """Return the labels of a fold's test clips.

        Parameters
        ----------
        fold : Fold
            The fold.

        Returns
        -------
        ndarray of str, shape (n_test,)
        """
        return np.asarray(self.y[self.row_numbers(fold.test)])

    @cached_property
    def _order_seeds(self) -> dict[int, tuple[Fold, int]]:
        """Seeds computed so far, once per fold however many models use it."""
        return {}

    @cached_property
    def y(self) -> np.ndarray:
        """The labels of all clips."""
        return np.asarray(self.clips["label"], dtype=str)

    @cached_property
    def groups(self) -> np.ndarray:
        """The speakers of all clips."""
        return np.asarray(self.clips["speaker"], dtype=str)

    @cached_property
    def takes(self) -> np.ndarray:
        """The numbers of the takes of all clips; each clip is a take of its own where takes are unknown."""
        return np.asarray(self.clips["take"])

    def speakers_of(self, clips: Sequence[str]) -> set[str]:
        """Return the speakers of clips.

        Parameters
        ----------
        clips : sequence of str
            Names of clips.

        Returns
        -------
        set of str
        """
        return {str(self.groups[self._row_of[clip]]) for clip in clips}

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {clip: row for row, clip in enumerate(self.clips.index)}


def extract_data(
    opened: OpenCorpus, sets: Sequence[FeatureSet], options: Options, store: Path, progress: Progress
) -> tuple[ExtractionResult, RunData]:
    """Extract feature sets into the store.

    Parameters
    ----------
    opened : OpenCorpus
        The corpus.
    sets : sequence of FeatureSet
        The feature sets to extract.
    options : Options
        The options of the run.
    store : Path
        Folder of the store.
    progress : Progress
        Receives warnings about clips that are left out.

    Returns
    -------
    extraction : ExtractionResult
        What extraction did.
    data : RunData
        The usable clips with labels.

    Raises
    ------
    SerBenchError
        If extraction is impossible, the usable clips have fewer than two classes, or most speakers have too few clips
        to be standardised by them.
    """
    refuse_unknown_genders(opened, options.target)
    doubts = filter(None, [normalization_warning(opened.clips, options.normalize)])
    corpus = replace(opened, warnings=(*opened.warnings, *doubts))
    jobs = count_workers(options.engine, options.jobs)
    rule, engine = CopyRule.of(options), options.engine
    extraction = extract(corpus, sets, FeatureStore(store), jobs=jobs, progress=progress, engine=engine, copies=rule)
    report_problems(opened, extraction, progress)
    clips = add_labels(extraction.clips, options.target).set_index("clip", drop=False)
    clips = clips.assign(take=take_numbers(clips))
    labels = ordered_labels(clips, options.target)
    data = RunData(clips, labels, extraction.fingerprint, options.normalize, extraction.unchanged)
    return extraction, data


def refuse_unknown_genders(opened: OpenCorpus, target: str) -> None:
    """Raise if the target needs genders that are unknown.

    Parameters
    ----------
    opened : OpenCorpus
        The corpus.
    target : {"emotion", "gender", "emotion+gender"}
        The class to predict.

    Raises
    ------
    CorpusError
        Names the speakers without a gender, with the lines of their clips where the corpus is a table.
    """
    unknown = opened.clips["gender"] == ""
    if "gender" not in target or not unknown.any():
        return
    if unknown.all():
        raise CorpusError(f"the target {target} needs every speaker's gender, which this corpus does not have")
    speakers = clips_by_value(opened.clips[unknown], "speaker", table_files([opened]))
    raise CorpusError(
        f"the target {target} needs every speaker's gender; it is unknown for speaker {speakers}\n"
        "fill in the column gender, or delete the rows without one from the table"
    )


def add_labels(clips: pd.DataFrame, target: str) -> pd.DataFrame:
    """Return the clips with the column ``label``, the class to predict.

    Parameters
    ----------
    clips : pandas.DataFrame
        Clips with ``emotion`` and ``gender``.
    target : {"emotion", "gender", "emotion+gender"}
        The class to predict.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    CorpusError
        If there is only one class.
    """
    label = {
        "emotion": clips["emotion"],
        "gender": clips["gender"],
        "emotion+gender": clips["emotion"] + "-" + clips["gender"],
    }[target]
    if label.nunique() < 2:
        raise CorpusError(f"expected at least two classes, but every clip is {label.iloc[0]!r}")
    return clips.assign(label=label)


def ordered_labels(clips: pd.DataFrame, target: str) -> tuple[str, ...]:
    """Return the labels in the order of tables, charts and probability columns.

    Parameters
    ----------
    clips : pandas.DataFrame
        Clips with ``label``.
    target : {"emotion", "gender", "emotion+gender"}
        The class to predict.

    Returns
    -------
    tuple of str
    """
    present = set(clips["label"])
    if target == "emotion":
        return label_order(present)
    genders = sorted(set(clips["gender"]))
    pairs = [f"{emotion}-{gender}" for emotion in label_order(clips["emotion"]) for gender in genders]
    return tuple(label for label in [*genders, *pairs] if label in present)
