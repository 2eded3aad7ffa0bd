"""Keys of fits: the digests of a fold depend on its clips only."""

from __future__ import annotations

import dataclasses

from ser_bench import models
from ser_bench.runs.keys import FoldDigests, digest_of
from ser_bench.splits import make_folds
from tests.conftest import clip_table


def test_digests_cover_training_audio_labels_and_speakers_and_test_audio():
    clips = clip_table(speakers=6, texts=3)
    clips = clips.assign(key=clips["clip"].map("sha-{}".format)).set_index("clip", drop=False)
    digests = FoldDigests(clips)
    for fold in make_folds("actor", clips.reset_index(drop=True)):
        train, test = clips.loc[list(fold.train)], clips.loc[list(fold.test)]
        assert digests.of(fold) == {
            "train": digest_of(zip(train["key"], train["label"], train["speaker"], strict=True)),
            "test": digest_of(test["key"]),
        }


def test_equal_folds_have_equal_digests():
    clips = clip_table(speakers=6, texts=3)
    digests = FoldDigests(clips.assign(key=clips["clip"]).set_index("clip", drop=False))
    for fold in make_folds("actor", clips):
        assert digests.of(dataclasses.replace(fold)) == digests.of(fold)


def test_an_approximate_kernel_depends_on_the_seed_the_exact_one_does_not():
    assert not models.get("svm").is_seeded
    assert models.variant("svm", "svm", {"kernel": "nystroem"}).is_seeded
