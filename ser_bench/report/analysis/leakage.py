"""Leakage by split: what the training and test clips of its folds share."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.splits import is_speaker_independent
from ser_bench.runs.results import SavedRun
from ser_bench.splits.takes import repeated, take_numbers, unknown_sentences, unknown_speakers


@dataclass(frozen=True)
class Takes:
    """Repeated takes of a corpus: clips of one speaker, sentence, emotion and intensity.

    Parameters
    ----------
    known : bool
        Whether takes were counted: every sentence is known, or there is audio.
    sentences : bool
        Whether every sentence and speaker is known; otherwise only near-identical clips count as takes.
    repeated : int
        Clips that have another take by their columns.
    other_intensity : int
        Clips whose speaker says the same sentence with the same emotion at another intensity; these are not takes.
    clips : int
        All clips.
    """

    known: bool
    sentences: bool
    repeated: int
    other_intensity: int
    clips: int


def leakage_by_split(run: SavedRun) -> pd.DataFrame:
    """Return what training and test clips share, a row per split.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        ``split``, ``folds``; ``train_clips`` and ``test_clips``, means per fold; ``known_speakers``, ``known_texts``
        and ``known_takes``, the shares of test clips whose speaker, sentence or other take is in training, NaN where
        they are unknown; ``uncertain_texts``, the share of test clips whose sentence may be in training, because some
        sentences are unknown; ``identical`` and ``near_identical``, the test clips of
        one repeat with a copy in training (NaN without audio).
    """
    rows = []
    for split in run.info.splits:
        part = run.audit[run.audit["split"] == split]
        if part.empty:
            continue
        tested, repeats = part["test_clips"].sum(), part["repeat"].nunique()
        rows.append(
            {
                "split": split,
                "folds": int(part["fold"].nunique()),
                "train_clips": part["train_clips"].mean(),
                "test_clips": part["test_clips"].mean(),
                "known_speakers": _total(part["test_clips_of_known_speakers"]) / tested,
                "known_texts": _total(part["test_clips_of_known_texts"]) / tested,
                "uncertain_texts": part["test_clips_of_uncertain_texts"].sum() / tested,
                "known_takes": _total(part["test_clips_of_known_takes"]) / tested,
                "identical": part["identical_clips"].sum() / repeats,
                "near_identical": _total(part["near_identical_clips"]) / repeats,
            }
        )
    return pd.DataFrame(rows)


def known_speaker_share(run: SavedRun, split: str) -> float:
    """Return the share of a split's test clips whose speaker is in training.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    float
        Counted by the audit, NaN where speakers are unknown; without an audit 0 for a split whose name says that
        speakers are apart, else NaN.
    """
    part = run.audit[run.audit["split"] == split]
    if part.empty:
        return 0.0 if is_speaker_independent(split) else float("nan")
    return _total(part["test_clips_of_known_speakers"]) / float(part["test_clips"].sum())


def speakers_known(run: SavedRun) -> bool:
    """Return whether the speaker of every clip is known.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    bool
    """
    return not unknown_speakers(run.clips).any()


@cached_per_run
def training_speakers(run: SavedRun) -> pd.DataFrame:
    """Return the speakers that the weights of each model were trained on.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame, index (split, model)
        ``fits``, the number of finished ones; ``speakers``, mean per fold, without those held out for early stopping;
        ``known_voices``, the share of test clips whose speaker is one of them. NaN where a model does not state what it
        held out, or has no fit.
    """
    done = run.fits[run.fits["status"] == "ok"]
    columns = ["trained_speakers", "trained_voices", "n_test"]
    sums = (
        done[columns].astype("float64").groupby([done["split"], done["model"]]).agg(lambda part: part.sum(skipna=False))
    )
    sizes = done.groupby(["split", "model"]).size()
    table = pd.DataFrame(
        {
            "fits": sizes,
            "speakers": sums["trained_speakers"] / sizes,
            "known_voices": sums["trained_voices"] / sums["n_test"],
        }
    )
    order = [(split, model) for split in run.info.splits for model in run.info.models]
    return table.reindex(pd.MultiIndex.from_tuples(order, names=["split", "model"]))


@cached_per_run
def takes_of(run: SavedRun) -> Takes:
    """Count the repeated takes among the clips of a run.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Takes
    """
    return Takes(
        known=not run.audit["test_clips_of_known_takes"].isna().any(),
        sentences=not (unknown_sentences(run.clips) | unknown_speakers(run.clips)).any(),
        repeated=int(repeated(take_numbers(run.clips)).sum()),
        other_intensity=_at_other_intensity(run.clips),
        clips=len(run.clips),
    )


def _at_other_intensity(clips: pd.DataFrame) -> int:
    """Count the clips whose speaker says the same sentence with the same emotion at another intensity."""
    known = clips[~unknown_sentences(clips) & ~unknown_speakers(clips) & (clips["intensity"] != "")]
    columns = [name for name in ("corpus", "speaker", "text", "emotion") if name in known]
    return int((known.groupby(columns)["intensity"].transform("nunique") > 1).sum())


def _total(counts: pd.Series) -> float:
    """Return a sum; NaN if a count is missing."""
    return float(counts.astype("float64").sum(skipna=False))
