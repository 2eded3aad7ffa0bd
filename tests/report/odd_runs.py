"""Made-up runs that lack what sentences on a run usually state, and runs whose answers are drawn anew."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from tests.report.fake_run import Recipe
from tests.runs.run_folder import changed_info

_SMALL = {"labels": ("sad", "calm", "happy"), "clips_per_label": 2, "speakers": 8}
_TWO = {"splits": (("actor", 4), ("random", 4)), **_SMALL}

RECIPES = {
    "baselines only": Recipe(models=("chance", "majority"), **_TWO),
    "one model": Recipe(models=("svm",), **_TWO),
    "no random split": Recipe(models=("chance", "svm", "lda"), splits=(("actor", 4),), **_SMALL),
    "few speakers": Recipe(models=("svm", "lda", "knn"), **{**_TWO, "speakers": 4}),
    "one speaker": Recipe(models=("svm", "lda"), **{**_SMALL, "speakers": 1}, splits=(("random", 2),)),
    "several corpora": Recipe(
        models=("svm", "lda"),
        **{**_SMALL, "speakers": 16},
        splits=(("within", 2), ("cross", 2)),
        corpora=("ravdess", "emodb"),
        name="ravdess+emodb",
    ),
    "gender": Recipe(models=("svm", "lda"), target="gender", **{**_TWO, "labels": ("female", "male")}),
    "failed folds": Recipe(
        models=("chance", "svm", "lda", "knn"),
        shortfalls={("svm", "actor", 0, 1): "failed", ("knn", "random", 0, 1): "timeout"},
        **_TWO,
    ),
    "all failed": Recipe(models=("svm",), shortfalls={("svm", "actor", 0, f): "failed" for f in range(4)}, **_TWO),
    "marked": Recipe(models=("svm", "lda", "cnn1d"), transductive=("svm",), quick=("cnn1d",), **_TWO),
    "names of users": Recipe(
        models=("knn (k=1)", "模型" * 20), repeats=2, **{**_TWO, "labels": ("悲しい", "怒り" * 15, "<b>x</b>")}
    ),
}
"""Recipes by what is odd."""

_COUNTS_OF_SPEAKERS = ("train_speakers", "test_speakers", "shared_speakers", "test_clips_of_known_speakers")


def answers(run, model, split="actor"):
    """Return the predictions of a model under a split as plain text, with whether they are right."""
    part = run.predictions[(run.predictions["model"] == model) & (run.predictions["split"] == split)]
    part = part.astype(dict.fromkeys(("true", "predicted", "clip", "speaker"), "str"))
    return part.assign(hit=part["true"] == part["predicted"])


def uar(part):
    """Return the mean recall over classes, averaged over repeats."""
    return part.groupby(["repeat", "true"])["hit"].mean().groupby("repeat").mean().mean()


def with_unknown_speakers(run):
    """Return a run in which the speaker of no clip is known."""
    unknown = pd.array([pd.NA] * len(run.audit), dtype="Int64")
    return replace(
        run,
        info=changed_info(run.info, corpus={"speakers": 0}),
        predictions=run.predictions.assign(speaker=""),
        under_conditions=run.under_conditions.assign(speaker=""),
        clips=run.clips.assign(speaker=""),
        audit=run.audit.assign(**dict.fromkeys(_COUNTS_OF_SPEAKERS, unknown)),
    )


def of_one_split(run, split: str):
    """Return a run without its other splits."""
    tables = {
        name: getattr(run, name)[getattr(run, name)["split"] == split]
        for name in ("predictions", "under_conditions", "fits", "audit", "importance", "curves")
    }
    return replace(run, info=changed_info(run.info, splits=(split,)), **tables)


def redrawn(run, chance: Callable[[pd.DataFrame], float | pd.Series], *, seed: int = 0, paired: bool = False):
    """Return a run whose answers are right with the probability ``chance(predictions)``.

    ``paired`` draws one number per clip, so that equal probabilities give equal answers under every model and split.
    """
    rng, frame = np.random.default_rng(seed), run.predictions
    plain = frame.astype(dict.fromkeys(("model", "split", "clip", "speaker", "true"), "str"))
    numbers = pd.Series(rng.random(len(frame)), index=frame.index)
    if paired:
        numbers = numbers.groupby(plain["clip"]).transform("first")
    codes, size = frame["true"].cat.codes.to_numpy(), len(run.labels)
    wrong = (codes + 1 + plain["clip"].map(lambda clip: zlib.crc32(clip.encode())) % (size - 1)) % size
    predicted = np.where(numbers < chance(plain), codes, wrong)
    return replace(
        run, predictions=frame.assign(predicted=pd.Categorical.from_codes(predicted, dtype=frame["predicted"].dtype))
    )
